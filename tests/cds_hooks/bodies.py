"""Hook calls to begin a test with."""

from __future__ import annotations

import json
from typing import Any

ORDER = {
    "resourceType": "ServiceRequest",
    "id": "o1",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/p1"},
    "code": {"text": "MRI lumbar spine"},
}
"""An order as a client drafts it."""


def hook_call(hook: str = "order-select", **changes: Any) -> dict[str, Any]:
    """A complete call as a dict; `changes` replace top-level fields, None leaves one out."""
    call: dict[str, Any] = {
        "hook": hook,
        "hookInstance": "7d3a1c52-9c7f-4a36-9c1b-0e9f6a2f1b11",
        "context": context(),
    }
    call |= changes
    return {key: value for key, value in call.items() if value is not None}


def context(**changes: Any) -> dict[str, Any]:
    """The context of order-select; `changes` as above."""
    fields: dict[str, Any] = {
        "userId": "Practitioner/dr1",
        "patientId": "p1",
        "selections": ["ServiceRequest/o1"],
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": ORDER}]},
    }
    fields |= changes
    return {key: value for key, value in fields.items() if value is not None}


def as_bytes(value: Any) -> bytes:
    """JSON as a client sends it."""
    return json.dumps(value).encode()
