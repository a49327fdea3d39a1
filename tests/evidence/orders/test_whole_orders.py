"""All that is read of one draft order, and nothing else. The drafts are in drafts.toml."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_service.cds_hooks.model import DraftOrder
from cds_service.evidence.orders.orders import read_orders
from tests import shipped
from tests.evidence.orders.whole import lines_of

_CASES = tomllib.loads(Path(__file__).with_name("drafts.toml").read_text("utf-8"))["case"]
_PLACE = "context.draftOrders.entry[0]"
_NAMES = ("ServiceRequest", "ProcedureRequest", "DiagnosticOrder", "urn:")
"""Beginnings of the line that names the order."""


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["title"])
def test_of_a_draft_this_is_read_and_nothing_more(case: dict[str, Any]) -> None:
    body = json.loads(case["draft"])
    raw = msgspec.Raw(case["draft"].encode())
    url = case.get("full_url")
    draft = DraftOrder(raw, body["resourceType"], body.get("id", ""), url, _PLACE)
    orders = read_orders((draft,), shipped.catalog(), shipped.index(), date(2026, 6, 15))
    assert [line for order in orders for line in lines_of(order)] == case["reads"]
    for order in orders:
        assert (order.raw, order.instance, order.place, order.full_url) == (raw, 0, _PLACE, url)


@pytest.mark.parametrize("step", [1, -1], ids=["forwards", "backwards"])
def test_many_drafts_are_read_as_each_of_them_alone(step: int) -> None:
    cases = _CASES[::step]
    drafts = tuple(
        DraftOrder(
            msgspec.Raw(case["draft"].encode()), json.loads(case["draft"])["resourceType"], f"o{n}"
        )
        for n, case in enumerate(cases)
    )
    orders = read_orders(drafts, shipped.catalog(), shipped.index(), date(2026, 6, 15))
    for number, case in enumerate(cases):
        lines = [line for order in orders if order.instance == number for line in lines_of(order)]
        assert [line for line in lines if not line.startswith(_NAMES)] == [
            line for line in case["reads"] if not line.startswith(_NAMES)
        ]
