"""Pages that were cut: what one that goes back far enough still leaves open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final

from cds_service.cds_hooks.model import Source
from cds_service.evidence.codes.dates import days_after, read_date
from cds_service.evidence.codes.look_backs import MEDICATIONS, OBSERVATIONS, PROCEDURES
from cds_service.evidence.loose_json import as_object
from cds_service.evidence.model import DateSpan
from cds_service.evidence.raw import plain
from cds_service.evidence.record.intake import Intake
from cds_service.evidence.record.observations import when_observed
from cds_service.evidence.record.procedures import when_done
from cds_service.evidence.record.types import TYPES

_Day = Callable[[Any], DateSpan | None]
"""The day of a resource by which a server may have sorted a page."""


def _observed(shape: Any) -> DateSpan | None:
    return when_observed(shape)


def _ordered(shape: Any) -> DateSpan | None:
    """The day of an order; a dispense, a statement and an administration have none by which pages are sorted."""
    return read_date(shape.authored_on) or read_date(shape.date_written)


def _begun(shape: Any) -> DateSpan | None:
    """The day of a procedure, the first of one that lasted."""
    for element in (shape.performed_period, shape.occurrence_period):
        began = read_date(as_object(plain(element)).get("start"))
        if began is not None:
            return began
    return when_done(shape)


_DAYS: Final[Mapping[str, tuple[_Day, ...]]] = {
    OBSERVATIONS: (_observed,),
    MEDICATIONS: (_ordered,),
    PROCEDURES: (when_done, _begun),
}
_NOTES: Final[Mapping[str, str]] = {
    OBSERVATIONS: "gap_lifelong_observations",
    MEDICATIONS: "gap_lifelong_medications",
    PROCEDURES: "gap_lifelong_procedures",
}
"""Notes of the gaps that are left, and keys of their sentences."""
LIFELONG_ONLY: Final = frozenset(_NOTES.values())
"""Notes of gaps that leave open no more than what counts for longer than a page goes back: their key counts as read."""


def note_of_cut(source: Source, intake: Intake) -> str:
    """The note of a gap of one source: its own, or the smaller one of a page that goes back behind every look-back.

    Only a page that is sorted by date shows that: its newest come first, and each has a day.
    """
    key = source.key
    if source.is_cut and key in _DAYS and _goes_back_far_enough(key, intake):
        return _NOTES[key]
    return source.note


def _goes_back_far_enough(key: str, intake: Intake) -> bool:
    earliest = days_after(intake.as_of, -intake.index.look_backs[key])
    shapes = [
        shape
        for one in TYPES
        if key in one.answers
        for batch in intake.batches.get(one.name, ())
        if batch.key == key
        for shape in batch.resources
    ]
    return any(_is_sorted_behind(earliest, [day(shape) for shape in shapes]) for day in _DAYS[key])


def _is_sorted_behind(earliest: date, spans: Sequence[DateSpan | None]) -> bool:
    days = [span.last for span in spans if span is not None]
    return (
        0 < len(days) == len(spans)
        and days[-1] < earliest
        and all(newer >= older for newer, older in pairwise(days))
    )
