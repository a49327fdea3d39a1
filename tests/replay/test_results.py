"""Rows of a replay: the same on a line of JSON and in Parquet, read back whole, with one digest for all of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from cds_service.errors import CaseError
from cds_service.replay.details import Details, count, merge_details
from cds_service.replay.parquet import RowsFile
from cds_service.replay.results import details_path, read_details, read_rows
from cds_service.replay.rows import (
    COLUMNS,
    FoundGap,
    FoundWords,
    Row,
    RowsDigest,
    digest_of,
    row_line,
)
from tests.replay.a_run import RETENTION

ADVISED = Row(
    case="clinic/p1",
    order="ServiceRequest/o1",
    as_of="2026-06-15",
    study="mr-lumbar-without",
    scenario="S-CES",
    appropriateness="appropriate",
    urgency="emergency",
    cards=("EmergencyEscalate", "PartialData"),
    groups={"cauda-equina": "active"},
    criteria=(RETENTION,),
    gaps=(FoundGap("observations", "not-provided"),),
    not_understood=(FoundWords("order", "ServiceRequest/o1", "rukking tolls"),),
)
REFUSED = Row(
    case="clinic/p2",
    order="ServiceRequest/o2",
    as_of="2026-06-15",
    study="",
    scenario=None,
    appropriateness=None,
    urgency=None,
    cards=(),
    groups={},
    criteria=(),
    gaps=(FoundGap("conditions", "not-provided"),),
    not_understood=(),
)
ROWS = (ADVISED, REFUSED)
KEYS = [
    "case",
    "order",
    "as_of",
    "study",
    "scenario",
    "appropriateness",
    "urgency",
    "cards",
    "groups",
    "criteria",
    "gaps",
    "not_understood",
]


def lines_of(rows: tuple[Row, ...]) -> bytes:
    return b"".join(row_line(row) + b"\n" for row in rows)


def test_a_line_holds_the_promised_keys_in_their_order_and_no_other():
    for row in ROWS:
        assert list(json.loads(row_line(row))) == KEYS
    assert list(COLUMNS) == KEYS


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.ndjson", "rows.jsonl.gz"])
def test_rows_come_back_from_lines(tmp_path: Path, name: str):
    file = tmp_path / name
    written = lines_of(ROWS)
    file.write_bytes(gzip.compress(written) if name.endswith(".gz") else written)
    assert tuple(read_rows(file)) == ROWS


def test_rows_come_back_from_parquet_with_the_same_digest(tmp_path: Path):
    with RowsFile(tmp_path / "a.parquet") as file:
        file.write(ADVISED)
    with RowsFile(tmp_path / "b.parquet") as file:
        file.write(REFUSED)
    (tmp_path / "_SUCCESS").touch()
    assert tuple(read_rows(tmp_path)) == ROWS
    assert tuple(read_rows(tmp_path / "b.parquet")) == (REFUSED,)
    assert digest_of(read_rows(tmp_path)) == digest_of(ROWS)


def test_a_parquet_file_is_not_there_before_it_is_whole(tmp_path: Path):
    def stopped() -> None:
        with RowsFile(tmp_path / "a.parquet") as file:
            file.write(ADVISED)
            raise KeyError

    with pytest.raises(KeyError):
        stopped()
    assert list(tmp_path.iterdir()) == []


def test_the_digest_depends_on_the_rows_and_not_on_their_order_or_parts():
    assert digest_of(ROWS) == digest_of(reversed(ROWS))
    one, other = RowsDigest(), RowsDigest()
    one.add(row_line(REFUSED))
    other.add(row_line(ADVISED))
    one.merge(other)
    assert one.text == digest_of(ROWS)
    assert digest_of((*ROWS, ADVISED)) != digest_of(ROWS)
    assert digest_of((ADVISED, ADVISED)) != digest_of(ROWS)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("rows.jsonl", b'{"case": "x"}\n', "rows.jsonl:1"),
        ("rows.jsonl", lines_of(ROWS) + b"{", "rows.jsonl:3"),
        ("rows.parquet", b"PAR1", "cannot be read as Parquet"),
        ("rows.csv", b"case,order", "no result file"),
    ],
)
def test_what_is_no_result_file_is_told_by_its_place(
    tmp_path: Path, name: str, content: bytes, told: str
):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CaseError, match=told):
        list(read_rows(tmp_path / name))


def test_a_folder_without_results_is_told(tmp_path: Path):
    with pytest.raises(CaseError, match="no Parquet file"):
        list(read_rows(tmp_path))


def test_details_stand_beside_their_rows(tmp_path: Path):
    file, folder = tmp_path / "rows.jsonl", tmp_path / "rows"
    folder.mkdir()
    assert read_details(file) is None
    for results in (file, folder):
        details_path(results).write_text('{"patients": 3}')
        assert read_details(results) == {"patients": 3}
    details_path(file).write_text("[]")
    with pytest.raises(CaseError, match="expected a JSON object"):
        read_details(file)


def test_details_of_parts_add_up():
    one: Details = {}
    count(one, "cards_by", "month", "2026-06", "NotYetIndicated")
    count(one, "patients", by=2)
    other: Details = {}
    count(other, "cards_by", "month", "2026-06", "NotYetIndicated", by=3)
    count(other, "cards_by", "month", "2026-07", "RadiographFirst")
    merge_details(one, other)
    assert one == {
        "cards_by": {
            "month": {"2026-06": {"NotYetIndicated": 4}, "2026-07": {"RadiographFirst": 1}}
        },
        "patients": 2,
    }
