"""How long the pain has lasted, as a text states it.

Most amounts of time in an order's text are not the pain's: care, follow-up, surgery, age, another finding. One counts
when pain is what stands nearest, or when it stands there with nothing else that it could belong to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.cues import DENIED
from cds_service.evidence.text.items import Items
from cds_service.evidence.text.times import MAX_DAYS, Time, TimeReader
from cds_service.evidence.text.tokens import ENDS_CLAUSE, SENTENCE
from cds_service.knowledge.anchors import WordClasses
from cds_service.knowledge.language import Limits

_AHEAD: Final = 7
_BEHIND: Final = 15
"""Words before an amount in which its owner is looked for: more belongs to something else."""
_BESIDE: Final = (4, 3)
_NEAR_CHRONIC: Final = 3


class PainTimes:
    """Finds the length of time that is the pain's. Built once; pure."""

    __slots__ = (
        "_chronic",
        "_event",
        "_limits",
        "_no_denial",
        "_owners",
        "_pain",
        "_times",
        "_worse",
    )

    def __init__(self, bits: ClassBits, times: TimeReader, limits: Limits) -> None:
        self._times = times
        self._limits = limits
        self._pain = bits.with_flag("pain")
        event = self._event = bits.with_flag("event")
        self._owners = (
            bits.of_role("finding", "part", "care", "value", "trap")
            | bits.with_flag("topic")
            | self._pain
        ) & ~event
        self._worse = bits.mask(WordClasses.PROGRESSIVE)
        self._no_denial = bits.mask(WordClasses.NO_DENIAL)
        self._chronic = bits.mask(WordClasses.LONG_LASTING)

    def duration(
        self, items: Items, times: Sequence[Time], states: Sequence[int]
    ) -> tuple[int, int, int, int] | None:
        """Least and most days, first word and the one behind the last; None when the text states none."""
        if not times:
            return self._called_chronic(items, states)
        item_at = _item_at(items)
        best: tuple[int, int, int, int] | None = None
        for time in times:
            if not self._is_of_pain(items, time, states, item_at):
                continue
            most = time.most
            before = item_at[time.first - 1] if time.first else -1
            if before >= 0 and items.masks[before] & self._worse:
                most = MAX_DAYS  # what got worse three weeks ago began then or earlier
            if best is None or (time.least, most) > best[:2]:
                best = (time.least, most, time.first, time.end)
        if best is None or best[0] < self._limits.chronic_days:
            # pain that is called chronic has lasted, whatever began last week
            return self._called_chronic(items, states) or best
        return best

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
                    return self._limits.chronic_days, MAX_DAYS, items.firsts[at], items.ends[at]
        return None

    def _is_of_pain(
        self, items: Items, time: Time, states: Sequence[int], item_at: Sequence[int]
    ) -> bool:
        words, known = items.words, self._times.words(items.language)
        before = words[time.first - 1] if time.first else ""
        after = words[time.end] if time.end < len(words) else ""
        if self._is_when(items, time, before, known.since):
            return False
        looks_back = not known.looking_back.isdisjoint(words[time.first : time.end])
        if before in known.not_before and not looks_back:
            # pain that is not improving after 8 weeks has lasted as long
            place = item_at[time.first - 2] if time.first > 1 else -1
            if before not in known.then or place < 0 or not items.masks[place] & self._no_denial:
                return False
        at = self._owner_before(items, time.first, item_at)
        is_pain = at >= 0 and bool(items.masks[at] & self._pain)
        if after in known.not_after and not (is_pain and after in known.then):
            return False
        is_tied = after in known.of and not items.gaps[time.end] & ENDS_CLAUSE
        if not is_pain or is_tied or before in known.of:
            behind = self._owner_behind(items, time.end, item_at, in_clause=at >= 0)
            is_pain_behind = behind >= 0 and bool(items.masks[behind] & self._pain)
            if behind >= 0 and (at < 0 or is_tied or before in known.of or is_pain_behind):
                if (
                    at < 0
                    and not is_tied
                    and not known.other.isdisjoint(
                        words[max(0, time.first - _BESIDE[0]) : time.first]
                    )
                ):
                    return False
                at = behind
        if at >= 0:
            return bool(items.masks[at] & self._pain) and not states[at] & DENIED
        if items.everything & self._event and not items.everything & self._pain:
            return False
        beside = (
            *words[max(0, time.first - _BESIDE[0]) : time.first],
            *words[time.end : time.end + _BESIDE[1]],
        )
        return known.other.isdisjoint(beside)

    def _is_when(self, items: Items, time: Time, before: str, since: frozenset[str]) -> bool:
        """Last week, today: when something was, unless it is when the pain began."""
        if time.kind == "day":
            is_alone = time.end - time.first == len(items.words)
            return not (before in since or is_alone or bool(items.everything & self._event))
        return time.kind == "past" or (time.kind == "ago" and time.least > self._limits.past_days)

    def _owner_before(self, items: Items, place: int, item_at: Sequence[int]) -> int:
        """The nearest owner before a place: in its clause, or in the one before that; -1 for none."""
        clauses = 0
        for at in range(place - 1, max(-1, place - 1 - _BEHIND), -1):
            gap = items.gaps[at + 1]
            if gap & SENTENCE:
                break
            if gap & ENDS_CLAUSE:
                clauses += 1
                if clauses > 1:
                    break
            item = item_at[at]
            if item >= 0 and items.masks[item] & self._owners:
                return item
        return -1

    def _owner_behind(
        self, items: Items, place: int, item_at: Sequence[int], *, in_clause: bool
    ) -> int:
        """The nearest owner behind a place, a few words ahead; -1 for none."""
        ends = SENTENCE | (ENDS_CLAUSE if in_clause else 0)
        for at in range(place, min(len(items.words), place + _AHEAD)):
            if items.gaps[at] & ends:
                break
            item = item_at[at]
            if item >= 0 and items.masks[item] & self._owners:
                return item
        return -1


def _item_at(items: Items) -> list[int]:
    """The item that each word belongs to; -1 for words without a class."""
    found = [-1] * len(items.words)
    for item, (first, end) in enumerate(zip(items.firsts, items.ends, strict=True)):
        for place in range(first, end):
            found[place] = item
    return found
