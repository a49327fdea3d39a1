"""Finds cases in files: patients' stories, cases with a day of their own, and hook calls as a client sent them."""

from __future__ import annotations

import tomllib
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from cds_service.errors import CaseError
from cds_service.evidence.loose_json import as_object, each
from cds_service.evidence.orders.orders import authored_on
from cds_service.evidence.raw import NOTHING, READ_ERRORS, plain
from cds_service.evidence.record.types import REQUIREMENTS, requirements_for

STORY = "story.toml"
RECORD = "record.json"
_EXPECTED = ".cards.json"
_CASE_FILES = frozenset((".json", ".ndjson", ".jsonl"))
_PACKED = frozenset((".gz", ".zip", ".bz2", ".xz"))
DayFrom = Literal["case", "order", "option", "today"]
"""Where the day of a case comes from."""
_READ_ERRORS = (OSError, *READ_ERRORS)


@dataclass(frozen=True, slots=True)
class SavedCase:
    """One hook call to replay."""

    name: str
    """Path of the request without its ending, relative to where it was looked for."""
    service_id: str
    as_of: date
    body: bytes
    expected: tuple[Mapping[str, Any], ...] | None
    """Cards that have to come out; None: whatever comes is only shown."""
    expected_file: Path | None = None
    expected_status: int = 200
    """An error is never the same as an answer without cards."""
    expected_explanation: Mapping[str, Any] | None = None
    """`assessments` and `gaps` of the explanation that have to come out; None: only the cards are promised."""
    day_from: DayFrom = "case"
    """`order`: the day that the order was written."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file, or a piece of one, that looks like one of ours and could not be read."""

    name: str
    why: str
    line: int = 0
    """0: the file as a whole."""

    @property
    def text(self) -> str:
        """Where it stands and why it was not read."""
        place = f"{self.name}:{self.line}" if self.line else self.name
        return f"{place}: {self.why}"


@dataclass(frozen=True, slots=True)
class Day:
    """The day of cases that have none of their own."""

    day: date
    day_from: Literal["option", "today"]


def find_cases(path: Path, otherwise: Day) -> Iterator[SavedCase | Unread]:
    """Cases below a path, or in one file, by name; files without a case among them are told.

    A directory with a `story.toml` is a patient's story: every `<hook>.<what>.json` in it is a call, filled up
    with `record.json`, and `<hook>.<what>.cards.json` holds the cards expected. A file `{"as_of", "request"}` is a
    case of that day. Other JSON files that hold a hook call are replayed as they are. A call without a day is of the
    day that its order was written, else of `otherwise`. Raises CaseError for what is wrong in a story or file that was
    named itself.
    """
    if path.is_file():
        if (path.parent / STORY).exists():
            yield from _story_cases(path.parent, Path(path.parent.name), only=path.name)
            return
        found = _file_case(path, path.name, otherwise)
        if isinstance(found, Unread):
            raise CaseError(f"{path}: {found.why}")
        yield found
        return
    if not path.is_dir():
        raise CaseError(
            f"{path}: no such file or directory. Name a file with a hook call, or a folder of them."
        )
    stories = sorted(item.parent for item in path.rglob(STORY))
    for folder in stories:
        try:
            yield from _story_cases(folder, folder.relative_to(path))
        except CaseError as error:
            if folder == path:
                raise
            yield Unread(str(folder.relative_to(path)), str(error))
    for item in sorted(path.rglob("*")):
        is_ours = _looks_like_a_case(item) and item.is_file()
        if is_ours and not any(folder in item.parents for folder in stories):
            yield _file_case(item, str(item.relative_to(path)), otherwise)


def _looks_like_a_case(path: Path) -> bool:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in _CASE_FILES and not path.name.endswith(_EXPECTED)


def _story_cases(folder: Path, name: Path, only: str | None = None) -> Iterator[SavedCase]:
    story = _toml(folder / STORY)
    day = story.get("as_of")
    if not isinstance(day, date):
        raise CaseError(
            f"{folder / STORY}: 'as_of' is missing. Every story has its day. Add: as_of = 2026-06-15"
        )
    record = _json(folder / RECORD)
    for item in sorted(folder.glob("*.json")):
        if item.name == RECORD or item.name.endswith(_EXPECTED) or only not in (None, item.name):
            continue
        request = _json(item)
        if not is_hook_call(request):
            raise CaseError(
                f"{item}: not a hook call. Expected an object with 'hook' and 'context'."
            )
        expected_file = item.with_name(item.name.removesuffix(".json") + _EXPECTED)
        expected, status, explanation = _expectation(expected_file)
        yield SavedCase(
            name=str(name / item.name.removesuffix(".json")),
            service_id=service_of(request),
            as_of=day,
            body=msgspec.json.encode(with_record(request, record)),
            expected=expected,
            expected_file=expected_file,
            expected_status=status,
            expected_explanation=explanation,
        )


def _expectation(
    path: Path,
) -> tuple[tuple[Mapping[str, Any], ...] | None, int, Mapping[str, Any] | None]:
    """Cards, status and explanation that have to come out; None where nothing is expected yet."""
    if not path.exists():
        return None, 200, None
    found = _json(path)
    cards, status = found.get("cards"), found.get("status", 200)
    if not isinstance(cards, list) or not isinstance(status, int):
        raise CaseError(f"{path}: expected 'cards', a list, and for an error its 'status'.")
    return tuple(cards), status, found.get("explanation")


