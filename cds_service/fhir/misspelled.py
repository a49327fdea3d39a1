"""Keys of prefetch that were meant as ours: `Patient`, `condition`, `conditons`."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

from cds_service.evidence.record.types import REQUIREMENTS

_MOST_KEYS: Final = 50
_LONGEST_KEY: Final = 60
_ALIKE: Final = 0.8
_OURS: Final = {need.key: need for need in REQUIREMENTS}


def resembles_another(key: str, given: Iterable[str]) -> bool:
    """Whether one of the keys given, which is none of ours, looks like `key` or like the type that it asks for."""
    others = [name for name in given if name not in _OURS and len(name) <= _LONGEST_KEY]
    if not others:
        return False
    need = _OURS.get(key)
    names = {_plain(key)} | ({_plain(need.resource_type)} if need is not None else set())
    return any(_is_alike(_plain(other), name) for other in others[:_MOST_KEYS] for name in names)


def _is_alike(one: str, other: str) -> bool:
    return one == other or SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _plain(name: str) -> str:
    """Letters only, small, and without the s of a plural."""
    letters = "".join(letter for letter in name.lower() if letter.isalpha())
    return letters.removesuffix("s")
