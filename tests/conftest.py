"""What holds for all tests."""

from __future__ import annotations

import os

import pytest

from cds_service.advice import CompiledGuideline, compile_guideline
from cds_service.knowledge.loader import load_guideline


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("CI") == "true":
        terminalreporter.write_line(
            "Under CI=true nothing may be skipped; see the list above.", red=True
        )


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if skipped and os.environ.get("CI") == "true" and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def compiled() -> CompiledGuideline:
    """The packaged guideline, compiled once."""
    return compile_guideline(load_guideline())
