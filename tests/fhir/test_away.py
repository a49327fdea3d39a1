"""A FHIR server that is slow or away: threads and sockets come back at the deadline, and it is left alone."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import requests

from cds_service.evidence.record.types import REQUIREMENTS
from cds_service.fhir.allow_list import Address, ServerBase, parse_base
from cds_service.fhir.breaker import Breaker
from cds_service.fhir.complete import complete
from cds_service.fhir.connection import THREADS, Deadline, FhirServer, Question
from cds_service.fhir.timed import io_until, timed_session
from tests.fhir.conftest import AccessMaker, RequestMaker
from tests.fhir.fake_server import Behavior, Exchange, FakeFhirServer
from tests.fhir.test_allow_list import certificate
from tests.fhir.test_faults import FAULTS, chunks, drip, drip_of_headers, silent

CONDITIONS = next(need for need in REQUIREMENTS if need.key == "conditions")
QUESTION = Question("/fhir/Condition?patient=p1")
GRACE = 1.5
"""Seconds that a busy machine may take to notice."""


def drip_of_one_header(exchange: Exchange) -> None:
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not exchange.server.fake.stop.wait(0.05):
        exchange.wfile.write(b"a")
        exchange.wfile.flush()


def drip_of_chunks(exchange: Exchange) -> None:
    chunks()(exchange)
    while not exchange.server.fake.stop.wait(0.05):
        exchange.wfile.write(b"1\r\n \r\n")
        exchange.wfile.flush()


SLOW = {
    "silent": silent,
    "headers": drip_of_headers,
    "one header": drip_of_one_header,
    "body": drip,
    "chunks": drip_of_chunks,
}


def base_of(server: FakeFhirServer, host: str = "127.0.0.1") -> ServerBase:
    base = parse_base(server.base.replace("127.0.0.1", host))
    assert base is not None
    return base


@pytest.mark.parametrize("behavior", SLOW.values(), ids=SLOW)
def test_every_thread_is_back_at_the_deadline_however_slowly_a_server_answers(
    fhir: FakeFhirServer, behavior: Behavior
) -> None:
    fhir.behaviors["*"] = behavior
    server = FhirServer(base_of(fhir))
    began = time.monotonic()
    deadline = Deadline.after(0.4)
    asked = [server.threads.submit(server.ask, QUESTION, deadline) for _ in range(2 * THREADS)]
    assert {future.result(timeout=5).cause for future in asked} == {"timeout"}
    assert time.monotonic() - began < 0.4 + GRACE
    del fhir.behaviors["*"]
    assert server.ask(QUESTION, Deadline.after(5)).word == "ok"
    server.close()


@pytest.mark.parametrize("behavior", [drip_of_headers, drip], ids=["headers", "body"])
def test_the_deadline_holds_inside_tls_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behavior: Behavior
) -> None:
    cert, key = certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cert))
    fake = FakeFhirServer(tls=context)
    fake.behaviors["*"] = behavior
    server = FhirServer(base_of(fake, "localhost"))
    began = time.monotonic()
    assert server.ask(QUESTION, Deadline.after(0.5)).cause == "timeout"
    assert time.monotonic() - began < 0.5 + GRACE
    del fake.behaviors["*"]
    assert server.ask(QUESTION, Deadline.after(5)).word == "ok"
    server.close()
    fake.close()


@contextmanager
def listener(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that does with one connection whatever it is told to."""

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
    thread.join(5)


def drip_of_a_handshake(connection: socket.socket) -> None:
    connection.sendall(b"\x16\x03\x03\x02\x00")
    for _ in range(200):
        time.sleep(0.05)
        connection.sendall(b"\x02")


@pytest.mark.parametrize("answer", [drip_of_a_handshake, lambda _: time.sleep(3)])
def test_the_deadline_holds_while_tls_is_agreed_on(answer: Callable[[socket.socket], None]) -> None:
    with listener(answer) as port, timed_session() as session:
        began = time.monotonic()
        with io_until(began + 0.5), pytest.raises(requests.Timeout):
            # What is left is less than the library would give to each step.
            session.get(f"https://localhost:{port}/fhir", timeout=5)
        assert time.monotonic() - began < 0.5 + GRACE


