"""What matters for MRI: implants and fragments, and what their labels say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cds_service.evidence.model import DeviceEntry, PatientRecord

ReadRecord = Callable[..., PatientRecord]

PACEMAKER = {
    "coding": [{"system": "http://snomed.info/sct", "code": "14106009"}],
    "text": "Pacemaker",
}


def device(**elements: Any) -> Any:
    """An active pacemaker."""
    return {
        "resourceType": "Device",
        "id": "d1",
        "status": "active",
        "type": PACEMAKER,
        "patient": {"reference": "Patient/p1"},
    } | elements


def entry(record: PatientRecord) -> DeviceEntry:
    """The only device."""
    (found,) = record.devices
    return found


def test_a_pacemaker_without_label_is_unknown(read: ReadRecord) -> None:
    """Neither safe nor forbidden."""
    found = entry(read(device()))
    assert (found.reference, found.display, found.via, found.safety) == (
        "Device/d1",
        "Pacemaker",
        "code",
        "unknown",
    )


@pytest.mark.parametrize(
    ("elements", "safety"),
    [
        ({"safety": [{"text": "MR Conditional"}]}, "conditional"),
        ({"safety": {"coding": [{"code": "C1", "display": "MRI conditional"}]}}, "conditional"),
        (
            {"deviceName": [{"name": "Pacer X, MR conditional", "type": "model-name"}]},
            "conditional",
        ),
        ({"note": [{"text": "Labeled MR-conditional at 1.5 T"}]}, "conditional"),
        ({"safety": [{"text": "MR Unsafe"}]}, "unsafe"),
        ({"safety": [{"text": "Not MR conditional"}]}, "unsafe"),
        ({"safety": [{"text": "non-MR conditional"}]}, "unsafe"),
        ({"safety": [{"text": "MR conditional"}, {"text": "MR unsafe"}]}, "unsafe"),
        ({"safety": [{"text": "MR Safe"}]}, "conditional"),
        ({"safety": [{"text": "latex free"}]}, "unknown"),
        ({"status": "inactive"}, "unknown"),
        ({"status": "inactive", "safety": [{"text": "MR Conditional"}]}, "unknown"),
        ({"status": "inactive", "safety": [{"text": "MR Unsafe"}]}, "unsafe"),
    ],
)
def test_a_label_says_how_safe_it_is(read: ReadRecord, elements: Any, safety: str) -> None:
    """The worst label counts; an inactive device has lost its permission."""
    assert entry(read(device(**elements))).safety == safety


@pytest.mark.parametrize(
    "elements",
    [
        {"status": "entered-in-error"},
        {"status": "inactive", "statusReason": [{"text": "Explanted 2019"}]},
        {"status": "inactive", "statusReason": {"coding": [{"code": "x", "display": "Removed"}]}},
        {"type": {"text": "Wheelchair"}},
        {"type": {"text": "Wheelchair"}, "safety": [{"text": "MR Safe"}]},
        {"patient": {"reference": "Patient/other"}},
    ],
)
def test_what_is_not_in_this_body_or_no_matter_is_left_out(read: ReadRecord, elements: Any) -> None:
    """In error, removed, a wheelchair, somebody else's."""
    assert read(device(**elements)).devices == ()


def test_an_unknown_device_labeled_unsafe_matters(read: ReadRecord) -> None:
    """Whatever it is."""
    record = read(device(type={"text": "Thing"}, safety=[{"text": "MR unsafe"}]))
    assert entry(record).safety == "unsafe"


def test_a_device_is_known_by_its_name_alone(read: ReadRecord) -> None:
    """R4 names it in a list, R5 too, others in a text."""
    for named in ({"deviceName": [{"name": "Cochlear implant"}]}, {"name": "Cochlear implant"}):
        assert entry(read(device(type=None, **named))).via == "text"


def condition(**elements: Any) -> Any:
    """A pacemaker on the problem list."""
    return {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z95.0"}]},
        "onsetDateTime": "2019-01-01",
    } | elements


def test_an_implant_on_the_problem_list_counts(read: ReadRecord) -> None:
    """Also one whose entry is called resolved: a complication heals, the pacemaker stays."""
    resolved = {"coding": [{"code": "resolved"}]}
    for record in (read(condition()), read(condition(clinicalStatus=resolved))):
        found = entry(record)
        assert (found.reference, found.safety) == ("Condition/c1", "unknown")
        assert found.when is not None


def test_a_refuted_implant_does_not_count(read: ReadRecord) -> None:
    """The near-miss."""
    refuted = {"coding": [{"code": "refuted"}]}
    assert read(condition(verificationStatus=refuted)).devices == ()


def test_an_implantation_counts_and_a_removal_in_words_does_not(read: ReadRecord) -> None:
    """By Procedure."""
    done = {"resourceType": "Procedure", "id": "x", "status": "completed"}
    assert (
        entry(read(done | {"code": {"text": "Insertion of pacemaker"}})).reference == "Procedure/x"
    )
    assert read(done | {"code": {"text": "Removal of pacemaker"}}).devices == ()
