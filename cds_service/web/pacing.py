"""Large bodies take turns, so that threads which wait for FHIR servers are many and yet none gets in another's way."""

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

_turn: Final = threading.Lock()


@contextmanager
def turn(*, is_large: bool) -> Iterator[None]:
    """A stretch of computing. Large ones of this process run one at a time, without the garbage collector.

    Never held while waiting for anything else.
    """
    if not is_large:
        yield
        return
    with _turn:
        # The collector would look at each of the thousands of objects made, and all of them are in use.
        was_on = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if was_on:
                gc.enable()
