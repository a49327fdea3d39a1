"""Statements: a concept at a place, with what is said of it and what its clause says beside it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.cues import (
    ASKED,
    DENIED,
    ENDED,
    GONE,
    MIGHT,
    OTHER,
    PAST,
    SINCE,
    STEADY,
    UNCLEAR,
)
from cds_service.evidence.text.items import Items
from cds_service.evidence.text.lasting import Lasting
from cds_service.evidence.text.model import Side, State, Statement, Tempo
from cds_service.evidence.text.patterns import Span
from cds_service.evidence.text.quotes import Quotes
from cds_service.evidence.text.times import Time
from cds_service.evidence.text.values import Measured
from cds_service.knowledge.anchors import WordClasses
from cds_service.knowledge.language import Concept, Limits
from cds_service.knowledge.table import Region

_IS_CORE: Final = 1 << 10
"""A word that makes the concept, whatever is said of it."""
_STATES: Final[tuple[tuple[int, State], ...]] = (
    (DENIED, "denied"),
    (OTHER, "other-person"),
    (MIGHT, "hypothetical"),
    (PAST, "historical"),
    (UNCLEAR, "unclear"),
)
"""The first that is said decides."""
_SAID: Final = frozenset({"stated", "asked"})
_LEVEL_LETTERS: Final = re.compile(r"[cdlts](?=h?\d)")
_REGION_OF_LEVEL: Final[dict[str, Region]] = {
    "c": "cervical",
    "t": "thoracic",
    "d": "thoracic",
    "l": "lumbar",
    "s": "sacrum",
}


_BY_PLACE: Final = attrgetter("start", "end", "concept")


class Found(NamedTuple):
    """One text, as far as it was read."""

    items: Items
    states: Sequence[int]
    times: Sequence[Time]
    quotes: Quotes


_Around = tuple[Tempo, int | None, int | None, tuple[str, ...], tuple[Region, ...], Side]
"""What a clause says beside its findings: the last fields of a statement before its number."""
_ALONE: Final[_Around] = ("", None, None, (), (), "")


class StatementWriter:
    """Writes statements of concepts. Built once; pure."""

    __slots__ = (
        "_both",
        "_concepts",
        "_habit",
        "_known",
        "_lasting",
        "_left",
        "_level",
        "_modifiers",
        "_new",
        "_newer",
        "_placed",
        "_progressive",
        "_rapid",
        "_recent",
        "_regions",
        "_right",
        "_sudden",
        "_telling",
        "_times",
        "_unchanged",
        "_year",
    )

    def __init__(self, concepts: Mapping[str, Concept], bits: ClassBits, limits: Limits) -> None:
        self._concepts = concepts
        self._recent = {
            name: concept.as_recent
            for name, concept in concepts.items()
            if concept.as_recent is not None
        }
        self._newer = {
            name: concept.as_new for name, concept in concepts.items() if concept.as_new is not None
        }
        self._sudden = {
            name: concept.as_sudden
            for name, concept in concepts.items()
            if concept.as_sudden is not None
        }
        self._times = Lasting(bits, limits)
        self._known = {
            name: concept.as_known
            for name, concept in concepts.items()
            if concept.as_known is not None
        }
        self._unchanged = {
            name: concept.as_unchanged
            for name, concept in concepts.items()
            if concept.as_unchanged is not None
        }
        self._modifiers = bits.of_role("modifier") | bits.mask(WordClasses.LEVEL, WordClasses.PAIN)
        self._habit = bits.with_flag("habit")
        self._lasting = bits.with_flag("lasting")
        self._level = bits.mask(WordClasses.LEVEL)
        self._year = bits.mask(WordClasses.YEAR)
        self._left = bits.mask(WordClasses.LEFT)
        self._right = bits.mask(WordClasses.RIGHT)
        self._both = bits.mask(WordClasses.BOTH)
        self._rapid = bits.mask(WordClasses.RAPID)
        self._progressive = bits.mask(WordClasses.PROGRESSIVE)
        self._new = bits.mask(WordClasses.NEW)
        self._regions: tuple[tuple[int, Region], ...] = (
            (bits.mask(WordClasses.CERVICAL), "cervical"),
            (bits.mask(WordClasses.THORACIC), "thoracic"),
            (bits.mask(WordClasses.LUMBAR), "lumbar"),
            (bits.mask(WordClasses.SACRAL), "sacrum"),
        )
        self._placed = self._level | self._year
        self._telling = (
            self._placed
            | self._left
            | self._right
            | self._both
            | self._rapid
            | self._progressive
            | self._new
        )
        """Classes of which a statement says something beside its concept."""
        for bit, _ in self._regions:
            self._telling |= bit

    def written(
        self, found: Found, places: Sequence[tuple[str, Span]], values: Sequence[Measured]
    ) -> tuple[Statement, ...]:
        """A statement for every concept and every value, in the order of the text."""
        clauses: dict[tuple[int, int], _Around] = {}
        is_plainly_stated = not any(found.states)
        statements = []
        for concept, span in places:
            state: State = "stated"
            meant = concept
            if not is_plainly_stated:
                state, meant = self._state(concept, span, found)
            statements.append(self._statement(meant, span, state, found, clauses))
        if values:
            statements.extend([self._of_value(value, found, clauses) for value in values])
        if len(statements) > 1:
            statements.sort(key=_BY_PLACE)
        return tuple(statements)

    def _statement(
        self,
        concept: str,
        span: Span,
        state: State,
        found: Found,
        clauses: dict[tuple[int, int], _Around],
    ) -> Statement:
        items, quotes = found.items, found.quotes
        start, stop = quotes.places(items.firsts[span[0]], items.ends[span[-1]])
        known = self._known.get(concept) if state in _SAID else None
        if known is not None and self._times.is_known(items, found.times, span):
            concept = known
        if state == "historical":
            concept = self._concepts[concept].as_history or concept
        concept = self._aged(concept, span, found)
        newer = self._newer.get(concept) if state in _SAID else None
        if newer is not None and self._times.is_new(items, found.times, span):
            concept = newer
        sudden = self._sudden.get(concept) if state in _SAID else None
        if sudden is not None and self._times.is_sudden(items, found.times, span):
            concept = sudden
        around = self._around(span, found, clauses)
        return Statement(concept, state, start, stop, quotes.cut(start, stop), *around)

    def _aged(self, concept: str, span: Span, found: Found) -> str:
        """What a concept is unless its words say that it has lasted."""
        recent = self._recent.get(concept)
        if recent is not None and not self._times.has_lasted(found.items, found.times, span):
            return recent
        return concept

    def _of_value(
        self, value: Measured, found: Found, clauses: dict[tuple[int, int], _Around]
    ) -> Statement:
        """A number in a text is of now: denials around it are of other findings."""
        first = found.items.firsts[value.item]
        start, stop = found.quotes.places(first, max(found.items.ends[value.item], value.end))
        state: State = "asked" if found.states[value.item] & ASKED else "stated"
        around = self._around((value.item,), found, clauses)
        quote = found.quotes.cut(start, stop)
        concept = self._aged(value.concept, (value.item,), found)
        return Statement(concept, state, start, stop, quote, *around, value.number, value.unit)

    def _state(self, concept: str, span: Span, found: Found) -> tuple[State, str]:
        """What is said of the words that make the concept; modifiers beside them do not decide.

        With the concept that it is: what is as it was for a year, or since an earlier year, is no acute finding.
        """
        asked, flags = self._flags(span, found)
        if flags & (STEADY | SINCE) and self._concepts[concept].course == "acute":
            is_old = bool(flags & SINCE) or self._times.is_known(found.items, found.times, span)
            unchanged = self._unchanged.get(concept) if is_old else None
            if unchanged is not None or not is_old:
                # nobody says that it is over
                flags &= ~(PAST | ENDED)
            concept = unchanged or concept
        if flags & GONE and not flags & OTHER and self._concepts[concept].as_history is not None:
            return "historical", concept
        for flag, state in _STATES:
            if flags & flag:
                return state, concept
        return ("asked" if asked else "stated"), concept

    def _flags(self, span: Span, found: Found) -> tuple[int, int]:
        """Whether a word is asked about, and what is said of those that are no modifiers, if there are any."""
        flags = core = 0
        for at in span:
            said, mask = found.states[at], found.items.masks[at]
            if mask & self._lasting:
                said &= ~(PAST | ENDED | STEADY | SINCE)
            elif mask & self._habit and not said & ENDED:
                said &= ~PAST
            flags |= said
            if mask & ~self._modifiers:
                core |= said | _IS_CORE
        return flags & ASKED, core or flags

    def _around(self, span: Span, found: Found, clauses: dict[tuple[int, int], _Around]) -> _Around:
        """What the clauses of a span say, each read once a text."""
        numbers = found.items.clauses
        key = (numbers[span[0]], numbers[span[-1]])
        around = clauses.get(key)
        if around is None:
            first, end = bisect_left(numbers, key[0]), bisect_right(numbers, key[1])
            around = clauses[key] = self._read_clause(found, first, end)
        return around

    def _read_clause(self, found: Found, first: int, end: int) -> _Around:
        items = found.items
        flags = 0
        for mask in items.masks[first:end]:
            flags |= mask
        days_ago = None
        if found.times:
            days_ago = _days_ago(found.times, items.firsts[first], items.ends[end - 1])
        if not flags & self._telling:
            return _ALONE if days_ago is None else ("", None, days_ago, (), (), "")
        levels: tuple[str, ...] = ()
        regions: tuple[Region, ...] = ()
        year: int | None = None
        if flags & self._placed:
            levels, regions, year = self._placed_at(items, first, end)
        for bit, region in self._regions:
            if flags & bit and region not in regions:
                regions = (*regions, region)
        return self._tempo(flags), year, days_ago, levels, regions, self._side(flags)

    def _placed_at(
        self, items: Items, first: int, end: int
    ) -> tuple[tuple[str, ...], tuple[Region, ...], int | None]:
        """Levels, the regions of these, and the first year."""
        year: int | None = None
        levels: dict[str, None] = {}
        regions: dict[Region, None] = {}
        for at in range(first, end):
            mask = items.masks[at]
            if mask & self._level:
                levels[items.word(at).upper()] = None
                for letter in _LEVEL_LETTERS.findall(items.word(at)):
                    regions[_REGION_OF_LEVEL[letter]] = None
            elif mask & self._year and year is None:
                year = int(items.word(at))
        return tuple(levels), tuple(regions), year

    def _tempo(self, flags: int) -> Tempo:
        if flags & self._rapid:
            return "rapid"
        if flags & self._progressive:
            return "progressive"
        return "new" if flags & self._new else ""

    def _side(self, flags: int) -> Side:
        if flags & self._both or (flags & self._left and flags & self._right):
            return "both"
        if flags & self._left:
            return "left"
        return "right" if flags & self._right else ""


def _days_ago(times: Sequence[Time], first: int, end: int) -> int | None:
    """The first amount of time in the words that counts back from now."""
    for at in range(bisect_left(times, first, key=_first_word), len(times)):
        time = times[at]
        if time.first > end:
            return None
        if time.kind in ("ago", "either", "day", "past"):
            return time.least
    return None


def _first_word(time: Time) -> int:
    return time.first
