"""What came out of a replay: one row an order, as a line of JSON or a row in Parquet, and the digest of all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Struct

_MODULUS: Final = 1 << 256


class Evidence(Struct, frozen=True, omit_defaults=True, gc=False):
    """One piece of evidence of a criterion, as the response extension has it."""

    reference: str = ""
    """`Type/id`, the id hashed unless the run was made with ids."""
    display: str = ""
    date: str = ""
    """FHIR date of the precision that the record has; empty: undated."""
    value: str = ""
    stated: bool = False
    """Read in words; `quote` has them."""
    quote: str = ""


class FoundCriterion(Struct, frozen=True, omit_defaults=True, gc=False):
    """One criterion that was found."""

    id: str
    group: str
    strength: str
    """By the guideline."""
    state: str
    """present, suspected, historical; stale never counts."""
    counted: str = ""
    """The strength that it counts with, where that is less; empty: `strength`."""
    evidence: tuple[Evidence, ...] = ()


class FoundGap(Struct, frozen=True, gc=False):
    """Something needed that could not be read."""

    source: str
    """A prefetch key, `order`, or the id of a criterion that failed."""
    reason: str


class FoundWords(Struct, frozen=True, omit_defaults=True, gc=False):
    """Clinical words that were not understood."""

    source: str
    reference: str
    text: str


class Row(Struct, frozen=True, gc=False):
    """What came out for one order. The fields are the keys of a line, and the columns in Parquet."""

    case: str
    """The name of a saved case, or `dataset/patient`, the patient hashed unless the run was made with ids."""
    order: str
    """`Type/id`: the request, the imaging that was performed, or `what-if/<day>`."""
    as_of: str
    """ISO day that it was judged on."""
    study: str
    """`mr-lumbar-without`: modality, regions joined by `+`, contrast unless unspecified; `unknown` where not known.
    Empty where nothing was read of the order."""
    scenario: str | None
    """None, as the next two: no advice was given; `gaps` says why."""
    appropriateness: str | None
    urgency: str | None
    cards: tuple[str, ...]
    """Topic codes: the cards about the order, most important first, then those about the whole call."""
    groups: Mapping[str, str]
    """Level of each group that is at least noted."""
    criteria: tuple[FoundCriterion, ...]
    gaps: tuple[FoundGap, ...]
    not_understood: tuple[FoundWords, ...]


COLUMNS: Final = Row.__struct_fields__


def row_line(row: Row) -> bytes:
    """The row as one line of JSON, without the line's end."""
    return msgspec.json.encode(row)


@dataclass(slots=True)
class RowsDigest:
    """One number for a set of rows, whatever order they came in and however they were divided.

    The SHA-256 of each line, added up modulo 2**256: a row twice is not a row once.
    """

    total: int = 0
    rows: int = 0

    def add(self, line: bytes) -> None:
        """Count one row, as `row_line` writes it."""
        self.total = (self.total + int.from_bytes(hashlib.sha256(line).digest())) % _MODULUS
        self.rows += 1

    def merge(self, other: RowsDigest) -> None:
        """Count the rows of another part of the run."""
        self.total = (self.total + other.total) % _MODULUS
        self.rows += other.rows

    @property
    def text(self) -> str:
        """Number of rows and 64 hexadecimal digits."""
        return f"{self.rows}:{self.total:064x}"


def digest_of(rows: Iterable[Row]) -> str:
    """The digest of rows that were read back."""
    digest = RowsDigest()
    for row in rows:
        digest.add(row_line(row))
    return digest.text
