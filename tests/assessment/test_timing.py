"""Days, windows and ages: both ends are included."""

from __future__ import annotations

from datetime import date

import pytest

from cds_service.assessment.timing import (
    completed_years,
    days_before,
    days_earlier,
    is_within,
    least_age,
    newest_first,
    settled,
    today_span,
)
from cds_service.evidence.model import DateSpan
from tests.assessment.charts import DAY, ago, spanning


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (None, (None, False)),
        (ago(3), (ago(3), False)),
        (ago(0), (ago(0), False)),
        (ago(-1), (ago(0), False)),
        (ago(-2), (None, True)),
        (spanning(0, -300), (spanning(0, -300), False)),
        (spanning(-1, -300), (ago(0), False)),
        (spanning(-2, -300), (None, True)),
    ],
)
def test_tomorrow_counts_as_today_and_the_day_after_has_no_date(
    span: DateSpan | None, expected: tuple[DateSpan | None, bool]
) -> None:
    assert settled(span, DAY, 1) == expected


@pytest.mark.parametrize(
    ("span", "days", "min_days", "expected"),
    [
        (ago(30), 30, 0, True),
        (ago(31), 30, 0, False),
        (ago(0), 0, 0, True),
        (ago(1), 0, 0, False),
        (ago(-1), 0, 0, False),
        (spanning(2, -2), 0, 0, True),
        (ago(30), 90, 31, False),
        (ago(31), 90, 31, True),
        (spanning(31, 20), 90, 31, True),
        (spanning(100, 90), 90, 31, True),
        (spanning(100, 91), 90, 31, False),
    ],
)
def test_a_window_includes_both_its_ends(
    span: DateSpan, days: int, min_days: int, expected: bool
) -> None:
    assert is_within(span, DAY, days, min_days) is expected


def test_days_are_counted_from_the_last_day_that_a_date_may_mean() -> None:
    assert days_before(ago(5).last, DAY) == 5
    assert days_before(ago(-5).last, DAY) == -5
    assert least_age(spanning(40, 12), DAY) == 12
    assert least_age(ago(1), DAY) == 1
    assert least_age(ago(-3), DAY) == 0
    assert newest_first(None) > newest_first(ago(9000)) > newest_first(ago(2))
    assert today_span(DAY) == ago(0)


@pytest.mark.parametrize(
    ("birth", "years"),
    [
        (ago(0), 0),
        (DateSpan(date(1976, 6, 15), date(1976, 6, 15)), 50),
        (DateSpan(date(1976, 6, 16), date(1976, 6, 16)), 49),
        (DateSpan(date(1976, 7, 1), date(1976, 7, 1)), 49),
        (DateSpan(date(1976, 5, 31), date(1976, 5, 31)), 50),
        (DateSpan(date(1976, 1, 1), date(1976, 12, 31)), 49),
    ],
)
def test_an_age_is_that_of_the_latest_birthday_the_date_allows(birth: DateSpan, years: int) -> None:
    assert completed_years(birth, DAY) == years


def test_no_window_reaches_before_the_first_day_of_the_calendar() -> None:
    assert days_earlier(DAY, 15) == date(2026, 5, 31)
    assert days_earlier(date(1, 1, 3), 2) == date(1, 1, 1)
    assert days_earlier(date(1, 1, 3), 400) == date(1, 1, 1)
    assert days_earlier(DAY, 0) == DAY
