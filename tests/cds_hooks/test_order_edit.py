"""Invariant 7: a draft order comes back byte for byte except for what the action is meant to change."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cds_hooks.order_edit import appended, edited_order

RAW = msgspec.Raw(
    b'{"resourceType":"ServiceRequest","priority":"routine","quantity":{"value": 1.10},'
    b'"extension":[ {"url":"a", "valueDecimal":2.0} ],"reasonCode":[],"note":null,"text":"\\u00e9"}'
)


def test_an_element_is_replaced_in_its_place():
    edited = bytes(edited_order(RAW, {"priority": "stat"}))
    assert edited == bytes(RAW).replace(b'"routine"', b'"stat"')


def test_a_new_element_comes_last():
    assert bytes(edited_order(RAW, {"x": {"y": 1}})) == bytes(RAW)[:-1] + b',"x":{"y":1}}'


def test_an_element_is_removed():
    assert b"priority" not in bytes(edited_order(RAW, {"priority": None}))
    assert bytes(edited_order(RAW, {"absent": None})) == bytes(RAW)


def test_no_change_leaves_the_bytes_as_they_were():
    assert bytes(edited_order(RAW, {})) == bytes(RAW)


def test_an_item_is_appended_and_those_before_it_keep_their_bytes():
    edited = bytes(appended(RAW, "extension", {"url": "b"}))
    assert b'"extension":[{"url":"a", "valueDecimal":2.0},{"url":"b"}]' in edited
    assert b'"value": 1.10' in edited


@pytest.mark.parametrize(
    ("element", "expected"),
    [("absent", [1]), ("reasonCode", [1]), ("note", [1]), ("priority", ["routine", 1])],
)
def test_an_item_is_appended_whatever_was_there(element, expected):
    assert json.loads(bytes(appended(RAW, element, 1)))[element] == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values, max_size=6), st.text(), st.integers())
def test_only_the_named_element_changes(order: dict[str, Any], element: str, value: int):
    raw = msgspec.Raw(json.dumps(order).encode())
    assert json.loads(bytes(edited_order(raw, {element: value}))) == order | {element: value}
