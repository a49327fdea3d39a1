"""The history in PostgreSQL: the same as in SQLite, and a server that is frozen or stopped keeps nobody waiting."""

from __future__ import annotations

import importlib.util
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from cds_service.errors import ServiceUnavailable
from cds_service.history.calls import calls_between
from cds_service.history.counts import total_counts
from cds_service.history.database import (
    open_engine,
    purge,
    upgrade,
    upgrade_database,
)
from cds_service.history.migrating import alembic_configuration
from cds_service.history.models import Row
from cds_service.history.pseudonyms import Pseudonyms
from cds_service.history.queries import CardOutcomes, card_outcomes
from cds_service.history.store import HistoryStore
from cds_service.web.replay_guard import HostTokens, ReplayGuard
from tests.history.postgres_server import WHAT_IT_NEEDS, Server, programs, started
from tests.history.test_history_store import DAY, NOON, _accepted, _call, _card, _feedback
from tests.web.real_service import SELECT
from tests.web.test_running_service import CALL, ask, running

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(  # a server is no part of a Python set-up; under CI a skip fails the run
        programs() is None or importlib.util.find_spec("psycopg") is None, reason=WHAT_IT_NEEDS
    ),
]
ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
PATIENCE = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with started() as running_server:
        yield running_server


@pytest.fixture
def url(server: Server) -> str:
    """An empty database."""
    engine = open_engine(server.url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return server.url


@pytest.fixture
def store(url: str) -> Iterator[HistoryStore]:
    opened = HistoryStore(url, Pseudonyms(b"k" * 32))
    opened.upgrade()
    yield opened
    opened.close()


def recorded(store: HistoryStore) -> int:
    assert store.flush(PATIENCE)
    return len(list(calls_between(store.engine, *ALWAYS)))


def ready_in_the_end(store: HistoryStore) -> bool:
    until = time.monotonic() + PATIENCE
    while not store.is_ready() and time.monotonic() < until:
        time.sleep(0.2)
    return store.is_ready()


def test_calls_cards_feedback_and_counts_are_kept(store: HistoryStore) -> None:
    for number in range(250):
        store.record_call(_call(_card(f"c{number}")))
    assert recorded(store) == 250
    (result,) = _feedback(store, _accepted("c7"))
    assert (result.is_new, result.is_known) == (True, True)
    assert not _feedback(store, _accepted("c7", accepted_suggestions=("more",)))[0].is_new
    assert card_outcomes(store.engine, *ALWAYS) == (CardOutcomes("not-yet-indicated", 250, 1, 0),)
    assert total_counts(store.engine, "card", date(2026, 6, 15), date(2026, 6, 16)) == {
        "not-yet-indicated": 250
    }
    assert store.is_ready()
    gone = purge(store.engine, NOON + 2 * DAY)
    assert (gone.calls, gone.feedback) == (250, 1)
    assert recorded(store) == 0


def test_the_tables_are_those_of_the_models(store: HistoryStore) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Row.metadata) == []


def test_calls_of_before_are_moved(url: str) -> None:
    engine = open_engine(url)
    configuration = alembic_configuration()
    with engine.begin() as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "0001")
        connection.exec_driver_sql(
            "INSERT INTO call (received_at, as_of, service_id, hook, client_id, hook_instance_hash, patient_hash, "
            "guideline_id, guideline_version, is_shown, gaps) VALUES ('2026-06-15T12:00:00Z', '2026-06-15', 's', "
            "'order-select', 'ehr', 'h', 'p', 'spine-imaging', '2026.1', true, '[]')"
        )
        connection.exec_driver_sql(
            "INSERT INTO call_card (call_id, uuid, card_id, indicator) SELECT id, 'c1', 'x', 'info' FROM call"
        )
    upgrade(engine)
    (call,) = calls_between(engine, *ALWAYS)
    assert (call.received_at, call.detail.cards[0].uuid) == (NOON, "c1")
    engine.dispose()
    store = HistoryStore(url, Pseudonyms(b"k" * 32))
    store.record_call(_call(_card("c2")))
    assert recorded(store) == 2
    store.close()


def test_workers_that_write_at_once_count_everything(store: HistoryStore, url: str) -> None:
    others = [HistoryStore(url, Pseudonyms(b"k" * 32)) for _ in range(3)]
    for number in range(300):
        kind = ("not-yet-indicated", "partial-data")[number % 2]
        others[number % 3].record_call(_call(_card(f"c{number}", kind)))
    for other in others:
        assert other.flush(PATIENCE)
        assert other.dropped == 0
        other.close()
    assert total_counts(store.engine, "card", date(2026, 6, 15), date(2026, 6, 16)) == {
        "not-yet-indicated": 150,
        "partial-data": 150,
    }


