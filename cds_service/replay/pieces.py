"""One piece of a file: a patient's resource, another one, a saved call, or what could not be read and why."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, Literal

import msgspec
from msgspec import Raw, Struct

from cds_service.evidence.codes.references import split_reference
from cds_service.evidence.loose_json import as_object, read_json
from cds_service.evidence.raw import NOTHING, READ_ERRORS, plain
from cds_service.evidence.record.types import TYPES
from cds_service.replay.cases import Unread

READ_TYPES: Final = frozenset(one.name for one in TYPES)
"""Types that the service reads."""
_SHARED: Final = frozenset(("Medication",))
"""Types that are read and are no patient's."""
_MAY_BE_NOBODYS: Final = frozenset(("Device",))
"""Types that are not lost without a patient: a hospital's own devices are implanted in nobody."""
_FILE_OF_TYPE: Final = re.compile(
    r"([A-Z][A-Za-z]+)(?:[._-]?\d+)?(?:\.(?:ndjson|jsonl|json|parquet))?(?:\.gz)?"
)
_REFERENCE: Final = re.compile(rb'("reference"\s*:\s*)"(urn:[^"\\]+)"')
_DEEPEST: Final = 3
"""Bundles within Bundles that are opened."""


class Owned(Struct, frozen=True, gc=False):
    """Resources of one patient and one type."""

    dataset: str
    patient: str
    """Logical id of the patient."""
    type: str
    lines: bytes
    """JSON texts, one a line."""
    count: int


class Piece(Struct, frozen=True, gc=False):
    """One resource that is no patient's, or one saved call."""

    kind: Literal["shared", "other", "call"]
    """shared: read, and no patient's own. other: of a type that is never read."""
    dataset: str
    type: str
    """Resource type; empty for a call."""
    id: str
    """Of a call its file and line."""
    raw: bytes
    """JSON text in one line; empty for a type that is never read."""
    path: str = ""
    """Of a call that a file holds alone, where that file is."""


Found = Owned | Piece | Unread


class _Reference(Struct, gc=False):
    reference: str = ""


class _OrdinaryHead(Struct, gc=False):
    """The head of an ordinary line; whatever has another shape does not fit."""

    resourceType: str = ""  # noqa: N815  # FHIR's own name
    id: str = ""
    subject: _Reference | None = None
    patient: _Reference | None = None


class _Head(Struct, gc=False):
    resourceType: object = None  # noqa: N815  # FHIR's own name
    id: object = None
    subject: Raw = NOTHING
    patient: Raw = NOTHING
    hook: object = None
    request: Raw = NOTHING


class _Entry(Struct, gc=False):
    resource: Raw = NOTHING
    fullUrl: object = None  # noqa: N815  # FHIR's own name
    request: Raw = NOTHING
    response: Raw = NOTHING


class _Bundle(Struct, gc=False):
    entry: list[Raw] = []


_read_heads: Final = msgspec.json.Decoder(_OrdinaryHead).decode_lines
_read_head: Final = msgspec.json.Decoder(_Head).decode
_read_entry: Final = msgspec.json.Decoder(_Entry).decode
_read_bundle: Final = msgspec.json.Decoder(_Bundle).decode
_read_items: Final = msgspec.json.Decoder(list[Raw]).decode
_read_reference: Final = msgspec.json.Decoder(_Reference).decode


_FIRST: Final = itemgetter(0)
_LAST: Final = itemgetter(-1)
_BEGINS: Final = {ord("{")}
_ENDS: Final = {ord("}")}


def type_of_file(name: str) -> str:
    """The resource type that a file or folder of a bulk export is named after; empty for any other name."""
    found = _FILE_OF_TYPE.fullmatch(name)
    return found[1] if found is not None and found[1] in READ_TYPES else ""


