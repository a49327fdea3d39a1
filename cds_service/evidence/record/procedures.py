"""Procedure to hits: completed or in progress, with its date."""

from __future__ import annotations

from cds_service.evidence.codes.concepts import ConceptHit, ConceptReading
from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.loose_json import as_object, as_text
from cds_service.evidence.model import DateSpan, ProcedureHit
from cds_service.evidence.raw import NOTHING, plain
from cds_service.evidence.record.asides import keep_said
from cds_service.evidence.record.intake import Intake, reference
from cds_service.evidence.record.person import is_true
from cds_service.evidence.record.shapes import ProcedureShape
from cds_service.evidence.record.studies import keep_study


def read_procedures(intake: Intake, kind: str) -> None:
    """Every Procedure of our patient that was done or has begun; imaging of the spine is an earlier study too.

    A missing status counts: that it was done is what a Procedure says.
    """
    counting = intake.index.compiled.procedure_counts
    for shape, code in intake.coded(kind):
        when = when_done(shape)
        if intake.is_ahead(when):
            continue
        keep_study(intake, kind, shape)
        status = as_text(shape.status).lower()
        if (status and status not in counting) or is_true(shape.not_performed):
            continue
        name = reference(kind, shape.id)
        if shape.reason_code is not NOTHING:
            keep_said(intake, name, when, concepts=shape.reason_code)
        for hit in _hits(code, intake):
            intake.procedures[hit.value_set].append(
                ProcedureHit(name, code.display, hit.via, hit.code, when)
            )


def _hits(code: ConceptReading, intake: Intake) -> tuple[ConceptHit, ...]:
    """By code; of what only words say every word counts: `knee replacement and ACDF`."""
    if any(hit.via == "code" for hit in code.hits):
        return code.hits
    known = code.value_sets
    told = _told_by_words(code, intake)
    return (*code.hits, *(hit for hit in told if hit.value_set not in known))


def _told_by_words(code: ConceptReading, intake: Intake) -> tuple[ConceptHit, ...]:
    """What the words of a procedure say that no value set holds."""
    meant = intake.index.rules.procedure_words
    found = intake.concepts.read_words(code) or ()
    return tuple(hit for hit in found if hit.value_set in meant)


def when_done(shape: ProcedureShape) -> DateSpan | None:
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
