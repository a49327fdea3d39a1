"""A card to begin a test with."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from cds_service.cds_hooks.model import Action, Card, Coding, Link, Suggestion

ORDER_JSON = b'{"resourceType":"ServiceRequest","id":"o1","x":1.10,"reasonCode":[],"y":null}'

UPDATE = Action("update", "Change the priority", msgspec.Raw(ORDER_JSON))
DELETE = Action("delete", "Cancel the order", resource_id="ServiceRequest/o1")

CARD = Card(
    id="not-yet-indicated",
    uuid="6a0f3c2e-5f0b-5d8c-9a1e-0c6a54a7a111",
    summary="MRI lumbar: usually not needed yet",
    detail="Nothing that asks for imaging now was **found in the data read**.",
    indicator="info",
    source_label="Low back pain guidance (2021)",
    source_url="https://example.org/guidance",
    topic=Coding("https://example.org/CodeSystem/card", "NotYetIndicated", "Not yet indicated"),
    suggestions=(
        Suggestion(
            id="replace-with-preferred",
            uuid="9b0f3c2e-5f0b-5d8c-9a1e-0c6a54a7a222",
            label="Cancel and order a radiograph",
            actions=(DELETE, UPDATE),
            is_recommended=True,
        ),
    ),
    override_reasons=(Coding("https://example.org/CodeSystem/reason", "other", "Another reason"),),
    links=(Link("Guidance", "https://example.org/guidance"),),
)


def card(**changes: Any) -> Card:
    """The card above with changes."""
    return replace(CARD, **changes)
