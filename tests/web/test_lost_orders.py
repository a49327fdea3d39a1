"""An order that may be for the spine and is lost on the way is an error or a card, never an answer without cards."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from cds_service.app import Frame, real_steps
from cds_service.settings import Settings
from cds_service.web.metrics import Metrics
from tests import shipped
from tests.web.real_service import (
    DISPATCH,
    RETENTION,
    SELECT,
    SIGN,
    TODAY,
    Json,
    advice_of,
    call,
    card_ids,
    service,
)
from tests.web.service import NOW, client

LUMBAR_MRI = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "72148"}]}
ORDER: Json = {
    "resourceType": "ServiceRequest",
    "id": "o1",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/p1"},
    "code": LUMBAR_MRI,
}
PANEL: Json = ORDER | {"id": "lab", "code": {"text": "Lipid panel"}}
DEEP = "[" * 600 + "]" * 600
UNREADABLE = {
    "a number beyond double precision": "1e309",
    "a large negative number": "-1e999",
    "an integer of 5,000 digits": "9" * 5000,
    "a number in a list in an object": '{"a": [{"b": 1e400}]}',
}
PLACE = "context.draftOrders.entry[0].resource"


def body(*orders: str, hook: str = "order-select", **changes: Any) -> str:
    """A call about orders that are given as text; the record holds signs of a cauda equina syndrome."""
    made = call(copy.deepcopy(RETENTION), hook=hook)
    made["context"] |= {"draftOrders": "HERE"} | changes
    if hook != "order-select":
        del made["context"]["selections"]
    entries = ",".join('{"resource": ' + order + "}" for order in orders)
    return json.dumps(made).replace(
        '"HERE"', '{"resourceType": "Bundle", "entry": [' + entries + "]}"
    )


def with_member(value: str, order: Json = ORDER, name: str = "x") -> str:
    return json.dumps(order | {name: "HERE"}).replace('"HERE"', value)


def post(text: str, path: str = SELECT, settings: Settings | None = None) -> Any:
    settings = settings or Settings(as_of=TODAY)
    return service(settings).post(path, data=text, content_type="application/json")


def refused_at(text: str, path: str = SELECT) -> str:
    response = post(text, path)
    assert response.status_code == 400, response.text
    (issue,) = response.get_json()["issue"]
    (expression,) = issue["expression"]
    return str(expression)


@pytest.mark.parametrize("value", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize(("path", "hook"), [(SELECT, "order-select"), (SIGN, "order-sign")])
def test_a_spine_order_that_cannot_be_decoded_is_a_400_that_names_its_place(path, hook, value):
    assert refused_at(body(with_member(value), hook=hook), path) == PLACE


@pytest.mark.parametrize("depth", [100, 400, 700, 950, 983, 990, 1200])
def test_an_order_nested_to_any_depth_is_read_or_refused(depth):
    response = post(body(with_member("[" * depth + "]" * depth)))
    assert response.status_code == 400 or "EmergencyEscalate" in card_ids(response.get_json())


@pytest.mark.parametrize("depth", [1_500, 40_000])
def test_an_order_nested_too_deep_to_be_opened_is_a_400_that_names_its_place(depth):
    assert refused_at(body(with_member("[" * depth + "]" * depth))) == PLACE


def test_no_text_of_a_body_nested_too_deep_is_told():
    text = '{"context": {"Jane Doe, born 1961": ' + "[" * 3_000 + "]" * 3_000 + "}}"
    response = post(text, SELECT)
    assert response.status_code == 400
    assert response.get_json()["issue"][0]["expression"] == ["context"]


@pytest.mark.parametrize("value", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_decoded_in_an_order_for_something_else_costs_nobody_an_answer(value):
    lab = with_member(value, PANEL)
    text = body(json.dumps(ORDER), lab, hook="order-sign")
    assert "EmergencyEscalate" in card_ids(post(text, SIGN).get_json())
    assert post(body(lab, hook="order-sign"), SIGN).data == b'{"cards":[]}'


@pytest.mark.parametrize("name", ["code", "status"])
def test_an_order_that_cannot_say_what_it_is_for_may_be_for_the_spine(name):
    assert refused_at(body(with_member("1e309", PANEL, name), hook="order-sign"), SIGN) == PLACE


def test_a_medication_that_cannot_be_decoded_is_no_imaging():
    drug = with_member("1e309", {"resourceType": "MedicationRequest", "id": "m1"})
    assert post(body(drug, hook="order-sign"), SIGN).data == b'{"cards":[]}'


@pytest.mark.parametrize("odd", ['"just a string"', "7", "[]", "true", "[{}]"])
def test_a_draft_that_is_no_resource_may_be_the_selected_order(odd):
    assert refused_at(body(odd)) == "context.selections"
    assert refused_at(body(json.dumps(PANEL), odd, hook="order-sign"), SIGN).endswith(
        "entry[1].resource"
    )


def test_an_order_for_the_spine_whose_name_is_lost_is_advised_on_where_a_selection_names_nothing():
    nameless = json.dumps(ORDER | {"id": {"value": "o1"}})
    text = body(json.dumps(PANEL), nameless, selections=["ServiceRequest/lab", "ServiceRequest/o1"])
    assert "EmergencyEscalate" in card_ids(post(text).get_json())
    alone = body(json.dumps(PANEL), nameless, selections=["ServiceRequest/lab"])
    assert post(alone).data == b'{"cards":[]}'


def test_a_draft_whose_name_is_lost_may_be_the_one_that_nothing_answers_to():
    text = body(json.dumps(PANEL), '"x"', selections=["ServiceRequest/lab", "ServiceRequest/o1"])
    assert refused_at(text) == "context.draftOrders.entry[1].resource"
    alone = body(json.dumps(PANEL), '"x"', selections=["ServiceRequest/lab"])
    assert post(alone).data == b'{"cards":[]}'


@pytest.mark.parametrize(
    "code",
    ['"72148"', "72148", '["72148"]', '{"coding": "72148"}', '{"coding": [{"code": ["72148"]}]}'],
)
def test_a_code_in_a_shape_that_cannot_be_read_is_no_order_for_something_else(code):
    assert refused_at(body(with_member(code, name="code"))) == PLACE


@pytest.mark.parametrize("code", ['"MRI lumbar spine"', '["MRI lumbar spine"]'])
def test_a_code_in_words_is_read_whatever_its_shape(code):
    assert "EmergencyEscalate" in card_ids(post(body(with_member(code, name="code"))).get_json())


@pytest.mark.parametrize("code", ['"Lipid panel"', '{"text": "Lipid panel"}', "null", "{}"])
def test_words_for_something_else_and_no_code_at_all_are_out_of_scope(code):
    assert post(body(with_member(code, name="code"))).data == b'{"cards":[]}'


@pytest.mark.parametrize(
    "kind", ["servicerequest", "ServiceReqest", "ImagingOrder", "", "Service Request"]
)
def test_a_spine_order_of_a_type_that_fhir_does_not_know_is_not_passed_over(kind):
    order = json.dumps(ORDER | {"resourceType": kind})
    assert refused_at(body(order)).startswith("context.")
    assert refused_at(body(order, hook="order-sign"), SIGN) == PLACE


def test_other_types_of_fhir_and_orders_of_unknown_type_for_something_else_are_passed_over():
    for order in (ORDER | {"resourceType": "DeviceRequest"}, PANEL | {"resourceType": "LabOrder"}):
        assert post(body(json.dumps(order), hook="order-sign"), SIGN).data == b'{"cards":[]}'


def test_a_key_twice_in_an_order_is_refused_and_in_a_medication_it_costs_nothing():
    twice = json.dumps(ORDER).replace('"status"', '"status": "active", "status"')
    assert refused_at(body(twice)) == PLACE
    drug = '{"resourceType": "MedicationRequest", "id": "m1", "status": "x", "status": "y"}'
    text = body(json.dumps(ORDER), drug, hook="order-sign")
    assert "EmergencyEscalate" in card_ids(post(text, SIGN).get_json())


def test_a_spine_order_in_a_bundle_within_the_bundle_gets_its_card():
    inner = {"resourceType": "Bundle", "entry": [{"resource": ORDER}]}
    assert "EmergencyEscalate" in card_ids(post(body(json.dumps(inner))).get_json())


@pytest.mark.parametrize(
    "selection",
    ["ServiceRequest/zzz", "servicerequest/o1", "#o1", "Patient/o1", "ServiceRequest/o1x"],
)
def test_selections_that_name_no_draft_beside_a_spine_order_are_a_400(selection):
    assert refused_at(body(json.dumps(ORDER), selections=[selection])) == "context.selections"


def test_selections_that_name_no_draft_where_none_is_for_the_spine_select_nothing():
    assert post(body(json.dumps(PANEL), selections=["ServiceRequest/zz"])).data == b'{"cards":[]}'
    assert post(body(selections=["ServiceRequest/zz"])).data == b'{"cards":[]}'


def test_a_selection_that_names_nothing_beside_one_that_does_is_ignored():
    text = body(json.dumps(ORDER), selections=["ServiceRequest/zzz", "ServiceRequest/o1"])
    assert "EmergencyEscalate" in card_ids(post(text).get_json())


@pytest.mark.parametrize("value", [*UNREADABLE.values(), DEEP])
def test_a_dispatched_order_that_cannot_be_decoded_is_a_400_or_read(value):
    response = post(dispatched(with_member(value)), DISPATCH)
    if response.status_code == 200:
        assert "EmergencyEscalate" in card_ids(response.get_json())
    else:
        assert response.get_json()["issue"][0]["expression"] == ["prefetch.dispatchedOrders"]


def dispatched(order: str, **changes: Any) -> str:
    made = call(copy.deepcopy(RETENTION), hook="order-dispatch")
    made["context"] = {
        "patientId": "p1",
        "dispatchedOrders": ["ServiceRequest/o1"],
        "performer": "Organization/x",
    } | changes
    made["prefetch"]["dispatchedOrders"] = "HERE"
    return json.dumps(made).replace('"HERE"', order)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (body(with_member("1e309")), "came in a form that could not be read"),
        (body('"x"', hook="order-sign"), "came in a form that could not be read"),
        (body(json.dumps(ORDER), selections=["#o1"]), "names none of the orders"),
    ],
)
def test_a_site_whose_client_hides_errors_gets_a_card_about_what_was_lost(text, words):
    path = SIGN if '"order-sign"' in text else SELECT
    response = post(text, path, Settings(as_of=TODAY, on_missing_data="card"))
    assert response.status_code == 200
    (card,) = response.get_json()["cards"]
    assert card["source"]["topic"]["code"] == "PartialData"
    assert words in card["detail"]
    assert "No order was evaluated" in card["detail"]
    assert "no red flag" not in (card["summary"] + card["detail"]).lower()
    explained = advice_of(response.get_json())
    assert explained["callCards"] == ["PartialData"]
    assert explained["gaps"] == [{"source": "order", "reason": "unreadable"}]


def test_the_card_about_a_dispatched_order_that_was_lost():
    settings = Settings(as_of=TODAY, on_missing_data="card")
    response = post(dispatched(with_member("1e309")), DISPATCH, settings)
    assert card_ids(response.get_json()) == ["PartialData"]


def numbered(count: int, order: Json = ORDER) -> list[str]:
    """As many drafts, each with an id of its own."""
    return [json.dumps(order | {"id": f"{order['id']}-{n}"}) for n in range(count)]


LIMITED = Settings(as_of=TODAY, max_orders=3)


def test_more_spine_orders_than_one_call_may_ask_about_are_a_413_that_says_so():
    response = post(body(*numbered(4), hook="order-sign"), SIGN, LIMITED)
    assert response.status_code == 413
    (issue,) = response.get_json()["issue"]
    assert (issue["code"], issue["expression"]) == ("too-long", ["context.draftOrders"])
    assert "4 orders" in issue["details"]["text"]
    assert "at most 3" in issue["details"]["text"]


def test_as_many_spine_orders_as_one_call_may_ask_about_are_evaluated():
    response = post(body(*numbered(3), hook="order-sign"), SIGN, LIMITED)
    assert len(advice_of(response.get_json())["assessments"]) == 3


def test_a_hundred_spine_orders_are_evaluated_and_one_more_is_not():
    assert post(body(*numbered(100), hook="order-sign"), SIGN).status_code == 200
    assert post(body(*numbered(101), hook="order-sign"), SIGN).status_code == 413


def test_orders_for_something_else_and_unselected_ones_do_not_count():
    text = body(*numbered(3), *numbered(9, PANEL), hook="order-sign")
    assert "EmergencyEscalate" in card_ids(post(text, SIGN, LIMITED).get_json())
    text = body(*numbered(9), selections=["ServiceRequest/o1-8"])
    assert "EmergencyEscalate" in card_ids(post(text, SELECT, LIMITED).get_json())


def test_too_many_orders_are_a_card_where_the_client_hides_errors():
    settings = Settings(as_of=TODAY, max_orders=3, on_missing_data="card")
    response = post(body(*numbered(4), hook="order-sign"), SIGN, settings)
    assert response.status_code == 200
    (card,) = response.get_json()["cards"]
    assert card["source"]["topic"]["code"] == "PartialData"
    assert "more orders for imaging of the spine than are evaluated" in card["detail"]
    assert "No order was evaluated" in card["detail"]


def test_orders_longer_than_anybody_writes_are_refused_by_name_before_they_are_read():
    endless = [{"text": f"low back pain, visit {number}"} for number in range(20_000)]
    began = time.thread_time()
    response = post(body(json.dumps(ORDER | {"reasonCode": endless}), hook="order-sign"), SIGN)
    assert response.status_code == 413
    assert "100,000 bytes" in response.get_data(as_text=True)
    assert "context.draftOrders.entry[0]" in response.get_data(as_text=True)
    assert time.thread_time() - began < 2


def test_long_orders_are_a_card_where_the_client_hides_errors():
    endless = [{"text": f"low back pain, visit {number}"} for number in range(20_000)]
    settings = Settings(as_of=TODAY, on_missing_data="card")
    text = body(json.dumps(ORDER | {"reasonCode": endless}), hook="order-sign")
    (card,) = post(text, SIGN, settings).get_json()["cards"]
    assert "longer than what is evaluated" in card["detail"]


def test_many_orders_for_something_else_are_not_too_long():
    panel = numbered(150, PANEL | {"patientInstruction": "Fasting from midnight. " * 70})
    text = body(json.dumps(ORDER), *panel, hook="order-sign")
    assert len(text) > 100_000
    assert post(text, SIGN).status_code == 200


REASONS = [{"text": f"low back pain, visit {number}, no fever"} for number in range(50)]


@pytest.mark.parametrize("hook", ["order-sign", "order-dispatch"])
def test_very_many_orders_are_refused_before_they_are_read_in_full(hook):
    orders = [json.dumps(ORDER | {"id": f"o{n}", "reasonCode": REASONS}) for n in range(1500)]
    text, path = body(*orders, hook="order-sign"), SIGN
    if hook == "order-dispatch":
        entries = ",".join('{"resource": ' + order + "}" for order in orders)
        bundle = '{"resourceType": "Bundle", "entry": [' + entries + "]}"
        named = [f"ServiceRequest/o{n}" for n in range(1500)]
        text, path = dispatched(bundle, dispatchedOrders=named), DISPATCH
    began = time.thread_time()
    response = post(text, path)
    assert response.status_code == 413
    assert time.thread_time() - began < 2


def test_one_order_selected_among_very_many_is_advised_on():
    orders = [json.dumps(ORDER | {"id": f"o{n}", "reasonCode": REASONS}) for n in range(500)]
    text = body(*orders, selections=["ServiceRequest/o499"])
    assert "EmergencyEscalate" in card_ids(post(text).get_json())


def test_the_log_says_why_a_call_was_refused_and_repeats_nothing_of_it():
    with capture_logs() as lines:
        post(body(json.dumps(ORDER), selections=["#secret"]))
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["status"] == 400
    assert line["expression"] == "context.selections"
    assert "named by the references" in line["problem"]
    assert "secret" not in str(lines)


def test_a_call_in_scope_of_which_no_order_is_read_is_an_error_and_never_an_empty_answer():
    settings = Settings(as_of=TODAY)
    metrics = Metrics(services=(), prefetch_keys=(), card_ids=(), clients=())
    compiled = shipped.compiled()
    frame = Frame(settings, lambda: NOW, compiled, metrics, None, None, frozenset(), None)
    steps = real_steps(frame)
    lossy = client(settings, in_scope=lambda _: True, complete=steps.complete, advise=steps.advise)
    text = body(json.dumps(PANEL), hook="order-sign")
    response = lossy.post(SIGN, data=text, content_type="application/json")
    assert response.status_code == 500
    assert response.get_json()["issue"][0]["code"] == "exception"
