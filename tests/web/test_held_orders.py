"""A spine order inside or behind another resource, or in an unknown shape: advice or an error, never silence."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from cds_service.settings import Settings
from tests.web.real_service import (
    DISPATCH,
    RETENTION,
    SELECT,
    SIGN,
    TODAY,
    Json,
    call,
    card_ids,
    service,
)

SUBJECT = {"reference": "Patient/p1"}
LUMBAR_MRI: Json = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "72148"}]}
ORDER: Json = {
    "resourceType": "ServiceRequest",
    "id": "o1",
    "status": "draft",
    "intent": "order",
    "subject": SUBJECT,
    "code": LUMBAR_MRI,
}
PANEL: Json = ORDER | {"id": "lab", "code": {"text": "Lipid panel"}}
PLACE = "context.draftOrders.entry[0].resource"
EMPTY = b'{"cards":[]}'


def holder(kind: str, **members: Any) -> Json:
    return {"resourceType": kind, "id": "g1", "status": "draft", "subject": SUBJECT} | members


def with_parameter(**parameter: Any) -> Json:
    return {"resourceType": "Parameters", "id": "g1", "parameter": [{"name": "order"} | parameter]}


INSIDE: dict[str, tuple[Json, Json]] = {
    "contained in a group": (
        holder("RequestGroup", action=[{"resource": {"reference": "#o1"}}]),
        {"contained": [ORDER]},
    ),
    "contained in an orchestration": (
        holder("RequestOrchestration", action=[{"resource": {"reference": "#o1"}}]),
        {"contained": [ORDER]},
    ),
    "in a step of a group": (holder("RequestGroup"), {"action": [{"resource": ORDER}]}),
    "in a step of a step": (
        holder("RequestGroup"),
        {"action": [{"title": "Back pain", "action": [{"resource": ORDER}]}]},
    ),
    "contained in a plan": (
        holder("CarePlan", activity=[{"reference": {"reference": "#o1"}}]),
        {"contained": [ORDER]},
    ),
    "contained in a task": (
        holder("Task", focus={"reference": "#o1"}),
        {"contained": [ORDER]},
    ),
    "contained in an order of DSTU2": (
        holder("Order", detail=[{"reference": "#o1"}]),
        {"contained": [ORDER]},
    ),
    "a parameter": (with_parameter(), {"parameter": [{"name": "x", "resource": ORDER}]}),
    "a part of a parameter": (
        with_parameter(),
        {"parameter": [{"name": "x", "part": [{"name": "y", "resource": ORDER}]}]},
    ),
}


def bundle(*resources: Any) -> Json:
    return {"resourceType": "Bundle", "entry": [{"resource": item} for item in resources]}


def post(hook: str, context: Json, path: str | None = None, **prefetch: Any) -> Any:
    made = call(copy.deepcopy(RETENTION))
    made["hook"] = hook
    made["context"] = {"userId": "Practitioner/dr1", "patientId": "p1"} | context
    made["prefetch"] |= prefetch
    return service(Settings(as_of=TODAY)).post(
        path or {"order-select": SELECT, "order-sign": SIGN}[hook], json=made
    )


def sign(drafts: Any) -> Any:
    return post("order-sign", {"draftOrders": drafts})


def select(drafts: Any, *selections: Any) -> Any:
    return post("order-select", {"draftOrders": drafts, "selections": list(selections)})


def dispatch(references: Any, orders: Any) -> Any:
    context = {"dispatchedOrders": references, "performer": "Organization/x"}
    return post("order-dispatch", context, DISPATCH, dispatchedOrders=orders)


def place_of(response: Any) -> str:
    assert response.status_code == 400, response.text
    return str(response.get_json()["issue"][0]["expression"][0])


def is_advised(response: Any) -> bool:
    return response.status_code == 200 and "EmergencyEscalate" in card_ids(response.get_json())


@pytest.mark.parametrize("where", INSIDE)
def test_a_spine_order_inside_another_resource_is_advised_on(where):
    outer, inner = INSIDE[where]
    assert is_advised(sign(bundle(outer | inner)))
    kind = outer["resourceType"]
    for selection in (f"{kind}/g1", "ServiceRequest/o1"):
        assert is_advised(select(bundle(PANEL, outer | inner), selection))
    assert select(bundle(PANEL, outer | inner), "ServiceRequest/lab").data == EMPTY


@pytest.mark.parametrize("kind", ["RequestGroup", "Task", "MedicationRequest"])
def test_an_order_for_something_else_inside_another_resource_is_passed_over(kind):
    assert sign(bundle(holder(kind, contained=[PANEL]))).data == EMPTY


def test_no_button_changes_an_order_that_its_client_cannot_address():
    answer = sign(bundle(holder("RequestGroup", action=[{"resource": ORDER}]))).get_json()
    kinds = {
        action["type"]
        for card in answer["cards"]
        for suggestion in card.get("suggestions", ())
        for action in suggestion["actions"]
    }
    assert kinds <= {"create"}


def test_an_earlier_order_that_an_order_contains_is_not_ordered_again():
    again = PANEL | {"basedOn": [{"reference": "#before"}], "contained": [ORDER | {"id": "before"}]}
    assert sign(bundle(again)).data == EMPTY


@pytest.mark.parametrize("value", [{"resourceType": "ServiceRequest", "code": ["72148"]}, {"a": 1}])
def test_what_stands_inside_a_group_and_cannot_be_read_is_a_400_with_its_place(value):
    inner = {"resourceType": "SomeOrder"} | value
    group = holder("RequestGroup", action=[{"resource": inner}])
    assert place_of(sign(bundle(group))) == f"{PLACE}.action[0].resource"


@pytest.mark.parametrize(
    ("kind", "asks"),
    [
        ("RequestGroup", {"action": [{"code": [LUMBAR_MRI]}]}),
        ("RequestGroup", {"action": [{"title": "MRI lumbar spine without contrast"}]}),
        ("CarePlan", {"activity": [{"detail": {"kind": "ServiceRequest", "code": LUMBAR_MRI}}]}),
        ("ReferralRequest", {"serviceRequested": [LUMBAR_MRI]}),
        ("Appointment", {"serviceType": [LUMBAR_MRI]}),
        ("Task", {"code": LUMBAR_MRI}),
    ],
)
def test_imaging_of_the_spine_asked_for_without_an_order_is_a_400(kind, asks):
    assert place_of(sign(bundle(holder(kind, **asks)))) == PLACE


def test_a_group_a_plan_and_a_task_that_ask_for_something_else_are_passed_over():
    panel = {"text": "Lipid panel"}
    for resource in (
        holder("RequestGroup", action=[{"code": [panel], "title": "Blood"}]),
        holder("CarePlan", activity=[{"detail": {"code": panel}}, {"detail": {}}]),
        holder("Task", code=panel),
        holder("Appointment"),
    ):
        assert sign(bundle(resource)).data == EMPTY


def test_a_task_about_an_order_beside_it_does_not_cost_that_order_its_advice():
    task = holder("Task", code=LUMBAR_MRI, focus={"reference": "ServiceRequest/o1"})
    assert is_advised(sign(bundle(task, ORDER)))


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("RequestGroup", {"action": [{"action": [{"resource": {"reference": "HERE"}}]}]}),
        ("CarePlan", {"activity": [{"reference": {"reference": "HERE"}}]}),
        ("Task", {"focus": {"reference": "HERE"}}),
        ("Order", {"detail": [{"reference": "HERE"}]}),
    ],
)
def test_who_selects_a_group_selects_the_orders_that_it_points_to(kind, points):
    def group(reference: str) -> Json:
        return holder(kind, **_filled(points, reference))

    assert is_advised(select(bundle(group("ServiceRequest/o1"), ORDER), f"{kind}/g1"))
    lab_only = bundle(group("ServiceRequest/lab"), ORDER, PANEL)
    assert select(lab_only, f"{kind}/g1").data == EMPTY
    missing = select(bundle(group("ServiceRequest/gone")), f"{kind}/g1")
    assert place_of(missing) == PLACE
    assert select(bundle(group("MedicationRequest/m1")), f"{kind}/g1").data == EMPTY


def _filled(value: Any, reference: str) -> Any:
    if isinstance(value, dict):
        return {name: _filled(member, reference) for name, member in value.items()}
    if isinstance(value, list):
        return [_filled(item, reference) for item in value]
    return reference if value == "HERE" else value


def test_a_plan_that_nobody_selected_may_point_to_what_was_ordered_before():
    plan = holder("CarePlan", activity=[{"reference": {"reference": "ServiceRequest/before"}}])
    assert sign(bundle(plan)).data == EMPTY
    group = holder("RequestGroup", action=[{"resource": {"reference": "ServiceRequest/before"}}])
    assert place_of(sign(bundle(group))) == PLACE


@pytest.mark.parametrize(
    "drafts",
    [
        {"resourceType": "Bundle", "entry": [], "resources": [ORDER]},
        {"resourceType": "Bundle", "entry": None, "resources": [ORDER]},
        {"resourceType": "Bundle", "entry": [], "contained": [ORDER]},
        {"resourceType": "Bundle", "entry": [{"request": {"method": "POST", "url": "x"}}]},
        {"resourceType": "Bundle", "entry": [{"response": {"outcome": ORDER}}]},
        bundle({"reference": "ServiceRequest/o1"}),
        bundle({"resource": ORDER}),
        bundle({"ServiceRequest": ORDER}),
    ],
)
def test_a_bundle_that_holds_its_orders_elsewhere_is_a_400(drafts):
    assert place_of(sign(drafts)).startswith("context.draftOrders.entry")


def test_an_entry_that_takes_a_resource_away_and_an_empty_bundle_hold_no_order():
    gone = {"request": {"method": "DELETE", "url": "ServiceRequest/o9"}}
    assert is_advised(sign({"resourceType": "Bundle", "entry": [gone, {"resource": ORDER}]}))
    assert sign({"resourceType": "Bundle", "type": "collection", "entry": []}).data == EMPTY


CODELESS = {name: value for name, value in ORDER.items() if name != "code"}


@pytest.mark.parametrize(
    "says",
    [
        {"Code": LUMBAR_MRI},
        {"codeCodeableConcept": LUMBAR_MRI},
        {"orderDetail": [{"text": "MRI lumbar spine"}]},
        {"code": {"reference": {"reference": "ActivityDefinition/x"}}},
        {"instantiatesCanonical": ["http://example.org/ActivityDefinition/x"]},
    ],
)
def test_an_order_that_says_elsewhere_what_is_ordered_is_a_400(says):
    assert place_of(sign(bundle(CODELESS | says))) == PLACE


@pytest.mark.parametrize(
    "says",
    [
        {},
        {"note": [{"text": "MRI lumbar spine last year"}]},
        {"reasonCode": [{"text": "Back pain after MRI lumbar spine"}]},
        {"orderDetail": [{"text": "Lipid panel"}]},
        {"status": "revoked", "orderDetail": [{"text": "MRI lumbar spine"}]},
    ],
)
def test_an_order_that_was_only_just_begun_says_nothing_yet(says):
    assert sign(bundle(CODELESS | says)).data == EMPTY


@pytest.mark.parametrize(
    "selection",
    [
        "ServiceRequest/o1/",
        "ServiceRequest/o1#x",
        "servicerequest/o1",
        "ServiceRequest|o1",
        "urn:uuid:5e0ab2a2-7dd3-4b4d-8a3b-4a4d5b4f6a01",
        "context.draftOrders.entry[1]",
        {"identifier": {"value": "o1"}},
        None,
        "",
    ],
)
def test_a_selection_that_nothing_answers_to_may_be_the_spine_order_beside_a_lab_that_was_selected(
    selection,
):
    refused = select(bundle(PANEL, ORDER), "ServiceRequest/lab", selection)
    assert place_of(refused) == "context.selections"


@pytest.mark.parametrize("selection", ["MedicationRequest/m1", "Task/t1/_history/2"])
def test_a_selection_of_another_type_is_no_spine_order(selection):
    if selection.startswith("Task"):
        drafts = bundle(PANEL, ORDER, holder("Task", id="t1", code={"text": "Lipid panel"}))
        assert select(drafts, "ServiceRequest/lab", selection).data == EMPTY
    else:
        assert select(bundle(PANEL, ORDER), "ServiceRequest/lab", selection).data == EMPTY


ACTIVE = ORDER | {"status": "active"}


@pytest.mark.parametrize(
    ("reference", "held"),
    [
        ("Task/g1", holder("Task", focus={"reference": "ServiceRequest/o1"})),
        (
            "RequestGroup/g1",
            holder("RequestGroup", action=[{"resource": {"reference": "ServiceRequest/o1"}}]),
        ),
    ],
)
def test_a_task_or_a_group_that_is_dispatched_means_the_order_behind_it(reference, held):
    assert is_advised(dispatch([reference], bundle(held, ACTIVE)))
    assert place_of(dispatch([reference], bundle(held))) == "prefetch.dispatchedOrders"
    assert is_advised(dispatch([reference], bundle(held | {"contained": [ACTIVE]}, ACTIVE)))


def test_a_group_that_is_dispatched_with_its_order_inside_is_advised_on():
    group = holder("RequestGroup", contained=[ACTIVE], action=[{"resource": {"reference": "#o1"}}])
    assert is_advised(dispatch(["RequestGroup/g1"], bundle(group)))


@pytest.mark.parametrize("references", [[None], [""], ["", None], ""])
def test_a_dispatch_whose_references_are_all_blank_is_a_400(references):
    assert place_of(dispatch(references, bundle(ACTIVE))).startswith("context.dispatchedOrders")


def test_an_order_behind_very_many_steps_is_missed_where_it_did_not_come() -> None:
    step: Json = {"resource": {"reference": "ServiceRequest/elsewhere"}}
    for _ in range(40):
        step = {"action": [step]}
    assert place_of(sign(bundle(holder("RequestGroup", action=[step])))) == PLACE


def test_imaging_behind_very_many_steps_is_no_silence() -> None:
    step: Json = {"code": LUMBAR_MRI | {"text": "MRI lumbar spine"}}
    for _ in range(40):
        step = {"action": [step]}
    assert place_of(sign(bundle(holder("RequestGroup", action=[step])))) == PLACE


def test_an_order_in_a_group_is_read_however_its_keys_are_spelled() -> None:
    made = call(copy.deepcopy(RETENTION))
    made["hook"] = "order-sign"
    group = holder("RequestGroup", action=[{"resource": {"reference": "#o1"}}], contained=[ORDER])
    made["context"] = {
        "userId": "Practitioner/dr1",
        "patientId": "p1",
        "draftOrders": bundle(group),
    }
    body = json.dumps(made).replace(
        '"resourceType": "ServiceRequest"', '"resource\\u0054ype": "ServiceRequest"'
    )
    answer = service(Settings(as_of=TODAY)).post(SIGN, data=body, content_type="application/json")
    assert answer.status_code == 200
    assert card_ids(answer.get_json()) == ["EmergencyEscalate"]


def test_what_a_dispatched_order_says_is_not_on_record_through_the_list_of_orders() -> None:
    reason = [{"text": "cauda equina syndrome"}]
    order = ORDER | {"status": "active", "authoredOn": "2026-06-15", "reasonCode": reason}
    context = {"dispatchedOrders": ["ServiceRequest/o1"], "performer": "Organization/x"}
    listed = {"dispatchedOrders": bundle(order), "orders": bundle(order)}
    empty = {"resourceType": "Bundle", "type": "searchset"}
    answer = post("order-dispatch", context, DISPATCH, **listed, conditions=empty)
    (card, *_) = answer.get_json()["cards"]
    assert '**Said in the order:** "cauda equina syndrome"' in card["detail"]
    assert "auda equina" not in card["detail"].split("**Said in the order:**")[0]
    assert "on record" not in card["summary"]
