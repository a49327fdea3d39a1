"""Writing and joining: what was advised, and what became of it."""

import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from cds_service.cds_hooks.feedback import FeedbackEntry, OverrideReason
from cds_service.cds_hooks.model import Card, Coding, Suggestion
from cds_service.errors import ServiceUnavailable, SettingsError
from cds_service.history.calls import StoredCall, calls_between
from cds_service.history.counts import daily_counts, total_counts
from cds_service.history.database import purge, purge_database, upgrade_database
from cds_service.history.models import CallCard, CardFeedback, DailyCount
from cds_service.history.pseudonyms import Pseudonyms
from cds_service.history.queries import (
    CardOutcomes,
    ReasonCount,
    card_outcomes,
    override_reasons,
)
from cds_service.history.records import CallRecord, OrderRecord
from cds_service.history.store import HistoryStore

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TOPIC = Coding("https://example.org/card", "X", "x")


def _card(uuid: str = "c1", card_id: str = "not-yet-indicated") -> Card:
    suggestion = Suggestion(id="cancel", uuid=f"{uuid}-s", label="Cancel", actions=())
    return Card(
        id=card_id,
        uuid=uuid,
        summary="MRI usually adds nothing yet",
        detail="",
        indicator="warning",
        source_label="ACR",
        source_url=None,
        topic=TOPIC,
        suggestions=(suggestion,),
        order="ServiceRequest/o1",
    )


def _call(*cards: Card, **changes: Any) -> CallRecord:
    record = CallRecord(
        received_at=NOON,
        as_of=date(2026, 6, 15),
        service_id="spine-imaging-order-select",
        hook="order-select",
        hook_instance="d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        client_id="https://ehr.example.org",
        tenant=None,
        patient_id="patient-with-a-telling-id",
        guideline_id="spine-imaging",
        guideline_version="2026.1",
        is_shown=True,
        cards=cards,
        orders=(
            OrderRecord(
                order="ServiceRequest/o1",
                modality="MR",
                regions=("lumbar",),
                contrast="without",
                scenario="S-LBP-ACUTE",
                appropriateness="not-appropriate",
                urgency="routine",
                criteria=("age-70",),
            ),
        ),
        gaps=(("observations", "not-provided"),),
    )
    return replace(record, **changes)


def _accepted(card: str = "c1", **changes: Any) -> FeedbackEntry:
    entry = FeedbackEntry(0, card, "accepted", (f"{card}-s",), None, "", NOON + DAY)
    return replace(entry, **changes)


def _overridden(card: str = "c1", **changes: Any) -> FeedbackEntry:
    reason = OverrideReason("seen-by-specialist", None, "Seen by a specialist")
    entry = FeedbackEntry(0, card, "overridden", (), reason, "", NOON + 2 * DAY)
    return replace(entry, **changes)


def _feedback(store: HistoryStore, *entries: FeedbackEntry, client: str | None = None) -> Any:
    client = client or "https://ehr.example.org"
    numbered = [replace(entry, index=index) for index, entry in enumerate(entries)]
    return store.record_feedback("spine-imaging-order-select", client, numbered, NOON + DAY)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[HistoryStore]:
    opened = HistoryStore(f"sqlite:///{tmp_path}/var/history.sqlite", Pseudonyms(b"k" * 32))
    opened.upgrade()
    yield opened
    opened.close()


def _rows(store: HistoryStore, model: Any) -> list[Any]:
    assert store.flush()
    with store.engine.connect() as connection:
        return list(connection.execute(select(model.__table__)))


def _calls(store: HistoryStore) -> list[StoredCall]:
    assert store.flush()
    return list(calls_between(store.engine, NOON - 1000 * DAY, NOON + 1000 * DAY))


def test_a_call_is_written_with_its_orders_cards_and_suggestions(store: HistoryStore) -> None:
    assert store.record_call(_call(_card("c1"), _card("c2", "partial-data"), tenant="north"))
    (call,) = _calls(store)
    assert (call.received_at, call.client_id, call.is_shown) == (
        NOON,
        "https://ehr.example.org",
        True,
    )
    detail = call.detail
    assert (detail.as_of, detail.tenant) == (date(2026, 6, 15), "north")
    assert (detail.service, detail.hook) == ("spine-imaging-order-select", "order-select")
    assert (detail.version, detail.gaps) == ("2026.1", (("observations", "not-provided"),))
    (order,) = detail.orders
    assert (order.modality, order.regions, order.criteria) == ("MR", ("lumbar",), ("age-70",))
    assert [card.id for card in detail.cards] == ["not-yet-indicated", "partial-data"]
    assert {card.order for card in detail.cards} == {order.order}
    assert [card.suggestions for card in detail.cards] == [
        (("c1-s", "cancel"),),
        (("c2-s", "cancel"),),
    ]


