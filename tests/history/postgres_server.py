"""A PostgreSQL server of the tests' own, which can be frozen, stopped and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

WHAT_IT_NEEDS: Final = (
    "needs PostgreSQL (Debian: apt install postgresql) and pip install 'psycopg[binary]'"
)
_START_SECONDS: Final = 30.0


def programs() -> Path | None:
    """Where PostgreSQL's programs are. Debian does not put them into the path."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "postgres").exists()), None)


class Server:
    """One server on a free port, with its files in a folder of its own."""

    def __init__(self, programs_at: Path, folder: Path) -> None:
        self._programs = programs_at
        self._data = folder / "data"
        self._user = _user()
        self._process: subprocess.Popen[bytes] | None = None
        with closing(socket.create_server(("127.0.0.1", 0))) as taken:
            self.port: int = taken.getsockname()[1]
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", str(self._data), "-U", "tests", "-A", "trust", "--no-sync")

    @property
    def url(self) -> str:
        """For SPINE_CDS_DATABASE_URL."""
        return f"postgresql://tests@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Returns when it takes connections."""
        command = [
            str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self.port), "-h", "127.0.0.1",
            "-k", str(self._data), "-c", "fsync=off",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            command, user=self._user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            ready = [
                str(self._programs / "pg_isready"),
                "-q",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
            ]
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise TimeoutError("PostgreSQL did not start")

    def stop(self) -> None:
        """At once; whoever is connected is cut off."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_START_SECONDS)
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections, and nobody answers on them."""
        assert self._process is not None
        stopped = [self._process.pid, *_children(self._process.pid)]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                try:
                    os.kill(pid, signal.SIGCONT)
                except ProcessLookupError:
                    continue

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(command, user=self._user, check=True, capture_output=True)


@contextmanager
def started() -> Iterator[Server]:
    """A server that runs, and is gone with its files afterwards."""
    place = programs()
    if place is None:
        raise FileNotFoundError("postgres")
    folder = Path(mkdtemp(prefix="spine-cds-postgres-"))
    server = Server(place, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _user() -> str | None:
    """PostgreSQL refuses to be run by root."""
    return "postgres" if os.geteuid() == 0 else None
