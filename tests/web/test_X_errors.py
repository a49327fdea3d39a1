"""X: every answer that is no 200 is an OperationOutcome with CORS headers, and repeats nothing."""

from __future__ import annotations

import io
import json
from typing import Any, get_args

import pytest
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from cds_service.cds_hooks.model import ReadCause
from cds_service.errors import (
    ClientNotTrusted,
    HookRequestError,
    PatientDataUnavailable,
    ServiceUnavailable,
    TooManyRequests,
)
from cds_service.settings import Settings
from cds_service.web.read_failures import READ_FAILURE
from tests.cds_hooks.bodies import hook_call
from tests.web.service import FEEDBACK, SANDBOX, SELECT, client, raising

JSON = "application/json"


def outcome(response: TestResponse) -> dict[str, Any]:
    assert response.content_type == JSON
    assert response.headers["Access-Control-Allow-Origin"] == SANDBOX
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Request-Id"]
    body = response.get_json()
    assert body["resourceType"] == "OperationOutcome"
    (issue,) = body["issue"]
    assert issue["severity"] == "error"
    assert issue["details"]["text"]
    return dict(issue)


def send(
    method: str = "POST", path: str = SELECT, changes: dict[str, Any] | None = None, **request: Any
) -> TestResponse:
    headers = {"Origin": SANDBOX} | request.pop("headers", {})
    return client(**(changes or {})).open(path, method=method, headers=headers, **request)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (HookRequestError("x is missing.", expression="x", code="required"), 400, "required"),
        (HookRequestError("gone", status=422, code="processing"), 422, "processing"),
        (ClientNotTrusted("expired"), 401, "login"),
        (ClientNotTrusted("tenant", status=403), 403, "forbidden"),
        (PatientDataUnavailable(("conditions",), ("timeout",)), 412, "incomplete"),
        (TooManyRequests("too many", retry_after=7), 429, "throttled"),
        (ServiceUnavailable("stopping"), 503, "transient"),
        (RecursionError("deep"), 400, "structure"),
        (ValueError("the name of a patient"), 500, "exception"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_X_4_each_error_has_its_status(error, status, code):
    response = send(changes={"advise": raising(error)}, json=hook_call())
    assert response.status_code == status
    assert outcome(response)["code"] == code


def test_X_2_the_place_in_the_request_is_named():
    issue = outcome(send(json=hook_call() | {"context": []}))
    assert issue["expression"] == ["context"]


def test_P_7_a_412_names_each_key_with_the_cause_and_what_to_do():
    error = PatientDataUnavailable(("patient", "conditions"), ("not-allowed", "timeout"))
    response = send(changes={"complete": raising(error)}, json=hook_call())
    patient, conditions = response.get_json()["issue"]
    assert patient["expression"] == ["prefetch.patient"]
    assert conditions["expression"] == ["prefetch.conditions"]
    (coding,) = patient["details"]["coding"]
    assert coding["system"] == "https://spine-imaging-cds.github.io/fhir/CodeSystem/read-failure"
    assert coding["code"] == "not-allowed"
    assert "SPINE_CDS_FHIR_SERVERS" in patient["details"]["text"]
    assert conditions["details"]["coding"][0]["code"] == "timeout"
    assert "SPINE_CDS_FHIR_DEADLINE" in conditions["details"]["text"]


def test_P_7_every_cause_has_a_meaning_and_an_advice():
    assert set(READ_FAILURE) == set(get_args(ReadCause))
    for meaning, advice in READ_FAILURE.values():
        assert meaning
        assert advice.endswith(".")


def test_J_7_all_refusals_of_a_token_are_the_same_bytes():
    bodies = {
        send(changes={"authenticate": raising(ClientNotTrusted(reason))}, json=hook_call()).data
        for reason in ("expired", "unknown issuer", "used twice")
    }
    assert len(bodies) == 1
    response = send(changes={"authenticate": raising(ClientNotTrusted("x"))}, json=hook_call())
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_J_7_the_reason_goes_to_the_log():
    with capture_logs() as lines:
        send(changes={"authenticate": raising(ClientNotTrusted("expired"))}, json=hook_call())
    assert [line["reason"] for line in lines if line["event"] == "client not trusted"] == [
        "expired"
    ]


def test_a_client_is_refused_before_its_body_is_read():
    response = send(
        changes={"authenticate": raising(ClientNotTrusted("x"))}, data=b"{", content_type=JSON
    )
    assert response.status_code == 401


def test_a_500_says_an_incident_and_nothing_else():
    with capture_logs() as lines:
        response = send(changes={"advise": raising(KeyError("John Doe"))}, json=hook_call())
    text = outcome(response)["details"]["text"]
    (line,) = (line for line in lines if line["event"] == "incident")
    assert line["incident"] in text
    assert line["error"] == "KeyError"
    assert "John Doe" not in text + json.dumps(lines)


def test_waiting_times_are_told():
    limited = send(
        changes={"authenticate": raising(TooManyRequests("x", retry_after=7))}, json=hook_call()
    )
    assert limited.headers["Retry-After"] == "7"
    stopping = send(changes={"advise": raising(ServiceUnavailable("x"))}, json=hook_call())
    assert stopping.headers["Retry-After"]


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/cds-services/unknown", "/cds-services/unknown/feedback", "/cds-services/a/b/c"],
)
def test_X_4_an_unknown_address_is_a_404(path):
    response = send(path=path, json=hook_call())
    assert response.status_code == 404
    assert outcome(response)["code"] == "not-found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", SELECT, "OPTIONS, POST"),
        ("PUT", SELECT, "OPTIONS, POST"),
        ("DELETE", FEEDBACK, "OPTIONS, POST"),
        ("POST", "/cds-services", "GET, HEAD, OPTIONS"),
    ],
)
def test_X_4_another_method_is_a_405_that_names_those_allowed(method, path, allowed):
    response = send(method, path)
    assert response.status_code == 405
    assert response.headers["Allow"] == allowed
    outcome(response)


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "text/html", "application/x-www-form-urlencoded"]
)
def test_X_4_what_is_not_json_is_a_415(content_type):
    response = send(data=json.dumps(hook_call()), content_type=content_type)
    assert response.status_code == 415
    outcome(response)


