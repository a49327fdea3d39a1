"""Thousands of hostile calls against a running service: it has to live on, with the memory that it had.

Half of the calls have odd content in the right outline, half are good calls bent or broken. Prints how often each
status was answered, and the memory before and after. Ends with 1 for a 500, an answer that is no JSON, a service that
died or one that grew.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the generators are those of the tests

from serving import memory_mb, served

from cds_service.knowledge.loader import load_guideline
from tests.web.odd_calls import as_body, bent, broken_body, known_codes, odd_call, rich_case

_PATHS = tuple(
    f"/cds-services/spine-imaging-{hook}"
    for hook in ("order-select", "order-sign", "order-dispatch")
)
_CONNECTIONS = 8
_WARM_UP = 1_000
_MOST_GROWTH_MB = 25.0
_ALLOWED = frozenset({200, 400, 404, 405, 412, 413, 415, 422})


def main() -> int:
    """Send them, and say what became of the service."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    options = parser.parse_args()
    with served() as (port, pid):
        calls = hostile_calls()
        answered = sent(port, list(islice(calls, _WARM_UP)))
        before = memory_mb(pid)
        began = time.monotonic()
        for _ in range(0, options.requests, _WARM_UP):
            answered += sent(port, list(islice(calls, _WARM_UP)))
        took = time.monotonic() - began
        after = memory_mb(pid)
        is_alive = sent(port, [(_PATHS[0], as_body(rich_case()))])["200"] == 1
    for status, count in sorted(answered.items()):
        print(f"{count:8}  {status}")
    print(f"{options.requests / took:8.0f}  requests a second")
    print(f"memory {before:.0f} MB before, {after:.0f} MB after; alive: {is_alive}")
    unwanted = set(answered) - {str(status) for status in _ALLOWED}
    return int(bool(unwanted) or not is_alive or after - before > _MOST_GROWTH_MB)


def hostile_calls() -> Iterator[tuple[str, bytes]]:
    """Path and body, without end, the same at every run."""
    codes = known_codes(load_guideline())
    number = 0
    while True:
        number += 1
        path = _PATHS[number % len(_PATHS)]
        match number % 4:
            case 0 | 1:
                yield path, as_body(odd_call(number, codes))
            case 2:
                yield path, as_body(bent(rich_case(), number))
            case _:
                yield path, broken_body(as_body(rich_case()), number)


def sent(port: int, calls: list[tuple[str, bytes]]) -> Counter[str]:
    """How often each status was answered."""
    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        shares = [calls[start::_CONNECTIONS] for start in range(_CONNECTIONS)]
        return sum(threads.map(lambda share: _sent_in_a_row(port, share), shares), Counter[str]())


def _sent_in_a_row(port: int, calls: list[tuple[str, bytes]]) -> Counter[str]:
    found: Counter[str] = Counter()
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        for path, body in calls:
            try:
                connection.request("POST", path, body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                json.loads(answer.read())
                found[str(answer.status)] += 1
            except (OSError, HTTPException, ValueError) as error:
                connection.close()
                found[type(error).__name__] += 1
    return found


if __name__ == "__main__":
    sys.exit(main())
