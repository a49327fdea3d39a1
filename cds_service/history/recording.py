"""Advice as the history keeps it: what was concluded and shown, nothing of the record that it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cds_service.advice import Advice
from cds_service.assessment.model import OrderAssessment
from cds_service.cds_hooks.model import HookRequest
from cds_service.history.records import CallRecord, OrderRecord
from cds_service.knowledge.model import Content


@dataclass(frozen=True, slots=True)
class CallOccasion:
    """When a call came, from whom, and whether its cards were shown."""

    received_at: datetime
    client_id: str
    tenant: str | None
    is_shown: bool


def call_record(
    request: HookRequest, advice: Advice, content: Content, occasion: CallOccasion
) -> CallRecord | None:
    """The call for the history; None when nothing in it was spine imaging."""
    if advice.assessment is None:
        return None
    gaps = dict.fromkeys((gap.source, gap.reason) for gap in advice.assessment.gaps)
    return CallRecord(
        received_at=occasion.received_at,
        as_of=advice.as_of,
        service_id=request.service_id,
        hook=request.hook,
        hook_instance=request.hook_instance,
        client_id=occasion.client_id,
        tenant=occasion.tenant,
        patient_id=request.context.patient_id,
        guideline_id=content.id,
        guideline_version=content.version,
        is_shown=occasion.is_shown,
        cards=advice.cards,
        orders=tuple(_order_record(order) for order in advice.assessment.orders),
        gaps=tuple(gaps),
    )


def _order_record(assessment: OrderAssessment) -> OrderRecord:
    procedure = assessment.order.procedure
    return OrderRecord(
        order=assessment.order.reference,
        modality=procedure.modality,
        regions=procedure.regions,
        contrast=procedure.contrast,
        scenario=assessment.scenario,
        appropriateness=assessment.appropriateness.value,
        urgency=assessment.urgency.value,
        criteria=tuple(result.criterion.id for result in assessment.criteria),
    )
