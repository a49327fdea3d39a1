"""The commands replay, explain and check: what they print and how they end."""

from __future__ import annotations

import json
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner

from cds_service.checks.remark import Remark
from cds_service.cli import commands
from cds_service.replay import command
from cds_service.replay.local import Progress
from cds_service.replay.rows import row_line
from tests.command_line import Run, run_here, run_process
from tests.replay.a_run import ROWS
from tests.replay.conftest import FIXTURES

ROOT = Path(__file__).parents[2]
STORY = FIXTURES / "patients" / "41-woman-ten-days-of-back-pain"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return partial(run_here, capsys)


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A story that promises something else than what comes out."""
    story = tmp_path / STORY.name
    shutil.copytree(STORY, story)
    file = story / "order-select.mri-lumbar.cards.json"
    expected = json.loads(file.read_bytes())
    expected["cards"][0]["suggestions"] = ["cancel-order"]
    file.write_text(json.dumps(expected))
    return story


def test_all_stories_replay_without_a_difference_and_without_a_bar_in_a_pipe():
    result = run_process("replay", FIXTURES / "patients")
    assert result.returncode == 0, result.stdout
    assert "62 cases, 0 with differences" in result.stdout
    assert result.stderr == ""


def test_a_changed_expectation_ends_with_1_and_says_what_differs(run: Run, changed: Path):
    result = run("replay", changed)
    assert result.returncode == 1
    assert "DIFFERENT: expected warning not-yet-indicated" in result.stdout
    assert "[cancel-order]; got" in result.stdout
    assert "2 cases, 1 with differences" in result.stdout


def test_an_expectation_can_be_brought_up_to_date(run: Run, changed: Path):
    file = changed / "order-select.mri-lumbar.cards.json"
    assert run("replay", changed, "--update-expected").returncode == 1
    assert file.read_bytes() == (STORY / file.name).read_bytes()
    assert run("replay", changed).returncode == 0


def test_every_imaging_order_of_the_spine_becomes_one_line_of_json(run: Run, tmp_path: Path):
    kept = tmp_path / "out.jsonl"
    result = run("replay", STORY, FIXTURES / "hooks", "--jsonl", kept, "--with-ids")
    assert result.returncode == 0
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    without = result.stdout.count("no spine imaging order")
    assert without == 3
    assert len(lines) == 2 + len(list((FIXTURES / "hooks").glob("*.json"))) - without
    assert lines[0]["case"] == "order-select.mri-lumbar"
    assert lines[0]["cards"] == ["NotYetIndicated"]


def test_the_day_of_calls_that_tell_none_can_be_given(run: Run):
    file = FIXTURES / "hooks" / "order-select.r5-service-request.json"
    assert "S-ACUTE" in run("replay", file, "--as-of", "2026-06-15").stdout
    later = run("replay", file, "--as-of", "2026-09-15").stdout
    assert "S-CHRONIC" in later
    assert "[2026-09-15, as given]" in later


def test_files_without_a_case_are_told_counted_and_end_with_1(run: Run, tmp_path: Path):
    shutil.copytree(STORY, tmp_path / "story")
    (tmp_path / "bundle.json").write_text('{"resourceType": "Bundle"}')
    result = run("replay", tmp_path)
    assert result.returncode == 1
    assert "NOT READ: bundle.json: holds a FHIR resource and no hook call" in result.stdout
    assert "2 cases, 0 with differences" in result.stdout
    assert "not read: 1 file" in result.stdout


@pytest.mark.parametrize("path", ["missing/out.jsonl", "/proc/none/out.jsonl", "/dev/full"])
def test_lines_that_cannot_be_written_are_told_in_one_line_with_2(
    run: Run, tmp_path: Path, path: str
):
    result = run("replay", STORY, "--jsonl", tmp_path / path)
    assert result.returncode == 2
    assert "cannot be written" in result.stderr


def test_explain_says_a_story_in_words(run: Run):
    result = run("explain", STORY)
    assert result.returncode == 0
    assert "Found:" in result.stdout
    assert "Not found in the data read:" in result.stdout
    assert result.stdout.count("as of 2026-06-15") == 2


def test_explain_takes_one_call(run: Run):
    result = run("explain", STORY / "order-sign.x-ray-lumbar.json")
    assert result.returncode == 0
    assert result.stdout.count("as of 2026-06-15") == 1


def test_the_report_of_a_finished_run_is_the_one_that_the_run_would_have_written(
    run: Run, tmp_path: Path
):
    lines, table, at_once = tmp_path / "rows.jsonl", tmp_path / "rows", tmp_path / "at-once.html"
    wanted = ("--jsonl", lines, "--parquet", table, "--report", at_once, "--with-ids")
    assert run("replay", STORY, FIXTURES / "hooks", *wanted).returncode == 0
    for results in (lines, table):
        page = tmp_path / f"{results.name}.html"
        told = run("report", results, page)
        assert (told.returncode, told.stdout) == (0, "")
        assert page.read_text(encoding="utf-8") == at_once.read_text(encoding="utf-8")


def test_a_report_without_the_counts_or_of_another_guideline_says_so(run: Run, tmp_path: Path):
    rows, page = tmp_path / "rows.jsonl", tmp_path / "page.html"
    rows.write_bytes(b"".join(row_line(row) + b"\n" for row in ROWS))
    told = run("report", rows, page)
    assert "rows.jsonl.details.json is not there" in told.stdout
    assert "kept no counts beside its rows" in page.read_text(encoding="utf-8")
    details = {"run": {"knowledge": "spine-imaging 1999.1"}}
    (tmp_path / "rows.jsonl.details.json").write_text(json.dumps(details))
    assert "Made with spine-imaging 1999.1" in run("report", rows, page).stdout


def test_what_is_no_result_of_a_replay_has_no_report(run: Run, tmp_path: Path):
    told = run("report", STORY / "record.json", tmp_path / "page.html")
    assert told.returncode == 2
    assert "no result file" in told.stderr
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay",),
        ("replay", "no/such/folder"),
        ("replay", STORY, "--as-of", "yesterday"),
        ("replay", STORY / "record.json"),
        ("explain", ROOT / "README.md"),
        ("check", "--loudly"),
    ],
    ids=["no path", "no folder", "no day", "no call", "no JSON", "no option"],
)
def test_wrong_usage_ends_with_2_and_no_trace(run: Run, arguments: tuple[object, ...]):
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stderr


def test_a_process_ends_with_the_same_number_and_no_trace_either():
    result = run_process("explain", ROOT / "README.md")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stderr


def test_the_packaged_guideline_is_fine(run: Run):
    result = run("check")
    assert result.returncode == 0, result.stdout
    assert "0 errors" in result.stdout


def test_an_error_in_the_guideline_ends_with_1_and_is_told_first(monkeypatch: pytest.MonkeyPatch):
    found = (
        Remark("warning", "a.toml", "could be better"),
        Remark("error", "b.toml", "is wrong"),
    )
    monkeypatch.setattr(
        "cds_service.checks.content.check_guideline", lambda *_arguments, **_options: found
    )
    result = CliRunner().invoke(commands, ["check"])
    assert result.exit_code == 1
    assert result.output.index("error: b.toml") < result.output.index("warning: a.toml")


def test_on_a_terminal_there_is_a_bar(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stderr", _Terminal())
    _Terminal.told.clear()
    with command._progress() as show:
        show(Progress("reading", 10, 10, 0))
        show(Progress("judging", 5, 10, 50))
    assert "Judging" in "".join(_Terminal.told)


class _Terminal:
    """A standard error that says that it is a terminal."""

    encoding = "utf-8"
    told: ClassVar[list[str]] = []

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.told.append(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""
