"""Lengths of time in a text, wherever they belong: `6 weeks`, `3/12`, `since March`, `yesterday`."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from cds_service.evidence.text import duration_words as lexicon

MAX_DURATION: Final = 36_500
"""Days that stand for `no upper end stated`, and the longest duration that is read."""

_TOKEN: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,2})?|\.[0-9]|[^\W\d_]+|[^\s\w]|\n|\w", re.ASCII)
_HOURS_A_DAY: Final = 24
_FEWEST_HOURS: Final = 12
"""Shorter ones are how long an attack or the stiffness of a morning lasts."""
_HALF: Final = 0.5
_LARGEST_AMOUNT: Final = 200
_YEARS: Final = range(1900, 2101)
_YEAR_DIGITS: Final = 4
_DAY_DIGITS: Final = 2
_ORDINALS: Final = ("st", "nd", "rd", "th")


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a word or a sign, in lower case, and where it stands."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time in the tokens `first` to `end` (not included), in days, both included."""

    first: int
    end: int
    least: int
    most: int
    kind: Literal["amount", "ago", "since", "day"]
    """amount: `6 weeks`; ago: `6 weeks ago`; since: since a day, month or year; day: today, yesterday."""
    prefix: frozenset[str] = frozenset()
    """Words directly before the amount that belong to it, now among its tokens."""


def tokens_of(text: str) -> list[Token]:
    """Cut a folded text into numbers, words and signs."""
    return [
        Token(match.group().lower(), match.start(), match.end()) for match in _TOKEN.finditer(text)
    ]


def word_at(tokens: Sequence[Token], at: int) -> str:
    """The word at a place, empty beyond both ends."""
    return tokens[at].word if 0 <= at < len(tokens) else ""


def lengths(tokens: Sequence[Token], written_on: date | None) -> Iterator[Length]:
    """Every length of time in the text, from left to right."""
    at = 0
    while at < len(tokens):
        length = (
            _fraction(tokens, at)
            or _amount_of_units(tokens, at)
            or _since(tokens, at, written_on)
            or _named_day(tokens, at)
        )
        if length is None:
            at += 1
            continue
        yield _qualified(tokens, length)
        at = length.end


def _qualified(tokens: Sequence[Token], length: Length) -> Length:
    """The length with the words before and after it that bound it: `> 6 weeks`, `6 weeks or more`."""
    first = length.first
    prefix = {tokens[first].word}
    while word_at(tokens, first - 1) in lexicon.PREFIXES:
        first -= 1
        prefix.add(tokens[first].word)
    if word_at(tokens, first) == "to":
        first += -1 if word_at(tokens, first - 1) == "up" else 1
    end, is_open = length.end, False
    if word_at(tokens, end) in ("+", "plus"):
        end, is_open = end + 1, True
    elif word_at(tokens, end) == "or" and word_at(tokens, end + 1) in ("more", "longer"):
        end, is_open = end + 2, True
    least, most = length.least, length.most
    if length.kind in ("amount", "ago"):
        least, most = _bounds(least, most, prefix)
        most = MAX_DURATION if is_open else most
    return replace(length, first=first, end=end, least=least, most=most, prefix=frozenset(prefix))


def _bounds(least: int, most: int, prefix: set[str]) -> tuple[int, int]:
    if "to" in prefix or {"<", "="} <= prefix:
        return 0, least
    if not prefix.isdisjoint(("<", "under", "less")):
        return 0, max(least - 1, 0)
    if not prefix.isdisjoint(("nearly", "almost")):
        return max(2 * least - most - 1, 0), least
    if not prefix.isdisjoint(("least", "=", "+")):
        return least, MAX_DURATION
    is_over = not prefix.isdisjoint((">", "over", "more", "longer", "greater"))
    if is_over and prefix.isdisjoint(("past", "last")):  # over the past 6 weeks
        return least + 1, MAX_DURATION
    return least, most


def _touches(tokens: Sequence[Token], at: int) -> bool:
    """True when no white space stands before this token."""
    return 0 < at < len(tokens) and tokens[at - 1].end == tokens[at].start


def _is_part_of_something(tokens: Sequence[Token], at: int) -> bool:
    """`L4`, `120/80`, `2026-03`: digits that belong to what touches them on the left; `x3` does not."""
    if not _touches(tokens, at):
        return False
    before = word_at(tokens, at - 1)
    return not (before in "~<>=(?,.:;+[\n" or (before == "x" and not _touches(tokens, at - 1)))


