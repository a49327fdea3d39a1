"""Draft orders of odd shape: what is offered can always be applied, and nothing breaks."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from cds_service.advice import Advice, AdviceOptions, CompiledGuideline, advise
from cds_service.cards.drafts import Draft, RatingChoice
from cds_service.cds_hooks.model import Suggestion
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.evidence.record.types import requirements_for
from cds_service.fhir.complete import complete
from cds_service.knowledge.model import Rating
from tests.compact import hook_request

AS_OF = date(2026, 6, 15)
OPTIONS = AdviceOptions(
    is_quiet=False,
    explain=True,
    pama=True,
    qcdsm_id=None,
    card_on_missing_data=False,
    jurisdiction="us",
    site_country=None,
)
CASE = {
    "hook": "order-sign",
    "patient": {"sex": "female", "birthDate": "1985-02-03"},
    "orders": [{"id": "o1", "cpt": "72131", "reason": [{"icd10": "M54.50"}]}],
    "conditions": [{"icd10": "M54.50", "onset": "2026-06-05"}],
}


RETENTION = [{"icd10": "G83.4", "text": "Cauda equina syndrome", "onset": "2026-06-14"}]


def advice_on(compiled: CompiledGuideline, *drafts: dict[str, Any], **changed: Any) -> Advice:
    call = hook_request(CASE | changed)
    order = call["context"]["draftOrders"]["entry"][0]["resource"]
    call["context"]["draftOrders"]["entry"] = [
        {"resource": {k: v for k, v in (order | changes).items() if v is not None}}
        for changes in drafts
    ]
    request = parse_hook_request("spine-imaging-order-sign", msgspec.json.encode(call))
    sources = complete(request, requirements_for(request.hook), None)
    return advise(request, sources, compiled, AS_OF, OPTIONS)


def suggestions(advice: Advice) -> list[Suggestion]:
    return [suggestion for card in advice.cards for suggestion in card.suggestions]


def uuids(advice: Advice) -> list[str]:
    return [c.uuid for c in advice.cards] + [s.uuid for s in suggestions(advice)]


def test_an_order_with_an_id_can_be_cancelled_and_rated(compiled):
    advice = advice_on(compiled, {})
    kinds = {action.type for suggestion in suggestions(advice) for action in suggestion.actions}
    assert {"delete", "create"} <= kinds
    assert len(advice.system_actions) == 1


def test_an_order_without_an_id_is_spoken_about_but_no_action_names_it(compiled):
    advice = advice_on(compiled, {"id": None})
    assert advice.cards
    kinds = {action.type for suggestion in suggestions(advice) for action in suggestion.actions}
    assert kinds <= {"create"}
    assert advice.system_actions == ()


def test_two_drafts_under_one_id_get_cards_of_their_own(compiled):
    advice = advice_on(compiled, {}, {})
    assert len(advice.cards) >= 2
    assert len(set(uuids(advice))) == len(uuids(advice))


def test_the_first_of_two_drafts_under_one_id_keeps_the_uuid_that_it_has_alone(compiled):
    alone = advice_on(compiled, {})
    assert set(uuids(alone)) <= set(uuids(advice_on(compiled, {}, {})))


@pytest.mark.parametrize(
    "item", [None, "odd", 7, [], ["odd"], {"code": {"text": "CT lumbar"}}, [{"x": 1}]]
)
def test_items_of_any_shape_do_not_break_the_suggestion_of_another_study(compiled, item):
    draft = {"resourceType": "DiagnosticOrder", "item": item}
    changed, *_ = [
        msgspec.json.decode(action.resource)
        for suggestion in suggestions(advice_on(compiled, draft, conditions=RETENTION))
        if suggestion.id == "replace-with-preferred"
        for action in suggestion.actions
        if action.resource is not None
    ]
    assert changed["item"][0]["code"]["coding"][0]["code"] == "72148"


def test_an_order_of_several_items_is_not_changed_into_one_study(compiled):
    items = [{"code": {"text": "CT lumbar"}}, {"code": {"text": "Chest X-ray"}}]
    draft = {"resourceType": "DiagnosticOrder", "item": items, "code": None}
    advice = advice_on(compiled, draft, conditions=RETENTION)
    assert advice.cards
    assert "replace-with-preferred" not in {suggestion.id for suggestion in suggestions(advice)}


@pytest.mark.parametrize(
    ("before", "after"), [("Drink water.", True), (7, False), (["odd"], False), (10**40, False)]
)
def test_an_instruction_for_the_patient_is_kept_and_anything_else_gives_way(
    compiled, before, after
):
    raw = msgspec.Raw(json.dumps({"patientInstruction": before}).encode())
    order = replace(advice_on(compiled, {}).orders[0], raw=raw)
    draft = Draft(order, compiled.words.codes, "p1", RatingChoice(is_wanted=False))
    changed = msgspec.json.decode(draft.with_instruction("Bring a driver.", Rating.UNDETERMINED))
    assert changed["patientInstruction"].startswith("Drink water.") is after
    assert changed["patientInstruction"].endswith("Bring a driver.")
