"""Hook calls and feedback through HTTP, with steps of the test's own."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import date
from typing import Any

import pytest
from structlog.testing import capture_logs

from cds_service.cds_hooks.model import HookRequest, Source
from cds_service.errors import ServiceUnavailable
from cds_service.settings import Settings, TrustedClient
from cds_service.web.trust import Caller
from tests.cds_hooks.bodies import context, hook_call
from tests.web.service import FEEDBACK, SELECT, SIGN, OneCard, client, raising

EPIC = Caller(
    "https://epic.example.org",
    None,
    TrustedClient.model_validate(
        {"issuer": "https://epic.example.org", "jwks_file": "keys.json", "profile": "epic"}
    ),
)
ENTRY = {
    "card": "c1",
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": "s1"}],
    "outcomeTimestamp": "2026-06-15T09:30:00Z",
}


def test_a_card_is_answered():
    response = client().post(SELECT, json=hook_call())
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.get_json()["cards"][0]["summary"].startswith("MRI lumbar")


def test_a_call_without_orders_of_ours_is_answered_with_no_cards_and_nothing_is_read():
    service = client(in_scope=lambda _: False, complete=raising(AssertionError("read")))
    assert service.post(SELECT, json=hook_call()).data == b'{"cards":[]}'


def test_a_known_hook_of_another_service_is_evaluated_as_what_it_says_and_logged():
    seen = []

    def in_scope(request: HookRequest) -> bool:
        seen.append(request.hook)
        return False

    service = client(in_scope=in_scope)
    with capture_logs() as lines:
        assert service.post(SELECT, json=hook_call("order-sign")).status_code == 200
    assert seen == ["order-sign"]
    assert any(line["event"] == "hook of another service" for line in lines)


def test_the_day_of_the_clock_is_handed_on_and_the_setting_beats_it():
    days: list[date] = []

    def advise(_request: Any, _sources: Any, day: date, _caller: Any) -> OneCard:
        days.append(day)
        return OneCard()

    client(advise=advise).post(SELECT, json=hook_call())
    client(Settings(as_of=date(2020, 1, 2)), advise=advise).post(SELECT, json=hook_call())
    assert days == [date(2026, 6, 15), date(2020, 1, 2)]


def test_silent_mode_evaluates_records_and_answers_no_cards():
    recorded = []
    service = client(Settings(mode="silent"), record_advice=lambda *call: recorded.append(call))
    assert service.post(SELECT, json=hook_call()).data == b'{"cards":[]}'
    assert len(recorded) == 1


def test_a_service_that_is_off_says_so_and_still_takes_feedback():
    service = client(Settings(mode="off"))
    assert service.post(SELECT, json=hook_call()).status_code == 503
    assert service.get("/cds-services").status_code == 200
    assert service.post(FEEDBACK, json={"feedback": [ENTRY]}).status_code == 200


def test_a_record_that_cannot_be_kept_does_not_cost_the_answer():
    with capture_logs() as lines:
        response = client(record_advice=raising(OSError("disk"))).post(SELECT, json=hook_call())
    assert response.get_json()["cards"]
    assert any(line["event"] == "advice not recorded" for line in lines)


def test_a_trusted_client_gets_its_own_profile():
    service = client(authenticate=lambda _authorization, _path: EPIC)
    assert (
        service.post(SELECT, json=hook_call()).get_json()["cards"][0]["selectionBehavior"] == "any"
    )
    assert (
        client(Settings(profile="epic"))
        .post(SELECT, json=hook_call())
        .get_json()["cards"][0]["selectionBehavior"]
        == "any"
    )


def test_the_token_and_the_path_as_called_reach_the_check():
    seen: list[tuple[str | None, str]] = []

    def authenticate(authorization: str | None, path: str) -> Caller:
        seen.append((authorization, path))
        return EPIC

    client(authenticate=authenticate).post(
        f"/cds-services//{SIGN.rpartition('/')[2]}/",
        json=hook_call(),
        headers={"Authorization": "Bearer x"},
    )
    assert seen == [("Bearer x", "/cds-services//spine-imaging-order-sign/")]


def test_B_1_feedback_is_taken_and_answered():
    taken = []
    service = client(
        record_feedback=lambda service_id, batch, _caller: taken.append((service_id, batch))
    )
    response = service.post(FEEDBACK, json={"feedback": [ENTRY, ENTRY]})
    assert (response.status_code, response.data) == (200, b"{}")
    ((service_id, batch),) = taken
    assert service_id == "spine-imaging-order-select"
    assert [entry.card for entry in batch.entries] == ["c1", "c1"]


def test_B_6_one_bad_entry_does_not_cost_the_good_ones():
    taken = []
    service = client(record_feedback=lambda _service_id, batch, _caller: taken.append(batch))
    bad = [{"card": "c2"}, ENTRY | {"card": {}}, "x", ENTRY | {"outcomeTimestamp": "soon"}]
    response = service.post(FEEDBACK, json={"feedback": [ENTRY, *bad, ENTRY]})
    assert response.status_code == 200
    assert [entry.index for entry in taken[0].entries] == [0, 5]
    outcome = response.get_json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert [issue["expression"] for issue in outcome["issue"]] == [
        ["feedback[1].outcome"],
        ["feedback[2].card"],
        ["feedback[3]"],
        ["feedback[4].outcomeTimestamp"],
    ]
    assert {issue["severity"] for issue in outcome["issue"]} == {"error"}
    assert "soon" not in response.text


def test_B_6_of_very_many_bad_entries_a_hundred_are_named_and_the_others_counted():
    batch = [ENTRY, *[{"card": "c"}] * 250]
    outcome = client().post(FEEDBACK, json={"feedback": batch}).get_json()
    assert len(outcome["issue"]) == 101
    assert outcome["issue"][-1]["details"]["text"] == "150 more entries were not taken."


@pytest.mark.parametrize("body", [{}, {"feedback": []}, {"feedback": [{}]}, {"feedback": "x"}])
def test_B_6_feedback_without_a_good_entry_is_a_400(body):
    response = client(record_feedback=raising(AssertionError("recorded"))).post(FEEDBACK, json=body)
    assert response.status_code == 400
    assert response.get_json()["issue"][0]["severity"] == "error"


@pytest.mark.parametrize("path", [SELECT, FEEDBACK])
def test_a_byte_order_mark_before_the_body_is_read_over(path):
    value = hook_call() if path == SELECT else {"feedback": [ENTRY]}
    body = b"\xef\xbb\xbf" + json.dumps(value).encode()
    response = client().post(path, data=body, content_type="application/json")
    assert response.status_code == 200
    twice = client().post(path, data=b"\xef\xbb\xbf" + body, content_type="application/json")
    assert twice.status_code == 400


def test_feedback_that_cannot_be_stored_is_not_confirmed():
    service = client(record_feedback=raising(ServiceUnavailable("database")))
    assert service.post(FEEDBACK, json={"feedback": [ENTRY]}).status_code == 503


def test_no_patient_data_and_no_token_reach_the_log():
    secret = "John-Doe-1950"
    call = hook_call(
        hookInstance=secret,
        context=context(patientId=secret, userId=f"Practitioner/{secret}"),
        fhirServer=f"https://{secret}.example.org",
        fhirAuthorization={"access_token": secret},
        prefetch={"patient": {"resourceType": "Patient", "id": secret}},
    )
    sources = {"conditions": Source("conditions", (), "failed", note=secret)}
    service = client(complete=lambda _request, _caller: sources)
    with capture_logs() as lines:
        service.post(
            SELECT, json=call, headers={"Authorization": f"Bearer {secret}", "X-Request-Id": secret}
        )
        service.get(f"/Patient/{secret}?name={secret}")
        service.post(f"/cds-services/{secret}", json=call)
    assert len([line for line in lines if line["event"] == "request"]) == 3
    assert secret not in json.dumps(lines, default=str)


def test_a_log_line_says_what_was_answered():
    with capture_logs() as lines:
        client().post(SELECT, json=hook_call())
    (line,) = (line for line in lines if line["event"] == "request")
    assert line["service"] == "spine-imaging-order-select"
    assert line["hook_instance"] == hook_call()["hookInstance"]
    assert line["cards"] == ["not-yet-indicated"]
    assert line["status"] == 200


@pytest.mark.parametrize(
    "given",
    [
        str(uuid.uuid5(uuid.NAMESPACE_URL, "x")),
        "req-1",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "A/b+c==",
        "x" * 128,
    ],
)
@pytest.mark.parametrize("path", ["/health/live", SELECT])
def test_a_well_formed_request_id_of_the_client_is_kept(given, path):
    response = client().open(path, method="GET", headers={"X-Request-Id": given})
    assert response.headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", " ", "a b", "x" * 129, "ä", "<b>", "-x", "a,b", "a;b=c"])
def test_another_one_is_replaced(given):
    response = client().get("/health/live", headers={"X-Request-Id": given})
    assert response.headers["X-Request-Id"] not in ("", given)


@pytest.mark.parametrize(
    ("given", "logged"),
    [
        ("0b2e9c6a-2f0a-4c1f-9d5e-5d1f6a1c7b11", "0b2e9c6a-2f0a-4c1f-9d5e-5d1f6a1c7b11"),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ("John-Doe-1950", hashlib.sha256(b"John-Doe-1950").hexdigest()[:16]),
        ("4711", hashlib.sha256(b"4711").hexdigest()[:16]),
    ],
)
def test_the_log_line_is_found_by_the_request_id_and_names_nobody(given, logged):
    with capture_logs() as lines:
        client().post(SELECT, json=hook_call(), headers={"X-Request-Id": given})
    (line,) = (line for line in lines if line["event"] == "request")
    assert line["request_id"] == logged
