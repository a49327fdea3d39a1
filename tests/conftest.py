"""What holds for all tests."""

from __future__ import annotations

import os

import pytest

from cds_service.advice import CompiledGuideline
from cds_service.evidence.codes.index import CodeIndex
from cds_service.knowledge.model import Guideline
from tests import shipped
from tests.not_run import left_out


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was left out, and how to have it; above the last line, which is pytest's own."""
    stats = terminalreporter.stats
    skipped = stats.get("skipped", [])
    slow = [item for item in stats.get("deselected", []) if item.get_closest_marker("slow")]
    lines = list(left_out((item.longrepr[2] for item in skipped), len(slow)))
    if lines:
        terminalreporter.section("left out")
        for line in lines:
            terminalreporter.write_line(line)
    if skipped and os.environ.get("CI") == "true":
        terminalreporter.write_line("Under CI=true nothing may be skipped; see above.", red=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if skipped and os.environ.get("CI") == "true" and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


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
