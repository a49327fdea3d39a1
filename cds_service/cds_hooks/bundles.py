"""A Bundle: as ordinary clients send it, or its envelope with the entries as JSON text, decoded no further.

A megabyte of resources passes here in one call, so the usual shapes are read by typed structs; only when
they do not fit is the value taken apart member by member.
"""

from __future__ import annotations

import re
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec

_T = TypeVar("_T")
_NOTHING: Final = msgspec.Raw()
_ODD: Final = msgspec.Raw(b'""')


class Search(msgspec.Struct, gc=False):
    """`Bundle.entry.search`."""

    mode: str = ""


class BundleLink(msgspec.Struct, gc=False):
    """`Bundle.link`."""

    relation: str = ""
    url: str = ""


class BundleEntry(msgspec.Struct, gc=False):
    """`Bundle.entry`."""

    fullUrl: str | None = None  # noqa: N815  # FHIR's own name
    resource: msgspec.Raw = _NOTHING
    search: Search | None = None
    response: msgspec.Raw = _NOTHING

    @property
    def mode(self) -> str:
        """`search.mode`, empty when there is none."""
        return "" if self.search is None else self.search.mode

    @property
    def is_blank(self) -> bool:
        """`{}` or null: it says nothing, so nothing is missing."""
        says_more = self.fullUrl or self.mode or bytes(self.response)
        return not says_more and bytes(self.resource) in (b"", b"null")


class BundleEnvelope(msgspec.Struct, gc=False):
    """A Bundle, or anything else that names its `resourceType`, or a pre-1.0 `{response, resource}`."""

    resourceType: str = ""  # noqa: N815  # FHIR's own name
    total: int | None = None
    link: list[BundleLink] = msgspec.field(default_factory=list)
    entry: list[BundleEntry] = msgspec.field(default_factory=list)
    response: msgspec.Raw = _NOTHING
    resource: msgspec.Raw = _NOTHING

    @property
    def next_url(self) -> str | None:
        """The link to the next page, as written."""
        return next((link.url for link in self.link if link.relation == "next" and link.url), None)


class Matched(msgspec.Struct, gc=False):
    """`Bundle.entry.search` of a resource that the search was for."""

    mode: Literal["match"] = "match"


class OrdinaryEntry(msgspec.Struct, Generic[_T], gc=False):
    """`Bundle.entry` with a resource of one of the shapes asked for."""

    resource: _T
    fullUrl: str | None = None  # noqa: N815  # FHIR's own name
    search: Matched | None = None


class OrdinaryBundle(msgspec.Struct, Generic[_T], gc=False):
    """A whole answer to a search: every entry holds a resource of the shapes asked for.

    A decoder of this type refuses everything else (other resources, outcomes, odd members), and what it
    takes means the same as its `BundleEnvelope` would.
    """

    resourceType: Literal["Bundle"]  # noqa: N815  # FHIR's own name
    entry: list[OrdinaryEntry[_T]] = []
    total: int | None = None
    link: list[BundleLink] = []

    @property
    def is_whole(self) -> bool:
        """False when further pages exist, or a larger total is stated."""
        if self.total is not None and self.total > len(self.entry):
            return False
        return not any(link.relation == "next" and link.url for link in self.link)


class _Typed(msgspec.Struct, gc=False):
    resourceType: str = ""  # noqa: N815  # FHIR's own name


class _Response(msgspec.Struct, gc=False):
    status: str = ""


