"""C, S, A, E: what a response looks like on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from cds_service.cds_hooks.model import Action, Card, Coding
from cds_service.cds_hooks.profiles import PROFILES
from cds_service.cds_hooks.response import NO_CARDS, response_json
from tests.cds_hooks.cards import CARD, DELETE, ORDER_JSON, UPDATE, card

EXPLANATION = {"knowledge": {"id": "spine-imaging"}, "asOf": "2026-06-15"}


def wire(
    *cards: Card,
    actions: tuple[Action, ...] = (),
    extension: dict[str, Any] | None = None,
    profile: str = "generic",
) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(response_json(cards, actions, extension, PROFILES[profile]))
    return answer


def places_of_emptiness(value: Any, place: str = "$") -> list[str]:
    if value in (None, "", [], {}) and value is not False:
        return [place]
    if isinstance(value, dict):
        return [
            p for key, item in value.items() for p in places_of_emptiness(item, f"{place}.{key}")
        ]
    if isinstance(value, list):
        return [
            p for i, item in enumerate(value) for p in places_of_emptiness(item, f"{place}[{i}]")
        ]
    return []


def test_C_2_nothing_to_say_is_an_empty_list_and_nothing_else():
    assert response_json((), (), None, PROFILES["generic"]) == NO_CARDS == b'{"cards":[]}'


def test_C_1_a_full_card_has_every_field_in_its_place():
    (shown,) = wire(CARD)["cards"]
    assert shown["uuid"] == CARD.uuid
    assert shown["summary"] == CARD.summary
    assert shown["detail"] == CARD.detail
    assert shown["indicator"] == "info"
    assert shown["source"] == {
        "label": CARD.source_label,
        "url": CARD.source_url,
        "topic": {
            "system": "https://example.org/CodeSystem/card",
            "code": "NotYetIndicated",
            "display": "Not yet indicated",
        },
    }
    assert shown["selectionBehavior"] == "at-most-one"
    assert shown["overrideReasons"] == [
        {
            "system": "https://example.org/CodeSystem/reason",
            "code": "other",
            "display": "Another reason",
        }
    ]
    assert shown["links"] == [
        {"label": "Guidance", "url": "https://example.org/guidance", "type": "absolute"}
    ]


@pytest.mark.parametrize("profile", ["generic", "epic", "legacy-1.0"])
def test_C_3_nothing_that_we_author_is_null_or_empty(profile):
    bare = card(detail="", source_url=None, suggestions=(), override_reasons=(), links=())
    extension = {
        "gaps": [],
        "assessments": [{"scenario": None, "order": "", "groups": {}}],
        "a": False,
    }
    answer = wire(bare, CARD, extension=extension, profile=profile)
    for shown in answer["cards"]:
        for suggestion in shown.get("suggestions", []):
            for action in suggestion["actions"]:
                if isinstance(action.get("resource"), dict):
                    del action["resource"]  # the client's own
    assert places_of_emptiness(answer) == []


def test_C_3_only_what_is_empty_is_left_out_of_the_explanation():
    answer = wire(extension={"a": [], "b": 0, "c": False, "d": [{"e": None, "f": "x"}]})
    assert answer["extension"] == {
        "org.spine-imaging-cds.advice": {"b": 0, "c": False, "d": [{"f": "x"}]}
    }
    assert "extension" not in wire(extension={"a": []})


def test_C_9_suggestions_come_with_a_selection_behavior_and_only_they():
    assert "selectionBehavior" not in wire(card(suggestions=()))["cards"][0]


def test_C_16_the_order_of_the_cards_is_kept():
    first, second = card(summary="first"), card(summary="second")
    assert [shown["summary"] for shown in wire(first, second)["cards"]] == ["first", "second"]


def test_C_16_the_same_cards_give_the_same_bytes():
    answers = {
        response_json((CARD,), (UPDATE,), EXPLANATION, PROFILES["generic"]) for _ in range(3)
    }
    assert len(answers) == 1


def test_S_2_a_suggestion_carries_its_uuid_its_id_and_whether_it_is_recommended():
    (suggestion,) = wire(CARD)["cards"][0]["suggestions"]
    assert suggestion["uuid"] == CARD.suggestions[0].uuid
    assert suggestion["extension"] == {"org.spine-imaging-cds.suggestion": "replace-with-preferred"}
    assert suggestion["isRecommended"] is True


def test_S_3_what_is_not_recommended_does_not_say_so():
    suggestion = replace(CARD.suggestions[0], is_recommended=False)
    (shown,) = wire(card(suggestions=(suggestion,)))["cards"][0]["suggestions"]
    assert "isRecommended" not in shown


def test_S_7_an_order_goes_back_byte_for_byte():
    body = response_json((CARD,), (UPDATE,), None, PROFILES["generic"])
    assert body.count(b'"resource":' + ORDER_JSON) == 3


def test_S_8_a_deletion_names_its_target_by_resource_id():
    assert wire(CARD)["cards"][0]["suggestions"][0]["actions"][0] == {
        "type": "delete",
        "description": "Cancel the order",
        "resourceId": "ServiceRequest/o1",
    }


def test_A_1_system_actions_stand_at_the_top_and_in_the_extension():
    answer = wire(actions=(UPDATE,), extension=EXPLANATION)
    assert answer["systemActions"] == answer["extension"]["systemActions"]
    assert answer["systemActions"][0]["description"] == "Change the priority"
    assert answer["extension"]["org.spine-imaging-cds.advice"] == EXPLANATION


def test_A_3_no_system_actions_no_key_but_for_crd():
    assert "systemActions" not in wire(CARD)
    assert wire(CARD, profile="crd")["systemActions"] == []
    assert "extension" not in wire(CARD, profile="crd")


def test_V_epic_gets_any_and_one_action_a_suggestion():
    (shown,) = wire(CARD, profile="epic")["cards"]
    assert shown["selectionBehavior"] == "any"
    assert [len(suggestion["actions"]) for suggestion in shown["suggestions"]] == [1, 1]
    uuids = [suggestion["uuid"] for suggestion in shown["suggestions"]]
    assert uuids[0] == CARD.suggestions[0].uuid
    assert len(set(uuids)) == 2
    assert wire(CARD, profile="epic")["cards"][0]["suggestions"][1]["uuid"] == uuids[1]


def test_V_a_client_before_2_0_gets_only_what_1_0_knew():
    answer = wire(CARD, actions=(UPDATE,), extension=EXPLANATION, profile="legacy-1.0")
    assert set(answer) == {"cards"}
    (shown,) = answer["cards"]
    assert set(shown) == {
        "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior", "links",
    }  # fmt: skip
    assert set(shown["source"]) == {"label", "url"}
    assert shown["selectionBehavior"] == "at-most-one"
    (suggestion,) = shown["suggestions"]
    assert set(suggestion) == {"label", "uuid", "actions"}
    assert suggestion["actions"][0]["resource"] == "ServiceRequest/o1"
    assert "resourceId" not in suggestion["actions"][0]


def test_V_profiles_have_the_names_that_settings_take():
    assert set(PROFILES) == {"generic", "epic", "legacy-1.0", "crd"}


def test_X_10_there_is_no_white_space_between_tokens():
    body = response_json((card(summary="a", detail="b"),), (DELETE,), None, PROFILES["generic"])
    assert b'": ' not in body
    assert b'", "' not in body


CODED = Coding("http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes", "x", "X")
REASON = Coding("https://example.org/reasons", "done", "Already done", CODED)


def test_C_11_in_crd_each_override_reason_has_its_code_of_3_0_beside_it():
    plain = {"system": REASON.system, "code": "done", "display": "Already done"}
    coded = {"system": CODED.system, "code": "x", "display": "X"}
    bare = Coding("https://example.org/reasons", "other", "Other")
    (shown,) = wire(card(override_reasons=(REASON, bare)), profile="crd")["cards"]
    first, second = shown["overrideReasons"]
    assert first == plain | {"extension": {"org.spine-imaging-cds.non-adherence-reason": coded}}
    assert "extension" not in second
    for profile in ("generic", "epic"):
        (shown,) = wire(card(override_reasons=(REASON,)), profile=profile)["cards"]
        assert shown["overrideReasons"] == [plain]


@pytest.mark.parametrize("order", ["ServiceRequest/o1", "ProcedureRequest/a-B.9_x"])
def test_E_4_in_crd_a_card_names_its_order(order):
    (shown,) = wire(card(order=order), profile="crd")["cards"]
    assert shown["extension"] == {"davinci-crd.associated-resource": [order]}
    for profile in ("generic", "epic", "legacy-1.0"):
        (shown,) = wire(card(order=order), profile=profile)["cards"]
        assert "extension" not in shown


@pytest.mark.parametrize(
    "order", [None, "urn:uuid:1", "ServiceRequest#0", "https://x/ServiceRequest/1"]
)
def test_E_4_a_card_about_the_whole_call_or_an_order_without_a_name_names_none(order):
    (shown,) = wire(card(order=order), profile="crd")["cards"]
    assert "extension" not in shown
