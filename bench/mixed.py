"""Two workers under valid and hostile bodies at once: how long answers take, and whether any is a failure of ours.

Prints how often each status was answered, the median and the 99th percentile. Ends with 1 for a 5xx, an answer that
did not come or is no JSON, or a 99th percentile above ten times the median. mixed.py [--seconds 60]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))  # the hostile bodies are those of the tests

from bodies import large, small
from doors import PATH
from hostile import hostile_calls
from serving import served

_HOSTILE = 400
_LONGEST = 200_000
"""Bytes of a hostile body here: what megabytes cost is measured elsewhere."""
_MOST_TIMES_MEDIAN = 10
_SENDERS = 2
"""Processes: one alone would measure itself."""

Calls = list[tuple[str, bytes]]
Seen = tuple[list[float], Counter[str]]


def main() -> int:
    """Measure, print, and end with 1 where the aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    calls = mixed_calls()
    with served(SPINE_CDS_WORKERS=str(options.workers)) as (port, _):
        _sent(port, calls, options.connections // _SENDERS, 3.0)
        with ProcessPoolExecutor(_SENDERS) as senders:
            sent = [
                senders.submit(_sent, port, calls, options.connections // _SENDERS, options.seconds)
                for _ in range(_SENDERS)
            ]
            seen = [one.result() for one in sent]
    times = [value for spent, _ in seen for value in spent]
    answered = sum((counts for _, counts in seen), Counter[str]())
    cuts = quantiles(times, n=100)
    median, p99 = cuts[49], cuts[98]
    print(f"{len(times)} calls, {len(times) / options.seconds:.0f} a second: {dict(answered)}")
    print(f"p50 {median * 1000:.0f} ms  p99 {p99 * 1000:.0f} ms  {p99 / median:.1f} times")
    failures = [status for status in answered if not status.isdecimal() or status >= "500"]
    return int(bool(failures) or p99 > _MOST_TIMES_MEDIAN * median)


def mixed_calls() -> Calls:
    """As many valid calls as hostile ones, one after the other; every twentieth is a chart of a megabyte."""
    hostile = [call for call in islice(hostile_calls(), _HOSTILE) if len(call[1]) <= _LONGEST]
    valid = cycle([(PATH, small())] * 19 + [(PATH, large())])
    return [call for pair in zip(valid, hostile, strict=False) for call in pair]


def _sent(port: int, calls: Calls, connections: int, seconds: float) -> Seen:
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(connections) as threads:
        started = [
            threads.submit(_one_connection, port, calls, number * 7, until)
            for number in range(connections)
        ]
        results = [one.result() for one in started]
    times = [value for spent, _ in results for value in spent]
    return times, sum((counts for _, counts in results), Counter[str]())


def _one_connection(port: int, calls: Calls, first: int, until: float) -> Seen:
    times: list[float] = []
    answered: Counter[str] = Counter()
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        for path, body in islice(cycle(calls), first, None):
            began = time.monotonic()
            if began >= until:
                break
            try:
                connection.request("POST", path, body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                json.loads(answer.read())
                answered[str(answer.status)] += 1
            except (OSError, HTTPException, ValueError) as error:
                connection.close()
                answered[type(error).__name__] += 1
            times.append(time.monotonic() - began)
    return times, answered


if __name__ == "__main__":
    sys.exit(main())
