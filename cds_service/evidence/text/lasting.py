"""Whether a text says that a finding has lasted, or is new: words and times that stand beside it and not beside pain.

What comes with walking and goes with sitting is the claudication of a narrow canal, and no finding of these days.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.items import Items
from cds_service.evidence.text.times import Time
from cds_service.evidence.text.tokens import ENDS_CLAUSE, SENTENCE
from cds_service.knowledge.anchors import WordClasses
from cds_service.knowledge.language import Limits

_FARTHEST: Final = 8
"""Words from a finding to the time that is its own."""


class Lasting:
    """Tells what has lasted from what may be recent. Built once; pure."""

    __slots__ = (
        "_chronic",
        "_days",
        "_exertion",
        "_known",
        "_long",
        "_new",
        "_newer",
        "_others",
        "_sudden",
    )

    def __init__(self, bits: ClassBits, limits: Limits) -> None:
        self._days = limits.recent_days
        self._sudden = limits.sudden_days
        self._known = limits.known_days
        self._chronic = bits.mask(WordClasses.LONG_LASTING)
        self._newer = bits.mask(WordClasses.NEW, WordClasses.PROGRESSIVE, WordClasses.RAPID)
        self._exertion = bits.mask(WordClasses.ON_EXERTION)
        self._long = bits.mask(WordClasses.LONG_LASTING, WordClasses.ON_EXERTION)
        self._new = bits.mask(WordClasses.NEW, WordClasses.WEEKDAY)
        self._others = bits.with_flag("pain")

    def has_lasted(self, items: Items, times: Sequence[Time], span: Sequence[int]) -> bool:
        """True when the words around a finding say that it is older than the limit, chronic, or comes with walking."""
        if not times and not items.everything & self._long:
            return False
        near = _near(items, span)
        first, end = self._reach(items, span, near)
        if any(items.masks[at] & self._long and first <= items.firsts[at] < end for at in near):
            return True
        return any(time.least > self._days for time in _within(times, first, end))

    def is_known(self, items: Items, times: Sequence[Time], span: Sequence[int]) -> bool:
        """True when its own clause says that a finding is chronic or years old, and nothing is new or worse.

        A clause that names a pain may say it of the pain.
        """
        if items.everything & self._newer or not (times or items.everything & self._chronic):
            return False
        first = bisect_left(items.clauses, items.clauses[span[0]])
        end = bisect_right(items.clauses, items.clauses[span[-1]])
        clause = range(first, end)
        if any(items.masks[at] & self._others and at not in span for at in clause):
            return False
        if any(items.masks[at] & self._chronic for at in clause):
            return True
        within = _within(times, items.firsts[first], items.ends[end - 1] + _FARTHEST)
        last = items.firsts[end] if end < len(items.firsts) else len(items.words)
        return any(time.least >= self._known and time.first < last for time in within)

    def is_new(self, items: Items, times: Sequence[Time], span: Sequence[int]) -> bool:
        """True when the words around a finding call it new, or say that it began within the limit.

        "Urgency with new back pain": what stands before the pain is said of the pain.
        """
        if not times and not items.everything & self._new:
            return False
        near = _near(items, span)
        first, end = self._reach(items, span, near)
        last = len(items.masks) - 1
        return any(
            items.masks[at] & self._new
            and first <= items.firsts[at] < end
            and not (at < last and items.masks[at + 1] & self._others)
            for at in near
        ) or any(time.most <= self._days for time in _within(times, first, end))

    def is_sudden(self, items: Items, times: Sequence[Time], span: Sequence[int]) -> bool:
        """True when the words around a finding say that it began within hours, or the day before."""
        if not times or items.everything & self._exertion:
            return False
        first, end = self._reach(items, span, _near(items, span))
        within = tuple(_within(times, first, end))
        return bool(within) and all(time.most <= self._sudden for time in within)

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


def _near(items: Items, span: Sequence[int]) -> range:
    """Places of the items that may stand in the reach of a finding."""
    return range(
        bisect_left(items.firsts, items.firsts[span[0]] - _FARTHEST),
        bisect_right(items.firsts, items.ends[span[-1]] + _FARTHEST),
    )


def _within(times: Sequence[Time], first: int, end: int) -> Iterator[Time]:
    """The amounts of time between two words that say how long something has lasted."""
    for at in range(bisect_left(times, first, key=_first_word), len(times)):
        time = times[at]
        if time.first >= end:
            return
        if time.kind != "past":
            yield time
