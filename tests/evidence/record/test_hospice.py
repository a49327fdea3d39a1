"""Where an Encounter may say that a patient is in hospice care, and what says no such thing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evidence.conftest import ReadRecord

_HOSPICE = {"coding": [{"system": "http://snomed.info/sct", "code": "385763009"}]}
_VISIT = {"text": "office visit"}


def encounter(**elements: Any) -> dict[str, Any]:
    body = {"resourceType": "Encounter", "id": "e1", "status": "in-progress"}
    return body | {"subject": {"reference": "Patient/p1"}} | elements


@pytest.mark.parametrize(
    ("elements", "is_hospice"),
    [
        ({"type": [_HOSPICE]}, True),
        ({"type": [_VISIT, _HOSPICE]}, True),
        ({"serviceType": _HOSPICE}, True),
        ({"serviceType": [{"concept": _HOSPICE}]}, True),
        ({"reasonCode": [_HOSPICE]}, True),
        ({"reason": [_HOSPICE]}, True),
        ({"hospitalization": {"dischargeDisposition": {"text": "hospice"}}}, True),
        ({"type": [_VISIT], "reasonCode": [_VISIT]}, False),
        ({"hospitalization": {"dischargeDisposition": {"text": "home"}}}, False),
        ({"hospitalization": {"admitSource": {"text": "hospice"}}}, False),
        ({"type": [_HOSPICE], "status": "finished"}, True),
        ({"type": [_HOSPICE], "status": None}, True),
        ({"type": [_HOSPICE], "status": "cancelled"}, False),
        ({"type": [_HOSPICE], "status": "Entered-In-Error"}, False),
        ({"type": [_HOSPICE], "subject": {"reference": "Patient/p2"}}, False),
        ({}, False),
    ],
)
def test_an_encounter_in_hospice_care_says_so_in_any_of_its_elements(
    elements: dict[str, Any], read: ReadRecord, *, is_hospice: bool
) -> None:
    assert read(encounter(**elements), key="encounters").in_hospice is is_hospice


@pytest.mark.parametrize(
    ("first", "last", "is_hospice"),
    [(_HOSPICE, _VISIT, True), (_VISIT, _HOSPICE, True), (_VISIT, _VISIT, False)],
)
def test_one_encounter_of_many_is_enough(
    first: Any, last: Any, read: ReadRecord, *, is_hospice: bool
) -> None:
    visits = (encounter(type=[first]), encounter(id="e2", type=[last]))
    assert read(*visits, key="encounters").in_hospice is is_hospice


@pytest.mark.parametrize(
    ("elements", "is_hospice"),
    [
        ({}, True),
        ({"clinicalStatus": {"coding": [{"code": "resolved"}]}}, False),
        ({"verificationStatus": {"coding": [{"code": "refuted"}]}}, False),
        ({"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}, False),
        ({"verificationStatus": {"coding": [{"code": "provisional"}]}}, True),
    ],
)
def test_a_problem_of_hospice_care_counts_while_it_lasts_and_stands(
    elements: dict[str, Any], read: ReadRecord, *, is_hospice: bool
) -> None:
    problem = {"resourceType": "Condition", "id": "c1", "code": _HOSPICE} | elements
    assert read(problem).in_hospice is is_hospice
