"""The pages that promise something name files and tests that exist, and say what the code says."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from cds_service.cds_hooks.profiles import PROFILES, ClientProfile
from cds_service.evidence.record.types import prefetch_templates
from cds_service.web.problems import _HTTP

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LAST = {
    "D": 12, "R": 10, "P": 12, "F": 10, "C": 16, "S": 10, "A": 11, "B": 7, "J": 11, "X": 10, "H": 14, "E": 5,
}  # fmt: skip
"""The requirements of each family are numbered from 1 to this."""
IDS = [f"{family}-{number}" for family, last in LAST.items() for number in range(1, last + 1)]


def rows(page: str) -> list[list[str]]:
    """The cells of every row of every table, headings left out."""
    found = []
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        is_heading = re.fullmatch(r"[|\- ]+", following)
        if line.startswith("| ") and not is_heading and not re.fullmatch(r"[|\- ]+", line):
            found.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return found


REQUIREMENTS = [row for row in rows("conformance.md") if re.fullmatch(r"[A-Z]-\d+", row[0])]
HAZARDS = [row for row in rows("safety_case.md") if len(row) > 1]
ATTACKS = [row for row in rows("security.md") if "::test_" in row[-1]]


def test_every_requirement_stands_in_the_table_once():
    assert Counter(row[0] for row in REQUIREMENTS) == Counter(IDS)


@pytest.mark.parametrize("row", REQUIREMENTS, ids=lambda row: row[0])
def test_a_requirement_says_where_it_is_met_and_by_which_test_or_why_not(row):
    if len(row) == 3:
        assert all(row)
        return
    _, asked, how, where, test = row
    assert asked
    assert how
    assert (ROOT / "cds_service" / where.strip("`")).is_file(), where
    assert_is_a_test(test)


@pytest.mark.parametrize("row", ATTACKS, ids=lambda row: row[0][:40])
def test_each_attack_is_repeated_by_a_test(row):
    assert len(row) == 3
    assert all(row)
    assert_is_a_test(row[2])


def test_there_are_attacks():
    assert len(ATTACKS) > 30


@pytest.mark.parametrize("row", HAZARDS, ids=lambda row: row[0][:60])
def test_each_hazard_has_its_cause_its_control_and_a_test(row):
    assert len(row) == 4
    assert all(row)
    assert re.match(r"(missed|useless|missed, useless): ", row[0])
    assert_is_a_test(row[3])


def test_there_are_hazards():
    assert len(HAZARDS) > 30


def assert_is_a_test(cell: str) -> None:
    """The cell names a file below tests/ and a function in it."""
    path, _, name = cell.strip("`").partition("::")
    source = (ROOT / "tests" / path).read_text(encoding="utf-8")
    assert re.search(rf"^def {name}\(", source, re.MULTILINE), cell


def test_the_profiles_of_the_page_are_those_of_the_code():
    header = next(
        line
        for line in (DOCS / "profiles.md").read_text("utf-8").splitlines()
        if line.startswith("| |")
    )
    names = re.findall(r"`([^`]+)`", header)
    assert names == list(PROFILES)
    columns: dict[str, tuple[str, ...]] = dict.fromkeys(names, ())
    for row in rows("profiles.md"):
        for name, cell in zip(names, row[1:], strict=True):
            columns[name] = (*columns[name], cell)
    for name, cells in columns.items():
        assert cells == in_words(PROFILES[name]), name


def in_words(profile: ClientProfile) -> tuple[str, ...]:
    switches = (
        profile.one_action_a_suggestion,
        profile.is_before_2_0,
        profile.has_system_actions_always,
        profile.names_order_on_card,
        profile.has_coded_override_reasons,
        profile.offers_client_options,
    )
    return (profile.selection_behavior, *("yes" if switch else "no" for switch in switches))


def test_the_table_of_profiles_has_a_row_for_everything_that_differs():
    assert len(ClientProfile.__slots__) - 1 == len(rows("profiles.md"))


def test_the_prefetch_table_of_the_integration_page_is_that_of_discovery():
    shown = {
        row[0].strip("`"): row[1].strip("`")
        for row in rows("integration.md")
        if "{{context" in row[1]
    }
    assert shown == prefetch_templates("order-dispatch")


def test_the_integration_page_explains_every_status_that_is_answered():
    shown = {int(row[0]) for row in rows("integration.md") if row[0].isdigit()}
    of_http = set(_HTTP) - {406, 408, 414, 431}  # such a request doesn't come from a CDS client
    assert of_http | {401, 403, 412, 500, 503} == shown


@pytest.mark.parametrize(
    "page", ["conformance.md", "operations.md", "safety_case.md", "security.md"]
)
def test_every_test_that_a_page_names_exists(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    for cell in re.findall(r"`[\w/]+\.py::test_\w+`", text):
        assert_is_a_test(cell)
