"""A token is used once: the guard that remembers which were."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

SeenBefore = Callable[[str, str, datetime, datetime], bool]
"""(issuer, jti, expires at, now) → used before, by any worker. Marks it as used. May raise anything."""

_REST: Final = timedelta(seconds=5)
_log: Final = structlog.get_logger(__name__)


class ReplayGuard:
    """Remembers tokens until they expire, in a store that all workers share and in memory.

    While the store fails, memory alone is asked: then a token could be used once in each worker, which
    harms less than no advice at all.
    """

    def __init__(self, shared: SeenBefore | None = None, *, capacity: int = 200_000) -> None:
        self._shared = shared
        self._capacity = capacity
        self._lock = threading.Lock()
        self._used: set[tuple[str, str]] = set()
        self._by_expiry: list[tuple[datetime, str, str]] = []
        self._rest_until: datetime | None = None

    def seen(self, issuer: str, jti: str, expires_at: datetime, now: datetime) -> bool:
        """True when the token was used before. The first look marks it as used."""
        if self._seen_here(issuer, jti, expires_at, now):
            return True
        if self._shared is None or (self._rest_until is not None and now < self._rest_until):
            return False
        try:
            return self._shared(issuer, jti, expires_at, now)
        except Exception as error:  # noqa: BLE001 - a store that fails must not stop the service
            # Not asked again at once: each call would wait for a database that is locked or gone.
            self._rest_until = now + _REST
            _log.warning("replay_guard.memory_only", error=type(error).__name__)
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
