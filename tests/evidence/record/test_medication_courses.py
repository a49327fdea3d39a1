"""Dispenses, administrations and statements: what reached the patient, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cds_service.evidence.model import Exposure, PatientRecord

ReadRecord = Callable[..., PatientRecord]

PREDNISONE = {
    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "8640"}],
    "text": "prednisone",
}


def use(kind: str, **elements: Any) -> Any:
    """A resource that says that our patient had prednisone."""
    return {
        "resourceType": kind,
        "id": "m1",
        "status": "completed",
        "medicationCodeableConcept": PREDNISONE,
        "subject": {"reference": "Patient/p1"},
    } | elements


def steroid(record: PatientRecord) -> Exposure:
    """The only exposure to a systemic steroid."""
    (found,) = record.exposures["systemic-steroid"]
    return found


def span(found: Exposure) -> tuple[str, str]:
    """First and last day, empty when not known."""
    return str(found.start.first if found.start else ""), str(found.end or "")


@pytest.mark.parametrize(
    ("elements", "first", "last", "ongoing"),
    [
        (
            {"whenHandedOver": "2026-01-01", "daysSupply": {"value": 90, "code": "d"}},
            "2026-01-01",
            "2026-03-31",
            False,
        ),
        (
            {
                "whenPrepared": "2026-05-01T10:00:00Z",
                "daysSupply": {"value": 90, "unit": "days"},
            },
            "2026-05-01",
            "2026-06-15",
            True,
        ),
        (
            {
                "whenPrepared": "2026-04-28",
                "whenHandedOver": "2026-05-01",
                "daysSupply": {"value": 10, "code": "d"},
            },
            "2026-05-01",
            "2026-05-10",
            False,
        ),
    ],
)
def test_a_dispense_lasts_as_long_as_its_supply(
    read: ReadRecord, elements: Any, first: str, last: str, ongoing: bool
) -> None:
    found = steroid(read(use("MedicationDispense", **elements)))
    assert (span(found), found.ongoing) == ((first, last), ongoing)
    assert found.reference == "MedicationDispense/m1"


def test_a_dispense_without_a_supply_has_no_known_length(read: ReadRecord) -> None:
    found = steroid(read(use("MedicationDispense", whenHandedOver="2026-01-01")))
    assert (span(found), found.ongoing) == (("2026-01-01", ""), False)


@pytest.mark.parametrize(
    ("kind", "status", "counts"),
    [
        ("MedicationDispense", "completed", True),
        ("MedicationDispense", "in-progress", True),
        ("MedicationDispense", None, True),
        ("MedicationDispense", "preparation", False),
        ("MedicationDispense", "cancelled", False),
        ("MedicationDispense", "declined", False),
        ("MedicationDispense", "entered-in-error", False),
        ("MedicationAdministration", "completed", True),
        ("MedicationAdministration", "in-progress", True),
        ("MedicationAdministration", "stopped", True),
        ("MedicationAdministration", "not-done", False),
        ("MedicationAdministration", "entered-in-error", False),
        ("MedicationStatement", "recorded", True),
        ("MedicationStatement", "not-taken", False),
        ("MedicationStatement", "intended", False),
    ],
)
def test_only_what_reached_the_patient_counts(
    read: ReadRecord, kind: str, status: str | None, counts: bool
) -> None:
    record = read(use(kind, status=status))
    assert ("systemic-steroid" in record.exposures) == counts
    assert not record.gaps


@pytest.mark.parametrize(
    ("kind", "never"),
    [
        ("MedicationAdministration", {"notGiven": True}),
        ("MedicationAdministration", {"wasNotGiven": True}),
        ("MedicationStatement", {"wasNotTaken": True}),
        ("MedicationStatement", {"taken": "n"}),
    ],
)
def test_what_older_versions_say_was_not_taken_does_not_count(
    read: ReadRecord, kind: str, never: Any
) -> None:
    assert "systemic-steroid" not in read(use(kind, **never)).exposures
    taken = {name: False if value is True else "y" for name, value in never.items()}
    assert "systemic-steroid" in read(use(kind, **taken)).exposures


@pytest.mark.parametrize(
    ("elements", "first", "last"),
    [
        ({"effectiveDateTime": "2026-05-20T08:00:00Z"}, "2026-05-20", "2026-05-20"),
        ({"occurenceDateTime": "2026-05-20"}, "2026-05-20", "2026-05-20"),
        ({"effectiveTimeDateTime": "2026-05-20"}, "2026-05-20", "2026-05-20"),
        ({"effectivePeriod": {"start": "2026-05-20"}}, "2026-05-20", "2026-05-20"),
        (
            {"effectivePeriod": {"start": "2025-12-01", "end": "2026-05-30"}},
            "2025-12-01",
            "2026-05-30",
        ),
        (
            {"status": "in-progress", "effectivePeriod": {"start": "2026-06-12"}},
            "2026-06-12",
            "2026-06-15",
        ),
        ({"effectiveDateTime": "2026-04"}, "2026-04-30", "2026-04-30"),
        ({"effectiveDateTime": "2026"}, "2026-06-15", "2026-06-15"),
        ({}, "", ""),
    ],
)
def test_one_administration_is_one_day(
    read: ReadRecord, elements: Any, first: str, last: str
) -> None:
    """Unless its period has an end, or it is still under way; of a month or a year, the latest day."""
    found = steroid(read(use("MedicationAdministration", **elements)))
    assert (span(found), found.ongoing) == ((first, last), False)


def test_an_administration_that_lies_ahead_has_not_happened(read: ReadRecord) -> None:
    found = steroid(read(use("MedicationAdministration", effectiveDateTime="2026-07-01")))
    assert (span(found), found.ongoing) == (("2026-07-01", ""), False)


@pytest.mark.parametrize(
    ("elements", "last", "ongoing"),
    [
        ({"status": "active"}, "2026-06-15", True),
        ({"status": "recorded"}, "2026-06-15", True),
        (
            {"status": "recorded", "adherence": {"code": {"coding": [{"code": "taking"}]}}},
            "2026-06-15",
            True,
        ),
        (
            {"status": "recorded", "adherence": {"code": {"coding": [{"code": "not-taking"}]}}},
            "",
            False,
        ),
    ],
)
def test_a_statement_without_a_period_is_dated_by_its_assertion(
    read: ReadRecord, elements: Any, last: str, ongoing: bool
) -> None:
    found = steroid(read(use("MedicationStatement", dateAsserted="2026-03-01", **elements)))
    assert (span(found), found.ongoing) == (("2026-03-01", last), ongoing)


def test_a_dispense_that_names_no_drug_is_a_gap(read: ReadRecord) -> None:
    dispense = use("MedicationDispense", medicationCodeableConcept=None)
    record = read(dispense, key="medications")
    assert [(gap.source, gap.reason) for gap in record.gaps] == [("medications", "partial")]