def test_a_call_without_cards_is_written_too(store: HistoryStore) -> None:
    store.record_call(_call(orders=(), gaps=()))
    (call,) = _calls(store)
    assert (call.detail.cards, call.detail.orders, call.detail.gaps) == ((), (), ())


def test_calls_come_in_the_order_in_which_they_were_written(store: HistoryStore) -> None:
    for number in range(2500):
        store.record_call(_call(_card(f"c{number}")))
    assert [call.detail.cards[0].uuid for call in _calls(store)] == [f"c{n}" for n in range(2500)]


def test_counts_by_day_client_card_and_criterion_are_kept_with_the_calls(
    store: HistoryStore,
) -> None:
    ehr, other = "https://ehr.example.org", "https://other.example.org"
    store.record_call(_call(_card("c1"), _card("c2"), _card("c3", "partial-data")))
    assert store.flush()
    store.record_call(_call(_card("c4")))
    store.record_call(_call(_card("c5"), client_id=other, received_at=NOON + DAY))
    store.record_call(_call(_card("c6"), is_shown=False))
    assert store.flush()
    first, second = NOON.date(), (NOON + DAY).date()
    between = (first, second + DAY)
    assert daily_counts(store.engine, "calls", *between) == [
        (first, ehr, "shown", 2),
        (first, ehr, "silent", 1),
        (second, other, "shown", 1),
    ]
    # Two cards of one kind in one call are one call with that kind.
    assert daily_counts(store.engine, "card", *between) == [
        (first, ehr, "not-yet-indicated", 2),
        (first, ehr, "partial-data", 1),
        (second, other, "not-yet-indicated", 1),
    ]
    assert total_counts(store.engine, "criterion", *between) == {"age-70": 4}
    assert total_counts(store.engine, "card", first, second) == {
        "not-yet-indicated": 2,
        "partial-data": 1,
    }


def test_a_call_late_in_the_evening_counts_on_its_day_in_utc(store: HistoryStore) -> None:
    evening = datetime(2026, 6, 15, 20, tzinfo=timezone(-timedelta(hours=7)))
    store.record_call(_call(received_at=evening))
    assert store.flush()
    (row,) = daily_counts(store.engine, "calls", date(2026, 6, 1), date(2026, 7, 1))
    assert row[0] == date(2026, 6, 16)


def test_nothing_in_the_file_names_the_patient_or_the_hook_instance(
    store: HistoryStore, tmp_path: Path
) -> None:
    store.record_call(_call(_card()))
    store.close()
    written = b"".join(path.read_bytes() for path in (tmp_path / "var").iterdir())
    assert b"c1-s" in written
    assert b"telling" not in written
    assert b"d1577c69" not in written
    assert b"ServiceRequest/o1" not in written


def test_calls_of_one_patient_can_be_joined_and_those_of_two_clients_cannot(
    store: HistoryStore,
) -> None:
    store.record_call(_call())
    store.record_call(_call(hook_instance="another"))
    store.record_call(_call(client_id="https://other.example.org"))
    first, second, third = (call.patient_hash for call in _calls(store))
    assert first == second
    assert first != third


def test_the_database_file_can_be_read_by_its_owner_alone(
    store: HistoryStore, tmp_path: Path
) -> None:
    path = tmp_path / "var" / "history.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_feedback_is_joined_to_its_card(store: HistoryStore) -> None:
    store.record_call(_call(_card()))
    assert store.flush()
    (result,) = _feedback(store, _accepted())
    assert (result.is_new, result.is_known) == (True, True)


def test_feedback_for_an_unknown_card_is_kept(store: HistoryStore) -> None:
    (result,) = _feedback(store, _accepted("never-ours"))
    assert (result.is_new, result.is_known) == (True, False)
    assert [row.card_uuid for row in _rows(store, CardFeedback)] == ["never-ours"]


def test_feedback_that_comes_before_its_card_is_joined_later(store: HistoryStore) -> None:
    _feedback(store, _accepted())
    store.record_call(_call(_card()))
    assert store.flush()
    assert card_outcomes(store.engine, NOON, NOON + DAY) == (
        CardOutcomes("not-yet-indicated", 1, 1, 0),
    )


