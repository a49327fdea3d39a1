"""What the shipped reader makes of a text, in the shortest form that a test can compare."""

from __future__ import annotations

from datetime import date
from functools import cache

from cds_service.evidence.text.model import Statement, TextReading
from cds_service.evidence.text.reader import TextReader
from tests.shipped import guideline

WRITTEN_ON = date(2026, 6, 15)


@cache
def reader() -> TextReader:
    """The reader of the shipped language, built once."""
    return TextReader(guideline().language)


def read(text: str) -> TextReading:
    """The reading of a text written on 15 June 2026."""
    return reader().read(text, WRITTEN_ON)


def states(text: str, concept: str) -> set[str]:
    """What the text says of a concept."""
    return {found.state for found in read(text).statements if found.concept == concept}


def only(text: str, concept: str) -> Statement:
    """The first statement of a concept."""
    return next(found for found in read(text).statements if found.concept == concept)
