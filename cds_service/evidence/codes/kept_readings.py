"""What distinct codes and names were read as, kept from chart to chart by one who reads very many of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

_MOST: Final = 50_000
"""Distinct codes, or names, that are kept at a time."""

Prepare = Callable[[str], str]


class Counted(Protocol):
    """What can be kept."""

    @property
    def size(self) -> int:
        """Entries of its fullest part."""


_Kept = TypeVar("_Kept", bound=Counted)


class KeptReadings(Generic[_Kept]):
    """For a replay. The service has none of it: what stands in a patient's record ends there with its call.

    It changes no answer, since reading depends on the text and the guideline alone.
    """

    __slots__ = ("_begin", "_by_use")

    def __init__(self, begin: Callable[[], _Kept]) -> None:
        self._begin = begin
        self._by_use: dict[Prepare | None, _Kept] = {}

    def of(self, prepare: Prepare | None) -> _Kept:
        """What was read in one use, by how it makes texts ready. What is full is left to its call, and new begun."""
        found = self._by_use.get(prepare)
        if found is None or found.size >= _MOST:
            found = self._by_use[prepare] = self._begin()
        return found
