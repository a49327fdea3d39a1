"""Cases: how they are found, compared, counted and kept."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest

from cds_service.errors import CaseError
from cds_service.replay.cases import Case, find_cases
from cds_service.replay.moved import moved_body, moved_date
from cds_service.replay.runner import (
    Engine,
    Tally,
    checked_case,
    expectation_json,
    outcome_json,
    outcome_line,
)
from tests.replay.conftest import FIXTURES

DAY = date(2026, 6, 15)
STORY = FIXTURES / "patients" / "79-woman-fall-with-osteoporosis"
MISSING = FIXTURES / "patients" / "37-woman-problem-list-not-sent"
HOOKS = FIXTURES / "hooks"


def only(path: Path) -> Case:
    cases = list(find_cases(path, DAY))
    assert len(cases) == 1
    return cases[0]


def test_a_request_named_by_itself_is_still_filled_up_with_its_record():
    case = only(STORY / "order-select.mri-lumbar.json")
    assert case.name == "79-woman-fall-with-osteoporosis/order-select.mri-lumbar"
    assert b"M81.0" in case.body
    assert case.expected


def test_a_story_folder_by_itself_holds_its_calls():
    assert [case.name for case in find_cases(STORY, DAY)] == [
        "order-select.mri-lumbar",
        "order-sign.x-ray-lumbar",
    ]


def test_a_story_is_of_its_own_day():
    assert {case.as_of for case in find_cases(STORY, date(2001, 1, 1))} == {DAY}


def test_a_call_without_a_story_is_of_the_day_given():
    day = date(2026, 6, 20)
    assert {case.as_of for case in find_cases(HOOKS, day)} == {day}


def test_what_is_no_hook_call_is_passed_over(tmp_path: Path):
    (tmp_path / "a.json").write_text('{"resourceType": "Patient"}')
    (tmp_path / "b.json").write_text("no JSON")
    (tmp_path / "c.json").write_text("[1, 2]")
    assert list(find_cases(tmp_path, DAY)) == []


def test_a_story_without_a_day_is_refused(tmp_path: Path):
    (tmp_path / "story.toml").write_text('title = "x"')
    with pytest.raises(CaseError, match="as_of"):
        list(find_cases(tmp_path, DAY))


def test_an_expectation_that_is_no_list_is_refused(tmp_path: Path):
    shutil.copytree(STORY, tmp_path, dirs_exist_ok=True)
    (tmp_path / "order-select.mri-lumbar.cards.json").write_text('{"cards": "none"}')
    with pytest.raises(CaseError, match="cards"):
        list(find_cases(tmp_path, DAY))


def test_a_record_with_a_hole_in_it_is_refused(tmp_path: Path):
    shutil.copytree(STORY, tmp_path, dirs_exist_ok=True)
    (tmp_path / "record.json").write_text('{"entry": [')
    with pytest.raises(CaseError, match=r"record\.json"):
        list(find_cases(tmp_path, DAY))


def test_a_changed_card_is_a_difference_that_names_both(engine: Engine):
    case = only(STORY / "order-select.mri-lumbar.json")
    assert case.expected is not None
    wanted = {**case.expected[0], "indicator": "critical"}
    outcome = checked_case(replace(case, expected=(wanted,)), engine, None)
    assert len(outcome.differences) == 1
    assert "expected critical radiograph-first" in outcome.differences[0]
    assert "got info radiograph-first" in outcome.differences[0]


def test_a_card_less_is_a_difference(engine: Engine):
    case = replace(only(STORY / "order-select.mri-lumbar.json"), expected=())
    assert "expected no card" in checked_case(case, engine, None).differences[0]


def test_an_error_is_never_taken_for_an_answer_without_cards(engine: Engine):
    case = only(MISSING / "order-select.mri-lumbar.json")
    assert checked_case(case, engine, None).differences == ()
    outcome = checked_case(replace(case, expected_status=200), engine, None)
    assert "expected status 200; got 412" in outcome.differences[0]


def test_a_case_without_expectations_is_never_different(engine: Engine):
    case = replace(only(STORY / "order-select.mri-lumbar.json"), expected=None)
    assert checked_case(case, engine, None).differences == ()


def test_a_bug_in_one_case_does_not_hide_the_others(engine: Engine):
    broken = replace(engine, options=None)  # type: ignore[arg-type]  # built from a table of the test
    outcome = checked_case(only(STORY / "order-select.mri-lumbar.json"), broken, None)
    assert outcome.status == 500
    assert outcome.differences


def test_a_run_is_counted(engine: Engine):
    tally = Tally()
    for case in (*find_cases(STORY, DAY), *find_cases(MISSING, DAY)):
        tally.count(checked_case(case, engine, None))
    lines = list(tally.lines())
    assert lines[0] == "4 cases, 0 with differences"
    assert any("appropriate 1" in line for line in lines)
    assert any("412: 1" in line for line in lines)


def test_one_line_says_order_card_and_why(engine: Engine):
    line = outcome_line(checked_case(only(STORY / "order-sign.x-ray-lumbar.json"), engine, None))
    assert "X-ray lumbar spine [routine] -> info appropriate; S-FX" in line
    assert "\n" not in line


def test_what_is_kept_can_be_read_again(engine: Engine):
    outcome = checked_case(only(STORY / "order-select.mri-lumbar.json"), engine, None)
    kept = json.loads(outcome_json(outcome))
    assert kept["status"] == 200
    assert kept["asOf"] == "2026-06-15"
    assert [card["id"] for card in kept["cards"]] == ["radiograph-first"]
    assert kept["advice"]["assessments"][0]["scenario"] == "S-FX"
    assert b"\n" not in outcome_json(outcome)


def test_what_came_out_can_become_what_is_expected(engine: Engine):
    for file in (STORY / "order-select.mri-lumbar.json", MISSING / "order-select.mri-lumbar.json"):
        case = only(file)
        assert case.expected_file is not None
        made = expectation_json(checked_case(case, engine, None))
        assert made == case.expected_file.read_bytes()


@pytest.mark.parametrize(
    ("text", "days", "there"),
    [
        ("2026-06-15", 1, "2026-06-16"),
        ("2026-02-28", 1, "2026-03-01"),
        ("2024-02-29", 366, "2025-03-01"),
        ("2026-06-15T08:30:00.123+02:00", -15, "2026-05-31T08:30:00.123+02:00"),
        ("2026-06-15T08:30:00Z", 365, "2027-06-15T08:30:00Z"),
        ("2026-06", 31, "2026-07"),
        ("2026", 365, "2027"),
        ("2026", 10, "2026"),
        ("not a date", 1, "not a date"),
        ("0001-01-01", -1, "0001-01-01"),
    ],
)
def test_a_date_moves_with_the_precision_that_it_has(text: str, days: int, there: str):
    assert moved_date(text, days) == there


def test_only_dates_move():
    body = {
        "hook": "order-select",
        "context": {"patientId": "2026", "draftOrders": {"authoredOn": "2026-06-15"}},
        "prefetch": {"code": "2026-06-15", "value": 2026, "birthDate": "1980-01-31"},
    }
    moved = msgspec.json.decode(moved_body(msgspec.json.encode(body), 1))
    assert moved["context"] == {
        "patientId": "2026",
        "draftOrders": {"authoredOn": "2026-06-16"},
    }
    assert moved["prefetch"] == {"code": "2026-06-15", "value": 2026, "birthDate": "1980-02-01"}


def test_no_days_leave_every_byte():
    body = b'{"hook" : "x", "birthDate":"1980-01-01"}'
    assert moved_body(body, 0) is body
