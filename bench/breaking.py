"""Breaks a running service of two workers on purpose, under load, and tells what came of it.

For each fault: what clients saw before, during and after it, what is missing in the history, and what readiness said.
Ends with 1 when an answer was a 5xx, or the service did not answer again. It mounts small disks and stops processes of
its own; both need root and Linux, PostgreSQL has to be installed. breaking.py [FAULT…]
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from textwrap import shorten
from typing import Final, Self

sys.path.insert(0, str(Path(__file__).parents[1]))  # PostgreSQL is started as the tests do

from bodies import small
from doors import PATH
from serving import children, free_port, started
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from tests.history.postgres_server import started as postgres

_CONNECTIONS: Final = 6
_START_SECONDS: Final = 180.0
_BEFORE, _DURING, _AFTER = 3.0, 6.0, 6.0
_IDLE: Final = 1_000
_TWO_HOURS: Final = "-2h"
_FAKE_CLOCK: Final = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


@dataclass
class Seen:
    """What one stretch of time brought."""

    answers: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    ready: Counter[str] = field(default_factory=Counter)

    def told(self) -> str:
        """In one line."""
        typical, longest = (median(self.times), max(self.times)) if self.times else (0.0, 0.0)
        return (
            f"{dict(self.answers)}, median {typical * 1000:.0f} ms, longest {longest * 1000:.0f} ms, "
            f"ready {dict(self.ready)}"
        )


class Load:
    """Clients that call without end, and one that watches readiness."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        self.seen = Seen()
        self.answered = 0
        self._threads = [threading.Thread(target=self._call) for _ in range(_CONNECTIONS)]
        self._threads.append(threading.Thread(target=self._watch))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def for_(self, seconds: float) -> Seen:
        """What is seen within the seconds that follow."""
        with self._lock:
            self.seen = seen = Seen()
        time.sleep(seconds)
        return seen

    def _call(self) -> None:
        body = small()
        while not self._is_over.is_set():
            with (
                suppress(OSError, http.client.HTTPException),
                closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)) as held,
            ):
                while not self._is_over.is_set():
                    self._one(held, body)
                    time.sleep(0.02)
            time.sleep(0.05)

    def _one(self, held: http.client.HTTPConnection, body: bytes) -> None:
        began = time.monotonic()
        try:
            held.request("POST", PATH, body, {"Content-Type": "application/json"})
            answer = held.getresponse()
            json.loads(answer.read())
            self._count(str(answer.status), time.monotonic() - began)
        except (OSError, http.client.HTTPException) as error:
            self._count(type(error).__name__, time.monotonic() - began)
            raise

    def _count(self, told: str, seconds: float) -> None:
        with self._lock:
            self.seen.answers[told] += 1
            self.seen.times.append(seconds)
            self.answered += told == "200"

    def _watch(self) -> None:
        while not self._is_over.is_set():
            told = asked(self._port, "/health/ready")[0]
            with self._lock:
                self.seen.ready[told] += 1
            time.sleep(0.5)


def asked(port: int, path: str) -> tuple[str, str]:
    """Status and body, or what kept them from coming."""
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return str(answer.status), answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__, ""


@dataclass
class Running:
    """A service that runs."""

    port: int
    process: subprocess.Popen[bytes]
    answered: int = 0
    """Calls of the drill."""

    def metric(self, name: str) -> float:
        """The sum of a metric."""
        lines = asked(self.port, "/metrics")[1].splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Running]:
    """A service of two workers, its files in the folder; nothing of it is left behind.

    At its end it tells how many calls are in the history.
    """
    port = free_port()
    environ = {name: text for name, text in os.environ.items() if "SPINE_CDS_" not in name}
    environ |= {
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "SPINE_CDS_LOG_LEVEL": "ERROR",
        "SPINE_CDS_PORT": str(port),
        "SPINE_CDS_WORKERS": "2",
    } | settings
    with started([sys.executable, "-m", "cds_service", "serve"], folder, environ) as process:
        until = time.monotonic() + _START_SECONDS
        while asked(port, "/health/live")[0] != "200":
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit("The service does not answer.")
            time.sleep(0.2)
        until = time.monotonic() + _START_SECONDS
        while len(children(process.pid)) < int(environ["SPINE_CDS_WORKERS"]):
            if time.monotonic() > until:
                raise SystemExit("Workers are missing.")
            time.sleep(0.2)
        workers = children(process.pid)
        service = Running(port, process)
        try:
            yield service
        finally:
            if process.poll() is not None:
                for pid in workers:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
    print(f"  answered {service.answered}, in the history {_recorded(folder, environ)}", flush=True)


def _recorded(folder: Path, environ: Mapping[str, str]) -> str:
    """How many calls the history holds, or why that cannot be told."""
    url = environ.get("SPINE_CDS_DATABASE_URL", f"sqlite:///{folder}/var/spine-cds.sqlite")
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.connect() as connection:
            return str(connection.execute(text("SELECT count(*) FROM call")).scalar())
    except SQLAlchemyError as error:
        return shorten(str(error), 60)
    finally:
        engine.dispose()