def test_names_that_are_never_resolved_hold_one_thread_and_no_call(fhir: FakeFhirServer) -> None:
    gate = threading.Event()
    looked_up: list[str] = []

    def resolver(host: str, _port: int) -> tuple[Address, ...]:
        looked_up.append(host)
        gate.wait(10)
        return (ip_address("127.0.0.1"),)

    server = FhirServer(base_of(fhir), resolver)
    for _ in range(3):
        began = time.monotonic()
        assert server.ask(QUESTION, Deadline.after(0.2)).cause == "timeout"
        assert time.monotonic() - began < 0.2 + GRACE
    assert len(looked_up) == 1
    gate.set()
    assert server.ask(QUESTION, Deadline.after(5)).word == "ok"
    server.close()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def fail(breaker: Breaker, clock: Clock, *, seconds: float, count: int = 30) -> None:
    for _ in range(count):
        breaker.tell("timeout")
        clock.now += seconds / count


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("ehr.example.org", clock)


def test_a_server_that_is_away_is_left_alone_and_then_tried_by_one(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker, clock, seconds=4)
    assert breaker.refusal() == "timeout"
    clock.now += 5
    assert breaker.refusal() is None
    assert breaker.refusal() == "timeout"
    breaker.tell(None)
    assert breaker.refusal() is None


def test_each_trial_that_fails_makes_the_pause_longer_up_to_a_minute(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker, clock, seconds=4)
    waits = []
    for _ in range(6):
        began = clock.now
        while breaker.refusal() is not None:
            clock.now += 1
        waits.append(clock.now - began)
        breaker.tell("refused")
    assert waits[1:] == [10, 20, 40, 60, 60]


@pytest.mark.parametrize("answer", [None, "401", "403", "not-found", "server-error", "not-fhir"])
def test_any_answer_says_that_the_server_is_there(
    breaker: Breaker, clock: Clock, answer: Any
) -> None:
    for _ in range(5):
        fail(breaker, clock, seconds=3, count=15)
        breaker.tell(answer)
    assert breaker.refusal() is None


def test_one_bad_moment_and_a_few_failures_in_an_hour_stop_nobody(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker, clock, seconds=1, count=100)
    assert breaker.refusal() is None
    breaker.tell(None)
    fail(breaker, clock, seconds=3600, count=10)
    assert breaker.refusal() is None


def test_failures_that_were_under_way_when_the_pause_began_do_not_make_it_longer(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker, clock, seconds=4)
    for _ in range(50):
        breaker.tell("timeout")
    clock.now += 5
    assert breaker.refusal() is None


