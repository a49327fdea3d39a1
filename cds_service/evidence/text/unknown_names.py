"""Unknown words that look like the name of a disease or drug: one of them is enough to leave a text unread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cds_service.evidence.text.folding import folded
from cds_service.evidence.text.items import Items
from cds_service.evidence.text.tokens import BREAKS_PHRASE
from cds_service.knowledge.language import Language

_LONGEST_BETWEEN: Final = 2
"""Letters of a word that may stand between: `maladie de Gaucher`."""
_SHORTEST: Final = 5
"""Letters of a word whose ending says something."""


class UnknownNames:
    """Tells names from other unknown words. Built once; pure."""

    __slots__ = ("_beside", "_endings")

    def __init__(self, language: Language) -> None:
        tongues = language.tongues
        self._beside = {
            code: frozenset(folded(word) for word in tongue.beside_names)
            for code, tongue in tongues.items()
        }
        self._endings = {
            code: tuple(folded(ending) for ending in tongue.name_endings)
            for code, tongue in tongues.items()
        }

    def any(self, items: Items, unknown: Iterable[int]) -> bool:
        """True when one of the words at these places looks like a name."""
        endings = self._endings[items.language]
        beside = self._beside[items.language]
        return any(
            (len(items.words[at]) >= _SHORTEST and items.words[at].endswith(endings))
            or _stands_beside(items, at, beside)
            for at in unknown
        )


def _stands_beside(items: Items, at: int, words: frozenset[str]) -> bool:
    return any(word in words for step in (-1, 1) for word in _next_words(items, at, step))


def _next_words(items: Items, at: int, step: int) -> Iterator[str]:
    """The next word on one side, and the one behind it when that is short."""
    for place in (at + step, at + 2 * step):
        border = place + 1 if step < 0 else place
        if not 0 <= place < len(items.words) or items.gaps[border] & BREAKS_PHRASE:
            return
        yield items.words[place]
        if len(items.words[place]) > _LONGEST_BETWEEN:
            return
