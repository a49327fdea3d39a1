"""JSON objects opened one level deep, with everything inside left as the client wrote it.

A 1 MB prefetch is not decoded to find out who the patient is, and an order can be given back unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from cds_service.cds_hooks.nesting import deep_place
from cds_service.errors import HookRequestError

NULL: Final = b"null"

_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items: Final = msgspec.json.Decoder(list[msgspec.Raw])
_string: Final = msgspec.json.Decoder(str)
_KEY: Final = re.compile(rb'[\s,]*+("(?:[^"\\]|\\.)*+")\s*+:\s*+')
_END: Final = re.compile(rb"\s*+\}")

Value: TypeAlias = msgspec.Raw | Mapping[str, msgspec.Raw]
"""A value as the decoder left it, or the members of an object, opened one level deeper."""


def refuse_foreign_bytes(body: bytes) -> None:
    """Raises HookRequestError (400) for a body that is not UTF-8."""
    if not body.isascii():
        try:
            # What is not looked into here would otherwise go back in an action as it came.
            body.decode()
        except UnicodeDecodeError as error:
            raise HookRequestError(
                f"The body is not UTF-8 (byte {error.start}). Send JSON in UTF-8.", code="structure"
            ) from None


def parse_members(text: bytes | msgspec.Raw, expression: str) -> dict[str, msgspec.Raw]:
    """The members of a JSON object, each undecoded. `expression` is its place in the request.

    Raises HookRequestError (400) when it is no object, is malformed, is nested too deeply, or
    has a key twice: then which one counts would depend on the reader.
    """
    whole = bytes(text)
    try:
        members = _members.decode(whole)
    except msgspec.ValidationError:
        what = expression or "The body"
        raise HookRequestError(
            f"{what} has to be a JSON object.", expression=expression, code="structure"
        ) from None
    except RecursionError:
        raise HookRequestError(
            "The JSON is nested too deeply.",
            expression=expression or deep_place(whole),
            code="structure",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        place = re.search(r"\(byte \d+\)", str(error))
        raise HookRequestError(
            f"The body is not JSON {place.group(0) if place else '(it ends too early)'}.",
            expression=expression,
            code="structure",
        ) from None
    if _has_key_twice(whole, members):
        raise HookRequestError(
            f"{expression or 'The body'} has a key twice.", expression=expression, code="structure"
        )
    return members


def has_key_twice(text: msgspec.Raw, members: Mapping[str, msgspec.Raw]) -> bool:
    """Whether the object of which these are the members has one of its keys more than once."""
    return _has_key_twice(bytes(text), members)


def _has_key_twice(whole: bytes, members: Mapping[str, msgspec.Raw]) -> bool:
    return object_end(whole, whole.index(b"{"), members) is None


def read_members(text: bytes | msgspec.Raw) -> dict[str, msgspec.Raw] | None:
    """The members of a JSON object, or None when it is something else."""
    try:
        return _members.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_items(text: bytes | msgspec.Raw) -> list[msgspec.Raw] | None:
    """The items of a JSON array, each undecoded, or None when it is something else."""
    try:
        return _items.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_string(text: bytes | msgspec.Raw | None) -> str | None:
    """A JSON string without white space around it; None when it is empty, missing or no string."""
    if text is None:
        return None
    try:
        return _string.decode(text).strip() or None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def is_absent(text: msgspec.Raw | None) -> bool:
    """Whether an optional field was not given; `null` counts as not given."""
    return text is None or bytes(text) == NULL


def object_end(text: bytes, start: int, members: Mapping[str, Value]) -> int | None:
    """Where the object that begins at `start` ends, if it holds each of `members` once and nothing else.

    The decoder keeps the last of two equal keys. Walking from key to key by the lengths of the kept
    values then meets another value at the first of them, or counts one key too many.
    """
    position: int | None = start + 1
    seen = 0
    while position is not None and (match := _KEY.match(text, position)) is not None:
        value = members.get(_string.decode(match[1]))
        position = match.end()
        # why by type: asking every value whether it is a Mapping takes longer than all the rest
        if type(value) is msgspec.Raw:
            position = position + len(value) if text.startswith(value, position) else None
        else:
            position = _members_end(text, position, value)
        seen += 1
    if position is None:
        return None
    closing = _END.match(text, position)
    return closing.end() if closing is not None and seen == len(members) else None


def _members_end(text: bytes, start: int, value: Value | None) -> int | None:
    if not isinstance(value, Mapping) or not text.startswith(b"{", start):
        return None
    return object_end(text, start, value)
