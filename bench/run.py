"""Measures the service, and a bare Flask route on the same server settings: `make bench`.

CPU time is what to look at: it holds on a busy machine, requests a second do not. It is the time (user and system)
of the server's processes divided by the requests; the smallest of several rounds counts.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bodies import AS_OF, BODIES
from load import Measured, has_wrk, loaded

_HERE = Path(__file__).parent
_TICKS = os.sysconf("SC_CLK_TCK")
_CONNECTIONS = 8
_THREADS = 16
_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Row:
    """The best round of one server with one body."""

    server: str
    body: str
    measured: Measured
    cpu_ms: float


def main() -> None:
    """Run every server with every body and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="length of a round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if not has_wrk():
        print("wrk is not installed (Debian: apt install wrk); a slower loop in Python is used.")
    with TemporaryDirectory() as folder:
        for name, make in BODIES.items():
            Path(folder, f"{name}.json").write_bytes(make())
        rows = [
            row
            for server in ("bare", "service")
            for row in _rows(server, Path(folder), options.seconds, options.rounds)
        ]
    _print(rows)


def _rows(server: str, folder: Path, seconds: int, rounds: int) -> Iterator[Row]:
    with _served(server, folder) as (port, pid):
        for name in BODIES:
            body = folder / f"{name}.json"
            loaded(port, body, connections=_CONNECTIONS, seconds=1)
            yield min(
                (_round(server, name, port, pid, body, seconds) for _ in range(rounds)),
                key=lambda row: row.cpu_ms,
            )


def _round(server: str, name: str, port: int, pid: int, body: Path, seconds: int) -> Row:
    before = _cpu_seconds(pid)
    measured = loaded(port, body, connections=_CONNECTIONS, seconds=seconds)
    spent = _cpu_seconds(pid) - before
    return Row(server, name, measured, spent / max(measured.requests, 1) * 1000)


@contextmanager
def _served(server: str, folder: Path) -> Iterator[tuple[int, int]]:
    """The port and the process id of a server that answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    environment = {name: text for name, text in os.environ.items() if "SPINE_CDS_" not in name}
    environment |= {
        "SPINE_CDS_DATABASE_URL": f"sqlite:///{folder}/history.sqlite",
        "SPINE_CDS_AS_OF": AS_OF.isoformat(),
    }
    process = subprocess.Popen(
        _command(server, port),
        cwd=_HERE.parent,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        process.kill()


def _command(server: str, port: int) -> list[str]:
    if server == "service":
        return [sys.executable, "-m", "cds_service", "serve", "--port", str(port)]
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--workers", "1",
        "--blocking-threads", str(_THREADS), "--host", "127.0.0.1", "--port", str(port),
        "--working-dir", str(_HERE), "bare:wsgi",
    ]  # fmt: skip


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/cds-services", timeout=2):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"The server does not answer: {process.args!r}") from None
            time.sleep(0.1)


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process and of all its children that live."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = (int(fields[11]) + int(fields[12])) / _TICKS
    return own + sum(_cpu_seconds(int(child)) for child in children)


def _print(rows: list[Row]) -> None:
    bare = {row.body: row for row in rows if row.server == "bare"}
    print(f"{'':16}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'× bare':>8}{'errors':>8}")
    for row in rows:
        seen = row.measured
        ratio = row.cpu_ms / bare[row.body].cpu_ms
        print(
            f"{row.server + ', ' + row.body:16}{seen.requests / seen.seconds:9.0f}"
            f"{seen.p50_ms:9.1f}{seen.p99_ms:9.1f}{row.cpu_ms:9.2f}{ratio:8.1f}{seen.errors:8}"
        )


if __name__ == "__main__":
    main()
