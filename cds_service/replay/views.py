"""Tables that a SQL-on-FHIR runner made of our ViewDefinitions, read back as FHIR resources.

The views stand in `view_definitions/`, one for each prefetch key. Their paths keep to a few forms, so that each column
says where in the resource its value belongs: names, `[n]`, `.ofType(T)` of a choice, `.getReferenceKey(Patient)`,
`.exists()`.
`forEachOrNull` makes a row for each member of a list; rows of one resource are put together by the distinct values of
its columns.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from cds_service.errors import CaseError
from cds_service.replay.cases import Unread
from cds_service.replay.parquet import open_parquet
from cds_service.replay.places import open_binary

Table = Mapping[str, Any]
"""One row, by column."""
Row = tuple[Any, ...]
_FORMS: Final = (".ndjson", ".jsonl", ".json", ".csv", ".parquet")
_PATH: Final = re.compile(r"(\w+)(?:\[(\d+)\])?(?:\.ofType\((\w+)\))?(?:\.|$)")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WHOLE: Final = frozenset(("integer", "positiveInt", "unsignedInt"))
_TRUTH: Final = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}
_RESOURCE_KEY: Final = "getResourceKey()"
_REFERENCE_KEY: Final = ".getReferenceKey(Patient)"
_EXISTS: Final = ".exists()"
_CONTAINED: Final = "contained.ofType("
_BATCH: Final = 2048
_decode: Final = msgspec.json.Decoder(float_hook=Decimal).decode
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """ViewDefinition.select.column, as far as we use it."""

    name: str
    path: str
    type: str
    description: str = ""


class Select(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """ViewDefinition.select, as far as we use it."""

    column: tuple[Column, ...]
    for_each_or_null: str = ""


class View(Struct, frozen=True, rename="camel"):
    """A ViewDefinition of ours."""

    name: str
    resource: str
    select: tuple[Select, ...]
    description: str = ""

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns in their order."""
        return tuple(column for select in self.select for column in select.column)


class _Step(Struct, frozen=True):
    """One element on the way to a value; `index` where it is a list."""

    name: str
    index: int | None


class _Place(Struct, frozen=True):
    """Where the value of a column belongs."""

    kind: Literal["value", "key", "patient", "more"]
    """more: true where the resource holds more than the table does."""
    steps: tuple[_Step, ...]


class _NoValueError(ValueError):
    """A value that its column cannot hold. The message names the column, never the value."""


@cache
def load_views() -> Mapping[str, View]:
    """Our views by name."""
    found = {}
    for file in sorted(
        files(__package__).joinpath("view_definitions").iterdir(), key=lambda item: item.name
    ):
        view = msgspec.json.decode(file.read_bytes(), type=View)
        found[view.name] = view
    return found


def view_of_file(file: str) -> View | None:
    """The view that a file is named after (`spine_conditions.csv`, `.ndjson.gz`); None for any other name."""
    name = file.lower().removesuffix(".gz")
    for form in _FORMS:
        if name.endswith(form):
            stem = name.removesuffix(form)
            # A runner may write a table in parts: spine_conditions.000.ndjson
            return load_views().get(stem) or load_views().get(stem.split(".")[0])
    return None


def read_table(place: str, view: View, name: str) -> Iterator[tuple[int, bytes] | Unread]:
    """(number of its first row, resource as JSON) of each resource of a table; `name` is how the file is told.

    `place` is a path of this machine or a URL.

    The rows of a resource have to stand together. What cannot be read is named, and what follows is read.
    """
    known = {column.name for column in view.columns}
    rows = _rows(place)
    keys: set[int] = set()
    waiting: list[Table] = []
    began, key = 0, ""
    is_first = True
    for number, row in rows:
        if not isinstance(row, Mapping):
            yield Unread(name, "holds no row of a table", number)
            continue
        if is_first:
            is_first = False
            missing = sorted(known - row.keys())
            if missing:
                yield Unread(name, f"has no column {', '.join(missing)} of the view {view.name}")
            if "id" in missing:
                return
        own = _text(row.get("id"))
        if not own:
            yield Unread(name, "a row without an id", number)
            continue
        if own != key:
            yield from _resource(view, waiting, name, began)
            waiting, began, key = [], number, own
            if hash(own) in keys:
                yield Unread(name, "rows of one resource stand apart; sort the table by id", number)
            keys.add(hash(own))
        waiting.append(row)
    yield from _resource(view, waiting, name, began)


def resource_of(view: View, rows: Sequence[Table]) -> tuple[dict[str, Any], bool]:
    """(the resource that these rows are of, whether it held more than they do).

    Raises ValueError with the column of a value that cannot be one of its type.
    """
    body: dict[str, Any] = {"resourceType": view.resource}
    has_more = False
    for select in view.select:
        distinct = dict.fromkeys(
            tuple(_value(row.get(column.name), column) for column in select.column) for row in rows
        )
        if not select.for_each_or_null:
            has_more |= _fill(body, select.column, next(iter(distinct)))
            continue
        members = [values for values in distinct if any(value is not None for value in values)]
        for values in members:
            member: dict[str, Any] = {}
            has_more |= _fill(member, select.column, values)
            if member:
                _append(body, select.for_each_or_null, member)
    return _without_holes(body), has_more


