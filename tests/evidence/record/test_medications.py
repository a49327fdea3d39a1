"""Medication orders and statements: which drug, from when until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cds_service.evidence.model import Exposure, PatientRecord

ReadRecord = Callable[..., PatientRecord]

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def rxnorm(code: str, text: str | None = None) -> Any:
    """An RxNorm concept."""
    return {"coding": [{"system": RXNORM, "code": code}]} | ({"text": text} if text else {})


PREDNISONE = rxnorm("8640", "prednisone")


def order(drug: Any = PREDNISONE, **elements: Any) -> Any:
    """An active MedicationRequest of 1 May 2026."""
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": drug,
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2026-05-01T09:00:00Z",
    } | elements


def supply(days: Any, unit: str = "d", **elements: Any) -> Any:
    """A dispenseRequest that lasts so long."""
    return {"expectedSupplyDuration": {"value": days, "code": unit}} | elements


def steroid(record: PatientRecord) -> Exposure:
    """The only exposure to a systemic steroid."""
    (found,) = record.exposures["systemic-steroid"]
    return found


@pytest.mark.parametrize(
    ("elements", "start", "end", "ongoing"),
    [
        ({"dispenseRequest": supply(10)}, "2026-05-01", "2026-05-10", False),
        (
            {"dispenseRequest": supply(10, numberOfRepeatsAllowed=2)},
            "2026-05-01",
            "2026-05-30",
            False,
        ),
        ({"dispenseRequest": supply(2, "wk")}, "2026-05-01", "2026-05-14", False),
        ({"dispenseRequest": supply(1, "mo")}, "2026-05-01", "2026-05-30", False),
        ({"dispenseRequest": supply("1", "mo")}, "2026-05-01", "2026-05-30", False),
        ({"dispenseRequest": supply(90)}, "2026-05-01", "2026-06-15", True),
        (
            {"dispenseRequest": {"expectedSupplyDuration": {"value": 10, "unit": "Days"}}},
            "2026-05-01",
            "2026-05-10",
            False,
        ),
        (
            {"dispenseRequest": supply(10, validityPeriod={"start": "2026-05-05"})},
            "2026-05-05",
            "2026-05-14",
            False,
        ),
        (
            {
                "dosageInstruction": [
                    {
                        "timing": {
                            "repeat": {"boundsPeriod": {"start": "2026-05-03", "end": "2026-05-20"}}
                        }
                    }
                ]
            },
            "2026-05-03",
            "2026-05-20",
            False,
        ),
        (
            {
                "dosageInstruction": {
                    "timing": {"repeat": {"boundsDuration": {"value": 7, "code": "d"}}}
                }
            },
            "2026-05-01",
            "2026-05-07",
            False,
        ),
        ({}, "2026-05-01", "2026-06-15", True),
        ({"dispenseRequest": supply(0)}, "2026-05-01", "2026-06-15", True),
        ({"dispenseRequest": supply(10, "g")}, "2026-05-01", "2026-06-15", True),
    ],
)
def test_an_active_course_lasts_as_the_record_says(
    read: ReadRecord, elements: Any, start: str, end: str, ongoing: bool
) -> None:
    """Supply with refills, else bounds, else until the day of reading."""
    found = steroid(read(order(**elements)))
    assert found.start is not None
    assert found.start.first == date.fromisoformat(start)
    assert found.end == date.fromisoformat(end)
    assert found.ongoing is ongoing


def test_ninety_days_of_supply_are_ninety_days(read: ReadRecord) -> None:
    """Both ends included."""
    found = steroid(read(order(authoredOn="2026-01-01", dispenseRequest=supply(90))))
    assert found.start is not None
    assert found.end is not None
    assert (found.end - found.start.first).days + 1 == 90


@pytest.mark.parametrize("status", ["completed", "stopped", "on-hold"])
def test_a_course_that_is_over_counts_by_its_dates(read: ReadRecord, status: str) -> None:
    """It is not ongoing, even where its supply would reach further."""
    found = steroid(read(order(status=status, dispenseRequest=supply(10))))
    assert (found.end, found.ongoing) == (date(2026, 5, 10), False)
    longer = steroid(read(order(status=status, dispenseRequest=supply(300))))
    assert (longer.end, longer.ongoing) == (date(2026, 6, 15), False)


@pytest.mark.parametrize("status", ["completed", "stopped", None])
def test_a_course_of_unknown_length_has_no_end(read: ReadRecord, status: Any) -> None:
    """Unknown is not zero days, and not until today."""
    found = steroid(read(order(status=status)))
    assert (found.end, found.ongoing) == (None, False)


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "draft", "not-taken"])
def test_a_course_that_never_was_is_none(read: ReadRecord, status: str) -> None:
    """By its status."""
    assert read(order(status=status)).exposures == {}


def test_an_order_not_to_give_a_drug_is_none(read: ReadRecord) -> None:
    """doNotPerform."""
    assert read(order(doNotPerform=True)).exposures == {}
    assert read(order(doNotPerform=False)).exposures


def test_a_course_that_begins_later_has_no_day_yet(read: ReadRecord) -> None:
    """Its own date says so."""
    found = steroid(read(order(authoredOn="2026-08-01", dispenseRequest=supply(10))))
    assert found.start is not None
    assert (found.start.first, found.end, found.ongoing) == (date(2026, 8, 1), None, False)


def test_a_million_refills_are_no_error(read: ReadRecord) -> None:
    """The end is never after the day of reading."""
    found = steroid(read(order(dispenseRequest=supply(1e9, numberOfRepeatsAllowed=10**9))))
    assert found.end == date(2026, 6, 15)


def test_a_statement_counts_by_its_effective_period(read: ReadRecord) -> None:
    """MedicationStatement, under the key of the requests."""
    statement = {
        "resourceType": "MedicationStatement",
        "id": "s1",
        "status": "completed",
        "medicationCodeableConcept": PREDNISONE,
        "effectivePeriod": {"start": "2026-01-01", "end": "2026-03-31"},
    }
    found = steroid(read(statement, key="medications"))
    assert found.reference == "MedicationStatement/s1"
    assert found.start is not None
    assert (found.start.first, found.end) == (date(2026, 1, 1), date(2026, 3, 31))


def test_an_active_statement_without_end_lasts_until_today(read: ReadRecord) -> None:
    """effectiveDateTime is its start."""
    statement = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": PREDNISONE,
        "effectiveDateTime": "2026-01-01",
    }
    found = steroid(read(statement, key="medications"))
    assert (found.end, found.ongoing) == (date(2026, 6, 15), True)


def test_an_order_of_dstu2_is_read(read: ReadRecord) -> None:
    """MedicationOrder: `patient` and `dateWritten`."""
    old = {
        "resourceType": "MedicationOrder",
        "id": "o",
        "status": "active",
        "patient": {"reference": "Patient/p1"},
        "dateWritten": "2026-05-01",
        "medicationCodeableConcept": PREDNISONE,
        "dispenseRequest": supply(10),
    }
    assert steroid(read(old, key="medications")).end == date(2026, 5, 10)


@pytest.mark.parametrize(
    "elements",
    [
        {"dosageInstruction": [{"route": {"text": "Topical"}}]},
        {
            "dosageInstruction": [
                {"route": {"coding": [{"code": "x", "display": "Ophthalmic route"}]}}
            ]
        },
        {"dosageInstruction": {"route": {"text": "inhaled"}}},
        {"medicationCodeableConcept": rxnorm("8640", "prednisone eye drops")},
        {"medicationCodeableConcept": rxnorm("5492", "hydrocortisone 1 % cream")},
        {
            "medicationCodeableConcept": {
                "coding": [
                    {"system": RXNORM, "code": "5492", "display": "hydrocortisone topical ointment"}
                ]
            }
        },
        {"medicationCodeableConcept": {"text": "Dexamethasone Nasal spray"}},
        {"medicationCodeableConcept": {"text": "Prednisolon Salbe 0,5 %"}},
        {
            "medicationCodeableConcept": {
                "text": "Methylprednisolon 0,1 % zur Anwendung auf der Haut"
            }
        },
        {"medicationCodeableConcept": {"text": "Dexamethasone collyre 0,1 %"}},
        {"medicationCodeableConcept": {"text": "Hidrocortisona 1 % pomada"}},
        {"medicationCodeableConcept": {"text": "Prednizolon %0,5 merhem"}},
        {"medicationCodeableConcept": {"text": "Гидрокортизон мазь 1 %"}},
    ],
)
def test_a_local_steroid_is_no_exposure(read: ReadRecord, elements: Any) -> None:
    """By route, form or name."""
    assert "systemic-steroid" not in read(order(**elements)).exposures


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"dosageInstruction": [{"route": {"text": "Oral"}}]},
        {"dosageInstruction": [{"route": {"text": "Topical"}}, {"route": {"text": "Oral"}}]},
        {"medicationCodeableConcept": rxnorm("8640", "prednisone, once a year")},
        {"medicationCodeableConcept": rxnorm("8640", "prednisone gelatin capsule, early dose")},
        {"medicationCodeableConcept": {"text": "Prednisone 10 mg tablet"}},
    ],
)
def test_a_systemic_steroid_is_one(read: ReadRecord, elements: Any) -> None:
    """Words are not substrings: `early` holds an ear, `gelatin` a gel."""
    assert "systemic-steroid" in read(order(**elements)).exposures


def test_a_code_of_a_whole_drug_asks_for_no_route(read: ReadRecord) -> None:
    """It names its own form."""
    tablet = rxnorm("197577")
    found = steroid(read(order(tablet, dosageInstruction=[{"route": {"text": "rectal"}}])))
    assert found.via == "code"


def test_a_name_alone_is_a_match_by_text(read: ReadRecord) -> None:
    """And a code beats it."""
    assert steroid(read(order({"text": "Prednisone 10 mg"}))).via == "text"
    assert steroid(read(order(rxnorm("8640", "Prednisone 10 mg")))).via == "code"


MEDICATION = {"resourceType": "Medication", "id": "d1", "code": PREDNISONE}


@pytest.mark.parametrize(
    "elements",
    [
        {"medicationReference": {"reference": "#d1"}, "contained": [MEDICATION]},
        {"medicationReference": {"reference": "#d1"}, "contained": MEDICATION},
        {"medication": {"concept": PREDNISONE}},
        {"medication": {"reference": {"reference": "#d1"}}, "contained": [MEDICATION]},
        {"medicationReference": {"reference": "Medication/gone", "display": "Prednisone 10 mg"}},
        {
            "medicationReference": {"reference": "#d1"},
            "contained": [
                {
                    "resourceType": "Medication",
                    "id": "d1",
                    "ingredient": [{"itemCodeableConcept": PREDNISONE}],
                }
            ],
        },
    ],
)
def test_a_drug_is_found_where_it_is_named(read: ReadRecord, elements: Any) -> None:
    """Contained, in R5's element, by its ingredient, or by the display of a reference."""
    record = read(order(None, **elements))
    assert steroid(record).display.lower().startswith("prednisone")
    assert record.gaps == ()


