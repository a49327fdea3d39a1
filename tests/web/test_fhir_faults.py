"""Whatever a client's FHIR server does, over HTTP: an answer in time, no 500, no reassurance, no token astray."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from cds_service.fhir.connection import close_fhir_servers
from cds_service.settings import Settings
from tests.compact import prefetch
from tests.fhir.fake_server import FakeFhirServer
from tests.fhir.test_faults import FAULTS, armed
from tests.web.real_service import BACK_PAIN, RETENTION, SELECT, Json, advice_of, call, service

TOKEN = "very-secret-token.of-one-call"
DEADLINE = 1.0
GRACE = 2.0
"""Seconds that a busy machine may take to notice."""
NEGATIVE = {"NotYetIndicated", "CareNotDocumented", "MissingIndication", "DurationUnknown"}
TYPES = {
    "conditions": "Condition",
    "patient": "Patient",
    "observations": "Observation",
    "medications": "MedicationRequest",
    "procedures": "Procedure",
    "devices": "Device",
}


@pytest.fixture
def fhir() -> Iterator[FakeFhirServer]:
    server = FakeFhirServer()
    yield server
    close_fhir_servers()
    server.close()


@pytest.fixture
def other_host() -> Iterator[FakeFhirServer]:
    server = FakeFhirServer()
    yield server
    server.close()


def asked(base: str, lacking: str, case: Json = BACK_PAIN) -> Json:
    """A call that lacks one prefetch key and names a server for it."""
    given = prefetch(case)
    del given[lacking]
    authorization = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "client-1",
    }
    return call(case, prefetch=given, fhirServer=base, fhirAuthorization=authorization)


def answer_within_the_deadline(client: Any, body: Json) -> Any:
    began = time.monotonic()
    response = client.post(SELECT, json=body)
    assert time.monotonic() - began < DEADLINE + GRACE
    return response


@pytest.mark.parametrize("lacking", ["conditions", "observations"], ids=["required", "optional"])
@pytest.mark.parametrize("fault", FAULTS)
def test_F_9_a_fault_is_never_reassurance(fhir, other_host, caplog, monkeypatch, fault, lacking):
    monkeypatch.setattr("cds_service.fhir.connection.MAX_PAGE_BYTES", 2**20)
    monkeypatch.setattr("cds_service.fhir.connection._BACKOFF", 0.01)
    behavior, gap = FAULTS[fault]
    fhir.behaviors[TYPES[lacking]] = armed(behavior, other_host)
    client = service(
        Settings.model_validate({"fhir_servers": fhir.base, "fhir_deadline": DEADLINE})
    )
    with caplog.at_level(logging.DEBUG), capture_logs() as lines:
        response = answer_within_the_deadline(client, asked(fhir.base, lacking))
    assert fhir.asked
    if lacking == "conditions":
        assert response.status_code == 412
        assert response.get_json()["issue"][0]["expression"] == ["prefetch.conditions"]
    else:
        assert response.status_code == 200
        answer = response.get_json()
        shown = {card["source"]["topic"]["code"]: card["indicator"] for card in answer["cards"]}
        assert "PartialData" in shown
        assert all(shown[name] == "info" for name in NEGATIVE & set(shown))
        assert {"source": lacking, "reason": gap} in advice_of(answer)["gaps"]
        assert "systemActions" not in answer
    assert other_host.asked == []
    assert lines
    logged = caplog.text + json.dumps(lines, default=str)
    for secret in (TOKEN, "Condition?", "Observation?", fhir.base):
        assert secret not in logged
        assert secret not in response.text


@pytest.mark.parametrize("fault", ["401", "500", "silent", "HTML", "an outcome alone", "truncated"])
@pytest.mark.parametrize("lacking", ["patient", "medications", "procedures", "devices"])
def test_F_9_other_keys_fail_in_their_own_way(fhir, monkeypatch, fault, lacking):
    monkeypatch.setattr("cds_service.fhir.connection._BACKOFF", 0.01)
    fhir.behaviors[TYPES[lacking]] = FAULTS[fault][0]
    client = service(
        Settings.model_validate({"fhir_servers": fhir.base, "fhir_deadline": DEADLINE})
    )
    response = answer_within_the_deadline(client, asked(fhir.base, lacking))
    assert response.status_code == (412 if lacking == "patient" else 200)
    if lacking != "patient":
        answer = response.get_json()
        shown = {card["source"]["topic"]["code"]: card["indicator"] for card in answer["cards"]}
        softens = lacking != "devices"
        assert ("PartialData" in shown) == softens
        assert shown["NotYetIndicated"] == ("info" if softens else "warning")
        assert lacking in [item["source"] for item in advice_of(answer)["gaps"]]


@pytest.mark.parametrize("fault", ["401", "silent", "HTML", "an outcome alone"])
def test_F_9_what_is_known_to_be_serious_is_said_whatever_else_is_missing(fhir, fault):
    fhir.behaviors["Patient"] = FAULTS[fault][0]
    client = service(
        Settings.model_validate({"fhir_servers": fhir.base, "fhir_deadline": DEADLINE})
    )
    response = answer_within_the_deadline(client, asked(fhir.base, "patient", RETENTION))
    assert response.status_code == 200
    codes = [card["source"]["topic"]["code"] for card in response.get_json()["cards"]]
    assert codes == ["EmergencyEscalate", "PartialData"]


def test_F_1_what_the_server_gives_is_as_good_as_prefetch(fhir):
    given = prefetch(BACK_PAIN)
    fhir.resources["Condition"] = [entry["resource"] for entry in given["conditions"]["entry"]]
    client = service(Settings.model_validate({"fhir_servers": fhir.base}))
    by_server = client.post(SELECT, json=asked(fhir.base, "conditions"))
    by_prefetch = client.post(SELECT, json=call(BACK_PAIN))
    assert by_server.data == by_prefetch.data
    assert {e.headers["Authorization"] for e in fhir.asked} == {f"Bearer {TOKEN}"}
    metrics = client.get("/metrics").text
    assert 'spine_cds_fhir_requests_total{outcome="ok"} 1.0' in metrics


def test_F_8_a_server_that_is_not_on_the_list_is_never_called(fhir, other_host):
    client = service(Settings.model_validate({"fhir_servers": fhir.base}))
    response = client.post(SELECT, json=asked(other_host.base, "conditions"))
    assert response.status_code == 412
    assert (fhir.asked, other_host.asked) == ([], [])


@pytest.mark.parametrize(
    "server",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:22/fhir",
        "http://[::1]/fhir",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://2130706433/fhir",
        "http://0x7f.1/fhir",
        "http://user@127.0.0.1/fhir",
        "\x00",
        "http://",
        "x" * 5000,
    ],
)
def test_F_8_no_address_of_a_call_makes_us_call_it_or_fail(fhir, server):
    client = service(Settings.model_validate({"fhir_servers": fhir.base}))
    assert client.post(SELECT, json=asked(server, "conditions")).status_code == 412
    assert fhir.asked == []


def test_F_4_the_token_is_used_for_its_own_call_only(fhir):
    client = service(Settings.model_validate({"fhir_servers": fhir.base}))
    client.post(SELECT, json=asked(fhir.base, "devices"))
    without = asked(fhir.base, "devices")
    del without["fhirAuthorization"]
    client.post(SELECT, json=without)
    assert [e.headers["Authorization"] for e in fhir.asked] == [f"Bearer {TOKEN}", None]


def test_F_8_a_next_link_to_another_host_is_not_followed(fhir, other_host):
    given = asked(fhir.base, "devices")
    given["prefetch"]["observations"]["link"] = [
        {"relation": "next", "url": f"{other_host.base}/Observation?page=2"}
    ]
    client = service(Settings.model_validate({"fhir_servers": fhir.base}))
    assert client.post(SELECT, json=given).status_code == 200
    assert other_host.asked == []


@pytest.mark.parametrize(
    ("fault", "cause"),
    [("401", "401"), ("403", "403"), ("silent", "timeout"), ("HTML", "not-fhir")],
)
def test_F_9_the_cause_of_a_failed_read_is_told_to_the_client_the_log_and_the_metrics(
    fhir, fault, cause
):
    fhir.behaviors["Condition"] = FAULTS[fault][0]
    client = service(
        Settings.model_validate({"fhir_servers": fhir.base, "fhir_deadline": DEADLINE})
    )
    with capture_logs() as lines:
        response = client.post(SELECT, json=asked(fhir.base, "conditions"))
    (issue,) = response.get_json()["issue"]
    assert issue["details"]["coding"][0]["code"] == cause
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["not_read"] == {"conditions": cause}
    metrics = client.get("/metrics").text
    assert f'spine_cds_read_failures_total{{cause="{cause}",source="conditions"}} 1.0' in metrics


def test_F_8_a_server_that_is_not_on_the_list_is_told_apart_from_one_that_refuses(fhir, other_host):
    client = service(Settings.model_validate({"fhir_servers": fhir.base}))
    response = client.post(SELECT, json=asked(other_host.base, "conditions"))
    (issue,) = response.get_json()["issue"]
    assert issue["details"]["coding"][0]["code"] == "not-allowed"
    assert other_host.base not in response.text
