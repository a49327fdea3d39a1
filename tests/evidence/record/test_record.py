"""The record as a whole: whose resources, under which key, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.cds_hooks.model import Source
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.model import PatientRecord
from cds_service.evidence.record.record import read_record
from cds_service.evidence.record.types import TYPES
from tests import shipped

ReadRecord = Callable[..., PatientRecord]

DAY = date(2026, 6, 15)
BACK_PAIN = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M54.50"}]}


def condition(**elements: Any) -> Any:
    """Low back pain."""
    return {"resourceType": "Condition", "id": "c1", "code": BACK_PAIN} | elements


def source(
    key: str, *resources: Any, full_urls: tuple[str | None, ...] = (), **rest: Any
) -> Source:
    """A source that holds these resources."""
    raws = tuple(
        msgspec.Raw(r if isinstance(r, bytes) else msgspec.json.encode(r)) for r in resources
    )
    return Source(key, raws, rest.get("gap"), rest.get("note", ""), full_urls)


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/p1"},
        {"reference": "p1"},
        {"reference": "https://ehr.example.org/fhir/Patient/p1"},
        {"reference": "Patient/p1/_history/3"},
        {"reference": "urn:uuid:p1"},
        {"reference": "#contained"},
        {"reference": "Patient?identifier=x|1"},
        {"identifier": {"value": "1"}},
        {"display": "Somebody"},
        {},
        None,
        [{"reference": "Patient/p1"}],
        "Patient/p1",
        {"reference": 5},
    ],
)
def test_a_resource_of_our_patient_is_read(read: ReadRecord, subject: Any) -> None:
    """In every form of reference; one that names nobody is ours, for we asked for ours."""
    for name in ("subject", "patient"):
        record = read(condition(**{name: subject}))
        assert "low-back-pain" in record.conditions
        assert record.other_patients == 0


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/p2"},
        {"reference": "Patient/p11"},
        {"reference": "https://ehr.example.org/fhir/Patient/p2"},
        {"reference": "urn:uuid:5f3b"},
        {"reference": "Group/p1"},
        {"reference": "p2"},
        "Patient/p2",
    ],
)
def test_a_resource_of_another_patient_is_left_out_and_counted(
    read: ReadRecord, subject: Any
) -> None:
    """Near-misses of an id too."""
    record = read(condition(subject=subject))
    assert record.conditions == {}
    assert record.other_patients == 1


def test_a_full_url_of_the_patient_names_our_patient(index: CodeIndex) -> None:
    """Bundles of some generators hold no other reference."""
    url = "urn:uuid:7c1e"
    sources = {
        "patient": source("patient", {"resourceType": "Patient", "id": "p1"}, full_urls=(url,)),
        "conditions": source("conditions", condition(subject={"reference": "urn:uuid:7C1E"})),
    }
    record = read_record(sources, "p1", index, shipped.catalog(), DAY)
    assert "low-back-pain" in record.conditions


def test_the_full_url_of_another_patient_does_not(index: CodeIndex) -> None:
    """The near-miss."""
    url = "urn:uuid:7c1e"
    sources = {
        "patient": source("patient", {"resourceType": "Patient", "id": "p2"}, full_urls=(url,)),
        "conditions": source("conditions", condition(subject={"reference": url})),
    }
    record = read_record(sources, "p1", index, shipped.catalog(), DAY)
    assert record.conditions == {}
    assert record.other_patients == 2


def test_the_patient_may_be_asked_for_with_its_type(index: CodeIndex) -> None:
    """`Patient/p1` for `p1`."""
    sources = {"conditions": source("conditions", condition(subject={"reference": "Patient/p1"}))}
    assert (
        "low-back-pain"
        in read_record(sources, "Patient/p1", index, shipped.catalog(), DAY).conditions
    )


@pytest.mark.parametrize("key", ["conditions", "observations", "patient", "reports", "somewhere"])
def test_a_resource_is_read_by_its_type_whatever_key_it_came_under(
    read: ReadRecord, key: str
) -> None:
    """Replayed bundles mix them."""
    record = read(condition(), key=key)
    assert "low-back-pain" in record.conditions
    assert record.counts[key] == (2 if key == "patient" else 1)


def test_types_that_are_not_read_are_passed_over(read: ReadRecord) -> None:
    """A family history above all; none of them is a gap."""
    mother = {
        "resourceType": "FamilyMemberHistory",
        "patient": {"reference": "Patient/p1"},
        "condition": [{"code": {"text": "Metastatic cancer"}}],
    }
    record = read(mother, {"resourceType": "Claim", "patient": {"reference": "Patient/p2"}})
    assert record.conditions == {}
    assert record.gaps == ()
    assert record.other_patients == 0


def test_earlier_studies_and_open_orders_are_read(read: ReadRecord) -> None:
    """By the readers of imaging; those of others are counted."""
    mri = {
        "coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "72148"}],
        "text": "MRI lumbar spine",
    }
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "code": mri,
        "effectiveDateTime": "2026-01-01",
    }
    order = {
        "resourceType": "ServiceRequest",
        "id": "s1",
        "status": "active",
        "intent": "order",
        "code": mri,
    }
    done = {"resourceType": "Procedure", "id": "x1", "status": "completed", "code": mri}
    record = read(report, order, done, report | {"subject": {"reference": "Patient/p2"}})
    assert {study.reference for study in record.studies} == {"DiagnosticReport/r1", "Procedure/x1"}
    assert [open_order.reference for open_order in record.open_orders] == ["ServiceRequest/s1"]
    assert record.other_patients == 1


def test_every_gap_of_a_source_is_a_gap_of_the_record(index: CodeIndex) -> None:
    """With its note; what came all the same is read."""
    sources = {
        "patient": source("patient", {"resourceType": "Patient", "id": "p1", "birthDate": "1960"}),
        "conditions": source("conditions", condition(), gap="partial", note="more pages exist"),
        "observations": source("observations", gap="failed", note="timeout"),
        "medications": source("medications"),
    }
    record = read_record(sources, "p1", index, shipped.catalog(), DAY)
    assert [(gap.source, gap.reason, gap.note) for gap in record.gaps] == [
        ("conditions", "partial", "more pages exist"),
        ("observations", "failed", "timeout"),
    ]
    assert record.read_keys == {"patient", "medications"}
    assert "low-back-pain" in record.conditions


def test_a_patient_that_was_not_read_is_one_gap(index: CodeIndex) -> None:
    """Not two."""
    record = read_record(
        {"patient": source("patient", gap="failed")}, "p1", index, shipped.catalog(), DAY
    )
    assert [(gap.source, gap.reason) for gap in record.gaps] == [("patient", "failed")]


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b'"Condition"',
        b"{}",
        b'{"resourceType":5}',
        b'{"resourceType":""}',
        b'{"resourceType":"Condition"',
        b'{"resourceType":"Condition","code":' + b"[" * 5000,
        b'{"resourceType":"Condition","id":1e999}',
        b"\xff\xfe",
    ],
)
def test_one_bad_resource_is_a_gap_and_never_stops_the_rest(
    read: ReadRecord, damaged: bytes
) -> None:
    """It is counted, and never an empty answer."""
    good = msgspec.json.encode(condition())
    record = read(damaged, good, damaged)
    assert "low-back-pain" in record.conditions
    (gap,) = record.gaps
    assert (gap.source, gap.reason) == ("conditions", "unreadable")
    assert gap.note == "2 of 3 could not be read"
    assert "conditions" not in record.read_keys


def test_a_byte_that_is_no_utf_8_does_not_lose_the_resource(read: ReadRecord) -> None:
    """In a note, in an id, in the display of a code."""
    for place in (b'"note":[{"text":"\xe9"}]', b'"id":"\xe9"', b'"bodySite":"\xe9"'):
        raw = (
            b'{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/'
            b'icd-10-cm","code":"M54.50"}]},' + place + b"}"
        )
        record = read(raw)
        assert "low-back-pain" in record.conditions
        assert record.gaps == ()


def test_an_empty_answer_is_read_in_full(read: ReadRecord) -> None:
    """Known to be empty is not a gap."""
    record = read()
    assert record.gaps == ()
    assert record.conditions == {}
    assert {"conditions", "observations", "medications"} <= record.read_keys


def test_no_gap_names_the_patients_data(read: ReadRecord) -> None:
    """Notes go to the log."""
    record = read(
        b'{"resourceType":"Condition","id":"Secret-Name',
        patient={"resourceType": "Patient", "id": "Secret-Name"},
    )
    assert record.gaps
    assert all("Secret" not in gap.note for gap in record.gaps)


def test_reading_twice_gives_the_same(read: ReadRecord) -> None:
    """Nothing of one call is left for the next."""
    assert read(condition()) == read(condition())


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(min_value=-(2**63), max_value=2**63),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=12),
        st.sampled_from(
            ["2026-06-14", "Patient/p1", "active", "final", "M54.50", "38.5", "saddle anesthesia"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                (
                    *("coding", "code", "system", "text", "display", "value", "unit"),
                    *("reference", "start", "end", "repeat", "timing", "route"),
                    *("low", "high", "substance", "name"),
                )
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
ELEMENTS = sorted(
    {
        name
        for shape in {one.shape for one in TYPES}
        for name in (field.encode_name for field in msgspec.structs.fields(shape))
        if name != "resourceType"
    }
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    resources=st.lists(
        st.tuples(
            st.sampled_from(sorted(one.name for one in TYPES)),
            st.dictionaries(st.sampled_from(ELEMENTS), JSON, max_size=8),
        ),
        max_size=4,
    ),
    key=st.sampled_from(["patient", "conditions", "observations", "medications", "other"]),
)
def test_any_json_in_any_element_is_read_without_an_error(
    index: CodeIndex, resources: list[tuple[str, dict[str, Any]]], key: str
) -> None:
    """Odd, but never raising."""
    shaped = [elements | {"resourceType": kind} for kind, elements in resources]
    record = read_record({key: source(key, *shaped)}, "p1", index, shipped.catalog(), DAY)
    assert record.counts[key] == len(shaped)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=60), JSON.map(msgspec.json.encode)), max_size=4))
def test_any_bytes_are_read_without_an_error(index: CodeIndex, raws: list[bytes]) -> None:
    """Not even JSON."""
    record = read_record(
        {"conditions": source("conditions", *raws)}, "p1", index, shipped.catalog(), DAY
    )
    assert record.counts["conditions"] == len(raws)
