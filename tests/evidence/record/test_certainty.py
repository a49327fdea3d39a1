"""How sure the coder was: the letter beside a code of the German edition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cds_service.evidence.model import PatientRecord

ReadRecord = Callable[..., PatientRecord]

GM = "http://fhir.de/CodeSystem/bfarm/icd-10-gm"
URL = "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit"
LETTERS = "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_ICD_DIAGNOSESICHERHEIT"


def certainty(letter: str) -> list[dict[str, Any]]:
    """The extension as the German base profiles have it."""
    return [{"url": URL, "valueCoding": {"system": LETTERS, "code": letter}}]


def condition(coding: dict[str, Any], **elements: Any) -> dict[str, Any]:
    """A Condition of our patient."""
    coded = {"system": GM, "code": "C90.00", "display": "Multiples Myelom"} | coding
    return {
        "resourceType": "Condition",
        "id": "c1",
        "code": {"coding": [coded]},
        "subject": {"reference": "Patient/p1"},
    } | elements


def state(record: PatientRecord) -> tuple[str, str]:
    """Verification and course of the only cancer of a record."""
    (found,) = record.conditions["malignancy"]
    return found.entry.verification, found.entry.clinical


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        ("G", ("confirmed", "current")),
        ("V", ("suspected", "current")),
        ("A", ("refuted", "current")),
        ("Z", ("confirmed", "past")),
        ("a", ("refuted", "current")),
        ("X", ("confirmed", "current")),
    ],
)
def test_the_letter_says_how_sure_the_coder_was(
    read: ReadRecord, letter: str, expected: tuple[str, str]
) -> None:
    """One that is none of the four says nothing."""
    assert state(read(condition({"extension": certainty(letter)}))) == expected


@pytest.mark.parametrize(
    "resource",
    [
        condition({}, extension=certainty("A")),
        condition({"_code": {"extension": certainty("A")}}),
        condition({"extension": [{"url": URL, "valueCode": "A"}]}),
        condition(
            {"extension": [{"url": "urn:local", "valueCoding": {"system": LETTERS, "code": "A"}}]}
        ),
        condition({})
        | {"code": {"coding": [{"system": GM, "code": "C90.00"}], "extension": certainty("A")}},
    ],
)
def test_it_counts_wherever_it_stands(read: ReadRecord, resource: dict[str, Any]) -> None:
    """On the coding, on the code, on the concept, on the Condition."""
    assert state(read(resource))[0] == "refuted"


def test_another_extension_says_nothing_of_it(read: ReadRecord) -> None:
    """The side stands beside the code too, in letters."""
    other = [{"url": "http://fhir.de/StructureDefinition/seitenlokalisation", "valueCode": "A"}]
    assert state(read(condition({"extension": other}))) == ("confirmed", "current")


@pytest.mark.parametrize(
    ("status", "letter", "expected"),
    [
        ("confirmed", "A", "suspected"),
        ("refuted", "G", "suspected"),
        ("refuted", "A", "refuted"),
        ("provisional", "G", "suspected"),
        ("confirmed", "V", "suspected"),
    ],
)
def test_a_status_that_says_otherwise_makes_it_suspected(
    read: ReadRecord, status: str, letter: str, expected: str
) -> None:
    """What only one of the two refutes is not absent."""
    stated = {"coding": [{"code": status}]}
    resource = condition({"extension": certainty(letter)}, verificationStatus=stated)
    assert state(read(resource))[0] == expected


def test_of_two_codes_the_surer_one_counts(read: ReadRecord) -> None:
    """A doubt beside one code does not refute the other."""
    resource = condition({"extension": certainty("A")})
    resource["code"]["coding"].append({"system": GM, "code": "C90.00", "extension": certainty("V")})
    assert state(read(resource))[0] == "suspected"


@pytest.mark.parametrize(("course", "expected"), [("active", "past"), ("recurrence", "current")])
def test_a_condition_after_is_past_whatever_status_a_system_filled_in(
    read: ReadRecord, course: str, expected: str
) -> None:
    """But for one that says that it came back."""
    stated = {"coding": [{"code": course}]}
    resource = condition({"extension": certainty("Z")}, clinicalStatus=stated)
    assert state(read(resource))[1] == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [("410516002", "refuted"), ("410590009", "suspected"), ("410605003", "confirmed")],
)
def test_a_verification_status_in_snomed_ct_is_read(
    read: ReadRecord, code: str, expected: str
) -> None:
    """As the Dutch profiles have it."""
    stated = {"coding": [{"system": "http://snomed.info/sct", "code": code}]}
    assert state(read(condition({}, verificationStatus=stated)))[0] == expected


def test_what_another_order_rules_out_is_not_there(read: ReadRecord) -> None:
    """The reason of an earlier order, beside one that is suspected."""
    coded = {"system": GM, "code": "C90.00"}
    order = {
        "resourceType": "ServiceRequest",
        "id": "s1",
        "status": "active",
        "intent": "order",
        "authoredOn": "2026-06-01",
        "code": {"text": "Labor"},
        "subject": {"reference": "Patient/p1"},
    }
    refuted = [{"coding": [coded | {"extension": certainty("A")}]}]
    suspected = [{"coding": [coded | {"extension": certainty("V")}]}]
    assert "malignancy" not in read(order | {"reasonCode": refuted}).conditions
    assert state(read(order | {"reasonCode": suspected}))[0] == "suspected"