def test_feedback_of_one_client_says_nothing_about_the_card_of_another(store: HistoryStore) -> None:
    store.record_call(_call(_card()))
    assert store.flush()
    (result,) = _feedback(store, _accepted(), client="https://other.example.org")
    assert not result.is_known
    assert card_outcomes(store.engine, NOON, NOON + DAY)[0].accepted == 0


def test_the_same_feedback_sent_again_is_stored_once(store: HistoryStore) -> None:
    assert [_feedback(store, _accepted())[0].is_new for _ in range(3)] == [True, False, False]
    assert len(_rows(store, CardFeedback)) == 1


def test_a_repetition_within_one_batch_is_stored_once(store: HistoryStore) -> None:
    results = _feedback(store, _accepted(), _accepted())
    assert [(result.index, result.is_new) for result in results] == [(0, True), (1, False)]


def test_feedback_without_a_time_is_stored_once(store: HistoryStore) -> None:
    results = _feedback(store, _accepted(outcome_at=None), _accepted(outcome_at=None))
    assert [result.is_new for result in results] == [True, False]


def test_a_repetition_adds_what_was_missing_and_takes_nothing_away(store: HistoryStore) -> None:
    _feedback(store, _overridden(reason=None))
    _feedback(store, _overridden(user_comment="MRI was done elsewhere"))
    _feedback(store, _overridden(reason=None, user_comment="another comment"))
    (row,) = _rows(store, CardFeedback)
    assert (row.reason_code, row.user_comment) == ("seen-by-specialist", "MRI was done elsewhere")


def test_suggestions_accepted_at_the_same_time_are_collected(store: HistoryStore) -> None:
    _feedback(store, _accepted(), _accepted(accepted_suggestions=("c1-t",)))
    (row,) = _rows(store, CardFeedback)
    assert row.accepted_suggestions == ["c1-s", "c1-t"]


def test_a_later_outcome_is_a_new_row_and_the_last_one_counts(store: HistoryStore) -> None:
    store.record_call(_call(_card()))
    assert store.flush()
    # The later outcome arrives first: what counts is when the clinician decided.
    _feedback(store, _overridden(), _accepted())
    assert len(_rows(store, CardFeedback)) == 2
    assert card_outcomes(store.engine, NOON, NOON + DAY) == (
        CardOutcomes("not-yet-indicated", 1, 0, 1),
    )


def test_a_repeated_call_shows_the_same_card_once(store: HistoryStore) -> None:
    store.record_call(_call(_card()))
    store.record_call(_call(_card()))
    assert store.flush()
    (outcomes,) = card_outcomes(store.engine, NOON, NOON + DAY)
    assert (outcomes.shown, outcomes.ignored) == (1, 1)


def test_cards_of_silent_mode_were_not_shown(store: HistoryStore) -> None:
    store.record_call(_call(_card(), is_shown=False))
    assert store.flush()
    assert card_outcomes(store.engine, NOON, NOON + DAY) == ()


def test_the_interval_of_a_query_is_half_open(store: HistoryStore) -> None:
    store.record_call(_call(_card()))
    assert store.flush()
    assert card_outcomes(store.engine, NOON - DAY, NOON) == ()
    assert len(card_outcomes(store.engine, NOON, NOON + timedelta(seconds=1))) == 1


def test_override_reasons_are_counted_by_card_and_reason(store: HistoryStore) -> None:
    store.record_call(_call(_card("c1"), _card("c2"), _card("c3"), _card("c4", "partial-data")))
    assert store.flush()
    _feedback(
        store, _overridden("c1"), _overridden("c2"), _overridden("c3", reason=None), _accepted("c4")
    )
    assert override_reasons(store.engine, NOON, NOON + DAY) == (
        ReasonCount("not-yet-indicated", "seen-by-specialist", "Seen by a specialist", 2),
        ReasonCount("not-yet-indicated", "", "", 1),
    )


def test_a_token_is_seen_once_by_all_workers_together(store: HistoryStore, tmp_path: Path) -> None:
    other = HistoryStore(str(store.engine.url), Pseudonyms(b"k" * 32))
    expires = NOON + timedelta(minutes=5)
    assert not store.seen_jti("https://ehr.example.org", "a", expires, NOON)
    assert other.seen_jti("https://ehr.example.org", "a", expires, NOON)
    assert not other.seen_jti("https://ehr.example.org", "b", expires, NOON)
    assert not other.seen_jti("https://other.example.org", "a", expires, NOON)
    other.close()


