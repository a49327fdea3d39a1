"""HTTP whose sockets keep one deadline for a whole exchange.

A time limit of `requests` counts from byte to byte, so a server that drips one header byte a second holds its thread
for ever. Here every single read and write gets what is left of the whole, and fails when nothing is.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.util.ssl_ import create_urllib3_context


class _Until(threading.local):
    moment: float | None = None
    """On the monotonic clock; None: no limit but the socket's own."""


_until: Final = _Until()


@contextmanager
def io_until(moment: float) -> Iterator[None]:
    """Whatever this thread reads and writes through a `timed_session` ends at `moment` (monotonic clock)."""
    before, _until.moment = _until.moment, moment
    try:
        yield
    finally:
        _until.moment = before


def _give_what_is_left(sock: socket.socket) -> None:
    if _until.moment is not None:
        left = _until.moment - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this exchange is over")
        sock.settimeout(left)


class _TimedSocket(socket.socket):
    """A plain socket of which each call gets what is left."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        _give_what_is_left(self)
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        _give_what_is_left(self)
        super().sendall(*args, **kwargs)


class _TimedTlsSocket(ssl.SSLSocket):
    """The same inside TLS. The library ends a handshake, or a record, that takes longer than the socket's limit."""

    def do_handshake(self, *args: Any, **kwargs: Any) -> None:
        _give_what_is_left(self)
        super().do_handshake(*args, **kwargs)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        _give_what_is_left(self)
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        _give_what_is_left(self)
        super().sendall(*args, **kwargs)


class _TimedConnection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        plain: socket.socket = self.sock
        timeout = plain.gettimeout()
        self.sock = _TimedSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self.sock.settimeout(timeout)


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


_POOLS: Final = {"http": _TimedPool, "https": HTTPSConnectionPool}


class TimedAdapter(HTTPAdapter):
    """Connections for `requests` that keep the deadline of `io_until`."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool, with sockets of ours."""
        super().init_poolmanager(*args, ssl_context=_tls(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The same for a proxy."""
        manager = super().proxy_manager_for(proxy, ssl_context=_tls(), **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def _tls() -> ssl.SSLContext:
    context = create_urllib3_context()
    context.sslsocket_class = _TimedTlsSocket
    return context


def timed_session(adapter: TimedAdapter | None = None) -> requests.Session:
    """A session whose exchanges keep the deadline of `io_until`."""
    session = requests.Session()
    adapter = adapter or TimedAdapter()
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session
