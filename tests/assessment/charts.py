"""Records made by hand, for questions that the assessment answers about one entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal

import msgspec

from cds_service.assessment.chart import Chart
from cds_service.assessment.criteria import evaluate_criteria
from cds_service.assessment.model import Finding, State
from cds_service.assessment.rules import Rules
from cds_service.evidence.model import (
    AllergyHit,
    ConditionEntry,
    ConditionHit,
    DateSpan,
    Exposure,
    ImagingOrder,
    ObservationEntry,
    ObservationHit,
    Observations,
    PatientRecord,
    Person,
    ProcedureHit,
    Reason,
    StudyProcedure,
    Via,
)
from cds_service.knowledge.model import Strength

DAY = date(2026, 6, 15)
ADULT = Person("Patient/p1", DateSpan(date(1985, 2, 3), date(1985, 2, 3)), "female", False, "")


def ago(days: int) -> DateSpan:
    """A day so many days ago; negative: ahead."""
    day = DAY - timedelta(days=days)
    return DateSpan(day, day)


def spanning(first: int, last: int) -> DateSpan:
    """The days from so many days ago to so many days ago."""
    return DateSpan(ago(first).first, ago(last).last)


def condition(
    name: str,
    onset: DateSpan | None = None,
    *,
    recorded: DateSpan | None = None,
    abated: DateSpan | None = None,
    clinical: Literal["current", "past"] = "current",
    status_recorded: bool = True,
    verification: Literal["confirmed", "suspected", "refuted"] = "confirmed",
    via: Via = "code",
    system: str = "icd10cm",
    code: str = "A10.1",
    seventh: Literal["", "initial", "subsequent", "sequela"] = "",
    body_sites: frozenset[str] = frozenset(),
) -> ConditionHit:
    """A Condition of this name; current, confirmed and coded unless said otherwise."""
    entry = ConditionEntry(
        reference=f"Condition/{name}",
        display=f"words of {name}",
        clinical=clinical,
        status_recorded=status_recorded,
        verification=verification,
        onset=onset,
        recorded=recorded,
        abated=abated,
        text="",
        codings=(),
        body_sites=body_sites,
    )
    return ConditionHit(entry, via, system, code, seventh)


def observation(
    name: str,
    when: DateSpan | None = None,
    number: float | None = None,
    *,
    polarity: Literal["positive", "negative", "unknown"] = "unknown",
    via: Via = "code",
    code: str = "1-1",
    comparator: Literal["", "<", "<=", ">", ">="] = "",
    inferred_unit: bool = False,
    value_date: DateSpan | None = None,
) -> ObservationHit:
    """An Observation of this name, with a number or an answer."""
    entry = ObservationEntry(
        reference=f"Observation/{name}",
        display=f"words of {name}",
        when=when,
        value_text="" if number is None else f"{comparator}{number:g} u",
        polarity=polarity,
        codings=(),
        value_date=value_date,
    )
    return ObservationHit(
        entry, via, code, number, comparator=comparator, inferred_unit=inferred_unit
    )


def exposure(
    name: str,
    start: DateSpan | None = None,
    end: date | None = None,
    *,
    ongoing: bool = False,
    via: Via = "code",
) -> Exposure:
    """A drug course of this name."""
    return Exposure(f"MedicationRequest/{name}", f"words of {name}", via, start, end, ongoing)


def procedure(name: str, when: DateSpan | None = None, *, via: Via = "code") -> ProcedureHit:
    """A Procedure of this name."""
    return ProcedureHit(f"Procedure/{name}", f"words of {name}", via, "1", when)


def chart(
    rules: Rules,
    *,
    conditions: Mapping[str, Sequence[ConditionHit]] | None = None,
    observations: Mapping[str, Sequence[ObservationHit]] | None = None,
    exposures: Mapping[str, Sequence[Exposure]] | None = None,
    procedures: Mapping[str, Sequence[ProcedureHit]] | None = None,
    allergies: Sequence[AllergyHit] = (),
    person: Person | None = ADULT,
) -> Chart:
    """The record on the day, with nothing in it but this."""
    by_reference: dict[str, tuple[tuple[str, ConditionHit], ...]] = {}
    for name, hits in (conditions or {}).items():
        for hit in hits:
            known = by_reference.get(hit.entry.reference, ())
            by_reference[hit.entry.reference] = (*known, (name, hit))
    record = PatientRecord(
        person=person,
        conditions={name: tuple(hits) for name, hits in (conditions or {}).items()},
        observations=Observations(observations or {}, lambda hit: hit, lambda hit: hit.entry.when),
        exposures={name: tuple(hits) for name, hits in (exposures or {}).items()},
        procedures={name: tuple(hits) for name, hits in (procedures or {}).items()},
        studies=(),
        open_orders=(),
        devices=(),
        allergies=tuple(allergies),
        condition_by_reference=by_reference,
        known_conditions=frozenset(),
        retracted=frozenset(),
        in_hospice=False,
        gaps=(),
        read_keys=frozenset(),
        unread_values=(),
        not_understood=(),
        other_patients=0,
        counts={},
    )
    return Chart(record, rules, DAY)


def order(
    *reasons: Reason,
    study: StudyProcedure | None = None,
    authored: DateSpan | None = None,
    texts: tuple[str, ...] = (),
    **parts: Any,
) -> ImagingOrder:
    """An order for an MRI of the lumbar spine, for these reasons."""
    return ImagingOrder(
        raw=msgspec.Raw(b"{}"),
        resource_type="ServiceRequest",
        id="o1",
        reference="ServiceRequest/o1",
        kind="known",
        procedure=study or StudyProcedure("MR", ("lumbar",), "without"),
        read_from="code",
        display="MRI lumbar spine",
        coding_systems=("cpt",),
        priority="routine",
        priority_stated=True,
        status="draft",
        authored=authored,
        reasons=reasons,
        has_reason=bool(reasons),
        duration=parts.get("duration"),
        mentions_travel=False,
        mentions_imaging_elsewhere=False,
        has_laterality=False,
        encounter=None,
        requester=None,
        subject=None,
        texts=texts,
    )


S, P, H, T = State.SUSPECTED, State.PRESENT, State.HISTORICAL, State.STALE
Seen = tuple[str, DateSpan | None, State, Strength | None, tuple[str, ...]]


def seen(finding: Finding) -> Seen:
    name = finding.reference.partition("/")[2]
    return name, finding.when, finding.state, finding.strength, finding.notes


def found(of: Chart, criterion: str, ordered: ImagingOrder | None = None) -> list[Seen]:
    """What is found for a criterion; for one that is only listed, the stale finding."""
    return [seen(finding) for finding in findings(of, criterion, ordered)]


def findings(of: Chart, criterion: str, ordered: ImagingOrder | None = None) -> list[Finding]:
    result = evaluate_criteria(of, ordered or order())
    assert result.failed == ()
    for item in result.found:
        if item.criterion.id == criterion:
            assert item.state is item.findings[0].state
            return list(item.findings)
    return [finding for item, finding in result.stale if item.id == criterion]
