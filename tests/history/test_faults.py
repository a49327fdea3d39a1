"""Whatever happens to the database: nothing is lost in silence, readiness says so, and it goes on when it can."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, text

from cds_service.errors import ServiceUnavailable
from cds_service.history.calls import calls_between
from cds_service.history.pseudonyms import Pseudonyms
from cds_service.history.store import HistoryStore, Listeners
from tests.history.test_history_store import DAY, NOON, _accepted, _call, _card, _feedback

PSEUDONYMS = Pseudonyms(b"k" * 32)
PATIENCE = 25.0
"""Seconds; the writer tries a few times before it gives up."""


@contextmanager
def history(path: Path) -> Iterator[HistoryStore]:
    opened = HistoryStore(f"sqlite:///{path}", PSEUDONYMS)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "history.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[HistoryStore]:
    with history(path) as opened:
        opened.upgrade()
        yield opened


def recorded(store: HistoryStore) -> int:
    assert store.flush(PATIENCE)
    return len(list(calls_between(store.engine, NOON - DAY, NOON + DAY)))


def lost(store: HistoryStore, count: int = 1) -> int:
    """How many were told as lost, of so many that come now."""
    told: list[int] = []
    store.tell(Listeners(on_loss=told.append))
    for number in range(count):
        store.record_call(_call(_card(f"lost-{number}")))
    assert store.flush(PATIENCE)
    return sum(told)


def ready_in_the_end(store: HistoryStore) -> bool:
    until = time.monotonic() + PATIENCE
    while not store.is_ready() and time.monotonic() < until:
        time.sleep(0.2)
    return store.is_ready()


def test_a_history_that_can_be_written_is_ready(store: HistoryStore) -> None:
    assert store.is_ready()
    assert lost(store) == 0


def test_a_deleted_file_is_noticed_and_made_again(store: HistoryStore, path: Path) -> None:
    store.record_call(_call(_card("before")))
    assert recorded(store) == 1
    assert store.is_ready()
    for file in path.parent.iterdir():
        file.unlink()
    assert lost(store, 3) == 0
    assert recorded(store) == 3
    assert path.exists()
    time.sleep(0.6)
    assert not store.is_ready()
    assert ready_in_the_end(store)


def test_a_history_that_was_deleted_or_replaced_is_counted(store: HistoryStore, path: Path) -> None:
    gone: list[str] = []
    store.tell(Listeners(on_gone=lambda: gone.append("gone")))
    assert store.is_ready()
    path.unlink()
    store.record_call(_call(_card("c1")))
    assert recorded(store) == 1
    assert gone == ["gone"]
    other = path.with_name("other.sqlite")
    shutil.copy(path, other)
    other.replace(path)
    store.record_call(_call(_card("c2")))
    assert store.flush(PATIENCE)
    assert gone == ["gone", "gone"]


def test_a_deleted_file_makes_the_service_not_ready_until_there_is_another(
    store: HistoryStore, path: Path
) -> None:
    assert store.is_ready()
    path.unlink()
    time.sleep(0.6)
    assert not store.is_ready()
    assert ready_in_the_end(store)


@pytest.mark.parametrize("garbage", [b"no database, " * 2000, b"short"])
def test_an_overwritten_file_is_no_history_and_every_call_is_counted(
    store: HistoryStore, path: Path, garbage: bytes
) -> None:
    assert store.is_ready()
    path.write_bytes(garbage)
    assert lost(store, 5) == 5
    time.sleep(0.6)
    assert not store.is_ready()


def test_a_locked_database_is_not_ready_and_loses_nothing_when_it_is_let_go(
    store: HistoryStore, path: Path
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert not store.is_ready()
        store.record_call(_call(_card("c1")))
        time.sleep(0.3)
        other.execute("ROLLBACK")
    assert (recorded(store), store.dropped) == (1, 0)
    assert ready_in_the_end(store)


def test_a_database_that_stays_locked_costs_calls_that_are_counted(
    store: HistoryStore, path: Path
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert lost(store, 7) == 7
        assert store.dropped == 7


def test_a_full_disk_is_not_ready_and_every_call_is_counted(store: HistoryStore) -> None:
    assert store.is_ready()

    def fill(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    event.listen(store.engine, "checkout", fill)
    big = [_call(_card("x" * 5000)) for _ in range(50)]
    told: list[int] = []
    store.tell(Listeners(on_loss=told.append))
    for call in big:
        store.record_call(call)
    kept = recorded(store)
    assert sum(told) + kept == 50
    assert sum(told) > 40


@pytest.mark.parametrize("write", ["INSERT", "UPDATE"])
def test_a_database_that_can_be_locked_and_takes_no_write_is_not_ready(
    store: HistoryStore, write: str
) -> None:
    with store.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("DELETE FROM write_check"))
    if write == "UPDATE":
        assert store.is_ready()
        time.sleep(0.6)
    with store.engine.execution_options(writes=True).begin() as connection:
        refusal = "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
        connection.execute(text(f"CREATE TRIGGER full BEFORE {write} ON write_check {refusal}"))
    assert not store.is_ready()


@pytest.mark.parametrize("place", ["/proc/version/history.sqlite", "/sys/history.sqlite"])
def test_a_place_that_cannot_be_written_stops_nothing_and_is_told(place: str) -> None:
    with history(Path(place)) as store:
        with pytest.raises(Exception, match="unable to open"):
            store.upgrade()
        assert not store.is_ready()
        assert lost(store, 2) == 2
        with pytest.raises(ServiceUnavailable):
            _feedback(store, _accepted())


@pytest.mark.parametrize(
    "change", ["ALTER TABLE call ADD COLUMN more TEXT", "DROP TABLE call_card"]
)
def test_tables_of_a_newer_version_are_not_written_to(path: Path, change: str) -> None:
    with history(path) as first:
        first.upgrade()
        with first.engine.execution_options(writes=True).begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
            connection.execute(text(change))
    with history(path) as store:
        with pytest.raises(Exception, match="newer version"):
            store.upgrade()
        assert not store.is_ready()
        assert lost(store, 2) == 2
        with pytest.raises(ServiceUnavailable):
            _feedback(store, _accepted())
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM call").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM card_feedback").fetchone() == (0,)


def test_what_the_start_could_not_make_is_made_later(path: Path) -> None:
    path.parent.write_text("in the way")
    with history(path) as store:
        with pytest.raises(Exception, match="unable to open"):
            store.upgrade()
        assert not store.is_ready()
        path.parent.unlink()
        assert ready_in_the_end(store)
        store.record_call(_call(_card("c1")))
        assert recorded(store) == 1


def test_without_a_key_nothing_is_recorded_and_it_is_counted(tmp_path: Path) -> None:
    store = HistoryStore(f"sqlite:///{tmp_path}/h.sqlite", Path("/proc/version/history.key"))
    store.upgrade()
    assert not store.is_ready()
    assert lost(store, 2) == 2
    store.close()


def test_calls_that_wait_when_the_service_ends_are_counted(store: HistoryStore, path: Path) -> None:
    told: list[int] = []
    store.tell(Listeners(on_loss=told.append))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for number in range(350):
            store.record_call(_call(_card(f"c{number}")))
        started = time.monotonic()
        store.close()
        assert time.monotonic() - started < 3
    assert sum(told) >= 250


def test_a_large_batch_of_feedback_holds_the_database_for_a_moment_only(
    store: HistoryStore,
) -> None:
    statements: list[str] = []
    event.listen(
        store.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2])
    )
    results = _feedback(store, *(_accepted(f"c{number}") for number in range(1000)))
    assert len(results) == 1000
    assert all(result.is_new for result in results)
    assert len(statements) < 20
