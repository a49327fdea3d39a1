"""A record in words, one line an entry, behind it the resource: all that was read, and nothing that was not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cds_service.evidence.model import (
    ConditionHit,
    DateSpan,
    Exposure,
    ObservationHit,
    PatientRecord,
    Person,
    ProcedureHit,
    StudyProcedure,
)


def _day(span: DateSpan | date | None) -> str:
    if span is None:
        return "-"
    if isinstance(span, date):
        return span.isoformat()
    return f"{span.first}" if span.first == span.last else f"{span.first}..{span.last}"


def _marked(**marks: object) -> str:
    return "".join(f", {name.replace('_', ' ')}" for name, value in marks.items() if value)


def _named(word: str) -> str:
    return f", {word}" if word else ""


def _codes(codings: tuple[tuple[str, str], ...]) -> str:
    return " ".join(f"{system}={code}" for system, code in codings) or "-"


def _condition(name: str, hit: ConditionHit) -> str:
    entry = hit.entry
    sites = "".join(f" at {site}" for site in sorted(entry.body_sites))
    return (
        f"condition {name} by {hit.via} {hit.system or '-'} {hit.code}{_named(hit.seventh)}: "
        f"{entry.display} ({entry.text or '-'}) {_codes(entry.codings)}{sites}; {entry.verification}, {entry.clinical}"
        f"{_marked(status_recorded=entry.status_recorded)}; onset {_day(entry.onset)}, "
        f"recorded {_day(entry.recorded)}, abated {_day(entry.abated)} <{entry.reference}>"
    )


def _observation(name: str, hit: ObservationHit) -> str:
    entry = hit.entry
    number = "no number" if hit.number is None else f"{hit.comparator}{hit.number:g} {hit.unit}"
    return (
        f"observation {name} by {hit.via} {hit.code}: {entry.display} {_codes(entry.codings)}; "
        f"{entry.value_text or '-'} {_codes(entry.value_codings)}; {number}{_named(hit.problem)}"
        f"{_marked(inferred_unit=hit.inferred_unit)}; {entry.polarity}; {_day(entry.when)}; "
        f"says {_day(entry.value_date)} <{entry.reference}>"
    )


def _exposure(name: str, drug: Exposure) -> str:
    return (
        f"drug {name} by {drug.via}: {drug.display}; {_day(drug.start)} to {_day(drug.end)}, open since "
        f"{_day(drug.open_since)}{_marked(ongoing=drug.ongoing, names_disagree=drug.names_disagree)} <{drug.reference}>"
    )


def _study(study: StudyProcedure) -> str:
    return f"{study.modality} {' '.join(study.regions) or '-'} {study.contrast}"


def line_of(person: Person | None) -> str:
    """Whose record it is."""
    if person is None:
        return "nobody"
    return (
        f"{person.reference} {person.gender}, born {_day(person.birth)}, of {person.country or 'no country'}"
        f"{_marked(deceased=person.is_deceased)}{_named(_day(person.died)) if person.died else ''}"
    )


def _entries(record: PatientRecord) -> Iterator[str]:
    for name, hits in record.conditions.items():
        yield from (_condition(name, hit) for hit in hits)
    for name in record.observations:
        yield from (_observation(name, hit) for hit in record.observations[name])
    for name, drugs in record.exposures.items():
        yield from (_exposure(name, drug) for drug in drugs)
    for name, done in record.procedures.items():
        yield from (
            f"procedure {name} by {_matched(hit)}; {_day(hit.when)} <{hit.reference}>"
            for hit in done
        )


def _matched(hit: ProcedureHit) -> str:
    return f"{hit.via} {hit.code}: {hit.display}"


def _beside(record: PatientRecord) -> Iterator[str]:
    for study in record.studies:
        yield f"study {_study(study.procedure)}: {study.display}; {_day(study.when)} <{study.reference}>"
    for order in record.open_orders:
        shown = f"{order.display}; {_day(order.authored)}{_marked(selected=order.selected)}"
        yield f"open order {_study(order.procedure)}: {shown} <{order.reference}>"
    for device in record.devices:
        shown = f"{device.display} ({device.name})"
        yield f"device {device.safety} by {device.via}: {shown}; {_day(device.when)} <{device.reference}>"
    for allergy in record.allergies:
        matched = f"{allergy.value_set} by {allergy.via}{_marked(suspected=allergy.suspected)}"
        yield f"allergy {matched}: {allergy.display}; {_day(allergy.when)} <{allergy.reference}>"


def lines_of(record: PatientRecord) -> Iterator[str]:
    """What was read, in the order of the record within each kind; then what was not."""
    yield from _entries(record)
    yield from _beside(record)
    yield from (f"gap {gap.source} {gap.reason}: {gap.note}" for gap in record.gaps)
    for value in record.unread_values:
        yield f"unread value{_marked(finding=value.is_finding)}: {value.text} <{value.reference}>"
    yield from (
        f"not understood: {problem.text} <{problem.reference}>" for problem in record.not_understood
    )
    yield from (f"retracted {name}" for name in sorted(record.retracted))
    if record.in_hospice:
        yield "in hospice"
    if record.other_patients:
        yield f"of others {record.other_patients}"
