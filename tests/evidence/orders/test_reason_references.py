"""Reasons that an order only refers to."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.cds_hooks.model import DraftOrder
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.model import ImagingOrder
from cds_service.evidence.orders.orders import read_orders
from tests import shipped

AS_OF = date(2026, 6, 15)


CPT = "http://www.ama-assn.org/go/cpt"


LUMBAR_MRI: dict[str, Any] = {"coding": [{"system": CPT, "code": "72148"}]}


def orders(index: CodeIndex, kind: str = "ServiceRequest", **body: Any) -> tuple[ImagingOrder, ...]:
    """The orders of one draft."""
    raw = msgspec.Raw(json.dumps({"resourceType": kind, "id": "o1"} | body).encode())
    return read_orders(
        (DraftOrder(raw=raw, resource_type=kind, id="o1"),), shipped.catalog(), index, AS_OF
    )


@pytest.mark.parametrize(
    ("entry", "display", "reference", "value_set"),
    [
        ({"reference": "Condition/c1"}, "Condition/c1", "Condition/c1", None),
        ("Condition/c1", "Condition/c1", "Condition/c1", None),
        (
            {"reference": "Condition/c1", "display": "Foot drop"},
            "Foot drop",
            "Condition/c1",
            "foot-drop",
        ),
        ({"display": "Foot drop"}, "Foot drop", None, "foot-drop"),
        (
            {"reference": "Observation/x1", "display": "Foot drop"},
            "Foot drop",
            "Observation/x1",
            None,
        ),
        ({"identifier": {"value": "7"}}, "", None, None),
        ({"reference": "#c"}, "Foot drop", "#c", "foot-drop"),
        ({"reference": "#elsewhere"}, "#elsewhere", "#elsewhere", None),
    ],
)
def test_a_referenced_reason_is_shown_by_what_the_order_says_of_it(
    index: CodeIndex, entry: Any, display: str, reference: str | None, value_set: str | None
) -> None:
    contained = [
        None,
        "x",
        {"resourceType": "Condition", "id": "#c", "code": {"text": "Foot drop"}},
    ]
    (order,) = orders(index, code=LUMBAR_MRI, reasonReference=[entry], contained=contained)
    (reason,) = order.reasons
    assert (reason.kind, reason.display, reason.reference) == ("reference", display, reference)
    assert (value_set in reason.value_sets) == (value_set is not None)
    assert order.has_reason


@pytest.mark.parametrize("entry", [{}, None, 7, "", {"reference": ""}])
def test_a_reference_that_names_nothing_is_no_reason(index: CodeIndex, entry: Any) -> None:
    (order,) = orders(index, code=LUMBAR_MRI, reasonReference=[entry])
    assert order.reasons == ()
    assert not order.has_reason
