"""Hook calls past Flask are answered as Flask would answer them: status, headers and bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.errors import ClientNotTrusted, PatientDataUnavailable, TooManyRequests
from cds_service.settings import Settings
from tests.web.real_service import BACK_PAIN, RETENTION, SELECT, call, service
from tests.web.service import client, raising

REQUEST_ID = "0b0a3f7e-3b0b-4c59-9a43-1d0f4ea4c9aa"
GOOD = json.dumps(call(BACK_PAIN)).encode()

BODIES = {
    "a call": GOOD,
    "an emergency": json.dumps(call(RETENTION)).encode(),
    "no order of ours": json.dumps(
        call(BACK_PAIN, context={"patientId": "p1", "userId": "Practitioner/1", "selections": []})
    ).encode(),
    "no patient": json.dumps(call(BACK_PAIN, prefetch=None)).encode(),
    "no JSON": b"{",
    "no object": b"[]",
    "nothing": b"",
    "no hook": b"{}",
    "depth": b"[" * 5000,
    "bytes that are no text": GOOD.replace(b"Practitioner", b"\xff\xfe"),
}
HEADERS = {
    "JSON": {},
    "JSON with a charset": {"Content-Type": "application/json; charset=utf-8"},
    "JSON of a kind": {"Content-Type": "application/fhir+json"},
    "text": {"Content-Type": "text/plain"},
    "no type": {"Content-Type": ""},
    "compressed": {"Content-Encoding": "gzip"},
    "as it is": {"Content-Encoding": "identity"},
}


def both(test_client: Any, body: bytes, headers: dict[str, str] | None = None) -> tuple[Any, Any]:
    """The answer past Flask, and that of Flask, which takes every other spelling of the path."""
    sent = {"Content-Type": "application/json", "X-Request-Id": REQUEST_ID} | (headers or {})
    answers = []
    for path in (SELECT, f"/{SELECT}"):
        response = test_client.post(
            "/", data=body, headers=sent, environ_overrides={"PATH_INFO": path}
        )
        answers.append((response.status, sorted(response.headers), response.get_data()))
    return answers[0], answers[1]


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_both_ways_give_the_same_answer(body, headers):
    short, long = both(service(), body, headers)
    assert short == long


@pytest.mark.parametrize("mode", ["live", "silent", "off"])
def test_both_ways_give_the_same_answer_in_every_mode(mode):
    short, long = both(service(Settings(mode=mode)), GOOD)
    assert short == long


@pytest.mark.parametrize(
    "error",
    [
        ClientNotTrusted("x"),
        ClientNotTrusted("x", status=403),
        TooManyRequests("x", retry_after=7),
        PatientDataUnavailable(("patient",), ("timeout",)),
        RecursionError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_both_ways_give_the_same_answer_to_an_error(error):
    short, long = both(client(authenticate=raising(error)), GOOD)
    assert short == long
    assert not short[0].startswith("200")


def test_an_unforeseen_error_is_an_incident_either_way():
    short, long = both(client(advise=raising(ValueError("Jane Doe"))), GOOD)
    assert short[0] == long[0] == "500 INTERNAL SERVER ERROR"
    assert b"Jane" not in short[2] + long[2]


def test_a_body_above_the_limit_is_refused_either_way():
    short, long = both(client(Settings(max_body=1024)), b" " * 1025)
    assert short == long
    assert short[0].startswith("413")


def test_both_ways_count_and_log_alike(capsys):
    test_client = service()
    both(test_client, GOOD)
    both(test_client, b"{")
    text = test_client.get("/metrics").get_data(as_text=True)
    labels = 'service="spine-imaging-order-select"'
    assert f'spine_cds_calls_total{{hook="order-select",{labels},status="200"}} 2.0' in text
    assert f'spine_cds_calls_total{{hook="other",{labels},status="400"}} 2.0' in text
    lines = [line.split("request", 1)[1] for line in capsys.readouterr().out.splitlines()[:4]]
    told = [[word for word in line.split() if not word.startswith("ms=")] for line in lines]
    assert told[0] == told[1]
    assert told[2] == told[3]


def test_a_browser_is_answered_by_flask_with_its_own_origin():
    test_client = service()
    headers = {"Origin": "http://localhost:8080", "Content-Type": "application/json"}
    response = test_client.post(SELECT, data=GOOD, headers=headers)
    assert response.headers["Access-Control-Allow-Origin"] == "http://localhost:8080"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods_are_not_hook_calls(method):
    status = service().open(SELECT, method=method).status_code
    assert status == (204 if method == "OPTIONS" else 405)
