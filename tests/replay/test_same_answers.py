"""Every fixture gets the same answer by web and by the local engine; `test_spark.py` holds Spark to the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cds_service.replay.cases import Day
from cds_service.replay.engine_choice import choose_engine
from cds_service.replay.local import LocalRun
from cds_service.replay.session import find_input, judge_input, rows_in
from cds_service.settings import Settings
from tests.replay.answers import answers_by_web, answers_in, write_calls
from tests.replay.conftest import FIXTURES, cases_below


def test_every_fixture_gets_the_same_answer_by_web_and_by_the_local_engine(tmp_path: Path):
    cases = [*cases_below(FIXTURES / "patients"), *cases_below(FIXTURES / "hooks")]
    write_calls(cases, tmp_path / "calls.jsonl")
    choice = choose_engine(Settings(), Day(date(1999, 1, 1), "option"))
    found = find_input((tmp_path,), choice)
    finished = judge_input(found, choice, LocalRun(tmp_path / "work" / "run", 1))
    by_web = answers_by_web(cases)
    assert len({answer.call for answer in by_web}) > len(cases) - 10
    assert {answer.urgency for answer in by_web} >= {"emergency", "urgent", "routine", None}
    assert answers_in(rows_in(finished), "calls.jsonl") == by_web
