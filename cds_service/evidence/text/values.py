"""Measurements written in words: a name, a number, a unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.cues import MIGHT
from cds_service.evidence.text.folding import folded
from cds_service.evidence.text.items import Items
from cds_service.evidence.text.tokens import BREAKS_PHRASE, RANGE
from cds_service.knowledge.anchors import WordClasses
from cds_service.knowledge.language import Limits, Value

_WORDS_TO_NUMBER: Final = 6
"""Words behind the name in which its number is looked for."""
_NEAR: Final = 6
_UNITS: Final = frozenset(("ml", "mls", "cc", "out"))
_FULL_POWER: Final = "5"


class Measured(NamedTuple):
    """A concept that a number means."""

    concept: str
    item: int
    end: int
    """Place behind the number's word."""
    number: float
    unit: str


class _Compiled(NamedTuple):
    value: Value
    beside: int
    beside_too: int
    not_beside: int


class ValueMatcher:
    """Reads numbers behind the words of measurements. Built once; pure."""

    __slots__ = (
        "_bare",
        "_by_class",
        "_degrees",
        "_fraction",
        "_limits",
        "_names",
        "_pressure",
        "_temperature",
        "starts",
    )

    def __init__(self, values: Sequence[Value], bits: ClassBits, limits: Limits) -> None:
        self._limits = limits
        self._by_class: dict[int, list[_Compiled]] = {}
        for value in values:
            compiled = _Compiled(
                value,
                bits.mask(*value.beside),
                bits.mask(*value.beside_too),
                bits.mask(*value.not_beside),
            )
            self._by_class.setdefault(bits.mask(value.of), []).append(compiled)
        self._degrees = frozenset(folded(word) for word in limits.degree_words)
        self._temperature = bits.mask(WordClasses.TEMPERATURE)
        self._fraction = bits.mask(WordClasses.FRACTION)
        self._pressure = bits.mask(WordClasses.PRESSURE)
        self._bare = bits.mask(WordClasses.FRACTION, WordClasses.NUMBER, WordClasses.PRESSURE)
        self._names = 0
        for bit in self._by_class:
            self._names |= bit
        self.starts = self._names
        """Classes without which no value is met."""

    def measured(self, items: Items, states: Sequence[int]) -> Iterator[Measured]:
        """Every number that means something."""
        for at, mask in enumerate(items.masks):
            found = mask & self._names
            if not found or states[at] & MIGHT:
                continue
            for bit, values in self._by_class.items():
                if found & bit:
                    number = (
                        _Number.at(items, at, is_pressure=bool(bit & self._pressure))
                        if bit & self._bare
                        else _Number.behind(items, at)
                    )
                    if number is None and bit == self._temperature:
                        number = _Number.before(items, at, self._degrees)
                    if number is not None:
                        yield from self._meant(items, at, bit, number, values)

    def _meant(
        self, items: Items, at: int, bit: int, number: _Number, values: Sequence[_Compiled]
    ) -> Iterator[Measured]:
        compared = number.value
        if bit == self._temperature:
            compared = _celsius(compared, self._limits)
        for value, beside, beside_too, not_beside in values:
            if (
                _is_in(value, compared)
                and (not value.units or number.unit in value.units)
                and (not beside or _has_near(items, at, beside))
                and (not beside_too or _has_near(items, at, beside_too))
                and not (not_beside and self._is_of(items, at, beside, not_beside))
            ):
                unit = number.unit if number.unit in _UNITS else ""
                yield Measured(value.concept, at, number.end, number.value, unit)

    def _is_of(self, items: Items, at: int, beside: int, wanted: int) -> bool:
        """Whether a grade is of these words: of several grades each has the words before it, else those behind it."""
        before, _ = self._beside(items, at, -1)
        behind, is_of_next = self._beside(items, at, 1)
        if before & (beside | wanted) and is_of_next:
            return bool(before & wanted)
        return bool((before | behind) & wanted)

    def _beside(self, items: Items, at: int, step: int) -> tuple[int, bool]:
        """The classes on one side of a grade, up to the next grade, and whether there is one in its clause."""
        place, found = at + step, 0
        while (
            0 <= place < len(items.masks)
            and abs(place - at) <= _NEAR
            and items.clauses[place] == items.clauses[at]
        ):
            if items.masks[place] & self._fraction:
                return found, True
            found |= items.masks[place]
            place += step
        return found, False


class _Number(NamedTuple):
    """A number, the place behind it, and the word that follows."""

    value: float
    end: int
    unit: str

    @classmethod
    def at(cls, items: Items, item: int, *, is_pressure: bool) -> _Number | None:
        """The number that an item is; of a pressure its first half, of a grade too, when the other is 5."""
        word, place = items.word(item), items.firsts[item]
        grade, slash, full = word.partition("/")
        if is_pressure:
            return cls(float(grade), place + 1, "/")
        if slash:
            grade = _lower(items, place, grade.rstrip("+-"))
            if full != _FULL_POWER or not grade.isdecimal():
                return None
            return cls(float(grade), place + 1, "/5")
        value = _number(word)
        unit = items.words[place + 1] if place + 1 < len(items.words) else ""
        return None if value is None else cls(value, place + 1, unit)

    @classmethod
    def behind(cls, items: Items, item: int) -> _Number | None:
        """The first number behind the words of an item, in their clause."""
        end = items.ends[item]
        for place in range(end, min(len(items.words), end + _WORDS_TO_NUMBER)):
            if items.gaps[place] & BREAKS_PHRASE:
                return None
            word = items.words[place]
            if word[0].isdecimal() and "/" not in word:
                value = _number(word)
                unit = items.words[place + 1] if place + 1 < len(items.words) else ""
                return None if value is None else cls(value, place + 1, unit)
        return None

    @classmethod
    def before(cls, items: Items, item: int, degrees: frozenset[str]) -> _Number | None:
        """The number before the words of an item, as in `38,7 Grad Temperatur`: with decimals or degrees."""
        first = items.firsts[item]
        for place in range(first - 1, max(-1, first - 1 - _WORDS_TO_NUMBER), -1):
            if items.gaps[place + 1] & BREAKS_PHRASE:
                return None
            word = items.words[place]
            if word[0].isdecimal():
                value, unit = _number(word), items.words[place + 1]
                if value is None or not (unit in degrees or "." in word or "," in word):
                    return None
                return cls(value, items.ends[item], unit)
        return None


def _lower(items: Items, place: int, grade: str) -> str:
    """Of `3-4/5` the first: what the muscle does at worst."""
    before = items.words[place - 1] if place and items.gaps[place] & RANGE else ""
    return min(before, grade) if len(before) == 1 and before.isdecimal() else grade


def _is_in(value: Value, number: float) -> bool:
    if value.magnitude:
        number = abs(number)
    return (
        (value.at_least is None or number >= value.at_least)
        and (value.above is None or number > value.above)
        and (value.below is None or number < value.below)
        and (value.at_most is None or number <= value.at_most)
    )


def _has_near(items: Items, at: int, wanted: int) -> bool:
    return any(
        items.masks[near] & wanted and items.sentences[near] == items.sentences[at]
        for near in range(max(0, at - _NEAR), min(len(items.masks), at + _NEAR - 1))
    )


def _number(word: str) -> float | None:
    try:
        return float(word.replace(",", "."))
    except ValueError:
        return None


def _celsius(number: float, limits: Limits) -> float:
    """Told by the number alone: behind 38.9 an "f" may begin "for 2 days", and nobody lives at 38.9 °F."""
    if limits.fahrenheit_from <= number <= limits.fahrenheit_to:
        return (number - 32) * 5 / 9
    return number
