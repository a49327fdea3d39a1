"""The service as it really runs: processes, signals, shared counts, and a record that is complete when it stops."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from tests.web.forked import ForkedService
from tests.web.real_service import BACK_PAIN, SELECT, call

ROOT = Path(__file__).parents[2]
CALL = json.dumps(call(BACK_PAIN)).encode()
START_SECONDS = 180.0


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


def environment(port: int) -> dict[str, str]:
    """What a service is told: nothing of the settings of whoever runs the tests."""
    others = {
        name: value for name, value in os.environ.items() if not name.startswith("SPINE_CDS_")
    }
    return others | {
        "PYTHONPATH": str(ROOT),
        "SPINE_CDS_AS_OF": "2026-06-15",
        "SPINE_CDS_LOG_LEVEL": "ERROR",
        "SPINE_CDS_PORT": str(port),
    }


@contextmanager
def running(
    folder: Path,
    *,
    is_ready: bool = True,
    port: int | None = None,
    **settings: str,
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A service of its own on a free port; its files stay in the folder."""
    port = port or free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "cds_service", "serve"],
        cwd=folder,
        env=environment(port) | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_until(port, "/health/ready" if is_ready else "/health/live")
            yield port, process
        finally:
            process.send_signal(signal.SIGTERM)


@contextmanager
def forked(
    folder: Path,
    *,
    is_ready: bool = True,
    port: int | None = None,
    log: Path | None = None,
    **settings: str,
) -> Iterator[tuple[int, ForkedService]]:
    """The same, forked from a process that has loaded the guideline."""
    port = port or free_port()
    process = ForkedService(folder, environment(port) | settings, log)
    try:
        wait_until(port, "/health/ready" if is_ready else "/health/live")
        yield port, process
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def wait_until(port: int, path: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            if ask(port, "GET", path)[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the service did not start")


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()


def recorded(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "var" / "spine-cds.sqlite")) as connection:
        (count,) = connection.execute("SELECT count(*) FROM call").fetchone()
        return int(count)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A service of two workers: its port, and the folder of its files."""
    folder = tmp_path_factory.mktemp("service")
    with running(folder, SPINE_CDS_WORKERS="2") as (port, _):
        yield port, folder


def calls_counted(port: int) -> float:
    line = 'spine_cds_calls_total{hook="order-select",service="spine-imaging-order-select",status="200"} '
    text = ask(port, "GET", "/metrics")[1].decode()
    return sum(float(row[len(line) :]) for row in text.splitlines() if row.startswith(line))


def test_every_call_that_was_answered_is_recorded_when_the_service_stops(tmp_path):
    with running(tmp_path, SPINE_CDS_WORKERS="2") as (port, process):
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: ask(port, "POST", SELECT, CALL), range(120)))
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert {status for status, _ in answers} == {200}
    assert len({body for _, body in answers}) == 1
    assert recorded(tmp_path) == 120


def children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def listeners(port: int) -> int:
    """How many sockets of this machine wait for connections on the port: each worker that is ready has one."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


def wait_while(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + START_SECONDS
    while is_so() and time.monotonic() < end:
        time.sleep(0.1)
    assert not is_so()


def test_a_killed_worker_costs_the_calls_that_it_held_and_is_replaced(tmp_path):
    with forked(tmp_path, SPINE_CDS_WORKERS="2") as (port, process):
        wait_while(lambda: listeners(port) < 2)
        before = children(process.pid)
        os.kill(before[0], signal.SIGKILL)
        wait_while(lambda: set(children(process.pid)) <= set(before))
        assert {ask(port, "POST", SELECT, CALL)[0] for _ in range(20)} == {200}
        wait_while(lambda: listeners(port) < 2)
        assert len(children(process.pid)) == 2


def counted(port: int, name: str) -> int:
    text = ask(port, "GET", "/metrics")[1].decode()
    rows = [row for row in text.splitlines() if row.startswith(f"spine_cds_{name}_total ")]
    return int(sum(float(row.split()[1]) for row in rows))


def test_the_records_that_a_killed_worker_had_in_hand_show_as_a_difference(tmp_path):
    with forked(tmp_path, SPINE_CDS_WORKERS="2") as (port, process):
        wait_while(lambda: listeners(port) < 2)
        before = children(process.pid)
        assert ask(port, "POST", SELECT, CALL)[0] == 200
        wait_while(lambda: counted(port, "recorded") < 1)
        database = tmp_path / "var" / "spine-cds.sqlite"
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert {ask(port, "POST", SELECT, CALL)[0] for _ in range(7)} == {200}
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            wait_while(lambda: bool(set(children(process.pid)) & set(before)))
        wait_while(lambda: listeners(port) < 2)
        assert ask(port, "POST", SELECT, CALL)[0] == 200
        wait_while(lambda: counted(port, "recorded") < 2)
        assert [counted(port, name) for name in ("to_record", "recorded", "not_recorded")] == [
            9,
            2,
            0,
        ]
    assert recorded(tmp_path) == 2


def test_workers_end_with_a_parent_that_was_killed_and_the_next_start_finds_the_port_free(tmp_path):
    with forked(tmp_path, SPINE_CDS_WORKERS="2") as (port, process):
        workers = children(process.pid)
        assert len(workers) == 2
        assert [ask(port, "POST", SELECT, CALL)[0] for _ in range(30)] == [200] * 30
        process.kill()
        process.wait(10)
        end = time.monotonic() + 20
        while any(Path(f"/proc/{pid}/stat").exists() for pid in workers) and time.monotonic() < end:
            time.sleep(0.1)
        assert not [pid for pid in workers if Path(f"/proc/{pid}/stat").exists()]
    assert recorded(tmp_path) == 30
    with forked(tmp_path, port=port, SPINE_CDS_WORKERS="2") as (_, process):
        assert ask(port, "POST", SELECT, CALL)[0] == 200


def test_several_workers_add_up_their_counts_and_answer_every_scrape_alike(shared):
    port, _ = shared
    before = calls_counted(port)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ask(port, "POST", SELECT, CALL), range(40)))
    end = time.monotonic() + 10
    while calls_counted(port) < before + 40 and time.monotonic() < end:
        time.sleep(0.05)  # a call is counted after its answer
    assert [calls_counted(port) for _ in range(6)] == [before + 40] * 6


