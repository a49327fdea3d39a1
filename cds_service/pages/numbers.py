"""Numbers as a reader wants them: with a denominator, and none that could name a person."""

from __future__ import annotations

from typing import Final

_THIN: Final = "\N{NARROW NO-BREAK SPACE}"
SMALLEST_SHOWN: Final = 5
"""Smaller counts could tell who it was, where a row stands for a clinician or a patient."""


def counted(count: int) -> str:
    """A count with its thousands apart: `12,345`, as in *per 1,000*."""
    return f"{count:,}"


def per_thousand(count: int, of: int) -> str:
    """How many of a thousand; a dash where there is nothing to divide by."""
    return "–" if of == 0 else f"{1000 * count / of:,.1f}"


def share(count: int, of: int) -> str:
    """Per cent with numerator and denominator: `12 of 345 (3.5 %)`."""
    if of == 0:
        return "0 of 0"
    percent = f"{100 * count / of:.1f}{_THIN}%"
    return f"{counted(count)} of {counted(of)} ({percent})"
