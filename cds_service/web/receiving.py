"""Receives requests in the event loop, whole and within a deadline, and hands them to threads that compute.

A client that sends slowly, or never ends, costs some memory here and no thread. The server underneath (granian, by
its RSGI interface) reads the headers, within a deadline of its own. Every request is answered by the WSGI application:
what kept a body from being received is told to it in the environ, so that such an answer looks like any other.
"""

from __future__ import annotations

import asyncio
import io
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import structlog

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

RECEIVED: Final = "spine_cds.received"
"""WSGI key: what kept the body from being received, when something did (`Trouble`)."""
AFTER: Final = "spine_cds.after"
"""WSGI key: a list that takes what may be done once the answer is on its way."""

Trouble = Literal["late", "large", "full"]
"""Not there in time; larger than one body may be; no room for it beside the others."""

_APART: Final = ("/health", "/metrics")
"""Answered by threads of their own: whoever watches the service has to hear from it when all others are busy."""
_APART_THREADS: Final = 2
_AT_ONCE: Final = 64 * 1024
"""Bytes. A body that says it is no longer than this is read in one go; a longer one is counted as it comes."""
_LAST_SECONDS: Final = 1.5
"""For what is under way when the service stops."""
_KEEPALIVE: Final = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
"""A peer that is gone without a word is noticed within two minutes."""

_log: Final = structlog.get_logger()


class RequestHeaders(Protocol):
    """Headers of a request, their names in small letters."""

    def get(self, key: str, /) -> str | None:
        """One header."""

    def items(self) -> Iterable[tuple[str, str]]:
        """All of them, one pair a line."""

    def __contains__(self, key: object, /) -> bool:
        """Whether there is one."""


class Scope(Protocol):
    """What the server says about a request. The path is decoded."""

    proto: str
    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> RequestHeaders:
        """Its headers."""


class Exchange(Protocol):
    """The body of a request, and the way back. Answers may be sent from any thread."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body as it comes. One that breaks off ends like one that is complete."""

    async def __call__(self) -> bytes:
        """The whole body."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Sends the answer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker process takes."""

    seconds: float
    """For a body, from the end of the headers."""
    most_bytes: int
    """Of one body."""
    threads: int
    most_bodies: int = 16
    """As many of the largest size may be held at a time, in bytes: by those received, waiting and being answered."""


