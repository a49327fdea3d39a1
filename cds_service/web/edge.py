"""What holds for every request: tidy paths, preflights, CORS, response headers, one log line without patient data."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog
from flask import Flask, Response, g, request
from flask_cors import CORS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CALLED_PATH: Final = "spine_cds.called_path"
"""WSGI key of the path as the client wrote it, which is what its token is for."""

_SLASHES: Final = re.compile("/{2,}")
_WATCHED: Final = ("/health", "/metrics")
"""Asked every few seconds by machines; their lines are for DEBUG."""
_NOTHING: Final = "default-src 'none'; frame-ancestors 'none'"
"""What an answer that is no page may load when somebody opens it in a browser. Pages bring their own policy."""
_log: Final = structlog.get_logger()


def tidy_paths(application: WSGIApplication) -> WSGIApplication:
    """Read `//` as `/` and drop a slash at the end, without a redirect: browsers refuse one on a preflight."""

    def tidied(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        environ[CALLED_PATH] = path
        environ["PATH_INFO"] = _SLASHES.sub("/", path).rstrip("/") or "/"
        return application(environ, start_response)

    return tidied


def register_edge(app: Flask, cors_origins: tuple[str, ...]) -> None:
    """Wire all of it into the app."""
    app.wsgi_app = tidy_paths(app.wsgi_app)  # type: ignore[method-assign, assignment]
    CORS(
        app,
        origins=list(cors_origins),
        methods=["GET", "POST", "OPTIONS"],
        # Named one by one: a star would not cover Authorization.
        allow_headers=["Authorization", "Content-Type", "Accept"],
        expose_headers=["X-Request-Id", "Retry-After"],
        max_age=600,
        vary_header=True,
        allow_private_network=True,
    )
    app.before_request(_begin)
    app.after_request(_finish)


def note(**facts: object) -> None:
    """Add facts to the log line of this request. Never patient data."""
    g.facts.update(facts)


def json_response(body: bytes, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """A 200 with a JSON body."""
    response = Response(body, 200, mimetype="application/json")
    response.headers.extend(dict(headers))
    return response


def uuid_or_none(text: str | None) -> str | None:
    """The text when it is a UUID, else None: only what cannot be a name or a record number is logged."""
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        return None


def _begin() -> Response | None:
    g.started = time.perf_counter()
    g.facts = {}
    g.request_id = uuid_or_none(request.headers.get("X-Request-Id")) or secrets.token_hex(8)
    if request.method == "OPTIONS":
        # Before routing errors and before trust: a preflight carries no token.
        return Response(status=204)
    return None


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Content-Security-Policy", _NOTHING)
    level: Callable[..., object] = _log.info
    if request.method == "OPTIONS" or str(request.url_rule or "").startswith(_WATCHED):
        level = _log.debug
    level(
        "request",
        request_id=g.request_id,
        method=request.method if request.method in ("GET", "POST", "OPTIONS", "HEAD") else "other",
        # The rule, not the path: somebody may put a patient's name into an address.
        route=str(request.url_rule or "none"),
        status=response.status_code,
        ms=round((time.perf_counter() - g.started) * 1000, 1),
        **g.facts,
    )
    return response
