"""J-5: where a client's keys come from, how long they count, and what is never fetched."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cds_service.errors import ClientNotTrusted, SettingsError
from cds_service.settings import TrustedClient
from cds_service.web.keys import SANDBOX_ISSUER, ClientKeys, fetch_jwks

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
URL = "https://ehr.example.org/jwks.json"
CLIENT = TrustedClient(issuer="https://ehr.example.org", jwks_url=URL)
PRIVATE = ec.generate_private_key(ec.SECP384R1())


def _jwk(kid: str, **members: Any) -> dict[str, Any]:
    public: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(PRIVATE.public_key(), as_dict=True)
    return public | {"kid": kid} | members


def _jwks(*keys: Any) -> bytes:
    return json.dumps({"keys": keys}).encode()


class Server:
    """Stands for the client's server: what it answers may be changed, and it counts."""

    def __init__(self) -> None:
        self.answer: bytes | Exception = _jwks(_jwk("a"))
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(server: Server, clock: Clock) -> ClientKeys:
    return ClientKeys(CLIENT, server, clock, at_once)


def at_once(job: Callable[[], object]) -> None:
    job()


def _reason(keys: ClientKeys, kid: str) -> str:
    with pytest.raises(ClientNotTrusted) as caught:
        keys.key(kid, "ES384")
    return caught.value.reason


def test_nothing_is_fetched_before_the_first_token(keys: ClientKeys, server: Server) -> None:
    assert server.asked == []
    keys.key("a", "ES384")
    assert server.asked == [URL]


def test_keys_are_kept_for_ten_minutes(keys: ClientKeys, server: Server, clock: Clock) -> None:
    for wait in (0, 300, 300):
        clock.wait(wait)
        keys.key("a", "ES384")
    assert len(server.asked) == 1
    clock.wait(1)
    keys.key("a", "ES384")
    assert len(server.asked) == 2


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 300])
def test_a_new_key_is_found_by_asking_again_whenever_it_comes(
    keys: ClientKeys, server: Server, clock: Clock, seconds: int
) -> None:
    keys.key("a", "ES384")
    clock.wait(seconds)
    server.answer = _jwks(_jwk("a"), _jwk("b"))
    keys.key("b", "ES384")
    assert len(server.asked) == 2


def test_a_new_key_is_found_although_the_old_ones_were_just_fetched_again(
    keys: ClientKeys, server: Server, clock: Clock
) -> None:
    keys.key("a", "ES384")
    clock.wait(601)
    keys.key("a", "ES384")
    server.answer = _jwks(_jwk("b"))
    keys.key("b", "ES384")
    assert len(server.asked) == 3


def test_unknown_keys_make_us_ask_once_a_minute_at_most(
    keys: ClientKeys, server: Server, clock: Clock
) -> None:
    keys.key("a", "ES384")
    for kid in ("u1", "u2", "u3", "u1", "u4"):
        assert _reason(keys, kid) == "key"
    assert len(server.asked) == 2
    clock.wait(60)
    for kid in ("u5", "u6"):
        _reason(keys, kid)
    assert len(server.asked) == 3


def test_a_new_key_that_was_found_is_no_reason_to_make_the_next_one_wait(
    keys: ClientKeys, server: Server, clock: Clock
) -> None:
    keys.key("a", "ES384")
    for kid in ("b", "c"):
        server.answer = _jwks(_jwk(kid))
        clock.wait(1)
        keys.key(kid, "ES384")
    assert len(server.asked) == 3


def test_a_first_token_with_an_unknown_key_makes_us_ask_once_only(
    keys: ClientKeys, server: Server
) -> None:
    assert _reason(keys, "unknown") == "key"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [_jwks(), _jwks(_jwk("a", use="enc")), _jwks(_jwk("a", x="AA")), b"<html>", OSError("away")],
)
def test_a_set_without_a_key_that_can_be_used_is_not_ready_and_is_asked_for_again(
    keys: ClientKeys, server: Server, clock: Clock, answer: bytes | Exception
) -> None:
    server.answer = answer
    assert not keys.are_known()
    assert not keys.are_known()
    assert len(server.asked) == 1
    server.answer = _jwks(_jwk("a"))
    clock.wait(10)
    assert keys.are_known()
    keys.key("a", "ES384")


def test_a_set_that_loses_its_last_key_is_no_longer_ready(
    keys: ClientKeys, server: Server, clock: Clock
) -> None:
    assert keys.are_known()
    server.answer = _jwks()
    clock.wait(601)
    _reason(keys, "a")
    assert not keys.are_known()


