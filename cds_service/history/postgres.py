"""PostgreSQL at arm's length: a server that is frozen or gone is given up, whatever it was asked.

Time limits of the server end only what a living server does. When the process is stopped, or the host is cut off, its
socket stays quiet for ever; the driver waits with it. So whoever uses a connection for too long gets it shut.
"""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any, Final

import structlog
from sqlalchemy import Engine, event

_CONNECT_SECONDS: Final = 2
_SILENCE: Final = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
_SPARE_SECONDS: Final = 1.0
"""For an answer about the server's own time limit to arrive."""
_log: Final = structlog.get_logger(__name__)


def connect_arguments(seconds: float | None) -> dict[str, Any]:
    """What libpq is told. `seconds` is the longest time for a statement; None: as long as it takes."""
    arguments: dict[str, Any] = {"connect_timeout": _CONNECT_SECONDS} | _SILENCE
    if seconds is not None:
        milliseconds = math.ceil(seconds * 1000)
        arguments["tcp_user_timeout"] = milliseconds + 1000
        arguments["options"] = (
            f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds} "
            f"-c idle_in_transaction_session_timeout={10 * milliseconds}"
        )
    return arguments


def limit_use(engine: Engine, seconds: float) -> None:
    """Shuts every connection that is out of the pool for longer."""
    watch = _Watch(seconds + _SPARE_SECONDS)
    event.listen(engine, "checkout", watch.begin)
    event.listen(engine, "checkin", watch.end)


class _Watch:
    """The connections in use, and a thread that looks at the clock while there are any."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._changed = threading.Condition()
        self._due: dict[int, tuple[float, Any]] = {}
        self._thread: threading.Thread | None = None

    def begin(self, connection: Any, _record: Any, _proxy: Any) -> None:
        with self._changed:
            self._due[id(connection)] = (time.monotonic() + self._seconds, connection)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="database-watch", daemon=True
                )
                self._thread.start()
            if len(self._due) == 1:
                self._changed.notify()

    def end(self, connection: Any, _record: Any) -> None:
        with self._changed:
            self._due.pop(id(connection), None)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._due)
                now = time.monotonic()
                # Shut within the lock: a connection that was given back may have another socket by its number.
                for key, (due, connection) in list(self._due.items()):
                    if due <= now:
                        del self._due[key]
                        _shut(connection)
            time.sleep(0.1)


def _shut(connection: Any) -> None:
    """Ends what waits for a server. The one who waits gets an error; nobody else is touched."""
    _log.warning("history.connection_given_up")
    with suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as ours:
        ours.shutdown(socket.SHUT_RDWR)
