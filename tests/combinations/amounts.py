"""How much is tried: a sample that is the same in every run, or everything with `COMBINATIONS=all`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from random import Random
from typing import Final, TypeVar

_Item = TypeVar("_Item")
SEED: Final = 20_261_128
ALL: Final = os.environ.get("COMBINATIONS") == "all"
TIMEOUT: Final = 7200 if ALL else 300
"""Seconds for one test."""


def seeded() -> Random:
    """A new generator: what one test draws does not depend on the others."""
    return Random(SEED)  # noqa: S311 - a sample, no secret


def some(items: Sequence[_Item], number: int) -> list[_Item]:
    """So many of the items."""
    return seeded().sample(list(items), min(number, len(items)))


def most(items: Sequence[_Item], number: int) -> list[_Item]:
    """All of the items where everything is asked for, else so many of them."""
    return list(items) if ALL else some(items, number)
