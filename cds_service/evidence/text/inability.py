"""Inability that a language says in two words with others between them: `kann das Bein nicht heben`.

The word of denial takes the ability away and denies nothing else, so both become words of inability.
"""

from __future__ import annotations

from typing import Final

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.items import Items
from cds_service.knowledge.anchors import WordClasses

_FARTHEST: Final = 6
"""Items from the one word to the other."""


class InabilityJoiner:
    """Finds such pairs. Built once."""

    __slots__ = ("_able", "_denials", "_ends", "_inability", "_not_able")

    def __init__(self, bits: ClassBits) -> None:
        self._able = bits.mask(WordClasses.ABLE)
        self._not_able = bits.mask(WordClasses.NOT_ABLE)
        self._denials = bits.mask(
            WordClasses.DENIAL, WordClasses.DENIAL_OF_ALL, WordClasses.DENIAL_BEHIND
        )
        self._ends = bits.mask(WordClasses.TURN, WordClasses.AND_OR)
        self._inability = bits.mask(WordClasses.CANNOT, WordClasses.UNABLE, WordClasses.LOSS)

    def join(self, items: Items) -> None:
        """Makes the words of every pair in a clause words of inability."""
        if not (items.everything & self._able and items.everything & self._not_able):
            return
        masks = items.masks
        for at, mask in enumerate(masks):
            if mask & self._able:
                other = self._denial_of(items, at)
                if other >= 0:
                    masks[at] |= self._inability
                    masks[other] = masks[other] & ~self._denials | self._inability
                    items.everything |= self._inability

    def _denial_of(self, items: Items, able: int) -> int:
        """The nearest word that takes the ability away, behind it or, where the verb stands last, before it."""
        for step in (1, -1):
            at = able + step
            while 0 <= at < len(items.masks) and abs(at - able) <= _FARTHEST:
                mask = items.masks[at]
                if items.clauses[at] != items.clauses[able]:
                    break
                if mask & self._not_able:
                    return at
                if mask & self._ends and not mask & ~self._ends:
                    break
                at += step
        return -1