def _fraction(tokens: Sequence[Token], at: int) -> Length | None:
    """3/52, 2-3/7."""
    end = at
    numbers = []
    for _ in range(2):
        word = word_at(tokens, end)
        if not word.isdecimal():
            return None
        numbers.append(int(word))
        sign = word_at(tokens, end + 1)
        if sign != "-":
            break
        end += 2
    below = word_at(tokens, end + 2)
    unit = lexicon.UNIT_OF_FRACTION.get(below)
    if word_at(tokens, end + 1) != "/" or unit is None or not _touches(tokens, end + 2):
        return None
    after = word_at(tokens, end + 3)
    is_date_or_more = _touches(tokens, end + 3) and (after in "/-" or after.isalnum())
    too_many = not 0 < numbers[-1] <= lexicon.LARGEST_FRACTION[below] or numbers[0] > numbers[-1]
    level_before = word_at(tokens, at - 1) in lexicon.NOT_A_FRACTION_BEFORE
    if too_many or is_date_or_more or level_before or _is_part_of_something(tokens, at):
        return None
    days = lexicon.DAYS_PER_UNIT[unit]
    return Length(at, end + 3, numbers[0] * days, (numbers[-1] + 1) * days - 1, "amount")


def _amount_of_units(tokens: Sequence[Token], at: int) -> Length | None:
    """6 weeks, 3-4 wks, a couple of months, several years, for months."""
    amount = _amount(tokens, at)
    if amount is None:
        return None
    low, high, end = amount
    if word_at(tokens, end) == "-" and _touches(tokens, end):
        end += 1
    unit = lexicon.UNIT_OF_WORD.get(word_at(tokens, end))
    if unit is None or not _is_whole_unit(tokens, end):
        return None
    span = _days(low, high, unit)
    if span is None:
        return None
    end += 1
    half = [word_at(tokens, end + step) for step in range(3)] == ["and", "a", "half"]
    if half:
        extra = int(lexicon.DAYS_PER_UNIT.get(unit, 0) * _HALF)
        span = (span[0] + extra, span[1] + extra)
        end += 3
    if word_at(tokens, end) == "ago" or (
        word_at(tokens, end) == "back" and word_at(tokens, end + 1) not in lexicon.SYMPTOMS
    ):
        return Length(at, end + 1, *span, "ago")
    return Length(at, end, *span, "amount")


def _is_whole_unit(tokens: Sequence[Token], at: int) -> bool:
    """Not the `w` of `w/`, the `y` of `y/o`, the `d` of `d/c`; nor a rate like `days/week`."""
    after = word_at(tokens, at + 1)
    if after == "/":
        return False
    return not (after == "'" and len(word_at(tokens, at)) == 1)


def _amount(tokens: Sequence[Token], at: int) -> tuple[float, float, int] | None:
    """Least and most units, and the token after the amount."""
    word = word_at(tokens, at)
    if word in ("a", "an", "past", "last"):
        return _article_amount(tokens, at)
    if word in lexicon.VAGUE_AMOUNTS:
        low, high = lexicon.VAGUE_AMOUNTS[word]
        return low, high, at + 1 + (word_at(tokens, at + 1) == "of")
    if word in ("for", "x", "of") and word_at(tokens, at + 1) in lexicon.BARE_PLURALS:
        return *lexicon.BARE_AMOUNT, at + 1
    first = None if _is_part_of_something(tokens, at) else _number(word)
    return None if first is None else _rest_of_amount(tokens, at + 1, first)


def _rest_of_amount(tokens: Sequence[Token], end: int, first: float) -> tuple[float, float, int]:
    following = [word_at(tokens, end + step) for step in range(3)]
    if following[0] == "+":
        return first, float(MAX_DURATION), end + 1
    if following == ["and", "a", "half"]:
        return first + _HALF, first + _HALF, end + 3
    if following[0] in ("-", "to", "or"):
        second = _number(following[1])
        if second is not None and second >= first:
            return first, second, end + 2
    return first, first, end


def _article_amount(tokens: Sequence[Token], at: int) -> tuple[float, float, int] | None:
    """`a week`, `half a year`, `the last month`: one; `a few weeks` is read at `few`."""
    if word_at(tokens, at + 1) not in lexicon.UNIT_OF_WORD or len(word_at(tokens, at + 1)) == 1:
        return None
    before = word_at(tokens, at - 1)
    if word_at(tokens, at) in ("past", "last") and before in lexicon.ONSETS:
        return None
    if word_at(tokens, at) == "last" and before not in lexicon.BEFORE_THE_LAST:
        return None  # "pain last week" was then, "pain for the last week" is how long
    if before == "half":
        return _HALF, _HALF, at + 1
    return 1, 1, at + 1


def _number(word: str) -> float | None:
    if word in lexicon.AMOUNT_OF_WORD:
        return lexicon.AMOUNT_OF_WORD[word]
    if not word[-1:].isdecimal():
        return None
    number = float(word)
    return number if 0 < number <= _LARGEST_AMOUNT else None


def _days(low: float, high: float, unit: str) -> tuple[int, int] | None:
    if unit == "hour":
        if low < _FEWEST_HOURS:
            return None
        return int(low) // _HOURS_A_DAY, -(-int(high) // _HOURS_A_DAY)
    days = lexicon.DAYS_PER_UNIT[unit]
    if high == MAX_DURATION:
        return int(low * days), MAX_DURATION
    step = 1.0 if high == int(high) else _HALF
    least, most = int(low * days), int((high + step) * days) - 1
    return (least, max(least, most)) if most <= MAX_DURATION else None


