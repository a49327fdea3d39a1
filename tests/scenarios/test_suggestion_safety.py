"""What no suggestion of any scenario may do: each passes the checks of the order that it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest

from cds_service.advice import CompiledGuideline
from cds_service.assessment.model import OrderAssessment
from cds_service.cds_hooks.model import Action, DraftOrder
from cds_service.evidence.model import ImagingOrder
from cds_service.evidence.orders.orders import read_orders
from cds_service.knowledge.model import Level
from tests.scenarios.cases import all_answered

_PRIORITIES = ("routine", "urgent", "asap", "stat")
_IONIZING = ("XR", "CT", "CTM", "RF", "NM", "PET")
_ENHANCED = ("with", "without-and-with")


@dataclass(frozen=True)
class Suggested:
    """One order that a suggestion makes or changes, beside the order that it came from."""

    case: str
    suggestion: str
    action: Action
    assessment: OrderAssessment
    order: ImagingOrder | None
    """What is ordered; None when it is no spine imaging."""

    @property
    def is_other_study(self) -> bool:
        return self.order is not None and self.order.procedure != self.assessment.order.procedure

    @property
    def is_trauma(self) -> bool:
        return any(
            result.group.id == "trauma" and result.level is Level.ACTIVE
            for result in self.assessment.groups
        )


@pytest.fixture(scope="module")
def suggested(compiled: CompiledGuideline) -> tuple[Suggested, ...]:
    return tuple(_suggested(compiled))


def _suggested(compiled: CompiledGuideline) -> Iterator[Suggested]:
    for case, advice in all_answered():
        if advice.assessment is None:
            continue
        by_order = {item.order.reference: item for item in advice.assessment.orders}
        for card in advice.cards:
            for suggestion in card.suggestions:
                for action in suggestion.actions:
                    if action.resource is None or card.order is None:
                        continue
                    draft = DraftOrder(action.resource, "ServiceRequest", "new")
                    orders = read_orders((draft,), compiled.catalog, compiled.index, case.as_of)
                    yield Suggested(
                        case.id,
                        suggestion.id,
                        action,
                        by_order[card.order],
                        orders[0] if orders else None,
                    )


def test_no_mri_is_offered_beside_a_device_on_record(suggested: tuple[Suggested, ...]) -> None:
    for item in suggested:
        if item.assessment.safety.devices and item.is_other_study and item.order is not None:
            assert item.order.procedure.modality != "MR", (item.case, item.suggestion)


def test_no_gadolinium_is_offered_beside_a_reason_for_care_or_in_pregnancy(
    suggested: tuple[Suggested, ...],
) -> None:
    for item in suggested:
        safety = item.assessment.safety
        if item.order is None or not item.is_other_study or item.order.procedure.modality != "MR":
            continue
        if safety.gadolinium or (safety.pregnancy is not None and not item.is_trauma):
            assert item.order.procedure.contrast not in _ENHANCED, (item.case, item.suggestion)


def test_no_iodine_is_offered_beside_a_reason_for_care(suggested: tuple[Suggested, ...]) -> None:
    for item in suggested:
        if item.order is None or not item.is_other_study:
            continue
        procedure, safety = item.order.procedure, item.assessment.safety
        if safety.iodine and procedure.modality == "CT":
            assert procedure.contrast not in _ENHANCED, (item.case, item.suggestion)
        if safety.iodine_reaction:
            assert procedure.modality not in ("CTM", "RF"), (item.case, item.suggestion)


def test_no_radiation_is_offered_in_pregnancy_outside_trauma(
    suggested: tuple[Suggested, ...],
) -> None:
    for item in suggested:
        if (
            item.order is not None
            and item.is_other_study
            and item.assessment.safety.pregnancy is not None
            and not item.is_trauma
        ):
            assert item.order.procedure.modality not in _IONIZING, (item.case, item.suggestion)


def test_no_suggestion_lowers_the_priority(suggested: tuple[Suggested, ...]) -> None:
    for item in suggested:
        if item.action.type == "update" and item.order is not None:
            before, after = item.assessment.order.priority, item.order.priority
            assert _PRIORITIES.index(after) >= _PRIORITIES.index(before), (
                item.case,
                item.suggestion,
            )


def test_every_created_order_is_a_draft_proposal_for_the_same_patient(
    suggested: tuple[Suggested, ...],
) -> None:
    created = [item for item in suggested if item.action.type == "create"]
    assert created
    for item in created:
        assert item.action.resource is not None
        resource = msgspec.json.decode(item.action.resource)
        assert (resource["status"], resource["intent"]) == ("draft", "proposal"), item.case
        assert resource["subject"] == {"reference": "Patient/p1"}, item.case


def test_every_replacement_is_a_study_that_we_can_read_ourselves(
    suggested: tuple[Suggested, ...],
) -> None:
    replaced = [item for item in suggested if item.suggestion.startswith("replace-with-")]
    assert replaced
    for item in replaced:
        assert item.order is not None, item.case
        assert item.order.kind == "known", item.case
        assert item.is_other_study, (item.case, item.suggestion)


def test_at_most_one_suggestion_of_a_card_is_recommended() -> None:
    for case, advice in all_answered():
        for card in advice.cards:
            assert sum(item.is_recommended for item in card.suggestions) <= 1, case.id
