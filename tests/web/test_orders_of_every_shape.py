"""Spine orders over HTTP as clients of all versions send them, at each hook; every one gets its card."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cds_service.fhir.connection import close_fhir_servers
from cds_service.settings import Settings
from tests.compact import prefetch
from tests.fhir.fake_server import FakeFhirServer
from tests.web.real_service import (
    BACK_PAIN,
    DISPATCH,
    SELECT,
    SIGN,
    Json,
    advice_of,
    card_ids,
    service,
)

CPT = "http://www.ama-assn.org/go/cpt"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
SUBJECT = {"reference": "Patient/p1"}
MRI: Json = {"coding": [{"system": CPT, "code": "72148", "display": "MRI lumbar"}]}
PAIN: Json = {"coding": [{"system": ICD10, "code": "M54.50"}], "text": "Low back pain"}
NOT_YET = ["NotYetIndicated"]

R4: Json = {
    "resourceType": "ServiceRequest",
    "id": "o1",
    "status": "draft",
    "intent": "order",
    "subject": SUBJECT,
    "code": MRI,
    "reasonCode": [PAIN],
}
SHAPES: dict[str, Json] = {
    "R4": R4,
    "R4 with the study in words": R4 | {"code": {"text": "MRI lumbar spine without contrast"}},
    "R4 with a reason by reference": {
        **{name: value for name, value in R4.items() if name != "reasonCode"},
        "reasonReference": [{"reference": "Condition/conditions-0"}],
    },
    "R4 contained reason": {
        **{name: value for name, value in R4.items() if name != "reasonCode"},
        "contained": [
            {"resourceType": "Condition", "id": "c", "code": PAIN, "subject": SUBJECT},
        ],
        "reasonReference": [{"reference": "#c"}],
    },
    "R4B without intent and status": {
        name: value for name, value in R4.items() if name not in ("intent", "status")
    },
    "R5": {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "draft",
        "intent": "order",
        "subject": SUBJECT,
        "code": {"concept": MRI},
        "reason": [{"concept": PAIN}],
    },
    "STU3": {
        "resourceType": "ProcedureRequest",
        "id": "o1",
        "status": "draft",
        "intent": "order",
        "subject": SUBJECT,
        "code": MRI,
        "reasonCode": [PAIN],
        "requester": {"agent": {"reference": "Practitioner/dr1"}},
    },
    "DSTU2 ProcedureRequest": {
        "resourceType": "ProcedureRequest",
        "id": "o1",
        "status": "proposed",
        "subject": SUBJECT,
        "code": MRI,
        "reasonCodeableConcept": PAIN,
    },
    "DSTU2 DiagnosticOrder": {
        "resourceType": "DiagnosticOrder",
        "id": "o1",
        "status": "draft",
        "subject": SUBJECT,
        "item": [{"code": MRI}],
        "reason": [{"reference": "Condition/conditions-0"}],
    },
    "absolute subject": R4 | {"subject": {"reference": "https://ehr.example/fhir/Patient/p1"}},
    "numbers and nulls": R4 | {"extension": [{"url": "u", "valueDecimal": 1.10}], "note": None},
}


def bundle(*resources: Json) -> Json:
    """A Bundle as many clients send it: without a type."""
    return {"resourceType": "Bundle", "entry": [{"resource": item} for item in resources]}


def ref(order: Json) -> str:
    return f"{order['resourceType']}/{order['id']}"


def hook_call(hook: str, context: Json, **changes: Any) -> Json:
    call = {
        "hook": hook,
        "hookInstance": "2d0f1f7a-9f2f-4d47-8f3b-0a0b6f9f6f01",
        "context": {"userId": "Practitioner/dr1", "patientId": "p1"} | context,
        "prefetch": prefetch(BACK_PAIN),
    }
    return call | changes


def select(*orders: Json, **changes: Any) -> Json:
    context = {"draftOrders": bundle(*orders), "selections": [ref(order) for order in orders]}
    return hook_call("order-select", context, **changes)


def sign(*orders: Json, **changes: Any) -> Json:
    return hook_call("order-sign", {"draftOrders": bundle(*orders)}, **changes)


@pytest.fixture(scope="module")
def client():
    return service()


def cards(client: Any, path: str, call: Json) -> list[str]:
    response = client.post(path, json=call)
    assert response.status_code == 200, response.text
    return card_ids(response.get_json())


@pytest.mark.parametrize("shape", SHAPES)
def test_H_10_an_order_of_every_version_gets_its_card_when_it_is_selected(client, shape):
    assert cards(client, SELECT, select(SHAPES[shape])) == NOT_YET


@pytest.mark.parametrize("shape", SHAPES)
def test_H_10_and_when_it_is_signed(client, shape):
    assert cards(client, SIGN, sign(SHAPES[shape])) == NOT_YET


@pytest.mark.parametrize("shape", ["R4", "STU3", "DSTU2 ProcedureRequest", "DSTU2 DiagnosticOrder"])
@pytest.mark.parametrize("path", [SELECT, SIGN])
def test_H_8_and_in_the_old_order_review(client, shape, path):
    call = hook_call("order-review", {"orders": bundle(SHAPES[shape])})
    assert cards(client, path, call) == NOT_YET


@pytest.mark.parametrize("shape", ["R4", "R5", "STU3", "DSTU2 ProcedureRequest"])
def test_H_10_a_suggestion_keeps_the_shape_that_the_order_came_in(client, shape):
    order = SHAPES[shape]
    answer = client.post(SELECT, json=select(order)).get_json()
    actions = [
        action
        for card in answer["cards"]
        for suggestion in card.get("suggestions", ())
        for action in suggestion["actions"]
    ]
    assert actions
    for action in actions:
        if action["type"] == "update":
            assert set(order) <= set(action["resource"])
            assert action["resource"]["resourceType"] == order["resourceType"]
        elif action["type"] == "delete":
            assert action["resourceId"] == ref(order)


@pytest.mark.parametrize(
    "order",
    [
        R4 | {"code": {"text": "MRI of the left knee"}},
        R4 | {"code": {"coding": [{"system": CPT, "code": "70450"}]}},
        R4 | {"code": {"coding": [{}]}, "reasonCode": []},
        R4 | {"status": "revoked"},
        R4 | {"doNotPerform": True},
        {"resourceType": "MedicationRequest", "id": "o1", "status": "draft", "subject": SUBJECT},
        {"resourceType": "Medication", "id": "o1"},
        {"resourceType": "ServiceRequest", "id": "o1"},
        {},
    ],
    ids=lambda order: str(order.get("code", order))[:40],
)
def test_C_2_a_call_with_nothing_of_ours_is_answered_with_no_cards(client, order):
    call = hook_call(
        "order-select",
        {"draftOrders": bundle(order), "selections": ["ServiceRequest/o1"]},
        prefetch=None,
    )
    assert client.post(SELECT, json=call).data == b'{"cards":[]}'
    call = hook_call("order-sign", {"draftOrders": bundle(order)}, prefetch=None)
    assert client.post(SIGN, json=call).data == b'{"cards":[]}'


def test_H_2_a_draft_that_is_not_selected_gets_no_card(client):
    call = select(R4)
    other = {"resourceType": "ServiceRequest", "id": "another", "code": {"text": "Lipid panel"}}
    call["context"]["draftOrders"]["entry"].append({"resource": other})
    call["context"]["selections"] = ["ServiceRequest/another"]
    assert client.post(SELECT, json=call).data == b'{"cards":[]}'


@pytest.mark.parametrize(
    "selection",
    [
        "ServiceRequest/o1",
        "o1",
        "https://ehr.example/fhir/ServiceRequest/o1",
        "ServiceRequest/o1/_history/3",
    ],
)
def test_H_12_a_selection_in_any_form_finds_its_order(client, selection):
    call = select(R4)
    call["context"]["selections"] = ["Task/unknown", selection]
    assert cards(client, SELECT, call) == NOT_YET


def test_H_11_an_order_with_a_urn_as_full_url_is_found_by_it(client):
    urn = "urn:uuid:5e0ab2a2-7dd3-4b4d-8a3b-4a4d5b4f6a01"
    order = {name: value for name, value in R4.items() if name != "id"}
    call = select(R4)
    call["context"] |= {
        "selections": [urn],
        "draftOrders": {"entry": [{"fullUrl": urn, "resource": order}]},
    }
    assert cards(client, SELECT, call) == NOT_YET


def test_H_11_a_very_long_id_is_no_trouble(client):
    assert cards(client, SELECT, select(R4 | {"id": "x" * 250})) == NOT_YET


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_an_order_for_another_patient_is_refused_with_its_place(client, hook):
    stranger = R4 | {"subject": {"reference": "Patient/p2"}}
    call = select(stranger) if hook == "order-select" else sign(stranger)
    response = client.post(SELECT, json=call)
    assert response.status_code == 400
    (issue,) = response.get_json()["issue"]
    assert issue["expression"] == ["context.draftOrders.entry[0].resource.subject"]
    assert "p2" not in response.text


@pytest.mark.parametrize("status", ["draft", "active", "on-hold", "unknown", "requested", ""])
def test_H_3_an_order_that_is_signed_again_has_any_status(client, status):
    assert cards(client, SIGN, sign(R4 | {"status": status})) == NOT_YET


def test_H_3_of_mixed_orders_each_live_spine_order_gets_its_card(client):
    orders = (
        R4,
        R4 | {"id": "o2", "status": "active", "code": {"text": "CT cervical spine"}},
        R4 | {"id": "o3", "status": "entered-in-error"},
        R4 | {"id": "o4", "status": "completed"},
        {"resourceType": "MedicationRequest", "id": "m1", "status": "draft", "subject": SUBJECT},
    )
    answer = client.post(SIGN, json=sign(*orders)).get_json()
    assessed = [item["order"] for item in advice_of(answer)["assessments"]]
    assert assessed == ["ServiceRequest/o1", "ServiceRequest/o2"]


def test_H_3_signing_again_gives_the_same_bytes(client):
    first, second = (client.post(SIGN, json=sign(R4)).data for _ in range(2))
    assert first == second


def test_H_3_selections_at_signing_are_not_looked_at(client):
    call = sign(R4)
    call["context"]["selections"] = ["ServiceRequest/another"]
    assert cards(client, SIGN, call) == NOT_YET


def dispatch(references: Any, spelling: str = "dispatchedOrders", **changes: Any) -> Json:
    context = {
        spelling: references,
        "performer": "Organization/imaging",
        "fulfillmentTasks": [{"resourceType": "Task", "status": "draft", "intent": "order"}],
    }
    call = hook_call("order-dispatch", context, **changes)
    del call["context"]["userId"]
    return call


def with_orders(*orders: Json) -> Json:
    return prefetch(BACK_PAIN) | {"dispatchedOrders": bundle(*orders)}


ACTIVE = R4 | {"status": "active"}


@pytest.mark.parametrize(
    ("spelling", "references"),
    [
        ("dispatchedOrders", ["ServiceRequest/o1"]),
        ("dispatched-orders", ["ServiceRequest/o1"]),
        ("dispatchedOrders", [{"reference": "ServiceRequest/o1"}]),
        ("orders", ["ServiceRequest/o1"]),
        ("order", "ServiceRequest/o1"),
        ("order", {"reference": "ServiceRequest/o1"}),
        ("dispatchedOrders", ["https://ehr.example/fhir/ServiceRequest/o1"]),
    ],
)
def test_H_4_every_spelling_of_a_dispatch_with_orders_by_prefetch(client, spelling, references):
    changes = {"prefetch": with_orders(ACTIVE), "fhirServer": "https://ehr.example/fhir"}
    assert cards(client, DISPATCH, dispatch(references, spelling, **changes)) == NOT_YET


@pytest.mark.parametrize("shape", ["R4", "R5", "STU3", "DSTU2 DiagnosticOrder"])
def test_H_4_a_dispatched_order_of_every_version(client, shape):
    order = SHAPES[shape] | {"status": "active"}
    assert cards(client, DISPATCH, dispatch([ref(order)], prefetch=with_orders(order))) == NOT_YET


def test_H_4_an_order_that_prefetch_does_not_give_is_read_by_reference():
    server = FakeFhirServer()
    try:
        server.resources["ServiceRequest"] = [copy.deepcopy(ACTIVE)]
        client = service(Settings.model_validate({"fhir_servers": server.base}))
        call = dispatch(["ServiceRequest/o1"], fhirServer=server.base)
        assert cards(client, DISPATCH, call) == NOT_YET
        assert server.targets() == ["GET /fhir/ServiceRequest/o1"]
    finally:
        close_fhir_servers()
        server.close()


def test_H_4_a_dispatch_of_other_orders_is_answered_with_no_cards(client):
    knee = ACTIVE | {"code": {"text": "MRI of the left knee"}}
    call = dispatch(["ServiceRequest/o1"], prefetch=with_orders(knee))
    assert client.post(DISPATCH, json=call).data == b'{"cards":[]}'
    pills = dispatch(["MedicationRequest/m1"])
    assert client.post(DISPATCH, json=pills).data == b'{"cards":[]}'


def test_H_4_orders_that_can_be_read_neither_way_are_an_error_and_no_empty_answer(client):
    response = client.post(DISPATCH, json=dispatch(["ServiceRequest/o1"]))
    assert response.status_code == 412
    assert response.get_json()["issue"][0]["expression"] == ["prefetch.dispatchedOrders"]
