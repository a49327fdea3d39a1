"""Reports, series of images and orders on record: which studies of the spine were done, and which still wait."""

from __future__ import annotations

from cds_service.evidence.orders.earlier import is_done, read_earlier_study, read_open_order
from cds_service.evidence.record.intake import Intake
from cds_service.evidence.record.shapes import ProcedureShape, StudyShape, body_of

_OF_SERIES = "ImagingStudy"


def read_studies(intake: Intake, kind: str) -> None:
    """Every DiagnosticReport or ImagingStudy of our patient that is of the spine and was done."""
    for _, resources in intake.ours(kind):
        for shape in resources:
            keep_study(intake, kind, shape)


def keep_study(intake: Intake, kind: str, shape: StudyShape | ProcedureShape) -> None:
    """Keep the spine study that a resource is of, if it is one. The same code is looked at once a call."""
    name = (bytes(shape.code), bytes(shape.body_site), bytes(shape.category))
    if kind != _OF_SERIES and name in intake.other_studies:
        return
    body = body_of(shape)
    if not is_done(kind, body):
        return
    study = read_earlier_study(kind, body, intake.catalog)
    if study is not None:
        if not intake.is_ahead(study.when):
            intake.studies.append(study)
    else:
        intake.other_studies.add(name)


def read_open_orders(intake: Intake, kind: str) -> None:
    """Every order of our patient for imaging of the spine that is still open."""
    for _, resources in intake.ours(kind):
        for shape in resources:
            order = read_open_order(body_of(shape), intake.catalog)
            if order is not None and not intake.is_ahead(order.authored):
                intake.open_orders.append(order)
