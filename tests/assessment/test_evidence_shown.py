"""Whatever the scenario: the evidence that is shown is what the record says, and nothing is surer than its source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from cds_service.assessment.model import Finding
from tests.compact import hook_request
from tests.scenarios.cases import ORDERS, PATIENT, Case, all_answered

_DATE_KEYS = (
    "onsetDateTime", "recordedDate", "abatementDateTime", "effectiveDateTime", "performedDateTime",
    "authoredOn", "started", "issued",
)  # fmt: skip


def resources(case: Case) -> dict[str, dict[str, Any]]:
    """Every resource of the call by its reference."""
    request = hook_request({"patient": PATIENT, "orders": ORDERS, **case.data})
    found: dict[str, dict[str, Any]] = {}

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "resourceType" in value and "id" in value:
                found.setdefault(f"{value['resourceType']}/{value['id']}", value)
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(request)
    return found


def findings() -> Iterator[tuple[Case, Finding, dict[str, Any]]]:
    """Every finding of every scenario that comes from a resource, with that resource."""
    for case, advice in all_answered():
        if advice.assessment is None:
            continue
        found = resources(case)
        for order in advice.assessment.orders:
            for result in order.criteria:
                for finding in result.findings:
                    if finding.reference != "Patient":
                        assert finding.reference in found, (case.id, finding.reference)
                        yield case, finding, found[finding.reference]


@pytest.fixture(scope="module")
def shown() -> list[tuple[Case, Finding, dict[str, Any]]]:
    return list(findings())


def _dates(resource: dict[str, Any]) -> list[str]:
    own = [str(resource[key])[:10] for key in _DATE_KEYS if key in resource]
    for period in ("onsetPeriod", "effectivePeriod", "performedPeriod"):
        own += [str(item)[:10] for item in resource.get(period, {}).values()]
    return own


def test_there_is_enough_to_look_at(shown: list[Any]) -> None:
    assert len(shown) > 900


def test_a_date_that_is_shown_is_one_of_the_resource(shown: list[Any]) -> None:
    for case, finding, resource in shown:
        if finding.when is None or resource["resourceType"] == "ServiceRequest":
            continue
        dates = _dates(resource)
        if not dates:
            continue  # dated by an age, or by the order that it is the reason of
        first, last = finding.when.first.isoformat(), finding.when.last.isoformat()
        near_future = finding.when.last == case.as_of
        assert near_future or any(
            first.startswith(text[: len(text)]) or text in (first, last) or first[:7] == text[:7]
            for text in dates
        ), (case.id, finding)


def test_a_dated_resource_is_shown_with_its_date(shown: list[Any]) -> None:
    for case, finding, resource in shown:
        if finding.when is not None or resource["resourceType"] == "ServiceRequest":
            continue
        if "future_date" in finding.notes:
            continue
        usable = [
            text
            for text in _dates(resource)
            if len(text) != len("2026-06-15")
            or date.fromisoformat(text) <= case.as_of + timedelta(days=1)
        ]
        seventh = any(
            len(coding.get("code", "").replace(".", "")) == 7
            for coding in resource.get("code", {}).get("coding", ())
        )
        assert not usable or seventh or "onsetDateTime" not in resource, (case.id, finding)


def test_what_rests_on_words_alone_is_never_present(shown: list[Any]) -> None:
    for case, finding, resource in shown:
        concept = resource.get("code") or resource.get("medicationCodeableConcept") or {}
        is_coded = bool(concept.get("coding"))
        if resource["resourceType"] in ("ServiceRequest", "Patient"):
            continue
        if not is_coded and not finding.conflict:
            assert str(finding.state) != "present", (case.id, finding)


def test_an_unconfirmed_entry_is_never_present(shown: list[Any]) -> None:
    for case, finding, resource in shown:
        status = resource.get("verificationStatus", {}).get("coding", [{}])[0].get("code")
        if status in ("unconfirmed", "provisional", "differential") and not finding.conflict:
            assert str(finding.state) != "present", (case.id, finding)


def test_a_refuted_or_mistaken_entry_is_never_shown(shown: list[Any]) -> None:
    for case, _, resource in shown:
        status = resource.get("verificationStatus", {}).get("coding", [{}])[0].get("code")
        assert status not in ("refuted", "entered-in-error"), case.id
        assert resource.get("status") not in ("entered-in-error", "cancelled", "not-done"), case.id


def test_the_words_shown_are_those_of_the_resource(shown: list[Any]) -> None:
    for case, finding, resource in shown:
        concept = resource.get("code") or resource.get("medicationCodeableConcept") or {}
        if resource["resourceType"] != "ServiceRequest" and concept.get("text"):
            assert finding.display == concept["text"], (case.id, finding)


def test_a_measured_value_is_shown_as_it_was_recorded(shown: list[Any]) -> None:
    for case, finding, resource in shown:
        quantity = resource.get("valueQuantity")
        if quantity is not None and finding.value:
            assert str(quantity["value"]) in finding.value, (case.id, finding)
