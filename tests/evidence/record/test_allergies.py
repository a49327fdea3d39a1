"""Allergies to contrast agents; no others are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cds_service.evidence.model import AllergyHit, PatientRecord

ReadRecord = Callable[..., PatientRecord]

GADOLINIUM = {
    "coding": [{"system": "http://snomed.info/sct", "code": "58281002"}],
    "text": "Gadolinium",
}


def allergy(**elements: Any) -> Any:
    """A confirmed allergy to gadolinium."""
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": GADOLINIUM,
        "patient": {"reference": "Patient/p1"},
        "recordedDate": "2020-02-02",
    } | elements


def hit(record: PatientRecord) -> AllergyHit:
    """The only allergy."""
    (found,) = record.allergies
    return found


def test_an_allergy_to_a_contrast_agent_is_read(read: ReadRecord) -> None:
    """With the set of its agent."""
    found = hit(read(allergy()))
    assert (found.reference, found.value_set, found.via, found.suspected) == (
        "AllergyIntolerance/a1",
        "gadolinium-agent",
        "code",
        False,
    )
    assert found.when is not None


@pytest.mark.parametrize(
    "elements",
    [
        {"code": {"text": "Gadobutrol"}},
        {"verificationStatus": {"coding": [{"code": "unconfirmed"}]}},
        {"verificationStatus": "unconfirmed"},
        {"clinicalStatus": {"coding": [{"code": "inactive"}]}},
    ],
)
def test_a_doubtful_one_is_suspected(read: ReadRecord, elements: Any) -> None:
    """By text, unconfirmed, or inactive."""
    assert hit(read(allergy(**elements))).suspected


@pytest.mark.parametrize(
    "elements",
    [
        {"verificationStatus": {"coding": [{"code": "refuted"}]}},
        {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}},
        {"clinicalStatus": {"coding": [{"code": "resolved"}]}},
        {"clinicalStatus": None, "verificationStatus": None, "status": "refuted"},
        {"code": {"text": "No known allergy to gadolinium"}},
        {"code": {"text": "Penicillin"}},
        {"code": {"text": "Shellfish"}},
        {"code": {"text": "Prednisone"}},
        {"patient": {"reference": "Patient/other"}},
    ],
)
def test_what_is_no_allergy_to_contrast_is_left_out(read: ReadRecord, elements: Any) -> None:
    """Refuted, in error, resolved, denied, or to something else."""
    assert read(allergy(**elements)).allergies == ()


@pytest.mark.parametrize(
    "elements",
    [
        {"code": {"text": "Contrast reaction"}, "reaction": [{"substance": GADOLINIUM}]},
        {"code": None, "reaction": {"substance": GADOLINIUM}},
        {"code": None, "substance": GADOLINIUM},
    ],
)
def test_the_substance_of_a_reaction_is_read(read: ReadRecord, elements: Any) -> None:
    """And the substance of DSTU2."""
    record = read(allergy(**elements))
    assert "gadolinium-agent" in {found.value_set for found in record.allergies}


SNOMED = "http://snomed.info/sct"


def test_an_allergy_to_a_drug_hides_no_contrast_agent_beside_it(read: ReadRecord) -> None:
    steroid = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "8640"}
    gadolinium = {"system": SNOMED, "code": "58281002"}
    for codings in ([steroid, gadolinium], [gadolinium, steroid]):
        allergy = {
            "resourceType": "AllergyIntolerance",
            "id": "a1",
            "code": {"coding": codings, "text": "Two agents"},
            "patient": {"reference": "Patient/p1"},
        }
        (found,) = read(allergy).allergies
        assert (found.value_set, found.via, found.suspected) == ("gadolinium-agent", "code", False)
