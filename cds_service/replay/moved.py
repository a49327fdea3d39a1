"""A case moved in time: every date by the same number of days, so that a story of June can be told today."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import msgspec

from cds_service.evidence.raw import READ_ERRORS

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?((?:T[\d:.]+)?(?:Z|[+-]\d{2}:\d{2})?)")
_DATE_KEY = re.compile(
    r"(date|date.?time|instant|birth|issued|authored|recorded|onset|start|end|on)$", re.IGNORECASE
)


def moved_body(body: bytes, days: int) -> bytes:
    """The hook call with all its dates moved by so many days; times of day and precision stay.

    What no JSON library reads as a whole (a number beyond all bounds) stays as it is.
    """
    if days == 0:
        return body
    try:
        found = msgspec.json.decode(body)
    except READ_ERRORS:
        return body
    return msgspec.json.encode(_moved(found, days, ""))


def _moved(value: Any, days: int, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _moved(item, days, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, days, key) for item in value]
    if isinstance(value, str) and _DATE_KEY.search(key):
        return moved_date(value, days)
    return value


def moved_date(text: str, days: int) -> str:
    """A FHIR date moved, with the precision it had; anything else stays as it is."""
    match = _DATE.fullmatch(text)
    if match is None:
        return text
    year, month, day, time = match.groups()
    try:
        # the middle of a year or a month stays in about the right one
        there = date(int(year), int(month or 7), int(day or 15)) + timedelta(days=days)
    except (ValueError, OverflowError):
        return text
    if day is not None:
        return f"{there.isoformat()}{time}"
    return there.isoformat()[:7] if month is not None else str(there.year)
