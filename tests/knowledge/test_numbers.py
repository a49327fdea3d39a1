"""A number is written once: shared by its name, and spelled in names and sentences from where it counts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.model import Criterion, Guideline
from cds_service.knowledge.numbers import with_numbers
from tests.knowledge.parsed import parsed

Edit = Callable[[str, str, str], None]
Mistakes = Callable[[], tuple[str, ...]]


def criterion(guideline: Guideline, name: str) -> Criterion:
    return next(
        found for group in guideline.groups for found in group.criterion if found.id == name
    )


def title(guideline: Guideline, scenario: str) -> str:
    return next(found.title for found in guideline.combination.scenario if found.id == scenario)


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("fever", "Fever (38 C / 100.4 F or more, or coded)"),
        ("ces-urinary-retention", "New urinary retention or post-void residual over 200 mL"),
        ("age-65", "Age 65 to 69"),
        ("osteoporosis", "Osteoporosis (coded, T-score -2.5 or less, or on a bone agent)"),
        (
            "steroid-prolonged",
            "Systemic corticosteroid for 90 or more days in the last 12 months",
        ),
        (
            "cancer-history-remote",
            "History of cancer more than 10 years ago, resolved, not bone-avid",
        ),
        (
            "weight-loss-unexplained",
            "Unexplained weight loss (coded, or 5% or more within 180 days)",
        ),
    ],
)
def test_a_name_spells_the_numbers_that_count(
    guideline: Guideline, name: str, spelled: str
) -> None:
    assert criterion(guideline, name).name == spelled


def test_a_threshold_that_is_changed_in_its_evidence_is_changed_in_the_name(
    root: Path, edit: Edit
) -> None:
    edit("groups/infection.toml", 'op = "ge", value = 38.0', 'op = "ge", value = 38.5')
    edit(
        "groups/fracture.toml",
        'op = "ge", value = 65, below = 70',
        'op = "ge", value = 60, below = 70',
    )
    guideline = load_guideline(root, parse=parsed)
    assert criterion(guideline, "fever").name == "Fever (38.5 C / 101.3 F or more, or coded)"
    assert criterion(guideline, "age-65").name == "Age 60 to 69"


def test_the_recovery_window_is_changed_in_one_file(root: Path, edit: Edit) -> None:
    edit("parameters.toml", "[recovery-window]\nvalue = 42", "[recovery-window]\nvalue = 56")
    guideline = load_guideline(root, parse=parsed)
    assert title(guideline, "S-ACUTE").startswith("Under eight weeks, ")
    assert title(guideline, "S-CHRONIC").startswith("Eight weeks or more, ")
    cut = [rule.when for rule in guideline.combination.scenario_rule if "S-A" in rule.scenario]
    assert any(when.duration_days_below == 56 for when in cut)
    card = next(card for card in guideline.wording.card if card.id == "not-yet-indicated")
    assert "in the first 8 weeks of" in card.summary


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            ("groups/infection.toml", "CRP {obs-crp} mg/L or more, or", "CRP 10 mg/L or more, or"),
            (
                "groups/infection.toml: criterion 'inflammatory-markers-raised', name: '10' stands in its "
                "evidence too. Changed in one place it would be wrong in the other. Write {obs-crp} for it."
            ),
        ),
        (
            ("groups/infection.toml", "within {days months} months", "within 12 months"),
            (
                "name: '12 months' stands in its evidence too. Changed in one place it would be wrong in the "
                "other. Write {days months} for it."
            ),
        ),
        (
            ("groups/persistent.toml", "{care-min-days weeks in words} weeks or", "Six weeks or"),
            (
                "name: 'Six weeks' stands in its evidence too. Changed in one place it would be wrong in the "
                "other. Write {care-min-days weeks} for it."
            ),
        ),
        (
            ("parameters.toml", "[recovery-window]\nvalue = 42", "[recovery-window]\nvalue = 45"),
            "45 cannot be spelled as '{recovery-window weeks}'.",
        ),
        (
            ("combination.toml", '{ parameter = "adult-age" }', '{ parameter = "adult-ages" }'),
            "combination.toml: age_below: there is no parameter 'adult-ages'.",
        ),
        (
            ("groups/infection.toml", "within {medication-days} days", "within {days} days"),
            (
                "groups/infection.toml: criterion 'immunosuppression-drug', name: nothing fills the "
                "placeholder 'days' here."
            ),
        ),
        (
            (
                "wording.toml",
                "first {recovery-window weeks} weeks",
                "first {recover-window weeks} weeks",
            ),
            "there is no placeholder 'recover-window weeks'.",
        ),
    ],
)
def test_a_number_that_stands_twice_or_cannot_be_spelled_is_a_mistake(
    edit: Edit, mistakes: Mistakes, change: tuple[str, str, str], line: str
) -> None:
    edit(*change)
    found = mistakes()
    assert any(line in mistake for mistake in found), "\n".join(found)


def test_a_digit_that_is_part_of_a_word_is_no_threshold(guideline: Guideline) -> None:
    assert criterion(guideline, "hla-b27-positive").name == "HLA-B27 positive"


def test_a_parameter_that_only_a_file_names_is_used(edit: Edit, mistakes: Mistakes) -> None:
    edit("combination.toml", '{ parameter = "adult-age" }', "18")
    edit("combination.toml", "Age under {adult-age}", "Age under 18")
    edit("order_checks.toml", "age under {adult-age}", "a child")
    assert any("nothing reads 'adult-age'" in line for line in mistakes())


def test_odd_tables_are_left_to_the_check_of_their_shape() -> None:
    odd: dict[str, dict[str, Any]] = {
        "parameters.toml": {"a": 1, "b": {"value": "x"}},
        "order_checks.toml": {"safety_limits": 3},
        "groups/x.toml": {"criterion": [1, {"name": 2, "evidence": 3}, {"evidence": [4]}]},
    }
    assert with_numbers(odd, {}).files == odd
    assert with_numbers(odd, {}).mistakes == []