def test_a_frozen_server_keeps_nobody_waiting_for_long(store: HistoryStore, server: Server) -> None:
    assert store.is_ready()
    assert not store.seen_jti("i", "first", NOON + DAY, NOON)
    with server.frozen():
        time.sleep(0.6)
        for work, most in (
            (lambda: store.record_call(_call(_card("c1"))), 0.1),
            (lambda: ReplayGuard(store.seen_jti).seen("i", "a", NOON + DAY, NOON), 3),
            (store.is_ready, 6),
        ):
            began = time.monotonic()
            work()
            assert time.monotonic() - began < most
        assert not store.is_ready()
        began = time.monotonic()
        with pytest.raises(ServiceUnavailable):
            _feedback(store, _accepted())
        assert time.monotonic() - began < 12
    assert ready_in_the_end(store)
    before = store.dropped
    store.record_call(_call(_card("c2")))
    assert recorded(store) + before == 2


def test_a_statement_that_takes_too_long_is_ended_by_a_server_that_lives(
    store: HistoryStore,
) -> None:
    with store.engine.connect() as connection:
        with pytest.raises(OperationalError, match="statement timeout"):
            connection.execute(text("SELECT pg_sleep(30)"))
        connection.rollback()
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_a_frozen_server_stops_no_start(server: Server, url: str) -> None:
    with server.frozen():
        began = time.monotonic()
        store = HistoryStore(url, Pseudonyms(b"k" * 32))
        with pytest.raises(Exception, match=r"timeout|closed|connection"):
            store.upgrade()
        assert time.monotonic() - began < 10
    assert ready_in_the_end(store)
    store.record_call(_call(_card("c1")))
    assert recorded(store) == 1
    store.close()


def test_a_server_that_starts_again_costs_no_call(store: HistoryStore, server: Server) -> None:
    store.record_call(_call(_card("c1")))
    assert recorded(store) == 1
    server.stop()
    store.record_call(_call(_card("c2")))
    assert not store.is_ready()
    server.start()
    assert recorded(store) == 2
    assert store.dropped == 0
    assert ready_in_the_end(store)
    assert _feedback(store, _accepted())[0].is_known


def test_of_sixty_raced_copies_of_a_token_one_is_taken_while_the_table_is_locked(
    store: HistoryStore, url: str, tmp_path: Path
) -> None:
    others = [HistoryStore(url, Pseudonyms(b"k" * 32)) for _ in range(2)]
    guards = [
        ReplayGuard(HostTokens(tmp_path / "tokens.sqlite").seen, other.seen_jti) for other in others
    ]
    together = threading.Barrier(60)

    def send(number: int) -> bool:
        together.wait(30)
        return not guards[number % 2].seen("i", "a", NOON + timedelta(minutes=5), NOON)

    with store.engine.begin() as connection, ThreadPoolExecutor(60) as threads:
        connection.execute(text("LOCK TABLE used_token IN ACCESS EXCLUSIVE MODE"))
        assert sum(threads.map(send, range(60))) == 1
    for other in others:
        other.close()


def not_recorded(port: int) -> int:
    found = re.search(
        r"^spine_cds_not_recorded_total ([0-9.]+)$",
        ask(port, "GET", "/metrics")[1].decode(),
        re.MULTILINE,
    )
    return int(float(found[1])) if found else 0


@pytest.mark.parametrize("fault", ["frozen", "stopped", "started again"])
def test_a_service_under_load_answers_whatever_the_server_does(
    tmp_path: Path, server: Server, url: str, fault: str
) -> None:
    upgrade_database(url)
    with running(tmp_path, SPINE_CDS_WORKERS="2", SPINE_CDS_DATABASE_URL=url) as (port, process):
        with ThreadPoolExecutor(6) as threads:
            sent = [threads.submit(ask, port, "POST", SELECT, CALL) for _ in range(200)]
            if fault == "frozen":
                with server.frozen():
                    time.sleep(4)
                    assert ask(port, "GET", "/health/ready")[0] == 503
                    assert ask(port, "POST", SELECT, CALL)[0] == 200
            else:
                server.stop()
                time.sleep(1)
                assert ask(port, "GET", "/health/ready")[0] == 503
                if fault == "started again":
                    server.start()
            answers = [one.result() for one in sent]
        assert {status for status, _ in answers} == {200}
        assert len({body for _, body in answers}) == 1
        if fault == "stopped":
            time.sleep(12)
            server.start()
        until = time.monotonic() + PATIENCE
        while ask(port, "GET", "/health/ready")[0] != 200:
            assert time.monotonic() < until
            time.sleep(0.3)
        time.sleep(1)
        lost = not_recorded(port)
        process.terminate()
        process.wait(30)
    store = HistoryStore(url, Pseudonyms(b"k" * 32))
    sent_in_all = 201 if fault == "frozen" else 200
    # A batch whose commit was cut off may be there although it counts as lost, never the other way round.
    assert recorded(store) + lost >= sent_in_all
    assert recorded(store) <= sent_in_all
    store.close()
