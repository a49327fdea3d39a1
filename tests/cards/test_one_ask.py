"""One card for one ask: orders of a call that are asked the same get one card, and its buttons change them all."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from cds_service.advice import Advice, CompiledGuideline
from tests.scenarios.cases import Case, advice_of

CRASH = [{"icd10": "V43.52XA", "text": "Car driver injured in collision", "onset": "2026-06-14"}]
PAIN = [{"icd10": "M54.50", "onset": "2026-06-05"}, {"icd10": "M54.6", "onset": "2026-06-05"}]
X_RAYS = {"c": "72040", "t": "72070", "l": "72100"}
MRIS = {"t": "72146", "l": "72148"}


def answered(
    compiled: CompiledGuideline, orders: dict[str, str], conditions: list[dict[str, str]]
) -> Advice:
    drafts = [{"id": name, "cpt": code} for name, code in orders.items()]
    data: dict[str, Any] = {
        "title": "several",
        "orders": drafts,
        "conditions": conditions,
        "expect": {},
    }
    return advice_of(Case("several", date(2026, 6, 15), data), compiled)


def test_a_crash_and_three_radiographs_are_one_card_about_three_orders(
    compiled: CompiledGuideline,
) -> None:
    advice = answered(compiled, X_RAYS, CRASH)
    (card,) = advice.cards
    assert card.id == "trauma-ct-first"
    assert (card.order, *card.also) == tuple(f"ServiceRequest/{name}" for name in X_RAYS)
    assert advice.extension_json is not None
    for assessed in advice.extension_json["assessments"]:
        assert assessed["cards"] == ["TraumaCtFirst"]


def test_its_button_changes_each_of_the_orders_to_its_own_study(
    compiled: CompiledGuideline,
) -> None:
    (card,) = answered(compiled, X_RAYS, CRASH).cards
    replaced = next(item for item in card.suggestions if item.id == "replace-with-preferred")
    assert replaced.label == "Order CT C/T/L-spine instead"
    resources = [msgspec.json.decode(action.resource or b"{}") for action in replaced.actions]
    assert [resource["id"] for resource in resources] == list(X_RAYS)
    codes = [resource["code"]["coding"][0]["code"] for resource in resources]
    assert len(set(codes)) == len(codes)


def test_what_is_created_once_is_created_once(compiled: CompiledGuideline) -> None:
    advice = answered(compiled, MRIS, PAIN)
    card = next(card for card in advice.cards if card.id == "not-yet-indicated")
    assert len(card.also) == 1
    cancel = next(item for item in card.suggestions if item.id == "cancel-and-physio")
    assert [action.type for action in cancel.actions] == ["delete", "create", "delete"]


def test_orders_of_different_kinds_are_asked_apart(compiled: CompiledGuideline) -> None:
    advice = answered(compiled, {"l": "72148", "x": "72100"}, PAIN)
    assert [card.id for card in advice.cards] == ["not-yet-indicated", "not-yet-indicated"]
    assert all(not card.also for card in advice.cards)


def test_orders_whose_answers_differ_are_asked_apart(compiled: CompiledGuideline) -> None:
    retention = [*PAIN, {"icd10": "R33.9", "onset": "2026-06-14"}]
    advice = answered(compiled, {"c": "72040", "l": "72100"}, retention)
    assert all(not card.also for card in advice.cards)
