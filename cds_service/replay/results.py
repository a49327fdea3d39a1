"""Result files of a replay, read back: its rows, and the counts of the whole run beside them.

A run writes its rows as JSONL (`--jsonl FILE`) or Parquet (`--parquet FOLDER`), and its counts, which no row can hold,
as one JSON object: `FILE.details.json`, or `_details.json` in the folder. A report and a comparison are made from
`read_rows` and `read_details` and from nothing else. What the counts are stands in `replay/details.py`.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from cds_service.errors import CaseError
from cds_service.replay.parquet import open_parquet
from cds_service.replay.rows import COLUMNS, Row

DETAILS: Final = "_details.json"
_PARQUET: Final = ".parquet"
_LINES: Final = frozenset((".jsonl", ".ndjson"))
_BATCH: Final = 2048
_decode_row: Final = msgspec.json.Decoder(Row).decode


def read_rows(results: Path) -> Iterator[Row]:
    """The rows of a result file (`.jsonl`, `.ndjson`, either packed with gzip, or `.parquet`) or a Parquet folder.

    Raises CaseError for a path without rows, and for a line or column that is not of a row, named by its place.
    """
    if results.is_dir():
        files = sorted(path for path in results.glob(f"*{_PARQUET}") if path.name[0] not in "._")
        if not files:
            raise CaseError(f"{results}: holds no Parquet file. Name what replay wrote.")
        for file in files:
            yield from _rows_of_parquet(file)
    elif results.suffix.lower() == _PARQUET:
        yield from _rows_of_parquet(results)
    elif results.suffix.lower() in _LINES or results.suffixes[-1:] == [".gz"]:
        yield from _rows_of_lines(results)
    else:
        raise CaseError(f"{results}: no result file. Name a .jsonl or .parquet file, or a folder.")


def details_path(results: Path) -> Path:
    """Where the counts of a run stand that wrote its rows to this file or folder."""
    if results.is_dir() or results.suffix == "":
        return results / DETAILS
    return results.with_name(f"{results.name}.details.json")


def read_details(results: Path) -> dict[str, Any] | None:
    """The counts of the run that wrote these rows; None where they are not kept beside them.

    Raises CaseError for a file that is not what replay wrote.
    """
    path = details_path(results)
    try:
        found: Any = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise CaseError(f"{path}: cannot be read as JSON ({type(error).__name__}).") from error
    if not isinstance(found, dict):
        raise CaseError(f"{path}: expected a JSON object, as replay writes it.")
    return found


def _rows_of_lines(path: Path) -> Iterator[Row]:
    is_packed = path.suffix.lower() == ".gz"
    with gzip.open(path) if is_packed else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.isspace():
                continue
            try:
                yield _decode_row(line)
            except msgspec.MsgspecError as error:
                raise CaseError(f"{path}:{number}: no row of a replay ({error}).") from error


def _rows_of_parquet(path: Path) -> Iterator[Row]:
    with open_parquet(path) as file:
        missing = sorted(set(COLUMNS) - set(file.schema_arrow.names))
        if missing:
            raise CaseError(f"{path}: no rows of a replay: without {', '.join(missing)}.")
        for batch in file.iter_batches(batch_size=_BATCH, columns=list(COLUMNS)):
            for found in batch.to_pylist():
                # Parquet has a map as pairs.
                yield msgspec.convert({**found, "groups": dict(found["groups"])}, Row)
