"""Two results of replay compared: what decides, why it differs, and what only one of them has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cds_service.replay.compare import Comparison, compare_results
from cds_service.replay.comparison_texts import comparison_lines, comparison_page, words_of
from cds_service.replay.rows import FoundGap, FoundWords, Row, row_line
from tests.command_line import Run, run_here
from tests.replay.a_run import RETENTION

EMERGENCY = Row(
    case="clinic/p1",
    order="ServiceRequest/o1",
    as_of="2026-06-15",
    study="mr-lumbar-without",
    scenario="S-CES",
    appropriateness="appropriate",
    urgency="emergency",
    cards=("EmergencyEscalate",),
    groups={"cauda-equina": "active"},
    criteria=(RETENTION,),
    gaps=(),
    not_understood=(),
)
PLAIN = replace(
    EMERGENCY,
    case="clinic/p2",
    order="ServiceRequest/o2",
    scenario="S-LBP",
    appropriateness="not-appropriate",
    urgency="routine",
    cards=("NotYetIndicated",),
    groups={},
    criteria=(),
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return partial(run_here, capsys)


def compared(before: Sequence[Row], after: Sequence[Row]) -> Comparison:
    return compare_results(("before", "after"), lambda: before, lambda: after)


def written(path: Path, rows: Iterable[Row]) -> Path:
    path.write_bytes(b"".join(row_line(row) + b"\n" for row in rows))
    return path


def test_the_same_rows_in_another_sequence_are_the_same():
    found = compared([EMERGENCY, PLAIN], [PLAIN, EMERGENCY])
    assert found.is_same
    assert found.same == 2
    assert found.matrices["urgency"] == {("emergency", "emergency"): 1, ("routine", "routine"): 1}


def test_two_rows_of_one_order_are_not_one():
    assert not compared([PLAIN, PLAIN], [PLAIN]).is_same
    assert compared([PLAIN, PLAIN], [PLAIN, PLAIN]).is_same


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"cards": ("EmergencyEscalate",)}, ("card",)),
        ({"cards": ("NotYetIndicated", "PartialData")}, ("card",)),
        ({"appropriateness": "appropriate"}, ("appropriateness",)),
        ({"urgency": "urgent"}, ("urgency",)),
        ({"scenario": "S-OTHER"}, ()),
    ],
)
def test_what_decides_is_told_from_what_does_not(changes, changed):
    (change,) = compared([PLAIN], [replace(PLAIN, **changes)]).changes
    assert change.changed == changed


def test_an_order_that_becomes_less_urgent_stands_first_and_is_named_so():
    lower = replace(EMERGENCY, urgency="routine", cards=(), groups={}, criteria=())
    higher = replace(PLAIN, case="a/first", urgency="urgent")
    before = [replace(PLAIN, case="a/first"), EMERGENCY]
    found = compared(before, [higher, lower])
    assert [change.case for change in found.changes] == ["clinic/p1", "a/first"]
    assert [change.is_lowered for change in found.changes] == [True, False]
    text = "\n".join(comparison_lines(found))
    assert "LESS URGENT: 1 order" in text
    assert "Less urgent than before" in comparison_page(found)


def test_an_order_that_is_no_longer_answered_is_less_urgent_than_any():
    silent = replace(
        PLAIN,
        scenario=None,
        appropriateness=None,
        urgency=None,
        cards=(),
        gaps=(FoundGap("conditions", "not-provided"),),
    )
    (change,) = compared([PLAIN], [silent]).changes
    assert change.is_lowered
    assert change.after.urgency == "no advice"
    assert "now not read: conditions (not-provided)" in change.reasons


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"criteria": ()}, "no longer found: ces-urinary-retention (present, strong)"),
        (
            {"criteria": (replace(RETENTION, state="suspected", counted="moderate"),)},
            "ces-urinary-retention: present, strong, then suspected, moderate",
        ),
        ({"criteria": (replace(RETENTION, evidence=()),)}, "ces-urinary-retention: other evidence"),
        ({"groups": {"cauda-equina": "possible"}}, "group cauda-equina: active, then possible"),
        ({"as_of": "2026-06-16"}, "judged on 2026-06-15, then on 2026-06-16"),
        ({"study": "ct-lumbar"}, "the order was read as mr-lumbar-without, then as ct-lumbar"),
        ({"scenario": "S-X"}, "scenario S-CES, then S-X"),
        ({"not_understood": (FoundWords("order", "x", "rukking"),)}, "now not understood: 1"),
        (
            {"cards": ()},
            "The same findings: the rule, the rating or the card itself is another.",
        ),
    ],
)
def test_the_reason_is_what_was_found_or_read(changes, reason):
    (change,) = compared([EMERGENCY], [replace(EMERGENCY, **changes)]).changes
    assert change.reasons == (reason,)


def test_a_new_finding_is_a_reason_too():
    (change,) = compared([replace(EMERGENCY, criteria=())], [EMERGENCY]).changes
    assert change.reasons == ("now found: ces-urinary-retention (present, strong)",)


def test_orders_that_only_one_result_has_are_counted_by_study():
    found = compared([EMERGENCY], [PLAIN])
    assert found.only[0] == {"mr-lumbar-without": 1}
    assert found.only_keys[1] == ["clinic/p2 ServiceRequest/o2"]
    assert any("--with-ids" in line for line in comparison_lines(found))


def test_the_command_ends_with_0_for_the_same_and_1_for_others(run: Run, tmp_path):
    one = written(tmp_path / "a.jsonl", [EMERGENCY, PLAIN])
    same = written(tmp_path / "b.jsonl", [PLAIN, EMERGENCY])
    other = written(tmp_path / "c.jsonl", [replace(EMERGENCY, urgency="urgent"), PLAIN])
    result = run("compare", one, same)
    assert result.returncode == 0
    assert "The same." in result.stdout
    assert run("compare", one, other).returncode == 1


def test_the_command_writes_the_whole_list_as_json_and_as_a_page(run: Run, tmp_path):
    one = written(tmp_path / "a.jsonl", [EMERGENCY, PLAIN])
    other = written(tmp_path / "c.jsonl", [replace(EMERGENCY, urgency="urgent"), PLAIN])
    as_json, page = tmp_path / "x.json", tmp_path / "x.html"
    run("compare", one, other, "--json", as_json, "--report", page)
    body: dict[str, Any] = json.loads(as_json.read_bytes())
    assert body["changed"] == {"card": 0, "appropriateness": 0, "urgency": 1}
    assert body["lessUrgent"] == 1
    assert body["changes"][0]["after"]["urgency"] == "urgent"
    assert {"before": "emergency", "after": "urgent", "orders": 1} in body["matrices"]["urgency"]
    text = page.read_text(encoding="utf-8")
    assert "Emergency → Urgent" in text
    assert "1 of 2 (50.0" in text


def test_a_file_that_is_no_result_is_named(run: Run, tmp_path):
    wrong = tmp_path / "x.jsonl"
    wrong.write_text('{"case": 1}\n', encoding="utf-8")
    result = run("compare", wrong, wrong)
    assert result.returncode == 2
    assert "x.jsonl:1" in result.stdout + result.stderr


def test_names_of_cards_and_values_are_told_in_words():
    assert words_of("NotYetIndicated") == "Not yet indicated"
    assert words_of("may-be-appropriate") == "May be appropriate"
    assert words_of("MriSafety") == "MRI safety"
    assert words_of("TraumaCtFirst") == "Trauma CT first"
