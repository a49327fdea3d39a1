"""Elements left as JSON text until somebody asks for them."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Raw

NOTHING: Final = Raw()
"""An element that is not there."""

READ_ERRORS: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""Everything that decoding of hostile JSON raises."""

_DECODE_ANYTHING: Final = msgspec.json.Decoder().decode


def plain(raw: Raw) -> Any:
    """An element as plain Python values; None when it is not there or is no JSON."""
    try:
        return _DECODE_ANYTHING(raw) if raw is not NOTHING else None
    except READ_ERRORS:
        return None


def is_there(raw: Raw) -> bool:
    """True when an element has content: neither missing nor null nor empty text."""
    return raw is not NOTHING and plain(raw) not in (None, "", [], {})
