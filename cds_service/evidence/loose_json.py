"""JSON of any shape, read without complaint: an object where a list belongs, a number for a text, nulls.

Orders come from many systems and FHIR versions, and an order must never be lost for its shape.
Every function here has an answer for every value, and none raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from cds_service.coding import plain_code, system_name

MAX_TEXT: Final = 50_000
"""Characters of one text that are read."""
MAX_ITEMS: Final = 100
"""Entries of one list that are read."""

_NOTHING: Final[Mapping[str, object]] = {}


class CodingRead(Struct, frozen=True, gc=False):
    """One Coding. `system` is our short word, None for a system that is not ours."""

    system: str | None
    uri: str
    code: str
    """In the spelling of the knowledge files; may be empty."""
    display: str


class Concept(Struct, frozen=True, gc=False):
    """One CodeableConcept, or several read as one."""

    text: str
    codings: tuple[CodingRead, ...]

    @property
    def label(self) -> str:
        """The concept in the record's own words: text, else a display, else a code, else empty."""
        if self.text:
            return self.text
        return next((c.display for c in self.codings if c.display), "") or next(
            (c.code for c in self.codings if c.code), ""
        )

    @property
    def label_in_words(self) -> str:
        """The same without the code; empty when there are only codes."""
        return self.text or next((c.display for c in self.codings if c.display), "")

    @property
    def known_codings(self) -> tuple[tuple[str, str], ...]:
        """(system word, plain code) of the codings in systems that we know."""
        return tuple((c.system, c.code) for c in self.codings if c.system and c.code)


def read_json(raw: msgspec.Raw | bytes) -> Mapping[str, object] | None:
    """The object that stands in this JSON text, or None when there is none."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        value = _read_damaged(bytes(raw))
    return value if isinstance(value, dict) else None


def _read_damaged(text: bytes) -> object:
    # One byte that is not UTF-8, in a note say, must not lose the order around it.
    try:
        return msgspec.json.decode(text.decode("utf-8", "replace"))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def each(value: object) -> tuple[object, ...]:
    """The entries of a list without its nulls; anything else is a list of itself."""
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(entry for entry in value[:MAX_ITEMS] if entry is not None)
    return (value,)


def as_object(value: object) -> Mapping[str, object]:
    """The object itself, or the first object of a list; else an empty one."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return next((entry for entry in value if isinstance(entry, dict)), _NOTHING)
    return _NOTHING


def as_text(value: object) -> str:
    """The text with its blanks made single; a number is its digits; anything else is empty.

    Line breaks stay: they end a clause.
    """
    if isinstance(value, str):
        lines = value[:MAX_TEXT].splitlines()
        if len(lines) == 1:
            return " ".join(lines[0].split())
        return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def shortened(text: str, limit: int) -> str:
    """The text in one line, cut at a word to at most `limit` characters, with an ellipsis if cut."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at = head.rfind(" ")
    return (head[:at] if at > limit // 2 else head).rstrip(" ,;:") + "…"


def read_concepts(value: object) -> tuple[Concept, ...]:
    """Every CodeableConcept of a value, empty ones left out.

    Reads a list or one alone, a plain text, R5's CodeableReference by its `concept`, and a Coding
    where a CodeableConcept belongs.
    """
    return tuple(_concepts(value))


def read_concept(value: object) -> Concept:
    """All CodeableConcepts of a value read as one; empty when there is none."""
    found = read_concepts(value)
    if len(found) == 1:
        return found[0]
    texts = dict.fromkeys(concept.text for concept in found if concept.text)
    return Concept("; ".join(texts), tuple(c for concept in found for c in concept.codings))


def read_coding_list(value: object) -> tuple[CodingRead, ...]:
    """The codings of a `coding` element, those with neither code nor display left out."""
    return tuple(c for c in map(_coding, each(value)) if c.code or c.display)


def texts_of(value: object) -> Iterator[str]:
    """Texts of annotations, concepts and plain texts, whichever stand there."""
    for entry in each(value):
        if isinstance(entry, dict):
            text = as_text(entry.get("text"))
            if text:
                yield text
        elif isinstance(entry, str) and (text := as_text(entry)):
            yield text


def _concepts(value: object) -> Iterator[Concept]:
    for entry in each(value):
        if isinstance(entry, dict):
            concept = _concept(entry)
        elif isinstance(entry, str):
            concept = Concept(as_text(entry), ())
        else:
            continue
        if concept.text or concept.codings:
            yield concept


def _concept(entry: dict[str, object]) -> Concept:
    inner = entry.get("concept")
    if inner is not None and "coding" not in entry:
        return _plain_concept(as_object(inner))
    return _plain_concept(entry)


def _plain_concept(entry: Mapping[str, object]) -> Concept:
    text = as_text(entry.get("text"))
    coding = entry.get("coding")
    if coding is None and "code" in entry:
        return Concept(text, read_coding_list(entry))
    return Concept(text, read_coding_list(coding))


def _coding(entry: object) -> CodingRead:
    if not isinstance(entry, dict):
        return CodingRead(None, "", "", as_text(entry))
    uri = as_text(entry.get("system"))
    system = system_name(uri)
    code = plain_code(system, as_text(entry.get("code")))
    return CodingRead(system, uri, code, as_text(entry.get("display")))
