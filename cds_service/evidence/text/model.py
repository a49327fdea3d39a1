"""What a reader of text found, as values."""

from __future__ import annotations

from typing import Literal

import msgspec

from cds_service.knowledge.table import Region

State = Literal[
    "stated", "asked", "denied", "historical", "other-person", "hypothetical", "unclear"
]
"""Only what is stated or asked counts; unclear counts little; the rest is kept to be shown."""
Tempo = Literal["", "rapid", "progressive", "new"]
Side = Literal["", "left", "right", "both"]

MAX_QUOTE = 60
"""Characters of a quote."""


class Statement(msgspec.Struct, frozen=True, gc=False):
    """One concept, what the text says of it, and where."""

    concept: str
    state: State
    start: int
    """Of the words in the text as written; `end` is behind the last."""
    end: int
    quote: str
    """The words as written, cut at words."""
    tempo: Tempo = ""
    year: int | None = None
    """A year in its clause."""
    days_ago: int | None = None
    """An amount of time in its clause that counts back from now."""
    levels: tuple[str, ...] = ()
    """Spinal levels in its clause, as `L4-5`."""
    regions: tuple[Region, ...] = ()
    """Regions that its clause names, by words or levels."""
    side: Side = ""
    number: float | None = None
    unit: str = ""


class PainDuration(msgspec.Struct, frozen=True, gc=False):
    """How long the pain has lasted: days, both included."""

    least: int
    most: int
    quote: str


class Care(msgspec.Struct, frozen=True, gc=False):
    """Care that was tried."""

    kinds: tuple[str, ...]
    """Word classes of the care, as `physiotherapy`."""
    quote: str
    has_failed: bool
    days: int = 0
    """How long it lasted at least, when the words beside it say so."""


class TextReading(msgspec.Struct, frozen=True):
    """All that one text says."""

    language: str
    statements: tuple[Statement, ...] = ()
    """In the order of the text."""
    duration: PainDuration | None = None
    care: Care | None = None
    left_over: tuple[str, ...] = ()
    """Words that were not understood, as written."""
    is_unread: bool = False
    """It was not understood well enough to say that it holds nothing serious."""
    is_empty_of_meaning: bool = False
    """It holds no word with a bearing, and none that was not understood: `n/a`, `see above`."""
    is_only_a_place: bool = False
    """It names the spine and nothing of it that is known."""
    names_unjudged: bool = False
    """It names a disease whose bearing on the spine the guideline does not judge."""
