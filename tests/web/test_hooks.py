"""Hook calls and feedback through HTTP, with steps of the test's own."""

from __future__ import annotations

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
    assert service.post(FEEDBACK, json={"feedback": [ENTRY, {"card": "c2"}]}).status_code == 200
    assert len(taken[0].entries) == 1


@pytest.mark.parametrize("body", [{}, {"feedback": []}, {"feedback": [{}]}, {"feedback": "x"}])
def test_B_6_feedback_without_a_good_entry_is_a_400(body):
    response = client(record_feedback=raising(AssertionError("recorded"))).post(FEEDBACK, json=body)
    assert response.status_code == 400


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


def test_a_request_id_comes_back_when_it_is_a_uuid_and_is_made_otherwise():
    given = str(uuid.uuid5(uuid.NAMESPACE_URL, "x"))
    header = "X-Request-Id"
    assert client().get("/health/live", headers={header: given}).headers[header] == given
    made = client().get("/health/live", headers={header: "John"}).headers[header]
    assert made != "John"
    assert made
