"""A service of its own for a measurement, on a free port, with its files in a folder that goes away."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

_ROOT = Path(__file__).parents[1]
_START_SECONDS = 60
_COMMANDS = {
    "service": ["-m", "cds_service", "serve"],
    "floor": [str(Path(__file__).with_name("floor_app.py"))],
}
_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def served(server: str = "service", **settings: str) -> Iterator[tuple[int, int]]:
    """The port and the process id of a service, or of the floor, that answers."""
    port = free_port()
    environ = {name: text for name, text in os.environ.items() if "SPINE_CDS_" not in name}
    environ |= {
        "PYTHONPATH": str(_ROOT),
        "SPINE_CDS_LOG_LEVEL": "ERROR",
        "SPINE_CDS_PORT": str(port),
    } | settings
    command = [sys.executable, *_COMMANDS[server]]
    with TemporaryDirectory() as folder, started(command, Path(folder), environ) as process:
        _wait_for(f"http://127.0.0.1:{port}/health/ready", process)
        yield port, process.pid


@contextmanager
def started(
    command: list[str], folder: Path, environ: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended with the block."""
    process = subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        process.kill()


def memory_mb(pid: int) -> float:
    """Memory of a process and its children that no other process shares with them, in MB."""
    return _kept_mb(pid, "Private_") + sum(memory_mb(child) for child in children(pid))


def resident_mb(pid: int) -> float:
    """Memory of a process that is there, shared or not, in MB."""
    return _kept_mb(pid, "Rss:")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of all its children that live."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / _TICKS
    return own + sum(cpu_seconds(child) for child in children(pid))


def children(pid: int) -> list[int]:
    """Processes that a process started: the workers of a service."""
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _kept_mb(pid: int, kind: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"The server does not answer: {process.args!r}") from None
            time.sleep(0.1)
