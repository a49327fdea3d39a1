"""JSON of any shape, read without complaint: an object where a list belongs, a number for a text, nulls.

Orders come from many systems and FHIR versions, and an order must never be lost for its shape.
Every function here has an answer for every value, and none raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

_NOTHING: Final[Mapping[str, object]] = {}


def read_json(raw: msgspec.Raw | bytes) -> Mapping[str, object] | None:
    """The object that stands in this JSON text, or None when there is none."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        value = _read_damaged(bytes(raw))
    return value if isinstance(value, dict) else None


def _read_damaged(text: bytes) -> object:
    # One byte that is not UTF-8, in a note say, must not lose the order around it.
    try:
        return msgspec.json.decode(text.decode("utf-8", "replace"))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def each(value: object) -> tuple[object, ...]:
    """The entries of a list without its nulls; anything else is a list of itself."""
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple([entry for entry in value if entry is not None])
    return (value,)


def as_object(value: object) -> Mapping[str, object]:
    """The object itself, or the first object of a list; else an empty one."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return next((entry for entry in value if isinstance(entry, dict)), _NOTHING)
    return _NOTHING


def as_text(value: object) -> str:
    """The text with its blanks made single; a number is its digits; anything else is empty.

    Line breaks stay: they end a clause.
    """
    if isinstance(value, str):
        if (
            value.isprintable() and "  " not in value
        ):  # nearly every text: the only blanks are single spaces
            return value.strip()
        lines = value.splitlines()
        if len(lines) == 1:
            return " ".join(lines[0].split())
        return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def shortened(text: str, limit: int) -> str:
    """The text in one line, cut at a word to at most `limit` characters, with an ellipsis if cut."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at = head.rfind(" ")
    return (head[:at] if at > limit // 2 else head).rstrip(" ,;:") + "…"


def texts_of(value: object) -> Iterator[str]:
    """Texts of annotations, concepts and plain texts, whichever stand there."""
    for entry in each(value):
        if isinstance(entry, dict):
            text = as_text(entry.get("text"))
            if text:
                yield text
        elif isinstance(entry, str) and (text := as_text(entry)):
            yield text
