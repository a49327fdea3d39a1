"""What a run left out, and how to have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

SLOW = ".venv/bin/pytest -m slow"


def left_out(reasons: Iterable[str], deselected_slow: int) -> Iterator[str]:
    """One line for each reason to skip, most tests first, and one for the slow tests that are not asked for."""
    for reason, count in Counter(reasons).most_common():
        yield f"{_tests(count)}: {reason.removeprefix('Skipped: ')}"
    if deselected_slow:
        yield f"{_tests(deselected_slow)} marked slow, outside the default run: {SLOW}"


def _tests(count: int) -> str:
    return f"{count} test" if count == 1 else f"{count} tests"
