"""Windows of days. In a window when 0 <= as_of - d <= days, both ends included."""

from __future__ import annotations

from datetime import date

from cds_service.evidence.model import DateSpan

ANY_TIME = 365_000
"""Days of a window that never closes, for statements without a look-back of their own."""


def days_before(span_end: date, as_of: date) -> int:
    """Whole days from a day to `as_of`; negative when it lies ahead."""
    return as_of.toordinal() - span_end.toordinal()


def settled(span: DateSpan | None, as_of: date, future_days: int) -> tuple[DateSpan | None, bool]:
    """The span as it may be used, and whether it lies too far ahead to be used.

    Up to `future_days` ahead counts as today (time zones made today's finding a future date and lost it);
    later is undated.
    """
    if span is None or span.first <= as_of:
        return span, False
    if days_before(span.first, as_of) >= -future_days:
        return DateSpan(as_of, as_of), False
    return None, True


def is_within(span: DateSpan, as_of: date, days: int, min_days: int = 0) -> bool:
    """True when any day of the span lies between `min_days` and `days` before `as_of`, both included."""
    today = as_of.toordinal()
    return today - span.last.toordinal() <= days and today - span.first.toordinal() >= min_days


def least_age(span: DateSpan, as_of: date) -> int:
    """Days since the span at the least: since its last day, never below 0."""
    return max(days_before(span.last, as_of), 0)


def completed_years(birth: DateSpan, on: date) -> int:
    """Age in completed years; a birth date of lower precision gives the youngest age."""
    born = birth.last
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def days_earlier(day: date, days: int) -> date:
    """The day so many days before, never before year 1."""
    return date.fromordinal(max(1, day.toordinal() - days))


def newest_first(span: DateSpan | None) -> int:
    """Sort key: newest first, undated last."""
    return -span.last.toordinal() if span is not None else 0


def today_span(as_of: date) -> DateSpan:
    """The day itself as a span."""
    return DateSpan(as_of, as_of)