def test_known_keys_still_count_while_the_server_is_away(
    keys: ClientKeys, server: Server, clock: Clock
) -> None:
    keys.key("a", "ES384")
    server.answer = OSError("no route")
    clock.wait(601)
    keys.key("a", "ES384")
    keys.key("a", "ES384")
    assert len(server.asked) == 2
    clock.wait(60)
    keys.key("a", "ES384")
    assert len(server.asked) == 3


def test_known_keys_do_not_count_for_ever(keys: ClientKeys, server: Server, clock: Clock) -> None:
    keys.key("a", "ES384")
    server.answer = OSError("no route")
    clock.wait(86_401)
    assert _reason(keys, "a") == "no-keys"


def test_a_key_that_was_taken_away_is_gone(keys: ClientKeys, server: Server, clock: Clock) -> None:
    keys.key("a", "ES384")
    server.answer = _jwks()
    clock.wait(601)
    assert _reason(keys, "a") == "key"


def test_a_server_that_was_away_at_first_is_asked_again_soon(
    keys: ClientKeys, server: Server, clock: Clock
) -> None:
    server.answer = OSError("no route")
    assert _reason(keys, "a") == "no-keys"
    assert _reason(keys, "a") == "no-keys"
    assert len(server.asked) == 1
    server.answer = _jwks(_jwk("a"))
    clock.wait(10)
    keys.key("a", "ES384")


def test_a_clock_that_was_set_back_locks_nobody_out(
    keys: ClientKeys, server: Server, clock: Clock
) -> None:
    keys.key("a", "ES384")
    clock.wait(-7200)
    keys.key("a", "ES384")
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b"[" * 100_000,
        b"\xff",
        _jwks(*[{}] * 101),
    ],
)
def test_an_answer_that_is_no_key_set_changes_nothing(
    keys: ClientKeys, server: Server, clock: Clock, body: bytes
) -> None:
    keys.key("a", "ES384")
    server.answer = body
    clock.wait(601)
    keys.key("a", "ES384")


@pytest.mark.parametrize(
    "bad",
    [
        "a",
        None,
        {"kty": "oct", "kid": "b", "k": "c2VjcmV0"},
        _jwk("b", use="enc"),
        _jwk("b", key_ops=["sign"]),
        _jwk("b", key_ops="verify"),
        _jwk("b", d="a published private key"),
        _jwk("b") | {"kid": 7},
        _jwk(""),
        _jwk("b", kty=["EC"]),
        _jwk("b", x=None),
        _jwk("b", x="AA"),
        _jwk("b", y="!!"),
        _jwk("b", crv="P-999"),
        _jwk("b", alg="ES256"),
        {"kty": "EC", "kid": "b"},
        {"kty": "RSA", "kid": "b", "n": "AQ", "e": "AQ"},
    ],
)
def test_a_key_of_no_use_is_left_out_and_costs_no_other(
    keys: ClientKeys, server: Server, bad: Any
) -> None:
    server.answer = _jwks(bad, _jwk("a"))
    keys.key("a", "ES384")
    assert _reason(keys, "b") == "key"


def test_two_keys_of_one_kid_are_told_apart_by_algorithm(keys: ClientKeys, server: Server) -> None:
    server.answer = _jwks(_jwk("a", alg="ES256"), _jwk("a", alg="ES384"))
    assert keys.key("a", "ES384").algorithm_name == "ES384"


def test_old_keys_serve_everybody_while_new_ones_are_fetched(clock: Clock) -> None:
    gate, fetching = threading.Event(), threading.Event()
    answers = iter([_jwks(_jwk("a")), _jwks(_jwk("a"))])

    def fetch(_url: str) -> bytes:
        answer = next(answers)
        if clock.now > NOW:
            fetching.set()
            gate.wait(10)
        return answer

    keys = ClientKeys(CLIENT, fetch, clock)
    keys.key("a", "ES384")
    clock.wait(601)
    began = time.monotonic()
    keys.key("a", "ES384")
    assert fetching.wait(10)
    keys.key("a", "ES384")
    assert time.monotonic() - began < 5
    gate.set()


def _file_client(path: Path, issuer: str = "https://ehr.example.org") -> TrustedClient:
    return TrustedClient(issuer=issuer, jwks_file=path)


def test_keys_from_a_file_are_read_without_any_call(
    tmp_path: Path, server: Server, clock: Clock
) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(_jwks(_jwk("a")))
    keys = ClientKeys(_file_client(path), server, clock)
    keys.key("a", "ES384")
    path.write_bytes(_jwks(_jwk("b")))
    clock.wait(601)
    keys.key("b", "ES384")
    assert server.asked == []


