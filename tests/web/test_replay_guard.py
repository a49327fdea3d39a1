"""J-6: a token is used once, whatever happens to the store."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cds_service.history.pseudonyms import Pseudonyms
from cds_service.history.store import HistoryStore
from cds_service.web.replay_guard import HostTokens, ReplayGuard

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)


class Store:
    """Stands for the table that all workers share."""

    def __init__(self) -> None:
        self.used: set[tuple[str, str]] = set()
        self.is_broken = False
        self.asked = 0

    def seen(self, issuer: str, jti: str, _expires_at: datetime, _now: datetime) -> bool:
        self.asked += 1
        if self.is_broken:
            raise OSError("gone")
        before = (issuer, jti) in self.used
        self.used.add((issuer, jti))
        return before


def test_in_memory_a_token_is_seen_the_second_time() -> None:
    guard = ReplayGuard()
    assert not guard.seen("i", "a", SOON, NOW)
    assert guard.seen("i", "a", SOON, NOW)
    assert not guard.seen("i", "b", SOON, NOW)
    assert not guard.seen("j", "a", SOON, NOW)


def test_in_memory_a_token_is_forgotten_only_after_it_expired() -> None:
    guard = ReplayGuard()
    guard.seen("i", "a", SOON, NOW)
    assert guard.seen("i", "a", SOON, SOON)
    assert not guard.seen("i", "a", SOON, SOON + timedelta(seconds=1))


def test_two_workers_share_what_they_saw() -> None:
    store = Store()
    one, other = ReplayGuard(store.seen), ReplayGuard(store.seen)
    assert not one.seen("i", "a", SOON, NOW)
    assert other.seen("i", "a", SOON, NOW)


def test_while_the_store_is_broken_each_worker_still_remembers() -> None:
    store = Store()
    store.is_broken = True
    guard = ReplayGuard(store.seen)
    assert not guard.seen("i", "a", SOON, NOW)
    assert guard.seen("i", "a", SOON, NOW)


def test_a_broken_store_is_not_asked_at_every_call_and_is_asked_again() -> None:
    store = Store()
    store.is_broken = True
    guard = ReplayGuard(store.seen)
    for number in range(10):
        guard.seen("i", str(number), SOON, NOW)
    assert store.asked == 1
    store.is_broken = False
    guard.seen("i", "later", SOON, NOW + timedelta(seconds=5))
    assert store.used == {("i", "later")}


def test_memory_is_bounded_and_forgets_what_expires_first() -> None:
    guard = ReplayGuard(capacity=2)
    guard.seen("i", "short", NOW + timedelta(seconds=1), NOW)
    guard.seen("i", "long", SOON, NOW)
    guard.seen("i", "another", SOON, NOW)
    assert guard.seen("i", "another", SOON, NOW)


def test_a_store_that_fails_does_not_keep_the_other_from_being_asked() -> None:
    broken, sound = Store(), Store()
    broken.is_broken = True
    one, other = (ReplayGuard(broken.seen, sound.seen) for _ in range(2))
    assert not one.seen("i", "a", SOON, NOW)
    assert other.seen("i", "a", SOON, NOW)


def raced(guards: list[ReplayGuard], copies: int) -> int:
    """How many of so many copies of a token, sent at once, are taken for new."""
    together = threading.Barrier(copies)

    def send(number: int) -> bool:
        together.wait(30)
        return not guards[number % len(guards)].seen("i", "a", SOON, NOW)

    with ThreadPoolExecutor(copies) as threads:
        return sum(threads.map(send, range(copies)))


def test_of_sixty_raced_copies_one_is_taken_while_the_database_is_held(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    stores = [HistoryStore(f"sqlite:///{path}", Pseudonyms(b"k" * 32)) for _ in range(3)]
    stores[0].upgrade()
    # Each worker has its own, as it would in a process of its own.
    hosts = [HostTokens(tmp_path / "tokens.sqlite") for _ in stores]
    guards = [
        ReplayGuard(host.seen, store.seen_jti) for host, store in zip(hosts, stores, strict=True)
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE")
        assert raced(guards, 60) == 1
    for store in stores:
        store.close()


def test_of_sixty_raced_copies_one_is_taken_by_the_database_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/history.sqlite"
    stores = [HistoryStore(url, Pseudonyms(b"k" * 32)) for _ in range(3)]
    stores[0].upgrade()
    assert raced([ReplayGuard(store.seen_jti) for store in stores], 60) == 1
    for store in stores:
        store.close()


def test_a_held_database_keeps_a_call_waiting_for_less_than_a_second(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    store = HistoryStore(f"sqlite:///{path}", Pseudonyms(b"k" * 32))
    store.upgrade()
    with closing(sqlite3.connect(path, isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        assert not ReplayGuard(store.seen_jti).seen("i", "a", SOON, NOW)
        assert time.monotonic() - started < 1
    store.close()


def test_workers_of_one_host_forget_what_expired(tmp_path: Path) -> None:
    host = HostTokens(tmp_path / "tokens.sqlite")
    assert not host.seen("i", "a", SOON, NOW)
    later = SOON + timedelta(minutes=1)
    assert not host.seen("i", "b", later + timedelta(minutes=1), later)
    with closing(sqlite3.connect(tmp_path / "tokens.sqlite")) as connection:
        assert connection.execute("SELECT jti FROM used").fetchall() == [("b",)]
