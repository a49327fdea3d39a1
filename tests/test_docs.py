"""The documentation says only what is there: ids, files, commands and examples."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.advice import CompiledGuideline
from cds_service.cli import commands
from scripts.documentation.reference import reference_files
from tests.documentation.pages import PAGES

ROOT = Path(__file__).parent.parent
_FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def ids_of(compiled: CompiledGuideline) -> set[str]:
    guideline = compiled.guideline
    names = {criterion.id for criterion, _ in compiled.rules.criteria}
    names |= {group.id for group in guideline.groups}
    names |= {scenario.id for scenario in guideline.combination.scenario}
    names |= {card.id for card in guideline.wording.card}
    names |= {suggestion.id for suggestion in guideline.wording.suggestion}
    names |= {check.id for check in guideline.order_checks}
    names |= set(guideline.wording.advice) | set(guideline.wording.override_reason)
    names |= set(guideline.citations) | set(guideline.value_sets)
    return names | {"long_standing"}


def test_every_id_of_the_coverage_table_exists(compiled: CompiledGuideline) -> None:
    text = (ROOT / "docs" / "clinical_coverage.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z][a-z0-9_]*(?:-[a-z0-9]+)+|long_standing)`", text))
    assert len(named) > 60
    assert named - ids_of(compiled) == set()


def test_every_statement_of_the_first_article_has_its_home() -> None:
    rows = [
        line
        for line in (ROOT / "docs" / "clinical_coverage.md").read_text("utf-8").splitlines()
        if line.startswith("| ") and not line.startswith(("| **", "| statement"))
    ]
    assert len(rows) == 59
    for row in rows:
        _, statement, home, *_ = row.split("|")
        assert statement.strip()
        assert home.strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("reference/"):
            assert target in reference_files()
        elif not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_can_be_read_by_a_machine(page: Path) -> None:
    for language, body in _FENCE.findall(page.read_text(encoding="utf-8")):
        if language == "json":
            json.loads(body)
        elif language == "toml":
            tomllib.loads(body)
        elif language == "sh":
            for line in body.splitlines():
                if line.startswith("spine-cds "):
                    command = line.split()[1]
                    assert command in commands.commands, line


def test_every_command_says_what_it_is_for() -> None:
    for name, command in commands.commands.items():
        assert command.help, name
        assert CliRunner().invoke(commands, [name, "--help"]).exit_code == 0


def test_the_two_commands_stand_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make serve" in text
    assert "make test" in text