def test_while_a_server_is_away_a_call_does_not_wait_for_it(
    fhir: FakeFhirServer,
    request_to: RequestMaker,
    access_to: AccessMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cds_service.fhir.breaker._FAILURES", 3)
    monkeypatch.setattr("cds_service.fhir.breaker._SPAN", 0.3)
    monkeypatch.setattr("cds_service.fhir.breaker._SHORTEST_PAUSE", 0.5)
    fhir.behaviors["*"] = silent
    request = request_to(fhir.base)
    for _ in range(4):
        complete(request, (CONDITIONS,), access_to(request, seconds=0.2))
    asked = len(fhir.asked)
    began = time.monotonic()
    source = complete(request, (CONDITIONS,), access_to(request, seconds=5))["conditions"]
    assert time.monotonic() - began < 1
    assert (source.gap, source.cause, len(fhir.asked)) == ("failed", "timeout", asked)
    del fhir.behaviors["*"]
    time.sleep(0.6)
    assert complete(request, (CONDITIONS,), access_to(request))["conditions"].gap is None


CAUSES = {
    "401": "401",
    "403": "403",
    "404": "not-found",
    "410": "not-found",
    "429": "throttled",
    "500": "server-error",
    "503": "server-error",
    "400": "failed",
    "302 to a login page": "redirect",
    "silent": "timeout",
    "drip": "timeout",
    "drip of headers": "timeout",
    "dropped": "refused",
    "truncated": "refused",
    "HTML": "not-fhir",
    "HTML that says it is FHIR": "not-fhir",
    "FHIR XML": "not-fhir",
    "another type": "not-fhir",
    "not really gzip": "not-fhir",
    "a list": "list",
    "an outcome alone": "outcome",
    "an outcome as entry": "outcome",
    "too large": "too-large",
}


@pytest.mark.parametrize("fault", CAUSES)
def test_each_fault_has_its_cause(
    fhir: FakeFhirServer,
    request_to: RequestMaker,
    access_to: AccessMaker,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    monkeypatch.setattr("cds_service.fhir.connection.MAX_PAGE_BYTES", 2**20)
    monkeypatch.setattr("cds_service.fhir.connection._BACKOFF", 0.01)
    fhir.behaviors["Condition"] = FAULTS[fault][0]
    request = request_to(fhir.base)
    source = complete(request, (CONDITIONS,), access_to(request, seconds=0.5))["conditions"]
    assert source.cause == CAUSES[fault]


def test_a_closed_port_and_a_name_that_nobody_knows_are_refused(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    request = request_to(fhir.base)
    access = access_to(request)
    fhir.close()
    assert complete(request, (CONDITIONS,), access)["conditions"].cause == "refused"

    def unknown(_host: str, _port: int) -> tuple[Address, ...]:
        raise OSError("no such name")

    server = FhirServer(access.server.base, unknown)
    assert server.ask(QUESTION, Deadline.after(1)).cause == "refused"


def test_a_certificate_for_another_name_is_a_matter_of_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, key = certificate(tmp_path, "ehr.example.org")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cert))
    fake = FakeFhirServer(tls=context)
    server = FhirServer(base_of(fake, "localhost"))
    assert server.ask(QUESTION, Deadline.after(2)).cause == "tls"
    fake.close()


def test_a_server_that_is_not_on_the_list_and_a_call_without_one_are_told_apart(
    fhir: FakeFhirServer, request_to: RequestMaker
) -> None:
    named = complete(request_to(fhir.base), (CONDITIONS,), None)["conditions"]
    nameless = complete(request_to(None, token=None), (CONDITIONS,), None)["conditions"]
    assert (named.cause, nameless.cause) == ("not-allowed", "not-provided")
    assert (named.gap, nameless.gap) == ("not-provided", "not-provided")


@pytest.mark.parametrize(
    "key", ["Conditions", "condition", "Condition", "CONDITIONS", "conditons", "condition_s"]
)
def test_a_key_of_prefetch_that_was_meant_as_ours_is_said(
    request_to: RequestMaker, key: str
) -> None:
    request = request_to(None, token=None, prefetch={key: b'{"resourceType": "Bundle"}'})
    assert complete(request, (CONDITIONS,), None)["conditions"].cause == "misspelled-key"


@pytest.mark.parametrize("key", ["medications", "observations", "encounter", "coverage", "x" * 99])
def test_keys_of_our_own_and_of_other_services_are_not_taken_for_it(
    request_to: RequestMaker, key: str
) -> None:
    request = request_to(None, token=None, prefetch={key: b'{"resourceType": "Bundle"}'})
    assert complete(request, (CONDITIONS,), None)["conditions"].cause == "not-provided"


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (b"[]", "list"),
        (b' [{"resourceType": "Condition"}]', "list"),
        (b'"<html>"', "not-fhir"),
        (b'{"resourceType": "Patient"}', "not-fhir"),
        (b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}', "outcome"),
        (b'{"response": {"status": "403"}, "resource": null}', "outcome"),
    ],
)
def test_what_stands_in_prefetch_in_place_of_data_is_told_apart(
    request_to: RequestMaker, value: bytes, cause: str
) -> None:
    request = request_to(None, token=None, prefetch={"conditions": value})
    source = complete(request, (CONDITIONS,), None)["conditions"]
    assert source.cause == cause
    assert source.gap is not None