def _named_day(tokens: Sequence[Token], at: int) -> Length | None:
    """`yesterday`, `this morning`; a day counts as an onset only where the text says so (`_topic_of`)."""
    word, after = word_at(tokens, at), word_at(tokens, at + 1)
    if word == "yesterday":
        return Length(at, at + 1, 1, 1, "day")
    if word in ("today", "tonight"):
        return Length(at, at + 1, 0, 0, "day")
    if word == "this" and after in ("morning", "afternoon", "evening"):
        return Length(at, at + 2, 0, 0, "day")
    if word == "last" and after == "night":
        return Length(at, at + 2, 0, 1, "day")
    return None


def _since(tokens: Sequence[Token], at: int, written_on: date | None) -> Length | None:
    """`since March`, `onset 2026-03-12`, `began in 2024`, `since last week`."""
    if word_at(tokens, at) not in lexicon.ONSETS:
        return None
    start = at + 1
    while start < at + 4 and word_at(tokens, start) in lexicon.BETWEEN_ONSET_AND_DATE:
        start += 1
    relative = _relative_since(tokens, start)
    if relative is not None:
        end, least, most = relative
        return Length(at, end, least, most, "since")
    if written_on is None:
        return None
    span = _calendar_span(tokens, start, written_on)
    if span is None:
        return None
    end, first, last = span
    if first > written_on:
        return None
    least = max((written_on - last).days, 0)
    most = (written_on - first).days
    return Length(at, end, least, most, "since") if most <= MAX_DURATION else None


def _relative_since(tokens: Sequence[Token], at: int) -> tuple[int, int, int] | None:
    """End, least and most days of what needs no date."""
    word, after = word_at(tokens, at), word_at(tokens, at + 1)
    if word == "last" and after in lexicon.WEEKDAYS:
        return at + 2, 1, 13
    if word in lexicon.WEEKDAYS:
        return at + 1, 0, 7
    if word == "last" and after in ("week", "month", "year"):
        return at + 2, 1, 2 * lexicon.DAYS_PER_UNIT[after] + (after == "month")
    return None


def _calendar_span(
    tokens: Sequence[Token], at: int, written_on: date
) -> tuple[int, date, date] | None:
    """End token, first and last day of a day, month or year."""
    return _numeric_span(tokens, at) or _named_month_span(tokens, at, written_on)


def _numeric_span(tokens: Sequence[Token], at: int) -> tuple[int, date, date] | None:
    """2024, 2026-03, 2026-03-12, 03/2026. Never 3/12/2026 or 3/12: which of them is the month is not known."""
    words = [word_at(tokens, at + step) for step in range(5)]
    if not words[0].isdecimal():
        return None
    if words[1] == "/" and _is_year(words[2]):
        return _span(at + 3, int(words[2]), words[0], "")
    if not _is_year(words[0]):
        return None
    if words[1] in ("-", "/") and words[2].isdecimal():
        if words[3] == words[1] and words[4].isdecimal():
            return _span(at + 5, int(words[0]), words[2], words[4])
        return _span(at + 3, int(words[0]), words[2], "")
    return at + 1, date(int(words[0]), 1, 1), date(int(words[0]), 12, 31)


def _named_month_span(
    tokens: Sequence[Token], at: int, written_on: date
) -> tuple[int, date, date] | None:
    """March, March 2026, 12 March, March 12th, 2026; a month without a year is the latest one."""
    if word_at(tokens, at) == "last":
        at += 1
    day = word_at(tokens, at) if word_at(tokens, at).isdecimal() else ""
    if day:
        at += 1
        while word_at(tokens, at) in (*_ORDINALS, "of"):
            at += 1
    month, end = lexicon.MONTHS.get(word_at(tokens, at)), at + 1
    if month is None:
        return None
    after = word_at(tokens, end)
    if not day and after.isdecimal() and len(after) <= _DAY_DIGITS:
        day = after
        end += 2 if word_at(tokens, end + 1) in _ORDINALS else 1
    comma = int(word_at(tokens, end) == ",")
    if _is_year(word_at(tokens, end + comma)):
        return _span(end + comma + 1, int(word_at(tokens, end + comma)), str(month), day)
    first = _first_day(written_on.year, month, day)
    is_to_come = first is not None and first > written_on
    return _span(end, written_on.year - is_to_come, str(month), day)


def _is_year(word: str) -> bool:
    return len(word) == _YEAR_DIGITS and word.isdecimal() and int(word) in _YEARS


def _span(end: int, year: int, month: str, day: str) -> tuple[int, date, date] | None:
    first = _first_day(year, int(month), day)
    if first is None:
        return None
    if day:
        return end, first, first
    return end, first, first.replace(day=monthrange(first.year, first.month)[1])


def _first_day(year: int, month: int, day: str) -> date | None:
    try:
        return date(year, month, int(day or 1))
    except ValueError:
        return None
