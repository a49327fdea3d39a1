"""Requests are received whole, within a deadline, without a thread that waits for them."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cds_service.web.receiving import AFTER, RECEIVED, Limits, Receiver
from tests.web.real_service import SELECT
from tests.web.service import raising
from tests.web.test_running_service import CALL, ask, forked

LIMITS = Limits(seconds=0.2, most_bytes=100_000, threads=2)
NEVER = object()
BROKEN = object()


class FakeHeaders(dict[str, str]):
    """Headers of a request, as the server gives them."""


@dataclass
class FakeScope:
    """A request."""

    headers: FakeHeaders = field(default_factory=FakeHeaders)
    method: str = "POST"
    path: str = "/x"
    proto: str = "http"
    http_version: str = "1.1"
    server: str = "127.0.0.1:8000"
    client: str = "127.0.0.1:40000"
    scheme: str = "http"
    query_string: str = ""


class FakeExchange:
    """A body in parts; NEVER stands for a client that sends no more, BROKEN for one that hangs up."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts
        self.answers: list[tuple[int, list[tuple[str, str]], bytes]] = []
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            if part is NEVER:
                await asyncio.sleep(60)
            if part is BROKEN:
                raise RuntimeError("the server could not read on")
            self.taken += 1
            yield part

    async def __call__(self) -> bytes:
        return b"".join([part async for part in self])

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answers.append((status, headers, body))


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Says what came."""
    start_response("200 OK", [("X-Trouble", environ.get(RECEIVED, "none"))])
    return [environ["wsgi.input"].read()]


def received(exchange: FakeExchange, application: Any = echo, **headers: str) -> Any:
    """The answer to one request."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}

    async def run() -> None:
        receiver = Receiver(application, LIMITS)
        await receiver.__rsgi__(FakeScope(FakeHeaders(named)), exchange)
        receiver.__rsgi_del__(asyncio.get_running_loop())

    asyncio.run(run())
    (answer,) = exchange.answers
    return answer


def trouble(answer: Any) -> str:
    return str(dict(answer[1])["X-Trouble"])


def test_a_small_body_is_handed_on_whole():
    answer = received(FakeExchange(b"ab", b"c"), content_length="3")
    assert (answer[2], trouble(answer)) == (b"abc", "none")


def test_a_longer_body_is_handed_on_whole():
    answer = received(FakeExchange(b"a" * 70_000, b"b" * 10), content_length="70010")
    assert (len(answer[2]), trouble(answer)) == (70_010, "none")


def test_a_body_without_a_length_is_handed_on_whole():
    answer = received(FakeExchange(b"ab", b"c"), transfer_encoding="chunked")
    assert (answer[2], trouble(answer)) == (b"abc", "none")


@pytest.mark.parametrize(
    "headers",
    [{"content_length": "3"}, {"content_length": "90000"}, {"transfer_encoding": "chunked"}],
)
def test_a_body_that_does_not_come_is_told_as_late(headers):
    answer = received(FakeExchange(b"ab", NEVER), **headers)
    assert (answer[2], trouble(answer)) == (b"", "late")


def test_a_body_that_says_it_is_too_large_is_not_read():
    exchange = FakeExchange(b"a" * 10)
    assert trouble(received(exchange, content_length="100001")) == "large"
    assert exchange.taken == 0


def test_a_body_without_a_length_is_not_read_beyond_the_limit():
    exchange = FakeExchange(*[b"a" * 60_000] * 50)
    assert trouble(received(exchange, transfer_encoding="chunked")) == "large"
    assert exchange.taken == 2


def test_a_request_without_a_body_has_none():
    answer = received(FakeExchange(NEVER))
    assert (answer[2], trouble(answer)) == (b"", "none")


def test_bodies_together_take_no_more_than_there_is_room_for():
    async def run() -> list[str]:
        receiver = Receiver(echo, Limits(seconds=0.5, most_bytes=100_000, threads=2, most_bodies=2))
        scope = FakeScope(FakeHeaders({"content-length": "90000"}))
        waiting = [FakeExchange(b"a" * 80_000, NEVER) for _ in range(3)]
        await asyncio.gather(*(receiver.__rsgi__(scope, one) for one in waiting))
        late = FakeExchange(b"a" * 90_000)
        await receiver.__rsgi__(scope, late)
        return sorted(trouble(one.answers[0]) for one in (*waiting, late))

    assert asyncio.run(run()) == ["full", "late", "late", "none"]


