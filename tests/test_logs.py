"""Log lines: one JSON object each, and never a reason for a call to fail."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from cds_service.app import configure_logs


@pytest.fixture(autouse=True)
def _configuration() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_an_event_is_one_line_of_json_on_standard_error(capsys):
    configure_logs("INFO")
    structlog.get_logger().info("request", status=200)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["status"]) == ("request", "info", 200)
    assert "timestamp" in line


def test_a_line_below_the_level_is_not_written(capsys):
    configure_logs("WARNING")
    structlog.get_logger().info("request")
    assert capsys.readouterr().err == ""


class Full(io.StringIO):
    """A disk without space."""

    def write(self, text: str) -> int:
        del text
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("broken", ["full", "closed"])
def test_a_log_that_cannot_be_written_costs_a_line_and_nothing_else(monkeypatch, broken):
    stream = Full() if broken == "full" else io.StringIO()
    if broken == "closed":
        stream.close()
    configure_logs("INFO")
    monkeypatch.setattr(sys, "stderr", stream)
    structlog.get_logger().info("request")
