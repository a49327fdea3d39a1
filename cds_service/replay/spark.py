"""The Spark engine: the same readers and the same judge on the workers of a cluster, patients grouped by key.

Input is read part by part by the workers (paths have to be there, or be URLs that they reach), shuffled by patient,
and judged one chart after the other: a worker holds one chart at a time.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterable, Iterator
from functools import cache, partial
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from cds_service.errors import CaseError, SpineCdsError
from cds_service.evidence.codes.references import local_reference
from cds_service.replay.cases import Unread
from cds_service.replay.chart_resources import read_resource
from cds_service.replay.charts import Chart, make_chart
from cds_service.replay.details import Details, merge_details
from cds_service.replay.engine_choice import EngineChoice
from cds_service.replay.judge import Judge, Judged, case_of, count_pieces, count_unread
from cds_service.replay.parquet import batch_of_rows, batch_of_values
from cds_service.replay.pieces import Owned, Piece
from cds_service.replay.places import is_url, write_binary
from cds_service.replay.results import DETAILS
from cds_service.replay.rows import Row, RowsDigest, row_line
from cds_service.replay.sources import Chunk, InputFile, divided, read_chunk, types_of_files

_COLUMNS_OF_PIECES: Final = ("kind", "dataset", "patient", "type", "id", "drug", "raw")
"""`drug`: reference to a Medication that stands elsewhere."""
_COLUMNS_OF_CHARTS: Final = ("dataset", "patient", "type", "id", "raw")
_COLUMNS_OF_RESULTS: Final = ("kind", "content")
_PIECES: Final = f"{' string, '.join(_COLUMNS_OF_PIECES)} binary"
_RESULTS: Final = f"{' string, '.join(_COLUMNS_OF_RESULTS)} binary"
_EVIDENCE: Final = "array<struct<reference:string,display:string,date:string,value:string,stated:boolean,quote:string>>"
ROWS: Final = (
    "case string, order string, as_of string, study string, scenario string, appropriateness string, "
    "urgency string, cards array<string>, groups map<string,string>, "
    f"criteria array<struct<id:string,group:string,strength:string,state:string,counted:string,evidence:{_EVIDENCE}>>, "
    "gaps array<struct<source:string,reason:string>>, "
    "not_understood array<struct<source:string,reference:string,text:string>>"
)
"""Columns of the rows, in Spark's words."""
_ROW: Final = "row"
_DETAILS: Final = "details"
_BATCH: Final = 2000
_BYTES_A_BATCH: Final = 16 << 20
_CHARTS_AT_ONCE: Final = 500
_PARTS_A_CORE: Final = 3
_BYTES_A_PART: Final = 64 << 20
_decode_row: Final = msgspec.json.Decoder(Row).decode


class OnSpark(Struct):
    """What came of a run on Spark. The rows stay there until they are asked for."""

    digest: RowsDigest
    details: Details
    results: Any
    """DataFrame of `_RESULTS`, kept on the workers' disks."""

    def rows(self) -> Iterator[Row]:
        """The rows, brought here part by part."""
        for found in self.results.where(f"kind = '{_ROW}'").select("content").toLocalIterator():
            yield _decode_row(bytes(found.content))

    def add(self, spark: Any, lines: Iterable[bytes], judged: Judged) -> None:
        """Take in rows that were made elsewhere."""
        more = spark.createDataFrame([(_ROW, line) for line in lines], _RESULTS)
        self.results = self.results.unionByName(more)
        self.digest.merge(judged.digest)
        merge_details(self.details, judged.details)

    def write_parquet(self, folder: str, details: Details) -> None:
        """Write the rows as Parquet from the workers, and the details beside them."""
        url = folder if is_url(folder) else Path(folder).resolve().as_uri()
        rows = self.results.where(f"kind = '{_ROW}'").select("content").mapInArrow(_as_rows, ROWS)
        try:
            rows.write.mode("errorifexists").parquet(url)
        except Exception as error:
            if "PATH_ALREADY_EXISTS" in str(error):
                raise CaseError(f"{folder}: is there already. Name a new folder.") from None
            raise
        content = msgspec.json.format(msgspec.json.encode(details), indent=1) + b"\n"
        write_binary(f"{folder.rstrip('/')}/{DETAILS}", content)


