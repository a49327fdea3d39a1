"""Conservative care that a text says was tried."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.items import Items
from cds_service.knowledge.anchors import WordClasses

_NEAR: Final = 6
_FEWEST_KINDS: Final = 2
_FEWEST_WORDS: Final = 3
"""Three words of two kinds of care are care that was done, without a word that says so."""


class CareFound(NamedTuple):
    """Care that is named: its items, its kinds, and whether the words say that it failed or is done."""

    items: tuple[int, ...]
    kinds: tuple[str, ...]
    has_failed: bool
    is_much: bool
    """So much of it is named that it was tried."""


class CareReader:
    """Finds conservative care. Built once; pure."""

    __slots__ = ("_kinds", "_pt", "_pt_after", "_pt_before", "_tried", "_units", "starts")

    def __init__(
        self,
        bits: ClassBits,
        before_pt: Sequence[str],
        after_pt: Sequence[str],
        units: Iterable[str],
    ) -> None:
        names = (
            WordClasses.PHYSIOTHERAPY,
            WordClasses.CONSERVATIVE,
            WordClasses.INJECTION,
            WordClasses.PAIN_DRUG,
        )
        self._kinds = {name: bits.mask(name) for name in names}
        self._pt = bits.mask(WordClasses.PT)
        self._tried = bits.mask(WordClasses.TRIED)
        self._pt_before = frozenset(before_pt)
        self._pt_after = frozenset(after_pt)
        self._units = frozenset(units)
        self.starts = bits.mask(*names) | self._pt

    def care(self, items: Items) -> CareFound | None:
        """The care that a text names, if any."""
        kinds: dict[str, None] = {}
        found = []
        for at, mask in enumerate(items.masks):
            if not mask & self.starts:
                continue
            named = [name for name, bit in self._kinds.items() if mask & bit]
            if mask & self._pt and self._is_therapy(items, at):
                named.append(WordClasses.PHYSIOTHERAPY)
            if named:
                found.append(at)
                kinds.update(dict.fromkeys(named))
        if not found:
            return None
        tried = [
            at
            for at, mask in enumerate(items.masks)
            if mask & self._tried and self._belongs(items, at, found)
        ]
        is_much = len(kinds) >= _FEWEST_KINDS and len(found) >= _FEWEST_WORDS
        return CareFound(tuple(sorted({*found, *tried})), tuple(kinds), bool(tried), is_much)

    def _belongs(self, items: Items, at: int, found: Sequence[int]) -> bool:
        """The nearest care stands in the same sentence, a few words away."""
        behind = bisect_left(found, at)
        return any(
            abs(place - at) <= _NEAR and items.sentences[place] == items.sentences[at]
            for place in found[max(0, behind - 1) : behind + 1]
        )

    def _is_therapy(self, items: Items, at: int) -> bool:
        """PT is physiotherapy or the patient: the words beside it tell."""
        first, end = items.firsts[at], items.ends[at]
        before = items.words[first - 1] if first else ""
        after = items.words[end] if end < len(items.words) else ""
        return (
            before in self._pt_before
            or after in self._pt_after
            or after.isdecimal()
            or (before in self._units and self._is_tried_before(items, at))
        )

    def _is_tried_before(self, items: Items, at: int) -> bool:
        """`failed 8 weeks PT`: the patient is not what was tried for a time."""
        return any(
            items.masks[place] & self._tried and items.sentences[place] == items.sentences[at]
            for place in range(max(0, at - _NEAR), at)
        )
