"""From data to report and comparison, as somebody types it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from cds_service.replay.results import read_details, read_rows
from cds_service.replay.rows import digest_of
from tests.command_line import Run, run_here
from tests.replay.charts import BACK_PAIN, PATIENT, RETENTION, condition, export, of, order
from tests.replay.test_report import words_of_page
from tests.replay.test_views import run_view

VIEW_OF = {
    "Patient": "spine_patient",
    "Condition": "spine_conditions",
    "ServiceRequest": "spine_orders",
    "Observation": "spine_observations",
}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return partial(run_here, capsys)


def resources(patients: int = 6) -> Iterator[dict[str, Any]]:
    """Charts in which every third patient has an emergency."""
    for number in range(patients):
        whose = {"subject": {"reference": f"Patient/p{number}"}}
        yield PATIENT | {"id": f"p{number}"}
        yield condition(f"c{number}", BACK_PAIN, "2026-06-10") | whose
        if number % 3 == 0:
            yield condition(f"r{number}", RETENTION, "2026-06-14") | whose
        yield order(f"o{number}", "2026-06-15", requester={"display": "Dr. Large"}, **whose)
    yield of(
        "p1",
        "Observation",
        "t1",
        status="final",
        code={"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
        effectiveDateTime="2026-06-12",
        valueQuantity={"value": 38.6, "unit": "Cel", "code": "Cel"},
    )


def test_a_replay_ends_in_a_report(run: Run, tmp_path: Path):
    page = tmp_path / "report.html"
    result = run("replay", export(tmp_path / "in", resources()), "--report", page)
    assert result.returncode == 0, result.stdout
    text = words_of_page(page.read_text(encoding="utf-8"))
    assert "6 imaging orders of the spine of 6 patients" in text
    assert "Emergencies 2 of 6 orders with advice" in text
    assert "2026-06-14, 1 day before" in text
    assert "Dr. Large" not in text


def test_a_report_that_cannot_be_written_is_told_at_the_start(run: Run, tmp_path: Path):
    data = export(tmp_path / "in", resources())
    result = run("replay", data, "--report", tmp_path / "missing" / "report.html")
    assert result.returncode == 2
    assert "cannot be written" in result.stderr


def test_quiet_mode_is_counted_beside_the_one_that_shows_all(run: Run, tmp_path: Path):
    rows = tmp_path / "rows.jsonl"
    run("replay", export(tmp_path / "in", resources()), "--jsonl", rows)
    modes = (read_details(rows) or {})["modes"]
    assert modes["all"]["orders"] == modes["actionable"]["orders"] == 6
    shown = [card for row in read_rows(rows) for card in row.cards]
    assert sum(modes["all"]["cards"].values()) == len(shown)
    told = modes["actionable"]["cards"]
    quiet = tmp_path / "quiet.jsonl"
    run("replay", tmp_path / "in", "--jsonl", quiet, SPINE_CDS_SHOW="actionable")
    alone = (read_details(quiet) or {})["modes"]
    assert set(alone) == {"actionable"}
    assert alone["actionable"]["cards"] == told


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_tables_of_the_views_are_judged_as_the_resources_are(run: Run, tmp_path: Path, form):
    straight, through = tmp_path / "straight.jsonl", tmp_path / "through.jsonl"
    run("replay", export(tmp_path / "data" / "in", resources()), "--with-ids", "--jsonl", straight)
    tables = tmp_path / "tables" / "in"
    tables.mkdir(parents=True)
    for kind, name in VIEW_OF.items():
        rows = [row for one in resources() if one["resourceType"] == kind for row in run_view(one)]
        write_table(tables / f"{name}.{form}", rows)
    result = run("replay", tables, "--with-ids", "--jsonl", through)
    assert result.returncode == 0, result.stdout
    assert digest_of(read_rows(through)) == digest_of(read_rows(straight))
    assert (read_details(through) or {})["resources"] == (read_details(straight) or {})["resources"]


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    if path.suffix == ".csv":
        import csv  # noqa: PLC0415 - for this form alone

        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_a_table_that_was_not_given_is_data_that_was_not_provided(run: Run, tmp_path: Path):
    tables, rows = tmp_path / "in", tmp_path / "rows.jsonl"
    tables.mkdir()
    for kind in ("Patient", "Condition", "ServiceRequest"):
        found = [row for one in resources() if one["resourceType"] == kind for row in run_view(one)]
        write_table(tables / f"{VIEW_OF[kind]}.ndjson", found)
    run("replay", tables, "--jsonl", rows)
    gaps = {(gap.source, gap.reason) for row in read_rows(rows) for gap in row.gaps}
    assert ("observations", "not-provided") in gaps


@pytest.fixture
def guidelines(tmp_path: Path) -> tuple[Path, Path]:
    """The packaged guideline, and one whose cauda equina syndrome asks for less."""
    one, other = tmp_path / "one", tmp_path / "other"
    packaged = Path(str(files("cds_service.knowledge").joinpath("spine_imaging")))
    shutil.copytree(packaged, one)
    shutil.copytree(packaged, other)
    file = other / "groups" / "cauda-equina.toml"
    text = file.read_text(encoding="utf-8")
    changed = text.replace('urgency = "emergency"', 'urgency = "urgent"', 1)
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    return one, other


def test_two_guidelines_are_compared_over_the_same_data(run: Run, tmp_path: Path, guidelines):
    data, as_json = export(tmp_path / "in", resources()), tmp_path / "changes.json"
    result = run("compare", *guidelines, "--data", data, "--json", as_json)
    assert result.returncode == 1
    assert "LESS URGENT: 2 orders" in result.stdout
    changed = json.loads(as_json.read_bytes())
    assert changed["inBoth"] == 6
    assert changed["lessUrgent"] == 2
    assert all("same findings" in one["reasons"][0] for one in changed["changes"])


def test_the_same_guideline_twice_answers_the_same(run: Run, tmp_path: Path, guidelines):
    data = export(tmp_path / "in", resources())
    result = run("compare", guidelines[0], guidelines[0], "--data", data)
    assert result.returncode == 0
    assert "The same." in result.stdout


def test_data_can_be_several_paths(run: Run, tmp_path: Path, guidelines):
    first = export(tmp_path / "first", resources())
    second = export(tmp_path / "second", resources())
    result = run("compare", guidelines[0], guidelines[0], "--data", first, second)
    assert "in both: 12 orders" in result.stdout


def test_a_third_result_is_wrong_usage(run: Run, tmp_path: Path):
    result = run("compare", tmp_path, tmp_path, tmp_path)
    assert result.returncode == 2
    assert "--data" in result.stderr
