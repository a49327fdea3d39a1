"""What distinct codes and names were read as, kept from chart to chart by one who reads very many of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cds_service.evidence.codes.concepts import ConceptHit, ConceptReading
    from cds_service.evidence.codes.observation_names import NamedObservation

_MOST: Final = 50_000
"""Distinct codes, or names, that are kept at a time."""

Prepare = Callable[[str], str]


class Readings:
    """What was read so far; it changes no answer, since reading depends on the text and the guideline alone."""

    __slots__ = ("concepts", "in_texts", "in_words", "named", "other_studies")

    def __init__(self) -> None:
        self.concepts: dict[bytes, ConceptReading] = {}
        """By JSON text."""
        self.in_words: dict[bytes, tuple[ConceptHit, ...] | None] = {}
        """By JSON text: what all words of a concept in no value set mean."""
        self.in_texts: dict[tuple[str, ...], tuple[ConceptHit, ...] | None] = {}
        """The same by the texts alone."""
        self.named: dict[str, NamedObservation | None] = {}
        """What the names of observations mean that no value set holds."""
        self.other_studies: set[tuple[bytes, bytes, bytes]] = set()
        """(code, body site, category) of what is known to be no study of the spine."""

    @property
    def size(self) -> int:
        """Entries of the fullest of them."""
        return max(
            len(self.concepts),
            len(self.in_words),
            len(self.in_texts),
            len(self.named),
            len(self.other_studies),
        )


class KeptReadings:
    """For a replay. The service has none of it: what stands in a patient's record ends there with its call."""

    __slots__ = ("_by_use",)

    def __init__(self) -> None:
        self._by_use: dict[Prepare | None, Readings] = {}

    def of(self, prepare: Prepare | None) -> Readings:
        """Those of one use, by how it makes texts ready. Full ones are left to their call, and new ones begun."""
        found = self._by_use.get(prepare)
        if found is None or found.size >= _MOST:
            found = self._by_use[prepare] = Readings()
        return found
