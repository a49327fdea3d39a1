"""Amounts of time in a text, wherever they belong: `6 weeks`, `3/12`, `since March`, `yesterday`."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple

from cds_service.evidence.text.folding import folded
from cds_service.evidence.text.items import Items
from cds_service.evidence.text.tokens import (
    BREAKS_PHRASE,
    EQUAL,
    LESS,
    MORE,
    RANGE,
    SLASH,
    words_of,
)
from cds_service.evidence.text.word_lists import ENGLISH
from cds_service.knowledge.language import Language, TimeWords, Tongue, Unit

MAX_DAYS: Final = 36_500
"""Days that stand for `no upper end stated`, and the longest time that is read."""

_DAYS: Final[dict[Unit, float]] = {
    "day": 1.0,
    "week": 7.0,
    "fortnight": 14.0,
    "month": 30.0,
    "year": 365.0,
    "hour": 1 / 24,
}
"""Calendar units as days, rounded as the guideline rounds a month."""
_FEWEST_HOURS: Final = 12
"""Shorter ones are how long an attack or the stiffness of a morning lasts."""
_UNIT_OF_FRACTION: Final[dict[str, Unit]] = {"7": "day", "52": "week", "12": "month"}
_LARGEST_FRACTION: Final = {"7": 21, "52": 104, "12": 36}
"""No one writes more; 24/7 is no amount of time."""
_LARGEST_AMOUNT: Final = 200
_BARE: Final = (2.0, 12.0)
_YEARS: Final = range(1950, 2101)
_MONTHS_IN_YEAR: Final = 12
_DAYS_IN_MONTH: Final = 31
_HALF: Final = 0.5
_MOST_DIGITS: Final = 4
_BEFORE_LAST: Final = ("the", "for", "over", "in", "during", "x")
"""Before `last week` they make it a length: the pain last week was then, for the last week is how long."""
_AND_A_HALF: Final = ["and", "a", "half"]
_ARTICLES: Final = ("a", "an", "past", "last", "half")

Kind = Literal["amount", "ago", "either", "since", "day", "past"]


class Time(NamedTuple):
    """An amount of time in the words `first` to `end` (not included), in days, both included."""

    first: int
    end: int
    least: int
    most: int
    kind: Kind
    """amount: `6 weeks`; ago: `6 weeks ago`; either: words that say both (`hace 6 semanas`); since: since a day, month
    or year; day: today, yesterday; past: last week, which is when and never how long."""


class _Named(NamedTuple):
    """A phrase for a day or a span of days."""

    words: tuple[str, ...]
    least: int
    most: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of time of one language, with those of English."""

    units: dict[str, Unit]
    numbers: dict[str, float]
    months: dict[str, int]
    vague: dict[str, tuple[float, float]]
    plurals: frozenset[str]
    days: dict[str, tuple[_Named, ...]]
    since: frozenset[str]
    lasting: frozenset[str]
    over: frozenset[str]
    under: frozenset[str]
    almost: frozenset[str]
    at_least: frozenset[str]
    about: frozenset[str]
    ago: frozenset[str]
    ago_before: frozenset[str]
    of: frozenset[str]
    not_before: frozenset[str]
    not_after: frozenset[str]
    then: frozenset[str]
    not_before_fraction: frozenset[str]
    looking_back: frozenset[str]
    other: frozenset[str]
    starts: frozenset[str]
    """A text without one of these and without a fraction names no time."""
    heads: frozenset[str]
    """Words that an amount of time may begin with, beside numbers."""
    bounds: frozenset[str]
    """Words before an amount that bound it, or change nothing."""
    passed_over: frozenset[str]
    """Of these, those that may stand between it and a word that makes it count back."""
    before_date: frozenset[str]
    """Words between `since` and a date."""
    after_lasting: frozenset[str]
    """Words before a unit that stands without an amount."""


class TimeReader:
    """Reads amounts of time. Built once; pure."""

    __slots__ = ("_words",)

    def __init__(self, language: Language) -> None:
        english = language.tongues.get(ENGLISH)
        self._words = {
            code: _compiled(tuple(t for t in (english, tongue) if t is not None))
            for code, tongue in language.tongues.items()
        }

    def words(self, language: str) -> _Words:
        """The words of time that count in a text of a language."""
        return self._words.get(language) or self._words[ENGLISH]

    def times(self, items: Items, written_on: date | None, *, has_fraction: bool) -> list[Time]:
        """Every amount of time, from left to right. Without `written_on` none that needs a date."""
        known = self.words(items.language)
        if known.starts.isdisjoint(items.words) and not has_fraction:
            return []
        return list(_Scan(known, items.words, items.gaps, written_on).times())