_envelope: Final = msgspec.json.Decoder(BundleEnvelope)
_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items: Final = msgspec.json.Decoder(list[msgspec.Raw])
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""All that msgspec raises for bytes that are not the JSON asked for."""

_opens_a_resource: Final = re.compile(rb'\{(?!\s*"resourceType"\s*:\s*"OperationOutcome")').match
_FOUND_BY_SEARCH: Final = frozenset({"match", "include"})


def read_envelope(value: msgspec.Raw) -> BundleEnvelope | None:
    """The outermost members of a value, or None when it is not a JSON object at all. Never raises."""
    try:
        return _envelope.decode(value)
    except _UNREADABLE:
        return _taken_apart(value)


def resource_type(resource: msgspec.Raw) -> str:
    """`resourceType` of a resource; empty when it has none or is no object. Never raises."""
    return _lenient(resource, _Typed, _Typed()).resourceType


def unwrapped(envelope: BundleEnvelope) -> tuple[str, msgspec.Raw] | None:
    """(status, resource) of a pre-1.0 `{response, resource}`; None when the value is not one."""
    if envelope.resourceType or not (bytes(envelope.response) or bytes(envelope.resource)):
        return None
    return _lenient(envelope.response, _Response, _Response()).status, envelope.resource


def sorted_entries(entries: list[BundleEntry]) -> tuple[list[BundleEntry], list[BundleEntry], int]:
    """(entries with a resource, entries with an OperationOutcome, how many lack what they should hold)."""
    odd = [
        entry
        for entry in entries
        if entry.search is None
        or entry.search.mode not in _FOUND_BY_SEARCH
        or _opens_a_resource(entry.resource) is None
    ]
    if not odd:  # the usual case, for a thousand entries in a call
        return entries, [], 0
    kept = []
    outcomes = []
    lacking = 0
    for entry in entries:
        if not bytes(entry.resource).startswith(b"{"):
            lacking += not entry.is_blank
        elif entry.mode == "outcome" or _is_outcome(entry.resource):
            outcomes.append(entry)
        else:
            kept.append(entry)
    return kept, outcomes, lacking


def bundle_resources(value: msgspec.Raw) -> tuple[msgspec.Raw, ...]:
    """The resources of an ordinary Bundle, or of a resource that stands alone, as JSON text."""
    envelope = read_envelope(value)
    if envelope is None or envelope.resourceType != "Bundle":
        return (value,)
    return tuple([entry.resource for entry in envelope.entry])


def count_matches(entries: list[BundleEntry]) -> int:
    """How many entries count towards `Bundle.total`: included resources do not."""
    return len([e for e in entries if e.search is None or e.search.mode != "include"])


def _is_outcome(resource: msgspec.Raw) -> bool:
    # Most resources do not hold the word, and looking for it is far cheaper than decoding.
    return (
        b'"OperationOutcome"' in bytes(resource) and resource_type(resource) == "OperationOutcome"
    )


def _taken_apart(value: msgspec.Raw) -> BundleEnvelope | None:
    try:
        members = _members.decode(value)
    except _UNREADABLE:
        return None
    return BundleEnvelope(
        resourceType=_lenient(members.get("resourceType"), str, ""),
        total=_lenient(members.get("total"), int, None),
        link=[_lenient(item, BundleLink, BundleLink()) for item in _listed(members.get("link"))],
        entry=[_odd_entry(item) for item in _listed(members.get("entry"))],
        response=members.get("response", _NOTHING),
        resource=members.get("resource", _NOTHING),
    )


def _odd_entry(item: msgspec.Raw) -> BundleEntry:
    if bytes(item) == b"null":
        return BundleEntry()
    try:
        members = _members.decode(item)
    except _UNREADABLE:
        return BundleEntry(resource=_ODD)
    return BundleEntry(
        fullUrl=_lenient(members.get("fullUrl"), str, None),
        resource=members.get("resource", _NOTHING),
        search=_lenient(members.get("search"), Search, None),
        response=members.get("response", _NOTHING),
    )


def _listed(value: msgspec.Raw | None) -> list[msgspec.Raw]:
    """The items of a list; a single value where a list should be is its only item."""
    if value is None or bytes(value) == b"null":
        return []
    try:
        return _items.decode(value)
    except _UNREADABLE:
        return [value]


def _lenient(value: msgspec.Raw | None, wanted: Any, otherwise: _T) -> _T:
    if value is None:
        return otherwise
    try:
        decoded: _T = msgspec.json.decode(value, type=wanted, strict=False)
    except _UNREADABLE:
        return otherwise
    return decoded
