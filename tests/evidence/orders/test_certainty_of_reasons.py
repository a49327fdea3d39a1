"""The letter of the coder's certainty beside the reason of an order."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.cds_hooks.model import DraftOrder
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.model import ImagingOrder, Reason
from cds_service.evidence.orders.orders import read_orders
from tests import shipped

GM = "http://fhir.de/CodeSystem/bfarm/icd-10-gm"
URL = "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit"


def coded(letter: str, code: str = "C50.9", display: str = "Brustkrebs") -> dict[str, Any]:
    """A concept with a letter beside its code."""
    extension = [{"url": URL, "valueCoding": {"code": letter}}]
    return {"coding": [{"system": GM, "code": code, "display": display, "extension": extension}]}


def order(index: CodeIndex, **body: Any) -> ImagingOrder:
    """One draft."""
    mri = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "72148"}]}
    raw = json.dumps({"resourceType": "ServiceRequest", "id": "o1", "code": mri} | body).encode()
    draft = DraftOrder(raw=msgspec.Raw(raw), resource_type="ServiceRequest", id="o1")
    (found,) = read_orders((draft,), shipped.catalog(), index, date(2026, 6, 15))
    return found


def reason(index: CodeIndex, **body: Any) -> Reason:
    """The first reason of one draft."""
    return order(index, **body).reasons[0]


def test_a_reason_that_is_ruled_out_says_nothing(index: CodeIndex) -> None:
    """Neither by code nor by words, and it is understood."""
    found = order(index, reasonCode=[coded("A")])
    assert not any(item.value_sets or item.statements for item in found.reasons)
    assert not found.not_understood


def test_a_suspected_reason_is_suspected_and_a_sure_one_is_not(index: CodeIndex) -> None:
    """Both are of the cancer."""
    suspected, sure = (reason(index, reasonCode=[coded(letter)]) for letter in "VG")
    assert suspected.is_suspected
    assert not sure.is_suspected
    assert "malignancy" in suspected.value_sets
    assert "malignancy" in sure.value_sets


def test_a_condition_after_a_cancer_is_a_history_of_cancer(index: CodeIndex) -> None:
    """And after a foot drop it is nothing: that has no history of its own."""
    after = reason(index, reasonCode=[coded("Z")])
    assert "malignancy-history" in after.value_sets
    assert "malignancy" not in after.value_sets
    assert not reason(index, reasonCode=[coded("Z", "M21.37", "Fallfuß")]).value_sets


@pytest.mark.parametrize(
    ("letter", "expected"), [("A", False), ("V", True), ("G", True), ("Z", False)]
)
def test_a_condition_inside_the_order_is_read_so_too(
    index: CodeIndex, letter: str, *, expected: bool
) -> None:
    """What the order carries with it."""
    inside = {"resourceType": "Condition", "id": "c", "code": coded(letter)}
    found = reason(index, contained=[inside], reasonReference=[{"reference": "#c"}])
    assert ("malignancy" in found.value_sets) is expected