def _file_case(path: Path, name: str, otherwise: Day) -> SavedCase | Unread:
    """The case of a file that belongs to no story, or why there is none."""
    if path.suffix.lower() != ".json":
        return Unread(
            name, "packed files and files of one JSON a line are not read. Unpack or split it."
        )
    try:
        body = path.read_bytes()
    except OSError as error:
        return Unread(name, f"cannot be read ({error.strerror}).")
    case = read_case(body, name[: -len(".json")], otherwise)
    if isinstance(case, Unread):
        return Unread(name, case.why)
    return expecting(path, case)


def read_case(content: bytes, name: str, otherwise: Day) -> SavedCase | Unread:
    """The hook call, or the case with a day of its own, that stands in a document.

    The call stays as it is written: whether it can be read is for the service to say, an error being an answer too.
    """
    body = content.removeprefix(BOM_UTF8)
    found = _read_head(body)
    if found is None:
        return Unread(name, _why_no_object(body))
    head = found
    if not _is_call(found) and (inner := _read_head(bytes(found.request))) is not None:
        head, body = inner, bytes(found.request)
    if not _is_call(head):
        is_resource = isinstance(found.resource_type, str)
        what = "a FHIR resource" if is_resource else "something else"
        return Unread(name, f"holds {what} and no hook call ('hook' and 'context').")
    request = {"hook": head.hook, "context": plain(head.context), "prefetch": plain(head.prefetch)}
    if head is not found and found.as_of is not msgspec.UNSET:
        try:
            day = date.fromisoformat(found.as_of)  # type: ignore[arg-type]  # anything may stand there
        except (TypeError, ValueError):
            return Unread(name, "has an 'as_of' that is no day, such as 2026-06-15.")
        return SavedCase(name, service_of(request), day, body, None)
    written = day_written(request)
    if written is not None:
        return SavedCase(name, service_of(request), written, body, None, day_from="order")
    return SavedCase(
        name, service_of(request), otherwise.day, body, None, day_from=otherwise.day_from
    )


class _Head(msgspec.Struct, rename="camel", gc=False):
    """What tells a hook call, and a case around one; all else is left as it is written."""

    hook: object = None
    context: msgspec.Raw = NOTHING
    prefetch: msgspec.Raw = NOTHING
    request: msgspec.Raw = NOTHING
    resource_type: object = None
    as_of: object = msgspec.field(name="as_of", default=msgspec.UNSET)


_decode_head: Final = msgspec.json.Decoder(_Head).decode


def _read_head(text: bytes) -> _Head | None:
    try:
        return _decode_head(text)
    except READ_ERRORS:
        return None


def _is_call(head: _Head) -> bool:
    return isinstance(head.hook, str) and bytes(head.context).startswith(b"{")


def _why_no_object(text: bytes) -> str:
    try:
        msgspec.json.decode(text)
    except READ_ERRORS:
        return "is not JSON."
    return "holds no JSON object."


def expecting(path: Path, case: SavedCase) -> SavedCase | Unread:
    """The case with what the file beside it expects, if there is one."""
    expected_file = path.with_name(path.name[: -len(".json")] + _EXPECTED)
    try:
        expected, status, explanation = _expectation(expected_file)
    except CaseError as error:
        return Unread(case.name, str(error))
    return replace(
        case,
        expected=expected,
        expected_file=expected_file,
        expected_status=status,
        expected_explanation=explanation,
    )


def day_written(request: Mapping[str, Any]) -> date | None:
    """The latest day on which an order of the call was written; None when no order says so to the day."""
    context, prefetch = as_object(request.get("context")), as_object(request.get("prefetch"))
    bundles = (context.get("draftOrders"), context.get("orders"), prefetch.get("dispatchedOrders"))
    days = [
        written.first
        for bundle in bundles
        for entry in each(as_object(bundle).get("entry"))
        if (written := authored_on(as_object(as_object(entry).get("resource")))) is not None
        and written.is_exact
    ]
    return max(days, default=None)


def is_hook_call(request: Mapping[str, Any]) -> bool:
    """True for something that looks like the body of a hook call."""
    return isinstance(request.get("hook"), str) and isinstance(request.get("context"), dict)


def service_of(request: Mapping[str, Any]) -> str:
    """The service that a client would call for this hook; a hook that is none of ours is an error there too."""
    hook = str(request["hook"])
    if hook == "order-review":
        return "spine-imaging-order-sign"
    return f"spine-imaging-{hook if requirements_for(hook) else 'order-select'}"


def with_record(request: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """The call with the prefetch that a client would make from this record: every key, empty ones too.

    A key that the request has already stays as it is; keys named in `x-not-provided` are left out.
    """
    body = {key: value for key, value in request.items() if key != "x-not-provided"}
    left_out = set(request.get("x-not-provided", ()))
    by_type: dict[str, list[Any]] = {}
    for entry in record.get("entry", ()):
        resource = entry["resource"]
        by_type.setdefault(resource["resourceType"], []).append(resource)
    prefetch: dict[str, Any] = {}
    for need in REQUIREMENTS:
        if need.key in left_out or request["hook"] not in need.hooks:
            continue
        found = [
            item for kind in (need.resource_type, *need.also) for item in by_type.get(kind, ())
        ]
        if need.is_read:
            if found:
                prefetch[need.key] = found[0]
            continue
        prefetch[need.key] = {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(found),
            "entry": [{"resource": resource} for resource in found],
        }
    body["prefetch"] = prefetch | dict(request.get("prefetch") or {})
    return body


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CaseError(f"{path}: cannot be read as TOML: {error}") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(path.read_bytes())
    except _READ_ERRORS as error:
        raise CaseError(f"{path}: cannot be read as JSON: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise CaseError(f"{path}: expected a JSON object.")
    return found
