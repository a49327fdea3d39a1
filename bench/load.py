"""Two ways to put a server under load: wrk, and where that is missing a loop in Python, which is slower."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

PATH = "/cds-services/spine-imaging-order-select"
_HERE = Path(__file__).parent
_OK = 200


@dataclass(frozen=True, slots=True)
class Measured:
    """What one stretch of load saw."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    errors: int


def has_wrk() -> bool:
    """Whether wrk is on this machine."""
    return shutil.which("wrk") is not None


def loaded(port: int, body: Path, *, connections: int, seconds: int) -> Measured:
    """Send the body over and over for so many seconds."""
    if has_wrk():
        return _by_wrk(port, body, connections, seconds)
    return _by_python(port, body.read_bytes(), connections, seconds)


def _by_wrk(port: int, body: Path, connections: int, seconds: int) -> Measured:
    command = [
        "wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
        "-s", str(_HERE / "post.lua"), f"http://127.0.0.1:{port}{PATH}",
    ]  # fmt: skip
    done = subprocess.run(
        command, env={**os.environ, "BODY": str(body)}, capture_output=True, text=True, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("MEASURED"))
    _, requests, spent, p50, p99, errors = line.split()
    return Measured(int(requests), float(spent), float(p50), float(p99), int(errors))


def _by_python(port: int, body: bytes, connections: int, seconds: int) -> Measured:
    started = time.monotonic()
    with ThreadPoolExecutor(connections) as threads:
        sent = [
            threads.submit(_one_connection, port, body, started + seconds)
            for _ in range(connections)
        ]
        results = [one.result() for one in sent]
    times = [value for spent, _ in results for value in spent]
    cuts = quantiles(times, n=100)
    return Measured(
        len(times),
        time.monotonic() - started,
        cuts[49] * 1000,
        cuts[98] * 1000,
        sum(errors for _, errors in results),
    )


def _one_connection(port: int, body: bytes, until: float) -> tuple[list[float], int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    times, errors = [], 0
    while (start := time.monotonic()) < until:
        connection.request("POST", PATH, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        errors += answer.status != _OK
        times.append(time.monotonic() - start)
    return times, errors
