"""Instructions of one call in process, counted by valgrind: the one number that a busy machine cannot change.

Counting starts and ends with `math.fsum`, of which nothing else makes use; it runs the calls by its argument. A Python
without symbols cannot be counted in.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bodies import BODIES

_CALLS: Final = {"small": 20, "large": 3}
_SERVERS: Final = ("floor", "service")


def has_valgrind() -> bool:
    """Whether valgrind is on this machine."""
    return shutil.which("valgrind") is not None


def counted() -> dict[tuple[str, str], float]:
    """Instructions of one call, by server and body. Empty when that failed, or this Python has no symbols."""
    with TemporaryDirectory() as folder:
        command = [
            "valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=math_fsum",
            "--dump-after=math_fsum", f"--callgrind-out-file={folder}/counts",
            sys.executable, __file__,
        ]  # fmt: skip
        subprocess.run(command, check=False, capture_output=True)
        if not Path(folder, f"counts.{len(_PARTS)}").exists():
            return {}
        counts = [_total(Path(folder, f"counts.{part + 1}")) for part in range(len(_PARTS))]
    return {part: count / _CALLS[part[1]] for part, count in zip(_PARTS, counts, strict=True)}


_PARTS: Final = tuple((server, body) for server in _SERVERS for body in BODIES)


def _total(dump: Path) -> int:
    found = re.search(r"^(?:totals|summary): (\d+)", dump.read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"valgrind wrote no total into {dump.name}")
    return int(found[1])


def _inside() -> None:
    from doors import floor_door, service_door  # noqa: PLC0415 - only below valgrind

    with service_door() as service:
        doors = {"floor": floor_door(), "service": service}
        for server, name in _PARTS:
            body, call = BODIES[name](), doors[server]
            # What the first calls look up and cache is not what a call costs.
            for _ in range(3):
                call(body)
            math.fsum(_calls(call, body, _CALLS[name]))


def _calls(call: Callable[[bytes], bytes], body: bytes, count: int) -> Iterator[float]:
    for _ in range(count):
        call(body)
    yield 0.0


if __name__ == "__main__":
    _inside()
