"""A FHIR server on this machine that answers as it is told to, faults included, and notes what it was asked."""

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

Behavior = Callable[["Exchange"], None]


class Exchange(BaseHTTPRequestHandler):
    """One request, with a few words to answer it."""

    wbufsize = -1  # unbuffered, each header line would be a packet of its own: 44 ms an answer
    protocol_version = "HTTP/1.1"
    server: "Listener"
    header_words: Mapping[str, str] = MappingProxyType({})
    """What `{word}` in a header stands for."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        parts = urlsplit(self.path)
        self.route = parts.path
        self.query = parse_qs(parts.query or self.body.decode())
        self.server.fake.asked.append(copy(self))  # one exchange serves a whole connection
        self.server.fake.behavior_for(self)(self)

    do_POST = do_GET  # noqa: N815  # the name that http.server looks for

    def finish(self) -> None:
        # Closing the writer fails when the client has gone, and would leave the socket open.
        with suppress(OSError):
            super().finish()
        self.rfile.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def answer(
        self,
        body: Any,
        *,
        status: int = 200,
        media_type: str | None = "application/fhir+json; charset=utf-8",
        headers: dict[str, str] | None = None,
    ) -> None:
        """A whole answer: JSON, or bytes as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if media_type is not None:
            self.send_header("Content-Type", media_type)
        for name, value in ({"Content-Length": str(len(content))} | (headers or {})).items():
            self.send_header(name, value.format_map(self.header_words))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def drop(self) -> None:
        """Close the connection where it is."""
        self.wfile.flush()
        self.close_connection = True


class Listener(ThreadingHTTPServer):
    """The socket and its threads."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    fake: "FakeFhirServer"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no news here."""


class FakeFhirServer:
    """Resources by type, and a behavior for each path that should go wrong."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.asked: list[Exchange] = []
        self.resources: dict[str, list[dict[str, Any]]] = {}
        self.behaviors: dict[str, Behavior] = {}
        self.stop = threading.Event()
        self.page_size = 1000
        self._listener = Listener((host, 0), Exchange)
        self._listener.fake = self
        if tls is not None:
            self._listener.socket = tls.wrap_socket(self._listener.socket, server_side=True)
        self.port = self._listener.server_address[1]
        self.base = f"{'http' if tls is None else 'https'}://{host}:{self.port}/fhir"
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self.stop.set()
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()

    def behavior_for(self, exchange: Exchange) -> Behavior:
        relative = exchange.route.removeprefix("/fhir/")
        for name in (relative, relative.split("/")[0], "*"):
            if name in self.behaviors:
                return self.behaviors[name]
        return self._serve

    def targets(self) -> list[str]:
        return [f"{exchange.command} {exchange.path}" for exchange in self.asked]

    def _serve(self, exchange: Exchange) -> None:
        resource_type, _, rest = exchange.route.removeprefix("/fhir/").partition("/")
        found = self.resources.get(resource_type, [])
        if rest and rest != "_search":
            one = next((resource for resource in found if resource["id"] == rest), None)
            exchange.answer(one or outcome("error", "not-found"), status=200 if one else 404)
            return
        start = int(exchange.query.get("_offset", ["0"])[0])
        shown = found[start : start + self.page_size]
        links = []
        if start + self.page_size < len(found):
            url = f"{self.base}/{resource_type}?_offset={start + self.page_size}"
            links.append({"relation": "next", "url": url})
        exchange.answer(bundle(*shown, total=len(found), link=links))


def bundle(*resources: dict[str, Any], **members: Any) -> dict[str, Any]:
    entry = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entry} | members


def outcome(severity: str, code: str) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


def conditions(count: int) -> list[dict[str, Any]]:
    return [{"resourceType": "Condition", "id": f"c{number}"} for number in range(count)]