def test_who_watches_the_service_is_answered_while_all_other_threads_are_busy():
    gate = threading.Event()

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == FakeScope.path:
            gate.wait(20)
        return echo(environ, start_response)

    async def run() -> None:
        receiver = Receiver(application, LIMITS)
        held = [FakeExchange() for _ in range(3 * LIMITS.threads)]
        calls = [asyncio.ensure_future(receiver.__rsgi__(FakeScope(), one)) for one in held]
        await asyncio.sleep(0.1)
        for path in ("/health/live", "/health/ready", "/metrics"):
            watching = FakeExchange()
            async with asyncio.timeout(5):
                await receiver.__rsgi__(FakeScope(path=path), watching)
            assert len(watching.answers) == 1
        assert not any(one.answers for one in held)
        gate.set()
        await asyncio.gather(*calls)

    asyncio.run(run())


def test_what_may_come_after_the_answer_comes_after_it():
    exchange = FakeExchange()
    seen = []

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        environ[AFTER].append(lambda: seen.append(len(exchange.answers)))
        return echo(environ, start_response)

    received(exchange, application)
    assert seen == [1]


def test_what_fails_after_the_answer_is_told(capsys):
    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        environ[AFTER].append(raising(IndexError("Jane Doe")))
        return echo(environ, start_response)

    received(FakeExchange(), application)
    told = capsys.readouterr().out
    assert "IndexError" in told
    assert "Jane" not in told


def test_no_variable_of_the_process_passes_for_a_header(monkeypatch):
    monkeypatch.setenv("HTTP_AUTHORIZATION", "Bearer x")
    seen = []

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        seen.append(environ)
        return echo(environ, start_response)

    received(FakeExchange(), application, content_type="application/json")
    assert "HTTP_AUTHORIZATION" not in seen[0]
    assert seen[0]["CONTENT_TYPE"] == "application/json"


def test_a_header_with_an_underscore_passes_for_none_with_a_hyphen():
    seen = []

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        seen.append(environ)
        return echo(environ, start_response)

    async def run() -> None:
        scope = FakeScope(FakeHeaders({"x_request_id": "forged"}))
        await Receiver(application, LIMITS).__rsgi__(scope, FakeExchange())

    asyncio.run(run())
    assert "HTTP_X_REQUEST_ID" not in seen[0]


def opened(port: int, text: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(text)
    return connection


def head(length: str) -> bytes:
    lines = (f"POST {SELECT} HTTP/1.1", "Host: x", "Content-Type: application/json", length, "", "")
    return "\r\n".join(lines).encode()


def until_closed(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def test_unfinished_uploads_hold_nobody_up_and_end_at_the_deadline(tmp_path):
    with forked(tmp_path, SPINE_CDS_RECEIVE_TIMEOUT="3") as (port, _), ExitStack() as stack:
        unfinished = [
            stack.enter_context(closing(opened(port, head(length) + begun)))
            for length, begun in (
                ("Content-Length: 50", b"{"),
                ("Content-Length: 500000", b"{"),
                ("Transfer-Encoding: chunked", b"1\r\n{\r\n"),
            )
            for _ in range(30)
        ]
        started = time.monotonic()
        for path in ("/health/live", "/health/ready"):
            assert ask(port, "GET", path)[0] == 200
        assert ask(port, "POST", SELECT, CALL)[0] == 200
        assert time.monotonic() - started < 2.5
        for connection in unfinished:
            answer = until_closed(connection)
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["issue"][0]["code"] == "timeout"
        assert time.monotonic() - started < 10


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a service that waits for a second."""
    folder = tmp_path_factory.mktemp("service")
    with forked(folder, SPINE_CDS_RECEIVE_TIMEOUT="1") as (port, _):
        yield port


@pytest.mark.parametrize(
    "sent", [b"", b"POST / HTTP/1.1\r\nHost:", b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"]
)
def test_a_connection_on_which_no_request_comes_is_ended(impatient, sent):
    with closing(opened(impatient, sent)) as connection:
        started = time.monotonic()
        until_closed(connection)
        assert time.monotonic() - started < 5
    assert ask(impatient, "GET", "/health/live")[0] == 200


def test_a_peer_that_is_gone_is_noticed(impatient):
    with closing(opened(impatient, b"")) as connection:
        time.sleep(0.3)
        theirs = connection.getsockname()[1]
        rows = [
            row
            for row in map(str.split, Path("/proc/net/tcp").read_text().splitlines()[1:])
            if row[1].endswith(f":{impatient:04X}") and row[2].endswith(f":{theirs:04X}")
        ]
        # The sixth column names the timer of a connection; 02 is keepalive.
        assert [row[5].partition(":")[0] for row in rows] == ["02"]


def test_a_body_that_breaks_off_is_no_incident_and_shorter_than_it_said():
    exchange = FakeExchange(b'{"a":', BROKEN)
    status, headers, body = received(exchange, content_length="4000")
    assert (status, dict(headers)["X-Trouble"], body) == (200, "none", b"")


def test_who_hangs_up_half_way_through_a_body_meets_no_failure(impatient):
    with closing(opened(impatient, head("Content-Length: 4000") + b"{")) as half:
        half.shutdown(socket.SHUT_WR)
        assert b" 500 " not in until_closed(half)
