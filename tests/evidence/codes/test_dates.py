"""Dates count as they are written, with the precision that they have."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.evidence.codes.dates import at_age, days_after, read_date, years_after
from cds_service.evidence.model import DateSpan


def span(first: str, last: str | None = None) -> DateSpan:
    """A span of days."""
    return DateSpan(date.fromisoformat(first), date.fromisoformat(last or first))


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-14",
        "2026-06-14T23:59:59Z",
        "2026-06-14T23:59:59.615616774Z",
        "2026-06-14T00:30:00+14:00",
        "2026-06-14T08:00:00.000-05:00",
        "2026-06-14T08:00",
        "2026-06-14 08:00:00",
        "2026-06-14T16: 09: 08.000Z",
        " 2026-06-14 ",
        "2026-06-14Z",
        "2026-06-14+02:00",
    ],
)
def test_a_day_is_the_day_as_written_whatever_time_and_zone_stand_behind_it(text: str) -> None:
    """The zone never moves a finding to another day."""
    assert read_date(text) == span("2026-06-14")


def test_a_year_is_all_of_its_days() -> None:
    """`YYYY`."""
    assert read_date("2024") == span("2024-01-01", "2024-12-31")


def test_a_month_is_all_of_its_days_also_in_a_leap_year() -> None:
    """`YYYY-MM`."""
    assert read_date("2024-02") == span("2024-02-01", "2024-02-29")
    assert read_date("2023-02") == span("2023-02-01", "2023-02-28")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-13",
        "2026-00",
        "2026-02-30",
        "0000",
        "0001-01-01T00:00:00Z",
        "0001",
        "yesterday",
        "three days ago",
        "$date$",
        "X2002-09-26",
        "06/14/2026",
        "2026/06/14",
        "14-06-2026",
        "20260614",
        "2026-W24-7",
        "2026-06-145",
        "2026-06-14x",
        "２０２６-06-14",
        None,
        20260614,
        True,
        ["2026-06-14"],
        {"start": "2026-06-14"},
    ],
)
def test_what_is_no_possible_day_is_no_date(text: object) -> None:
    """A near-miss is undated, never another day."""
    assert read_date(text) is None


def test_the_end_of_time_of_some_databases_lies_ahead() -> None:
    """An open end is a day that has not come."""
    assert read_date("9999-12-31") == span("9999-12-31")


def test_an_age_is_the_year_between_two_birthdays() -> None:
    """Forty years old, born 20 May 1960."""
    assert at_age(span("1960-05-20"), 40) == span("2000-05-20", "2001-05-19")


def test_an_age_of_somebody_born_in_a_year_spans_two_years() -> None:
    """The birth date has the precision of a year."""
    assert at_age(span("1960-01-01", "1960-12-31"), 40) == span("2000-01-01", "2001-12-30")


def test_a_birthday_on_29_february_is_kept_on_the_28th() -> None:
    """In years that have no 29 February."""
    assert years_after(date(2024, 2, 29), 1) == date(2025, 2, 28)


def test_days_stop_at_the_ends_of_the_calendar() -> None:
    """A supply of a million days does not raise."""
    assert days_after(date(2026, 1, 1), 10**9) == date.max
    assert days_after(date(2026, 1, 1), -(10**9)) == date.min


@given(st.one_of(st.text(max_size=40), st.dates().map(str), st.from_regex(r"\d{4}-\d{2}-\d{2}.*")))
def test_any_text_is_a_span_or_nothing(text: str) -> None:
    """Reading a date never raises."""
    found = read_date(text)
    assert found is None or found.first <= found.last