def read_document(content: bytes, file: str, dataset: str) -> Iterator[Found]:
    """The pieces of a file of JSON: one document, or, where it is none, one a line."""
    content = content.removeprefix(BOM_UTF8).strip()
    if not content:
        yield Unread(file, "is empty")
        return
    if content.startswith(b"["):
        try:
            items = _read_items(content)
        except READ_ERRORS:
            yield Unread(file, "is not JSON")
            return
        for item in items or (Raw(b"null"),):
            yield from _read_value(bytes(item), file, 0, dataset)
        return
    lines = content.splitlines()
    if len(lines) > 1 and not _is_json(content) and all(map(_is_json, lines)):
        for number, line in enumerate(lines, 1):
            yield from read_line(line, file, number, dataset)
        return
    yield from _read_value(content, file, 0, dataset)


def read_ordinary(block: bytes, dataset: str) -> list[Found] | None:
    """The pieces of many lines at once, where each holds a resource as nearly all lines of a bulk export do.

    None: look at each line. That is so where one of them names no patient, cannot be read, or is none.
    """
    lines = block.rstrip(b"\n")
    try:
        heads = _read_heads(lines)
    except READ_ERRORS:
        return None
    each = lines.split(b"\n")
    if len(each) != len(heads) or not _are_objects(each):
        return None
    owned: dict[tuple[str, str], list[bytes]] = {}
    others: list[Found] = []
    last: tuple[str, str] | None = None
    held: list[bytes] = []
    for head, line in zip(heads, each, strict=True):
        kind = head.resourceType
        if kind not in READ_TYPES:
            if not kind or kind == "Bundle":
                return None
            others.append(Piece("other", dataset, kind, head.id, b""))
            continue
        if not head.id:
            return None
        if kind == "Patient":
            named = head.id
        else:
            whose = head.subject or head.patient
            named = whose.reference if whose is not None else ""
        # Lines of one patient and type mostly follow one another.
        if (kind, named) != last:
            patient = named.strip() if kind == "Patient" else _patient_named(named)
            if not patient:
                return None
            held = owned.setdefault((kind, patient), [])
            last = (kind, named)
        held.append(line)
    return others + [
        Owned(dataset, patient, kind, b"\n".join(every), len(every))
        for (kind, patient), every in owned.items()
    ]


def _are_objects(each: list[bytes]) -> bool:
    """Whether every line begins and ends an object: as many objects as such lines are one a line."""
    return all(each) and set(map(_FIRST, each)) == _BEGINS and set(map(_LAST, each)) == _ENDS


def read_line(line: bytes | str, file: str, number: int, dataset: str) -> Iterator[Found]:
    """The pieces of one line; none for a blank one."""
    text = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
    text = text.removeprefix(BOM_UTF8).strip()
    if text:
        yield from _read_value(text, file, number, dataset)


def _read_value(text: bytes, file: str, number: int, dataset: str) -> Iterator[Found]:
    try:
        head = _read_head(text)
    except READ_ERRORS:
        plainly = read_json(text)
        if plainly is None:
            yield Unread(file, _why_no_object(text), number)
            return
        text = msgspec.json.encode(plainly)
        head = _read_head(text)
    is_call = isinstance(head.hook, str) or bytes(head.request).startswith(b"{")
    if is_call and not isinstance(head.resourceType, str):
        yield Piece("call", dataset, "", f"{file}:{number}" if number else file, text)
    elif head.resourceType == "Bundle":
        yield from _read_entries(text, (file, number, dataset), 1)
    else:
        yield _resource(text, head, (file, number, dataset), None)


_Where = tuple[str, int, str]
"""(file, line, data set)."""


def _read_entries(text: bytes, where: _Where, depth: int) -> Iterator[Found]:
    """The resources of a Bundle, which may point to each other by the URLs of their entries."""
    file, number, _ = where
    try:
        entries = _read_bundle(text).entry
    except READ_ERRORS:
        entries = None
    if not entries:
        why = "of an odd shape" if entries is None else "without entries"
        yield Unread(
            file, f"holds a FHIR resource and no hook call or patient: a Bundle {why}", number
        )
        return
    names: dict[bytes, bytes] = {}
    found: list[tuple[bytes, _Head]] = []
    for entry in entries:
        one = _entry(entry)
        if isinstance(one, str):
            yield Unread(file, one, number)
        elif one is not None and one[1].resourceType != "Bundle":
            raw, head, url = one
            if url and isinstance(head.id, str) and isinstance(head.resourceType, str):
                names[url.encode()] = f"{head.resourceType}/{head.id}".encode()
            found.append((raw, head))
        elif one is not None and depth < _DEEPEST:
            yield from _read_entries(one[0], where, depth + 1)
        elif one is not None:
            yield Unread(file, "Bundles within Bundles, too deep", number)
    only = _only_patient(found)
    for raw, head in found:
        named = _REFERENCE.sub(lambda match: _renamed(match, names), raw)
        yield _resource(named, _read_head(named) if named != raw else head, where, only)


