"""What the service keeps of calls and feedback, and that keeping it never costs an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask.testing import FlaskClient
from sqlalchemy import select
from structlog.testing import capture_logs

from cds_service.advice import Advice, advise
from cds_service.app import open_history
from cds_service.history.calls import StoredCall, calls_between
from cds_service.history.models import CardFeedback
from cds_service.history.pseudonyms import Pseudonyms
from cds_service.history.queries import card_outcomes
from cds_service.history.store import HistoryStore
from cds_service.settings import Settings
from tests.web.real_service import BACK_PAIN, SELECT, call, service
from tests.web.service import NOW

DAY = timedelta(days=1)
KNEE = BACK_PAIN | {"orders": [{"id": "o1", "text": "MRI of the left knee"}]}


@pytest.fixture
def history(tmp_path: Path) -> Iterator[HistoryStore]:
    store = HistoryStore(f"sqlite:///{tmp_path}/history.sqlite", Pseudonyms(b"k" * 32))
    store.upgrade()
    yield store
    store.close()


def calls(history: HistoryStore) -> list[StoredCall]:
    assert history.flush()
    return list(calls_between(history.engine, NOW - 1000 * DAY, NOW + 1000 * DAY))


def metrics(client: FlaskClient) -> str:
    return client.get("/metrics").text


def feedback_for(answer: Any, **changes: Any) -> Any:
    entry = {
        "card": answer["cards"][0]["uuid"],
        "outcome": "overridden",
        "overrideReason": {"reason": {"code": "specialist-advice"}},
        "outcomeTimestamp": "2026-06-15T12:01:00Z",
    }
    return {"feedback": [entry | changes]}


def test_a_call_is_recorded_with_what_was_concluded_and_shown(history):
    case = BACK_PAIN | {"not_provided": ["devices"]}
    answer = service(history=history).post(SELECT, json=call(case)).get_json()
    (kept,) = calls(history)
    detail = kept.detail
    assert (detail.service, detail.hook) == ("spine-imaging-order-select", "order-select")
    assert (kept.client_id, kept.is_shown, kept.received_at) == ("open", True, NOW)
    assert detail.gaps == (("devices", "not-provided"),)
    (order,) = detail.orders
    assert (order.modality, order.scenario) == ("MR", "S-ACUTE")
    assert order.appropriateness == "not-appropriate"
    (card,) = detail.cards
    assert (card.uuid, card.id) == (answer["cards"][0]["uuid"], "not-yet-indicated")


def test_nothing_that_names_the_patient_the_order_or_the_call_is_recorded(history, tmp_path):
    secret = "a-telling-patient-id"
    asked = json.dumps(call(BACK_PAIN)).replace("p1", secret)
    service(history=history).post(SELECT, data=asked, content_type="application/json")
    assert len(calls(history)) == 1
    history.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for word in (secret, "8a0a5b7e-3b0b-4c59-9a43-1d0f4ea4c9aa", "ServiceRequest/o1", "M54.50"):
        assert word.encode() not in stored


def test_a_call_without_an_order_of_ours_is_not_recorded(history):
    answer = service(history=history).post(SELECT, json=call(KNEE))
    assert answer.data == b'{"cards":[]}'
    assert calls(history) == []


def test_in_silent_mode_the_cards_are_recorded_as_not_shown(history):
    silent = service(Settings(mode="silent"), history)
    assert silent.post(SELECT, json=call(BACK_PAIN)).data == b'{"cards":[]}'
    (kept,) = calls(history)
    assert (kept.is_shown, len(kept.detail.cards)) == (False, 1)
    assert "spine_cds_cards_total{" not in metrics(silent)


def test_feedback_is_stored_before_it_is_confirmed_and_joined_to_its_card(history):
    client = service(history=history)
    answer = client.post(SELECT, json=call(BACK_PAIN)).get_json()
    assert client.post(f"{SELECT}/feedback", json=feedback_for(answer)).status_code == 200
    with history.engine.connect() as connection:
        assert len(list(connection.execute(select(CardFeedback.id)))) == 1
    assert history.flush()
    (outcomes,) = card_outcomes(history.engine, NOW - DAY, NOW + DAY)
    assert (outcomes.card_id, outcomes.shown, outcomes.overridden) == ("not-yet-indicated", 1, 1)


def test_feedback_sent_again_is_counted_as_a_repetition(history):
    client = service(history=history)
    answer = client.post(SELECT, json=call(BACK_PAIN)).get_json()
    for _ in range(2):
        client.post(f"{SELECT}/feedback", json=feedback_for(answer))
    bad = feedback_for(answer)["feedback"] + [{"card": "c1"}]
    client.post(f"{SELECT}/feedback", json={"feedback": bad})
    text = metrics(client)
    assert 'spine_cds_feedback_total{outcome="overridden"} 1.0' in text
    assert 'spine_cds_feedback_total{outcome="repeated"} 2.0' in text
    assert 'spine_cds_feedback_total{outcome="bad"} 1.0' in text


def test_feedback_for_a_card_that_nobody_knows_is_taken(history):
    stranger = {"cards": [{"uuid": "never-ours"}]}
    answer = service(history=history).post(f"{SELECT}/feedback", json=feedback_for(stranger))
    assert answer.status_code == 200


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[HistoryStore]:
    """A database that is there and has no tables."""
    store = HistoryStore(f"sqlite:///{tmp_path}/empty.sqlite", Pseudonyms(b"k" * 32))
    yield store
    store.close()


def test_a_history_that_cannot_be_written_changes_no_byte_of_an_answer(broken):
    whole = service().post(SELECT, json=call(BACK_PAIN))
    client = service(history=broken)
    answer = client.post(SELECT, json=call(BACK_PAIN))
    assert (answer.status_code, answer.data) == (200, whole.data)
    assert broken.flush()
    assert "spine_cds_not_recorded_total 1.0" in metrics(client)


def test_a_history_that_is_closed_or_full_changes_no_answer(history):
    history.close()
    client = service(history=history)
    assert client.post(SELECT, json=call(BACK_PAIN)).get_json()["cards"]
    assert "spine_cds_not_recorded_total 1.0" in metrics(client)


def test_feedback_that_could_not_be_stored_is_not_confirmed(broken):
    stranger = {"cards": [{"uuid": "c1"}]}
    answer = service(history=broken).post(f"{SELECT}/feedback", json=feedback_for(stranger))
    assert answer.status_code == 503
    assert answer.get_json()["resourceType"] == "OperationOutcome"
    assert answer.headers["Retry-After"]


def test_ready_says_when_the_database_is_not_and_when_it_is(broken):
    client = service(history=broken)
    unready = client.get("/health/ready")
    assert (unready.status_code, unready.get_json()["failed"]) == (503, ["database"])
    broken.upgrade()
    assert client.get("/health/ready").status_code == 200


def test_a_database_that_does_not_answer_stops_no_start(tmp_path):
    (tmp_path / "x.sqlite").write_bytes(b"this is no database, it is a text" * 100)
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/x.sqlite", history_key=tmp_path / "history.key"
    )
    store = open_history(settings)
    client = service(settings, store)
    assert client.post(SELECT, json=call(BACK_PAIN)).get_json()["cards"]
    assert client.get("/health/ready").get_json()["failed"] == ["database"]
    store.close()


def test_J_6_a_token_that_one_worker_took_is_refused_by_the_other(history, tmp_path):
    private = ec.generate_private_key(ec.SECP384R1())
    public = jwt.algorithms.ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    keys = tmp_path / "jwks.json"
    keys.write_text(json.dumps({"keys": [public | {"kid": "k1", "use": "sig"}]}))
    settings = Settings.model_validate(
        {
            "public_url": "https://cds.example.org",
            "trusted_clients": [{"issuer": "https://ehr.example.org", "jwks_file": str(keys)}],
        }
    )
    issued = int(NOW.timestamp())
    claims = {
        "iss": "https://ehr.example.org",
        "aud": f"https://cds.example.org{SELECT}",
        "iat": issued,
        "exp": issued + 300,
        "jti": "once",
    }
    token = jwt.encode(claims, private, algorithm="ES384", headers={"kid": "k1"})
    headers = {"Authorization": f"Bearer {token}"}
    workers = [service(settings, history) for _ in range(2)]
    answers = [worker.post(SELECT, json=call(BACK_PAIN), headers=headers) for worker in workers]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert 'spine_cds_refused_total{reason="replayed"} 1.0' in metrics(workers[1])
    assert workers[0].get("/health/ready").status_code == 200


def test_metrics_tell_stages_prefetch_cards_and_gaps_of_real_calls():
    client = service()
    weight = {"loinc": "29463-7", "value": 70, "unit": "kg", "date": "2026-06-01"}
    gaps = {"not_provided": ["medications"], "cut_short": ["observations"]}
    case = BACK_PAIN | {"observations": [weight]} | gaps
    client.post(SELECT, json=call(case))
    client.post(SELECT, json=call(case, prefetch=None))
    client.post(SELECT, json=call(KNEE))
    client.post(SELECT, data=b"{", content_type="application/json")
    text = metrics(client)
    for line in (
        'spine_cds_stage_seconds_count{stage="parse"} 4.0',
        'spine_cds_stage_seconds_count{stage="fetch"} 2.0',
        'spine_cds_stage_seconds_count{stage="assess"} 2.0',
        'spine_cds_stage_seconds_count{stage="render"} 1.0',
        'spine_cds_prefetch_total{key="conditions",state="hit"} 1.0',
        'spine_cds_prefetch_total{key="conditions",state="miss"} 1.0',
        'spine_cds_prefetch_total{key="observations",state="partial"} 1.0',
        'spine_cds_prefetch_total{key="medications",state="miss"} 2.0',
        'spine_cds_cards_total{card="not-yet-indicated",indicator="info"} 1.0',
        'spine_cds_gaps_total{reason="partial",source="observations"} 1.0',
        'status="200"} 2.0',
        'status="412"} 1.0',
        'status="400"} 1.0',
    ):
        assert line in text, line


def test_a_criterion_that_fails_is_an_incident_and_a_gap_and_the_others_still_count(monkeypatch):
    def with_a_failed_criterion(*arguments: Any) -> Advice:
        advice = advise(*arguments)
        assert advice.assessment is not None
        failed = msgspec.structs.replace(advice.assessment, failed_criteria=("age-70",))
        return replace(advice, assessment=failed)

    monkeypatch.setattr("cds_service.app.advise", with_a_failed_criterion)
    client = service()
    with capture_logs() as lines:
        assert client.post(SELECT, json=call(BACK_PAIN)).get_json()["cards"]
    (incident,) = (line for line in lines if line["event"] == "incident")
    assert incident["criterion"] == "age-70"
    assert 'spine_cds_gaps_total{reason="failed",source="criterion"} 1.0' in metrics(client)
