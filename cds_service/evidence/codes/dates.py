"""FHIR dates as intervals of days: as written, whatever their precision, zone ignored."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import MAXYEAR, date, timedelta
from typing import Final

from cds_service.evidence.model import DateSpan

_FROM_ISO: Final = date.fromisoformat
_EARLIEST_YEAR: Final = 1850
"""Before this a date is a null of some database (`0001-01-01`), never a day in a patient's life."""
_DAY_LENGTH: Final = 10
_PARTIAL: Final = re.compile(r"(\d{4})(?:-(\d{2}))?", re.ASCII)
_MONTHS_A_YEAR: Final = 12
_LAST: Final = date(MAXYEAR, 12, 31)


def read_date(text: object) -> DateSpan | None:
    """The days that a FHIR date, dateTime or instant may mean, or None when it is no possible date.

    The date counts as it is written: time and zone are left out, so that no finding moves to another day.
    """
    if type(text) is not str:
        return None
    if len(text) < _DAY_LENGTH:
        return _read_partial(text.strip())
    # why the dashes are looked at: fromisoformat also reads ISO week dates, which FHIR has not
    if not text[4] == text[7] == "-":
        return read_date(text.strip()) if text[:1].isspace() else None
    try:
        day = _FROM_ISO(text[:_DAY_LENGTH])
    except ValueError:
        return None
    after = text[_DAY_LENGTH : _DAY_LENGTH + 1]
    if after != "T" and after.isalnum() and after not in "tZz":
        return None
    return DateSpan(day, day) if day.year >= _EARLIEST_YEAR else None


def _read_partial(text: str) -> DateSpan | None:
    """`YYYY` or `YYYY-MM` as all of its days."""
    match = _PARTIAL.fullmatch(text)
    if match is None:
        return None
    year = int(match[1])
    if year < _EARLIEST_YEAR:
        return None
    if match[2] is None:
        return DateSpan(date(year, 1, 1), date(year, _MONTHS_A_YEAR, 31))
    month = int(match[2])
    if not 1 <= month <= _MONTHS_A_YEAR:
        return None
    return DateSpan(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def days_after(day: date, days: int) -> date:
    """The day so many days later (earlier when negative), at most the last day of the calendar."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return _LAST if days > 0 else date.min


def years_after(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 28 February."""
    year = min(max(day.year + years, 1), MAXYEAR)
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))


def at_age(birth: DateSpan, years: int) -> DateSpan:
    """The days on which somebody born in `birth` was so many completed years old."""
    first = years_after(birth.first, years)
    last = days_after(years_after(birth.last, years + 1), -1)
    return DateSpan(first, max(first, last))
