"""Finds cases in files: patients' stories, and hook calls as a client sent them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from cds_service.errors import CaseError
from cds_service.evidence.record.types import REQUIREMENTS, requirements_for

STORY = "story.toml"
RECORD = "record.json"
_EXPECTED = ".cards.json"
_READ_ERRORS = (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Case:
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
    expected_explanation: Mapping[str, Any] | None = None
    """`assessments` and `gaps` of the explanation that have to come out; None: only the cards are promised."""
    """An error is never the same as an answer without cards."""


def find_cases(path: Path, as_of: date) -> Iterator[Case]:
    """Cases below a path, or in one file, by name.

    A directory with a `story.toml` is a patient's story: every `<hook>.<what>.json` in it is a call, filled up
    with `record.json`, and `<hook>.<what>.cards.json` holds the cards expected. Other JSON files that hold a
    hook call are replayed as they are, on the day `as_of`. Raises CaseError.
    """
    if path.is_file():
        if (path.parent / STORY).exists():
            yield from _story_cases(path.parent, Path(path.parent.name), only=path.name)
        else:
            yield from _file_cases(path, path.name, as_of)
        return
    if not path.is_dir():
        raise CaseError(
            f"{path}: no such file or directory. Name a file with a hook call, or a folder of them."
        )
    stories = sorted(item.parent for item in path.rglob(STORY))
    for folder in stories:
        yield from _story_cases(folder, folder.relative_to(path))
    for item in sorted(path.rglob("*.json")):
        if not any(folder in item.parents for folder in stories):
            yield from _file_cases(item, str(item.relative_to(path)), as_of)


def _story_cases(folder: Path, name: Path, only: str | None = None) -> Iterator[Case]:
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
        yield Case(
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


def _file_cases(path: Path, name: str, as_of: date) -> Iterator[Case]:
    try:
        body = path.read_bytes()
        request = msgspec.json.decode(body)
    except _READ_ERRORS:
        return
    if not isinstance(request, dict) or not is_hook_call(request):
        return
    yield Case(name.removesuffix(".json"), service_of(request), as_of, body, None)


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