@pytest.mark.parametrize("target", ["Medication/d1", "https://ehr.example.org/fhir/Medication/d1"])
def test_an_included_medication_is_found(read: ReadRecord, target: str) -> None:
    """It came under any key."""
    record = read(
        order(None, medicationReference={"reference": target}), MEDICATION, key="medications"
    )
    assert "systemic-steroid" in record.exposures


def test_the_form_of_a_medication_is_looked_at(read: ReadRecord) -> None:
    """Foam is local."""
    foam = MEDICATION | {"form": {"text": "Foam"}}
    record = read(order(None, medicationReference={"reference": "#d1"}, contained=[foam]))
    assert "systemic-steroid" not in record.exposures


def test_a_drug_that_nobody_named_is_a_gap(read: ReadRecord) -> None:
    """A reference that leads nowhere is not `no drug`."""
    record = read(order(None, medicationReference={"reference": "Medication/gone"}))
    assert [(gap.source, gap.reason) for gap in record.gaps] == [("medications", "partial")]
    assert "medications" not in record.read_keys


def test_another_drug_is_none_of_ours(read: ReadRecord) -> None:
    """The near-miss of everything above."""
    record = read(order(rxnorm("6809", "metformin")))
    assert record.exposures == {}
    assert record.gaps == ()


@pytest.mark.parametrize(
    ("target", "own_id", "is_found"),
    [("#m", "m", True), ("#m", "#m", True), ("#m", "m#", False), ("#m", "x", False)],
)
def test_a_contained_drug_is_found_by_its_id_with_or_without_the_hash(
    read: ReadRecord, target: str, own_id: str, is_found: bool
) -> None:
    drug = {"coding": [{"system": RXNORM, "code": "8640"}], "text": "prednisone"}
    record = read(
        {
            "resourceType": "MedicationRequest",
            "id": "m1",
            "status": "active",
            "subject": {"reference": "Patient/p1"},
            "authoredOn": "2026-05-01",
            "medicationReference": {"reference": target},
            "contained": [None, {"resourceType": "Medication", "id": own_id, "code": drug}],
        }
    )
    assert ("systemic-steroid" in record.exposures) == is_found
    assert any(gap.source == "medications" for gap in record.gaps) != is_found


