"""One case in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.replay.explain import explanation_lines
from cds_service.replay.runner import Engine, replay_case
from tests.replay.conftest import FIXTURES, cases_below

PATIENTS = FIXTURES / "patients"
EVERY = [*cases_below(PATIENTS), *cases_below(FIXTURES / "hooks")]


def words(path: Path, engine: Engine) -> str:
    case = cases_below(path)[0]
    return "\n".join(explanation_lines(replay_case(case, engine), engine.compiled))


def test_what_was_found_is_said_with_its_date_and_source(engine: Engine):
    text = words(PATIENTS / "36-woman-fever-injecting-drugs", engine)
    assert "Found:" in text
    assert "present, moderate: Body temperature 101.3 degF (12 Jun 2026, Observation" in text
    assert "Scenario S-INF" in text
    assert "Required urgency: urgent" in text


def test_what_was_looked_for_and_not_found_is_said(engine: Engine):
    text = words(PATIENTS / "41-woman-ten-days-of-back-pain", engine)
    line = next(line for line in text.splitlines() if line.startswith("Not found in the data read"))
    assert "New urinary retention" in line
    assert "Could not be checked" not in text
    assert "Everything that was asked for was read." in text


def test_what_could_not_be_checked_is_not_among_what_was_not_found(engine: Engine):
    text = words(PATIENTS / "53-man-observations-not-read", engine)
    lines = text.splitlines()
    not_found = next(line for line in lines if line.startswith("Not found in the data read"))
    unread = lines[lines.index("Could not be checked, or only in part:") + 1 :]
    assert any(
        line.strip().startswith("Fever (") and line.endswith("needs observations")
        for line in unread
    )
    assert "Fever (" not in not_found
    assert "observations: not-provided" in text


def test_why_the_cards_follow_is_said(engine: Engine):
    text = words(PATIENTS / "57-man-colon-cancer-fifteen-years-ago", engine)
    assert "why this card: before" not in text
    assert "info radiograph-first: Remote history of cancer" in text
    assert "The order is appropriate here (" in text
    text = words(PATIENTS / "36-woman-fever-injecting-drugs", engine)
    assert "why this card: before radiograph-first" in text


def test_a_finding_that_is_too_old_is_listed_and_not_counted(engine: Engine):
    text = words(PATIENTS / "29-man-car-crash-three-years-ago", engine)
    assert "Listed, not counted: High-energy trauma" in text


def test_a_recent_accident_is_not_called_too_old(engine: Engine):
    text = words(PATIENTS / "28-man-car-crash-ten-days-ago", engine)
    assert "High-energy trauma within 30 days: present" in text
    assert "Listed, not counted" not in text


def test_an_error_is_explained_as_one(engine: Engine):
    path = PATIENTS / "37-woman-problem-list-not-sent" / "order-select.mri-lumbar.json"
    said = "No advice: required data could not be read: conditions (not-provided) (HTTP 412)."
    assert said in words(path, engine)


def test_silence_is_explained(engine: Engine):
    assert "No selected order is spine imaging" in words(PATIENTS / "45-man-knee-mri", engine)


@pytest.mark.parametrize("case", EVERY, ids=[case.name for case in EVERY])
def test_every_case_can_be_explained_and_no_word_reassures(case, engine: Engine):
    text = "\n".join(explanation_lines(replay_case(case, engine), engine.compiled)).lower()
    assert text
    for word in ("no red flags", "ruled out", "all clear"):
        assert word not in text
