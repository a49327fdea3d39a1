"""How long the pain has lasted, as a text states it.

Most amounts of time in an order's text are not the pain's: care, follow-up, surgery, age, another finding. One counts
when pain is what stands nearest, or when it stands there with nothing else that it could belong to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cds_service.evidence.text.assertion import DENIED
from cds_service.evidence.text.items import Items
from cds_service.evidence.text.lexicon import ClassBits
from cds_service.evidence.text.times import MAX_DAYS, Time, TimeReader
from cds_service.evidence.text.tokens import SENTENCE
from cds_service.knowledge.anchors import WordClasses

_LONG: Final = 42
"""Days that pain has lasted at least which is called chronic."""
_AHEAD: Final = 7
_BESIDE: Final = (4, 3)
_MONTHS_AGO: Final = 100
_NEAR_CHRONIC: Final = 3


class PainTimes:
    """Finds the length of time that is the pain's. Built once; pure."""

    __slots__ = ("_chronic", "_owners", "_pain", "_times", "_worse")

    def __init__(self, bits: ClassBits, times: TimeReader) -> None:
        self._times = times
        self._pain = bits.with_flag("pain")
        event = bits.with_flag("event")
        self._owners = (
            bits.of_role("finding", "part", "care", "value") | bits.with_flag("topic") | self._pain
        ) & ~event
        self._chronic = bits.mask(WordClasses.LONG_LASTING)
        self._worse = bits.mask(WordClasses.PROGRESSIVE)

    def duration(
        self, items: Items, times: Sequence[Time], states: Sequence[int]
    ) -> tuple[int, int, int, int] | None:
        """Least and most days, first word and the one behind the last; None when the text states none."""
        if not times:
            return self._called_chronic(items, states)
        item_at = _item_at(items)
        best: tuple[int, int, int, int] | None = None
        for time in times:
            if not self._is_of_pain(items, time, item_at):
                continue
            if best is None or (time.least, time.most) > best[:2]:
                best = (time.least, time.most, time.first, time.end)
        return best if best is not None else self._called_chronic(items, states)

    def _called_chronic(
        self, items: Items, states: Sequence[int]
    ) -> tuple[int, int, int, int] | None:
        if not items.everything & self._chronic:
            return None
        for at, mask in enumerate(items.masks):
            if not mask & self._chronic or states[at] & DENIED:
                continue
            for near in range(
                max(0, at - _NEAR_CHRONIC), min(len(items.masks), at + _NEAR_CHRONIC + 1)
            ):
                if items.masks[near] & self._pain and items.clauses[near] == items.clauses[at]:
                    return _LONG, MAX_DAYS, items.firsts[at], items.ends[at]
        return None

    def _is_of_pain(self, items: Items, time: Time, item_at: Sequence[int]) -> bool:
        words, known = items.words, self._times.words(items.language)
        before = words[time.first - 1] if time.first else ""
        first = words[time.first]
        after = words[time.end] if time.end < len(words) else ""
        if after in known.not_after or before in known.not_before or first in known.not_before:
            return False
        if time.kind == "ago" and time.least > _MONTHS_AGO:
            return False
        beside = (
            *words[max(0, time.first - _BESIDE[0]) : time.first],
            *words[time.end : time.end + _BESIDE[1]],
        )
        owner = self._owner_before(items, time.first, item_at)
        if not owner or before in known.of or after in known.of:
            owner = self._owner_behind(items, time.end, item_at) or owner
        if owner and not owner & self._pain:
            return False
        if any(word in known.other for word in beside):
            return bool(owner & self._pain)
        return True

    def _owner_before(self, items: Items, place: int, item_at: Sequence[int]) -> int:
        clauses_left = 2
        for at in range(place - 1, -1, -1):
            gap = items.gaps[at + 1]
            if gap & SENTENCE:
                break
            if gap and clauses_left and gap & ~0:
                clauses_left -= bool(gap & 30)
                if not clauses_left:
                    break
            item = item_at[at]
            if item >= 0 and items.masks[item] & self._owners:
                return items.masks[item]
        return 0

    def _owner_behind(self, items: Items, place: int, item_at: Sequence[int]) -> int:
        for at in range(place, min(len(items.words), place + _AHEAD)):
            if items.gaps[at] & SENTENCE:
                break
            item = item_at[at]
            if item >= 0 and items.masks[item] & self._owners:
                return items.masks[item]
        return 0


def _item_at(items: Items) -> list[int]:
    """The item that each word belongs to; -1 for words without a class."""
    found = [-1] * len(items.words)
    for item, (first, end) in enumerate(zip(items.firsts, items.ends, strict=True)):
        for place in range(first, end):
            found[place] = item
    return found