def _entry(raw: Raw) -> tuple[bytes, _Head, str] | str | None:
    """(resource, its head, its URL); why there is none; None for a deletion, or the answer to one."""
    try:
        entry = _read_entry(raw)
        if bytes(entry.resource) in (b"", b"null"):
            return None
        head = _read_head(entry.resource)
    except READ_ERRORS:
        return "an entry of the Bundle holds no resource"
    url = entry.fullUrl if isinstance(entry.fullUrl, str) else ""
    return *_with_id(bytes(entry.resource), head, url), url


def _with_id(raw: bytes, head: _Head, url: str) -> tuple[bytes, _Head]:
    """A resource without an id is known by the one in the URL of its entry."""
    if head.id is not None or not url:
        return raw, head
    name = split_reference(url)[1]
    if not name or not raw.startswith(b"{"):
        return raw, head
    rest = raw[1:].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    named = b'{"id":' + msgspec.json.encode(name) + comma + rest
    return named, _read_head(named)


def _renamed(match: re.Match[bytes], names: Mapping[bytes, bytes]) -> bytes:
    name = names.get(match[2])
    return match[0] if name is None else match[1] + b'"' + name + b'"'


def _only_patient(found: list[tuple[bytes, _Head]]) -> str | None:
    """The patient of a Bundle that is about one only: what names nobody in it is that patient's."""
    patients = {_patient_of(head) for _, head in found} - {""}
    return patients.pop() if len(patients) == 1 else None


def _resource(text: bytes, head: _Head, where: _Where, only: str | None) -> Found:
    file, number, dataset = where
    kind = head.resourceType
    if not isinstance(kind, str) or not kind:
        return Unread(file, "holds something else and no FHIR resource or hook call", number)
    name = head.id if isinstance(head.id, str) else ""
    raw = text.replace(b"\n", b" ").replace(b"\r", b" ")
    if kind not in READ_TYPES:
        return Piece("other", dataset, kind, name, b"")
    patient = _patient_of(head) or only or ""
    if patient:
        return Owned(dataset, patient, kind, raw, 1)
    if kind in _SHARED:
        return Piece("shared", dataset, kind, name, raw)
    if kind in _MAY_BE_NOBODYS:
        return Piece("other", dataset, kind, name, b"")
    lacks = "has no id" if kind == "Patient" else "names no patient"
    return Unread(file, f"{kind} {lacks}: it can be given to nobody", number)


def _patient_of(head: _Head) -> str:
    """Logical id of the patient that a resource names; empty for none."""
    if head.resourceType == "Patient":
        return head.id.strip() if isinstance(head.id, str) else ""
    for whose in (head.subject, head.patient):
        if whose is NOTHING:
            continue
        try:
            reference: object = _read_reference(whose).reference
        except READ_ERRORS:
            value = plain(whose)
            reference = value if isinstance(value, str) else as_object(value).get("reference")
        if isinstance(reference, str) and (name := _patient_named(reference)):
            return name
    return ""


@lru_cache(maxsize=10_000)
def _patient_named(reference: str) -> str:
    kind, name = split_reference(reference)
    return name if kind in ("", "Patient") else ""


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=Raw)
        _read_head(text)
    except READ_ERRORS:
        return False
    return True


def _why_no_object(text: bytes) -> str:
    try:
        value: Any = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return "is not JSON"
    return "holds no JSON object" if not isinstance(value, dict) else "cannot be read"
