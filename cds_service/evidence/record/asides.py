"""What a resource says beside its own code: a report's conclusion, why something was done or given, a note.

It is a finding like an entry of the problem list, suspected at most, of the day of the resource that says it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Raw

from cds_service.evidence.codes.codeable import Concept, read_concepts
from cds_service.evidence.codes.concepts import ConceptHit
from cds_service.evidence.model import ConditionEntry, ConditionHit, DateSpan
from cds_service.evidence.raw import NOTHING, plain
from cds_service.evidence.record.intake import Intake


def keep_said(
    intake: Intake, source: str, when: DateSpan | None, *, concepts: Raw, texts: Iterable[str] = ()
) -> None:
    """Keep what these concepts and texts of the resource `source` say is there, or may be."""
    for concept in read_concepts(plain(concepts)) if concepts is not NOTHING else ():
        _keep_concept(intake, source, when, concept)
    for text in texts:
        if text:
            _keep(intake, source, when, (_in_words(Concept(text, ()), intake), ""))


def keep_reasons(intake: Intake, source: str, when: DateSpan | None, reasons: object) -> None:
    """Keep what another order states as its reason: no pain, which began on another day, and nothing that it asks."""
    everyday = intake.index.everyday
    for concept in read_concepts(reasons):
        without = everyday | intake.concepts.only_asked(concept)
        _keep_concept(intake, source, when, concept, without)


def _keep_concept(
    intake: Intake,
    source: str,
    when: DateSpan | None,
    concept: Concept,
    without: frozenset[str] = frozenset(),
) -> None:
    meaning = intake.concepts.read_concept(concept)
    if meaning.is_family or meaning.certainty == "refuted":
        return
    hits = meaning.hits or _in_words(concept, intake, is_classified=meaning.is_classified)
    told = tuple(hit for hit in hits if hit.value_set not in without)
    is_past = meaning.certainty == "past"
    _keep(intake, source, when, (told, meaning.display), clinical="past" if is_past else "current")


def _in_words(
    concept: Concept, intake: Intake, *, is_classified: bool = False
) -> tuple[ConceptHit, ...]:
    return () if is_classified else intake.concepts.words_of(concept) or ()


def _keep(
    intake: Intake,
    source: str,
    when: DateSpan | None,
    said: tuple[tuple[ConceptHit, ...], str],
    *,
    clinical: Literal["current", "past"] = "current",
) -> None:
    hits, name = said
    complaints = intake.index.complaints
    for hit in hits:
        if hit.value_set in complaints:
            continue  # the day of a report or an order is not that on which pain began
        entry = ConditionEntry(
            reference=source,
            display=name or hit.code,
            clinical=clinical,
            status_recorded=True,
            verification="suspected",
            onset=when,
            recorded=when,
            abated=None,
            text=(name or hit.code).lower(),
            codings=(),
            body_sites=frozenset(),
        )
        intake.conditions[hit.value_set].append(
            ConditionHit(entry, hit.via, hit.system, hit.code, hit.seventh)
        )
