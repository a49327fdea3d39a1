"""Requirements of CDS Hooks through HTTP, with the real engine: what a client sees. Named by requirement id."""

from __future__ import annotations

import copy
import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.compact import hook_request
from tests.web.real import DISPATCH, SELECT, SIGN, real_client
from tests.wire_rules import ADVICE, outcome_problems_of, problems_of

Json = dict[str, Any]
PATIENT = {"sex": "female", "birthDate": "1985-02-03"}
LUMBAR = {
    "id": "o1",
    "cpt": "72148",
    "text": "MRI lumbar spine",
    "reason": [{"icd10": "M54.50", "text": "Low back pain"}],
}
NOT_YET: Json = {
    "patient": PATIENT,
    "orders": [LUMBAR],
    "conditions": [{"icd10": "M54.50", "text": "Low back pain", "onset": "2026-06-05"}],
}
EMERGENCY: Json = {
    "patient": PATIENT,
    "orders": [LUMBAR],
    "conditions": [{"icd10": "G83.4", "text": "Cauda equina syndrome", "onset": "2026-06-14"}],
}
RATING = "http://fhir.org/argonaut/Extension/pama-rating"
WORKED = Path(__file__).parents[1] / "scenarios" / "worked-cases.toml"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


CASES = [_plain(case) for case in tomllib.loads(WORKED.read_text(encoding="utf-8"))["case"]]


@pytest.fixture(scope="module")
def service(compiled) -> FlaskClient:
    return real_client(compiled)


def answer(service: FlaskClient, call: Json, path: str = SELECT) -> Json:
    response = service.post(path, json=call)
    assert response.status_code == 200, response.get_data(as_text=True)
    body: Json = response.get_json()
    assert problems_of(body) == []
    return body


def refusal(service: FlaskClient, call: Any, status: int, path: str = SELECT) -> Json:
    response = service.post(path, json=call)
    assert response.status_code == status
    body: Json = response.get_json()
    assert outcome_problems_of(body) == []
    issue: Json = body["issue"][0]
    return issue


def call_of(case: Json = NOT_YET, **context: Any) -> Json:
    call = hook_request(case)
    call["context"] |= context
    return call


def drafts(call: Json) -> list[Json]:
    return [entry["resource"] for entry in call["context"]["draftOrders"]["entry"]]


def test_D_1_discovery_is_an_object_with_services_and_each_says_hook_id_and_description(service):
    response = service.get("/cds-services")
    assert (response.status_code, response.content_type) == (200, "application/json")
    services = response.get_json()["services"]
    assert [item["hook"] for item in services] == ["order-select", "order-sign", "order-dispatch"]
    for item in services:
        assert all(isinstance(item[key], str) and item[key] for key in ("id", "description"))


def test_D_9_each_id_of_discovery_can_be_called(service):
    for item in service.get("/cds-services").get_json()["services"]:
        response = service.post(f"/cds-services/{item['id']}", json={})
        assert response.status_code == 400


def test_P_1_templates_are_relative_reads_or_searches_by_root_tokens(service):
    for item in service.get("/cds-services").get_json()["services"]:
        for query in item["prefetch"].values():
            assert "://" not in query
            assert not query.startswith("/")
            for token in query.split("{{")[1:]:
                assert token.split("}}")[0] in {"context.patientId", "context.dispatchedOrders"}


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
@pytest.mark.parametrize("profile", ["generic", "epic"])
def test_C_every_worked_case_is_answered_within_the_rules(compiled, case, profile):
    service = real_client(compiled, profile=profile)
    data = {"patient": PATIENT, **case}
    assert "cards" in answer(service, hook_request(data))
    assert "cards" in answer(service, hook_request(data | {"hook": "order-sign"}), SIGN)


def test_C_2_an_order_of_another_kind_is_answered_with_no_cards_whatever_else_is_missing(service):
    call = call_of()
    drafts(call)[0]["code"] = {"text": "Amoxicillin 500 mg"}
    assert service.post(SELECT, json=call | {"prefetch": {}}).data == b'{"cards":[]}'


def test_C_7_only_what_cannot_wait_is_critical(service):
    (card,) = answer(service, call_of(EMERGENCY))["cards"][:1]
    assert card["indicator"] == "critical"
    assert all(card["indicator"] != "critical" for card in answer(service, call_of())["cards"])


def test_C_8_the_same_kind_of_card_has_the_same_topic_for_every_patient(service):
    one = answer(service, call_of())["cards"][0]["source"]["topic"]
    other = answer(service, call_of(NOT_YET | {"patient": PATIENT | {"sex": "male"}}))
    assert other["cards"][0]["source"]["topic"] == one


def test_C_11_every_card_that_can_be_overridden_says_how(service):
    (card,) = answer(service, call_of())["cards"]
    assert len(card["overrideReasons"]) >= 2
    codes = [reason["code"] for reason in card["overrideReasons"]]
    assert len(set(codes)) == len(codes)


def test_C_16_the_same_call_gives_the_same_bytes_and_another_instance_other_uuids(service):
    call = call_of()
    first, second = (service.post(SELECT, json=call).data for _ in range(2))
    assert first == second
    other = answer(service, call | {"hookInstance": "00000000-0000-4000-8000-000000000000"})
    assert other["cards"][0]["uuid"] not in first.decode()


