"""What holds for every request: tidy paths, preflights, CORS, response headers, one log line without patient data."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import structlog
from flask import Flask, Response, g, request
from flask_cors import CORS
from flask_cors.core import DEFAULT_OPTIONS, get_cors_headers, serialize_options
from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CALLED_PATH: Final = "spine_cds.called_path"
"""WSGI key of the path as the client wrote it, which is what its token is for."""
STRICT_HEADER: Final = "Spine-CDS-Strict"
"""How many things in the call are not valid FHIR (`SPINE_CDS_STRICT_FHIR`)."""
ANSWER_HEADERS: Final = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    # What an answer that is no page may load when somebody opens it in a browser. Pages bring their own policy.
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)
"""On every answer that does not say otherwise."""

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+/=-]{0,127}")
_NAMES_NOBODY: Final = re.compile(r"[0-9a-fA-F-]{16,128}|[0-9A-HJKMNP-TV-Z]{26}")
"""Hexadecimal digits, a UUID, a ULID."""
_SLASHES: Final = re.compile("/{2,}")
_METHODS: Final = ("GET", "POST", "OPTIONS", "HEAD")
_WATCHED: Final = ("/health", "/metrics")
"""Asked every few seconds by machines; their lines are for DEBUG."""
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
    CORS(app, **cors_options(cors_origins))
    app.before_request(_begin)
    app.after_request(_finish)


def cors_options(origins: tuple[str, ...]) -> dict[str, Any]:
    """Who may read answers in a browser, in the words of flask-cors."""
    return {
        "origins": list(origins),
        "methods": ["GET", "POST", "OPTIONS"],
        # Named one by one: a star would not cover Authorization.
        "allow_headers": ["Authorization", "Content-Type", "Accept"],
        "expose_headers": ["X-Request-Id", "Retry-After", STRICT_HEADER],
        "max_age": 600,
        "vary_header": True,
        "allow_private_network": True,
    }


def plain_cors_headers(origins: tuple[str, ...]) -> dict[str, str]:
    """What flask-cors adds to the answer to a POST that names no origin."""
    options = serialize_options(DEFAULT_OPTIONS | cors_options(origins))
    return {name: str(text) for name, text in get_cors_headers(options, Headers(), "POST").items()}


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


def request_id_of(environ: WSGIEnvironment) -> str:
    """The client's own id of the request when it is well-formed, else one of ours."""
    given = environ.get("HTTP_X_REQUEST_ID")
    return given if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def logged_id(request_id: str) -> str:
    """The id as the log has it: one that could be a name or a record number as the start of its SHA-256."""
    if _NAMES_NOBODY.fullmatch(request_id):
        return request_id
    return sha256(request_id.encode()).hexdigest()[:16]


def milliseconds(seconds: float) -> float:
    """As the log tells times."""
    return round(seconds * 1000, 1)


def _begin() -> Response | None:
    g.started = time.perf_counter()
    g.facts = {}
    g.request_id = request_id_of(request.environ)
    if request.method == "OPTIONS":
        # Before routing errors and before trust: a preflight carries no token.
        return Response(status=204)
    return None


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    for name, text in ANSWER_HEADERS:
        response.headers.setdefault(name, text)
    is_watched = request.method == "OPTIONS" or str(request.url_rule or "").startswith(_WATCHED)
    (_log.debug if is_watched else _log.info)(
        "request",
        request_id=logged_id(g.request_id),
        method=request.method if request.method in _METHODS else "other",
        # The rule, not the path: somebody may put a patient's name into an address.
        route=str(request.url_rule or "none"),
        status=response.status_code,
        ms=milliseconds(time.perf_counter() - g.started),
        **g.facts,
    )
    return response
