"""What is looked up of a resource before anybody judges it: its dates, and what it has in common with others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.replay.chart_resources import (
    Name,
    Resource,
    are_dated,
    asked_by,
    names_of,
    read_resource,
    read_resources,
)

FEVER = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"text": "Temperature"},
    "valueQuantity": {"value": 38.9, "unit": "Cel"},
    "effectiveDateTime": "2026-06-01",
}


def read(body: dict[str, Any]) -> Resource:
    return read_resource(body["resourceType"], json.dumps(body).encode())


def name(**elements: Any) -> Name:
    return names_of("Observation", [read(FEVER | elements)])[0]


@pytest.mark.parametrize(
    "elements",
    [
        {"id": "o2", "effectiveDateTime": "2020-01-01"},
        {"valueQuantity": {"value": 36.1, "unit": "Cel"}},
    ],
    ids=["another day", "another number"],
)
def test_results_that_differ_in_dates_and_numbers_alone_are_named_alike(elements: dict[str, Any]):
    assert name(**elements) == name()


@pytest.mark.parametrize(
    "elements",
    [
        {"valueQuantity": {"value": 38.9, "unit": "degF"}},
        {"valueQuantity": {"value": 38.9}},
        {"valueQuantity": None},
        {"status": "entered-in-error"},
        {"code": {"text": "Pulse"}},
        {"dataAbsentReason": {"text": "asked and unknown"}},
        {"valueInteger": 3},
        {"component": [{"code": {"text": "Pulse"}, "valueQuantity": {"value": 80}}]},
    ],
    ids=["unit", "no unit", "no value", "status", "code", "absent", "integer", "component"],
)
def test_results_that_differ_in_anything_else_are_not(elements: dict[str, Any]):
    assert name(**elements) != name()


@pytest.mark.parametrize(
    ("elements", "dates"),
    [
        ({"effectiveDateTime": "2026-06-01"}, ("2026-06-01",)),
        ({"effectivePeriod": {"start": "2026-06-01", "end": "2026-06-02"}}, ("2026-06-01",)),
        ({"effectivePeriod": {"end": "2026-06-02"}}, ("2026-06-02",)),
        ({"effectivePeriod": {}}, ()),
        ({"effectiveDateTime": 5}, ()),
        ({}, ()),
    ],
    ids=["day", "period", "end", "empty period", "odd", "none"],
)
def test_a_resource_is_dated_when_it_has_a_date(elements: dict[str, Any], dates: tuple[str, ...]):
    one = read({"resourceType": "Observation", "id": "o1", **elements})
    assert one.dates == dates
    assert are_dated("Observation", [one]) == [bool(dates)]


def test_an_onset_that_only_ends_dates_no_condition():
    one = read({"resourceType": "Condition", "id": "c1", "onsetPeriod": {"end": "2026-06-02"}})
    assert one.dates == ()
    assert are_dated("Condition", [one]) == [False]


def test_a_resource_of_odd_shapes_costs_none_of_those_beside_it_and_asks_to_be_looked_at():
    order = {"resourceType": "ServiceRequest", "id": "a", "code": {"text": "MRI"}}
    odd = order | {"id": "b", "authoredOn": ["2026"]}
    lines = "\n".join(map(json.dumps, (order, odd, order | {"id": "c"}))).encode()
    found = read_resources("ServiceRequest", lines)
    assert [one.id for one in found] == ["a", "b", "c"]
    assert [one.is_odd for one in found] == [False, True, False]
    assert [bool(text) for text in asked_by("ServiceRequest", found)] == [True, False, True]
