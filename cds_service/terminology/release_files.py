"""SNOMED CT in Release Format 2: what lies below the codes of a value set."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from cds_service.errors import KnowledgeError

_IS_A: Final = "116680003"
_ACTIVE: Final = "1"
_RELATIONSHIPS: Final = "sct2_Relationship_*Snapshot*.txt"
_CONCEPTS: Final = "sct2_Concept_*Snapshot*.txt"


def read_children(folder: Path) -> tuple[Mapping[str, tuple[str, ...]], str]:
    """(active children by parent, newest effectiveTime) of the snapshot files below a folder.

    Inferred relationships only; an inactive concept is nobody's child. Raises KnowledgeError without such files.
    """
    relationships = sorted(folder.rglob(_RELATIONSHIPS))
    if not relationships:
        raise KnowledgeError(
            (
                (
                    f"{folder}: holds no {_RELATIONSHIPS}. Name the folder of an unpacked RF2 release "
                    "(its Snapshot/Terminology)."
                ),
            )
        )
    inactive = {
        row["id"]
        for file in sorted(folder.rglob(_CONCEPTS))
        for row in _rows(file)
        if row["active"] != _ACTIVE
    }
    children: dict[str, list[str]] = {}
    newest = ""
    for file in relationships:
        for row in _rows(file):
            if row["typeId"] != _IS_A or row["active"] != _ACTIVE or row["sourceId"] in inactive:
                continue
            children.setdefault(row["destinationId"], []).append(row["sourceId"])
            newest = max(newest, row["effectiveTime"])
    return {parent: tuple(found) for parent, found in children.items()}, newest


def descendants(
    children: Mapping[str, tuple[str, ...]], roots: Iterable[str], without: Iterable[str] = ()
) -> frozenset[str]:
    """The roots and everything below them, less what lies below `without` and those themselves."""
    left_out = _below(children, without, frozenset())
    return _below(children, roots, left_out)


def _below(
    children: Mapping[str, tuple[str, ...]], roots: Iterable[str], left_out: frozenset[str]
) -> frozenset[str]:
    found: set[str] = set()
    open_: list[str] = [root for root in roots if root not in left_out]
    while open_:
        code = open_.pop()
        if code in found:
            continue
        found.add(code)
        open_ += [child for child in children.get(code, ()) if child not in left_out]
    return frozenset(found)


def _rows(file: Path) -> Iterator[Mapping[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
