"""How much is tried: a sample that is the same in every run, everything with `COMBINATIONS=all`, or a part of it.

`COMBINATIONS=3/8` is the third of eight parts of the same size: together they are everything, each item in one of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from random import Random
from typing import Final, TypeVar

_Item = TypeVar("_Item")
SEED: Final = 20_261_128


def read_part(wanted: str) -> tuple[int, int] | None:
    """Which part of how many; None for a sample. Raises ValueError for what is neither."""
    if wanted in ("", "all"):
        return (1, 1) if wanted else None
    found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", wanted)
    part = (int(found[1]), int(found[2])) if found else (2, 1)
    if part[0] > part[1]:
        raise ValueError(
            f"COMBINATIONS={wanted}: expected nothing, all, or a part such as 3/8 (the third of eight)."
        )
    return part


PART: Final = read_part(os.environ.get("COMBINATIONS", ""))
ALL: Final = PART is not None
"""Not a sample: everything, or a part of it."""
TIMEOUT: Final = 7200 if ALL else 300
"""Seconds for one test."""


def seeded() -> Random:
    """A new generator: what one test draws does not depend on the others."""
    return Random(SEED)  # noqa: S311 - a sample, no secret


def some(items: Sequence[_Item], number: int) -> list[_Item]:
    """So many of the items."""
    return seeded().sample(list(items), min(number, len(items)))


def part_of(items: Sequence[_Item], part: tuple[int, int]) -> list[_Item]:
    """One of so many stretches of one size, which together are all items: neighbors share what was worked out."""
    number, parts = part
    return list(items[len(items) * (number - 1) // parts : len(items) * number // parts])


def most(items: Sequence[_Item], number: int) -> list[_Item]:
    """All of the items where everything is asked for, its part where a part is, else so many of them."""
    return some(items, number) if PART is None else part_of(items, PART)