def test_S_7_a_changed_order_keeps_everything_that_is_not_meant_to_change(service):
    call = call_of(EMERGENCY)
    order = drafts(call)[0]
    order |= {"extension": [{"url": "https://x.example", "valueDecimal": 1.5}], "note": []}
    changed = next(
        action["resource"]
        for card in answer(service, call)["cards"]
        for suggestion in card["suggestions"]
        if suggestion["extension"]["org.spine-imaging-cds.suggestion"] == "set-priority-stat"
        for action in suggestion["actions"]
    )
    assert changed["priority"] == "stat"
    kept = {key: value for key, value in changed.items() if key not in ("priority", "extension")}
    assert kept == {key: value for key, value in order.items() if key != "extension"}
    assert changed["extension"][0] == order["extension"][0]


def test_S_9_every_update_and_delete_names_an_order_of_the_call(service):
    for case in CASES:
        call = hook_request({"patient": PATIENT, **case})
        ids = {draft["id"] for draft in drafts(call)}
        for card in answer(service, call)["cards"]:
            for suggestion in card.get("suggestions", ()):
                for action in suggestion["actions"]:
                    if action["type"] == "update":
                        assert action["resource"]["id"] in ids
                    if action["type"] == "delete":
                        assert action["resourceId"].removeprefix("ServiceRequest/") in ids
                    if action["type"] == "create":
                        assert "id" not in action["resource"]


def test_A_5_a_rated_order_carries_its_rating_and_one_without_a_reason_gets_none(service):
    call = call_of()
    (action,) = answer(service, call)["systemActions"]
    ratings = [item for item in action["resource"]["extension"] if item["url"] == RATING]
    assert ratings[0]["valueCodeableConcept"]["coding"][0]["code"] == "not-appropriate"
    bare = call_of({"patient": PATIENT, "orders": [{"id": "o1", "cpt": "72148"}]})
    assert "systemActions" not in answer(service, bare)


def test_A_6_the_consult_id_stays_the_same_when_the_order_comes_again(service):
    def consult(call: Json) -> str:
        (action,) = answer(service, call)["systemActions"]
        (found,) = (
            item["valueUri"] for item in action["resource"]["extension"] if "valueUri" in item
        )
        return str(found)

    call = call_of()
    assert consult(call) == consult(call | {"hookInstance": "another"})


def test_A_7_a_rating_changes_nothing_but_extensions(service):
    call = call_of()
    (action,) = answer(service, call)["systemActions"]
    resource = {key: value for key, value in action["resource"].items() if key != "extension"}
    assert resource == drafts(call)[0]


def test_A_10_ratings_can_be_switched_off(compiled):
    assert "systemActions" not in answer(real_client(compiled, pama="off"), call_of())


def test_E_1_the_explanation_can_be_left_out(compiled):
    assert ADVICE in answer(real_client(compiled), call_of())["extension"]
    silent = answer(real_client(compiled, explain=False, pama="off"), call_of())
    assert "extension" not in silent


def test_E_4_a_client_may_ask_for_fewer_cards_but_never_loses_a_critical_one(service):
    limit = {"davinci-crd.configuration": {"max-cards": 0}}
    call = call_of() | {"extension": limit}
    assert answer(service, call)["cards"] == []
    kept = answer(service, call_of(EMERGENCY) | {"extension": limit})["cards"]
    assert [card["indicator"] for card in kept] == ["critical"]


@pytest.mark.parametrize("limit", [-1, "3", 1.5, None, True, []])
def test_R_9_an_odd_configuration_is_ignored(service, limit):
    call = call_of() | {"extension": {"davinci-crd.configuration": {"max-cards": limit}}}
    assert answer(service, call)["cards"]


@pytest.mark.parametrize("key", ["patient", "conditions"])
def test_P_7_required_data_that_is_missing_is_a_412_that_names_it(service, key):
    call = call_of()
    del call["prefetch"][key]
    issue = refusal(service, call, 412)
    assert issue["expression"] == [f"prefetch.{key}"]


def test_P_7_what_was_read_already_may_be_enough(service):
    call = call_of(EMERGENCY | {"not_provided": ["patient"]})
    assert [card["indicator"] for card in answer(service, call)["cards"]][:1] == ["critical"]


def test_P_7_a_site_may_want_a_card_instead(compiled):
    service = real_client(compiled, on_missing_data="card")
    call = call_of(NOT_YET | {"not_provided": ["conditions"]})
    cards = answer(service, call)["cards"]
    assert [card["source"]["topic"]["code"] for card in cards] == ["PartialData"]


@pytest.mark.parametrize("value", [None, {"resourceType": "Bundle", "type": "searchset"}])
def test_P_12_no_conditions_are_an_answer(service, value):
    call = call_of()
    call["prefetch"]["conditions"] = value
    assert answer(service, call)["cards"]


