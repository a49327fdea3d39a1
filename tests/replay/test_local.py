"""The local engine: the same rows, counts and digest however the work is divided, stopped and taken up again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cds_service.errors import CaseError, SpineCdsError
from cds_service.replay import local
from cds_service.replay.cases import Day
from cds_service.replay.chart_orders import ChartOrder, OrderMaker, Undated
from cds_service.replay.charts import Chart
from cds_service.replay.details import Details
from cds_service.replay.engine_choice import EngineChoice, choose_engine
from cds_service.replay.judge import Judge
from cds_service.replay.local import LocalRun, Progress
from cds_service.replay.results import read_details, read_rows
from cds_service.replay.rows import Row, digest_of
from cds_service.replay.session import (
    find_input,
    judge_input,
    rows_in,
    told_run,
    write_lines,
    write_parquet,
)
from cds_service.settings import Settings
from tests.replay.charts import BACK_PAIN, PATIENT, RETENTION, condition, export, of, order
from tests.replay.conftest import FIXTURES

CHOICE = choose_engine(Settings(), Day(date(2026, 6, 15), "option"))
SMALL = 2000
"""Bytes of a part in these tests: many parts of few charts."""


def population(folder: Path, patients: int = 12) -> Path:
    """Charts in which every third patient has an emergency, and every fourth no order."""
    resources: list[dict[str, Any]] = []
    for number in range(patients):
        whose = {"subject": {"reference": f"Patient/p{number}"}}
        resources.append(PATIENT | {"id": f"p{number}"})
        resources.append(condition(f"c{number}", BACK_PAIN, "2026-06-10") | whose)
        if number % 3 == 0:
            resources.append(condition(f"r{number}", RETENTION, "2026-06-14") | whose)
        if number % 4:
            resources.append(order(f"o{number}", "2026-06-15", **whose))
    return export(folder, resources)


@dataclass(frozen=True)
class Ran:
    rows: tuple[Row, ...]
    details: Details
    digest: str


@cache
def judge(key: bytes | None) -> Judge:
    """Made once: to load a guideline takes longer than most of these runs."""
    return Judge(EngineChoice(**keyed(key)))


def run(
    paths: Path | tuple[Path, ...], folder: Path, choice: EngineChoice = CHOICE, **how: Any
) -> Ran:
    found = find_input(paths if isinstance(paths, tuple) else (paths,), choice)
    usual: dict[str, Any] = {
        "processes": 1,
        "chunk": SMALL,
        "part": SMALL,
        "judge": judge(choice.key),
    }
    plan = LocalRun(folder, **(usual | how))
    finished = judge_input(found, choice, plan)
    details = told_run(finished, found, choice, "local")
    return Ran(tuple(rows_in(finished)), details, finished.digest.text)


def test_every_order_of_a_population_is_one_row(tmp_path: Path):
    ran = run(population(tmp_path / "clinic"), tmp_path / "work")
    assert len(ran.rows) == 9
    emergencies = {row.case for row in ran.rows if "EmergencyEscalate" in row.cards}
    assert emergencies == {"clinic/p3", "clinic/p6", "clinic/p9"}
    assert ran.details["charts"] == {"all": 12, "with_orders": 9}
    assert ran.details["orders"] == {"all": 9, "advised": 9}
    assert ran.details["cards_by"]["region"]["lumbar"]["EmergencyEscalate"] == 3
    assert ran.details["readiness"]["value_sets"]["low-back-pain"]["charts"] == 12
    assert ran.digest == digest_of(ran.rows)


@pytest.mark.parametrize(
    "how",
    [
        {"chunk": 300, "part": 500},
        {"chunk": 1 << 20, "part": 1 << 20},
        {"processes": 2},
    ],
    ids=["many parts", "one part", "two processes"],
)
def test_how_the_work_is_divided_changes_nothing(tmp_path: Path, how: dict[str, Any]):
    folder = population(tmp_path / "clinic")
    one, other = run(folder, tmp_path / "a"), run(folder, tmp_path / "b", **how)
    assert other.digest == one.digest
    assert sorted(other.rows, key=repr) == sorted(one.rows, key=repr)
    assert other.details == one.details


class Stopped(BaseException):
    """What stops a run: no error of ours."""


def stopping(stage: str, share: float) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        if progress.stage == stage and progress.done >= share * progress.total:
            raise Stopped

    return tell


@pytest.mark.parametrize(
    ("stage", "share"), [("reading", 0.1), ("reading", 1), ("judging", 0.1), ("judging", 0.6)]
)
def test_a_run_that_was_stopped_goes_on_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, share: float
):
    folder = population(tmp_path / "clinic")
    whole = run(folder, tmp_path / "whole")
    with pytest.raises(Stopped):
        run(folder, tmp_path / "work", tell=stopping(stage, share))
    judged: list[str] = []
    judge_one = local._judge

    def counted(task: Any) -> Any:
        judged.append(task.name)
        return judge_one(task)

    monkeypatch.setattr(local, "_judge", counted)
    again = run(folder, tmp_path / "work", resume=True)
    assert again.digest == whole.digest
    assert again.details == whole.details
    parts = len(list((tmp_path / "whole").glob("charts-*.jsonl")))
    assert 0 < len(judged) <= parts
    assert (len(judged) < parts) is (stage == "judging")


def test_what_a_task_left_half_written_is_judged_again(tmp_path: Path):
    folder = population(tmp_path / "clinic")
    whole = run(folder, tmp_path / "work")
    done = min((tmp_path / "work").glob("charts-*.json"))
    done.write_bytes(done.read_bytes()[:20])
    assert run(folder, tmp_path / "work", resume=True).digest == whole.digest


def test_another_run_is_not_gone_on_with(tmp_path: Path):
    folder = population(tmp_path / "clinic")
    with pytest.raises(SpineCdsError, match="no run that was stopped"):
        run(folder, tmp_path / "work", resume=True)
    run(folder, tmp_path / "work")
    with (folder / "Condition.ndjson").open("a") as file:
        file.write("{}\n")
    with pytest.raises(SpineCdsError, match="other files, options or another guideline"):
        run(folder, tmp_path / "work", resume=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(SpineCdsError, match="is not empty"):
        run(folder, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_unreadable_pieces_are_counted_and_named_and_cost_no_order(tmp_path: Path):
    folder = population(tmp_path / "clinic")
    before = run(folder, tmp_path / "a").digest
    (folder / "log.ndjson").write_text('{"eventId": "kickoff"}\n{\n')
    ran = run(folder, tmp_path / "b")
    assert ran.digest == before
    assert sum(ran.details["unread"].values()) == 2
    assert {(one["file"], one["line"]) for one in ran.details["unread_places"]} == {
        ("log.ndjson", 1),
        ("log.ndjson", 2),
    }


def test_a_chart_that_breaks_something_in_us_is_told_and_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = population(tmp_path / "clinic")
    orders = OrderMaker.orders

    def breaking(maker: OrderMaker, chart: Chart) -> Iterator[ChartOrder | Undated]:
        if chart.patient == "p3":
            raise ZeroDivisionError
        return orders(maker, chart)

    monkeypatch.setattr(OrderMaker, "orders", breaking)
    ran = run(folder, tmp_path / "a")
    assert len(ran.rows) == 8
    (place,) = ran.details["unread_places"]
    assert place["file"] == "clinic/p3"
    assert "ZeroDivisionError" in place["why"]


def test_a_type_whose_file_is_empty_is_known_to_be_empty(tmp_path: Path):
    folder = population(tmp_path / "clinic")
    gaps = {gap.source for row in run(folder, tmp_path / "a").rows for gap in row.gaps}
    assert "observations" in gaps
    (folder / "Observation.ndjson").touch()
    gaps = {gap.source for row in run(folder, tmp_path / "b").rows for gap in row.gaps}
    assert "observations" not in gaps


def test_without_conditions_nobody_is_advised_and_every_order_says_so(tmp_path: Path):
    folder = population(tmp_path / "clinic")
    (folder / "Condition.ndjson").unlink()
    ran = run(folder, tmp_path / "a")
    assert {row.scenario for row in ran.rows} == {None}
    assert len(ran.rows) == 9
    assert ran.details["problems"] == {"conditions not-provided": 9}


def test_a_medication_of_its_own_is_found_by_those_that_name_it(tmp_path: Path):
    folder = population(tmp_path / "clinic", 3)
    drug = {
        "coding": [
            {
                "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
                "code": "8640",
                "display": "prednisone",
            }
        ]
    }
    export(
        folder,
        [
            {"resourceType": "Medication", "id": "m1", "code": drug},
            of(
                "p1",
                "MedicationRequest",
                "mr1",
                status="active",
                authoredOn="2025-12-01",
                medicationReference={"reference": "Medication/m1"},
            ),
        ],
    )
    rows = {row.case: row for row in run(folder, tmp_path / "a").rows}
    assert [gap.source for gap in rows["clinic/p1"].gaps].count("medications") == 0
    found = {criterion.id for criterion in rows["clinic/p1"].criteria}
    assert any("steroid" in name for name in found), found


def test_ids_are_hashed_in_every_place_of_a_row(tmp_path: Path):
    folder = population(tmp_path / "clinic")
    plain = run(folder, tmp_path / "a")
    hashed = run(folder, tmp_path / "b", EngineChoice(**keyed(b"k" * 32)))
    other = run(folder, tmp_path / "c", EngineChoice(**keyed(b"l" * 32)))
    assert len(hashed.rows) == len(plain.rows)
    text = json.dumps([repr(row) for row in hashed.rows]) + json.dumps(hashed.details)
    for number in range(12):
        for name in (f"/p{number}'", f"/o{number}'", f"/c{number}'", f"/r{number}'"):
            assert name not in text
    assert hashed.rows[0].case.startswith("clinic/")
    assert hashed.digest != other.digest


def keyed(key: bytes | None) -> dict[str, Any]:
    return {name: getattr(CHOICE, name) for name in CHOICE.__struct_fields__} | {"key": key}


def test_saved_calls_in_lines_and_files_are_judged_like_stories(tmp_path: Path):
    hooks = FIXTURES / "hooks"
    calls = [json.loads(path.read_bytes()) for path in sorted(hooks.glob("*.json"))]
    (tmp_path / "calls.jsonl").write_text("".join(json.dumps(call) + "\n" for call in calls))
    files = run(hooks, tmp_path / "a")
    lines = run(tmp_path / "calls.jsonl", tmp_path / "b", processes=2)
    assert [answer(row) for row in lines.rows] == [answer(row) for row in files.rows]
    assert files.details["calls"] == lines.details["calls"]
    assert files.details["calls"]["all"] == len(calls)


def answer(row: Row) -> tuple[Any, ...]:
    return (row.order, row.as_of, row.scenario, row.cards, row.criteria, row.gaps)


def test_results_are_written_as_lines_and_as_parquet_with_their_details(tmp_path: Path):
    folder = population(tmp_path / "clinic")
    found = find_input((folder,), CHOICE)
    finished = judge_input(found, CHOICE, LocalRun(tmp_path / "work", 1, judge=judge(None)))
    details = told_run(finished, found, CHOICE, "local")
    lines, parquet = tmp_path / "rows.jsonl", tmp_path / "rows"
    write_lines(finished, details, lines)
    write_parquet(finished, details, str(parquet))
    for results in (lines, parquet):
        assert digest_of(read_rows(results)) == finished.digest.text
        kept = read_details(results)
        assert kept is not None
        assert kept["run"]["digest"] == finished.digest.text
        assert kept["run"]["knowledge"].startswith("spine-imaging ")
        assert kept["charts"]["all"] == 12
    (parquet / "other.txt").touch()
    with pytest.raises(CaseError, match="not empty"):
        write_parquet(finished, details, str(parquet))
