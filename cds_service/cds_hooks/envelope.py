"""The outermost object of a hook call, opened in one pass together with its prefetch, by far its largest part."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from cds_service.cds_hooks.json_object import (
    NULL,
    Value,
    object_end,
    parse_members,
    refuse_foreign_bytes,
)

_MISSING: Final = msgspec.Raw(b"")


class _Usual(msgspec.Struct):
    """The fields that nearly every call is made of. Prefetch is the only one opened."""

    hook: msgspec.Raw = _MISSING
    hookInstance: msgspec.Raw = _MISSING  # noqa: N815 - the name in CDS Hooks
    context: msgspec.Raw = _MISSING
    fhirServer: msgspec.Raw = _MISSING  # noqa: N815
    fhirAuthorization: msgspec.Raw = _MISSING  # noqa: N815
    extension: msgspec.Raw = _MISSING
    prefetch: dict[str, msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET


_usual: Final = msgspec.json.Decoder(_Usual)
_FIELDS: Final = tuple(field for field in _Usual.__struct_fields__ if field != "prefetch")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The fields of a call, undecoded."""

    members: Mapping[str, msgspec.Raw]
    """All but prefetch."""
    prefetch: Mapping[str, msgspec.Raw]
    """By key; empty when there is none."""


def parse_envelope(body: bytes) -> Envelope:
    """The outermost object. Raises HookRequestError (400) for anything but one JSON object in UTF-8.

    A byte order mark is read over: JSON is sent without one (RFC 8259, 8.1), and some clients send it.
    """
    body = body.removeprefix(BOM_UTF8)
    refuse_foreign_bytes(body)
    return _read_usual(body) or _parse_any(body)


def _read_usual(body: bytes) -> Envelope | None:
    """The envelope in one pass; None for everything unusual, which is then looked at with more care."""
    try:
        usual = _usual.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    members = {field: raw for field in _FIELDS if (raw := getattr(usual, field)) is not _MISSING}
    given: dict[str, Value] = {**members}
    prefetch: Mapping[str, msgspec.Raw] = {}
    if not isinstance(usual.prefetch, msgspec.UnsetType):
        given["prefetch"] = prefetch = usual.prefetch
    # Also ends here: any field beside those above, and any key twice.
    if object_end(body, body.index(b"{"), given) is None:
        return None
    return Envelope(members, prefetch)


def _parse_any(body: bytes) -> Envelope:
    members = parse_members(body, "")
    raw = members.pop("prefetch", None)
    has_prefetch = raw is not None and bytes(raw) != NULL
    return Envelope(members, parse_members(raw, "prefetch") if raw and has_prefetch else {})
