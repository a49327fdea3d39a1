"""The server: how a worker process gets its requests."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

from cds_service.settings import Settings
from cds_service.web.receiving import Limits, Receiver

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_METRICS: Final = "PROMETHEUS_MULTIPROC_DIR"
_SHARED: Final = "SPINE_IMAGING_SHARED"
"""For our own workers; no setting."""
_THREADS: Final = 16
"""Of one worker. Most of them wait for FHIR servers; large charts take turns (`pacing`)."""
_CONNECTIONS: Final = 4096
"""Of one worker, idle ones included."""
_STOP_SECONDS: Final = 3
"""For calls that are under way when the service is told to stop, and for uploads that never end."""
_LOOK_SECONDS: Final = 0.5
"""Between looks whether the parent is still there."""


def received(application: WSGIApplication, settings: Settings) -> Receiver:
    """The application as the server calls it."""
    return Receiver(
        application,
        Limits(settings.receive_timeout, settings.max_body, _THREADS),
    )


def end_with_parent() -> None:
    """For a worker: stops in order when its parent was killed.

    The parent had no time to tell it, and nobody else knows of it: it would hold the port against the next start.
    """
    threading.Thread(target=_watch, args=(os.getppid(),), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_STOP_SECONDS)
    os._exit(1)


def run_server(target: str, settings: Settings, prepare: Callable[[], None] = lambda: None) -> None:
    """Serves until told to stop. `target` is a module and a function without arguments that makes a Receiver.

    `prepare` runs before the workers are forked.
    """
    _allow_connections()
    with _shared_by_workers(settings.workers):
        prepare()
        _run(target, settings)


def shared_folder() -> Path | None:
    """Where the workers of this service keep what they share while they run; None for a single one."""
    folder = os.environ.get(_SHARED)
    return Path(folder) if folder else None


@contextmanager
def _shared_by_workers(workers: int) -> Iterator[None]:
    """With several workers, a folder for what they share; their counts too, unless the site has named another."""
    if workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="spine-cds-") as folder:
        counts = Path(folder, "metrics")
        counts.mkdir()
        os.environ[_SHARED] = folder
        os.environ.setdefault(_METRICS, str(counts))
        yield


def _run(target: str, settings: Settings) -> None:
    Granian(
        target,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        loop=Loops.asyncio,
        # Only so is the deadline for headers kept on a connection that sends nothing at all.
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.workers,
        backpressure=_CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
        # It also ends connections on which no request comes.
        http1_settings=HTTP1Settings(header_read_timeout=int(settings.receive_timeout * 1000)),
        log_level=LogLevels.warning,
    ).serve()


def _allow_connections() -> None:
    """As many open files as the system lets us have: a connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS * 2 if hard == resource.RLIM_INFINITY else min(hard, _CONNECTIONS * 2)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
