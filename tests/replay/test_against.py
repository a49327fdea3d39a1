"""A real service in a process of its own: replayed here or sent there, a call gets the same bytes."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import requests

from cds_service.errors import SpineCdsError
from cds_service.replay.runner import Engine, RunningService, checked_case
from tests.replay.conftest import FIXTURES, cases_below

ROOT = Path(__file__).parents[2]
DAY = date(2026, 6, 15)
CASES = [*cases_below(FIXTURES / "patients"), *cases_below(FIXTURES / "hooks")]
_TRIES = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service on its own day, which is not the day of any story."""
    port = free_port()
    folder = tmp_path_factory.mktemp("service")
    process = subprocess.Popen(
        [sys.executable, "-m", "cds_service", "serve", "--port", str(port)],
        cwd=ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            "SPINE_CDS_DATABASE_URL": f"sqlite:///{folder / 'history.sqlite'}",
            "SPINE_CDS_AS_OF": "2027-01-20",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        wait_for(base, process)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(base: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(_TRIES):
        assert process.poll() is None, "the service did not start"
        try:
            if requests.get(f"{base}/health/live", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise AssertionError("the service does not answer")


@pytest.fixture(scope="module")
def service(url: str) -> RunningService:
    return RunningService(url)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_both_doors_give_the_same_bytes(case, engine: Engine, service: RunningService):
    assert checked_case(case, engine, service).differences == ()


def test_a_service_with_other_choices_is_found_out(url: str, engine: Engine):
    case = next(case for case in CASES if case.name.startswith("41-woman"))
    compiled, options = engine.compiled, engine.options
    quiet = Engine(
        compiled, type(options)("uk", None, True, False, None, True, False), engine.profile
    )
    differences = list(RunningService(url).compare(case, quiet))
    assert len(differences) == 1
    assert "other bytes than here from byte" in differences[0]


def test_the_command_compares_with_a_service_and_ends_with_0(url: str):
    story = FIXTURES / "patients" / "41-woman-ten-days-of-back-pain"
    result = subprocess.run(
        [sys.executable, "-m", "cds_service", "replay", str(story), "--against", url],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 cases, 0 with differences" in result.stdout


def test_a_service_that_does_not_answer_is_said(engine: Engine):
    nobody = RunningService(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(SpineCdsError, match="Is the service running there"):
        list(nobody.compare(CASES[0], engine))
