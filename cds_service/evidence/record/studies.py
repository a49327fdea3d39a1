"""Reports, series of images and orders on record: which studies of the spine were done, and which still wait."""

from __future__ import annotations

from msgspec import Raw

from cds_service.evidence.codes.dates import days_after
from cds_service.evidence.loose_json import as_text
from cds_service.evidence.orders.earlier import (
    is_done,
    read_earlier_study,
    read_open_order,
    study_date,
)
from cds_service.evidence.orders.links import references_of
from cds_service.evidence.orders.orders import authored_on
from cds_service.evidence.raw import NOTHING, plain
from cds_service.evidence.record.asides import keep_reasons, keep_said
from cds_service.evidence.record.intake import Intake, reference
from cds_service.evidence.record.report_texts import presented_text
from cds_service.evidence.record.shapes import ProcedureShape, StudyShape, body_of

_OF_SERIES = "ImagingStudy"
_REPORT = "DiagnosticReport"
_NEVER_MEANT = ("entered-in-error", "cancelled", "unknown")
_NOT_ORDERED = (
    "entered-in-error",
    "revoked",
    "cancelled",
    "rejected",
    "aborted",
    "draft",
    "proposed",
)
"""Of an order: nobody stands by it, or nobody does yet. What says nothing of that is meant."""


def read_studies(intake: Intake, kind: str) -> None:
    """Every DiagnosticReport or ImagingStudy of our patient that is of the spine and was done."""
    for _, resources in intake.ours(kind):
        for shape in resources:
            keep_study(intake, kind, shape)
            if shape.order is not NOTHING:
                _keep_done(intake, kind, shape, shape.order)
            if kind == _REPORT and as_text(shape.status).lower() not in _NEVER_MEANT:
                _keep_conclusion(intake, shape)


def _keep_conclusion(intake: Intake, shape: StudyShape) -> None:
    """What a report concludes, whatever it is a report of: a CT of the chest sees the spine too."""
    stated = (shape.conclusion_code, shape.coded_diagnosis, shape.presented_form)
    if shape.conclusion is None and all(element is NOTHING for element in stated):
        return
    when = study_date(body_of(shape))
    if intake.is_ahead(when):
        return
    source = reference(_REPORT, shape.id)
    text = as_text(shape.conclusion)
    if not text and shape.presented_form is not NOTHING:
        rules = intake.index.compiled
        text = presented_text(
            plain(shape.presented_form), rules.conclusion_headings, rules.request_headings
        )
    keep_said(
        intake,
        source,
        when,
        concepts=shape.conclusion_code,
        texts=(text,),
    )
    keep_said(intake, source, when, concepts=shape.coded_diagnosis)


def keep_study(intake: Intake, kind: str, shape: StudyShape | ProcedureShape) -> None:
    """Keep the spine study that a resource is of, if it is one. The same code is looked at once."""
    for element in (shape.based_on, shape.request):
        if element is not NOTHING:
            _keep_done(intake, kind, shape, element)
    name = (bytes(shape.code), bytes(shape.body_site), bytes(shape.category))
    others = intake.concepts.readings.other_studies
    if kind != _OF_SERIES and name in others:
        return
    body = body_of(shape)
    if not is_done(kind, body):
        return
    study = read_earlier_study(kind, body, intake.catalog)
    if study is not None:
        if not intake.is_ahead(study.when):
            intake.studies.append(study)
    elif kind != _OF_SERIES:
        others.add(name)


def _keep_done(intake: Intake, kind: str, shape: StudyShape | ProcedureShape, orders: Raw) -> None:
    """What an order was written for is done, whatever the study is called."""
    body = body_of(shape)
    if is_done(kind, body) and not intake.is_ahead(study_date(body)):
        intake.order_links.add_done(references_of(plain(orders)))


def read_other_orders(intake: Intake, kind: str) -> None:
    """Every order of our patient: imaging of the spine that is still open, and the reasons of any."""
    for _, resources in intake.ours(kind):
        for shape in resources:
            body = body_of(shape)
            _keep_reasons(intake, reference(kind, shape.id), body)
            order = read_open_order(body, intake.catalog)
            if not intake.is_ahead(authored_on(body)):
                intake.order_links.add_order(reference(kind, shape.id), body)
            if order is not None and not intake.is_ahead(order.authored):
                intake.open_orders.append(order)


def _keep_reasons(intake: Intake, name: str, body: dict[str, object]) -> None:
    """Why something else was ordered: a referral may be the one place that names the disease.

    What an old order was for has found its way into the problem list since, and may have ended there.
    """
    if not body.keys() & {"reasonCode", "reason"} or name in intake.judged:
        return
    written = authored_on(body)
    first = days_after(intake.as_of, -intake.index.rules.order_reason_days)
    if (
        as_text(body.get("status")).lower() not in _NOT_ORDERED
        and body.get("doNotPerform") is not True
        and not intake.is_ahead(written)
        and not (written is not None and written.last < first)
    ):
        keep_reasons(intake, name, written, body.get("reasonCode") or body.get("reason"))
