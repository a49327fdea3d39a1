"""A token is used once: the guard that remembers which were."""

from __future__ import annotations

import heapq
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

SeenBefore = Callable[[str, str, datetime, datetime], bool]
"""(issuer, jti, expires at, now) → used before, by any worker. Marks it as used. May raise anything."""

_REST: Final = timedelta(seconds=5)
_HOST_SECONDS: Final = 2.0
_log: Final = structlog.get_logger(__name__)


class ReplayGuard:
    """Remembers tokens until they expire: in memory, and in the stores that are asked in their order.

    A store that fails is not asked for a while, and the others decide: a token that could be used once more harms
    less than no advice at all.
    """

    def __init__(self, *stores: SeenBefore, capacity: int = 200_000) -> None:
        self._stores = stores
        self._rest_until: dict[SeenBefore, datetime] = {}
        self._capacity = capacity
        self._lock = threading.Lock()
        self._used: set[tuple[str, str]] = set()
        self._by_expiry: list[tuple[datetime, str, str]] = []

    def seen(self, issuer: str, jti: str, expires_at: datetime, now: datetime) -> bool:
        """True when the token was used before. The first look marks it as used."""
        if self._seen_here(issuer, jti, expires_at, now):
            return True
        return any(self._seen_there(store, issuer, jti, expires_at, now) for store in self._stores)

    def _seen_there(
        self, store: SeenBefore, issuer: str, jti: str, expires_at: datetime, now: datetime
    ) -> bool:
        rest = self._rest_until.get(store)
        if rest is not None and now < rest:
            return False
        try:
            return store(issuer, jti, expires_at, now)
        except Exception as error:  # noqa: BLE001 - a store that fails must not stop the service
            # Not asked again at once: each call would wait for a database that is locked or gone.
            self._rest_until[store] = now + _REST
            _log.warning("replay_guard.store_failed", error=type(error).__name__)
            return False

    def _seen_here(self, issuer: str, jti: str, expires_at: datetime, now: datetime) -> bool:
        with self._lock:
            while self._by_expiry and self._by_expiry[0][0] < now:
                self._forget_first()
            if (issuer, jti) in self._used:
                return True
            if len(self._by_expiry) >= self._capacity:
                self._forget_first()
            self._used.add((issuer, jti))
            heapq.heappush(self._by_expiry, (expires_at, issuer, jti))
            return False

    def _forget_first(self) -> None:
        _, issuer, jti = heapq.heappop(self._by_expiry)
        self._used.discard((issuer, jti))


class HostTokens:
    """The used tokens of all workers on this host, in a file of its own that goes away with the service.

    Nothing but this holds its lock, for microseconds: workers agree even while the history's database is held, full
    or gone.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._forgotten_at = 0.0

    def seen(self, issuer: str, jti: str, expires_at: datetime, now: datetime) -> bool:
        """As `SeenBefore` says."""
        with self._lock:
            connection = self._open()
            if now.timestamp() - self._forgotten_at > _REST.total_seconds():
                self._forgotten_at = now.timestamp()
                connection.execute("DELETE FROM used WHERE expires_at < ?", (now.timestamp(),))
            row = (issuer, jti, expires_at.timestamp())
            try:
                connection.execute("INSERT INTO used VALUES (?, ?, ?)", row)
            except sqlite3.IntegrityError:
                return True
            return False

    def _open(self) -> sqlite3.Connection:
        # Opened here and not by the constructor: SQLite must not be carried over a fork.
        if self._connection is None:
            connection = sqlite3.connect(
                self._file, timeout=_HOST_SECONDS, isolation_level=None, check_same_thread=False
            )
            # It need not outlive a crash of the host, and is there for no longer than the workers.
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS used (issuer TEXT, jti TEXT, expires_at REAL, "
                "PRIMARY KEY (issuer, jti)) WITHOUT ROWID"
            )
            self._connection = connection
        return self._connection
