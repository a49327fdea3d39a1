"""With SPINE_CDS_REPEAT=suppress a card that tells nothing new stays silent; never a critical one, nor any new fact."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.history.pseudonyms import Pseudonyms
from cds_service.history.records import QuietTimes, Viewer
from cds_service.history.shown import ShownBefore
from cds_service.history.store import HistoryStore
from cds_service.settings import Settings
from tests import shipped
from tests.web.real_service import BACK_PAIN, RETENTION, SELECT, SIGN, Json, call, card_ids
from tests.web.service import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SUPPRESS = Settings(repeat="suppress")
NEW_FACT: Json = BACK_PAIN | {
    "conditions": [
        *BACK_PAIN["conditions"],
        {"icd10": "R26.2", "text": "Difficulty in walking", "onset": "2026-06-14"},
    ]
}
LONG: Json = BACK_PAIN | {"conditions": [{"icd10": "M54.50", "onset": "2026-01-01"}]}
OTHER_ORDER: Json = BACK_PAIN | {"orders": [BACK_PAIN["orders"][0] | {"id": "o2"}]}


@pytest.fixture
def history(tmp_path: Path) -> Iterator[HistoryStore]:
    store = HistoryStore(f"sqlite:///{tmp_path}/history.sqlite", Pseudonyms(b"k" * 32))
    store.upgrade()
    yield store
    store.close()


class Clinic:
    """A client of the service on days that the test chooses."""

    def __init__(self, history: HistoryStore, settings: Settings = SUPPRESS) -> None:
        self._history = history
        self._now = NOW
        self._count = 0
        app = create_app(settings, shipped.compiled(), clock=self._clock, history=history)
        self._client: FlaskClient = app.test_client()

    def _clock(self) -> datetime:
        return self._now

    def wait(self, time: timedelta) -> None:
        self._now += time

    def ask(self, case: Json, path: str = SELECT, instance: str = "") -> Json:
        """The answer to a case, as a call of its own unless it names the instance of another."""
        self._count += 1
        made = call(case, hookInstance=instance or f"i{self._count}")
        if path == SIGN:
            made["hook"] = "order-sign"
            del made["context"]["selections"]
        answer = self._client.post(path, json=made)
        assert answer.status_code == 200
        assert self._history.flush()
        found: Json = answer.get_json()
        return found

    def dismiss(self, answer: Json) -> None:
        entry = {
            "card": answer["cards"][0]["uuid"],
            "outcome": "overridden",
            "overrideReason": {"reason": {"code": "specialist-advice"}},
            "outcomeTimestamp": "2026-06-15T12:01:00Z",
        }
        assert (
            self._client.post(f"{SELECT}/feedback", json={"feedback": [entry]}).status_code == 200
        )


def test_the_same_card_for_the_same_order_is_not_shown_again_at_signing(
    history: HistoryStore,
) -> None:
    clinic = Clinic(history)
    assert card_ids(clinic.ask(BACK_PAIN)) == ["NotYetIndicated"]
    signed = clinic.ask(BACK_PAIN, SIGN)
    assert signed["cards"] == []
    (assessed,) = signed["extension"]["org.spine-imaging-cds.advice"]["assessments"]
    assert assessed["appropriateness"] == "not-appropriate"
    assert "cards" not in assessed


def test_without_the_setting_it_is_shown_at_both(history: HistoryStore) -> None:
    clinic = Clinic(history, Settings())
    clinic.ask(BACK_PAIN)
    assert card_ids(clinic.ask(BACK_PAIN, SIGN)) == ["NotYetIndicated"]


def test_a_critical_card_is_shown_every_time_and_after_it_was_dismissed(
    history: HistoryStore,
) -> None:
    clinic = Clinic(history)
    first = clinic.ask(RETENTION)
    assert card_ids(first) == ["EmergencyEscalate"]
    clinic.dismiss(first)
    assert card_ids(clinic.ask(RETENTION, SIGN)) == ["EmergencyEscalate"]


def test_a_new_fact_brings_the_card_back(history: HistoryStore) -> None:
    clinic = Clinic(history)
    clinic.ask(BACK_PAIN)
    assert card_ids(clinic.ask(NEW_FACT, SIGN)) == ["NotYetIndicated"]


def test_the_day_that_passes_is_no_new_fact_and_after_a_day_it_is_shown_again(
    history: HistoryStore,
) -> None:
    clinic = Clinic(history)
    clinic.ask(BACK_PAIN)
    clinic.wait(23 * HOUR)
    assert clinic.ask(BACK_PAIN, SIGN)["cards"] == []
    clinic.wait(2 * HOUR)
    assert card_ids(clinic.ask(BACK_PAIN, SIGN)) == ["NotYetIndicated"]


def test_another_order_for_the_same_is_asked_about_until_the_card_is_dismissed(
    history: HistoryStore,
) -> None:
    clinic = Clinic(history)
    first = clinic.ask(BACK_PAIN)
    assert card_ids(clinic.ask(OTHER_ORDER)) == ["NotYetIndicated"]
    clinic.dismiss(first)
    clinic.wait(3 * DAY)
    assert clinic.ask(OTHER_ORDER | {"hook": "order-select"})["cards"] == []


def test_a_dismissed_card_stays_silent_for_thirty_days_unless_a_fact_is_new(
    history: HistoryStore,
) -> None:
    clinic = Clinic(history)
    clinic.dismiss(clinic.ask(LONG))
    clinic.wait(10 * DAY)
    assert clinic.ask(LONG)["cards"] == []
    worse = LONG | {"conditions": [*LONG["conditions"], *NEW_FACT["conditions"][1:]]}
    assert card_ids(clinic.ask(worse)) == ["CareNotDocumented"]
    clinic.wait(21 * DAY)
    assert card_ids(clinic.ask(LONG)) == ["CareNotDocumented"]


def test_the_same_call_sent_again_gets_the_same_answer(history: HistoryStore) -> None:
    clinic = Clinic(history)
    first = clinic.ask(BACK_PAIN, instance="once")
    assert clinic.ask(BACK_PAIN, instance="once") == first


def test_what_cannot_be_looked_up_in_time_is_shown(
    history: HistoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = Clinic(history)
    clinic.ask(BACK_PAIN)
    never: Future[ShownBefore] = Future()

    def hangs(_: HistoryStore, __: Viewer, ___: QuietTimes) -> Future[ShownBefore]:
        return never

    monkeypatch.setattr(HistoryStore, "look_up_shown", hangs)
    assert card_ids(clinic.ask(BACK_PAIN, SIGN)) == ["NotYetIndicated"]


def test_a_look_up_that_fails_shows_the_card(history: HistoryStore) -> None:
    clinic = Clinic(history)
    clinic.ask(BACK_PAIN)
    with history.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE card_feedback RENAME TO gone")
    assert card_ids(clinic.ask(BACK_PAIN, SIGN)) == ["NotYetIndicated"]
