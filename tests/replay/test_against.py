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

from cds_service.errors import CaseError, SpineCdsError
from cds_service.replay.front_door import MODES, FrontDoor, parse_prefetch
from cds_service.replay.runner import Engine, RunningService, checked_case
from tests.command_line import run_here
from tests.replay.charts import BACK_PAIN, PATIENT, condition, export, order
from tests.replay.conftest import FIXTURES, cases_below

ROOT = Path(__file__).parents[2]
DAY = date(2026, 6, 15)
CASES = [*cases_below(FIXTURES / "patients"), *cases_below(FIXTURES / "hooks")]
_TRIES = 1800


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


def test_the_command_compares_with_a_service_and_ends_with_0(
    url: str, capsys: pytest.CaptureFixture[str]
):
    story = FIXTURES / "patients" / "41-woman-ten-days-of-back-pain"
    result = run_here(capsys, "replay", story, "--against", url)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 cases, 0 with differences" in result.stdout


def test_a_service_that_does_not_answer_is_said(engine: Engine):
    nobody = RunningService(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(SpineCdsError, match="Is the service running there"):
        list(nobody.compare(CASES[0], engine))


@pytest.mark.parametrize("mode", MODES)
def test_both_doors_agree_however_the_prefetch_is_spoiled(url: str, engine: Engine, mode: str):
    door = FrontDoor(RunningService(url), parse_prefetch((mode,), 0))
    for case in CASES[:6]:
        assert list(door.compare(case, engine)) == []
    assert len(door.seconds) == 6
    told = "\n".join(door.lines())
    assert "6 calls, 0 answered otherwise than here" in told
    assert "99 %" in told
    assert (f"conditions {mode} 6" in told) is (mode != "on")


def test_calls_go_out_at_a_rate_and_random_prefetch_is_the_same_by_its_seed(
    url: str, engine: Engine
):
    sent = []
    for _ in range(2):
        door = FrontDoor(RunningService(url), parse_prefetch(("random",), 7), rate=20)
        began = time.monotonic()
        for case in CASES[:10]:
            assert list(door.compare(case, engine)) == []
        assert list(door.late()) == []
        assert time.monotonic() - began >= 9 / 20
        assert len(door.seconds) == 10
        sent.append(dict(door.prefetch.used))
    assert sent[0] == sent[1]
    assert len({name.split()[1] for name in sent[0]}) == len(MODES)


def test_orders_of_charts_get_the_same_at_the_front_door(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    pain = condition("c1", BACK_PAIN, "2026-06-10")
    folder = export(tmp_path / "clinic", [PATIENT, pain, order("o1", "2026-06-15")])
    arguments = ("--against", url, "--prefetch", "observations=outcome", "--rate", "50")
    result = run_here(capsys, "replay", folder, *arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 chart, 1 with orders to judge: ServiceRequest 1" in result.stdout
    assert "1 calls, 0 answered otherwise than here" in result.stdout


def test_a_service_of_other_choices_is_found_out_at_a_rate_too(url: str, engine: Engine):
    compiled, options = engine.compiled, engine.options
    quiet = Engine(
        compiled, type(options)("uk", None, True, False, None, True, False), engine.profile
    )
    door = FrontDoor(RunningService(url), parse_prefetch((), 0), rate=50)
    case = next(case for case in CASES if case.name.startswith("41-woman"))
    assert list(door.compare(case, quiet)) == []
    late = list(door.late())
    assert [name for name, _ in late] == [case.name]
    assert door.different == 1


@pytest.mark.parametrize(
    "text", ["never", "labs=off", "observations=", "observations=random", "labs=paged"]
)
def test_what_is_no_way_to_spoil_prefetch_is_refused(text: str):
    with pytest.raises(CaseError, match="expected one of on, off, null, paged, outcome"):
        parse_prefetch((text,), 0)


def test_a_mode_for_one_key_beats_that_for_all():
    chosen = parse_prefetch(("off", "conditions=paged"), 0)
    assert chosen.modes["conditions"] == "paged"
    assert chosen.modes["observations"] == "off"
