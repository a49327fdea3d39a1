"""Outcomes to rows and counts: what is kept of each order, and of the run as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import Struct

from cds_service.evidence.codes.dates import read_date
from cds_service.history.pseudonyms import Pseudonyms
from cds_service.replay.chart_orders import NOT_NAMED, OrderFacts
from cds_service.replay.details import Details, count
from cds_service.replay.rows import Evidence, FoundCriterion, FoundGap, FoundWords, Row
from cds_service.replay.runner import Outcome

_OK: Final = 200
_ID_LENGTH: Final = 16
_MONTH: Final = 7
_AGES: Final = ((7, "0-7"), (30, "8-30"), (90, "31-90"), (365, "91-365"), (1826, "366-1825"))


class Names(Struct, frozen=True):
    """How identifiers are told: as keyed hashes, or as they are."""

    pseudonyms: Pseudonyms | None
    """None: as they are (`--with-ids`)."""

    def of(self, kind: str, name: str) -> str:
        """One identifier, or its hash."""
        if self.pseudonyms is None or not name:
            return name
        return self.pseudonyms.of(kind, name)[:_ID_LENGTH]

    def reference(self, text: str) -> str:
        """`Type/id` with its id hashed; a day of a question stays."""
        kind, slash, name = text.partition("/")
        if kind == "what-if" or text.isalpha():
            return text
        return f"{kind}/{self.of(kind, name)}" if slash else self.of("resource", text)


def rows_of(outcome: Outcome, facts: OrderFacts, names: Names) -> Iterator[Row]:
    """One row for each order that the call was about; one that says why, where there is no advice."""
    case = outcome.case.name
    if facts.patient:
        case = f"{facts.dataset}/{names.of('Patient', facts.patient)}"
    as_of = outcome.case.as_of.isoformat()
    advice = outcome.advice
    explained = (advice.extension_json if advice is not None else None) or {}
    assessments = explained.get("assessments", ())
    if not assessments:
        if facts.patient or outcome.status != _OK:
            yield _row_without_advice(outcome, (case, names.reference(facts.order), as_of))
        return
    gaps = tuple([FoundGap(gap["source"], gap["reason"]) for gap in explained.get("gaps", ())])
    for found in assessments:
        yield Row(
            case=case,
            order=names.reference(facts.order or found["order"]),
            as_of=as_of,
            study=_study(found["procedure"]),
            scenario=found["scenario"],
            appropriateness=found["appropriateness"],
            urgency=found["urgency"],
            cards=(*found.get("cards", ()), *explained.get("callCards", ())),
            groups=dict(sorted(found.get("groups", {}).items())),
            criteria=tuple([_criterion(one, names) for one in found.get("criteria", ())]),
            gaps=gaps,
            not_understood=tuple(
                [
                    FoundWords(one["source"], names.reference(one["reference"]), one["text"])
                    for one in found.get("notUnderstood", ())
                ]
            ),
        )


def count_order(details: Details, row: Row, facts: OrderFacts, names: Names) -> None:
    """Count one row by everything that the data name of its order."""
    count(details, "orders", "all")
    count(details, "made_from", facts.made_from)
    if row.scenario is not None:
        count(details, "orders", "advised")
    for gap in row.gaps if row.scenario is None else ():
        count(details, "problems", f"{gap.source} {gap.reason}")
    modality, regions = _parts(row.study)
    clinician = _person(facts.clinician, names)
    values = (
        ("month", row.as_of[:_MONTH]),
        ("modality", modality),
        *(("region", region) for region in regions),
        ("clinician", clinician),
        ("clinic", _place(facts.clinic, names)),
        ("dataset", facts.dataset),
    )
    for dimension, value in values:
        count(details, "orders_by", dimension, value)
        for card in row.cards:
            count(details, "cards_by", dimension, value, card)
        for criterion in row.criteria:
            count(details, "criteria_by", dimension, value, criterion.id)
    if clinician != NOT_NAMED:
        day = f"{clinician}|{row.as_of}"
        count(details, "clinician_days", day, "orders")
        for card in row.cards:
            count(details, "clinician_days", day, "cards", card)
    for criterion in row.criteria:
        count(details, "evidence_age", criterion.id, _age(criterion, row.as_of))
    for text in {words.text for words in row.not_understood if words.source == "order"}:
        count(details, "readiness", "words", "order", text)


def _row_without_advice(outcome: Outcome, named: tuple[str, str, str]) -> Row:
    case, order, as_of = named
    gaps = tuple([FoundGap(source, reason) for source, reason in outcome.lacking])
    if not gaps:
        gaps = (FoundGap("order", "failed" if outcome.status >= 500 else "unreadable"),)  # noqa: PLR2004 - HTTP
    return Row(case, order, as_of, "", None, None, None, (), {}, (), gaps, ())


def _criterion(found: Mapping[str, Any], names: Names) -> FoundCriterion:
    evidence = tuple(
        [
            msgspec.convert(
                {**one, "reference": names.reference(one.get("reference", ""))}, Evidence
            )
            for one in found["evidence"]
        ]
    )
    return FoundCriterion(
        found["id"],
        found["group"],
        found["strength"],
        found["state"],
        found.get("counted", ""),
        evidence,
    )


def _study(procedure: Mapping[str, Any]) -> str:
    parts = [
        procedure.get("modality", "unknown"),
        "+".join(procedure.get("regions", ())) or "unknown",
    ]
    if procedure["contrast"] != "unspecified":
        parts.append(procedure["contrast"])
    return "-".join(parts).lower()


def _parts(study: str) -> tuple[str, tuple[str, ...]]:
    """(modality, regions) of a study as a row has it."""
    if not study:
        return "unknown", ("unknown",)
    modality, regions = study.split("-")[:2]
    return modality, tuple(regions.split("+"))


def _person(clinician: str, names: Names) -> str:
    if clinician == NOT_NAMED:
        return clinician
    return names.reference(clinician) if "/" in clinician else names.of("name", clinician)


def _place(clinic: str, names: Names) -> str:
    """A place is no person: its name stays; a bare reference is hashed like all."""
    return names.reference(clinic) if "/" in clinic and " " not in clinic else clinic


def _age(criterion: FoundCriterion, as_of: str) -> str:
    """How old the newest evidence was on the day of the order."""
    dates = [span.last for one in criterion.evidence if (span := read_date(one.date)) is not None]
    if not dates:
        return "undated"
    days = (date.fromisoformat(as_of) - max(dates)).days
    return next((name for most, name in _AGES if days <= most), "older")
