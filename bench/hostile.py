"""Hostile calls of two generators, in this process and against a running service.

It has to live on, quickly, with the memory that it had. The one generator makes odd calls from nothing and bends good
ones (`tests/web/odd_calls.py`), the other takes real ones apart (`mutations.py`). Prints how often each status was
answered, the slowest answer in CPU seconds, and the memory before and after. Ends with 1 for a 5xx, an answer that is
no JSON, an answer of more than a second of CPU, a service that died or one that grew by a tenth.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # the generators are those of the tests

from mutations import mutated
from serving import memory_mb, served

from cds_service.app import configure_logs, create_app
from cds_service.knowledge.loader import load_guideline
from cds_service.settings import Settings
from tests.web.odd_calls import as_body, bent, broken_body, known_codes, odd_call, rich_case

_PATHS = tuple(
    f"/cds-services/spine-imaging-{hook}"
    for hook in ("order-select", "order-sign", "order-dispatch")
)
_CONNECTIONS = 8
_WARM_UP = 2_000
_AT_ONCE = 200
"""Calls that are made before they are sent; some are of many megabytes."""
_MOST_GROWTH = 1.10
_MOST_CPU = 1.0
"""Seconds of one answer."""
_MOST_BYTES = Settings().max_body
_ALLOWED = frozenset({200, 400, 404, 405, 412, 413, 415, 422})


@dataclass
class Run:
    """What became of the calls of one run."""

    answered: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    memory_before: float = 0.0
    memory_after: float = 0.0
    seconds: float = 0.0

    def is_fine(self) -> bool:
        """Whether nothing happened that must not."""
        unwanted = set(self.answered) - {str(status) for status in _ALLOWED}
        has_grown = self.memory_after > self.memory_before * _MOST_GROWTH
        return not unwanted and not has_grown and self.slowest <= _MOST_CPU

    def print(self, title: str) -> None:
        """The run in a few lines."""
        total = sum(self.answered.values())
        print(f"{title}: {total} calls, {total / self.seconds:.0f} a second")
        for status, count in sorted(self.answered.items()):
            print(f"{count:10}  {status}")
        if self.slowest:
            print(f"  slowest answer {self.slowest:.2f} s of CPU")
        growth = 100 * (self.memory_after / self.memory_before - 1)
        print(
            f"  memory {self.memory_before:.0f} MB after the warm-up, {self.memory_after:.0f} MB at the end "
            f"({growth:+.1f} %)"
        )


def main() -> int:
    """Send them, and say what became of the service."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--in-process", type=int, default=100_000, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="where the calls begin")
    parser.add_argument("--requests", type=int, default=10_000, metavar="N", help="over HTTP")
    options = parser.parse_args()
    runs = []
    if options.in_process:
        inside = run_inside(options.in_process, options.first)
        inside.print("inside")
        runs.append(inside.is_fine())
    if options.requests:
        over_http, is_alive = run_over_http(options.requests, options.first)
        over_http.print("HTTP")
        print(f"  alive: {is_alive}")
        runs += [over_http.is_fine(), is_alive]
    return int(not all(runs))


def hostile_calls(first: int = 0) -> Iterator[tuple[str, bytes]]:
    """Path and body, without end, the same at every run; `first` are left out."""
    codes = known_codes(load_guideline())
    number = first
    while True:
        number += 1
        path = _PATHS[number % len(_PATHS)]
        match number % 8:
            case 0 | 1:
                yield path, as_body(odd_call(number, codes))
            case 2:
                yield path, as_body(bent(rich_case(), number))
            case 3:
                yield path, broken_body(as_body(rich_case()), number)
            case _:
                service, body = mutated(number)
                yield f"/cds-services/{service}", body


def run_inside(count: int, first: int = 0) -> Run:
    """The calls through the application in this process, one after the other."""
    configure_logs("ERROR")
    settings = Settings()
    app = create_app(settings, clock=lambda: datetime.now(UTC))  # noqa: TID251 - as a service does
    run = Run()
    calls = hostile_calls(first)
    for path, body in islice(calls, _WARM_UP):
        _call(app.wsgi_app, path, body)
    gc.collect()
    run.memory_before = memory_mb(os.getpid())
    began = time.monotonic()
    for path, body in islice(calls, count):
        started = time.thread_time()
        status = _call(app.wsgi_app, path, body)
        took = time.thread_time() - started
        run.answered[status] += 1
        if took > run.slowest:
            run.slowest = took
            print(f"  slowest so far: {took:.2f} s for {len(body)} bytes", file=sys.stderr)
        if took > _MOST_CPU:
            Path(f"hostile-slow-{run.answered.total()}.json").write_bytes(body)
        if status not in {str(allowed) for allowed in _ALLOWED}:
            Path(f"hostile-{status}.json").write_bytes(body)
    run.seconds = time.monotonic() - began
    gc.collect()
    run.memory_after = memory_mb(os.getpid())
    return run


def _call(application: Any, path: str, body: bytes) -> str:
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    answer = b"".join(application(environ, lambda status, _headers, *_: told.append(status[:3])))
    try:
        json.loads(answer)
    except ValueError:
        return "no JSON"
    return told[0]


def run_over_http(count: int, first: int = 0) -> tuple[Run, bool]:
    """The calls against a service of its own; and whether it still answers."""
    run = Run()
    with served() as (port, pid):
        calls = hostile_calls(first)
        for _ in range(0, _WARM_UP, _AT_ONCE):
            sent(port, list(islice(calls, _AT_ONCE)))
        run.memory_before = memory_mb(pid)
        began = time.monotonic()
        for _ in range(0, count, _AT_ONCE):
            run.answered += sent(port, list(islice(calls, _AT_ONCE)))
        run.seconds = time.monotonic() - began
        run.memory_after = memory_mb(pid)
        is_alive = sent(port, [(_PATHS[0], as_body(rich_case()))])["200"] == 1
    return run, is_alive


def sent(port: int, calls: list[tuple[str, bytes]]) -> Counter[str]:
    """How often each status was answered."""
    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        shares = [calls[start::_CONNECTIONS] for start in range(_CONNECTIONS)]
        return sum(threads.map(lambda share: _sent_in_a_row(port, share), shares), Counter[str]())


def _sent_in_a_row(port: int, calls: list[tuple[str, bytes]]) -> Counter[str]:
    found: Counter[str] = Counter()
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        for path, body in calls:
            try:
                connection.request("POST", path, body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                json.loads(answer.read())
                found[str(answer.status)] += 1
            except (OSError, HTTPException, ValueError) as error:
                connection.close()
                # A body above the limit is refused by its length, and whoever still sends it meets a closed door.
                is_refused = len(body) > _MOST_BYTES and isinstance(error, OSError)
                found["413" if is_refused else type(error).__name__] += 1
    return found


if __name__ == "__main__":
    sys.exit(main())
