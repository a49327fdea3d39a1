"""Hook calls in the shapes that real clients send: each gets the advice that its content deserves."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.replay.cases import SavedCase
from cds_service.replay.runner import Engine, replay_case
from tests.replay.conftest import FIXTURES, cases_below

DAY = date(2026, 6, 15)
CASES = {case.name: case for case in cases_below(FIXTURES / "hooks")}
NOT_YET = {"not-yet-indicated": "warning"}
CAUDA_EQUINA = {"emergency-escalate": "critical"}
UNSURE = {"not-yet-indicated": "info", "partial-data": "info"}
CARDS: dict[str, dict[str, str]] = {
    "order-dispatch.dispatched-orders-in-camel-case": CAUDA_EQUINA,
    "order-dispatch.dispatched-orders-with-hyphens": CAUDA_EQUINA,
    "order-dispatch.one-order-and-a-task": CAUDA_EQUINA,
    "order-review.dstu2": NOT_YET,
    "order-select.cerner-like-axillary-temperature": {"may-be-appropriate": "info"},
    "order-select.epic-like": NOT_YET,
    "order-select.first-page-only": UNSURE,
    "order-select.nulls-everywhere": NOT_YET,
    "order-select.outcome-in-place-of-observations": UNSURE,
    "order-select.prefetch-before-1-0": NOT_YET,
    "order-select.r5-service-request": NOT_YET,
    "order-select.sandbox-before-a-study-is-chosen": {},
    "order-select.sandbox-ct-with-a-reason": NOT_YET,
    "order-select.sandbox-ct-without-a-reason": NOT_YET,
    "order-select.sandbox-medication-order": {},
    "order-select.stu3-procedure-request": {"urgent-escalate": "warning"},
    "order-sign.crd-like-with-configuration": NOT_YET,
    "order-sign.sandbox-medication-order": {},
    "order-sign.selections-on-a-sign": NOT_YET,
}


def answered(name: str, engine: Engine, **changes: Any) -> dict[str, str]:
    """Cards of a call, by id, with members of its body changed; None takes one out."""
    case = CASES[name]
    body = msgspec.json.decode(case.body) | changes
    kept = {key: value for key, value in body.items() if value is not None}
    changed = SavedCase(name, case.service_id, DAY, msgspec.json.encode(kept), None)
    outcome = replay_case(changed, engine)
    assert outcome.status == 200, outcome.problem
    return {card.id: card.indicator for card in outcome.advice.cards} if outcome.advice else {}


def test_every_call_is_known_here():
    assert set(CASES) == set(CARDS)


@pytest.mark.parametrize("name", CASES)
def test_a_call_of_a_real_client_gets_its_cards(name: str, engine: Engine):
    assert answered(name, engine) == CARDS[name]


def test_without_its_configuration_a_client_sees_the_other_card_too(engine: Engine):
    cards = answered("order-sign.crd-like-with-configuration", engine, extension=None)
    assert cards == NOT_YET | {"duplicate-pending": "warning"}


def test_an_axillary_fever_is_found_though_only_its_general_code_is_known(engine: Engine):
    outcome = replay_case(CASES["order-select.cerner-like-axillary-temperature"], engine)
    assert outcome.advice is not None
    assert outcome.advice.assessment is not None
    found = outcome.advice.assessment.orders[0].criteria
    assert "fever" in {result.criterion.id for result in found}


def test_a_hook_that_is_none_of_ours_is_an_error(engine: Engine):
    body = msgspec.json.decode(CASES["order-sign.selections-on-a-sign"].body)
    body["hook"] = "patient-view"
    case = SavedCase("x", "spine-imaging-order-select", DAY, msgspec.json.encode(body), None)
    assert replay_case(case, engine).status == 400