def _resource(
    view: View, rows: Sequence[Table], name: str, number: int
) -> Iterator[tuple[int, bytes] | Unread]:
    if not rows:
        return
    try:
        body, has_more = resource_of(view, rows)
    except _NoValueError as error:
        yield Unread(name, str(error), number)
        return
    if has_more:
        yield Unread(name, "a resource with more codings than the view holds", number)
    yield number, _encode(body)


def _fill(body: dict[str, Any], columns: Sequence[Column], values: Row) -> bool:
    """Put the values where they belong; true where a column says that there is more."""
    has_more = False
    for column, value in zip(columns, values, strict=True):
        if value is None:
            continue
        place = _place(column.path)
        match place.kind:
            case "key":
                body["id"] = value
            case "more":
                has_more |= value is True
            case "patient":
                whose = value if "/" in value else f"Patient/{value}"
                _put(body, (*place.steps, _Step("reference", None)), whose)
            case "value":
                _put(body, place.steps, value)
    return has_more


@cache
def _place(path: str) -> _Place:
    if path == _RESOURCE_KEY:
        return _Place("key", ())
    if path.endswith(_EXISTS):
        return _Place("more", ())
    if path.endswith(_REFERENCE_KEY):
        return _Place("patient", _steps(path.removesuffix(_REFERENCE_KEY)))
    return _Place("value", _steps(path))


def _steps(path: str) -> tuple[_Step, ...]:
    steps = []
    at = 0
    while at < len(path):
        found = _PATH.match(path, at)
        if found is None:
            raise AssertionError(f"a path of a view that cannot be read back: {path}")
        name, index, choice = found.groups()
        if choice:
            name += choice[0].upper() + choice[1:]
        steps.append(_Step(name, None if index is None else int(index)))
        at = found.end()
    return tuple(steps)


def _put(body: dict[str, Any], steps: Sequence[_Step], value: Any) -> None:
    *way, last = steps
    for step in way:
        inner = body.setdefault(step.name, {} if step.index is None else [])
        if step.index is not None:
            inner += [{} for _ in range(step.index + 1 - len(inner))]
            inner = inner[step.index]
        body = inner
    body[last.name] = value


def _append(body: dict[str, Any], path: str, member: dict[str, Any]) -> None:
    """Put a member into the list that a `forEachOrNull` went through."""
    if path.startswith(_CONTAINED):
        kind = path.removeprefix(_CONTAINED).rstrip(")")
        body.setdefault("contained", []).append({"resourceType": kind, **member})
        return
    *way, last = _steps(path)
    for step in way:
        body = body.setdefault(step.name, {})
    body.setdefault(last.name, []).append(member)


def _without_holes(value: Any) -> Any:
    """Without members that nothing was put into."""
    if isinstance(value, dict):
        return {
            name: _without_holes(inner) for name, inner in value.items() if inner not in ({}, [])
        }
    if isinstance(value, list):
        return [_without_holes(inner) for inner in value if inner not in ({}, [])]
    return value


def _value(found: Any, column: Column) -> Any:
    """The value in the column's type; None for none."""
    if found is None or found == "":
        return None
    match column.type:
        case "boolean":
            truth = found if isinstance(found, bool) else _TRUTH.get(str(found).lower())
            if truth is None:
                raise _NoValueError(f"column {column.name}: neither true nor false")
            return truth
        case "decimal":
            text = _text(found)
            if not _NUMBER.fullmatch(text):
                raise _NoValueError(f"column {column.name}: no number")
            # Written as it came: 1.10 stays 1.10.
            return Decimal(text)
        case kind if kind in _WHOLE:
            text = _text(found).removesuffix(".0")
            if not _NUMBER.fullmatch(text) or not text.lstrip("-").isdigit():
                raise _NoValueError(f"column {column.name}: no whole number")
            return int(text)
        case _:
            return _text(found)


def _text(found: Any) -> str:
    match found:
        case None:
            return ""
        case datetime() | date() | time():
            return found.isoformat()
        case float() | Decimal():
            return _encode(found).decode()
        case _:
            return str(found)


def _rows(place: str) -> Iterator[tuple[int, Any]]:
    name = place.lower().removesuffix(".gz")
    if name.endswith(".parquet"):
        with open_parquet(place) as file:
            number = 0
            for batch in file.iter_batches(batch_size=_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    elif name.endswith(".csv"):
        with _opened(place) as lines:
            text = io.TextIOWrapper(lines, encoding="utf-8-sig", newline="")
            try:
                for number, row in enumerate(csv.DictReader(text, strict=True), 1):
                    yield number, row
            except (csv.Error, UnicodeDecodeError) as error:
                raise CaseError(f"is not a table in CSV ({type(error).__name__})") from error
    elif name.endswith(".json"):
        with _opened(place) as whole:
            yield from enumerate(_members(whole.read()), 1)
    else:
        with _opened(place) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _decoded(line)


def _members(content: bytes) -> list[Any]:
    found = _decoded(content)
    return found if isinstance(found, list) else [found]


def _decoded(text: bytes) -> Any:
    try:
        # Numbers as they are written: a decimal keeps its digits.
        return _decode(text.removeprefix(BOM_UTF8))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


@contextmanager
def _opened(place: str) -> Iterator[Any]:
    with open_binary(place) as file:
        if place.lower().endswith(".gz"):
            with gzip.open(file) as unpacked:
                yield unpacked
        else:
            yield file
