"""J-6: a token is used once, whatever happens to the store."""

from datetime import UTC, datetime, timedelta

from cds_service.web.replay_guard import ReplayGuard

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
