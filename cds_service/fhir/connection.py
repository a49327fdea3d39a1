"""One FHIR server: its connections, its threads, and a single request with all that can go wrong.

`requests` carries the request. Retries are our own few lines, because urllib3's know no deadline: they
would sleep for as long as a server's `Retry-After` says.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from threading import Lock, Thread
from typing import Final, Literal

import msgspec
import requests
from urllib3 import Retry
from urllib3.exceptions import DecodeError, HTTPError
from urllib3.exceptions import TimeoutError as SlowServer

from cds_service.cds_hooks.model import GapReason, ReadCause
from cds_service.fhir.allow_list import Address, ServerBase, may_connect
from cds_service.fhir.breaker import Breaker
from cds_service.fhir.timed import TimedAdapter, io_until, timed_session

THREADS: Final = 32
"""Reads under way at one server; more wait for their turn, and no longer than their call's deadline."""
MAX_PAGE_BYTES: Final = 16 * 2**20
_CHUNK: Final = 2**16
_BACKOFF: Final = 0.15
_SHORTEST_TRY: Final = 0.05
"""Seconds that have to be left for one more try to make sense."""
_KEEP_ADDRESS: Final = 60.0
_JSON_TYPES: Final = frozenset(
    {"application/fhir+json", "application/json", "application/json+fhir", "text/json"}
)
_WORTH_A_RETRY: Final = frozenset({429, 502, 503, 504})
_TOO_SLOW: Final = "the FHIR server did not answer in time"
_NO_CONNECTION: Final = "the connection to the FHIR server failed"
_REFUSALS: Final[Mapping[int, tuple[ReadCause, str]]] = {
    401: ("401", "the FHIR server did not accept the access token"),
    403: ("403", "the FHIR server does not allow it"),
    404: ("not-found", "the FHIR server does not have it"),
    410: ("not-found", "the FHIR server no longer has it"),
    429: ("throttled", "the FHIR server had too many requests"),
}


ReplyWord = Literal["ok"] | ReadCause
"""How a question to a FHIR server ended."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment when all reads of one call end, on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """A deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at - time.monotonic())


@dataclass(frozen=True, slots=True)
class Question:
    """One request to a FHIR server; repeating it changes nothing there."""

    target: str
    """Path and query, from the root of the server."""
    form: bytes | None = None
    """Search parameters to be posted to `_search`; None for a GET."""
    token: str | None = None
    attempts: int = 1

    def __repr__(self) -> str:
        return "Question(<not shown: it names the patient>)"


@dataclass(frozen=True, slots=True)
class Reply:
    """A body to be read, or why there is none."""

    body: msgspec.Raw | None
    failure: GapReason = "failed"
    note: str = ""
    status: int = 0
    retry_after: float | None = None
    """Seconds after which one more try could do; None when none could."""

    cause: ReadCause | None = None
    """Why there is no body."""

    @property
    def word(self) -> ReplyWord:
        """How it ended, in one word for the metrics."""
        return "ok" if self.body is not None else self.cause or "failed"


Resolver = Callable[[str, int], tuple[Address, ...]]


def resolve(host: str, port: int) -> tuple[Address, ...]:
    """The addresses of a host, in the order that the system prefers. Raises OSError, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # A zone index (fe80::1%eth0) belongs to link-local addresses, and those are refused anyway.
    return tuple(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


class FhirServer:
    """One allow-listed FHIR server with its pool of connections and threads; shared by all calls."""

    def __init__(self, base: ServerBase, resolver: Resolver = resolve) -> None:
        self.base = base
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="fhir")
        self._resolver = resolver
        self._session = _session(base)
        self._addresses: tuple[Address, ...] = ()
        self._addresses_until = 0.0
        self._lookup: Future[tuple[Address, ...]] | None = None
        self._lookup_lock = Lock()
        self._breaker = Breaker(base.host)

    def close(self) -> None:
        """Give the connections back; reads that are under way end by themselves."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    def ask(self, question: Question, deadline: Deadline) -> Reply:
        """Ask once, and again while that is safe and could help. Never raises for what a server does."""
        reply = Reply(None, note="no time was left for the FHIR server", cause="timeout")
        for attempt in range(question.attempts):
            if deadline.remaining < _SHORTEST_TRY:
                break
            refusal = self._breaker.refusal()
            if refusal is not None:
                return Reply(None, note="the FHIR server was away just now", cause=refusal)
            reply = self._ask_once(question, deadline, attempt)
            self._breaker.tell(reply.cause)
            if reply.retry_after is None or attempt + 1 == question.attempts:
                break
            pause = max(reply.retry_after, _BACKOFF * 2**attempt)
            if pause + _SHORTEST_TRY > deadline.remaining:
                break
            time.sleep(pause)
        return reply

    def _ask_once(self, question: Question, deadline: Deadline, attempt: int) -> Reply:
        # What these errors say may hold the URL with the patient's id, so no word of it is passed on.
        try:
            address = self._address(deadline, attempt)
            if address is None:
                note = "the FHIR server's name leads to an address that is not allowed"
                return Reply(None, note=note, cause="not-allowed")
            with io_until(deadline.at), self._send(question, deadline, address) as response:
                return _read_reply(response, deadline)
        except (requests.Timeout, SlowServer, TimeoutError):
            return Reply(None, note=_TOO_SLOW, cause="timeout")
        except requests.exceptions.SSLError:
            note = "the FHIR server's certificate was not accepted"
            return Reply(None, note=note, cause="tls")
        except DecodeError:
            note = "the FHIR server's answer could not be unpacked"
            return Reply(None, "unreadable", note, cause="not-fhir")
        except (requests.ConnectionError, HTTPError):
            return _broken_off(deadline)
        except requests.RequestException:
            return Reply(None, note="the FHIR server could not be asked", cause="failed")
        except OSError:
            return _broken_off(deadline)
        except ValueError:
            return Reply(None, note="the FHIR server could not be asked", cause="failed")

    def _send(self, question: Question, deadline: Deadline, address: Address) -> requests.Response:
        headers = {
            "Host": self.base.authority,
            "Accept": "application/fhir+json",
            "Accept-Encoding": "gzip",
        }
        if question.token is not None:
            headers["Authorization"] = f"Bearer {question.token}"
        if question.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        # The address that was looked at is the one that is called: no second look-up can change it.
        literal = f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004  # IP version
        return self._session.request(
            "GET" if question.form is None else "POST",
            f"{self.base.scheme}://{literal}:{self.base.port}{question.target}",
            headers=headers,
            data=question.form,
            timeout=max(deadline.remaining, _SHORTEST_TRY),
            allow_redirects=False,
            stream=True,
        )

    def _address(self, deadline: Deadline, attempt: int) -> Address | None:
        """An address of the server, another one at each attempt; None when one of them is not allowed."""
        if time.monotonic() >= self._addresses_until:
            self._addresses = self._looked_up().result(timeout=deadline.remaining)
            self._addresses_until = time.monotonic() + _KEEP_ADDRESS
        addresses = self._addresses
        if not addresses or not all(may_connect(self.base, address) for address in addresses):
            return None
        return addresses[attempt % len(addresses)]

    def _looked_up(self) -> Future[tuple[Address, ...]]:
        """The addresses to come. One thread looks them up for all: the system's resolver knows no deadline."""
        with self._lookup_lock:
            if self._lookup is None or self._lookup.done():
                self._lookup = Future()
                job = (self._lookup, self._resolver, self.base)
                Thread(target=_look_up, args=job, daemon=True, name="fhir-names").start()
            return self._lookup