def start_spark() -> Any:
    """The session of this process: that of `spark-submit`, else a local one on all processors.

    Raises SpineCdsError where PySpark or Java is missing.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - optional
    except ImportError:
        raise SpineCdsError(
            "--engine spark needs PySpark, which is not installed: pip install 'spine-imaging-cds[spark]'."
        ) from None
    # Workers on this machine are of the same Python as we.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        spark = (
            SparkSession.builder.appName("spine-cds replay")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", str(sys.stderr.isatty()).lower())
            .config("spark.log.level", "ERROR")
            .config("spark.sql.execution.arrow.maxRecordsPerBatch", str(_BATCH))
            .getOrCreate()
        )
        spark.sparkContext.setLogLevel("ERROR")
        return spark
    except Exception as error:
        raise SpineCdsError(
            f"Spark did not start ({type(error).__name__}). It needs Java 17 or 21: see `java -version`."
        ) from error


def judge_on_spark(spark: Any, files: tuple[InputFile, ...], choice: EngineChoice) -> OnSpark:
    """Judge everything that the files hold, on a Spark session."""
    from pyspark import StorageLevel  # noqa: PLC0415 - optional
    from pyspark.sql import functions as f  # noqa: PLC0415 - optional

    chunks, pickled = tuple(divided(files)), pickle.dumps(choice)
    cores = spark.sparkContext.defaultParallelism
    parts = max(sum(chunk.weight for chunk in chunks) // _BYTES_A_PART, cores * _PARTS_A_CORE)
    encoded = [(msgspec.msgpack.encode(chunk),) for chunk in chunks]
    asked = spark.createDataFrame(encoded, "chunk binary").repartition(min(len(chunks), parts) or 1)
    pieces = asked.mapInArrow(_read, _PIECES).persist(StorageLevel.DISK_ONLY)
    types = _types(pieces, files)
    charts = pieces.where("kind = 'resource'").drop("drug")
    if pieces.where("kind = 'shared'").limit(1).count():
        charts = charts.unionByName(_drugs(pieces, f))
    judged = (
        charts.repartition(parts, "dataset", "patient")
        .sortWithinPartitions("dataset", "patient")
        .mapInArrow(partial(_judge_charts, pickled, types), _RESULTS)
    )
    calls = (
        pieces.where("kind = 'call'")
        .drop("drug")
        .mapInArrow(partial(_judge_calls, pickled), _RESULTS)
    )
    read = pieces.where(f"kind = '{_DETAILS}'").select("kind", f.col("raw").alias("content"))
    results = judged.unionByName(calls).unionByName(read).persist(StorageLevel.DISK_ONLY)
    told = results.where(f"kind = '{_DETAILS}'").select("content")
    # Every part tells counts: they are added up on the workers first.
    added = told.coalesce(cores).mapInArrow(_add_up, "content binary")
    whole = _added([bytes(found.content) for found in added.collect()])
    return OnSpark(whole.digest, whole.details, results)


class _Part(Struct):
    """What one part of a run adds to the whole."""

    rows: int
    total: str
    details: Details


def _types(pieces: Any, files: tuple[InputFile, ...]) -> dict[str, frozenset[str]]:
    """Resource types by data set: those met, and those that files are named after."""
    types: dict[str, set[str]] = types_of_files(files)
    met = pieces.where("type != ''").select("dataset", "type").distinct().collect()
    for found in met:
        types.setdefault(found.dataset, set()).add(found.type)
    return {dataset: frozenset(kinds) for dataset, kinds in types.items()}


def _drugs(pieces: Any, f: Any) -> Any:
    """The Medications that are nobody's own, once for each patient whose drugs point to them."""
    shared = (
        pieces.where("kind = 'shared'")
        .groupBy("dataset", "type", "id")
        .agg(f.max("raw").alias("raw"))
        .withColumn("drug", f.concat_ws("/", "type", "id"))
    )
    asked = pieces.where("drug != ''").select("dataset", "patient", "drug").distinct()
    found = asked.join(shared, ["dataset", "drug"]).drop("drug")
    return found.withColumn("kind", f.lit("resource"))


# ------------------------------------------------------------------------------- on the workers


@cache
def _judge(choice: bytes) -> Judge:
    """Made once in each Python worker."""
    return Judge(pickle.loads(choice))  # noqa: S301 - our own, from the driver


