"""H: the context of each hook, as specified and as really sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.cds_hooks.model import HookContext
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.errors import HookRequestError
from tests.cds_hooks.bodies import ORDER, as_bytes, context, hook_call


def read(hook: str = "order-select", **changes: Any) -> HookContext:
    call = hook_call(hook, context=context(**changes))
    return parse_hook_request("spine-imaging-order-select", as_bytes(call)).context


def refused_at(hook: str = "order-select", **changes: Any) -> str:
    with pytest.raises(HookRequestError) as caught:
        read(hook, **changes)
    assert caught.value.status == 400
    return caught.value.expression


@pytest.mark.parametrize(
    "patient_id", ["p1", "Patient/p1", "https://ehr.example.org/fhir/Patient/p1", " p1 "]
)
def test_H_1_a_patient_id_may_be_written_as_a_reference(patient_id):
    assert read(patientId=patient_id).patient_id == "p1"


@pytest.mark.parametrize(
    "patient_id", ["", "Patient/", "Group/p1", "a/b", "p\u00001", 7, ["p1"], {}]
)
def test_H_1_what_names_no_patient_is_refused(patient_id):
    assert refused_at(patientId=patient_id) == "context.patientId"


def test_H_1_a_missing_patient_id_is_refused():
    assert refused_at(patientId=None) == "context.patientId"


def test_H_1_a_patient_id_may_hold_the_word_patient():
    assert read(patientId="MyPatient-1").patient_id == "MyPatient-1"


def test_H_1_user_and_encounter_may_be_missing_or_odd():
    assert read(userId=None).user_id is None
    assert read(userId=5, encounterId=["e"]).encounter_id is None
    assert read(encounterId="Encounter/e1").encounter_id == "e1"


def test_H_2_selections_are_kept_as_written():
    assert read(selections=["ServiceRequest/o1", "o2"]).selections == ("ServiceRequest/o1", "o2")


def test_H_12_missing_selections_are_refused_and_empty_ones_are_not():
    assert refused_at(selections=None) == "context.selections"
    assert read(selections=[]).selections == ()


@pytest.mark.parametrize("value", ["ServiceRequest/o1", {"reference": "x"}, 1, True])
def test_H_12_selections_of_another_type_are_refused(value):
    assert refused_at(selections=value) == "context.selections"


def test_H_12_what_is_no_reference_among_the_selections_stays_as_one_that_names_nothing():
    given = [None, 1, "", "o1", {"reference": "o2"}, {}]
    assert read(selections=given).selections == ("", "", "", "o1", "o2", "")


def test_H_3_order_sign_has_no_selections_whatever_is_sent():
    assert read("order-sign", selections=None).selections is None
    assert read("order-sign", selections=["ServiceRequest/o1"]).selections is None


def test_H_1_a_draft_order_is_kept_byte_for_byte():
    text = b'{"resourceType":"ServiceRequest", "id":"o1",\n "x":1.10, "reasonCode":[]}'
    body = as_bytes(hook_call()).replace(json.dumps(ORDER).encode(), text)
    (order,) = parse_hook_request("x", body).context.draft_orders
    assert bytes(order.raw) == text
    assert (order.resource_type, order.id, order.full_url) == ("ServiceRequest", "o1", None)


def test_H_11_a_bundle_needs_no_type_no_full_url_and_even_no_resource_type():
    assert len(read(draftOrders={"entry": [{"resource": ORDER}]}).draft_orders) == 1
    entry = {"fullUrl": "urn:uuid:1", "resource": {}}
    (order,) = read(draftOrders={"type": "searchset", "entry": [entry]}).draft_orders
    assert (order.full_url, order.resource_type, order.id) == ("urn:uuid:1", "", "")


@pytest.mark.parametrize("entry", [None, {}, {"resource": None}, {"search": {"mode": "match"}}])
def test_H_11_entries_that_say_nothing_are_left_out(entry):
    entries = [entry, {"resource": ORDER}]
    assert len(read(draftOrders={"resourceType": "Bundle", "entry": entries}).draft_orders) == 1


@pytest.mark.parametrize(
    "entry",
    [
        "x", 1, [], {"resource": []}, {"resource": "x"}, {"fullUrl": "urn:uuid:1"}, {"Resource": ORDER},
        {"0": {"resource": ORDER}},
    ],
)  # fmt: skip
def test_H_11_an_entry_that_is_no_resource_stays_as_a_draft_that_cannot_be_read(entry):
    odd, order = read(draftOrders={"entry": [entry, {"resource": ORDER}]}).draft_orders
    assert (odd.flaw, odd.id, order.flaw) == ("not-an-object", "", None)
    assert odd.place.startswith("context.draftOrders.entry[0]")
    assert order.place == "context.draftOrders.entry[1].resource"


def test_H_11_a_bundle_within_the_bundle_is_opened_and_places_are_told_in_full():
    inner = {"resourceType": "Bundle", "entry": [{}, {"resource": ORDER}]}
    (order,) = read(draftOrders={"entry": [{"resource": inner}]}).draft_orders
    assert (order.id, order.flaw) == ("o1", None)
    assert order.place == "context.draftOrders.entry[0].resource.entry[1].resource"


def test_H_11_bundles_within_bundles_without_end_cannot_be_read():
    bundle: dict[str, Any] = {"resourceType": "Bundle", "entry": [{"resource": ORDER}]}
    for _ in range(9):
        bundle = {"resourceType": "Bundle", "entry": [{"resource": bundle}]}
    (order,) = read(draftOrders=bundle).draft_orders
    assert order.flaw == "too-deep"


def test_H_11_a_resource_where_its_entry_belongs_is_read():
    (order,) = read(draftOrders={"resourceType": "Bundle", "entry": [ORDER]}).draft_orders
    assert (order.id, order.resource_type, order.flaw) == ("o1", "ServiceRequest", None)
    assert order.place == "context.draftOrders.entry[0]"


@pytest.mark.parametrize("other", ["Entry", "entries", "resource"])
def test_H_11_a_bundle_that_has_something_else_in_place_of_entries_is_refused(other):
    with pytest.raises(HookRequestError) as caught:
        read(draftOrders={"resourceType": "Bundle", other: [{"resource": ORDER}]})
    assert caught.value.expression == "context.draftOrders.entry"


def test_H_11_a_bundle_that_counts_nothing_needs_no_entries():
    assert read(draftOrders={"resourceType": "Bundle", "id": "b", "total": 0}).draft_orders == ()


@pytest.mark.parametrize("entry", [None, []])
def test_H_11_a_bundle_may_be_empty(entry):
    assert read(draftOrders={"resourceType": "Bundle", "entry": entry}).draft_orders == ()


def test_H_11_one_entry_may_stand_without_its_list():
    assert len(read(draftOrders={"entry": {"resource": ORDER}}).draft_orders) == 1


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_H_13_missing_draft_orders_are_refused_with_the_likely_cause(hook):
    with pytest.raises(HookRequestError, match="scopes") as caught:
        read(hook, draftOrders=None)
    assert caught.value.expression == "context.draftOrders"


@pytest.mark.parametrize("value", [[], "x", 1, True, {"resourceType": "ServiceRequest"}])
def test_H_13_draft_orders_of_another_type_are_refused(value):
    assert refused_at(draftOrders=value) == "context.draftOrders"


def test_H_11_entries_of_another_type_are_refused():
    assert refused_at(draftOrders={"entry": "x"}) == "context.draftOrders.entry"


def test_H_8_order_review_names_its_orders_otherwise():
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": ORDER | {"resourceType": "DiagnosticOrder"}}],
    }
    found = read("order-review", orders=bundle, draftOrders=None, selections=None)
    assert found.selections is None
    assert found.draft_orders[0].resource_type == "DiagnosticOrder"
    assert refused_at("order-review", orders=None) == "context.orders"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dispatchedOrders", ["ServiceRequest/o1", "ServiceRequest/o2"]),
        ("dispatched-orders", ["ServiceRequest/o1", "ServiceRequest/o2"]),
        ("orders", [{"reference": "ServiceRequest/o1"}, {"reference": "ServiceRequest/o2"}]),
        ("order", "ServiceRequest/o1,ServiceRequest/o2"),
    ],
)
def test_H_4_every_spelling_of_the_dispatched_orders_is_read(key, value):
    found = read("order-dispatch", **{key: value})
    assert found.dispatched_orders == ("ServiceRequest/o1", "ServiceRequest/o2")
    assert (found.draft_orders, found.selections) == ((), None)


def test_H_4_one_dispatched_order_may_be_a_reference_object():
    assert read("order-dispatch", order={"reference": "ServiceRequest/o1"}).dispatched_orders == (
        "ServiceRequest/o1",
    )


def test_H_4_missing_dispatched_orders_are_refused_and_none_are_not():
    assert refused_at("order-dispatch") == "context.dispatchedOrders"
    assert refused_at("order-dispatch", dispatchedOrders=5) == "context.dispatchedOrders"
    assert read("order-dispatch", dispatchedOrders=[]).dispatched_orders == ()


def test_H_4_the_performer_is_read_and_may_be_missing():
    changes = {"dispatchedOrders": ["ServiceRequest/o1"], "userId": None}
    assert (
        read("order-dispatch", performer="Organization/x", **changes).performer == "Organization/x"
    )
    assert read("order-dispatch", **changes).performer is None


def test_the_first_call_of_the_public_sandbox_is_read():
    draft = {
        "resourceType": "ServiceRequest",
        "id": "example-request-id",
        "status": "draft",
        "intent": "plan",
        "code": {"coding": [{}]},
        "subject": {"reference": "Patient/p1"},
        "reasonCode": [],
    }
    found = read(
        selections=["ServiceRequest/example-request-id"],
        draftOrders={"resourceType": "Bundle", "entry": [{"resource": draft}]},
    )
    assert found.draft_orders[0].id == "example-request-id"


@pytest.mark.parametrize("value", [[7], ["ServiceRequest/o1", {"id": "o2"}], [["o1"]], [True]])
def test_H_4_a_dispatched_order_that_is_no_reference_is_refused(value):
    assert refused_at("order-dispatch", dispatchedOrders=value).startswith(
        "context.dispatchedOrders["
    )