@pytest.mark.parametrize("body", [None, b"", b"{}", b'{"keys": []}', b" " * 300_000])
def test_a_file_without_keys_is_a_mistake_in_the_settings(
    tmp_path: Path, server: Server, clock: Clock, body: bytes | None
) -> None:
    path = tmp_path / "jwks.json"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(SettingsError) as caught:
        ClientKeys(_file_client(path), server, clock)
    assert "SPINE_CDS_TRUSTED_CLIENTS" in str(caught.value)


def test_the_key_of_the_sandbox_comes_with_the_package(server: Server, clock: Clock) -> None:
    keys = ClientKeys(_file_client(Path("sandbox"), SANDBOX_ISSUER), server, clock)
    key = keys.key("44823f3d-0b01-4a6c-a80e-b9d3e8a7226f", "ES384")
    assert key.key_type == "EC"


Answer = Callable[[BaseHTTPRequestHandler], None]


def _send(status: int, body: bytes, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def site() -> Iterator[Callable[[Answer], str]]:
    """Serves one answer on loopback and gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def serve(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, *_args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/jwks.json"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_key_set_is_fetched(site: Callable[[Answer], str]) -> None:
    assert fetch_jwks(site(_send(200, b'{"keys": []}'))) == b'{"keys": []}'


def test_no_credentials_are_sent(
    site: Callable[[Answer], str], tmp_path: Path, monkeypatch: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    seen: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers.get("Authorization"))
        _send(200, b"{}")(handler)

    fetch_jwks(site(answer))
    assert seen == [None]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(_send(302, b"", Location="http://127.0.0.1:1/"), id="redirect"),
        pytest.param(_send(404, b"{}"), id="not found"),
        pytest.param(_send(500, b"{}"), id="server error"),
        pytest.param(_send(204, b""), id="no content"),
        pytest.param(_send(200, b" " * 300_000), id="too large"),
    ],
)
def test_another_answer_is_refused(site: Callable[[Answer], str], answer: Answer) -> None:
    with pytest.raises(ValueError, match=r"expected status 200|too large"):
        fetch_jwks(site(answer))


@pytest.mark.parametrize(
    "url",
    [
        "http://ehr.example.org/jwks.json",
        "ftp://127.0.0.1/jwks.json",
        "file:///etc/passwd",
        "//127.0.0.1/jwks.json",
        "http://127.0.0.1.evil.example.org/jwks.json",
        "http://localhost.evil.example.org/",
        "",
    ],
)
def test_keys_are_never_fetched_in_clear_from_elsewhere(url: str) -> None:
    with pytest.raises(ValueError, match="https only"):
        fetch_jwks(url)


def _drip(prologue: bytes, drop: bytes) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(prologue)
        with suppress(OSError):
            for _ in range(200):
                handler.wfile.write(drop)
                handler.wfile.flush()
                time.sleep(0.05)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(_drip(b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n"), id="headers"),
        pytest.param(_drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"), id="one header"),
        pytest.param(_drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "), id="body"),
        pytest.param(_drip(b"", b"H"), id="status line"),
    ],
)
def test_a_server_that_drips_its_answer_is_left_when_the_time_is_over(
    site: Callable[[Answer], str], answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.web.keys._FETCH_SECONDS", 0.4)
    url = site(answer)
    began = time.monotonic()
    with pytest.raises((OSError, ValueError)):
        fetch_jwks(url)
    assert time.monotonic() - began < 3


def test_a_name_that_is_never_resolved_is_left_when_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_over = threading.Event()

    def look_up(*_arguments: Any, **_options: Any) -> list[Any]:
        is_over.wait(10)
        raise socket.gaierror("no such name")

    monkeypatch.setattr("cds_service.web.keys._FETCH_SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        fetch_jwks("https://ehr.example.org/jwks.json")
    assert time.monotonic() - began < 3
    is_over.set()


def test_a_name_whose_addresses_are_all_silent_is_left_when_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        place = listening.getsockname()
        for _ in range(3):  # with its queue full, a listener lets everybody else wait
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(place)
        found = (socket.AF_INET, socket.SOCK_STREAM, 6, "", place)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [found] * 10)
        monkeypatch.setattr("cds_service.web.keys._FETCH_SECONDS", 0.5)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            fetch_jwks("https://ehr.example.org/jwks.json")
        assert time.monotonic() - began < 3


def test_a_server_that_does_not_answer_is_an_error_we_expect() -> None:
    with pytest.raises(OSError, match="refused"):
        fetch_jwks("http://127.0.0.1:9/jwks.json")
