"""Reads a request's body, and no more of it than is allowed."""

from __future__ import annotations

from typing import IO, cast

from flask import request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge, UnsupportedMediaType


def json_body(limit: int) -> bytes:
    """The bytes of a body that says it is JSON.

    A length above `limit` is refused before anything is read; a body without a length, when it gets there.
    """
    if not request.is_json or request.content_encoding not in (None, "", "identity"):
        raise UnsupportedMediaType
    stream = cast("IO[bytes]", request.environ["wsgi.input"])
    # An empty variable is what PEP 3333 lets a server write for none; Flask would read it as zero.
    length = request.content_length if request.environ.get("CONTENT_LENGTH") else None
    if length is None:
        # Only such servers end a body that has no length; with others, reading would never end.
        is_ended = request.environ.get("wsgi.input_terminated", False)
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


def _read(stream: IO[bytes], size: int) -> bytes:
    # Not request.get_data(): that cuts a body without a length off at the limit and says nothing.
    body = stream.read(size)
    while len(body) < size:
        more = stream.read(size - len(body))
        if not more:
            break
        body += more
    return body
