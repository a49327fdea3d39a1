"""Mistakes in the order catalog, the ratings and the order checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.knowledge.files import RatingFile
from cds_service.knowledge.links import misspelt_code, repeated
from cds_service.knowledge.mistakes import twice
from cds_service.knowledge.model import OtherProcedure, Procedure, RatingRow
from cds_service.knowledge.parts import Parts

_CELL: Final = re.compile(r"[AMSN][vsimp]|-|\.")
_KEPT: Final = "."


def study_mistakes(parts: Parts) -> Iterator[str]:
    """One line a mistake in procedures.toml, ratings/ and order_checks.toml."""
    yield from _catalog_mistakes(parts)
    yield from _rating_mistakes(parts)
    if parts.order_checks is not None:
        for name in repeated(check.id for check in parts.order_checks.order_check):
            yield twice("order_checks.toml: order_check", "order check", name, "the same file")


def _catalog_mistakes(parts: Parts) -> Iterator[str]:
    catalog = parts.catalog
    if catalog is None:
        return
    file = "procedures.toml"
    seen: dict[tuple[str, str], str] = {}
    studies: tuple[Procedure | OtherProcedure, ...] = (*catalog.procedure, *catalog.other)
    for study in studies:
        where = f"{file}: '{study.display}'"
        for system, code in _codes(study):
            yield from misspelt_code(where, system, code)
            if (system, code) in seen:
                yield twice(where, f"{system} code", code, f"'{seen[system, code]}'")
            seen[system, code] = study.display
    shapes: dict[tuple[object, ...], str] = {}
    for procedure in catalog.procedure:
        where = f"{file}: '{procedure.display}'"
        yield from _preferred_mistakes(where, procedure)
        shape = (procedure.modality, procedure.regions, procedure.contrast)
        if shape in shapes:
            yield twice(where, "study", str(shape), f"'{shapes[shape]}'")
        shapes[shape] = procedure.display
    for site in catalog.body_site:
        yield from misspelt_code(f"{file}: body_site", "snomed", site.code)
    for code in repeated(site.code for site in catalog.body_site):
        yield f"{file}: body_site has the code '{code}' twice. Once is enough. Remove one."


def _codes(study: Procedure | OtherProcedure) -> Iterator[tuple[str, str]]:
    for system, tiers in study.codes.items():
        for codes in tiers.values():
            yield from ((system, code) for code in codes)


def _preferred_mistakes(where: str, study: Procedure) -> Iterator[str]:
    for system, code in study.preferred.items():
        if not any(code in codes for codes in study.codes.get(system, {}).values()):
            yield (
                f"{where}: the preferred {system} code '{code}' is not among its codes. A suggested "
                "order would not be recognized by the service itself. Add it to codes, with its tier."
            )


def _rating_mistakes(parts: Parts) -> Iterator[str]:
    columns = {rating.columns: region for region, rating in parts.ratings.items()}
    if len(columns) > 1:
        yield (
            f"ratings/{tuple(columns.values())[1]}.toml: 'columns' is not that of the other regions. "
            "A cell's meaning is its place. Use the same ten columns everywhere."
        )
    for region, rating in parts.ratings.items():
        file = f"ratings/{region}.toml"
        if rating.region != region:
            yield (
                f"{file}: 'region' is '{rating.region}'. A file is called like its region. "
                f'Write: region = "{region}".'
            )
        keys = [_row_key(row) for row in rating.row]
        for key in repeated(keys):
            yield twice(f"{file}: row", "row", key, "the same file")
        for row in rating.row:
            yield from _row_mistakes(f"{file}: row {_row_key(row)}", row, rating)
    for name, statement in parts.rating_when.items():
        if (statement.when is None) != statement.never:
            yield (
                f"ratings/when.toml: '{name}' needs one of when and never. A statement either says "
                "when it holds, or that no record can tell. Add when, or never = true."
            )


def _row_key(row: RatingRow) -> str:
    return ", ".join(part for part in (row.scenario, row.when, row.profile) if part)


def _row_mistakes(where: str, row: RatingRow, rating: RatingFile) -> Iterator[str]:
    if len(row.cells) != len(rating.columns):
        yield (
            f"{where} has {len(row.cells)} cells. A row has {len(rating.columns)}, one a column: "
            f"{', '.join(rating.columns)}. Add or remove cells."
        )
    for column, cell in zip(rating.columns, row.cells, strict=False):
        if not _CELL.fullmatch(cell):
            yield (
                f"{where}: the cell of {column} is '{cell}'. A cell is a rating (A, M, S, N) and its "
                "provenance (v, s, i, m, p), or '-' for not rated, or '.' for kept. Correct it."
            )
    is_narrowed = row.when is not None or row.profile is not None
    wider = any(
        other.scenario == row.scenario and other.when is None and other.profile is None
        for other in rating.row
    )
    if _KEPT in row.cells and not (is_narrowed and wider):
        yield (
            f"{where} keeps cells of a wider row ('.') and there is none. Only a row with when or "
            "profile can keep cells, of the row of its scenario without them. Write every cell."
        )
