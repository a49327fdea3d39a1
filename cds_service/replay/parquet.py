"""Parquet in and out, where pyarrow is installed (`pip install '.[parquet]'`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from cds_service.errors import CaseError, SpineCdsError
from cds_service.replay.places import is_url, open_binary
from cds_service.replay.rows import Row

_ROWS_A_GROUP: Final = 5000
_RESOURCES_A_BATCH: Final = 1000


def _arrow() -> Any:
    """The library, with its Parquet part. Raises SpineCdsError where it is not installed."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - optional
        import pyarrow.parquet  # noqa: PLC0415 - optional
    except ImportError:
        raise SpineCdsError(
            "Parquet needs pyarrow, which is not installed: pip install 'spine-imaging-cds[parquet]'."
        ) from None
    return pa


def open_parquet(path: str | Path) -> Any:
    """A `pyarrow.parquet.ParquetFile` of a path or URL. Raises CaseError for a file that is none."""
    arrow = _arrow()
    try:
        # What Arrow opens itself it closes itself.
        source = open_binary(path) if isinstance(path, str) and is_url(path) else path
        return arrow.parquet.ParquetFile(source)
    except (OSError, arrow.ArrowException) as error:
        raise CaseError(f"{path}: cannot be read as Parquet ({type(error).__name__}).") from error


def read_resources(path: str) -> Iterator[bytes]:
    """The JSON text of each resource, one a row, in the column `resource`; empty where a row has none.

    Raises CaseError for a file that is no Parquet, or has no such column.
    """
    with open_parquet(path) as file:
        if "resource" not in file.schema_arrow.names:
            raise CaseError("has no column 'resource' with FHIR JSON")
        for batch in file.iter_batches(batch_size=_RESOURCES_A_BATCH, columns=["resource"]):
            for text in batch.column(0).to_pylist():
                yield (
                    text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text or b""
                )


def row_schema() -> Any:
    """The columns of rows as an Arrow schema."""
    arrow = _arrow()
    text, texts = arrow.string(), arrow.list_(arrow.string())

    def structs(**fields: Any) -> Any:
        return arrow.list_(arrow.struct(fields))

    evidence = structs(
        reference=text, display=text, date=text, value=text, stated=arrow.bool_(), quote=text
    )
    criteria = structs(
        id=text, group=text, strength=text, state=text, counted=text, evidence=evidence
    )
    return arrow.schema(
        {
            **dict.fromkeys(
                ("case", "order", "as_of", "study", "scenario", "appropriateness", "urgency"), text
            ),
            "cards": texts,
            "groups": arrow.map_(text, text),
            "criteria": criteria,
            "gaps": structs(source=text, reason=text),
            "not_understood": structs(source=text, reference=text, text=text),
        }
    )


def row_columns(row: Row) -> dict[str, Any]:
    """The row as plain values, one a column, every member of a struct given."""
    columns: dict[str, Any] = msgspec.structs.asdict(row)
    columns["groups"] = list(row.groups.items())
    columns["criteria"] = [
        msgspec.structs.asdict(found)
        | {"evidence": [msgspec.structs.asdict(one) for one in found.evidence]}
        for found in row.criteria
    ]
    for name in ("gaps", "not_understood"):
        columns[name] = [msgspec.structs.asdict(one) for one in columns[name]]
    return columns


def batch_of_rows(rows: Iterable[Row]) -> Any:
    """The rows as an Arrow batch."""
    return _arrow().RecordBatch.from_pylist([row_columns(row) for row in rows], row_schema())


def batch_of_values(columns: tuple[str, ...], values: Iterable[tuple[Any, ...]]) -> Any:
    """Texts, and bytes in the last column, as an Arrow batch."""
    arrow = _arrow()
    types = (*(arrow.string() for _ in columns[1:]), arrow.binary())
    arrays = [
        arrow.array(found, kind)
        for found, kind in zip(zip(*values, strict=True), types, strict=True)
    ]
    return arrow.RecordBatch.from_arrays(arrays, list(columns))


class RowsFile:
    """One Parquet file that rows are written to as they come; nothing is there before it is closed."""

    def __init__(self, path: Path) -> None:
        self._arrow = _arrow()
        self._schema = row_schema()
        self._path = path
        self._draft = path.with_name(f".{path.name}.draft")
        self._writer = self._arrow.parquet.ParquetWriter(self._draft, self._schema)
        self._waiting: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._flush()
        self._writer.close()
        if kind is None:
            self._draft.replace(self._path)
        else:
            self._draft.unlink(missing_ok=True)

    def write(self, row: Row) -> None:
        """Keep one row."""
        self._waiting.append(row_columns(row))
        if len(self._waiting) >= _ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(
                self._arrow.Table.from_pylist(self._waiting, schema=self._schema)
            )
            self._waiting = []