def _read(batches: Iterable[Any]) -> Iterator[Any]:
    """Parts of the input to their pieces; the last row of each part tells its counts."""
    out = _Batches(_COLUMNS_OF_PIECES)
    for (encoded,) in _values(batches, ("chunk",)):
        details: Details = {}
        for piece in read_chunk(msgspec.msgpack.decode(encoded, type=Chunk)):
            if isinstance(piece, Unread):
                count_unread(details, piece)
                continue
            if isinstance(piece, Owned):
                count_pieces(details, "resource", piece.type, piece.count)
                whose = ("resource", piece.dataset, piece.patient, piece.type, "")
                for line in piece.lines.split(b"\n"):
                    yield from out.add((*whose, _drug(piece.type, line), line))
                continue
            count_pieces(details, piece.kind, piece.type, 1)
            place = (piece.kind, piece.dataset, piece.path)
            yield from out.add((*place, piece.type, piece.id, "", piece.raw))
        yield from out.add((_DETAILS, "", "", "", "", "", _told(Judged(RowsDigest(), details))))
    yield from out.rest()


def _drug(kind: str, raw: bytes) -> str:
    if not kind.startswith("Medication") or b"medicationReference" not in raw:
        return ""
    named = read_resource(kind, raw).drug
    return local_reference(named) if named and not named.startswith("#") else ""


def _judge_charts(
    choice: bytes, types: dict[str, frozenset[str]], batches: Iterable[Any]
) -> Iterator[Any]:
    """Sorted resources to rows, one chart after the other."""
    out, judge = _Batches(_COLUMNS_OF_RESULTS), _judge(choice)
    charts = _charts(_values(batches, _COLUMNS_OF_CHARTS), types)
    while block := tuple(islice(charts, _CHARTS_AT_ONCE)):
        lines: list[bytes] = []
        judged = judge.charts(block, lambda row, kept=lines: kept.append(row_line(row)))  # type: ignore[misc]
        for line in lines:
            yield from out.add((_ROW, line))
        yield from out.add((_DETAILS, _told(judged)))
    yield from out.rest()


def _charts(values: Iterator[tuple[Any, ...]], types: dict[str, frozenset[str]]) -> Iterator[Chart]:
    for key, group in groupby(values, itemgetter(0, 1)):
        resources = [read_resource(kind, raw) for _, _, kind, _, raw in group]
        yield make_chart(key, resources, types.get(key[0], frozenset()))


def _judge_calls(choice: bytes, batches: Iterable[Any]) -> Iterator[Any]:
    """Saved calls to rows."""
    out, judge = _Batches(_COLUMNS_OF_RESULTS), _judge(choice)
    columns = ("dataset", "patient", "id", "raw")
    for dataset, path, place, raw in _values(batches, columns):
        so_far, lines = Judged(RowsDigest(), {}), list[bytes]()
        case = case_of(Piece("call", dataset, "", place, raw, path), judge.choice)
        if isinstance(case, Unread):
            count_unread(so_far.details, case)
        else:
            judge.call(case, dataset, so_far, lambda row, kept=lines: kept.append(row_line(row)))  # type: ignore[misc]
        for line in lines:
            yield from out.add((_ROW, line))
        yield from out.add((_DETAILS, _told(so_far)))
    yield from out.rest()


def _told(judged: Judged) -> bytes:
    digest = judged.digest
    return msgspec.json.encode(_Part(digest.rows, f"{digest.total:x}", judged.details))


def _added(parts: Iterable[bytes]) -> Judged:
    digest, details = RowsDigest(), Details()
    for content in parts:
        part = msgspec.json.decode(content, type=_Part)
        digest.merge(RowsDigest(int(part.total, 16), part.rows))
        merge_details(details, part.details)
    return Judged(digest, details)


def _add_up(batches: Iterable[Any]) -> Iterator[Any]:
    """The counts of many parts as those of one."""
    whole = _added(content for (content,) in _values(batches, ("content",)))
    yield batch_of_values(("content",), [(_told(whole),)])


def _as_rows(batches: Iterable[Any]) -> Iterator[Any]:
    """Lines of rows to their columns."""
    for batch in batches:
        yield batch_of_rows(_decode_row(line) for line in batch.column(0).to_pylist())


def _values(batches: Iterable[Any], columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)


class _Batches:
    """Gathers values to batches of a bounded size."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._columns = columns
        self._waiting: list[tuple[Any, ...]] = []
        self._size = 0

    def add(self, values: tuple[Any, ...]) -> Iterator[Any]:
        """Keep one row; a batch when there is enough for one."""
        self._waiting.append(values)
        self._size += len(values[-1])
        if len(self._waiting) >= _BATCH or self._size >= _BYTES_A_BATCH:
            yield from self.rest()

    def rest(self) -> Iterator[Any]:
        """What is left, as a batch."""
        if self._waiting:
            yield batch_of_values(self._columns, self._waiting)
            self._waiting = []
            self._size = 0
