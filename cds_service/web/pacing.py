"""Large charts take turns: what one thread computes while another does, each computes more slowly.

Threads are many because they wait for FHIR servers. Side by side, large charts would hold one another's memory and
caches for as long as all of them take; in turns, the first is done when it is done. Nobody waits for a turn longer
than `MOST_WAIT`, and small ones wait for none: the interpreter changes threads every few milliseconds.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

LARGE_BODY: Final = 64 * 1024
"""Bytes. Below, a call is over before a second thread would notice."""
MANY_RESOURCES: Final = 100
"""As many as a body of that size holds; a small body may have them read from a FHIR server."""
MOST_WAIT: Final = 0.25
"""Seconds that a large chart waits for its turn; then it goes on beside the others."""


class _Collector:
    """The garbage collector of the process, which rests as long as anybody wants it to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._was_on = False

    def rest(self) -> None:
        with self._lock:
            if self._count == 0:
                self._was_on = gc.isenabled()
                gc.disable()
            self._count += 1

    def work(self) -> None:
        with self._lock:
            self._count -= 1
            if self._count == 0 and self._was_on:
                gc.enable()


_turn: Final = threading.Lock()
_collector: Final = _Collector()


@contextmanager
def turn(*, is_large: bool, most_wait: float = MOST_WAIT) -> Iterator[None]:
    """A stretch of computing. Large ones of this process take turns, and the garbage collector rests meanwhile.

    Never held while waiting for anything else.
    """
    if not is_large:
        yield
        return
    has_turn = _turn.acquire(timeout=most_wait)
    try:
        # The collector would look at each of the thousands of objects made, and all of them are in use.
        _collector.rest()
        try:
            yield
        finally:
            _collector.work()
    finally:
        if has_turn:
            _turn.release()
