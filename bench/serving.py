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


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def served(**settings: str) -> Iterator[tuple[int, int]]:
    """The port and the process id of a service that answers."""
    port = free_port()
    environ = {name: text for name, text in os.environ.items() if "SPINE_CDS_" not in name}
    environ |= {"PYTHONPATH": str(_ROOT), "SPINE_CDS_LOG_LEVEL": "ERROR"} | settings
    command = [sys.executable, "-m", "cds_service", "serve", "--port", str(port)]
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
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    own = sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(memory_mb(int(child)) for child in children)


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
