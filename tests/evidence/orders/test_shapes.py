"""Orders of every FHIR version, and orders that no version allows."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.cds_hooks.model import DraftOrder
from cds_service.evidence.codes.references import local_reference, split_reference
from cds_service.evidence.model import ImagingOrder
from cds_service.evidence.orders.earlier import read_earlier_study, read_open_order
from cds_service.evidence.orders.orders import Selections, order_subject, read_orders
from tests import shipped

AS_OF = date(2026, 6, 15)
CPT = "http://www.ama-assn.org/go/cpt"
LUMBAR_MRI: dict[str, Any] = {"coding": [{"system": CPT, "code": "72148"}]}
CERVICAL_MRI: dict[str, Any] = {"coding": [{"system": CPT, "code": "72141"}]}


def read(body: object, resource_type: str = "ServiceRequest") -> tuple[ImagingOrder, ...]:
    raw = msgspec.Raw(body if isinstance(body, bytes) else json.dumps(body).encode())
    drafts = (DraftOrder(raw=raw, resource_type=resource_type, id="o1"),)
    return read_orders(drafts, shipped.catalog(), shipped.index(), AS_OF)


def test_an_r5_order_is_read() -> None:
    (order,) = read(
        {
            "code": {"concept": LUMBAR_MRI},
            "reason": [{"concept": {"text": "Cauda equina syndrome"}}],
            "bodySite": [{"text": "Lumbar spine"}],
        }
    )
    assert order.procedure.regions == ("lumbar",)
    assert "cauda-equina-syndrome" in order.reasons[0].value_sets


def test_an_stu3_order_is_read_with_its_agent_and_encounter() -> None:
    (order,) = read(
        {
            "code": LUMBAR_MRI,
            "context": {"reference": "Encounter/e1"},
            "requester": {"agent": {"reference": "Practitioner/p1"}},
            "authoredOn": "2026-06-01",
        },
        "ProcedureRequest",
    )
    assert (order.resource_type, order.reference) == ("ProcedureRequest", "ProcedureRequest/o1")
    assert json.loads(bytes(order.requester or b"")) == {"reference": "Practitioner/p1"}
    assert json.loads(bytes(order.encounter or b"")) == {"reference": "Encounter/e1"}


def test_an_episode_of_care_is_not_taken_for_the_encounter() -> None:
    body = {"code": LUMBAR_MRI, "context": {"reference": "EpisodeOfCare/1"}}
    (order,) = read(body, "ProcedureRequest")
    assert order.encounter is None


def test_a_dstu2_procedure_request_is_read() -> None:
    (order,) = read(
        {
            "code": LUMBAR_MRI,
            "reasonCodeableConcept": {"text": "Cauda equina syndrome"},
            "orderedOn": "2026-06-01",
            "orderer": {"reference": "Practitioner/p1"},
            "notes": [{"text": "sciatica"}],
        },
        "ProcedureRequest",
    )
    assert order.has_reason
    assert order.authored is not None
    assert json.loads(bytes(order.requester or b"")) == {"reference": "Practitioner/p1"}


def test_the_spine_items_of_a_dstu2_diagnostic_order_are_taken() -> None:
    items = [{"code": {"text": "Chest X-ray"}}, {"code": LUMBAR_MRI}, {"code": CERVICAL_MRI}]
    (order,) = read({"item": items, "reason": [{"text": "Sciatica"}]}, "DiagnosticOrder")
    assert order.procedure.regions == ("cervical", "lumbar")
    assert order.has_reason


def test_items_of_different_kinds_are_orders_of_their_own() -> None:
    items = [{"code": LUMBAR_MRI}, {"code": {"text": "XR lumbar spine"}}]
    orders = read({"item": items}, "DiagnosticOrder")
    assert [order.procedure.modality for order in orders] == ["MR", "XR"]


def test_a_cancelled_item_is_not_ordered() -> None:
    items = [{"code": LUMBAR_MRI, "status": "cancelled"}, {"code": CERVICAL_MRI}]
    (order,) = read({"item": items}, "DiagnosticOrder")
    assert order.procedure.regions == ("cervical",)


def test_a_referral_is_no_imaging_order() -> None:
    assert read({"code": LUMBAR_MRI}, "ReferralRequest") == ()


@pytest.mark.parametrize(
    "code",
    [
        {"coding": {"system": CPT, "code": "72148"}},
        {"coding": [{}, None, {"system": CPT, "code": "72148"}]},
        {"coding": [{"system": f" {CPT} ", "code": " 72148 "}]},
        {"coding": [{"system": CPT, "code": 72148}]},
        [{"coding": [{"system": CPT, "code": "72148"}]}],
        {"system": CPT, "code": "72148"},
    ],
)
def test_a_code_in_an_odd_shape_is_still_read(code: Any) -> None:
    (order,) = read({"code": code})
    assert order.procedure.regions == ("lumbar",)


@pytest.mark.parametrize(
    "code",
    [
        None,
        {},
        [],
        "",
        {"coding": [{}]},
        {"coding": []},
        {"coding": None, "text": None},
        {"coding": ["72148"]},
        {"coding": 7},
        7,
        True,
        {"text": {"a": 1}},
        {"concept": None},
        {"concept": [{"concept": {"coding": 1}}]},
    ],
)
def test_a_code_without_content_orders_nothing_of_ours(code: Any) -> None:
    assert read({"code": code, "reasonCode": []}) == ()


def test_a_code_that_is_a_plain_text_is_read_as_one() -> None:
    (order,) = read({"code": "MRI lumbar spine"})
    assert order.procedure.modality == "MR"


def test_a_byte_that_is_no_utf8_does_not_lose_the_order() -> None:
    raw = (
        json.dumps({"code": LUMBAR_MRI, "note": [{"text": "QQ"}]}).encode().replace(b"QQ", b"\xff")
    )
    (order,) = read(raw)
    assert order.procedure.regions == ("lumbar",)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"7", b"{", b'"x"', b"[" * 5000, b'{"code":' * 5000]
)
def test_what_is_no_object_is_no_order(body: bytes) -> None:
    assert read(body) == ()
    assert order_subject(msgspec.Raw(body)) is None


def test_a_very_long_text_is_read_at_its_beginning() -> None:
    (order,) = read({"code": {"text": "MRI lumbar spine " + "x y " * 100_000}})
    assert (order.procedure.modality, order.procedure.regions) == ("MR", ("lumbar",))


def test_very_many_codings_do_not_hide_the_first() -> None:
    coding = [{"system": CPT, "code": "72148"}] * 10_000
    assert len(read({"code": {"coding": coding}})) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
ELEMENTS = (
    *(
        "code",
        "bodySite",
        "category",
        "reasonCode",
        "reasonReference",
        "reason",
        "note",
        "orderDetail",
    ),
    *(
        "contained",
        "item",
        "event",
        "authoredOn",
        "priority",
        "status",
        "subject",
        "requester",
        "context",
    ),
    *("series", "modality", "procedureCode", "description", "effectivePeriod", "started", "id"),
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(ELEMENTS), JSON, max_size=8), st.booleans())
def test_no_json_makes_a_reader_fail(elements: dict[str, Any], is_spine: bool) -> None:
    body = elements | ({"code": LUMBAR_MRI} if is_spine else {})
    raw = msgspec.Raw(msgspec.json.encode(body))
    for resource_type in ("ServiceRequest", "ProcedureRequest", "DiagnosticOrder"):
        drafts = (DraftOrder(raw=raw, resource_type=resource_type, id="o1"),)
        orders = read_orders(drafts, shipped.catalog(), shipped.index(), AS_OF)
        assert all(len(order.display) <= 60 for order in orders)
        assert all(Selections(("o1",)).naming(order) for order in orders)
    order_subject(raw)
    for resource_type in ("DiagnosticReport", "ImagingStudy", "Procedure", "Observation"):
        read_earlier_study(resource_type, body, shipped.catalog())
    read_open_order(body, shipped.catalog())


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_reference_or_none(text: str) -> None:
    local = local_reference(text)
    assert local_reference(local) == local
    split_reference(text)
