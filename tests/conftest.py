"""What holds for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from cds_service.advice import CompiledGuideline
from cds_service.evidence.codes.index import CodeIndex
from cds_service.knowledge.model import Guideline
from tests import shipped
from tests.not_run import left_out

_SLOW = pytest.StashKey[int]()
"""How many slow tests were left out, where several processes run the tests."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was left out, and how to have it; above the last line, which is pytest's own."""
    stats = terminalreporter.stats
    skipped = stats.get("skipped", [])
    slow = _slow(stats.get("deselected", [])) or terminalreporter.config.stash.get(_SLOW, 0)
    lines = list(left_out((item.longrepr[2] for item in skipped), slow))
    if lines:
        terminalreporter.section("left out")
        for line in lines:
            terminalreporter.write_line(line)
    if skipped and os.environ.get("CI") == "true":
        terminalreporter.write_line("Under CI=true nothing may be skipped; see above.", red=True)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """A process of several tells the one that started it."""
    told: dict[str, int] | None = getattr(items[0].config, "workeroutput", None) if items else None
    if told is not None:
        told["slow"] = _slow(items)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every process leaves out the same tests."""
    node.config.stash[_SLOW] = getattr(node, "workeroutput", {}).get("slow", 0)


def _slow(items: Sequence[pytest.Item]) -> int:
    return sum(item.get_closest_marker("slow") is not None for item in items)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if skipped and os.environ.get("CI") == "true" and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def _the_guideline_is_loaded_once() -> Iterator[None]:
    """Commands and services that are started in this process take the one of all tests."""
    with shipped.loaded_already():
        yield


@pytest.fixture(scope="session")
def compiled() -> CompiledGuideline:
    """The guideline as shipped."""
    return shipped.compiled()


@pytest.fixture(scope="session")
def guideline() -> Guideline:
    """The same, as it was loaded."""
    return shipped.guideline()


@pytest.fixture(scope="session")
def index() -> CodeIndex:
    """Its look-ups of codes."""
    return shipped.index()
