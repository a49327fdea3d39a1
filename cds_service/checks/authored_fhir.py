"""FHIR that we write ourselves, read into the R4B model and out again at start and by `check`, never during a call."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
from fhir.resources.R4B.servicerequest import ServiceRequest
from pydantic import ValidationError

from cds_service.cards.drafts import Draft, RatingChoice
from cds_service.cards.order_changes import answer_concept, listed_code, study_codes
from cds_service.checks.remark import Remark
from cds_service.coding import STATED_PREFIX
from cds_service.evidence.model import ImagingOrder, StudyProcedure
from cds_service.knowledge.model import Guideline, Rating

_SAMPLE = msgspec.Raw(
    b'{"resourceType":"ServiceRequest","id":"o1","status":"draft","intent":"order",'
    b'"subject":{"reference":"Patient/p1"},"reasonCode":[{"text":"Low back pain"}]}'
)
_RATED = Rating.MAY_BE
"""The rating of two codings: what is valid with it is valid with the others."""


def authored_remarks(guideline: Guideline) -> Iterator[Remark]:
    """An error for every order of ours that is not what the R4B model makes of it.

    These are the orders that suggestions create, and a sample order with each change that they make to one.
    """
    for where, raw in _authored(guideline):
        yield from _problems(where, raw)


def _authored(guideline: Guideline) -> Iterator[tuple[str, msgspec.Raw]]:
    rating = RatingChoice(is_wanted=True, qcdsm_id="G0000")
    draft = Draft(_sample_order(), study_codes(guideline), "p1", rating)
    for suggestion in guideline.wording.suggestion:
        for created in suggestion.create:
            yield f"suggestion '{suggestion.id}'", draft.new_listed(listed_code(created))
    for procedure in guideline.catalog.procedure:
        study = StudyProcedure(procedure.modality, procedure.regions, procedure.contrast)
        for made in (
            draft.new_study(study, "stat", _RATED),
            draft.with_study(study, "stat", _RATED),
        ):
            if made is not None:
                yield f"study '{procedure.display}'", made
    rated = draft.rated(_RATED)
    if rated is not None:
        yield "rating of an order", rated
    yield "order with another priority", draft.with_priority("stat", _RATED)
    for suggestion in guideline.wording.suggestion:
        if suggestion.states is not None:
            code = suggestion.id.removeprefix(STATED_PREFIX)
            stated = draft.with_reason(answer_concept(code, suggestion.states), _RATED)
            yield f"order with suggestion '{suggestion.id}'", stated
    evidence = (("Condition/c1", "Low back pain"),)
    yield "order with evidence as its reason", draft.with_reason_references(evidence, _RATED)
    for name, line in guideline.wording.advice.items():
        yield f"order with advice '{name}'", draft.with_instruction(line, _RATED)


def _problems(where: str, raw: msgspec.Raw) -> Iterator[Remark]:
    try:
        order = ServiceRequest.model_validate_json(bytes(raw))
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            place = ".".join(str(part) for part in problem["loc"])
            yield Remark(
                "error", where, f"the order made from it is no FHIR R4B: {place}: {problem['msg']}"
            )
        return
    if json.loads(order.model_dump_json()) != json.loads(bytes(raw)):
        yield Remark(
            "error", where, "the order made from it is not what FHIR R4B makes of it. Correct it."
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
