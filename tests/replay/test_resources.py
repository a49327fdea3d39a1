"""Odd resources, as real records hold them: each is read as far as it goes, and none stops the others."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_service.advice import CompiledGuideline
from cds_service.cds_hooks.model import Source
from cds_service.evidence.model import PatientRecord
from cds_service.evidence.record.record import read_record
from cds_service.replay.cases import SavedCase
from cds_service.replay.runner import Engine, replay_case
from tests.replay.conftest import FIXTURES

DAY = date(2026, 6, 15)
FILES = sorted((FIXTURES / "resources").glob("*.json"))
KEYS = {
    "Patient": "patient",
    "Observation": "observations",
    "MedicationRequest": "medications",
    "MedicationStatement": "medications",
    "MedicationOrder": "medications",
    "Procedure": "procedures",
    "ServiceRequest": "orders",
    "DiagnosticReport": "reports",
    "ImagingStudy": "reports",
    "AllergyIntolerance": "allergies",
    "Device": "devices",
}
NO_RETENTION = {
    "Condition.entered-in-error",
    "Condition.family-history-as-a-condition",
    "Condition.german-icd-without-display",
    "Condition.hostile-text",
    "Condition.japanese-display",
    "Condition.of-another-patient",
    "Condition.snomed-code-under-an-icd-system",
    "Condition.subject-by-urn-uuid",
    "Condition.without-a-code",
}
PAST = {"Condition.abated-in-words", "Condition.active-and-abated"}
NO_FEVER = {
    "Observation.absent-reason",
    "Observation.comparator",
    "Observation.ratio-and-range",
    "Observation.status-invalid",
    "Observation.temperature-in-coulomb",
}
NO_STEROID = {
    "MedicationRequest.draft-without-intent",
    "MedicationRequest.inhaled-by-form-in-the-text",
}


def key_of(file: Path) -> str:
    return KEYS.get(file.name.split(".")[0], "conditions")


def read(file: Path, compiled: CompiledGuideline) -> PatientRecord:
    key = key_of(file)
    source = Source(key, (msgspec.Raw(file.read_bytes()),), None)
    return read_record({key: source}, "odd-1", compiled.index, compiled.catalog, DAY)


def files(kind: str) -> list[Path]:
    return [file for file in FILES if file.name.startswith(kind)]


def by_stem(file: Path) -> str:
    return file.stem


def call(file: Path) -> SavedCase:
    """An MRI for low back pain, with one odd resource in an otherwise empty record."""
    resource = json.loads(file.read_bytes())
    person = {"resourceType": "Patient", "id": "odd-1", "birthDate": "1980-01-01"}
    found: dict[str, list[Any]] = {key: [] for key in ("conditions", *KEYS.values())}
    found["patient"] = [person]
    found[key_of(file)] = [resource]
    prefetch: dict[str, Any] = {
        key: {"resourceType": "Bundle", "entry": [{"resource": item} for item in items]}
        for key, items in found.items()
    }
    prefetch["patient"] = found["patient"][0]
    order = {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "draft",
        "intent": "order",
        "code": {"text": "MRI lumbar spine without contrast"},
        "subject": {"reference": "Patient/odd-1"},
        "reasonCode": [{"text": "Low back pain"}],
    }
    body = {
        "hook": "order-sign",
        "hookInstance": "one-odd-resource",
        "context": {"patientId": "odd-1", "draftOrders": {"entry": [{"resource": order}]}},
        "prefetch": prefetch,
    }
    return SavedCase(file.stem, "spine-imaging-order-sign", DAY, json.dumps(body).encode(), None)


@pytest.mark.parametrize("file", FILES, ids=by_stem)
def test_one_odd_resource_never_costs_the_answer(file: Path, engine: Engine):
    outcome = replay_case(call(file), engine)
    assert outcome.status == 200, outcome.problem
    assert outcome.advice is not None
    assert outcome.advice.cards


@pytest.mark.parametrize("file", files("Condition"), ids=by_stem)
def test_an_odd_condition_is_understood_where_it_says_enough(
    file: Path, compiled: CompiledGuideline
):
    hits = read(file, compiled).conditions.get("urinary-retention", ())
    assert bool(hits) is (file.stem not in NO_RETENTION)
    assert {hit.entry.clinical for hit in hits} <= {"past" if file.stem in PAST else "current"}


@pytest.mark.parametrize("file", files("Observation"), ids=by_stem)
def test_an_odd_temperature_is_a_fever_where_its_unit_is_known(
    file: Path, compiled: CompiledGuideline
):
    hits = read(file, compiled).observations.get("obs-temperature", ())
    is_fever = any(hit.number is not None and hit.number >= 38 for hit in hits)
    assert is_fever is (file.stem not in NO_FEVER)


@pytest.mark.parametrize("file", files("Medication"), ids=by_stem)
def test_an_odd_prescription_counts_where_the_drug_is_taken(
    file: Path, compiled: CompiledGuideline
):
    exposures = read(file, compiled).exposures.get("systemic-steroid", ())
    assert bool(exposures) is (file.stem not in NO_STEROID)


@pytest.mark.parametrize("file", files("Patient"), ids=by_stem)
def test_an_odd_patient_is_read_and_a_missing_birth_date_is_said(
    file: Path, compiled: CompiledGuideline
):
    record = read(file, compiled)
    assert record.person is not None
    assert record.person.gender == "female"
    has_no_birth = file.stem.endswith(("extension-only", "no-date"))
    assert (record.person.birth is None) is has_no_birth
    assert any(gap.source == "patient" for gap in record.gaps) is has_no_birth


def test_a_record_of_another_patient_is_counted_and_left_out(compiled: CompiledGuideline):
    record = read(FIXTURES / "resources" / "Condition.of-another-patient.json", compiled)
    assert record.other_patients == 1


def test_hostile_text_reaches_no_card(engine: Engine):
    outcome = replay_case(call(FIXTURES / "resources" / "Condition.hostile-text.json"), engine)
    cards = json.loads(outcome.body)["cards"]
    assert cards
    assert "<script>" not in json.dumps(cards)


def test_all_odd_resources_together_are_read(compiled: CompiledGuideline):
    sources: dict[str, Source] = {}
    for file in FILES:
        key = key_of(file)
        before = sources[key].resources if key in sources else ()
        sources[key] = Source(key, (*before, msgspec.Raw(file.read_bytes())), None)
    record = read_record(sources, "odd-1", compiled.index, compiled.catalog, DAY)
    assert {"urinary-retention", "low-back-pain"} <= set(record.conditions)
    assert {device.safety for device in record.devices} == {"unsafe"}
    assert {study.procedure.regions for study in record.studies} == {("lumbar",)}
