"""Mistakes in the guideline files, each in one line: file: key: what. Why. What to do.

They are read by a clinician who edits a file, or at 3 a.m. by somebody who only restarts the service.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cds_service.knowledge import language, model
from cds_service.knowledge.files import CardsFile, OrderChecksFile, RatingFile
from cds_service.knowledge.table import Table

_NAMING_KEYS: Final = ("id", "scenario", "card", "code", "fn", "vs", "display", "unit", "level")
_SHOWN: Final = 60
_NEEDED: Final[Mapping[str, tuple[str, str]]] = {
    "cells": ("A row has ten cells, one a column.", 'cells = ["Nv", "Nv", …]'),
    "cite": ("Every rating cites its source by an id of citations.toml.", 'cite = ["policy"]'),
    "contrast": ("A study is modality, region and contrast.", 'contrast = "without"'),
    "course": ("It says whether such a finding passes: acute or chronic.", 'course = "acute"'),
    "days": ("It is the look-back in days, both ends included.", "days = 90"),
    "display": ("A code is never kept without its meaning.", 'display = "what the code means"'),
    "domain": ("Criteria of one domain count once, the strongest.", 'domain = "bladder"'),
    "evidence": ("A criterion says what shows it.", 'evidence = [{ type = "condition", … }]'),
    "provenance": ("It says where the source was read: v, s, i, m or p.", 'provenance = "m"'),
    "quantity": ("A number needs its unit table in units.toml.", 'quantity = "crp"'),
    "short": ("Cards call it by its short name.", 'short = "short name"'),
    "sources": ("Everything clinical cites a source of citations.toml.", 'sources = ["policy"]'),
    "strength": ("It is definitive, strong, moderate or weak.", 'strength = "weak"'),
    "summary": ("Every card has one.", 'summary = "…"'),
    "type": ("Evidence says of which kind it is.", 'type = "condition"'),
    "unit": ('Every parameter needs one, in UCUM (years are "a").', 'unit = "a"'),
    "verified": ("It says how the code was confirmed: A, B, C or D.", 'verified = "C"'),
    "vs": ("It names the value set that is looked for.", 'vs = "fever-condition"'),
    "when": ("Without it nothing says when this holds.", 'when = { fact = "always" }'),
}
_TYPES: Final = {
    "bool_type": "true or false, without quotes",
    "date_from_datetime_parsing": "a date such as 2026-11-23",
    "date_parsing": "a date such as 2026-11-23",
    "date_type": "a date such as 2026-11-23",
    "dict_type": "a table",
    "float_type": "a number, without quotes",
    "int_from_float": "a whole number",
    "int_type": "a whole number, without quotes",
    "model_type": "a table",
    "string_type": "a text in quotes",
    "tuple_type": "a list in brackets",
}
_KEYS: Final = tuple(
    {
        key
        for table in (
            *vars(model).values(),
            *vars(language).values(),
            CardsFile,
            OrderChecksFile,
            RatingFile,
        )
        if isinstance(table, type) and issubclass(table, Table)
        for key in table.model_fields
    }
)


def no_such(where: str, kind: str, name: str, known: Collection[str]) -> str:
    """The line for a name that stands for nothing. `where` is file and key."""
    close = difflib.get_close_matches(name, list(known), n=1)
    do = f"Did you mean '{close[0]}'?" if close else "Add it, or correct the name."
    return f"{where}: there is no {kind} '{name}'. Whatever a file names has to exist. {do}"


def unknown_names(
    where: str, kind: str, named: Iterable[str], known: Collection[str]
) -> Iterator[str]:
    """One line a name that stands for nothing."""
    for name in named:
        if name not in known:
            yield no_such(where, kind, name, known)


def twice(where: str, kind: str, name: str, first: str) -> str:
    """The line for a name that is given twice; `first` says where it also stands."""
    return (
        f"{where}: the {kind} '{name}' is also in {first}. One name is one thing. "
        "Rename or remove one of them."
    )


def not_toml(file: str, reason: str) -> str:
    """The line for a file that the TOML reader refuses; its reason holds line and column."""
    return (
        f"{file}: not valid TOML: {reason}. Texts need quotes, lists brackets and commas, and a key "
        "or table stands once only. Look at that line and the one before it."
    )


def shape_mistakes(
    file: str, table: str, tables: object, error: ValidationError
) -> tuple[str, ...]:
    """One line a mistake in the shape of a file, or of the one table of it that was read alone."""
    return tuple(
        _line(file, table, tables, found)
        for found in error.errors(include_url=False, include_context=True, include_input=True)
    )


def _line(file: str, table: str, tables: object, found: ErrorDetails) -> str:
    subject, key = _place(tables, found["loc"])
    subject = ", ".join(part for part in (f"'{table}'" if table else "", subject) if part)
    where = f"{file}: {subject}" if subject else file
    write = _LINES.get(found["type"])
    if write is not None:
        return write(where, subject, key, found)
    expected = _TYPES.get(found["type"], str(found["msg"]).removeprefix("Input should be "))
    return (
        f"{where}: '{key}' is {_shown(found['input'])}. It has to be {expected}. Correct its value."
    )


def _missing(where: str, subject: str, key: str, found: ErrorDetails) -> str:
    del found
    why, add = _NEEDED.get(key, ("This table cannot do without it.", f"{key} = …"))
    has_no = f"{where} has no {key}" if subject else f"{where}: the file has no {key}"
    return f"{has_no}. {why} Add: {add}."


def _unknown(where: str, subject: str, key: str, found: ErrorDetails) -> str:
    del found, subject
    close = difflib.get_close_matches(key, _KEYS, n=1)
    do = f"Did you mean '{close[0]}'?" if close else "Remove it, or correct its spelling."
    return (
        f"{where}: '{key}' is not a key of this table. A misspelt key would be a rule that silently "
        f"does not exist. {do}"
    )


def _unknown_word(where: str, subject: str, key: str, found: ErrorDetails) -> str:
    del subject
    expected = found.get("ctx", {}).get("expected", "a word of the closed list")
    if key == "[key]":
        return (
            f"{where}: {_shown(found['input'])} is no key here. It has to be {expected}. Rename it."
        )
    return (
        f"{where}: '{key}' is {_shown(found['input'])}. It has to be {expected}. Correct its value."
    )


def _unknown_type(where: str, subject: str, key: str, found: ErrorDetails) -> str:
    del subject, key
    context = found.get("ctx", {})
    return (
        f"{where}: 'type' is '{context.get('tag', '')}'. Evidence is of one of the types "
        f"{context.get('expected_tags', '')}. Correct its value."
    )


def _no_type(where: str, subject: str, key: str, found: ErrorDetails) -> str:
    return _missing(where, subject or key, "type", found)


_LINES: Final[Mapping[str, Callable[[str, str, str, ErrorDetails], str]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _unknown_word,
    "enum": _unknown_word,
    "union_tag_invalid": _unknown_type,
    "union_tag_not_found": _no_type,
}


def _place(tables: object, path: Sequence[int | str]) -> tuple[str, str]:
    """In words, the table that a path leads into, and the key in it: ("criterion 'fever', evidence 1", "days")."""
    words: list[str] = []
    key = ""
    here = tables
    for at, step in enumerate(path):
        if isinstance(step, int):
            here = here[step] if isinstance(here, list) and step < len(here) else None
            words.append(_named(key, here, step))
            key = ""
            continue
        if isinstance(here, dict) and step not in here and here.get("type") == step:
            continue  # pydantic puts the tag of a union into the path
        if key and at < len(path):
            words.append(f"'{key}'")
        key = step
        here = here.get(step) if isinstance(here, dict) else None
    return ", ".join(words), key


def _named(key: str, table: object, position: int) -> str:
    """How a table of a list is called: by the first key that names it, else by its number, from 1."""
    if isinstance(table, dict):
        for naming in _NAMING_KEYS:
            if isinstance(table.get(naming), str):
                return f"{key} '{table[naming]}'"
    return f"{key} {position + 1}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
