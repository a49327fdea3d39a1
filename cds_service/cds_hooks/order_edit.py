"""Changes to a draft order that leave all else as the client wrote it, down to the text of its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cds_service.cds_hooks.json_object import NULL, read_items, read_members


def edited_order(raw: msgspec.Raw, changes: Mapping[str, Any | None]) -> msgspec.Raw:
    """The resource with top-level elements set, replaced or, for None, removed.

    Elements keep their order and new ones come last; those not named stay byte for byte. `raw` has
    to be a JSON object, as every `DraftOrder.raw` is.
    """
    members: dict[str, Any] = dict(read_members(raw) or {})
    for element, value in changes.items():
        if value is None:
            members.pop(element, None)
        else:
            members[element] = value
    return msgspec.Raw(msgspec.json.encode(members))


def appended(raw: msgspec.Raw, element: str, item: Any) -> msgspec.Raw:
    """The resource with one more item in a list element such as `extension` or `reasonReference`.

    A missing element begins with the item; a single value where FHIR wants a list is kept before it.
    """
    present = (read_members(raw) or {}).get(element)
    items: list[Any]
    if present is None or bytes(present) == NULL:
        items = []
    else:
        items = list(read_items(present) or ([] if bytes(present)[:1] == b"[" else [present]))
    return edited_order(raw, {element: [*items, item]})
