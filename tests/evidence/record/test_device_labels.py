"""The labels of devices, wherever they stand, and implants that an order names."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.evidence.model import DeviceEntry, Reason
from cds_service.evidence.record.devices import implants_on_orders
from tests import shipped
from tests.assessment.charts import order
from tests.evidence.conftest import ReadRecord

_SUBJECT = {"reference": "Patient/p1"}
_PACEMAKER = {"text": "Cardiac pacemaker"}
_PUMP = {"text": "Orthopaedic thing"}


def device(**elements: Any) -> dict[str, Any]:
    body = {"resourceType": "Device", "id": "d1", "status": "active", "patient": _SUBJECT}
    return body | {"type": _PACEMAKER} | elements


@pytest.mark.parametrize(
    ("elements", "safety"),
    [
        ({"safety": [{"text": "MR Conditional"}]}, "conditional"),
        ({"safety": [{"text": "MR Safe"}]}, "conditional"),
        ({"safety": [{"text": "MR Unsafe"}]}, "unsafe"),
        ({"safety": [{"coding": [{"display": "MR Unsafe"}]}]}, "unsafe"),
        ({"safety": [{"text": "MR Conditional"}, {"text": "MR Unsafe"}]}, "unsafe"),
        ({"safety": [{"text": "MR Unsafe"}, {"text": "MR Conditional"}]}, "unsafe"),
        ({"safety": [{"text": "MR Unsafe"}, {"text": "latex free"}]}, "unsafe"),
        ({"safety": [{"text": "latex free"}]}, "unknown"),
        ({"note": [{"text": "MR unsafe"}], "safety": [{"text": "latex free"}]}, "unsafe"),
        ({"note": [{"text": "MR unsafe"}], "property": [{"valueCode": [{"text": "x"}]}]}, "unsafe"),
        ({"property": [{"valueCode": [{"text": "MR Conditional"}]}]}, "conditional"),
        ({"property": [{"valueCodeableConcept": {"text": "MR Unsafe"}}]}, "unsafe"),
        (
            {
                "property": [
                    {"valueCodeableConcept": {"text": "MR Unsafe"}},
                    {"valueCodeableConcept": {"text": "MR Conditional"}},
                ]
            },
            "unsafe",
        ),
        (
            {"safety": [{"text": "MR Unsafe"}], "property": [{"valueCode": [{"text": "x"}]}]},
            "unsafe",
        ),
        ({"deviceName": [{"name": "Model 1 MR Conditional"}]}, "conditional"),
        ({"deviceName": [{"name": "Model 1, not MRI safe"}]}, "unsafe"),
        ({"modelNumber": "M1 MR unsafe"}, "unsafe"),
        ({"status": "inactive", "safety": [{"text": "MR Conditional"}]}, "unknown"),
        ({"status": "inactive", "safety": [{"text": "MR Unsafe"}]}, "unsafe"),
        ({"statusReason": [{"text": "explanted"}]}, None),
        ({"statusReason": [{"coding": [{"display": "explanted"}]}]}, None),
        ({"statusReason": [{"text": "off"}, {"text": "explanted"}]}, None),
        ({"type": _PUMP}, None),
        ({"type": _PUMP, "safety": [{"text": "MR Safe"}]}, None),
        ({"type": _PUMP, "safety": [{"text": "MR Conditional"}]}, "conditional"),
        ({"type": _PUMP, "safety": [{"text": "MR Unsafe"}]}, "unsafe"),
    ],
)
def test_the_worst_label_counts_wherever_it_stands(
    elements: dict[str, Any], safety: str | None, read: ReadRecord
) -> None:
    devices = read(device(**elements)).devices
    assert [entry.safety for entry in devices] == ([safety] if safety else [])


def reason(display: str, **value_sets: Any) -> Reason:
    named = {name.replace("_", "-"): via for name, via in value_sets.items()}
    return Reason("text", display, named)


def test_an_implant_that_an_order_names_is_known_by_the_words_of_the_order() -> None:
    orders = (
        order(reason("fever"), reason("has a pacemaker", mri_caution_device="text")),
        order(reason("has a pacemaker", mri_caution_device="text")),
    )
    assert implants_on_orders(orders, shipped.index()) == (
        DeviceEntry("ServiceRequest/o1", "has a pacemaker", "Pacemaker", "text", "unknown", None),
    )


def test_an_implant_that_an_order_says_was_taken_out_is_none_unless_a_code_says_it() -> None:
    index = shipped.index()
    by_words = order(reason("pacemaker removed", mri_caution_device="text"))
    by_code = order(reason("pacemaker removed", mri_caution_device="code"))
    assert implants_on_orders((by_words,), index) == ()
    assert [entry.via for entry in implants_on_orders((by_code,), index)] == ["code"]
    assert implants_on_orders((by_words, by_code), index) == implants_on_orders((by_code,), index)
