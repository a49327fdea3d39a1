"""Files of FHIR data: every piece is read, or named by its file and line; nothing is lost without a word."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cds_service.errors import CaseError
from cds_service.replay.cases import Unread
from cds_service.replay.chart_resources import read_resource
from cds_service.replay.pieces import Owned
from cds_service.replay.sources import divided, find_files, read_chunk
from tests.replay.charts import PATIENT, of

CONDITION = of("p1", "Condition", "c1")


class Read(NamedTuple):
    """One resource, or one call."""

    kind: str
    type: str
    id: str
    patient: str
    raw: bytes


def read(*paths: Path, size: int = 1 << 20) -> tuple[list[Read], list[str]]:
    """What files hold, and what of them could not be read."""
    pieces, unread = [], []
    for chunk in divided(find_files(paths), size):
        for piece in read_chunk(chunk):
            if isinstance(piece, Unread):
                unread.append(piece.text)
            elif isinstance(piece, Owned):
                for raw in piece.lines.split(b"\n"):
                    name = read_resource(piece.type, raw).id
                    pieces.append(Read("resource", piece.type, name, piece.patient, raw))
            else:
                pieces.append(Read(piece.kind, piece.type, piece.id, "", piece.raw))
    return pieces, unread


def names(pieces: list[Read]) -> list[tuple[str, str, str]]:
    return [(piece.type, piece.id, piece.patient) for piece in pieces]


def line(value: object) -> str:
    return json.dumps(value) + "\n"


def bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def test_lines_of_a_bulk_export_are_read_with_whose_they_are(tmp_path: Path):
    (tmp_path / "Patient.000.ndjson").write_text(line(PATIENT))
    (tmp_path / "Condition.000.ndjson").write_text(line(CONDITION) + "\n" + line(CONDITION))
    pieces, unread = read(tmp_path)
    assert names(pieces) == [
        ("Condition", "c1", "p1"),
        ("Condition", "c1", "p1"),
        ("Patient", "p1", "p1"),
    ]
    assert unread == []


@pytest.mark.parametrize("name", ["Condition.ndjson.gz", "Condition.ndjson", "c.jsonl"])
def test_packed_lines_and_a_byte_order_mark_are_read(tmp_path: Path, name: str):
    content = b"\xef\xbb\xbf" + line(CONDITION).encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert names(read(tmp_path)[0]) == [("Condition", "c1", "p1")]


def test_broken_and_foreign_lines_are_named_by_line_and_cost_no_other(tmp_path: Path):
    lines = [line(CONDITION), '{"resourceType": "Cond\n', line({"eventId": "x"}), line(CONDITION)]
    (tmp_path / "Condition.ndjson").write_text("".join(lines))
    pieces, unread = read(tmp_path)
    assert len(pieces) == 2
    assert unread == [
        "Condition.ndjson:2: is not JSON",
        "Condition.ndjson:3: holds something else and no FHIR resource or hook call",
    ]


@pytest.mark.parametrize(
    "odd",
    [
        [json.dumps(CONDITION) * 2, json.dumps(CONDITION)[:-1], "}"],
        [json.dumps(CONDITION) * 2, '{"resourceType":', '"Condition"}'],
    ],
    ids=["cut before its end", "cut in its middle"],
)
def test_two_resources_on_one_line_and_one_on_two_are_named_and_never_mixed_up(
    tmp_path: Path, odd: list[str]
):
    """There are as many resources as lines, and none of these lines is one."""
    (tmp_path / "Condition.ndjson").write_text(
        line(CONDITION) + "\n".join(odd) + "\n" + line(CONDITION | {"id": "c2"})
    )
    pieces, unread = read(tmp_path)
    assert [piece.id for piece in pieces] == ["c1", "c2"]
    assert unread == [f"Condition.ndjson:{number}: is not JSON" for number in (2, 3, 4)]


def test_types_that_are_never_read_are_counted_and_a_bundle_among_them_is_opened(tmp_path: Path):
    (tmp_path / "all.ndjson").write_text(
        line({"resourceType": "Claim", "id": "x", "patient": {"reference": "Patient/p1"}})
        + line(bundle("collection", {"resource": CONDITION}))
        + line({"resourceType": "Claim", "id": "y"})
    )
    (tmp_path / "Claim.ndjson").write_text(line({"resourceType": "Claim", "id": "z"}))
    pieces, unread = read(tmp_path)
    assert unread == []
    assert [(piece.kind, piece.type, piece.id) for piece in pieces] == [
        ("other", "Claim", "z"),
        ("other", "Claim", "x"),
        ("resource", "Condition", "c1"),
        ("other", "Claim", "y"),
    ]


def test_a_byte_that_is_not_utf_8_costs_no_resource(tmp_path: Path):
    damaged = line(CONDITION | {"note": "X"}).encode().replace(b"X", b"\xff")
    (tmp_path / "Condition.ndjson").write_bytes(damaged)
    assert names(read(tmp_path)[0]) == [("Condition", "c1", "p1")]


@pytest.mark.parametrize("size", [1, 7, 64, 97, 200, 10_000])
def test_a_file_in_parts_gives_each_line_once_and_its_right_number(tmp_path: Path, size: int):
    lines = [line(of("p1", "Condition", f"c{number}")) for number in range(9)]
    lines[5] = "{broken\n"
    (tmp_path / "Condition.ndjson").write_text("".join(lines))
    pieces, unread = read(tmp_path, size=size)
    assert [piece.id for piece in pieces] == [f"c{n}" for n in range(9) if n != 5]
    assert unread == ["Condition.ndjson:6: is not JSON"]


def test_a_packed_file_that_ends_too_soon_gives_what_came_before(tmp_path: Path):
    packed = gzip.compress(
        "".join(line(of("p1", "Condition", str(n))) for n in range(5000)).encode()
    )
    (tmp_path / "Condition.ndjson.gz").write_bytes(packed[: len(packed) // 2])
    pieces, unread = read(tmp_path)
    assert pieces
    assert len(unread) == 1
    assert f"Condition.ndjson.gz:{len(pieces) + 1}: is packed and damaged" in unread[0]


@pytest.mark.parametrize("kind", ["collection", "transaction", "searchset"])
def test_resources_of_a_bundle_find_each_other_by_the_urls_of_its_entries(
    tmp_path: Path, kind: str
):
    whose = {"subject": {"reference": "urn:uuid:aaa"}}
    reason = {"reasonReference": [{"reference": "urn:uuid:ccc"}]}
    entries = (
        {"fullUrl": "urn:uuid:aaa", "resource": PATIENT},
        {"fullUrl": "urn:uuid:ccc", "resource": {"resourceType": "Condition", **whose}},
        {"fullUrl": "urn:uuid:ddd", "resource": of("x", "Procedure", "d") | whose | reason},
    )
    (tmp_path / "b.json").write_text(json.dumps(bundle(kind, *entries), indent=2))
    pieces, unread = read(tmp_path)
    assert unread == []
    assert names(pieces) == [
        ("Patient", "p1", "p1"),
        ("Condition", "ccc", "p1"),
        ("Procedure", "d", "p1"),
    ]
    assert json.loads(pieces[2].raw)["reasonReference"] == [{"reference": "Condition/ccc"}]
    assert b"\n" not in pieces[2].raw


def test_in_a_bundle_about_one_patient_what_names_nobody_is_that_patients(tmp_path: Path):
    nobodys = {"resource": {"resourceType": "Observation", "id": "o1"}}
    (tmp_path / "one.json").write_text(line(bundle("searchset", {"resource": PATIENT}, nobodys)))
    assert ("Observation", "o1", "p1") in names(read(tmp_path)[0])
    other = {"resource": PATIENT | {"id": "p2"}}
    (tmp_path / "one.json").write_text(
        line(bundle("searchset", {"resource": PATIENT}, other, nobodys))
    )
    assert read(tmp_path)[1] == [
        "one.json: Observation names no patient: it can be given to nobody"
    ]


def test_odd_entries_of_a_bundle_are_named_and_deletions_are_none(tmp_path: Path):
    deletion = {"request": {"method": "DELETE", "url": "Condition/c9"}}
    inner = {"resource": bundle("searchset", {"resource": CONDITION})}
    entries = ({"resource": PATIENT}, deletion, {"resource": 3}, inner)
    (tmp_path / "b.json").write_text(line(bundle("batch", *entries)))
    pieces, unread = read(tmp_path)
    assert set(names(pieces)) == {("Patient", "p1", "p1"), ("Condition", "c1", "p1")}
    assert unread == ["b.json: an entry of the Bundle holds no resource"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", b"", "is empty"),
        ("a.json", b"{", "is not JSON"),
        ("a.json", b"[1]", "holds no JSON object"),
        ("a.json", b"\xff\xfe{\x00", "UTF-16"),
        ("a.ndjson", b"\xff\xfe{\x00", "UTF-16"),
        ("a.json", b'{"resourceType": "Patient"}', "Patient has no id"),
        ("a.json", b'{"resourceType": "Bundle"}', "a Bundle without entries"),
        ("a.parquet", b"PAR1", "cannot be read as Parquet"),
        ("Condition.ndjson.zip", b"PK", "packed as .zip"),
        ("a.json.gz", b"\x1f\x8b\x08", "damaged"),
    ],
)
def test_a_file_that_gives_nothing_says_why(tmp_path: Path, name: str, content: bytes, told: str):
    (tmp_path / name).write_bytes(content)
    pieces, unread = read(tmp_path)
    assert pieces == []
    assert len(unread) == 1
    assert unread[0].startswith(name)
    assert told in unread[0]


def test_parquet_holds_one_resource_a_row_and_other_columns_are_ignored(tmp_path: Path):
    texts = [json.dumps(CONDITION), json.dumps(PATIENT), "{", json.dumps({"a": 1})]
    table = pa.table({"resource": texts, "loaded": [1, 2, 3, 4]})
    pq.write_table(table, tmp_path / "part-0.parquet")
    pieces, unread = read(tmp_path)
    assert names(pieces) == [("Condition", "c1", "p1"), ("Patient", "p1", "p1")]
    assert [text.split(":")[1] for text in unread] == ["3", "4"]


def test_parquet_without_the_column_is_told(tmp_path: Path):
    pq.write_table(pa.table({"json": ["{}"]}), tmp_path / "part-0.parquet")
    assert read(tmp_path)[1] == ["part-0.parquet: has no column 'resource' with FHIR JSON"]


def test_files_of_one_folder_belong_together_also_where_types_have_folders(tmp_path: Path):
    for name in ("a/Patient.ndjson", "a/Condition/part-1.ndjson", "b/Patient.ndjson"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(line(PATIENT))
    datasets = {file.name: file.dataset for file in find_files((tmp_path,))}
    assert datasets["a/Patient.ndjson"] == datasets["a/Condition/part-1.ndjson"]
    assert datasets["a/Patient.ndjson"] != datasets["b/Patient.ndjson"]
    named = find_files((tmp_path / "a" / "Patient.ndjson", tmp_path / "a"))
    assert len(named) == 2
    assert len({file.dataset for file in named}) == 1


def test_words_and_hidden_files_of_a_folder_are_no_data_but_a_file_that_is_named_is(tmp_path: Path):
    for name in ("README.md", ".hidden.json", "_details.json", "x.cards.json"):
        (tmp_path / name).write_text("words")
    assert find_files((tmp_path,)) == ()
    assert read(tmp_path / "README.md")[1] == ["README.md: is not JSON"]
    with pytest.raises(CaseError, match="no such file"):
        find_files((tmp_path / "missing",))


def test_hook_calls_are_found_in_files_and_lines(tmp_path: Path):
    call = {"hook": "order-sign", "context": {"patientId": "p1"}}
    (tmp_path / "a.json").write_text(json.dumps({"as_of": "2026-01-02", "request": call}))
    (tmp_path / "b.jsonl").write_text(line(call) + line(call))
    pieces, unread = read(tmp_path)
    assert [(piece.kind, piece.id) for piece in pieces] == [
        ("call", "a.json"),
        ("call", "b.jsonl:1"),
        ("call", "b.jsonl:2"),
    ]
    assert unread == []


def test_a_medication_is_shared_and_a_device_of_nobody_is_no_loss(tmp_path: Path):
    (tmp_path / "m.ndjson").write_text(
        line({"resourceType": "Medication", "id": "m1"})
        + line({"resourceType": "Device", "id": "d1"})
    )
    pieces, unread = read(tmp_path)
    assert [(piece.kind, piece.id) for piece in pieces] == [("shared", "m1"), ("other", "d1")]
    assert unread == []
