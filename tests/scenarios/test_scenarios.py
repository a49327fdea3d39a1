"""Clinical scenarios as data: see README.md beside this file."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from cds_service.advice import CompiledGuideline
from cds_service.checks.scenario_kinds import KINDS, scenario_remarks
from tests.scenarios.cases import CASES, Case, all_answered, answered
from tests.scenarios.expectations import check

_HERE = Path(__file__).parent


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_scenario(case: Case) -> None:
    check(case, answered)


def test_no_two_scenarios_have_one_name() -> None:
    assert len({case.id for case in CASES}) == len(CASES)


def test_every_summary_is_short_and_every_text_keeps_to_the_wording_rules(
    compiled: CompiledGuideline,
) -> None:
    forbidden = [re.compile(item, re.IGNORECASE) for item in compiled.guideline.wording.forbidden]
    for case, advice in all_answered():
        record_text = msgspec.json.encode(case.data).decode().casefold()
        for card in advice.cards:
            assert 0 < len(card.summary) < 140, card.summary
            assert "{" not in card.summary + card.detail
            for pattern in forbidden:
                for match in pattern.finditer(card.summary + " " + card.detail):
                    assert match.group().casefold() in record_text, (case.id, match.group())


def test_every_criterion_has_its_five_kinds_of_scenario(compiled: CompiledGuideline) -> None:
    assert list(scenario_remarks(compiled.guideline, _HERE)) == []


def test_a_criterion_without_scenarios_is_named(
    compiled: CompiledGuideline, tmp_path: Path
) -> None:
    (tmp_path / "one.toml").write_text(
        '[not_applicable]\nage-70 = { refuted = "why" }\n'
        '[[case]]\ntitle = "t"\ncriterion = "age-70"\nkind = "present"\n',
        encoding="utf-8",
    )
    (tmp_path / "broken.toml").write_text("=", encoding="utf-8")
    found = list(scenario_remarks(compiled.guideline, tmp_path))
    of_age = [item.message for item in found if item.where == "criterion 'age-70'"]
    assert [message.split("'")[1] for message in of_age] == [
        "near-miss",
        "outdated",
        "not-documented",
    ]
    assert any(item.where == "broken.toml" for item in found)


def test_a_scenario_of_a_kind_expects_what_the_kind_says() -> None:
    for case in CASES:
        kind, criterion = case.data.get("kind"), case.data.get("criterion")
        expect = case.data["expect"]
        if kind in (None, "other") or criterion is None:
            continue
        assert kind in KINDS, case.id
        if kind == "present":
            assert criterion in expect.get("criteria", ()), case.id
        elif "missing" not in expect:
            lowered = criterion in expect.get("criteria", ())
            assert lowered or criterion in expect.get("must_not", ()), case.id
