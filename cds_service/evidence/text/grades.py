"""Grades of power: how they are written, and grades that fall from one look to the next."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.cues import MIGHT, OTHER, PAST
from cds_service.evidence.text.folding import folded
from cds_service.evidence.text.items import Items
from cds_service.evidence.text.times import Time
from cds_service.evidence.text.tokens import BREAKS_PHRASE, MORE, RANGE
from cds_service.evidence.text.values import Measured
from cds_service.knowledge.anchors import WordClasses
from cds_service.knowledge.language import Limits, Tongue

_FULL: Final = 5
_SHADE: Final = {"+": 0.3, "-": -0.3}
"""4+ is better than 4."""
_LONGEST_TO: Final = 3
"""Words between two grades of which `to` is one: `5/5 on Monday to 3/5`."""
_NEAR: Final = 4
"""Words around two grades in which something says that time has passed between them."""
_JUST_BEFORE: Final = 2
_JUST_BEHIND: Final = 3
_TIME_NEAR: Final = 8
_LONGEST_TIME: Final = 12
"""Words that a length of time is written in, at most."""


class _Grade(NamedTuple):
    item: int
    first: int
    """Place of its word."""
    value: float
    is_of_five: bool


class GradeJoiner:
    """Writes `3 of 5` and `3 out of 5` as the grade 3/5, and `TA 3, EHL 2` as 3/5 and 2/5. Built once."""

    __slots__ = ("_fraction", "_muscle", "_number", "_of_five", "_side")

    def __init__(self, bits: ClassBits, tongues: Sequence[Tongue]) -> None:
        self._of_five = [
            tuple(folded(words).split()) for tongue in tongues for words in tongue.grades.of_five
        ]
        self._number = bits.mask(WordClasses.NUMBER)
        self._fraction = bits.mask(WordClasses.FRACTION)
        self._muscle = bits.mask(WordClasses.MUSCLE)
        self._side = bits.mask(WordClasses.MUSCLE, WordClasses.LEFT, WordClasses.RIGHT)

    def join(self, items: Items) -> None:
        """Makes such numbers grades."""
        if not items.everything & self._number:
            return
        for at, mask in enumerate(items.masks):
            if not mask & self._number:
                continue
            word, end = items.word(at), items.ends[at]
            if _is_digit(word) and (
                any(
                    tuple(items.words[end : end + len(behind)]) == behind
                    for behind in self._of_five
                )
                or self._is_bare(items, at)
            ):
                self._write(items, at, word)

    def _write(self, items: Items, at: int, grade: str) -> None:
        items.words[items.firsts[at]] = f"{grade}/{_FULL}"
        items.masks[at] = items.masks[at] & ~self._number | self._fraction
        items.everything |= self._fraction

    def _is_bare(self, items: Items, at: int) -> bool:
        """A digit right behind a muscle, which nothing follows but the end of the clause, a side or the next muscle."""
        first, end = items.firsts[at], items.ends[at]
        if not (at and items.masks[at - 1] & self._muscle and items.ends[at - 1] == first):
            return False
        if items.gaps[first] & (BREAKS_PHRASE | RANGE):
            return False
        if end >= len(items.words) or items.gaps[end] & BREAKS_PHRASE:
            return True
        return at + 1 < len(items.masks) and bool(items.masks[at + 1] & self._side)


class _Text(NamedTuple):
    """What of a text the grades in it are looked up in, worked out once."""

    items: Items
    times: Sequence[Time]
    starts: Sequence[int]
    """Places at which the times begin, from left to right."""
    recent: Sequence[int]
    """Places of the words that say that something came within days."""
    sentences: Mapping[int, int]
    """All classes of a sentence."""

    def times_near(self, near: range) -> list[Time]:
        """The times that begin or end in a range of words."""
        first = bisect_left(self.starts, near.start - _LONGEST_TIME)
        end = bisect_left(self.starts, near.stop)
        return [
            time for time in self.times[first:end] if time.first in near or time.end - 1 in near
        ]

    def is_recent(self, near: range) -> bool:
        """Whether such a word stands in a range of words."""
        at = bisect_left(self.recent, near.start)
        return at < len(self.recent) and self.recent[at] in near


class GradeFalls:
    """Finds power that was better when it was last looked at. Built once; pure."""

    __slots__ = (
        "_before",
        "_fall",
        "_fraction",
        "_full",
        "_limits",
        "_now",
        "_number",
        "_other",
        "_pain",
        "_recent",
        "_strength",
        "_to",
        "_toe",
        "_units",
        "_unlike",
    )

    def __init__(self, bits: ClassBits, limits: Limits, tongues: Sequence[Tongue]) -> None:
        self._limits = limits
        self._fraction = bits.mask(WordClasses.FRACTION)
        self._number = bits.mask(WordClasses.NUMBER)
        self._recent = bits.mask(WordClasses.RAPID, WordClasses.WEEKDAY)
        self._strength = bits.mask(
            WordClasses.POWER,
            WordClasses.STRENGTH,
            WordClasses.LEG,
            WordClasses.ARM,
            WordClasses.TOE,
            WordClasses.GRADE,
        )
        self._toe = bits.mask(WordClasses.TOE)
        self._pain = bits.mask(WordClasses.PAIN)
        self._other = bits.with_flag("pain")
        self._unlike = bits.mask(
            WordClasses.LEFT, WordClasses.RIGHT, WordClasses.LEG, WordClasses.ARM, WordClasses.LEVEL
        )
        self._before, self._now, self._fall, self._full, self._to, self._units = (
            frozenset(folded(word) for tongue in tongues for word in getattr(tongue.grades, name))
            for name in ("before", "now", "fall", "full", "to", "units")
        )
        self._units |= frozenset(
            folded(word)
            for tongue in tongues
            for listed in tongue.units.values()
            for word in listed
        )

    def measured(
        self, items: Items, times: Sequence[Time], states: Sequence[int]
    ) -> Iterator[Measured]:
        """Every fall from one grade to the next one, by the grade that is left."""
        if not items.everything & (self._fraction | self._number):
            return
        grades = list(self._grades(items, states))
        if not grades:
            return
        text = self._text(items, times)
        for number, grade in enumerate(grades):
            earlier = grades[number - 1] if number else None
            if (
                earlier is not None
                and items.sentences[earlier.item] == items.sentences[grade.item]
                and (left := self._left(text, earlier, grade)) is not None
            ) or (left := self._from_full(items, grade)) is not None:
                is_recent = self._is_recent(text, earlier or grade, grade)
                concept = self._limits.fell_recently if is_recent else self._limits.fell
                yield Measured(concept, left.item, left.first + 1, left.value, "/5")
                if left.value <= self._limits.severe_grade and not items.everything & self._toe:
                    severe = self._limits.fell_to_severe
                    yield Measured(severe, left.item, left.first + 1, left.value, "/5")

    def _grades(self, items: Items, states: Sequence[int]) -> Iterator[_Grade]:
        for at, mask in enumerate(items.masks):
            if states[at] & (MIGHT | OTHER | PAST):
                continue
            word, first = items.word(at), items.firsts[at]
            if mask & self._fraction:
                grade, _, full = word.partition("/")
                if full == str(_FULL) and grade[0] in "012345":
                    yield _Grade(
                        at, first, int(grade[0]) + _SHADE.get(grade[1:], 0.0), is_of_five=True
                    )
            elif mask & self._number and _is_digit(word) and not self._is_amount(items, first):
                yield _Grade(at, first, float(word), is_of_five=False)

    def _is_amount(self, items: Items, first: int) -> bool:
        """A unit right behind makes a bare number no grade: `3/5 since 2 weeks`."""
        behind = items.words[first + 1] if first + 1 < len(items.words) else ""
        return behind in self._units

    def _text(self, items: Items, times: Sequence[Time]) -> _Text:
        sentences: dict[int, int] = {}
        recent = []
        for mask, sentence, first in zip(items.masks, items.sentences, items.firsts, strict=True):
            sentences[sentence] = sentences.get(sentence, 0) | mask
            if mask & self._recent:
                recent.append(first)
        ordered = sorted(times, key=attrgetter("first"))
        return _Text(items, ordered, [time.first for time in ordered], recent, sentences)

    def _left(self, text: _Text, one: _Grade, two: _Grade) -> _Grade | None:
        """Of two grades the one that is left, when it is the worse one and they are of the same muscle."""
        items = text.items
        if one.value == two.value:
            return None
        between = items.words[one.first + 1 : two.first]
        if any(items.masks[at] & self._unlike for at in range(one.item + 1, two.item)):
            return None
        behind = items.words[two.first + 1 : two.first + 1 + _JUST_BEHIND]
        is_turned = self._now.isdisjoint(behind) and not (
            self._before.isdisjoint(between[-_JUST_BEFORE:])
            and (self._before.isdisjoint(behind) or self._now.isdisjoint(between))
        )
        is_led = _leads(items, between, two, self._to)
        if self._is_of_pain(items, one):
            return None
        if not (one.is_of_five or two.is_of_five):
            told = {*between, *behind, *items.words[max(0, one.first - _JUST_BEFORE) : one.first]}
            is_told = not (self._now.isdisjoint(told) or self._before.isdisjoint(told))
            if not ((is_led or is_told) and self._is_power(text, two)):
                return None
        if is_turned:
            return one if one.value < two.value else None
        if one.value < two.value:
            return None
        around = items.words[max(0, one.first - _NEAR) : two.first + _NEAR + 1]
        tells = not (self._now | self._before | self._fall).isdisjoint(around)
        near = range(one.first - _NEAR, two.first + _NEAR + 1)
        has_time = bool(text.times_near(near)) or any(
            items.masks[at] & self._recent
            for at in range(max(0, one.item - 2), min(len(items.masks), two.item + 3))
        )
        return two if is_led or tells or has_time else None

    def _is_of_pain(self, items: Items, grade: _Grade) -> bool:
        """Scores of pain are written like grades, behind the word and without a muscle."""
        before = [
            items.masks[at]
            for at in range(max(0, grade.item - _JUST_BEFORE), grade.item)
            if items.clauses[at] == items.clauses[grade.item]
        ]
        return any(mask & self._pain for mask in before) and not any(
            mask & self._strength for mask in before
        )

    def _is_power(self, text: _Text, two: _Grade) -> bool:
        """Bare numbers are grades where a muscle is named in their sentence, and no pain."""
        items = text.items
        mask = text.sentences[items.sentences[two.item]]
        return bool(mask & self._strength) and not mask & self._other

    def _from_full(self, items: Items, grade: _Grade) -> _Grade | None:
        """From full power to 2/5."""
        if not grade.is_of_five or grade.value >= _FULL:
            return None
        before = items.words[max(0, grade.first - _NEAR) : grade.first]
        if not before or before[-1] not in self._to or self._full.isdisjoint(before):
            return None
        return grade

    def _is_recent(self, text: _Text, one: _Grade, two: _Grade) -> bool:
        """It fell within days, as the words around the grades say."""
        near = range(one.first - _TIME_NEAR, two.first + _TIME_NEAR + 1)
        told = text.times_near(near)
        if any(time.least > self._limits.recent_days for time in told):
            return False
        return bool(told) or text.is_recent(near)


def _leads(items: Items, between: Sequence[str], two: _Grade, to: frozenset[str]) -> bool:
    """An arrow or `to` stands between two grades."""
    if len(between) > _LONGEST_TO:
        return False
    return (bool(items.gaps[two.first] & MORE) or not to.isdisjoint(between)) and not items.gaps[
        two.first
    ] & BREAKS_PHRASE


def _is_digit(word: str) -> bool:
    return len(word) == 1 and word in "012345"
