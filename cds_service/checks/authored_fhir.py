"""FHIR that we write ourselves, checked against the R4B model at start and by `check`, never during a call."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from fhir.resources.R4B.servicerequest import ServiceRequest
from pydantic import ValidationError

from cds_service.cards.order_changes import created_order, created_study, study_codes
from cds_service.cards.pama import rated_order
from cds_service.checks.remark import Remark
from cds_service.evidence.model import ImagingOrder, StudyProcedure
from cds_service.knowledge.model import Guideline, Rating

_SAMPLE = msgspec.Raw(
    b'{"resourceType":"ServiceRequest","id":"o1","status":"draft","intent":"order",'
    b'"subject":{"reference":"Patient/p1"},"reasonCode":[{"text":"Low back pain"}]}'
)
_CONSULT = "urn:uuid:00000000-0000-5000-8000-000000000000"


def authored_remarks(guideline: Guideline) -> Iterator[Remark]:
    """An error for every order of ours that the R4B model refuses: created tests, referrals and studies."""
    order = _sample_order()
    codes = study_codes(guideline)
    for suggestion in guideline.wording.suggestion:
        for created in suggestion.create:
            yield from _problems(f"suggestion '{suggestion.id}'", created_order(order, created))
    for procedure in guideline.catalog.procedure:
        study = StudyProcedure(procedure.modality, procedure.regions, procedure.contrast)
        made = created_study(order, study, codes, "stat") if procedure.preferred else None
        if made is not None:
            rated = rated_order(made, Rating.MAY_BE, consult_id=_CONSULT, qcdsm_id="G0000")
            yield from _problems(f"study '{procedure.display}'", rated)


def _problems(where: str, raw: msgspec.Raw) -> Iterator[Remark]:
    try:
        ServiceRequest.model_validate_json(bytes(raw))
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            place = ".".join(str(part) for part in problem["loc"])
            yield Remark(
                "error", where, f"the order made from it is no FHIR R4B: {place}: {problem['msg']}"
            )


def _sample_order() -> ImagingOrder:
    """An order to make others from."""
    return ImagingOrder(
        raw=_SAMPLE,
        resource_type="ServiceRequest",
        id="o1",
        reference="ServiceRequest/o1",
        kind="known",
        procedure=StudyProcedure("MR", ("lumbar",), "without"),
        read_from="code",
        display="",
        coding_systems=(),
        priority="routine",
        priority_stated=False,
        status="draft",
        authored=None,
        reasons=(),
        has_reason=True,
        duration=None,
        mentions_travel=False,
        mentions_imaging_elsewhere=False,
        has_laterality=False,
        encounter=None,
        requester=None,
        subject=msgspec.Raw(b'{"reference":"Patient/p1"}'),
    )
