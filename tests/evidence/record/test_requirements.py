"""The prefetch keys: a promise to clients, kept word by word."""

import re

import pytest

from cds_service.evidence.record.types import (
    REQUIREMENTS,
    Requirement,
    prefetch_templates,
    requirements_for,
)

ORDER_SELECT = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}",
    "observations": "Observation?patient={{context.patientId}}"
    "&category=vital-signs,laboratory,exam,survey,social-history&_sort=-date&_count=200",
    "medications": "MedicationRequest?patient={{context.patientId}}&_sort=-authoredon&_count=100",
    "procedures": "Procedure?patient={{context.patientId}}&_sort=-date&_count=100",
    "orders": "ServiceRequest?patient={{context.patientId}}&_sort=-authored&_count=50",
    "reports": "DiagnosticReport?patient={{context.patientId}}&category=RAD,LP29684-5&_sort=-date&_count=50",
    "allergies": "AllergyIntolerance?patient={{context.patientId}}",
    "devices": "Device?patient={{context.patientId}}",
}
DISPATCHED = {"dispatchedOrders": "ServiceRequest?_id={{context.dispatchedOrders}}"}


@pytest.mark.parametrize("hook", ["order-select", "order-sign", "order-review"])
def test_the_prefetch_templates_are_those_that_clients_were_told(hook: str) -> None:
    templates = prefetch_templates(hook)
    assert templates == ORDER_SELECT
    assert list(templates) == list(ORDER_SELECT)


def test_order_dispatch_asks_for_the_dispatched_orders_too() -> None:
    assert prefetch_templates("order-dispatch") == ORDER_SELECT | DISPATCHED


def test_a_hook_that_is_not_ours_needs_nothing() -> None:
    assert prefetch_templates("patient-view") == {}


def test_patient_and_conditions_are_required_and_nothing_else_is() -> None:
    assert [need.key for need in requirements_for("order-dispatch") if need.is_required] == [
        "patient",
        "conditions",
    ]


@pytest.mark.parametrize("need", REQUIREMENTS, ids=lambda need: need.key)
def test_no_template_repeats_a_parameter_or_reaches_below_a_context_field(
    need: Requirement,
) -> None:
    names = re.findall(r"[?&](\w+)=", need.template)
    assert len(names) == len(set(names))
    assert re.findall(r"\{\{(.*?)\}\}", need.template) in [
        ["context.patientId"],
        ["context.dispatchedOrders"],
    ]


def test_only_the_patient_is_a_read() -> None:
    assert [need.key for need in REQUIREMENTS if need.is_read] == ["patient"]