def test_a_brand_is_its_drug(read: ReadRecord) -> None:
    record = read(order({"text": "Advil 200 mg tablet"}))
    assert [found.via for found in record.exposures["conservative-drug"]] == ["text"]
    assert not read(order({"text": "Lisinopril 10 mg tablet"})).exposures


def test_a_dispense_renews_the_open_order_of_the_same_drug(read: ReadRecord) -> None:
    old = order(authoredOn="2021-02-01")
    handed_out = {
        "resourceType": "MedicationDispense",
        "id": "d1",
        "status": "completed",
        "medicationCodeableConcept": PREDNISONE,
        "subject": {"reference": "Patient/p1"},
        "whenHandedOver": "2026-03-20",
        "daysSupply": {"value": 90, "code": "d"},
    }
    alone, renewed = read(old), read(old, handed_out)
    assert [found.open_since for found in alone.exposures["systemic-steroid"]] == [date(2021, 2, 1)]
    by_reference = {found.reference: found for found in renewed.exposures["systemic-steroid"]}
    assert by_reference["MedicationRequest/m1"].open_since == date(2026, 3, 20)
    other = handed_out | {"medicationCodeableConcept": rxnorm("8638", "prednisolone")}
    kept = {found.reference: found for found in read(old, other).exposures["systemic-steroid"]}
    assert kept["MedicationRequest/m1"].open_since == date(2021, 2, 1)