def test_P_10_a_first_page_is_said_to_be_one(service):
    weight = {"loinc": "29463-7", "value": 70, "unit": "kg", "date": "2026-06-01"}
    call = call_of(NOT_YET | {"observations": [weight], "cut_short": ["observations"]})
    body = answer(service, call)
    assert {"source": "observations", "reason": "partial"}.items() <= (
        body["extension"][ADVICE]["gaps"][0].items()
    )
    assert "PartialData" in {card["source"]["topic"]["code"] for card in body["cards"]}


def test_P_12_another_patients_emergency_is_not_this_patients(service):
    call = call_of(EMERGENCY)
    for entry in call["prefetch"]["conditions"]["entry"]:
        entry["resource"]["subject"] = {"reference": "Patient/somebody-else"}
    assert all(card["indicator"] != "critical" for card in answer(service, call)["cards"])


def test_R_5_a_hook_that_is_not_served_is_a_400(service):
    assert refusal(service, call_of() | {"hook": "patient-view"}, 400)["expression"] == ["hook"]


def test_R_8_an_answer_of_the_time_before_1_0_is_unwrapped(service):
    call = call_of()
    plain = answer(service, call)
    for key, resource in call["prefetch"].items():
        call["prefetch"][key] = {"response": {"status": "200 OK"}, "resource": resource}
    assert answer(service, call) == plain


def test_H_2_an_order_that_was_not_selected_gets_no_card(service):
    two = call_of(NOT_YET | {"orders": [LUMBAR, LUMBAR | {"id": "o2", "selected": False}]})
    body = answer(service, two)
    told = {item["order"] for item in body["extension"][ADVICE]["assessments"]}
    assert told == {"ServiceRequest/o1"}


def test_H_3_at_signing_every_order_is_looked_at(service):
    two = NOT_YET | {"hook": "order-sign", "orders": [LUMBAR, LUMBAR | {"id": "o2"}]}
    body = answer(service, call_of(two), SIGN)
    assert len(body["extension"][ADVICE]["assessments"]) == 2


def test_H_4_dispatched_orders_come_by_prefetch(service):
    call = hook_request(NOT_YET)
    order = drafts(call)[0]
    call["hook"] = "order-dispatch"
    call["context"] = {
        "patientId": "p1",
        "dispatchedOrders": ["ServiceRequest/o1"],
        "performer": "Organization/radiology",
    }
    call["prefetch"]["dispatchedOrders"] = {
        "resourceType": "Bundle",
        "entry": [{"resource": order | {"status": "active"}}],
    }
    assert answer(service, call, DISPATCH)["cards"]
    del call["prefetch"]["dispatchedOrders"]
    assert refusal(service, call, 412, DISPATCH)["expression"] == ["prefetch.dispatchedOrders"]


def test_H_8_the_old_name_of_order_sign_is_understood(service):
    call = call_of()
    call["hook"] = "order-review"
    call["context"] = {"patientId": "p1", "orders": call["context"]["draftOrders"]}
    assert answer(service, call, SIGN)["cards"]


def test_H_10_the_same_order_in_every_version_of_fhir_gets_the_same_card(service):
    call = call_of()
    order = drafts(call)[0]
    topics = []
    for shape in (
        order,
        order | {"resourceType": "ProcedureRequest", "intent": "plan"},
        order
        | {
            "code": {"concept": order["code"]},
            "reasonCode": [],
            "reason": [{"concept": order["reasonCode"][0]}],
        },
    ):
        changed = copy.deepcopy(call)
        kind = shape["resourceType"]
        changed["context"]["draftOrders"]["entry"] = [{"resource": shape}]
        changed["context"]["selections"] = [f"{kind}/o1"]
        topics.append(answer(service, changed)["cards"][0]["source"]["topic"]["code"])
    assert topics == ["NotYetIndicated"] * 3


def test_H_12_no_selections_select_nothing(service):
    assert service.post(SELECT, json=call_of(selections=[])).data == b'{"cards":[]}'


@pytest.mark.parametrize("selections", [["ServiceRequest/none"], [""], [None], [7], ["#o1"]])
def test_H_12_selections_that_name_no_draft_beside_a_spine_order_are_a_400(service, selections):
    issue = refusal(service, call_of(selections=selections), 400)
    assert issue["expression"] == ["context.selections"]


def test_an_order_for_another_patient_is_a_400_that_names_the_place(service):
    call = call_of()
    drafts(call)[0]["subject"] = {"reference": "Patient/somebody-else"}
    issue = refusal(service, call, 400)
    assert issue["expression"] == ["context.draftOrders.entry[0].resource.subject"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"text"', b"{'a': 1}", b'{"a": NaN}', b"\xff\xfe{}"]
)
def test_X_4_a_body_that_is_no_object_is_a_400(service, body):
    response = service.post(SELECT, data=body, content_type="application/json")
    assert response.status_code == 400
    assert outcome_problems_of(response.get_json()) == []


def test_X_2_no_error_repeats_what_was_sent(service):
    call = call_of(patientId="Rosa Redflag 1958-03-02")
    call["hook"] = "Rosa Redflag"
    response = service.post(SELECT, data=json.dumps(call), content_type="application/json")
    assert response.status_code == 400
    assert b"Redflag" not in response.data