def drill(
    service: Running, break_it: Callable[[], object], mend_it: Callable[[], object] = lambda: None
) -> bool:
    """Breaks it under load, prints what was seen, and says whether no answer was a 5xx and it answers again."""
    with Load(service.port) as load:
        before = load.for_(_BEFORE)
        break_it()
        during = load.for_(_DURING)
        mend_it()
        after = load.for_(_AFTER)
    time.sleep(1)
    print(f"  before: {before.told()}\n  during: {during.told()}\n  after:  {after.told()}")
    service.answered = load.answered
    counts = [
        service.metric(f"spine_cds_{name}_total")
        for name in ("to_record", "recorded", "not_recorded")
    ]
    print("  to record {:.0f}, recorded {:.0f}, lost {:.0f}".format(*counts), flush=True)
    statuses = [status for seen in (before, during, after) for status in seen.answers]
    return not any(status.startswith("5") for status in statuses) and after.answers["200"] > 0


def _killed_worker(folder: Path) -> bool:
    with running(folder) as service:
        return drill(service, lambda: os.kill(children(service.process.pid)[0], signal.SIGKILL))


def _killed_parent(folder: Path) -> bool:
    with running(folder) as service:
        began = time.monotonic()
        drill(service, lambda: os.kill(service.process.pid, signal.SIGKILL))
        told = asked(service.port, "/health/live")[0]
        print(f"  {time.monotonic() - began:.0f} s later: {told}")
        return told == ConnectionRefusedError.__name__


@contextmanager
def _disk(folder: Path, size: str) -> Iterator[Path]:
    place = folder / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def _full_disk(folder: Path) -> bool:
    with _disk(folder, "8m") as disk, running(disk) as service:
        filler = disk / "filler"

        def fill() -> None:
            with suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 4096)

        return drill(service, fill, filler.unlink)


def _tiny_disk(folder: Path) -> bool:
    with _disk(folder, "1m") as disk, running(disk) as service:
        return drill(service, lambda: None)


def _database(folder: Path) -> Path:
    return folder / "var" / "spine-cds.sqlite"


def _locked(folder: Path) -> bool:
    with ExitStack() as held, running(folder) as service:

        def lock() -> None:
            other = held.enter_context(
                closing(sqlite3.connect(_database(folder), isolation_level=None))
            )
            other.execute("BEGIN EXCLUSIVE")

        return drill(service, lock, held.close)


def _deleted(folder: Path) -> bool:
    def delete() -> None:
        for file in _database(folder).parent.glob("spine-cds.sqlite*"):
            file.unlink()

    with running(folder) as service:
        return drill(service, delete)


def _overwritten(folder: Path) -> bool:
    with running(folder) as service:
        return drill(service, lambda: _database(folder).write_bytes(b"no database, " * 5_000))


def _newer(folder: Path) -> bool:
    with running(folder) as service:
        drill(service, lambda: None)
    with closing(sqlite3.connect(_database(folder))) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with running(folder) as service:
        return drill(service, lambda: None)


def _read_only(folder: Path) -> bool:
    with _disk(folder, "8m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with running(disk) as service:
            return drill(service, lambda: None)


def _postgres_frozen(folder: Path) -> bool:
    with (
        postgres() as server,
        ExitStack() as frozen,
        running(folder, SPINE_CDS_DATABASE_URL=server.url) as service,
    ):
        return drill(service, lambda: frozen.enter_context(server.frozen()), frozen.close)


def _postgres_restarted(folder: Path) -> bool:
    with postgres() as server, running(folder, SPINE_CDS_DATABASE_URL=server.url) as service:
        return drill(service, server.stop, server.start)


def _idle_connections(folder: Path) -> bool:
    with ExitStack() as opened, running(folder) as service:

        def connect() -> None:
            for _ in range(_IDLE):
                opened.enter_context(closing(socket.create_connection(("127.0.0.1", service.port))))

        return drill(service, connect)


def _clock_set_back(folder: Path) -> bool:
    clock = folder / "clock"
    clock.write_text("+0")
    with running(
        folder,
        LD_PRELOAD=_FAKE_CLOCK,
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    ) as service:
        return drill(service, lambda: clock.write_text(_TWO_HOURS), lambda: clock.write_text("+0"))


_FAULTS: Final[dict[str, Callable[[Path], bool]]] = {
    "a worker is killed": _killed_worker,
    "the parent is killed": _killed_parent,
    "the disk is full": _full_disk,
    "the disk has 1 MB": _tiny_disk,
    "the database is locked": _locked,
    "the database is deleted": _deleted,
    "the database is overwritten": _overwritten,
    "the database is of a newer version": _newer,
    "the disk is read-only": _read_only,
    "PostgreSQL is frozen": _postgres_frozen,
    "PostgreSQL is stopped and started": _postgres_restarted,
    "1,000 idle connections": _idle_connections,
    "the clock is set back by two hours": _clock_set_back,
}


def main(wanted: list[str]) -> int:
    """All faults, or those whose names hold one of the words."""
    are_fine = []
    for name, fault in _FAULTS.items():
        if wanted and not any(word in name for word in wanted):
            continue
        print(name, flush=True)
        with TemporaryDirectory(prefix="spine-cds-breaking-") as folder:
            are_fine.append(fault(Path(folder)))
    return int(not all(are_fine))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