class Receiver:
    """An RSGI application around a WSGI application."""

    def __init__(self, application: WSGIApplication, limits: Limits) -> None:
        self._application = application
        self._limits = limits
        self._most_held = limits.most_bodies * limits.most_bytes
        self._held = 0
        self._threads = ThreadPoolExecutor(limits.threads, "call")
        self._apart = ThreadPoolExecutor(_APART_THREADS, "apart")
        self._under_way = 0
        self._counting = threading.Condition()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Before the server listens, which it does when the loop begins to run."""
        loop.call_soon(_notice_lost_peers)

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """Calls under way come to their end, with what is left to do after them; those that wait are not begun."""
        for threads in (self._threads, self._apart):
            threads.shutdown(wait=False, cancel_futures=True)
        with self._counting:
            self._counting.wait_for(lambda: self._under_way == 0, timeout=_LAST_SECONDS)

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        """One request."""
        if scope.proto != "http":
            return
        length = _length(scope)
        body, trouble = await self._received(length, exchange)
        held = len(body)
        self._held += held
        try:
            environ = _environ(scope, body, length)
            if trouble is not None:
                environ[RECEIVED] = trouble
            loop = asyncio.get_running_loop()
            is_done = loop.create_future()
            threads = self._apart if scope.path.startswith(_APART) else self._threads
            threads.submit(self._answer, environ, exchange, loop, is_done)
            await is_done
        finally:
            self._held -= held

    async def _received(self, length: int, exchange: Exchange) -> tuple[bytes, Trouble | None]:
        """The body, and what kept it from being received: then it is empty."""
        if length == 0 or length > self._limits.most_bytes:
            # One that says it is too large is refused unread, by the application.
            return b"", "large" if length else None
        parts: list[bytes] = []
        count = 0
        try:
            async with asyncio.timeout(self._limits.seconds):
                if 0 < length <= _AT_ONCE:
                    return await exchange(), None
                async for part in exchange:
                    parts.append(part)
                    count += len(part)
                    self._held += len(part)
                    if count > self._limits.most_bytes:
                        return b"", "large"
                    if self._held > self._most_held:
                        return b"", "full"
            return b"".join(parts), None
        except TimeoutError:
            return b"", "late"
        except RuntimeError:
            # It broke off: shorter than announced, the application refuses it.
            return b"", None
        finally:
            self._held -= count

    def _answer(
        self,
        environ: WSGIEnvironment,
        exchange: Exchange,
        loop: asyncio.AbstractEventLoop,
        is_done: asyncio.Future[None],
    ) -> None:
        """In a thread: answers at once from there, and only then does what is left."""
        after: list[Callable[[], None]] = []
        environ[AFTER] = after
        self._count(1)
        try:
            try:
                answer = _called(self._application, environ)
                # Whoever does not wait for the answer is none of our business any more.
                with suppress(RuntimeError):
                    exchange.response_bytes(*answer)
            finally:
                with suppress(RuntimeError):  # the loop was closed meanwhile
                    loop.call_soon_threadsafe(_done, is_done)
            for rest in after:
                rest()
        except Exception as error:  # noqa: BLE001 - nobody else hears of what fails in this thread
            _log.error("incident", error=type(error).__name__, where="after the answer")
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._counting:
            self._under_way += change
            if self._under_way == 0:
                self._counting.notify_all()


def _done(is_done: asyncio.Future[None]) -> None:
    if not is_done.done():
        is_done.set_result(None)


def _called(
    application: WSGIApplication, environ: WSGIEnvironment
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of the application's answer."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _error: Any = None
    ) -> Callable[[bytes], object]:
        begun.append((status, headers))
        return _write_nothing

    answer = application(environ, start_response)
    try:
        body = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    status, headers = begun[-1]
    return int(status[:3]), headers, body


def _write_nothing(_body: bytes) -> None:
    """The old way to write an answer, which Flask does not use."""
    raise NotImplementedError


def _length(scope: Scope) -> int:
    """Bytes of the body that the client announces; -1 for a body of any length."""
    announced = scope.headers.get("content-length")
    if announced is not None and announced.isdecimal():
        return int(announced)
    return -1 if "transfer-encoding" in scope.headers or scope.http_version == "2" else 0


def _environ(scope: Scope, body: bytes, length: int) -> WSGIEnvironment:
    """A WSGI environ of the request alone: nothing of the process's own environment can pass for a header."""
    host, _, port = scope.server.rpartition(":")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        # As PEP 3333 wants it: the bytes of the path, each as one character.
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "CONTENT_LENGTH": str(length if length >= 0 else len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, text in scope.headers.items():
        # A name with an underscore would pass for the one with a hyphen.
        if name == "content-length" or "_" in name:
            continue
        key = _KEYS.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        environ[key] = f"{environ[key]}, {text}" if key in environ else text
    return environ


_KEYS: Final = {
    "accept": "HTTP_ACCEPT",
    "authorization": "HTTP_AUTHORIZATION",
    "content-type": "CONTENT_TYPE",
    "host": "HTTP_HOST",
    "user-agent": "HTTP_USER_AGENT",
}


def _notice_lost_peers() -> None:
    """TCP keepalive on what listens: connections inherit it. The server has no setting for it."""
    for number in os.listdir("/dev/fd"):  # noqa: PTH208 - numbers, not files
        with suppress(OSError), socket.socket(fileno=os.dup(int(number))) as listening:
            if not listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                continue
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEPALIVE:
                if hasattr(socket, name):
                    listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
