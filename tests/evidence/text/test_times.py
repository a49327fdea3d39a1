"""Amounts of time in a text, each with the words that it stands in, at the edges of what is one."""

from __future__ import annotations

from datetime import date

import pytest

from cds_service.evidence.text.items import Itemizer
from cds_service.evidence.text.lexicon import Lexicon
from cds_service.evidence.text.times import MAX_DAYS, TimeReader
from tests.shipped import guideline

_ITEMIZER = Itemizer(Lexicon(guideline().language))
_TIMES = TimeReader(guideline().language)
_WRITTEN_ON = date(2026, 6, 15)  # a Monday


def shown(text: str, written_on: date | None = _WRITTEN_ON) -> list[str]:
    """`kind least-most [first-end]` of each, in words."""
    items = _ITEMIZER.items(text)
    found = _TIMES.times(items, written_on, has_fraction="/" in text)
    return [
        f"{time.kind} {time.least}-{'' if time.most == MAX_DAYS else time.most} "
        f"[{time.first}-{time.end}]"
        for time in found
    ]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("22/7", ""),
        ("0/7", ""),
        ("104/52", "amount 728-734 [0-1]"),
        ("105/52", ""),
        ("37/12", ""),
        ("24/7", ""),
        ("2-3/52", "amount 14-27 [0-2]"),
        ("3-2/52", "amount 14-20 [1-2]"),
        ("pain 3/12 ago", "amount 90-119 [1-2]"),
        ("6 weeks", "amount 42-48 [0-2]"),
        ("6 wks ago", "ago 42-48 [0-3]"),
        ("6 weeks back pain", "amount 42-48 [0-2]"),
        ("6 weeks back", "ago 42-48 [0-3]"),
        ("200 days", "amount 200-200 [0-2]"),
        ("201 days", ""),
        ("0 weeks", ""),
        ("0.5 years", "amount 182-364 [0-2]"),
        ("1.5 weeks", "amount 10-13 [0-2]"),
        ("2,5 months", "amount 75-89 [0-2]"),
        ("11 hours", "amount 0-0 [0-2]"),
        ("12 hours", "amount 0-1 [0-2]"),
        ("13 hours", "amount 0-1 [0-2]"),
        ("36 hrs", "amount 1-2 [0-2]"),
        ("48 h", "amount 2-2 [0-2]"),
        ("2 fortnights", "amount 28-41 [0-2]"),
        ("a fortnight", "amount 14-27 [0-2]"),
        ("an hour", "amount 0-0 [0-2]"),
        ("half a year", "amount 182-364 [0-3]"),
        ("half year", "amount 182-364 [0-2]"),
        ("half an hour", "amount 0-0 [0-3]"),
        ("last week", "past 1-14 [0-2]"),
        ("the last week", "amount 7-13 [0-3]"),
        ("for the last month", "amount 30-59 [0-4]"),
        ("in last 3 months", "amount 90-119 [1-4]"),
        ("3 or 4 weeks", "amount 21-34 [0-4]"),
        ("4 or 3 weeks", "amount 21-27 [2-4]"),
        ("3 to 4 weeks", "amount 21-34 [0-4]"),
        ("3-4 weeks", "amount 21-34 [0-3]"),
        ("3 4 weeks", "amount 28-34 [1-3]"),
        ("two and a half months", "amount 75-89 [0-5]"),
        ("2 weeks and a half", "amount 17-23 [0-5]"),
        ("6+ weeks", "amount 42- [0-3]"),
        ("6 weeks+", "amount 42- [0-3]"),
        ("6 weeks plus", "amount 42- [0-3]"),
        ("6 weeks or more", "amount 42- [0-4]"),
        ("6 weeks or so", "amount 42-48 [0-2]"),
        ("6 weeks or longer", "amount 42- [0-4]"),
        ("more than 6 weeks", "amount 43- [0-4]"),
        ("> 6 weeks", "amount 43- [0-2]"),
        (">= 6 weeks", "amount 42- [0-2]"),
        ("≥6 weeks", "amount 42- [0-2]"),
        ("< 6 weeks", "amount 0-41 [0-2]"),
        ("<= 6 weeks", "amount 0-42 [0-2]"),
        ("less than 6 weeks", "amount 0-41 [0-4]"),
        ("under 6 weeks", "amount 0-41 [0-3]"),
        ("up to 6 weeks", "amount 0-42 [0-4]"),
        ("at least 6 weeks", "amount 42- [0-4]"),
        ("almost 6 weeks", "amount 35-42 [0-3]"),
        ("nearly a year", "amount 0-365 [0-3]"),
        ("over 6 weeks", "amount 43- [0-3]"),
        ("over the last 6 weeks", "amount 42-48 [0-5]"),
        ("about 6 weeks", "amount 42-48 [0-3]"),
        ("approx. 6 weeks", "amount 42-48 [0-3]"),
        ("3 days a week", ""),
        ("3 times per week", ""),
        ("3 days per week for 2 weeks", "amount 14-20 [4-7]"),
        ("a week", "amount 7-13 [0-2]"),
        ("several weeks", "amount 14-90 [0-2]"),
        ("a few days", "amount 2-6 [0-3]"),
        ("a couple of weeks", "amount 14-27 [0-4]"),
        ("for weeks", "amount 14-90 [0-2]"),
        ("weeks", ""),
        ("for months", "amount 60-389 [0-2]"),
        ("since yesterday", "since 1-1 [0-2]"),
        ("yesterday", "day 1-1 [0-1]"),
        ("today", "day 0-0 [0-1]"),
        ("this morning", "day 0-0 [0-2]"),
        ("last night", "day 0-1 [0-2]"),
        ("since this morning", "since 0-0 [0-3]"),
        ("since last week", "since 1-14 [0-3]"),
        ("since monday", "since 0-7 [0-2]"),
        ("since March", "since 76-106 [0-2]"),
        ("since July", "since 319-349 [0-2]"),
        ("since June", "since 0-14 [0-2]"),
        ("since 16 June", "since 364-364 [0-3]"),
        ("since 15 June", "since 0-0 [0-3]"),
        ("since 14 June", "since 1-1 [0-3]"),
        ("since mid March", "since 76-106 [0-3]"),
        ("since early 2026", "since 0-165 [0-3]"),
        ("since 2026", "since 0-165 [0-2]"),
        ("since 2027", ""),
        ("since 1950", "since 27560-27924 [0-2]"),
        ("since 1949", ""),
        ("since 03/2026", "since 76-106 [0-3]"),
        ("since 13/2025", ""),
        ("since 3/26", ""),
        ("since 2026-03", "since 76-106 [0-3]"),
        ("since 2026-03-12", "since 95-95 [0-4]"),
        ("since 2026-13", ""),
        ("since 2026-03-32", "since 76-106 [0-3]"),
        ("since 30 February", ""),
        ("since 29 February 2024", "since 837-837 [0-4]"),
        ("since 29 February 2025", ""),
        ("since March 5", "since 102-102 [0-3]"),
        ("since March 5th", "since 102-102 [0-4]"),
        ("since 5th March 2025", "since 467-467 [0-5]"),
        ("since December 2025", "since 166-196 [0-3]"),
        ("onset March 2026", "since 76-106 [0-3]"),
        ("began in 2025", "since 166-530 [0-3]"),
        ("started 3 weeks ago", "ago 21-27 [1-4]"),
        ("100 years", ""),
        ("99 years", "amount 36135-36499 [0-2]"),
        ("101 years", ""),
        ("3 d", "amount 3-3 [0-2]"),
        ("vor 3 Wochen", "ago 21-27 [1-3]"),
        ("seit 3 Wochen", "amount 21-27 [0-3]"),
        ("vor etwa 3 Wochen", "ago 21-27 [1-4]"),
        ("seit März", "since 76-106 [0-2]"),
        ("il y a environ 3 semaines", "ago 21-27 [2-6]"),
        ("depuis 3 semaines", "amount 21-27 [0-3]"),
        ("depuis mars", "since 76-106 [0-2]"),
        ("hace 3 semanas", "either 21-27 [0-3]"),
        ("desde hace 3 semanas", "amount 21-27 [1-4]"),
        ("desde marzo", "since 76-106 [0-2]"),
        ("da 3 settimane", "amount 21-27 [0-3]"),
        ("3 settimane fa", "ago 21-27 [0-3]"),
        ("3 недели назад", "ago 21-27 [0-3]"),
    ],
)
def test_an_amount_of_time_is_so_many_days_and_stands_in_so_many_words(
    text: str, time: str
) -> None:
    assert shown(text) == ([time] if time else [])


@pytest.mark.parametrize("text", ["since March", "since 2024", "since 03/2026", "since 2026-03-12"])
def test_without_a_day_of_writing_no_date_is_an_amount_of_time(text: str) -> None:
    assert shown(text, None) == []


@pytest.mark.parametrize(
    ("text", "time"), [("since yesterday", "since 1-1 [0-2]"), ("6 weeks", "amount 42-48 [0-2]")]
)
def test_without_a_day_of_writing_what_needs_no_date_is_read(text: str, time: str) -> None:
    assert shown(text, None) == [time]


def test_a_text_may_name_several_times_and_each_is_read() -> None:
    assert shown("pain for 6 weeks, fell 3 days ago, worse since yesterday") == [
        "amount 42-48 [1-4]",
        "ago 3-3 [5-8]",
        "since 1-1 [9-11]",
    ]


def test_time_is_counted_back_over_the_turn_of_a_year() -> None:
    assert shown("since December", date(2026, 1, 10)) == ["since 10-40 [0-2]"]
    assert shown("since January", date(2026, 1, 10)) == ["since 0-9 [0-2]"]
    assert shown("since 29 February", date(2024, 3, 1)) == ["since 1-1 [0-3]"]
