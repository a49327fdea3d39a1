"""Moments: the day, and where it is known the second, that an order is judged at; what lies after it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from msgspec import Struct

from cds_service.evidence.codes.dates import days_after, read_date

_DAY_LENGTH: Final = 10


class Moment(Struct, frozen=True, gc=False):
    """When an order was written, or a study done."""

    day: date
    instant: datetime | None = None
    """None: only the day is known, and whatever happened on that day may have been before."""

    @property
    def text(self) -> str:
        """ISO day or time."""
        return self.day.isoformat() if self.instant is None else self.instant.isoformat()


def read_moment(text: object) -> Moment | None:
    """The moment of a FHIR date that is exact to the day at least; None for any other text."""
    span = read_date(text)
    if span is None or not span.is_exact:
        return None
    return Moment(span.first, _instant(str(text)))


def earliest(moments: list[Moment]) -> Moment | None:
    """The first of them: by day, then by the time, where it can be compared; None of none."""
    first: Moment | None = None
    for moment in moments:
        if first is None or is_before(moment, first):
            first = moment
    return first


class Horizon:
    """Tells dates that lie after a moment. Asked of every date of a chart, so most are told by their text alone."""

    __slots__ = ("_moment", "_surely_after", "_surely_before")

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        # A time zone moves a day by one at most.
        self._surely_before = days_after(moment.day, -1).isoformat()
        self._surely_after = days_after(moment.day, 1).isoformat()

    def is_after(self, text: str) -> bool:
        """True for a FHIR date that lies wholly after the moment; False for a text that is no date."""
        day = text[:_DAY_LENGTH]
        if len(day) == _DAY_LENGTH and day[:1].isdecimal():
            if day < self._surely_before:
                return False
            if day > self._surely_after:
                return read_date(text) is not None
        moment = self._moment
        then = _instant(text) if moment.instant is not None else None
        if then is not None and moment.instant is not None and _are_alike(then, moment.instant):
            return then > moment.instant
        span = read_date(text)
        return span is not None and span.first > moment.day


def _instant(text: str) -> datetime | None:
    if len(text) <= _DAY_LENGTH:
        return None
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def _are_alike(one: datetime, other: datetime) -> bool:
    return (one.tzinfo is None) == (other.tzinfo is None)


def is_before(one: Moment, other: Moment) -> bool:
    """True when one is before the other, by the second where both are known so, else by the day."""
    if (
        one.instant is not None
        and other.instant is not None
        and _are_alike(one.instant, other.instant)
    ):
        return one.instant < other.instant
    return one.day < other.day
