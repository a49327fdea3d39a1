"""What a report or a procedure says beside its own code counts as its words and codes say, suspected at most."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.cds_hooks.model import Source
from cds_service.evidence.model import PatientRecord
from cds_service.evidence.record.record import read_record
from tests import shipped

DAY = date(2026, 6, 15)
ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def record_with(key: str, resource: dict[str, Any]) -> PatientRecord:
    made = {"id": "x1", "subject": {"reference": "Patient/p1"}} | resource
    sources = {key: Source(key, (msgspec.Raw(msgspec.json.encode(made)),), None, "", ())}
    return read_record(sources, "p1", shipped.index(), shipped.catalog(), DAY)


def coded(code: str, text: str = "") -> dict[str, Any]:
    return {"coding": [{"system": ICD, "code": code}]} | ({"text": text} if text else {})


def report(**elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"text": "MRI lumbar spine"},
        "effectiveDateTime": "2026-06-10",
    } | elements


def test_the_coded_conclusion_of_a_report_is_a_finding_of_its_day() -> None:
    record = record_with("reports", report(conclusionCode=[coded("C79.51", "Bone metastases")]))
    (hit,) = record.conditions["spinal-malignancy"]
    assert hit.entry.reference == "DiagnosticReport/x1"
    assert hit.entry.display == "Bone metastases"
    assert hit.entry.verification == "suspected"
    assert hit.entry.onset is not None
    assert hit.entry.onset.last == date(2026, 6, 10)


def test_a_coded_conclusion_that_is_in_no_value_set_is_no_finding() -> None:
    record = record_with("reports", report(conclusionCode=[coded("I10", "Hypertension")]))
    assert not record.conditions


def test_a_coded_conclusion_about_a_relative_is_no_finding() -> None:
    record = record_with(
        "reports", report(conclusionCode=[coded("C79.51", "Mother: bone metastases")])
    )
    assert not record.conditions


def test_why_a_procedure_was_done_is_a_finding() -> None:
    record = record_with(
        "procedures",
        {
            "resourceType": "Procedure",
            "status": "completed",
            "code": {"text": "Infusion of zoledronic acid"},
            "performedDateTime": "2026-05-01",
            "reasonCode": [coded("C79.51")],
        },
    )
    assert [hit.entry.reference for hit in record.conditions["spinal-malignancy"]] == [
        "Procedure/x1"
    ]


def referral(why: Any, **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "code": {"text": "Neurosurgery referral"},
        "authoredOn": "2026-06-14",
        "reasonCode": why,
    } | elements


@pytest.mark.parametrize(
    "order",
    [
        referral([{"text": "Acute cauda equina syndrome since last night"}]),
        referral([coded("G83.4")]),
        referral(None, reason=[{"concept": {"text": "Cauda equina syndrome"}}]),
        referral([{"text": "Kauda-Syndrom"}], status="completed"),
        referral({"text": "syndrome de la queue de cheval"}),
        referral([{"text": "cauda equina"}], resourceType="ProcedureRequest"),
        referral([coded("G83.4")], status="unknown"),
        referral([coded("G83.4")], status=None),
        referral(None, resourceType="DiagnosticOrder", reason=[{"text": "cauda equina syndrome"}]),
    ],
)
def test_why_something_else_was_ordered_is_a_finding_of_that_day(order: dict[str, Any]) -> None:
    (hit,) = record_with("orders", order).conditions["cauda-equina-syndrome"]
    assert hit.entry.reference == f"{order['resourceType']}/x1"
    assert hit.entry.verification == "suspected"
    assert hit.entry.onset is not None
    assert hit.entry.onset.last == date(2026, 6, 14)


@pytest.mark.parametrize(
    "order",
    [
        referral([{"text": "rule out cauda equina syndrome"}]),
        referral([{"text": "?CES"}]),
        referral([{"text": "no cauda equina syndrome"}]),
        referral([coded("G83.4")], status="entered-in-error"),
        referral([coded("G83.4")], status="revoked"),
        referral([coded("G83.4")], status="draft"),
        referral([coded("G83.4")], doNotPerform=True),
        referral([coded("G83.4")], authoredOn="2026-07-01"),
        referral([coded("C50.912")], authoredOn="2025-06-14"),
        referral([coded("G83.4")], status="aborted"),
        referral([{"text": "low back pain for 3 days"}]),
        referral([coded("M54.50")]),
        referral([]),
        referral("x"),
        referral(7),
    ],
)
def test_what_another_order_asks_denies_or_does_not_stand_by_is_no_finding(
    order: dict[str, Any],
) -> None:
    assert not record_with("orders", order).conditions


def test_an_order_is_no_record_of_itself() -> None:
    made = referral([coded("G83.4")]) | {"id": "x1", "subject": {"reference": "Patient/p1"}}
    sources = {"orders": Source("orders", (msgspec.Raw(msgspec.json.encode(made)),), None, "", ())}
    record = read_record(
        sources,
        "p1",
        shipped.index(),
        shipped.catalog(),
        DAY,
        frozenset(["ServiceRequest/x1"]),
    )
    assert not record.conditions


def test_a_disease_that_an_order_of_this_year_names_counts() -> None:
    """The near-miss of an order that is too old to say what still is."""
    record = record_with("orders", referral([coded("C50.912")], authoredOn="2025-06-16"))
    assert "malignancy" in record.conditions
