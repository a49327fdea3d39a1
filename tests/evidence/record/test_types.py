"""The table of FHIR types, and that one pass over an ordinary Bundle reads what resource by resource reads."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.cds_hooks.model import Source
from cds_service.cds_hooks.prefetch import read_prefetch
from cds_service.evidence.model import PatientRecord
from cds_service.evidence.record.record import read_record
from cds_service.evidence.record.types import REQUIREMENTS, TYPES, Requirement
from tests import shipped
from tests.evidence.record.test_record import DAY, ELEMENTS, JSON

BY_NAME = {one.name: one for one in TYPES}
SEARCHES = {
    need.resource_type: need
    for need in REQUIREMENTS
    if not need.is_read and need.key != "dispatchedOrders"
}


@pytest.mark.parametrize("need", REQUIREMENTS, ids=lambda need: need.key)
def test_every_type_that_is_asked_for_has_a_reader(need: Requirement) -> None:
    asked = need.template.partition("?")[0].partition("/")[0]
    assert need.resource_type == asked
    assert need.key in BY_NAME[asked].answers
    assert set(need.also) <= BY_NAME.keys()


def test_every_type_answers_keys_that_exist() -> None:
    keys = {need.key for need in REQUIREMENTS}
    assert all(set(one.answers) <= keys for one in TYPES)


@pytest.mark.parametrize("one", TYPES, ids=lambda one: one.name)
def test_every_type_is_read_in_a_shape_of_its_own_name(one: Any) -> None:
    decode = msgspec.json.Decoder(one.shape).decode
    assert decode(msgspec.json.encode({"resourceType": one.name})).resource_type == one.name
    with pytest.raises(msgspec.ValidationError):
        decode(b'{"resourceType": "Basic"}')


def test_a_relatives_disease_is_no_finding_of_the_patient() -> None:
    assert "FamilyMemberHistory" not in BY_NAME
    history = {
        "resourceType": "FamilyMemberHistory",
        "condition": [{"code": {"text": "Breast cancer"}}],
    }
    record = _record(_sources("conditions", bundle(history)))
    assert record.conditions == {}


def bundle(*resources: Any, **members: Any) -> Any:
    """A search result that holds these."""
    entries = [
        {"fullUrl": f"https://ehr.example.org/{at}", "resource": one, "search": {"mode": "match"}}
        for at, one in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries} | members


def _sources(key: str, value: Any, *, in_one_pass: bool = True) -> dict[str, Source]:
    (need,) = (need for need in REQUIREMENTS if need.key == key)
    answer = read_prefetch(
        key,
        msgspec.Raw(value if isinstance(value, bytes) else msgspec.json.encode(value)),
        expected_type=need.resource_type,
        also=need.also,
        decode=need.decode if in_one_pass else None,
    )
    return {key: answer.source}


def _record(sources: dict[str, Source]) -> PatientRecord:
    return read_record(sources, "p1", shipped.index(), shipped.catalog(), DAY)


def _said(record: PatientRecord) -> dict[str, Any]:
    """Everything that a record says."""
    return {
        name: dict(value) if name == "observations" else value
        for name, value in msgspec.structs.asdict(record).items()
    }


CODED = [
    {"text": "Foot drop"},
    {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G83.4"}]},
    {"coding": [{"system": "http://loinc.org", "code": "8310-5", "display": "Temperature"}]},
    {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "8640"}]},
    {"text": "MRI lumbar spine"},
    {"text": "Cardiac pacemaker"},
]
USUAL: dict[str, st.SearchStrategy[Any]] = {
    "id": st.sampled_from(["a", "b"]),
    "code": st.sampled_from(CODED),
    "medicationCodeableConcept": st.sampled_from(CODED),
    "type": st.sampled_from(CODED),
    "subject": st.sampled_from([{"reference": "Patient/p1"}, {"reference": "Patient/p2"}]),
    "status": st.sampled_from(["final", "active", "completed", "entered-in-error", "available"]),
    "onsetDateTime": st.sampled_from(["2026-06-01", "2026", "soon"]),
    "effectiveDateTime": st.sampled_from(["2026-06-01", "2024-02-30", "2026-06-14T08:00:00Z"]),
    "authoredOn": st.just("2026-05-01"),
    "performedDateTime": st.just("2026-05-01"),
    "valueQuantity": st.sampled_from([{"value": 39.2, "code": "Cel"}, {"value": "39.2"}, 39.2]),
    "valueBoolean": st.booleans(),
    "component": st.just([{"code": {"text": "Foot drop"}, "valueBoolean": True}]),
}


@st.composite
def resources(draw: st.DrawFn, kind: str) -> Any:
    """A resource as records hold it, with something odd in it now and then."""
    usual = draw(st.fixed_dictionaries({}, optional=USUAL))
    odd = draw(st.dictionaries(st.sampled_from(ELEMENTS), JSON, max_size=1))
    other = draw(st.sampled_from([kind] * 8 + ["Medication", "Encounter", "OperationOutcome", 7]))
    return {"resourceType": other} | usual | odd


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.data(),
    kind=st.sampled_from(sorted(SEARCHES)),
    members=st.sampled_from(
        [{}] * 4 + [{"total": 1}, {"total": 9}, {"total": "1"}, {"entry": None}]
    ),
    search=st.sampled_from(
        [{"mode": "match"}] * 4 + [{"mode": "include"}, None, {"mode": "outcome"}]
    ),
)
def test_one_pass_and_resource_by_resource_read_the_same_record(
    data: st.DataObject, kind: str, members: Any, search: Any
) -> None:
    value = bundle(*data.draw(st.lists(resources(kind), max_size=4))) | copy.deepcopy(members)
    for entry in value["entry"] or ():
        entry["search"] = search
    key = SEARCHES[kind].key
    one_pass = _sources(key, value)
    one_by_one = _sources(key, value, in_one_pass=False)
    assert _said(_record(one_pass)) == _said(_record(one_by_one))
    assert one_pass[key].resources == one_by_one[key].resources
    assert one_pass[key].gap == one_by_one[key].gap


@pytest.mark.parametrize("kind", sorted(SEARCHES))
def test_an_ordinary_bundle_is_read_in_one_pass(kind: str) -> None:
    """So that the property above compares two ways."""
    need = SEARCHES[kind]
    value = bundle({"resourceType": kind, "id": "a"}, {"resourceType": kind, "id": "b"})
    source = _sources(need.key, value)[need.key]
    assert source.decoded is not None
    assert (source.count, len(source.resources)) == (2, 2)


@pytest.mark.parametrize(
    "value",
    [
        bundle({"resourceType": "Condition"}, total=2),
        bundle({"resourceType": "Condition"}, link=[{"relation": "next", "url": "https://x/2"}]),
        bundle({"resourceType": "Condition"}, {"resourceType": "OperationOutcome"}),
        bundle({"resourceType": "Condition"}, {"resourceType": "Encounter"}),
        bundle({"resourceType": "Condition"}, 7),
        {"resourceType": "Condition"},
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Condition","id":"\xff"}}]}',
    ],
)
def test_anything_else_is_read_resource_by_resource(value: Any) -> None:
    assert _sources("conditions", value)["conditions"].decoded is None


def test_a_large_record_reads_an_observation_only_when_it_is_asked_for() -> None:
    reading = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
    }
    old, new, undated = (
        reading | when | {"id": name, "valueQuantity": {"value": 39, "code": "Cel"}}
        for name, when in (
            ("old", {"effectiveDateTime": "2020-01-01"}),
            ("new", {"effectiveDateTime": "2026-06-10"}),
            ("undated", {}),
        )
    )
    observations = _record(_sources("observations", bundle(old, new, undated))).observations
    assert list(observations) == ["obs-temperature"]
    since = observations.since("obs-temperature", DAY.replace(day=1))
    assert [hit.entry.reference for hit in since] == ["Observation/new", "Observation/undated"]
    assert len(observations["obs-temperature"]) == 3
    assert observations.since("obs-crp", DAY) == ()
