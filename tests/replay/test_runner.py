"""Cases: how they are found, compared, counted and kept."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_service.errors import CaseError
from cds_service.replay.cases import Day, SavedCase, Unread, day_written, find_cases
from cds_service.replay.moved import moved_body, moved_date
from cds_service.replay.runner import (
    Engine,
    RunTally,
    checked_case,
    expectation_json,
    outcome_line,
)
from tests.replay.conftest import FIXTURES, cases_below

DAY = date(2026, 6, 15)
STORY = FIXTURES / "patients" / "79-woman-fall-with-osteoporosis"
MISSING = FIXTURES / "patients" / "37-woman-problem-list-not-sent"
HOOKS = FIXTURES / "hooks"


def only(path: Path) -> SavedCase:
    cases = cases_below(path)
    assert len(cases) == 1
    return cases[0]


def test_a_request_named_by_itself_is_still_filled_up_with_its_record():
    case = only(STORY / "order-select.mri-lumbar.json")
    assert case.name == "79-woman-fall-with-osteoporosis/order-select.mri-lumbar"
    assert b"M81.0" in case.body
    assert case.expected


def test_a_story_folder_by_itself_holds_its_calls():
    assert [case.name for case in cases_below(STORY)] == [
        "order-select.mri-lumbar",
        "order-sign.x-ray-lumbar",
    ]


def test_a_story_is_of_its_own_day():
    assert {case.as_of for case in cases_below(STORY, date(2001, 1, 1))} == {DAY}


def test_a_call_is_of_the_day_that_its_order_was_written_else_of_the_day_given():
    day = date(2026, 6, 20)
    days = {case.name: (case.as_of, case.day_from) for case in cases_below(HOOKS, day)}
    assert days["order-select.epic-like"] == (DAY, "order")
    assert days["order-dispatch.one-order-and-a-task"] == (DAY, "order")
    assert days["order-select.sandbox-ct-with-a-reason"] == (day, "option")


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        ([{"authoredOn": "2026-03-01T23:30:00-05:00"}], date(2026, 3, 1)),
        ([{"authoredOn": "2026-03-01"}, {"authoredOn": "2026-03-04"}, {}], date(2026, 3, 4)),
        ([{"orderedOn": "2026-03-02"}], date(2026, 3, 2)),
        ([{"authoredOn": "2026-03"}], None),
        ([{"authoredOn": "yesterday"}, "x", None], None),
        ([], None),
    ],
)
def test_the_day_that_orders_were_written(orders, expected):
    entry = [{"resource": order} for order in orders]
    request = {"context": {"draftOrders": {"resourceType": "Bundle", "entry": entry}}}
    assert day_written(request) == expected


CALL: dict[str, Any] = {
    "hook": "order-sign",
    "context": {"patientId": "p1", "draftOrders": {"entry": []}},
}


def unread(folder: Path) -> dict[str, str]:
    found = find_cases(folder, Day(DAY, "today"))
    return {item.name: item.why for item in found if isinstance(item, Unread)}


def test_a_file_with_a_day_and_a_request_is_a_case_of_that_day(tmp_path: Path):
    late = {"draftOrders": {"entry": [{"resource": {"authoredOn": "2026-05-05"}}]}}
    call = CALL | {"context": CALL["context"] | late}
    (tmp_path / "a.json").write_text(json.dumps({"as_of": "2025-01-02", "request": call}))
    (tmp_path / "b.json").write_text(json.dumps({"id": "b", "hook": "order-sign", "request": call}))
    (tmp_path / "c.json").write_text("\ufeff" + json.dumps({"request": CALL}))
    days = [(case.name, case.as_of, case.day_from) for case in cases_below(tmp_path)]
    assert days == [
        ("a", date(2025, 1, 2), "case"),
        ("b", date(2026, 5, 5), "order"),
        ("c", DAY, "option"),
    ]


@pytest.mark.parametrize("within", ["%s", '{"as_of": "2026-06-15", "request": %s}'])
def test_a_call_that_the_service_refuses_is_a_case_that_is_refused(
    tmp_path: Path, engine: Engine, within: str
):
    call = json.loads(json.dumps(CALL))
    call["context"]["draftOrders"] = {
        "resourceType": "Bundle",
        "entry": [
            {
                "resource": {
                    "resourceType": "ServiceRequest",
                    "id": "o1",
                    "status": "draft",
                    "code": {"text": "MRI lumbar spine"},
                    "x": "HERE",
                }
            }
        ],
    }
    text = json.dumps(call | {"hookInstance": "1"})
    for name, number in (("endless", "1e999"), ("plain", "1.10")):
        (tmp_path / f"{name}.json").write_text(within % text.replace('"HERE"', number))
    endless, plain = cases_below(tmp_path)
    # a number keeps its text, and one beyond all bounds is for the service to refuse
    assert b'"x": 1.10' in plain.body
    assert b'"x": 1e999' in endless.body
    assert checked_case(endless, engine, None).status == 400
    assert moved_body(endless.body, 5) == endless.body


def test_what_is_no_case_is_told_and_never_passed_over(tmp_path: Path):
    contents = {
        "bundle.json": '{"resourceType": "Bundle"}',
        "broken.json": '{"hook": "order-sign", "context": {',
        "list.json": "[1, 2]",
        "other.json": '{"name": "x"}',
        "bad-day.json": json.dumps({"as_of": "soon", "request": CALL}),
        "no-call.json": json.dumps({"as_of": "2026-01-01", "request": {"hook": 1}}),
        "many.ndjson": "{}",
        "packed.json.gz": "x",
        "UPPER.JSON": "no JSON",
        "sub/deep.json": "{",
    }
    (tmp_path / "sub").mkdir()
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "README.md").write_text("words")
    told = unread(tmp_path)
    assert set(told) == set(contents)
    assert "FHIR resource" in told["bundle.json"]
    assert told["broken.json"] == "is not JSON."
    assert "as_of" in told["bad-day.json"]
    assert "one JSON a line" in told["many.ndjson"]


def test_a_broken_story_among_others_is_told_and_costs_no_other(tmp_path: Path):
    shutil.copytree(STORY, tmp_path / "good")
    shutil.copytree(STORY, tmp_path / "bad")
    (tmp_path / "bad" / "record.json").write_text("{")
    assert "record.json" in unread(tmp_path)["bad"]
    found = find_cases(tmp_path, Day(DAY, "today"))
    assert len([item for item in found if isinstance(item, SavedCase)]) == 2


def test_a_file_that_was_named_itself_and_holds_no_case_is_an_error(tmp_path: Path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(CaseError, match="is not JSON"):
        list(find_cases(tmp_path / "a.json", Day(DAY, "today")))


def test_an_error_that_nobody_expected_is_a_difference(engine: Engine):
    case = replace(only(MISSING / "order-select.mri-lumbar.json"), expected=None)
    outcome = checked_case(case, engine, None)
    assert outcome.status == 412
    assert outcome.differences[0].startswith("an error that was not expected: 412")
    tally = RunTally()
    tally.count(outcome)
    assert tally.different == 1


def test_the_line_of_a_case_says_whose_day_it_is(engine: Engine):
    case = only(STORY / "order-select.mri-lumbar.json")
    assert "[2026-06-15]:" in outcome_line(checked_case(case, engine, None))
    of_order = replace(case, day_from="order")
    assert "[2026-06-15, the day of the order]:" in outcome_line(
        checked_case(of_order, engine, None)
    )


def test_a_story_without_a_day_is_refused(tmp_path: Path):
    (tmp_path / "story.toml").write_text('title = "x"')
    with pytest.raises(CaseError, match="as_of"):
        list(find_cases(tmp_path, Day(DAY, "today")))


def test_an_expectation_that_is_no_list_is_refused(tmp_path: Path):
    shutil.copytree(STORY, tmp_path, dirs_exist_ok=True)
    (tmp_path / "order-select.mri-lumbar.cards.json").write_text('{"cards": "none"}')
    with pytest.raises(CaseError, match="cards"):
        list(find_cases(tmp_path, Day(DAY, "today")))


def test_a_record_with_a_hole_in_it_is_refused(tmp_path: Path):
    shutil.copytree(STORY, tmp_path, dirs_exist_ok=True)
    (tmp_path / "record.json").write_text('{"entry": [')
    with pytest.raises(CaseError, match=r"record\.json"):
        list(find_cases(tmp_path, Day(DAY, "today")))


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
    tally = RunTally()
    for case in (*cases_below(STORY), *cases_below(MISSING)):
        tally.count(checked_case(case, engine, None))
    lines = list(tally.lines())
    assert lines[0] == "4 cases, 0 with differences"
    assert any("appropriate 1" in line for line in lines)
    assert any("412: 1" in line for line in lines)


def test_one_line_says_order_card_and_why(engine: Engine):
    line = outcome_line(checked_case(only(STORY / "order-sign.x-ray-lumbar.json"), engine, None))
    assert "X-ray lumbar spine [routine] -> info appropriate; S-FX" in line
    assert "\n" not in line


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
