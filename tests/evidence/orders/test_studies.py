"""What an order images, and when it was written: items, displays and body sites."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.cds_hooks.model import DraftOrder
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.model import DateSpan, ImagingOrder
from cds_service.evidence.orders.orders import authored_on, read_orders
from tests import shipped

AS_OF = date(2026, 6, 15)


def orders(index: CodeIndex, kind: str = "ServiceRequest", **body: Any) -> tuple[ImagingOrder, ...]:
    """The orders of one draft."""
    raw = msgspec.Raw(json.dumps({"resourceType": kind, "id": "o1"} | body).encode())
    return read_orders(
        (DraftOrder(raw=raw, resource_type=kind, id="o1"),), shipped.catalog(), index, AS_OF
    )


@pytest.mark.parametrize(
    ("body", "day"),
    [
        ({"authoredOn": "2026-05-01", "orderedOn": "2026-05-02"}, date(2026, 5, 1)),
        ({"authoredOn": "soon", "orderedOn": "2026-05-02"}, date(2026, 5, 2)),
        ({"event": [{"dateTime": "2026-05-03"}]}, date(2026, 5, 3)),
        ({"event": {"dateTime": "2026-05-03"}}, date(2026, 5, 3)),
        ({"event": [7, {"dateTime": "soon"}, {"dateTime": "2026-05-04"}]}, date(2026, 5, 4)),
        ({"event": [{"date": "2026-05-03"}]}, None),
        ({}, None),
    ],
)
def test_an_order_was_written_on_the_first_date_that_says_so(body: Any, day: date | None) -> None:
    assert authored_on(body) == (None if day is None else DateSpan(day, day))


def test_each_kind_of_study_of_one_order_is_an_order_of_its_own(index: CodeIndex) -> None:
    found = orders(
        index,
        "DiagnosticOrder",
        item=[
            {"code": {"text": "MRI lumbar spine without contrast"}},
            {"code": {"text": "CT cervical spine without contrast"}},
            {"code": {"text": "MRI thoracic spine without contrast"}},
        ],
    )
    assert [(o.kind, o.procedure.modality, o.procedure.regions, o.read_from) for o in found] == [
        ("known", "MR", ("thoracic", "lumbar"), "text"),
        ("known", "CT", ("cervical",), "text"),
    ]
    assert found[1].display == "CT cervical spine without contrast"


@pytest.mark.parametrize(
    ("text", "modality", "regions", "is_spine", "is_other"),
    [
        ("MRI foot", "MR", (), False, True),
        ("knee", None, (), False, True),
        ("MRI spine for knee pain", "MR", (), True, False),
        ("MRI knee and spine", "MR", (), False, True),
        ("MRI lumbar spine", "MR", ("lumbar",), True, False),
        ("consult", None, (), False, False),
        ("", None, (), False, False),
    ],
)
def test_a_part_of_the_body_before_the_spine_is_what_is_imaged(
    index: CodeIndex, text: str, modality: Any, regions: Any, is_spine: bool, is_other: bool
) -> None:
    name = shipped.catalog().words.read(text)
    assert (name.modality, name.regions) == (modality, regions)
    assert (name.is_spine, name.names_other_part) == (is_spine, is_other)


@pytest.mark.parametrize(
    ("text", "display", "is_ours"),
    [
        ("MRI", "MRI lumbar spine", True),
        ("MRI", "MRI knee", False),
        ("Spine study", "MRI lumbar spine", True),
        ("exam", "MRI brain", False),
        (None, "MRI lumbar spine", True),
        ("MRI lumbar spine", "MRI knee", True),
    ],
)
def test_where_the_text_is_silent_the_displays_say_it(
    index: CodeIndex, text: str | None, display: str, is_ours: bool
) -> None:
    code: dict[str, Any] = {"coding": [{"system": "urn:local", "code": "1", "display": display}]}
    assert bool(orders(index, code=code | ({"text": text} if text else {}))) == is_ours


def test_a_whole_body_study_whose_display_names_another_part_is_not_placed_by_its_reason(
    index: CodeIndex,
) -> None:
    reason = [{"text": "low back pain"}]

    def found(text: str, display: str) -> bool:
        code = {"text": text, "coding": [{"system": "urn:x", "code": "1", "display": display}]}
        return bool(orders(index, code=code, reasonCode=reason))

    assert found("Bone scan", "Bone scan")
    assert not found("Bone scan", "Bone scan knee")


def test_each_item_of_an_order_has_its_own_body_site(index: CodeIndex) -> None:
    item = {"code": {"text": "MRI"}, "bodySite": {"text": "lumbar spine"}}
    (order,) = orders(index, "DiagnosticOrder", item=[item])
    assert (order.procedure.modality, order.procedure.regions) == ("MR", ("lumbar",))
    assert orders(index, "DiagnosticOrder", item=[{"code": {"text": "MRI"}}]) == ()
