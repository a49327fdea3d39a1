"""A guideline some of whose names are other ones, everywhere: the tables of the files, renamed by what they name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from cds_service.knowledge.files import SINGLE_FILES, CardsFile, OrderChecksFile, RatingFile
from cds_service.knowledge.kinds import Filled, Ref
from cds_service.knowledge.language import Concept
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.model import (
    AllowedException,
    CardText,
    Combination,
    Criterion,
    Disagreement,
    EvidenceRules,
    Group,
    Guideline,
    ObservationName,
    OrderCatalog,
    Parameter,
    RatingWhen,
    Scenario,
    SuggestionText,
    ValueSet,
    Wording,
)
from cds_service.knowledge.table import Table

OWNERS: Mapping[type[Table], str] = {
    CardText: "card",
    Criterion: "criterion",
    Group: "group",
    Scenario: "scenario",
    SuggestionText: "suggestion",
    ValueSet: "value set",
}
"""The tables whose `id` gives a thing its name."""
_SHAPES: Mapping[str, type[Table]] = {
    "cards.toml": CardsFile,
    "combination.toml": Combination,
    "evidence.toml": EvidenceRules,
    "order_checks.toml": OrderChecksFile,
    "procedures.toml": OrderCatalog,
    "wording.toml": Wording,
}
_SHAPES_BY_NAME: Mapping[str, type[Table]] = {
    "disagreements.toml": Disagreement,
    "exceptions.toml": AllowedException,
    "language/concepts.toml": Concept,
    "observations.toml": ObservationName,
    "parameters.toml": Parameter,
    "ratings/when.toml": RatingWhen,
}
WITHOUT_NAMES = frozenset({"citations.toml", "guideline.toml", "units.toml"})
"""Files that name none of the things that are renamed."""
_FOLDERS: Mapping[str, tuple[type[Table], str]] = {
    "groups": (Group, "group"),
    "ratings": (RatingFile, ""),
    "value_sets": (ValueSet, "value set"),
}

_BRACES = re.compile(r"\{(obs-[a-z0-9]+)")
"""The threshold of a value set in the name of a criterion."""
Rename = Callable[[str, str], str]
"""From kind and name to the new name."""


@cache
def shipped_files() -> Mapping[str, dict[str, Any]]:
    """The files as they are shipped, by path; not to be changed."""
    with as_file(files("cds_service.knowledge").joinpath("spine_imaging")) as root:
        paths = [root / name for name in SINGLE_FILES]
        paths += [
            path for folder in (*_FOLDERS, "language") for path in (root / folder).rglob("*.toml")
        ]
        return {
            path.relative_to(root).as_posix(): tomllib.loads(path.read_text(encoding="utf-8"))
            for path in paths
        }


def renamed_files() -> frozenset[str]:
    """The single files whose names are changed with the rest."""
    return frozenset({*_SHAPES, *_SHAPES_BY_NAME})


def with_names(rename: Rename) -> dict[str, dict[str, Any]]:
    """The shipped files with every name replaced where it is given and where it is used."""
    found = {}
    for path, tables in shipped_files().items():
        folder, _, file = path.rpartition("/")
        if path in _SHAPES:
            found[path] = _renamed(tables, _SHAPES[path], rename)
        elif path in _SHAPES_BY_NAME:
            shape = _SHAPES_BY_NAME[path]
            found[path] = {key: _renamed(item, shape, rename) for key, item in tables.items()}
        elif folder in _FOLDERS:
            shape, kind = _FOLDERS[folder]
            stem = file.removesuffix(".toml")
            name = rename(kind, stem) if kind else stem
            found[f"{folder}/{name}.toml"] = _renamed(tables, shape, rename)
        else:
            found[path] = tables
    return found


def _renamed(value: Any, hint: Any, rename: Rename) -> Any:
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *marks = get_args(hint)
        ref = next((mark for mark in marks if isinstance(mark, Ref)), None)
        if ref is not None and isinstance(value, str):
            name, space, rest = value.partition(" ")  # a card and its form
            return value if value in ref.also else rename(ref.kind, name) + space + rest
        if isinstance(value, str) and any(isinstance(mark, Filled) for mark in marks):
            return _BRACES.sub(lambda found: "{" + rename("value set", found[1]), value)
        return _renamed(value, inner, rename)
    if origin in (Union, UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        return _renamed(value, _option(value, options), rename)
    if origin is tuple and isinstance(value, list):
        return [_renamed(item, get_args(hint)[0], rename) for item in value]
    if origin in (dict, Mapping) and isinstance(value, dict):
        return {key: _renamed(item, get_args(hint)[1], rename) for key, item in value.items()}
    if isinstance(hint, type) and issubclass(hint, Table) and isinstance(value, dict):
        hints = _hints(hint)
        table = {key: _renamed(item, hints[key], rename) for key, item in value.items()}
        if hint in OWNERS:
            table["id"] = rename(OWNERS[hint], table["id"])
        return table
    return value


@cache
def _hints(table: type[Table]) -> Mapping[str, Any]:
    return get_type_hints(table, include_extras=True)


def _option(value: Any, options: list[Any]) -> Any:
    """The option of a union that a value is of: the one of its `type`, else the first."""
    if isinstance(value, dict) and "type" in value:
        for option in options:
            kind = _hints(option)["type"]
            if get_origin(kind) is Literal and value["type"] in get_args(kind):
                return option
    return options[0]


def loaded(tables: Mapping[str, dict[str, Any]], root: Path) -> Guideline:
    """The guideline of files that are tables already. `root` is an empty folder."""
    for path in tables:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(path, encoding="utf-8")  # what `parse` finds the tables by
    return load_guideline(root, parse=tables.__getitem__)


def names_given() -> Iterator[tuple[str, str]]:
    """Kind and name of every group, value set, criterion, scenario, card and suggestion of the shipped files."""
    seen: dict[tuple[str, str], None] = {}

    def note(kind: str, name: str) -> str:
        if kind in OWNERS.values():
            seen[kind, name] = None
        return name

    with_names(note)
    yield from seen