def _compiled(tongues: tuple[Tongue, ...]) -> _Words:
    own = tongues[-1]
    units = {
        folded(word): unit
        for tongue in tongues
        for unit, listed in tongue.units.items()
        for word in listed
        # why: the single letters of English units are words of other languages
        if tongue is own or len(word) > 1
    }
    days: dict[str, list[_Named]] = {}
    for tongue in tongues:
        kinds: tuple[tuple[Kind, Mapping[str, tuple[int, int]]], ...] = (
            ("day", tongue.time.days),
            ("past", tongue.time.past),
        )
        for kind, phrases in kinds:
            for phrase, (least, most) in phrases.items():
                words = tuple(words_of(folded(phrase)))
                days.setdefault(words[0], []).append(_Named(words, least, most, kind))
    times = tuple(tongue.time for tongue in tongues)
    plurals = _all(times, "plurals")
    since = _all(times, "since")
    lasting = _all(times, "lasting")
    about, over, almost = (_all(times, name) for name in ("about", "over", "almost"))
    numbers = {folded(w): n for tongue in tongues for w, n in tongue.numbers.items()}
    vague = {folded(w): v for time in times for w, v in time.vague.items()}
    return _Words(
        units=units,
        numbers=numbers,
        months={folded(w): n for tongue in tongues for w, n in tongue.months.items()},
        vague=vague,
        plurals=plurals,
        days={
            word: tuple(sorted(listed, key=lambda named: -len(named.words)))
            for word, listed in days.items()
        },
        since=since,
        lasting=lasting,
        over=over,
        under=_all(times, "under"),
        almost=almost,
        at_least=_all(times, "at_least"),
        about=about,
        ago=_all(times, "ago"),
        ago_before=_all(times, "ago_before"),
        of=_all(times, "of"),
        not_before=_all(times, "not_before"),
        not_after=_all(times, "not_after"),
        then=_all(times, "then"),
        not_before_fraction=_all(times, "not_before_fraction"),
        looking_back=_all(times, "looking_back"),
        other=_all(times, "other"),
        starts=frozenset((*units, *plurals, *days, *since)),
        heads=frozenset((*numbers, *vague, *plurals, *days, *since, *_ARTICLES)),
        bounds=about
        | over
        | almost
        | _all(times, "under")
        | _all(times, "at_least")
        | lasting
        | {"than", "at", "up", "to", "least"},
        passed_over=about | over | almost,
        before_date=about | {"in", "on", "early", "mid", "late", "last"},
        after_lasting=lasting | since | {"of"},
    )


def _all(times: tuple[TimeWords, ...], name: str) -> frozenset[str]:
    return frozenset(folded(word) for time in times for word in getattr(time, name))


