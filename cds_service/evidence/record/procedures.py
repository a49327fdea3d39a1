"""Procedure to hits: completed or in progress, with its date."""

from __future__ import annotations

from cds_service.evidence.codes.concepts import ConceptReading
from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.loose_json import as_object, as_text
from cds_service.evidence.model import DateSpan, ProcedureHit
from cds_service.evidence.raw import plain
from cds_service.evidence.record.conditions import reference
from cds_service.evidence.record.person import is_true
from cds_service.evidence.record.shapes import ProcedureShape


def read_procedure(
    shape: ProcedureShape, code: ConceptReading, index: CodeIndex
) -> tuple[tuple[str, ProcedureHit], ...]:
    """(value set id, hit) of a Procedure; empty when it was not done, or only planned.

    A missing status counts: that it was done is what a Procedure says.
    """
    if not code.hits:
        return ()
    status = as_text(shape.status).lower()
    if (status and status not in index.compiled.procedure_counts) or is_true(shape.not_performed):
        return ()
    name = reference("Procedure", shape.id)
    when = _when(shape)
    return tuple(
        (hit.value_set, ProcedureHit(name, code.display, hit.via, hit.code, when))
        for hit in code.hits
    )


def _when(shape: ProcedureShape) -> DateSpan | None:
    """performedDateTime, else performedPeriod.end, its start while it lasts; `occurrence[x]` in R5."""
    span = read_date(shape.performed_date_time) or read_date(shape.occurrence_date_time)
    if span is not None:
        return span
    for element in (shape.performed_period, shape.occurrence_period):
        period = as_object(plain(element))
        span = read_date(period.get("end")) or read_date(period.get("start"))
        if span is not None:
            return span
    return None
