"""Reads a request's body, and no more of it than is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Final, cast

from werkzeug.exceptions import (
    ClientDisconnected,
    RequestEntityTooLarge,
    RequestTimeout,
    UnsupportedMediaType,
)
from werkzeug.http import parse_options_header
from werkzeug.wsgi import get_content_length

from cds_service.errors import ServiceUnavailable
from cds_service.web.receiving import RECEIVED

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_TROUBLES: Final[Mapping[str, Callable[[], Exception]]] = MappingProxyType(
    {
        "late": RequestTimeout,
        "large": RequestEntityTooLarge,
        "full": lambda: ServiceUnavailable("no room for another body"),
    }
)


def json_body(environ: WSGIEnvironment, limit: int) -> bytes:
    """The bytes of a body that says it is JSON.

    A length above `limit` is refused before anything is read; a body without a length, when it gets there.
    Raises an HTTPException, or ServiceUnavailable, that says why there is no body.
    """
    encoding = environ.get("HTTP_CONTENT_ENCODING")
    if not _says_json(environ.get("CONTENT_TYPE", "")) or encoding not in (None, "", "identity"):
        raise UnsupportedMediaType
    trouble = environ.get(RECEIVED)
    if trouble is not None:
        error = _TROUBLES[trouble]()
        raise error
    stream = cast("IO[bytes]", environ["wsgi.input"])
    # An empty variable is what PEP 3333 lets a server write for none; it does not mean zero.
    length = get_content_length(environ) if environ.get("CONTENT_LENGTH") else None
    if length is None:
        # Only such servers end a body that has no length; with others, reading would never end.
        is_ended = environ.get("wsgi.input_terminated", False)
        body = _read(stream, limit + 1) if is_ended else b""
        if len(body) > limit:
            raise RequestEntityTooLarge
        return body
    if length > limit:
        raise RequestEntityTooLarge
    body = _read(stream, length)
    if len(body) < length:
        raise ClientDisconnected
    return body


def _says_json(content_type: str) -> bool:
    if content_type == "application/json":
        return True
    kind = parse_options_header(content_type)[0].lower()
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )


def _read(stream: IO[bytes], size: int) -> bytes:
    body = stream.read(size)
    while len(body) < size:
        more = stream.read(size - len(body))
        if not more:
            break
        body += more
    return body