def _look_up(found: Future[tuple[Address, ...]], resolver: Resolver, base: ServerBase) -> None:
    try:
        found.set_result(resolver(base.host, base.port))
    except Exception as error:  # noqa: BLE001 - told to whoever waits for it
        found.set_exception(error)


_servers: Final[dict[ServerBase, FhirServer]] = {}
_servers_lock: Final = Lock()


def fhir_server(base: ServerBase) -> FhirServer:
    """The one FhirServer of a base in this process; there are as many as are configured."""
    with _servers_lock:
        if base not in _servers:
            _servers[base] = FhirServer(base)
        return _servers[base]


def close_fhir_servers() -> None:
    """Give all connections back, when the service stops."""
    with _servers_lock:
        for server in _servers.values():
            server.close()
        _servers.clear()


def _session(base: ServerBase) -> requests.Session:
    # Both write whole URLs at DEBUG and WARNING, and a search URL names the patient.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    logging.getLogger("requests").setLevel(logging.CRITICAL)
    adapter = TimedAdapter(max_retries=0)
    # URLs hold an address, so TLS is told the name that the certificate has to be for.
    adapter.init_poolmanager(8, THREADS, block=False, server_hostname=base.host)
    session = timed_session(adapter)
    # No proxies and no .netrc from the environment: the token goes to this server and nowhere else.
    session.trust_env = False
    session.verify = (
        os.environ.get("REQUESTS_CA_BUNDLE")
        or os.environ.get("CURL_CA_BUNDLE")
        or os.environ.get("SSL_CERT_FILE")
        or True
    )
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _read_reply(response: requests.Response, deadline: Deadline) -> Reply:
    status = response.status_code
    if status not in {200, 203}:
        return _failed_reply(response)
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type and media_type not in _JSON_TYPES:
        note = "the FHIR server did not answer with JSON"
        return Reply(None, "unreadable", note, status, cause="not-fhir")
    body = bytearray()
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > MAX_PAGE_BYTES:
            note = "the FHIR server's answer is too large"
            return Reply(None, "unreadable", note, status, cause="too-large")
        if deadline.remaining == 0:
            return Reply(None, note=_TOO_SLOW, status=status, cause="timeout")
    text = bytes(body).removeprefix(b"\xef\xbb\xbf")
    return Reply(msgspec.Raw(text), status=status)


def _broken_off(deadline: Deadline) -> Reply:
    # A write that ends at the deadline comes out of urllib3 as a broken connection.
    if deadline.remaining == 0:
        return Reply(None, note=_TOO_SLOW, cause="timeout")
    return Reply(None, note=_NO_CONNECTION, retry_after=0.0, cause="refused")


def _failed_reply(response: requests.Response) -> Reply:
    status = response.status_code
    cause, note = _REFUSALS.get(status, ("failed", f"the FHIR server answered {status}"))
    if 300 <= status < 400:  # noqa: PLR2004  # HTTP's own range
        cause, note = "redirect", "the FHIR server redirects, which is not followed"
    elif status >= 500:  # noqa: PLR2004  # the same
        cause = "server-error"
    retry_after = _retry_after(response) if status in _WORTH_A_RETRY else None
    return Reply(None, note=note, status=status, retry_after=retry_after, cause=cause)


def _retry_after(response: requests.Response) -> float:
    """Seconds that the server asks to wait, 0 when it does not say."""
    header = response.headers.get("Retry-After")
    if header is None:
        return 0.0
    try:
        return Retry().parse_retry_after(header)
    except (HTTPError, ValueError, OverflowError):
        return 0.0
