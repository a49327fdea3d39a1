"""AllergyIntolerance to hits, for contrast agents only."""

from __future__ import annotations

from typing import Final

from cds_service.evidence.codes.codeable import Concept, read_concept
from cds_service.evidence.codes.concepts import ConceptReader
from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.codes.index import CONTRAST_AGENTS, CodeIndex
from cds_service.evidence.codes.statuses import status_words
from cds_service.evidence.loose_json import as_object, as_text, each
from cds_service.evidence.model import AllergyHit, DateSpan
from cds_service.evidence.raw import plain
from cds_service.evidence.record.intake import Intake, reference
from cds_service.evidence.record.shapes import AllergyShape

_RESOLVED: Final = "resolved"
_INACTIVE: Final = "inactive"


def read_allergies(intake: Intake, kind: str) -> None:
    """Every AllergyIntolerance of our patient to a contrast agent."""
    for _, resources in intake.ours(kind):
        for shape in resources:
            known = read_date(shape.recorded_date) or read_date(shape.asserted_date) or _when(shape)
            if not intake.is_ahead(known):
                intake.allergies.extend(read_allergy(shape, intake.concepts, intake.index))


def read_allergy(
    shape: AllergyShape, concepts: ConceptReader, index: CodeIndex
) -> tuple[AllergyHit, ...]:
    """Hits of an AllergyIntolerance, one a contrast agent set; empty when refuted, in error, or resolved.

    Both the code and the substances of its reactions are looked at. An inactive one is kept as suspected.
    """
    rules = index.compiled
    words = (
        *status_words(plain(shape.clinical_status)),
        *status_words(plain(shape.verification_status)),
        as_text(shape.status).lower(),
    )
    if any(word in rules.verification_dropped or word == _RESOLVED for word in words):
        return ()
    is_doubtful = any(word in rules.verification_suspected or word == _INACTIVE for word in words)
    found: dict[str, AllergyHit] = {}
    for written in _named(shape):
        concept = concepts.read_concept(written)
        hits = [hit for hit in concept.hits if hit.value_set in CONTRAST_AGENTS]
        for hit in hits or concepts.agents_of(written):
            earlier = found.get(hit.value_set)
            if earlier is None or (earlier.via == "text" and hit.via == "code"):
                found[hit.value_set] = AllergyHit(
                    reference=reference("AllergyIntolerance", shape.id),
                    display=concept.display,
                    value_set=hit.value_set,
                    via=hit.via,
                    suspected=is_doubtful or hit.via == "text",
                    when=_when(shape),
                )
    return tuple(found.values())


def _named(shape: AllergyShape) -> list[Concept]:
    found = [read_concept(plain(shape.code)), read_concept(plain(shape.substance))]
    for reaction in each(plain(shape.reaction)):
        substance = as_object(reaction).get("substance")
        if substance is not None:
            found.append(read_concept(substance))
    return found


def _when(shape: AllergyShape) -> DateSpan | None:
    return (
        read_date(shape.onset_date_time)
        or read_date(shape.onset)
        or read_date(shape.recorded_date)
        or read_date(shape.asserted_date)
    )
