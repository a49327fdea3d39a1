"""When a server is away, calls are told at once, instead of each waiting for it to the deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

from cds_service.cds_hooks.model import ReadCause

_AWAY: Final = frozenset[ReadCause]({"refused", "timeout", "tls"})
"""Ends of a question that say that the server is not there. Any answer at all says that it is."""
_FAILURES: Final = 20
"""In a row; one hook call asks about ten questions at once."""
_SPAN: Final = 3.0
"""Seconds over which they have to be spread: one bad moment is not enough."""
_SHORTEST_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 60.0
_log: Final = structlog.get_logger()


class Breaker:
    """Counts how the questions to one server end. Any thread may ask and tell."""

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._failing_since = 0.0
        self._pause = 0.0
        """Seconds; 0 while the server is thought to be there."""
        self._closed_until = 0.0
        self._is_on_trial = False
        self._cause: ReadCause | None = None

    def refusal(self) -> ReadCause | None:
        """Why not to ask now; None when it may be tried. After each pause one question is let through."""
        with self._lock:
            now = self._clock()
            if not self._pause:
                return None
            if now < self._closed_until:
                return self._cause
            self._closed_until = now + self._pause
            self._is_on_trial = True
            return None

    def tell(self, cause: ReadCause | None) -> None:
        """How a question ended; None: it was answered in full."""
        with self._lock:
            now = self._clock()
            if cause not in _AWAY:
                if self._pause:
                    _log.warning("fhir.server_back", server=self._name)
                self._failures, self._pause, self._cause = 0, 0.0, None
                self._is_on_trial = False
                return
            if not self._failures:
                self._failing_since = now
            self._failures += 1
            self._cause = cause
            if self._is_on_trial:
                # Not each failure: many questions may have been under way when the first pause began.
                self._is_on_trial = False
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)
                self._closed_until = now + self._pause
            elif self._is_enough(now):
                self._pause = _SHORTEST_PAUSE
                self._closed_until = now + self._pause
                _log.warning("fhir.server_away", server=self._name, cause=cause)

    def _is_enough(self, now: float) -> bool:
        is_long = now - self._failing_since >= _SPAN
        return not self._pause and self._failures >= _FAILURES and is_long
