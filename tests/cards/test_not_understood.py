"""A reason that was not understood is said, and takes away what rests on there being none."""

from __future__ import annotations

from datetime import date

import pytest

from cds_service.advice import CompiledGuideline
from tests.scenarios.cases import Case, advice_of


def _reason(text: str) -> Case:
    order = {
        "id": "o1",
        "cpt": "72148",
        "text": "MRI lumbar spine without contrast",
        "reason": [{"text": text}],
    }
    back_pain = {"icd10": "M54.50", "onset": "2026-06-05"}
    data = {"title": text, "orders": [order], "conditions": [back_pain], "expect": {}}
    return Case("words", date(2026, 6, 15), data)


def _pointing_at(reference: str) -> Case:
    case = _reason("")
    (order,) = case.data["orders"]
    pointing = {key: value for key, value in order.items() if key != "reason"}
    orders = [{**pointing, "reason_reference": [reference]}]
    return Case("words", case.as_of, {**case.data, "orders": orders})


def test_a_reason_that_was_not_understood_is_quoted_and_nothing_negative_is_said(
    compiled: CompiledGuideline,
) -> None:
    advice = advice_of(_reason("rukking tolls"), compiled)
    (card,) = advice.cards
    assert card.id == "missing-indication"
    assert "not understood" in card.summary
    assert "**Not understood:** 'rukking tolls'" in card.detail
    assert "No red flag" not in card.detail
    assert "None found" not in card.detail
    assert "not appropriate" not in card.detail
    assert "cancel-and-physio" not in {offer.id for offer in card.suggestions}
    assert advice.extension_json is not None
    (assessed,) = advice.extension_json["assessments"]
    assert assessed["appropriateness"] == "undetermined"
    assert assessed["notUnderstood"] == [
        {"source": "order", "reference": "ServiceRequest/o1", "text": "rukking tolls"}
    ]


def test_an_active_problem_that_was_not_understood_is_quoted_and_nothing_negative_is_said(
    compiled: CompiledGuideline,
) -> None:
    case = _reason("low back pain for 10 days")
    problems = [*case.data["conditions"], {"text": "Morbus Zworp", "onset": "2026-05-01"}]
    advice = advice_of(Case("words", case.as_of, {**case.data, "conditions": problems}), compiled)
    (card,) = advice.cards
    assert card.summary.startswith("A problem on record was not understood")
    assert "**Not understood:** 'Morbus Zworp'" in card.detail
    assert "No red flag" not in card.detail
    assert "cancel-and-physio" not in {offer.id for offer in card.suggestions}
    assert advice.extension_json is not None
    (assessed,) = advice.extension_json["assessments"]
    assert assessed["appropriateness"] == "undetermined"
    assert [entry["source"] for entry in assessed["notUnderstood"]] == ["conditions"]


def test_an_ordinary_reason_is_understood_and_changes_nothing(compiled: CompiledGuideline) -> None:
    advice = advice_of(_reason("low back pain for 10 days, lifting"), compiled)
    assert advice.extension_json is not None
    (assessed,) = advice.extension_json["assessments"]
    assert "notUnderstood" not in assessed
    assert [card.id for card in advice.cards] == ["not-yet-indicated"]


@pytest.mark.parametrize(
    "target", ["Condition/elsewhere", "https://other.example.org/fhir/Condition/77"]
)
def test_a_reason_that_the_order_only_points_to_and_that_did_not_come_is_a_gap(
    compiled: CompiledGuideline, target: str
) -> None:
    advice = advice_of(_pointing_at(target), compiled)
    assert "not understood" in advice.cards[0].summary
    assert target.rpartition("Condition/")[2] in advice.cards[0].detail
    assert advice.extension_json is not None
    assert {"source": "order", "reason": "not-provided"} in advice.extension_json["gaps"]


def test_a_reason_that_stands_on_record_is_no_gap(compiled: CompiledGuideline) -> None:
    advice = advice_of(_pointing_at("Condition/conditions-0"), compiled)
    assert advice.extension_json is not None
    assert "gaps" not in advice.extension_json


def test_a_note_that_was_not_understood_is_quoted_and_softens_nothing(
    compiled: CompiledGuideline,
) -> None:
    case = _reason("low back pain for 10 days")
    (order,) = case.data["orders"]
    orders = [{**order, "note": "zworp the blivet"}]
    advice = advice_of(Case("words", case.as_of, {**case.data, "orders": orders}), compiled)
    (card,) = advice.cards
    assert card.id == "not-yet-indicated"
    assert "**Not understood:** 'zworp the blivet'" in card.detail
