"""All resources of one call to one patient's record. Reading starts here.

Lenient to the end: a resource of an odd shape is read as far as it can be, one that can't be read at all is
counted and named as a gap, and nothing here raises. Whether something counts is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, TypeVar

from cds_service.cds_hooks.model import Source
from cds_service.evidence.codes.concepts import ConceptReader
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.loose_json import as_text
from cds_service.evidence.model import (
    AllergyHit,
    ConditionHit,
    DateSpan,
    EarlierStudy,
    Exposure,
    Gap,
    ObservationHit,
    OpenOrder,
    PatientRecord,
    Person,
    ProcedureHit,
)
from cds_service.evidence.orders.catalog import Catalog
from cds_service.evidence.orders.earlier import read_earlier_study, read_open_order
from cds_service.evidence.record.allergies import read_allergy
from cds_service.evidence.record.conditions import ConditionReader, condition_hits
from cds_service.evidence.record.devices import implants_elsewhere, read_device
from cds_service.evidence.record.hospice import is_in_hospice
from cds_service.evidence.record.intake import Item, OurResources, Sorted, Tally, sort_resources
from cds_service.evidence.record.medications import MedicationReader
from cds_service.evidence.record.observations import ObservationReader
from cds_service.evidence.record.person import read_person
from cds_service.evidence.record.procedures import read_procedure
from cds_service.evidence.record.shapes import (
    AllergyShape,
    ConditionShape,
    DeviceShape,
    ImagingShape,
    MedicationOrderShape,
    MedicationShape,
    ObservationShape,
    PatientShape,
    ProcedureShape,
)
from cds_service.evidence.record.subjects import Subjects

_PATIENT: Final = "patient"
_MEDICATION_KINDS: Final = ("MedicationRequest", "MedicationStatement", "MedicationOrder")
_ORDER_KINDS: Final = ("ServiceRequest", "ProcedureRequest", "DiagnosticOrder")
_STUDY_KINDS: Final = ("DiagnosticReport", "ImagingStudy")

_T = TypeVar("_T")
_Conditions = dict[str, list[ConditionHit]]


def read_record(
    sources: Mapping[str, Source],
    patient_id: str,
    index: CodeIndex,
    catalog: Catalog,
    as_of: date,
) -> PatientRecord:
    """The record of one patient as the sources give it, read for the day `as_of`.

    Each resource is read by its own type, whatever key it came under. Resources of other patients are counted
    and left out. Never raises: what can't be read becomes a gap.
    """
    tally = Tally()
    items = sort_resources(sources, tally)
    subjects = Subjects(patient_id, _patient_urls(items["Patient"], patient_id))
    person = _person(items["Patient"], subjects, tally, as_of, index.rules.future_days)
    concepts = ConceptReader(index)
    ours = OurResources(items, concepts, subjects, tally)
    conditions = _conditions(ours, ConditionReader(index, concepts, as_of, _birth(person), {}))
    observations = _observations(ours, ObservationReader(index, concepts))
    exposures = _exposures(ours, index, as_of)
    procedures, procedure_studies = _procedures(ours, index, catalog)
    gaps = _gaps(sources, tally, person, is_patient_there=bool(items["Patient"]))
    unread = {gap.source for gap in gaps}
    return PatientRecord(
        person=person,
        conditions=_tuples(conditions),
        observations=_tuples(observations),
        exposures=_tuples(exposures),
        procedures=_tuples(procedures),
        studies=(*_studies(ours, catalog), *procedure_studies),
        open_orders=_open_orders(ours, catalog),
        devices=(
            *(
                entry
                for _, shape, _ in ours.of_type("Device", DeviceShape)
                if (entry := read_device(shape, concepts)) is not None
            ),
            *implants_elsewhere(conditions, procedures),
        ),
        allergies=_allergies(ours, index),
        condition_by_reference=_by_reference(conditions),
        in_hospice=is_in_hospice(conditions, ours),
        gaps=gaps,
        read_keys=frozenset(key for key in sources if key not in unread),
        not_understood=tally.not_understood,
        other_patients=tally.other_patients,
        counts=tally.read,
    )


def _patient_urls(patients: Iterable[Item], patient_id: str) -> tuple[str, ...]:
    """The fullUrls by which other resources may name our patient."""
    subjects = Subjects(patient_id)
    return tuple(
        url
        for _, shape, _, url in patients
        if isinstance(shape, PatientShape) and url and subjects.is_our_patient(shape.id)
    )


def _person(
    patients: Iterable[Item], subjects: Subjects, tally: Tally, as_of: date, future_days: int
) -> Person | None:
    """Our patient: the first that has a birth date, else the first."""
    found: Person | None = None
    for _, shape, _, _ in patients:
        if not isinstance(shape, PatientShape) or not subjects.is_our_patient(shape.id):
            tally.other_patients += 1
            continue
        person = read_person(shape, as_of, future_days)
        if found is None or (found.birth is None and person.birth is not None):
            found = person
    return found


def _birth(person: Person | None) -> DateSpan | None:
    return person.birth if person is not None else None


def _conditions(ours: OurResources, reader: ConditionReader) -> _Conditions:
    found: _Conditions = {}
    for key, shape, _ in ours.of_type("Condition", ConditionShape):
        code = ours.code(key, shape.code)
        if code is None:
            continue
        if not code.hits:
            if not code.is_family and reader.is_meant(shape):
                ours.tally.not_understood += 1
            continue
        entry = reader.read(shape, code)
        if entry is not None:
            for value_set, hit in condition_hits(entry, code):
                found.setdefault(value_set, []).append(hit)
    return found


def _observations(ours: OurResources, reader: ObservationReader) -> dict[str, list[ObservationHit]]:
    found: dict[str, list[ObservationHit]] = {}
    for key, shape, _ in ours.of_type("Observation", ObservationShape):
        code = ours.code(key, shape.code)
        if code is None:
            continue
        for value_set, hit in reader.read(shape, code):
            found.setdefault(value_set, []).append(hit)
    return found


def _exposures(ours: OurResources, index: CodeIndex, as_of: date) -> dict[str, list[Exposure]]:
    found: dict[str, list[Exposure]] = {}
    reader = MedicationReader(index, ours.concepts, as_of, _included(ours.items))
    for kind in _MEDICATION_KINDS:
        for key, shape, _ in ours.of_type(kind, MedicationOrderShape):
            hits, is_named = reader.read(kind, shape)
            if not is_named:
                ours.tally.unnamed_drugs[key] += 1
            for value_set, exposure in hits:
                found.setdefault(value_set, []).append(exposure)
    return found


def _included(items: Sorted) -> dict[str, MedicationShape]:
    """Medication resources by every reference that may name them."""
    found: dict[str, MedicationShape] = {}
    for _, shape, _, url in items["Medication"]:
        if isinstance(shape, MedicationShape):
            found[f"Medication/{as_text(shape.id)}"] = shape
            if url:
                found[url] = shape
    return found


def _procedures(
    ours: OurResources, index: CodeIndex, catalog: Catalog
) -> tuple[dict[str, list[ProcedureHit]], list[EarlierStudy]]:
    found: dict[str, list[ProcedureHit]] = {}
    studies: list[EarlierStudy] = []
    for key, shape, raw in ours.of_type("Procedure", ProcedureShape):
        code = ours.code(key, shape.code)
        if code is None:
            continue
        for value_set, hit in read_procedure(shape, code, index):
            found.setdefault(value_set, []).append(hit)
        study = read_earlier_study("Procedure", raw, catalog)
        if study is not None:
            studies.append(study)
    return found, studies


def _studies(ours: OurResources, catalog: Catalog) -> tuple[EarlierStudy, ...]:
    return tuple(
        study
        for kind in _STUDY_KINDS
        for _, _, raw in ours.of_type(kind, ImagingShape)
        if (study := read_earlier_study(kind, raw, catalog)) is not None
    )


def _open_orders(ours: OurResources, catalog: Catalog) -> tuple[OpenOrder, ...]:
    return tuple(
        order
        for kind in _ORDER_KINDS
        for _, _, raw in ours.of_type(kind, ImagingShape)
        if (order := read_open_order(raw, catalog)) is not None
    )


def _allergies(ours: OurResources, index: CodeIndex) -> tuple[AllergyHit, ...]:
    return tuple(
        hit
        for _, shape, _ in ours.of_type("AllergyIntolerance", AllergyShape)
        for hit in read_allergy(shape, ours.concepts, index)
    )


def _gaps(
    sources: Mapping[str, Source], tally: Tally, person: Person | None, *, is_patient_there: bool
) -> tuple[Gap, ...]:
    """What was needed and could not be read: as the sources say, then what was found while reading."""
    gaps = [
        Gap(key, source.gap, source.note)
        for key, source in sources.items()
        if source.gap is not None
    ]
    for key, count in tally.unreadable.items():
        gaps.append(Gap(key, "unreadable", f"{count} of {tally.read[key]} could not be read"))
    for key, count in tally.unnamed_drugs.items():
        gaps.append(Gap(key, "partial", f"{count} of {tally.read[key]} name no medication"))
    if not any(gap.source == _PATIENT for gap in gaps):
        if person is not None and person.birth is None:
            gaps.append(Gap(_PATIENT, "partial", "no birth date that can be read"))
        elif person is None and is_patient_there:
            gaps.append(Gap(_PATIENT, "unreadable", "the Patient that came is another one"))
        elif person is None:
            gaps.append(Gap(_PATIENT, "not-provided", "no Patient came"))
    return tuple(gaps)


def _by_reference(conditions: _Conditions) -> dict[str, tuple[tuple[str, ConditionHit], ...]]:
    found: dict[str, list[tuple[str, ConditionHit]]] = {}
    for value_set, hits in conditions.items():
        for hit in hits:
            if hit.entry.reference:
                found.setdefault(hit.entry.reference, []).append((value_set, hit))
    return {name: tuple(hits) for name, hits in found.items()}


def _tuples(found: Mapping[str, list[_T]]) -> dict[str, tuple[_T, ...]]:
    return {value_set: tuple(hits) for value_set, hits in found.items()}
