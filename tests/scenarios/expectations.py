"""Whether an answer is the one that a scenario expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from cds_service.advice import Advice
from cds_service.assessment.model import OrderAssessment
from cds_service.errors import PatientDataUnavailable
from tests.scenarios.cases import Case

_CASE_KEYS = {
    "title", "criterion", "kind", "as_of", "patient", "orders", "conditions", "observations",
    "medications", "procedures", "reports", "devices", "allergies", "open_orders", "family_history",
    "studies", "encounters", "not_provided", "cut_short", "hook", "jurisdiction", "quiet",
    "site_country", "expect", "why",
}  # fmt: skip
_EXPECT_KEYS = {
    "cards", "criteria", "must_not", "levels", "scenario", "rating", "appropriateness", "urgency",
    "suggestions", "no_suggestions", "preferred", "summary", "detail", "detail_not", "missing", "orders",
    "labels", "priorities", "recommended",
}  # fmt: skip


def check(case: Case, answer: Callable[[Case], Advice]) -> None:
    """Fails when the answer to a case is not what the case expects."""
    assert not set(case.data) - _CASE_KEYS, "unknown keys in the case"
    expect = case.data["expect"]
    if "missing" in expect:
        with pytest.raises(PatientDataUnavailable) as caught:
            answer(case)
        assert list(caught.value.keys) == expect["missing"]
        return
    advice = answer(case)
    _check_cards(advice, expect)
    if advice.assessment is None:
        assert expect.get("cards") == {}, "nothing in this call is spine imaging"
        return
    for part, assessment in zip(expect.get("orders", ()), advice.assessment.orders, strict=False):
        _check_cards_of_order(advice, assessment, part)
    for part, assessment in zip(
        expect.get("orders", [expect]), advice.assessment.orders, strict="orders" in expect
    ):
        _check_order(assessment, part)


def _check_cards(advice: Advice, expect: Mapping[str, Any]) -> None:
    assert not set(expect) - _EXPECT_KEYS, "unknown keys in what is expected"
    if "cards" in expect:
        assert {card.id: card.indicator for card in advice.cards} == expect["cards"]
    offered = {suggestion.id for card in advice.cards for suggestion in card.suggestions}
    for name in expect.get("suggestions", ()):
        assert name in offered
    for name in expect.get("no_suggestions", ()):
        assert name not in offered
    _check_suggestions(advice, expect)
    summaries = " | ".join(card.summary for card in advice.cards)
    for words in _listed(expect.get("summary", ())):
        assert words in summaries
    details = " | ".join(card.detail for card in advice.cards)
    for words in _listed(expect.get("detail", ())):
        assert words in details
    for words in _listed(expect.get("detail_not", ())):
        assert words not in details


def _check_suggestions(advice: Advice, expect: Mapping[str, Any]) -> None:
    made = {
        f"{card.id}/{suggestion.id}": suggestion
        for card in advice.cards
        for suggestion in card.suggestions
    }
    by_name = {name.partition("/")[2]: suggestion for name, suggestion in made.items()} | made
    for name, label in expect.get("labels", {}).items():
        assert by_name[name].label == label, name
    for name, priority in expect.get("priorities", {}).items():
        for action in by_name[name].actions:
            if action.resource is not None:
                resource = msgspec.json.decode(action.resource)
                assert resource.get("priority", "routine") == priority, name
    for name in expect.get("recommended", ()):
        assert by_name[name].is_recommended, name
    if expect.get("recommended") == []:
        assert not [name for name, item in by_name.items() if item.is_recommended]


def _check_cards_of_order(
    advice: Advice, assessment: OrderAssessment, part: Mapping[str, Any]
) -> None:
    if "cards" in part:
        own = {
            card.id: card.indicator
            for card in advice.cards
            if card.is_about(assessment.order.reference)
        }
        assert own == part["cards"]


def _listed(words: Any) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def _check_order(assessment: OrderAssessment, expect: Mapping[str, Any]) -> None:
    found = {result.criterion.id: result.state.value for result in assessment.criteria}
    wanted = expect.get("criteria", {})
    for name in wanted:
        assert name in found
        if isinstance(wanted, dict):
            assert found[name] == wanted[name], name
    for name in expect.get("must_not", ()):
        assert name not in found
    levels = {result.group.id: result.level.value for result in assessment.groups}
    for name, level in expect.get("levels", {}).items():
        assert levels.get(name, "none") == level, name
    for key in ("scenario", "rating", "appropriateness", "urgency"):
        if key in expect:
            assert str(getattr(assessment, key)) == expect[key], key
    if "preferred" in expect:
        study = assessment.preferred
        named = [study.modality, *study.regions, study.contrast] if study is not None else []
        assert named == expect["preferred"]
