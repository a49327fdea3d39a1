"""Whatever is sent, the answer is one that CDS Hooks knows: never a crash, never a broken card."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from cds_service.advice import CompiledGuideline
from cds_service.app import create_app
from cds_service.settings import Settings
from tests.web.odd_calls import as_body, bent, broken_body, known_codes, odd_call, rich_case
from tests.wire_rules import ADVICE, outcome_problems_of, problems_of

SERVICES = (
    "/cds-services/spine-imaging-order-select",
    "/cds-services/spine-imaging-order-sign",
    "/cds-services/spine-imaging-order-dispatch",
)
STATUSES = {200, 400, 404, 405, 412, 413, 415, 422}
SEEDS = st.integers(0, 2**32)
RICH = rich_case()
RICH_BODY = as_body(RICH)
MANY = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def service(compiled: CompiledGuideline) -> FlaskClient:
    app = create_app(
        Settings(as_of=date(2026, 6, 15)),
        compiled,
        clock=lambda: datetime(2026, 6, 15, tzinfo=UTC),
    )
    return app.test_client()


@pytest.fixture(scope="module")
def codes(compiled: CompiledGuideline) -> tuple[tuple[str, str], ...]:
    return known_codes(compiled.guideline)


def check(response: TestResponse) -> None:
    """The answer is one that a client can read, and nothing inside the service failed."""
    assert response.status_code in STATUSES
    assert response.content_type == "application/json"
    body = response.get_json()
    if response.status_code != 200:
        assert outcome_problems_of(body) == []
        return
    assert problems_of(body) == []
    gaps = body.get("extension", {}).get(ADVICE, {}).get("gaps", ())
    # A failed prefetch key is the client's; a failed criterion is ours.
    assert [gap for gap in gaps if gap["reason"] == "failed" and "-" in gap["source"]] == []


@settings(MANY, max_examples=1_200)
@given(seed=SEEDS)
def test_odd_content_is_answered_within_the_rules(service, codes, seed):
    call = odd_call(seed, codes)
    check(service.post(SERVICES[seed % 3], data=as_body(call), content_type="application/json"))


@settings(MANY, max_examples=1_000)
@given(seed=SEEDS)
def test_a_call_bent_out_of_shape_is_answered_within_the_rules(service, seed):
    body = as_body(bent(RICH, seed))
    check(service.post(SERVICES[0], data=body, content_type="application/json"))


@settings(MANY, max_examples=200)
@given(seed=SEEDS)
def test_broken_bytes_are_answered_within_the_rules(service, seed):
    body = broken_body(RICH_BODY, seed)
    check(service.post(SERVICES[0], data=body, content_type="application/json"))


@settings(MANY, max_examples=100)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]),
    path=st.sampled_from(
        ["/cds-services", *SERVICES, f"{SERVICES[0]}/feedback", "/cds-services/x"]
    ),
    tail=st.text(st.characters(codec="utf-8", exclude_characters="#?"), max_size=8),
)
def test_odd_addresses_are_answered_within_the_rules(service, method, path, tail):
    response = service.open(path + tail, method=method, data=b"{}", content_type="application/json")
    assert response.status_code in STATUSES | {204}
    if response.status_code not in (200, 204) and method != "HEAD":
        assert outcome_problems_of(response.get_json()) == []
