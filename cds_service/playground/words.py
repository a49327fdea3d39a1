"""The words of an order as they were read: pieces of the text, each with what it was read as."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final, NamedTuple

from cds_service.advice import CompiledGuideline
from cds_service.evidence.text.model import TextReading

_SAID_AS: Final = {
    "stated": "said",
    "asked": "asked",
    "denied": "denied",
    "historical": "in the past",
    "other-person": "of another person",
    "hypothetical": "only if it comes",
    "unclear": "unclear",
}


class Mark(NamedTuple):
    """A piece of the text that was read as something, or that was not understood."""

    start: int
    end: int
    kind: str
    """A state of a statement, `duration`, `care` or `unknown`."""
    says: str


def read_words_json(text: str, compiled: CompiledGuideline, as_of: date) -> dict[str, Any]:
    """The text in pieces, in its order and without a gap; marks that lie inside another one are only listed."""
    reading = compiled.index.reader.read(text, as_of)
    marks = sorted(
        _marks(text, reading, compiled), key=lambda mark: (mark.start, -mark.end, mark.says)
    )
    pieces, at = [], 0
    for mark in marks:
        if mark.start < at:
            continue
        if mark.start > at:
            pieces.append({"text": text[at : mark.start]})
        quote = text[mark.start : mark.end]
        pieces.append({"text": quote, "kind": mark.kind, "says": mark.says})
        at = mark.end
    if at < len(text):
        pieces.append({"text": text[at:]})
    listed = [
        {"text": text[mark.start : mark.end], "kind": mark.kind, "says": mark.says}
        for mark in marks
    ]
    return {"pieces": pieces, "read": listed}


def _marks(text: str, reading: TextReading, compiled: CompiledGuideline) -> Iterator[Mark]:
    concepts = compiled.guideline.language.concepts
    for statement in reading.statements:
        says = f"{concepts[statement.concept].short}: {_SAID_AS[statement.state]}"
        yield Mark(statement.start, statement.end, statement.state, says)
    duration = reading.duration
    if duration is not None:
        days = f"{duration.least} to {duration.most} days"
        says = f"Length of the pain: {days}"
        yield from _found(text, (duration.quote,), "duration", says)
    care = reading.care
    if care is not None:
        says = f"Care tried: {', '.join(care.kinds)}" + (", failed" if care.has_failed else "")
        yield from _found(text, (care.quote,), "care", says)
    yield from _joined(text, _found(text, reading.left_over, "unknown", "Not understood"))


def _found(text: str, quotes: tuple[str, ...], kind: str, says: str) -> Iterator[Mark]:
    """Where quotes stand, each behind the one before it: a reading tells their words, not their places."""
    at = 0
    for quote in quotes:
        words = r"\W+".join(map(re.escape, re.findall(r"\w+", quote)))
        match = re.compile(words).search(text, at) if words else None
        if match is not None:
            at = match.end()
            yield Mark(match.start(), match.end(), kind, says)


def _joined(text: str, marks: Iterator[Mark]) -> Iterator[Mark]:
    """The marks, those with nothing but space between them as one."""
    last: Mark | None = None
    for mark in marks:
        if last is not None and not text[last.end : mark.start].strip():
            last = last._replace(end=mark.end)
            continue
        if last is not None:
            yield last
        last = mark
    if last is not None:
        yield last
