"""Who, when and whether: what a text says of each of its findings, sentence by sentence."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Set as AbstractSet
from typing import Final

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.cues import PAST, Cues
from cds_service.evidence.text.items import Items
from cds_service.evidence.text.sentences import Sentence
from cds_service.knowledge.language import Language

_LONG_SENTENCE: Final = 250
"""Items. What has more is read in parts, from clause to clause: what looks back over a sentence looks over no more."""


class Asserter:
    """Says of each item of a text what is said of it. Built once; pure."""

    __slots__ = ("_cues",)

    def __init__(self, bits: ClassBits, language: Language, units: frozenset[str]) -> None:
        self._cues = Cues(bits, language, units)

    def states(
        self, items: Items, year: int, long_ago: AbstractSet[int], or_for_long: AbstractSet[int]
    ) -> list[int]:
        """Flags of every item.

        `year` is that of the text: earlier ones are past. `long_ago` are the places of numbers that count back
        many months, `or_for_long` those that may as well say how long something has lasted.
        """
        states = [0] * len(items.masks)
        for place in or_for_long:
            self._mark_events(items, states, place)
        triggers = self._cues.triggers | (self._cues.number if long_ago else 0)
        if not items.everything & triggers:
            return states
        sentences = items.sentences
        first, has_cue = 0, False
        for at, mask in enumerate(items.masks):
            is_long = at - first >= _LONG_SENTENCE and (
                items.clauses[at] != items.clauses[at - 1] or at - first >= 2 * _LONG_SENTENCE
            )
            if is_long or sentences[at] != sentences[first]:
                if has_cue:
                    Sentence(self._cues, items, states, first, at).read(year, long_ago)
                first, has_cue = at, False
            if mask & triggers:
                has_cue = True
        if has_cue:
            Sentence(self._cues, items, states, first, len(states)).read(year, long_ago)
        return states

    def _mark_events(self, items: Items, states: list[int], place: int) -> None:
        """What happened once in the clause before an amount of time was then; it does not last."""
        at = bisect_left(items.firsts, place)
        clause = items.clauses[at] if at < len(items.clauses) else -1
        before = at - 1
        while before >= 0 and items.clauses[before] == clause:
            if items.masks[before] & self._cues.happened:
                states[before] |= PAST
            before -= 1
