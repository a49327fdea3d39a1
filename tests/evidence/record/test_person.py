"""The person: birth, gender, death, country, hospice care."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cds_service.evidence.model import DateSpan, PatientRecord, Person

ReadRecord = Callable[..., PatientRecord]


def patient(**elements: Any) -> Any:
    """A woman born on 20 May 1960."""
    return {
        "resourceType": "Patient",
        "id": "p1",
        "birthDate": "1960-05-20",
        "gender": "female",
    } | elements


def person(read: ReadRecord, **elements: Any) -> Person:
    """The person read."""
    found = read(patient=patient(**elements)).person
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("1960-05-20", "1960-05-20", "1960-05-20"),
        ("1960-05-20T00:00:00Z", "1960-05-20", "1960-05-20"),
        ("1960-05", "1960-05-01", "1960-05-31"),
        ("1960", "1960-01-01", "1960-12-31"),
    ],
)
def test_a_birth_date_has_its_precision(
    read: ReadRecord, written: str, first: str, last: str
) -> None:
    """Also when it is a dateTime."""
    assert person(read, birthDate=written).birth == DateSpan(
        date.fromisoformat(first), date.fromisoformat(last)
    )


@pytest.mark.parametrize("written", [None, "", "not a date", "X2002-09-26", 1960])
def test_a_missing_birth_date_is_a_gap(read: ReadRecord, written: Any) -> None:
    """The age is unknown, and somebody says so."""
    record = read(patient=patient(birthDate=written))
    assert record.person is not None
    assert record.person.birth is None
    assert [(gap.source, gap.reason) for gap in record.gaps] == [("patient", "partial")]


@pytest.mark.parametrize(
    ("written", "gender"),
    [
        ("female", "female"),
        ("Female", "female"),
        ("M", "male"),
        ("other", "other"),
        ("unknown", "unknown"),
        (None, "unknown"),
        (5, "unknown"),
        ("féminin", "unknown"),
    ],
)
def test_gender_in_any_case(read: ReadRecord, written: Any, gender: str) -> None:
    """Anything else is unknown."""
    assert person(read, gender=written).gender == gender


@pytest.mark.parametrize(
    "elements",
    [
        {"deceasedBoolean": True},
        {"deceasedBoolean": "true"},
        {"deceasedDateTime": "2020-01-01T10:00:00Z"},
        {"deceasedDateTime": "2026-06-15"},
        {"deceasedDateTime": "in spring"},
    ],
)
def test_a_dead_person_is_dead(read: ReadRecord, elements: Any) -> None:
    """By either element."""
    assert person(read, **elements).is_deceased


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"deceasedBoolean": False},
        {"deceasedDateTime": "2027-01-01"},
        {"deceasedDateTime": None},
    ],
)
def test_a_living_person_is_alive(read: ReadRecord, elements: Any) -> None:
    """Also one who dies after the day that the record is read for."""
    assert not person(read, **elements).is_deceased


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ([{"use": "work", "country": "FR"}, {"use": "home", "country": "TR"}], "TR"),
        ([{"use": "old", "country": "FR"}, {"country": "TR"}], "TR"),
        ({"country": "TR"}, "TR"),
        ([{"use": "home"}, {"country": "TR"}], "TR"),
        ([{"use": "old", "country": "FR"}], ""),
        ([None, "somewhere"], ""),
        (None, ""),
    ],
)
def test_the_country_is_the_one_of_the_home(read: ReadRecord, address: Any, country: str) -> None:
    """Else of any address that is not an old one."""
    assert person(read, address=address).country == country


def test_the_patient_that_came_is_another_one(read: ReadRecord) -> None:
    """Nobody's age is better than a wrong one."""
    record = read(patient=patient(id="somebody-else"))
    assert record.person is None
    assert record.other_patients == 1
    assert [(gap.source, gap.reason) for gap in record.gaps] == [("patient", "unreadable")]


def test_no_patient_at_all_is_a_gap(read: ReadRecord) -> None:
    """An empty answer to a read is none."""
    record = read(patient=None)
    assert record.person is None
    assert [(gap.source, gap.reason) for gap in record.gaps] == [("patient", "not-provided")]


def test_a_patient_without_id_is_the_one_that_was_asked_for(read: ReadRecord) -> None:
    """Nothing says otherwise."""
    assert person(read, id=None).birth is not None


def coded(code: str, **elements: Any) -> Any:
    """A Condition by its ICD-10-CM code."""
    coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}
    return {"resourceType": "Condition", "code": {"coding": [coding]}} | elements


def encounter(**elements: Any) -> Any:
    """An Encounter in hospice care."""
    return {
        "resourceType": "Encounter",
        "status": "in-progress",
        "type": [{"text": "Hospice visit"}],
    } | elements


def test_hospice_care_is_known_by_code_text_or_encounter(read: ReadRecord) -> None:
    """Any of them."""
    assert read(coded("Z51.5")).in_hospice
    assert read({"resourceType": "Condition", "code": {"text": "Enrolled in hospice"}}).in_hospice
    assert read(encounter()).in_hospice
    discharged = encounter(
        type=None, hospitalization={"dischargeDisposition": {"text": "To hospice"}}
    )
    assert read(discharged).in_hospice


def test_no_hospice_care_is_none(read: ReadRecord) -> None:
    """Past, refuted, in error, denied, or another visit."""
    assert not read(coded("Z51.5", clinicalStatus="resolved")).in_hospice
    assert not read(coded("Z51.5", verificationStatus="refuted")).in_hospice
    assert not read(coded("Z51.1")).in_hospice
    assert not read({"resourceType": "Condition", "code": {"text": "Not in hospice"}}).in_hospice
    assert not read(encounter(status="entered-in-error")).in_hospice
    assert not read(encounter(type=[{"text": "Office visit"}])).in_hospice
    assert not read(encounter(subject={"reference": "Patient/other"})).in_hospice
