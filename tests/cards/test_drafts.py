"""Invariant 7: a draft order comes back byte for byte except for what the action is meant to change."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cds_service.cards.drafts import Draft, RatingChoice
from cds_service.cards.order_changes import study_codes
from cds_service.checks.authored_fhir import _sample_order
from cds_service.evidence.model import StudyProcedure
from cds_service.knowledge.model import Rating
from tests import shipped

RAW = (
    b'{"resourceType":"ServiceRequest","priority":"routine","quantity":{"value": 1.10},'
    b'"extension":[ {"url":"a", "valueDecimal":2.0} ],"reasonCode":[],"note":null,"text":"\\u00e9"}'
)
CODES = study_codes(shipped.guideline())


def draft(raw: bytes = RAW, *, rated: bool = False) -> Draft:
    order = replace(_sample_order(), raw=msgspec.Raw(raw))
    return Draft(order, CODES, "p1", RatingChoice(is_wanted=rated))


def test_an_element_is_replaced_in_its_place():
    changed = bytes(draft().with_priority("stat", Rating.NOT))
    assert changed == RAW.replace(b'"routine"', b'"stat"')


def test_a_new_element_comes_last():
    changed = bytes(draft().with_instruction("Rest.", Rating.NOT))
    assert changed == RAW[:-1] + b',"patientInstruction":"Rest."}'


def test_an_element_that_the_new_study_has_no_word_for_is_removed():
    raw = RAW[:-1] + b',"bodySite":[{"text":"spine"}]}'
    study = StudyProcedure("MR", ("cervical", "thoracic", "lumbar"), "without")
    assert CODES.body_site(study.regions) is None
    changed = draft(raw).with_study(study, None, Rating.NOT)
    if changed is not None:
        assert b"bodySite" not in bytes(changed)
    lumbar = draft(raw).with_study(StudyProcedure("MR", ("lumbar",), "without"), None, Rating.NOT)
    assert lumbar is not None
    assert json.loads(bytes(lumbar))["bodySite"][0]["coding"][0]["code"] == "122496007"


def test_no_rating_leaves_the_bytes_as_they_were():
    assert draft(rated=True).rated(Rating.UNDETERMINED) is None
    assert draft().rated(Rating.NOT) is None


def test_extensions_keep_their_bytes_beside_the_rating():
    rated = draft(rated=True).rated(Rating.NOT)
    assert rated is not None
    assert b'{"url":"a", "valueDecimal":2.0}' in bytes(rated)
    assert b'"value": 1.10' in bytes(rated)
    assert bytes(rated).startswith(RAW[: RAW.index(b'"extension"')])


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (b"[]", []),
        (b"null", []),
        (b'[{"text":"pain"}]', [{"text": "pain"}]),
        (b'{"text":"pain"}', [{"text": "pain"}]),
    ],
)
def test_a_reason_is_added_whatever_was_there(present: bytes, expected: list[Any]) -> None:
    raw = RAW.replace(b'"reasonCode":[]', b'"reasonCode":' + present)
    changed = json.loads(
        bytes(draft(raw).with_reason(msgspec.Raw(b'{"text":"fever"}'), Rating.NOT))
    )
    assert changed["reasonCode"] == [*expected, {"text": "fever"}]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values, max_size=6))
def test_only_the_named_element_changes(order: dict[str, Any]) -> None:
    changed = draft(json.dumps(order).encode()).with_priority("urgent", Rating.NOT)
    assert json.loads(bytes(changed)) == order | {"priority": "urgent"}