@pytest.mark.parametrize(
    "content_type", [JSON, "application/json; charset=utf-8", "application/fhir+json"]
)
def test_X_8_every_name_of_json_is_read(content_type):
    assert send(data=json.dumps(hook_call()), content_type=content_type).status_code == 200


def test_a_compressed_body_is_a_415():
    response = send(data=b"\x1f\x8b", content_type=JSON, headers={"Content-Encoding": "gzip"})
    assert response.status_code == 415


@pytest.mark.parametrize("path", [SELECT, FEEDBACK])
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"a":NaN}', b"[" * 100_000])
def test_X_8_a_body_that_is_no_json_object_is_a_400(path, body):
    response = send(path=path, data=body, content_type=JSON)
    assert response.status_code == 400
    outcome(response)


def test_X_4_a_body_that_is_too_large_is_refused_by_its_length():
    settings = Settings(max_body=1024)
    unread = io.BytesIO(b" " * 1025)
    response = send(
        changes={"settings": settings}, input_stream=unread, content_length=1025, content_type=JSON
    )
    assert response.status_code == 413
    assert outcome(response)["code"] == "too-long"
    assert unread.tell() == 0


def chunked(size: int) -> TestResponse:
    body = json.dumps(hook_call()).encode()
    return send(
        changes={"settings": Settings(max_body=2048)},
        input_stream=io.BytesIO(body + b" " * (size - len(body))),
        content_type=JSON,
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )


def test_X_4_a_body_without_a_length_is_refused_where_it_gets_too_large():
    assert chunked(2048).status_code == 200
    assert chunked(2049).status_code == 413


def test_a_body_without_a_length_is_not_waited_for_where_it_would_never_end():
    response = send(
        input_stream=io.BytesIO(b"{}"), content_type=JSON, headers={"Transfer-Encoding": "chunked"}
    )
    assert response.status_code == 400


def test_a_body_that_stops_early_is_a_400():
    response = send(input_stream=io.BytesIO(b"{"), content_length=50, content_type=JSON)
    assert response.status_code == 400
    outcome(response)
