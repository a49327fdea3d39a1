"""Weakness of both legs: of these days unless its words say otherwise."""

from __future__ import annotations

import pytest

from tests.evidence.text.reading import read, states

_NEW = "bilateral-leg-weakness-new"
_OLD = "bilateral-leg-weakness"


@pytest.mark.parametrize(
    "text",
    [
        "bilateral leg weakness",
        "both legs weak for 2 days",
        "weakness of both legs for two weeks",
        "chronic LBP with bilateral leg weakness",
        "LBP 6 months with both legs weak",
        "both arms and both legs weak",
        "weak in all four limbs",
        "Schwäche beider Beine",
        "faiblesse des deux jambes",
        "her iki bacakta güçsüzlük",
        "debilidad en ambas piernas",
    ],
)
def test_weak_legs_of_no_age_may_be_recent(text: str) -> None:
    assert states(text, _NEW) == {"stated"}
    assert not states(text, _OLD)


@pytest.mark.parametrize(
    "text",
    [
        "bilateral leg weakness for 3 years",
        "both legs weak, 3 months",
        "longstanding weakness of both legs",
        "weakness of both legs since infancy, chronic",
        "seit 2 Jahren Schwäche beider Beine",
        "both legs feel heavy when walking, relieved by sitting",
        "bilateral leg weakness on prolonged standing",
        "yürürken her iki bacakta güçsüzlük",
    ],
)
def test_weak_legs_of_old_or_of_walking_are_not_recent(text: str) -> None:
    assert not states(text, _NEW)


def test_a_length_of_history_in_twelfths_is_no_past() -> None:
    assert states("3/12 history of bilateral leg weakness", _OLD) == {"stated"}
    assert states("history of bilateral leg weakness", _OLD) <= {"historical"}


def test_one_statement_is_written_for_one_place() -> None:
    found = [
        (statement.concept, statement.start, statement.end)
        for statement in read("new weakness of both legs since Monday").statements
    ]
    assert len(found) == len(set(found))
