"""A real Spark on this machine: the same rows, counts and digest as the local engine."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cds_service.errors import CaseError
from cds_service.knowledge.model import Guideline
from cds_service.replay.cases import Day, SavedCase
from cds_service.replay.details import Details
from cds_service.replay.engine_choice import choose_engine
from cds_service.replay.local import LocalRun
from cds_service.replay.report import report_page
from cds_service.replay.results import read_details, read_rows
from cds_service.replay.rows import Row, digest_of
from cds_service.replay.session import (
    find_input,
    judge_input,
    judge_input_on_spark,
    rows_in,
    told_run,
    write_parquet,
)
from cds_service.replay.spark import OnSpark, start_spark
from cds_service.settings import Settings
from tests.replay.answers import answers_by_web, answers_in, write_calls
from tests.replay.charts import BACK_PAIN, PATIENT, RETENTION, condition, export, of, order, study
from tests.replay.conftest import FIXTURES, cases_below

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(  # Spark is an extra of half a gigabyte; under CI a skip fails the run
        importlib.util.find_spec("pyspark") is None,
        reason="no PySpark; run pip install --require-hashes -r requirements-spark.lock",
    ),
    pytest.mark.skipif(  # Java is no part of a Python set-up; under CI a skip fails the run
        shutil.which("java") is None, reason="no Java; install Java 17 or 21"
    ),
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning"
    ),  # Spark leaves its sockets open to the end
]
CHOICE = choose_engine(Settings(), Day(date(2026, 6, 15), "option"))
CASES: list[SavedCase] = [*cases_below(FIXTURES / "patients"), *cases_below(FIXTURES / "hooks")]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = start_spark()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bulk export with a drug of its own and broken lines, charts in Parquet, and every fixture as a call."""
    folder = tmp_path_factory.mktemp("site")
    drug = {"text": "prednisone 20 mg"}
    named = {"medicationReference": {"reference": "Medication/m1"}, "authoredOn": "2026-01-10"}
    resources: list[dict[str, Any]] = [{"resourceType": "Medication", "id": "m1", "code": drug}]
    for number in range(9):
        whose = {"subject": {"reference": f"Patient/p{number}"}}
        resources += [
            PATIENT | {"id": f"p{number}"},
            condition(f"c{number}", BACK_PAIN, "2026-06-10") | whose,
            order(f"o{number}", "2026-06-15", **whose),
        ]
        if number % 3 == 0:
            resources.append(condition(f"r{number}", RETENTION, "2026-06-14") | whose)
        if number % 2:
            resources.append(of(f"p{number}", "MedicationRequest", f"mr{number}", **named))
    export(folder / "clinic", resources)
    with (folder / "clinic" / "Condition.ndjson").open("a") as file:
        file.write('{"resourceType": "Cond\n{"eventId": "kickoff"}\n')
    (folder / "lake").mkdir()
    charts = [
        PATIENT,
        condition("c1", BACK_PAIN, "2026-06-10"),
        study("Procedure", "s1", "2026-06-15"),
    ]
    table = pa.table({"resource": [json.dumps(one) for one in charts]})
    pq.write_table(table, folder / "lake" / "part-0.parquet")
    write_calls(CASES, folder / "calls.jsonl")
    return folder


@pytest.fixture(scope="module")
def by_local(
    site: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[tuple[Row, ...], Details]:
    found = find_input((site,), CHOICE)
    finished = judge_input(found, CHOICE, LocalRun(tmp_path_factory.mktemp("work") / "run", 1))
    return tuple(rows_in(finished)), told_run(finished, found, CHOICE, "local")


@pytest.fixture(scope="module")
def by_spark(spark: Any, site: Path) -> tuple[OnSpark, Details]:
    assert spark is not None
    found = find_input((site,), CHOICE)
    finished = judge_input_on_spark(found, CHOICE)
    return finished, told_run(finished, found, CHOICE, "spark")


def sorted_details(details: Details) -> str:
    """Without the name of the engine, and without the order in which parts came."""
    told = {**details, "run": {**details["run"], "engine": ""}}
    told["unread_places"] = sorted(map(json.dumps, details["unread_places"]))
    return json.dumps(told, sort_keys=True)


def test_spark_and_the_local_engine_agree_on_every_row_and_count(
    spark: Any,
    by_local: tuple[tuple[Row, ...], Details],
    by_spark: tuple[OnSpark, Details],
    tmp_path: Path,
):
    assert spark.version.startswith("4.")
    rows, details = by_local
    assert len(rows) > len(CASES)
    finished, told = by_spark
    assert finished.digest.text == digest_of(rows)
    assert sorted(map(repr, rows_in(finished))) == sorted(map(repr, rows))
    assert sorted_details(told) == sorted_details(details)
    write_parquet(finished, told, str(tmp_path / "rows"))
    assert digest_of(read_rows(tmp_path / "rows")) == finished.digest.text
    kept = read_details(tmp_path / "rows")
    assert kept is not None
    assert kept["run"]["engine"] == "spark"
    with pytest.raises(CaseError, match="is there already"):
        write_parquet(finished, told, str(tmp_path / "rows"))


def test_every_fixture_gets_the_same_answer_by_web_local_engine_and_spark(
    by_local: tuple[tuple[Row, ...], Details], by_spark: tuple[OnSpark, Details]
):
    by_web = answers_by_web(CASES)
    assert answers_in(by_local[0], "calls.jsonl") == by_web
    assert answers_in(rows_in(by_spark[0]), "calls.jsonl") == by_web


def test_a_run_on_spark_has_the_report_of_the_local_one(
    guideline: Guideline,
    by_local: tuple[tuple[Row, ...], Details],
    by_spark: tuple[OnSpark, Details],
):
    """Pieces that could not be read are named in the order in which parts came."""
    finished, told = by_spark
    pages = [
        report_page(rows, {**details, "unread_places": []}, guideline)
        for rows, details in (by_local, (tuple(rows_in(finished)), told))
    ]
    assert pages[0] == pages[1]


def test_every_fixture_is_among_them_with_its_own_day(by_local: tuple[tuple[Row, ...], Details]):
    assert by_local[1]["calls"]["all"] == len(CASES)
    days = {row.as_of for row in by_local[0] if row.case.startswith("calls.jsonl")}
    assert "2026-06-15" in days


def test_urls_are_read_and_written_as_paths_are(spark: Any, site: Path, tmp_path: Path):
    assert spark is not None
    folder = site / "clinic"
    found = find_input((folder.as_uri(),), CHOICE)
    finished = judge_input_on_spark(found, CHOICE)
    local = find_input((folder,), CHOICE)
    judged = judge_input(local, CHOICE, LocalRun(tmp_path / "work", 1))
    assert finished.digest.text == judged.digest.text
    assert finished.details["unread"] == judged.details["unread"]
    url = (tmp_path / "rows").as_uri()
    write_parquet(finished, told_run(finished, found, CHOICE, "spark"), url)
    assert digest_of(read_rows(tmp_path / "rows")) == finished.digest.text
