"""Whether a text says that a finding has lasted: words and amounts of time that stand beside it and not beside pain.

What comes with walking and goes with sitting is the claudication of a narrow canal, and no finding of these days.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.items import Items
from cds_service.evidence.text.times import Time
from cds_service.evidence.text.tokens import ENDS_CLAUSE, SENTENCE
from cds_service.knowledge.anchors import WordClasses

_FARTHEST: Final = 8
"""Words from a finding to the time that is its own."""


class Lasting:
    """Tells what has lasted from what may be recent. Built once; pure."""

    __slots__ = ("_days", "_long", "_others")

    def __init__(self, bits: ClassBits, days: int) -> None:
        self._days = days
        self._long = bits.mask(WordClasses.LONG_LASTING, WordClasses.ON_EXERTION)
        self._others = bits.with_flag("pain")

    def has_lasted(self, items: Items, times: Sequence[Time], span: Sequence[int]) -> bool:
        """True when the words around a finding say that it is older than the limit, chronic, or comes with walking."""
        if not times and not items.everything & self._long:
            return False
        near = range(
            bisect_left(items.firsts, items.firsts[span[0]] - _FARTHEST),
            bisect_right(items.firsts, items.ends[span[-1]] + _FARTHEST),
        )
        first, end = self._reach(items, span, near)
        if any(items.masks[at] & self._long and first <= items.firsts[at] < end for at in near):
            return True
        later = range(bisect_left(times, first, key=_first_word), len(times))
        for at in later:
            time = times[at]
            if time.first >= end:
                break
            if time.least > self._days and time.kind != "past":
                return True
        return False

    def _reach(self, items: Items, span: Sequence[int], near: range) -> tuple[int, int]:
        """The words around a finding that are not beside pain, in its clause or at the head of the one behind it."""
        foreign = {
            items.firsts[at]
            for at in near
            if items.masks[at] & self._others
            and not items.masks[at] & self._long
            and at not in span
        }
        first, end = items.firsts[span[0]], items.ends[span[-1]]
        lowest, highest = max(0, first - _FARTHEST), min(len(items.words), end + _FARTHEST)
        while first > lowest and not items.gaps[first] & (ENDS_CLAUSE | SENTENCE):
            if first - 1 in foreign:
                # "LBP 6 months with both legs weak": the time behind the pain is the pain's.
                first = items.firsts[span[0]]
                break
            first -= 1
        commas = 0
        while end < highest and not items.gaps[end] & SENTENCE and end not in foreign:
            commas += bool(items.gaps[end] & ENDS_CLAUSE)
            if commas > 1:
                break
            end += 1
        return first, end


def _first_word(time: Time) -> int:
    return time.first