class _Scan:
    """One pass over the words of a text."""

    __slots__ = ("_gaps", "_known", "_words", "_written_on")

    def __init__(
        self, known: _Words, words: list[str], gaps: list[int], written_on: date | None
    ) -> None:
        self._known = known
        self._words = words
        self._gaps = gaps
        self._written_on = written_on

    def times(self) -> Iterator[Time]:
        """From left to right."""
        heads, since = self._known.heads, self._known.since
        end = 0
        for at, word in enumerate(self._words):
            if at < end or not (word in heads or word[0].isdecimal()):
                continue
            found = self._fraction(at) if "/" in word else None
            found = found or self._amount(at)
            if found is None and word in since:
                found = self._since(at)
            if found is None:
                found = self._named_day(at)
            if found is not None:
                yield found
                end = found.end

    def _word(self, at: int) -> str:
        return self._words[at] if 0 <= at < len(self._words) else ""

    def _gap(self, at: int) -> int:
        return self._gaps[at] if 0 <= at < len(self._gaps) else BREAKS_PHRASE

    def _fraction(self, at: int) -> Time | None:
        """3/52, 2-3/7."""
        low, _, unit = self._word(at).partition("/")
        low = low.rstrip("+-")
        name = _UNIT_OF_FRACTION.get(unit)
        if name is None or not 0 < _small(low) <= _LARGEST_FRACTION[unit]:
            return None
        if self._word(at - 1) in self._known.not_before_fraction:
            return None
        first, least = at, int(low)
        if self._gap(at) & RANGE and 0 < _small(self._word(at - 1)) < least:
            first, least = at - 1, int(self._word(at - 1))
        days = int(_DAYS[name])
        return self._bounded(first, at + 1, least * days, (int(low) + 1) * days - 1, "amount")

    def _amount(self, at: int) -> Time | None:
        """6 weeks, 3-4 wks, a couple of months, several years, for months."""
        counted = self._counted(at)
        if counted is None:
            return None
        low, high, end = counted
        unit = self._known.units.get(self._word(end))
        if unit is None or self._gap(end) & BREAKS_PHRASE or self._gap(end + 1) & SLASH:
            return None
        span = _days(low, high, unit)
        if span is None:
            return None
        end += 1
        least, most = span
        if self._is_rate(at, end):
            return None
        if self._words[end : end + 3] == _AND_A_HALF:
            extra = int(_DAYS[unit] * _HALF)
            least, most, end = least + extra, most + extra, end + 3
        is_ago = self._word(end) in self._known.ago and not self._gap(end) & BREAKS_PHRASE
        if self._word(end) == "back" and self._word(end + 1) in ("pain", "ache"):
            is_ago = False
        kind: Kind = "ago" if is_ago else self._kind_before(at)
        return self._bounded(at, end + is_ago, least, most, kind)

    def _kind_before(self, at: int) -> Kind:
        """What the words before an amount make of it: `vor 6 Wochen`, `il y a environ 6 semaines`, `hace 6 semanas`."""
        known = self._known
        at -= 1
        while True:
            word, before = self._word(at), self._word(at - 1)
            if f"{before} {word}" in known.ago_before:
                return "ago"
            if word in known.ago_before:
                is_both = word in known.lasting
                return "ago" if not is_both else "amount" if before in known.since else "either"
            if word not in known.passed_over:
                return "amount"
            at -= 1

    def _is_rate(self, at: int, end: int) -> bool:
        """3 days a week, a week behind `days`; `end` is behind the unit."""
        units = self._known.units
        return (self._word(end) in ("a", "an", "per") and self._word(end + 1) in units) or (
            self._word(at) in ("a", "an") and self._word(at - 1) in units
        )

    def _counted(self, at: int) -> tuple[float, float, int] | None:
        """Least and most units, and the place of the unit."""
        known, word = self._known, self._word(at)
        number = self._number(word)
        if number is not None:
            return self._range(at, number)
        if word in known.vague:
            return (*known.vague[word], at + 1 + (self._word(at + 1) == "of"))
        if word in _ARTICLES:
            return self._article(at)
        if word in known.plurals and self._word(at - 1) in known.after_lasting:
            return (*_BARE, at)
        return None

    def _range(self, at: int, number: float) -> tuple[float, float, int] | None:
        """3, 3-4, 3 to 4, two and a half, 6+."""
        if not 0 < number <= _LARGEST_AMOUNT:
            return None
        end = at + 1
        if self._word(end) in ("or", "to", "bis", "o", "ou"):
            other = self._number(self._word(end + 1))
            if other is not None and other > number:
                return number, other, end + 2
        other = self._number(self._word(end))
        if other is not None and other > number and self._gap(end) & RANGE:
            return number, other, end + 1
        if self._word(end) == "and" and self._word(end + 1) == "a":
            return number + _HALF, number + _HALF, end + 3
        return number, number, end + (self._word(end) == "+")

    def _article(self, at: int) -> tuple[float, float, int] | None:
        """A week, half a year, the last month."""
        word, after = self._word(at), self._word(at + 1)
        if word == "half" and after in ("a", "an"):
            return _HALF, _HALF, at + 2
        if word in ("last", "past") and self._word(at - 1) not in _BEFORE_LAST:
            return None
        if after in self._known.units and len(after) > 1:
            return (1.0, 1.0, at + 1) if word != "half" else (_HALF, _HALF, at + 1)
        return None

    def _number(self, word: str) -> float | None:
        if word and word[0].isdecimal():
            try:
                return float(word.replace(",", "."))
            except ValueError:
                return None
        return self._known.numbers.get(word)

    def _bounded(self, first: int, end: int, least: int, most: int, kind: Kind) -> Time:
        """With the words before and after it that bound it: `> 6 weeks`, `6 weeks or more`."""
        known = self._known
        signs = self._gap(first)
        prefix: set[str] = set()
        while self._word(first - 1) in known.bounds and not self._gap(first) & BREAKS_PHRASE:
            first -= 1
            signs |= self._gap(first)
            prefix.add(self._word(first))
        is_open = False
        if self._word(end) in ("+", "plus"):
            end, is_open = end + 1, True
        elif self._word(end) == "or" and self._word(end + 1) in known.over:
            end, is_open = end + 2, True
        if self._word(end - 2) == "+":
            is_open = True
        least, most = self._spanned(least, most, prefix, signs, is_open=is_open)
        return Time(first, end, least, most, kind)

    def _spanned(
        self, least: int, most: int, prefix: set[str], signs: int, *, is_open: bool
    ) -> tuple[int, int]:
        """Least and most days, by the words and signs before an amount."""
        known = self._known
        if {"to", "up"} <= prefix or (signs & EQUAL and signs & LESS):
            return 0, least
        if signs & LESS or prefix & known.under:
            return 0, max(least - 1, 0)
        if prefix & known.almost:
            return max(2 * least - most - 1, 0), least
        if is_open or prefix & known.at_least or (signs & EQUAL and signs & MORE):
            return least, MAX_DAYS
        if signs & MORE or (prefix & known.over and not prefix & known.looking_back):
            return least + 1, MAX_DAYS
        return least, most

    def _named_day(self, at: int) -> Time | None:
        """Yesterday, this morning, last night."""
        for named in self._known.days.get(self._word(at), ()):
            end = at + len(named.words)
            if tuple(self._words[at:end]) == named.words:
                return Time(at, end, named.least, named.most, named.kind)
        return None

    def _since(self, at: int) -> Time | None:
        """Since March, onset 2026-03-12, began in 2024."""
        start = at + 1
        while start < at + 4 and self._word(start) in self._known.before_date:
            start += 1
        named = self._named_day(start) or self._named_day(start - 1)
        if named is not None:
            return named._replace(first=at, kind="since")
        if self._written_on is None:
            return None
        span = self._calendar(start, self._written_on)
        if span is None:
            return None
        end, first, last = span
        if first > self._written_on:
            return None
        most = (self._written_on - first).days
        least = max((self._written_on - last).days, 0)
        return Time(at, end, least, most, "since") if most <= MAX_DAYS else None

    def _calendar(self, at: int, written_on: date) -> tuple[int, date, date] | None:
        """Place behind it, first and last day: 2024, 2026-03, 2026-03-12, 03/2026, March, 12 March 2026."""
        word = self._word(at)
        if _is_year(word):
            month, day = self._word(at + 1), self._word(at + 2)
            if self._gap(at + 1) & RANGE and _is_month(month):
                if self._gap(at + 2) & RANGE and _is_day(day):
                    return _span(at + 3, int(word), int(month), int(day))
                return _span(at + 2, int(word), int(month), 0)
            if self._gap(at + 1) & RANGE:
                return None
            return at + 1, date(int(word), 1, 1), date(int(word), 12, 31)
        low, slash, year = word.partition("/")
        if not slash and self._gap(at + 1) & SLASH:
            slash, year = "/", self._word(at + 1)
        if slash and _is_month(low) and _is_year(year):
            return _span(at + 1 + ("/" not in word), int(year), int(low), 0)
        return self._named_month(at, written_on)

    def _named_month(self, at: int, written_on: date) -> tuple[int, date, date] | None:
        """March, 12 March, March 12th, 2026; a month without a year is the latest one."""
        word = self._word(at)
        day = 0
        if _is_day(word):
            day, at = int(word), at + 1
            at += self._word(at) in ("st", "nd", "rd", "th", "of", "de")
        month_number = self._known.months.get(self._word(at))
        if month_number is None:
            return None
        at += 1
        if not day and _is_day(self._word(at)):
            day, at = int(self._word(at)), at + 1
            at += self._word(at) in ("st", "nd", "rd", "th")
        year = self._word(at)
        if _is_year(year):
            return _span(at + 1, int(year), month_number, day)
        span = _span(at, written_on.year, month_number, day)
        if span is not None and span[1] > written_on:
            span = _span(at, written_on.year - 1, month_number, day)
        return span


def _days(low: float, high: float, unit: Unit) -> tuple[int, int] | None:
    """Least and most days of an amount: 3 weeks are at least 3 and less than 4."""
    days = _DAYS[unit]
    if unit == "hour":
        if high < _FEWEST_HOURS:
            return (0, 0)
        return int(low * days), int(high * days + _HALF) or 1
    step = _HALF if low % 1 else 1
    least, most = int(low * days), int((high + step) * days) - 1
    return (least, max(least, most)) if most <= MAX_DAYS else None


def _is_year(word: str) -> bool:
    return _small(word) in _YEARS


def _is_month(word: str) -> bool:
    return 0 < _small(word) <= _MONTHS_IN_YEAR


def _is_day(word: str) -> bool:
    return 0 < _small(word) <= _DAYS_IN_MONTH


def _small(word: str) -> int:
    """A whole number of a few digits; -1 for anything else."""
    return int(word) if word.isdecimal() and len(word) <= _MOST_DIGITS else -1


def _span(end: int, year: int, month: int, day: int) -> tuple[int, date, date] | None:
    try:
        first = date(year, month, day or 1)
    except ValueError:
        return None
    if day:
        return end, first, first
    return end, first, first.replace(day=monthrange(year, month)[1])