def test_files_that_the_service_makes_are_for_its_owner_alone(shared):
    port, folder = shared
    assert ask(port, "POST", SELECT, CALL)[0] == 200
    made = list((folder / "var").iterdir())
    assert made
    for path in made:
        assert path.stat().st_mode & 0o077 == 0, path


def test_large_bodies_among_small_ones_are_all_answered(shared):
    entries = [{"resource": {"resourceType": "Observation", "id": f"n{n}"}} for n in range(3000)]
    large = call(BACK_PAIN)
    large["prefetch"]["observations"] = {"resourceType": "Bundle", "entry": entries}
    bodies = [json.dumps(large).encode(), CALL] * 15
    assert len(bodies[0]) > 100_000
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda body: ask(shared[0], "POST", SELECT, body), bodies))
    assert {status for status, _ in answers} == {200}


@pytest.mark.slow
def test_a_service_under_load_stops_within_five_seconds_and_loses_nothing(tmp_path):
    answered: list[int] = []

    def call_until_it_stops(port: int) -> None:
        with suppress(OSError, HTTPException), closing(HTTPConnection("127.0.0.1", port)) as held:
            while True:
                held.request("POST", SELECT, CALL, {"Content-Type": "application/json"})
                answer = held.getresponse()
                answer.read()
                answered.append(answer.status)

    with (
        forked(tmp_path, SPINE_CDS_WORKERS="2") as (port, process),
        ThreadPoolExecutor(12) as pool,
    ):
        for _ in range(12):
            pool.submit(call_until_it_stops, port)
        with closing(socket.create_connection(("127.0.0.1", port))):
            time.sleep(1)
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            process.wait(30)
            assert time.monotonic() - began < 5
    assert set(answered) == {200}
    assert recorded(tmp_path) >= len(answered)


def test_tables_of_a_newer_version_stop_no_start_and_are_told_everywhere(tmp_path):
    with forked(tmp_path) as (port, process):
        assert ask(port, "POST", SELECT, CALL)[0] == 200
        process.terminate()
        process.wait(30)
    with closing(sqlite3.connect(tmp_path / "var" / "spine-cds.sqlite")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("DROP TABLE call_card")
        connection.commit()
    log = tmp_path / "log"
    with forked(tmp_path, is_ready=False, log=log, SPINE_CDS_WORKERS="2") as (port, _):
        assert ask(port, "POST", SELECT, CALL)[0] == 200
        status, body = ask(port, "GET", "/health/ready")
        assert (status, json.loads(body)["failed"]) == (503, ["database"])
        wait_while(lambda: counted(port, "not_recorded") < 1)
    told = log.read_text()
    assert "a newer version of this service" in told
    assert "history.not_upgraded" in told


def test_a_service_that_cannot_write_anywhere_starts_and_answers(tmp_path):
    (tmp_path / "var").write_text("in the way")
    with forked(tmp_path, is_ready=False) as (port, _):
        assert ask(port, "POST", SELECT, CALL)[0] == 200
        status, body = ask(port, "GET", "/health/ready")
        assert (status, json.loads(body)["failed"]) == (503, ["database"])
        assert b"spine_cds_not_recorded_total 1.0" in ask(port, "GET", "/metrics")[1]
