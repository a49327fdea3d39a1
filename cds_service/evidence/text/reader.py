"""Reads what a clinician wrote: findings with who, when and whether, how long, what was tried, what was not understood.

Deterministic and linear in the length of the text. Nothing of a text is kept between calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from cds_service.evidence.text.assertion import Asserter
from cds_service.evidence.text.care import CareReader
from cds_service.evidence.text.durations import PainTimes
from cds_service.evidence.text.folding import folded
from cds_service.evidence.text.grades import GradeFalls, GradeJoiner
from cds_service.evidence.text.inability import InabilityJoiner
from cds_service.evidence.text.items import Itemizer, Items, left_over
from cds_service.evidence.text.lexicon import Lexicon
from cds_service.evidence.text.model import Care, PainDuration, Statement, TextReading
from cds_service.evidence.text.patterns import PatternMatcher, Place
from cds_service.evidence.text.quotes import Quotes
from cds_service.evidence.text.statements import Found, StatementWriter
from cds_service.evidence.text.times import Kind, Time, TimeReader
from cds_service.evidence.text.tokens import BREAKS_PHRASE
from cds_service.evidence.text.unknown_names import UnknownNames
from cds_service.evidence.text.values import Measured, ValueMatcher
from cds_service.knowledge.anchors import WordClasses
from cds_service.knowledge.language import Language, Tongue

COUNTED: Final = ("stated", "asked", "unclear")
"""States of a finding that is there, or may be."""

_LONG_AGO: Final = 120
"""Days from which an amount of time with `ago` makes a finding past."""
_MANY_LEFT: Final = 2
_LARGE_SHARE: Final = 0.34
_BESIDE: Final = 1
"""Words between care and the length of time that it lasted."""
_NOWHERE: Final[frozenset[int]] = frozenset()
_NO_YEAR: Final = 9999
"""Without a day of writing every year is past."""


class TextReader:
    """Reads texts in every language of the guideline. Built once at start; reading is pure."""

    __slots__ = (
        "_ahead",
        "_anchors",
        "_asserter",
        "_behind",
        "_care",
        "_concepts",
        "_eased",
        "_fraction",
        "_grade_falls",
        "_grades",
        "_inability",
        "_itemizer",
        "_little",
        "_names",
        "_open_concepts",
        "_ordinary",
        "_pain_times",
        "_patterns",
        "_plain",
        "_slight",
        "_spine",
        "_telling",
        "_times",
        "_values",
        "_watched",
        "_writer",
    )

    def __init__(self, language: Language) -> None:
        lexicon = Lexicon(language)
        bits = lexicon.bits
        tongues = tuple(language.tongues.values())
        self._concepts = language.concepts
        self._open_concepts = frozenset(
            name for name, concept in language.concepts.items() if concept.leaves_open
        )
        self._slight = frozenset(
            name for name, concept in language.concepts.items() if concept.slight
        )
        self._itemizer = Itemizer(lexicon)
        self._inability = InabilityJoiner(bits)
        self._grades = GradeJoiner(bits, tongues)
        self._grade_falls = GradeFalls(bits, language.limits, tongues)
        self._asserter = Asserter(bits, language, _unit_words(tongues))
        self._patterns = PatternMatcher(language.patterns, bits)
        self._values = ValueMatcher(language.values, bits, language.limits)
        self._times = TimeReader(language)
        self._pain_times = PainTimes(bits, self._times, language.limits)
        self._care = CareReader(
            bits,
            [word for tongue in tongues for word in tongue.therapy_before],
            [word for tongue in tongues for word in tongue.therapy_after],
            [word for tongue in tongues for words in tongue.units.values() for word in words],
        )
        self._names = UnknownNames(language)
        self._writer = StatementWriter(language.concepts, bits, language.limits)
        self._anchors = bits.with_flag("anchors") | bits.mask(WordClasses.LEVEL)
        self._ordinary = bits.mask(WordClasses.ORDINARY_REASON)
        self._eased = bits.mask(WordClasses.EASED_BY_REST)
        self._fraction = bits.mask(WordClasses.FRACTION)
        self._behind = bits.mask(WordClasses.DENIAL_BEHIND)
        self._little = bits.mask(WordClasses.SAYS_LITTLE)
        self._ahead = bits.mask(WordClasses.PLANNED, WordClasses.ADVICE)
        self._spine = bits.mask(WordClasses.SPINE)
        self._watched = bits.with_flag("watched")
        self._telling = bits.of_role("finding", "part", "context", "care", "value") & ~self._spine
        self._plain = bits.of_role("plain", "trap", "cue") | bits.mask(
            WordClasses.NUMBER, WordClasses.YEAR, WordClasses.FRACTION
        )

    def read(self, text: str, written_on: date | None = None) -> TextReading:
        """What the text says. Without `written_on` every year is past, and `since March` is no length."""
        items = self._itemizer.items(text)
        self._inability.join(items)
        self._grades.join(items)
        if items.everything & self._eased:
            self._ease(items)
        everything = items.everything
        times = self._times.times(items, written_on, has_fraction=bool(everything & self._fraction))
        quotes = Quotes(items)
        found = Found(items, self._states(items, times, written_on), times, quotes)
        places = self._places(found)
        statements = self._statements(found, places)
        unknown = left_over(items) if items.unknown else ()
        names_unjudged = False
        for statement in statements:
            if statement.concept in self._open_concepts and self.counts(statement):
                names_unjudged = True
        return TextReading(
            items.language,
            statements,
            self._duration(found),
            self._care_found(found) if everything & self._care.starts else None,
            tuple([quotes.of_words(at, at + 1) for at in unknown]),
            self._is_unread(
                items,
                statements,
                unknown,
                leaves_open=names_unjudged
                or (bool(everything & self._watched) and self._is_half_told(found, places)),
            ),
            not unknown and not everything & ~self._plain,
            bool(everything & self._spine) and not statements and not everything & self._telling,
            names_unjudged,
        )

    def language(self, text: str) -> str:
        """The language that a text is read in."""
        return self._itemizer.items(text).language

    def counts(self, statement: Statement) -> bool:
        """Whether a statement says that something is there, or may be: chronic findings stay when told as past."""
        if statement.state == "historical":
            return self._concepts[statement.concept].course == "chronic"
        return statement.state in COUNTED

    def counts_in_titles(self, statement: Statement) -> bool:
        """The same of the title of a problem or a procedure."""
        return self.counts(statement) and not self._concepts[statement.concept].only_in_orders

    def is_telling(self, statement: Statement) -> bool:
        """Whether a card would name what a statement says is there, or may be."""
        return statement.state in COUNTED and statement.concept not in self._slight

    def value_sets(self, statement: Statement) -> tuple[str, ...]:
        """Value sets that the words of a statement are in, by the region that they name where that decides."""
        concept = self._concepts[statement.concept]
        by_region = tuple(
            concept.regions[region] for region in statement.regions if region in concept.regions
        )
        return by_region or concept.value_sets

    def _ease(self, items: Items) -> None:
        """What goes with sitting does so for all of its sentence: "legs heavy on walking, relieved by sitting"."""
        eased = {
            sentence
            for mask, sentence in zip(items.masks, items.sentences, strict=True)
            if mask & self._eased
        }
        items.masks = [
            mask | self._eased if sentence in eased else mask
            for mask, sentence in zip(items.masks, items.sentences, strict=True)
        ]

    def _states(self, items: Items, times: Sequence[Time], written_on: date | None) -> list[int]:
        year = written_on.year if written_on is not None else _NO_YEAR
        if not times:
            return self._asserter.states(items, year, _NOWHERE, _NOWHERE)
        return self._asserter.states(
            items, year, _long_ago(times, "ago"), _long_ago(times, "either")
        )

    def _places(self, found: Found) -> Sequence[Place]:
        if not found.items.everything & self._patterns.starts:
            return ()
        return self._patterns.places(found.items, found.states)

    def _is_half_told(self, found: Found, places: Sequence[Place]) -> bool:
        """Something is said of what is watched that no concept takes up, and no denial, "normal" or the like either."""
        items = found.items
        told = {at for _, span in places for at in range(span[0], span[-1] + 1)}
        in_order = {items.clauses[at] for at, mask in enumerate(items.masks) if mask & self._behind}
        return any(
            mask & self._watched
            and not found.states[at]
            and at not in told
            and items.clauses[at] not in in_order
            for at, mask in enumerate(items.masks)
        )

    def _statements(self, found: Found, places: Sequence[Place]) -> tuple[Statement, ...]:
        everything = found.items.everything
        if not everything & (self._patterns.starts | self._values.starts):
            return ()
        values: tuple[Measured, ...] = ()
        if everything & self._values.starts:
            values = (
                *self._values.measured(found.items, found.states),
                *self._grade_falls.measured(found.items, found.times, found.states),
            )
        return self._writer.written(found, places, values)

    def _duration(self, found: Found) -> PainDuration | None:
        length = self._pain_times.duration(found.items, found.times, found.states)
        if length is None:
            return None
        least, most, first, end = length
        return PainDuration(least, most, found.quotes.of_words(first, end))

    def _care_found(self, found: Found) -> Care | None:
        items = found.items
        care = self._care.care(items)
        if care is None:
            return None
        first, end = items.firsts[care.items[0]], items.ends[care.items[-1]]
        lengths = [time for time in found.times if _is_beside(time, items, first, end)]
        for time in lengths:
            first, end = min(first, time.first), max(end, time.end)
        if not (
            care.has_failed or care.is_much or (lengths and not items.everything & self._ahead)
        ):
            return None
        days = max([time.least for time in lengths], default=0)
        return Care(care.kinds, found.quotes.of_words(first, end), care.has_failed, days)

    def _is_unread(
        self,
        items: Items,
        statements: Sequence[Statement],
        unknown: Sequence[int],
        *,
        leaves_open: bool,
    ) -> bool:
        """Nothing serious was read, and the text is not known well enough to say that nothing serious is in it."""
        if not items.words:
            return False
        says_why = self._anchors if unknown else self._anchors | self._ordinary
        is_anchored = bool(items.everything & says_why)
        for statement in statements:
            if statement.state not in COUNTED:
                is_anchored = True
            elif statement.concept not in self._slight:
                return False
        if leaves_open:
            return True
        if not is_anchored and not any(
            mask & self._behind and not mask & self._little for mask in items.masks
        ):
            return True
        left = len(unknown)
        return left >= _MANY_LEFT or (
            left > 0
            and (left / len(items.words) >= _LARGE_SHARE or self._names.any(items, unknown))
        )


def _is_beside(time: Time, items: Items, first: int, end: int) -> bool:
    """An amount of time right beside the words `first` to `end` (not included), or among them."""
    if (
        time.kind not in ("amount", "either")
        or time.first > end + _BESIDE
        or time.end < first - _BESIDE
    ):
        return False
    between = range(end, time.first + 1) if time.first >= end else range(time.end, first + 1)
    if first <= time.first < end:
        between = range(0)
    return not any(items.gaps[at] & BREAKS_PHRASE for at in between if at < len(items.gaps))


def _long_ago(times: Sequence[Time], kind: Kind) -> frozenset[int]:
    """Places of the amounts of a kind that count back many months."""
    return frozenset(
        place
        for time in times
        if time.kind == kind and time.least >= _LONG_AGO
        for place in range(time.first, time.end)
    )


def _unit_words(tongues: Sequence[Tongue]) -> frozenset[str]:
    return frozenset(
        folded(word) for tongue in tongues for listed in tongue.units.values() for word in listed
    )
