"""The worked cases of the guideline over HTTP: exactly their cards, with the evidence named."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.advice import CompiledGuideline
from cds_service.cds_hooks.response import ADVICE_EXTENSION
from tests.compact import hook_request
from tests.scenarios.cases import CASES, ORDERS, PATIENT, Case
from tests.web.real import real_client

WORKED = [case for case in CASES if case.file == "worked-cases"]


@pytest.mark.parametrize("case", WORKED, ids=[case.id for case in WORKED])
def test_a_worked_case_is_answered_with_its_cards(case: Case, compiled: CompiledGuideline) -> None:
    client = real_client(compiled)
    answer = client.post(
        "/cds-services/spine-imaging-order-select",
        json=hook_request({"patient": PATIENT, "orders": ORDERS, **case.data}),
    )
    assert answer.status_code == 200
    body: dict[str, Any] = answer.get_json()
    expect = case.data["expect"]
    codes = {"".join(word.capitalize() for word in name.split("-")) for name in expect["cards"]}
    assert {card["source"]["topic"]["code"] for card in body["cards"]} == codes
    assert sorted(card["indicator"] for card in body["cards"]) == sorted(expect["cards"].values())
    if not expect["cards"]:
        return
    (assessment,) = body["extension"][ADVICE_EXTENSION]["assessments"]
    assert assessment["scenario"] == expect["scenario"]
    found = {item["id"]: item["evidence"] for item in assessment.get("criteria", ())}
    for name in expect.get("criteria", ()):
        assert found[name][0]["reference"]
    for name in expect.get("must_not", ()):
        assert name not in found
    if "rating" in expect:
        assert assessment["appropriateness"] == expect["rating"]
    offered = {
        suggestion["extension"]["org.spine-imaging-cds.suggestion"]
        for card in body["cards"]
        for suggestion in card.get("suggestions", ())
    }
    assert offered >= set(expect.get("suggestions", ()))


def test_there_are_sixteen_of_them() -> None:
    assert len(WORKED) == 16