def test_issuer_and_jti_are_kept_apart(store: HistoryStore) -> None:
    assert not store.seen_jti("ab", "c", NOON + DAY, NOON)
    assert not store.seen_jti("a", "bc", NOON + DAY, NOON)


def test_a_token_is_forgotten_after_it_expired(store: HistoryStore) -> None:
    store.seen_jti("i", "a", NOON + timedelta(minutes=5), NOON)
    later = NOON + timedelta(minutes=6)
    store.seen_jti("i", "b", later + DAY, later)
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM used_token")).scalar() == 1


def test_purging_forgets_calls_with_all_that_hangs_on_them(store: HistoryStore) -> None:
    store.record_call(_call(_card("c1")))
    store.record_call(_call(_card("c2"), received_at=NOON + 3 * DAY))
    assert store.flush()
    _feedback(store, _accepted())
    store.seen_jti("i", "a", NOON, NOON)
    purged = purge(store.engine, NOON + 2 * DAY)
    assert (purged.calls, purged.feedback, purged.tokens) == (1, 1, 1)
    (kept,) = _calls(store)
    assert [card.uuid for card in kept.detail.cards] == ["c2"]
    assert len(_rows(store, CallCard)) == 1
    assert {row.day for row in _rows(store, DailyCount)} == {(NOON + 3 * DAY).date()}


def test_purging_keeps_what_came_at_that_very_time(store: HistoryStore) -> None:
    store.record_call(_call(_card()))
    assert store.flush()
    assert purge_database(str(store.engine.url), NOON).calls == 0


def test_a_database_without_tables_is_not_ready(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.sqlite"
    store = HistoryStore(url, Pseudonyms(b"k" * 32))
    assert not store.is_ready()
    upgrade_database(url)
    assert store.is_ready()
    store.close()


def test_a_database_that_is_no_database_is_not_ready(tmp_path: Path) -> None:
    path = tmp_path / "broken.sqlite"
    path.write_bytes(b"this is no database, " * 100)
    store = HistoryStore(f"sqlite:///{path}", Pseudonyms(b"k" * 32))
    assert not store.is_ready()
    store.close()


def test_feedback_that_cannot_be_stored_is_refused_so_that_it_comes_again(tmp_path: Path) -> None:
    store = HistoryStore(f"sqlite:///{tmp_path}/new.sqlite", Pseudonyms(b"k" * 32))
    with pytest.raises(ServiceUnavailable) as caught:
        _feedback(store, _overridden(user_comment="about Jane Doe"))
    assert "Jane" not in str(caught.value)
    store.close()


def test_calls_that_cannot_be_written_are_counted_and_break_nothing(tmp_path: Path) -> None:
    store = HistoryStore(f"sqlite:///{tmp_path}/new.sqlite", Pseudonyms(b"k" * 32))
    assert store.record_call(_call(_card()))
    assert store.flush()
    assert store.dropped == 1
    store.close()


def test_a_closed_store_drops_calls(store: HistoryStore) -> None:
    store.close()
    assert not store.record_call(_call())
    assert store.dropped == 1


def test_closing_writes_what_waits(store: HistoryStore) -> None:
    for number in range(250):
        store.record_call(_call(_card(f"c{number}")))
    store.close()
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM call_card")).scalar() == 250


def test_a_database_in_memory_works(tmp_path: Path) -> None:
    store = HistoryStore("sqlite://", Pseudonyms(b"k" * 32))
    store.upgrade()
    store.record_call(_call(_card()))
    assert len(_rows(store, CallCard)) == 1
    store.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "mysql://root:hunter2@localhost/x",
        "oracle+nothing://x",
    ],
)
def test_a_database_url_that_cannot_be_used_is_a_mistake_in_the_settings(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        HistoryStore(url, Pseudonyms(b"k" * 32))
    assert "SPINE_CDS_DATABASE_URL" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_time_without_a_zone_is_not_stored(store: HistoryStore) -> None:
    naive = datetime(2026, 6, 15, 12)  # noqa: DTZ001 - what must not happen
    row = {"same_key": "x", "received_at": naive, "service_id": "", "client_id": ""}
    row |= {"card_uuid": "", "card_key": 1, "outcome": "", "accepted_suggestions": []}
    with store.engine.connect() as connection, pytest.raises(SQLAlchemyError):
        connection.execute(insert(CardFeedback).values(**row))
