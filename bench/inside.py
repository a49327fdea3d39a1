"""Calls in process, one block at a time as it is asked for: `inside(...)` starts one and asks it.

A line on standard input names server, body and number of calls; the answer is the CPU time of one call in ms.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bodies import of_size

Block = Callable[[str, int, int], float]
"""(server, number of resources, calls) → CPU ms of one call."""


@contextmanager
def inside(python_path: str | None = None) -> Iterator[Block]:
    """A process that calls service and floor through their WSGI doors."""
    environ = None if python_path is None else {"PYTHONPATH": python_path, "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environ,
    ) as process:
        asking, answers = process.stdin, process.stdout
        if asking is None or answers is None:
            raise SystemExit("no pipes")

        def block(server: str, resources: int, calls: int) -> float:
            asking.write(json.dumps([server, resources, calls]) + "\n")
            asking.flush()
            return float(answers.readline())

        yield block
        asking.close()


def _answer_blocks() -> None:
    from doors import floor_door, service_door  # noqa: PLC0415 - only in the process that calls them

    with service_door() as service:
        doors = {"floor": floor_door(), "service": service}
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        for line in sys.stdin:
            server, resources, calls = json.loads(line)
            call, body = doors[server], of_size(resources)
            call(body)
            start = time.process_time()
            for _ in range(calls):
                call(body)
            print((time.process_time() - start) / calls * 1000, flush=True)


if __name__ == "__main__":
    _answer_blocks()
