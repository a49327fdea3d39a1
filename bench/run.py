"""Measures the service against the floor, in process and served, in one run: `make bench`.

CPU time and instructions are what to look at: requests a second say how busy the machine is. Of CPU times the least of
several rounds counts, and the rounds of floor and service take turns, because the same work costs twice as much at some
moments as at others.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bodies import AS_OF, BODIES, SIZES
from growth import measured_growth, written_growth
from inside import Block, inside
from instructions import counted, has_valgrind
from load import has_wrk, loaded
from serving import children, cpu_seconds, resident_mb, served

_CALLS = {"small": 100, "large": 10}
_CONNECTIONS = 8
_SERVERS = ("floor", "service")
_SECONDS = 3
_AFTER_CALLS = 1000

Times = dict[tuple[str, str, str], float]
"""CPU ms of one call, by door, server and body."""


def main() -> None:
    """Measure everything and print it as the tables of RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plot", type=Path, help="SVG file for the growth")
    options = parser.parse_args()
    if not has_wrk():
        print("wrk is not installed (Debian: apt install wrk); a slower loop in Python is used.\n")
    with inside() as block:
        _print_calls(_least_times(block, options.rounds))
        growth = measured_growth(block)
    print(written_growth(growth, options.plot))
    _print_processes()


def _least_times(block: Block, rounds: int) -> Times:
    least: Times = defaultdict(lambda: float("inf"))
    with TemporaryDirectory() as folder, ExitStack() as stack:
        files = {name: Path(folder, f"{name}.json") for name in BODIES}
        for name, make in BODIES.items():
            files[name].write_bytes(make())
        at = {
            server: stack.enter_context(served(server, SPINE_CDS_AS_OF=AS_OF.isoformat()))
            for server in _SERVERS
        }
        for _ in range(rounds):
            for name, file in files.items():
                for server, (port, pid) in at.items():
                    alone = block(server, SIZES[name], _CALLS[name])
                    before = cpu_seconds(pid)
                    seen = loaded(port, file, connections=_CONNECTIONS, seconds=_SECONDS)
                    spent = (cpu_seconds(pid) - before) / max(seen.requests, 1) * 1000
                    for door, time in (("inside", alone), ("served", spent)):
                        key = (door, server, name)
                        least[key] = min(least[key], time)
                    if seen.errors:
                        print(f"{seen.errors} errors: {server}, {name}", file=sys.stderr)
    return least


def _print_calls(times: Times) -> None:
    counts = counted() if has_valgrind() else {}
    if not counts:
        print(
            "No instructions: valgrind is not installed or failed, or this Python has no symbols.\n"
        )
    print("| | CPU in process | CPU served | served ÷ in process | instructions in process |")
    print("|---|---:|---:|---:|---:|")
    for name in BODIES:
        for server in _SERVERS:
            alone, spent = times["inside", server, name], times["served", server, name]
            count = f"{counts[server, name] / 1e6:.2f} M" if counts else "–"
            print(
                f"| {server}, {name} | {alone:.2f} ms | {spent:.2f} ms | {spent / alone:.2f} | {count} |"
            )
        shares = [
            times[door, "floor", name] / times[door, "service", name]
            for door in ("inside", "served")
        ]
        counted_share = f"{counts['floor', name] / counts['service', name]:.3f}" if counts else "–"
        print(
            f"| **floor ÷ service, {name}** | {shares[0]:.3f} | {shares[1]:.3f} | | {counted_share} |"
        )
    print()


def _print_processes() -> None:
    with TemporaryDirectory() as folder, served(SPINE_CDS_AS_OF=AS_OF.isoformat()) as (port, pid):
        started = cpu_seconds(pid)
        body = Path(folder, "small.json")
        body.write_bytes(BODIES["small"]())
        done = 0
        while done < _AFTER_CALLS:
            done += loaded(port, body, connections=_CONNECTIONS, seconds=1).requests
        (worker,) = children(pid)
        print(
            "| from start to ready, one worker | resident memory of a worker after 1,000 small calls |"
        )
        print("|---:|---:|")
        print(f"| {started:.2f} s CPU | {resident_mb(worker):.0f} MB |")


if __name__ == "__main__":
    main()
