"""The value set whose entries a name is most like, by its words: a hint for whoever maps codes, never a mapping."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from math import log
from typing import Final

from msgspec import Struct

from cds_service.knowledge.model import Guideline, ValueSet

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_OF_TERMINOLOGIES: Final = frozenset(
    (
        "disorder",
        "finding",
        "procedure",
        "situation",
        "morphologic",
        "abnormality",
        "regime",
        "therapy",
    )
)
"""What a SNOMED CT name says of its own kind."""
_SYSTEMS: Final = (
    *("icd10cm", "icd10", "icd9cm", "snomed", "loinc", "rxnorm_ingredient", "rxnorm_drug", "cpt"),
)
_LIKE: Final = 0.5
"""Of the weight of all words of both names, how much they have to share."""


class Nearest(Struct, frozen=True):
    """What a name is like."""

    value_set: str
    name: str
    """The entry of it."""
    likeness: float
    """0 to 1, the part of the words that both have, rare words weighing more."""


class NearestSets:
    """Every entry of every value set, by its words."""

    def __init__(self, guideline: Guideline) -> None:
        self._entries: list[tuple[str, str, frozenset[str]]] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for value_set in guideline.value_sets.values():
            for name in dict.fromkeys(_names(value_set)):
                words = _words(name)
                for word in words:
                    self._by_word[word].append(len(self._entries))
                self._entries.append((value_set.id, name, words))

    def find(self, name: str) -> Nearest | None:
        """The entry that is most like the name; None where none is like it."""
        words = _words(name)
        best: Nearest | None = None
        shared: dict[int, float] = defaultdict(float)
        for word in words:
            for position in self._by_word.get(word, ()):
                shared[position] += self._weight(word)
        own = sum(map(self._weight, words))
        for position, both in shared.items():
            value_set, entry, others = self._entries[position]
            likeness = both / (own + sum(map(self._weight, others)) - both)
            if likeness >= _LIKE and (best is None or likeness > best.likeness):
                best = Nearest(value_set, entry, likeness)
        return best

    def _weight(self, word: str) -> float:
        return log(1 + len(self._entries) / (1 + len(self._by_word.get(word, ()))))


def _names(value_set: ValueSet) -> Iterator[str]:
    yield value_set.title
    for system in _SYSTEMS:
        for entry in getattr(value_set, system):
            yield entry.display
    yield from value_set.text


def _words(name: str) -> frozenset[str]:
    # LOINC: what is measured stands before the bracket, how and in what behind it.
    measured = name.partition("[")[0].strip() or name
    return frozenset(_WORD.findall(measured.lower())) - _OF_TERMINOLOGIES
