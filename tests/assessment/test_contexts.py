"""A context lowers a finding that stands alone and is newer than it, by one strength; nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from cds_service.advice import CompiledGuideline
from cds_service.assessment.criteria import evaluate_criteria
from cds_service.assessment.rules import Rules
from cds_service.evidence.model import ConditionHit, DateSpan, Person, Reason
from cds_service.knowledge.model import Strength
from tests.assessment.charts import (
    ADULT,
    ago,
    chart,
    condition,
    exposure,
    found,
    observation,
    order,
    procedure,
)

WEIGHTS = [observation("first", ago(150), 100), observation("last", ago(5), 90)]
DRUG = {"weight-loss-intended": [exposure("d", ago(160), ongoing=True)]}
OLD = replace(ADULT, birth=ago(365 * 60))


def strength_of(rules: Rules, criterion: str, **record: Any) -> Strength | None:
    asked = record.pop("asked", order())
    results = evaluate_criteria(chart(rules, **record), asked).found
    (result,) = [item for item in results if item.criterion.id == criterion]
    assert {item.strength for item in result.findings} == {result.strength}
    is_lowered = all("explained" in item.notes for item in result.findings)
    assert is_lowered is (result.strength is not result.criterion.strength)
    return result.strength


@pytest.mark.parametrize(
    ("beside", "is_lowered"),
    [
        ({}, True),
        ({"low-back-pain": [condition("x", ago(9))]}, True),
        ({"diabetes": [condition("x", ago(900))]}, True),
        ({"night-pain": [condition("x", ago(9))]}, False),
        ({"foot-drop": [condition("x", ago(9))]}, False),
        ({"foot-drop": [condition("x", ago(900))]}, True),
        ({"umn-signs": [condition("x", ago(9))]}, False),
        ({"saddle-anesthesia": [condition("x", ago(9))]}, False),
        ({"walking-difficulty": [condition("x", ago(9))]}, False),
        ({"malignancy": [condition("x", ago(900))]}, False),
        ({"malignancy-history": [condition("x", ago(9000))]}, False),
        ({"malignancy": [condition("x", ago(900), verification="refuted")]}, True),
    ],
)
@pytest.mark.parametrize("person", [ADULT, OLD], ids=["adult", "old"])
def test_a_wanted_loss_of_weight_counts_less_only_where_it_stands_alone(
    compiled: CompiledGuideline,
    beside: dict[str, list[ConditionHit]],
    is_lowered: bool,
    person: Person,
) -> None:
    strength = strength_of(
        compiled.rules,
        "weight-loss-unexplained",
        observations={"obs-weight": WEIGHTS},
        exposures=DRUG,
        conditions=beside,
        person=person,
    )
    assert strength is (Strength.WEAK if is_lowered else Strength.MODERATE)


@pytest.mark.parametrize(
    ("start", "strength"),
    [
        (ago(160), Strength.WEAK),
        (ago(6), Strength.WEAK),
        (ago(5), Strength.MODERATE),
        (ago(2), Strength.MODERATE),
        (None, Strength.MODERATE),
    ],
)
def test_what_was_begun_after_the_last_weight_explains_no_loss(
    compiled: CompiledGuideline, start: DateSpan | None, strength: Strength
) -> None:
    of = {"weight-loss-intended": [exposure("d", start, ongoing=True)]}
    assert strength is strength_of(
        compiled.rules,
        "weight-loss-unexplained",
        observations={"obs-weight": WEIGHTS},
        exposures=of,
    )


def test_what_the_order_says_today_is_explained_by_nothing(compiled: CompiledGuideline) -> None:
    asked = order(Reason("code", "Weight loss", {"weight-loss": "code"}))
    assert Strength.MODERATE is strength_of(
        compiled.rules, "weight-loss-unexplained", exposures=DRUG, asked=asked
    )


def test_two_contexts_lower_by_one_strength(compiled: CompiledGuideline) -> None:
    assert Strength.WEAK is strength_of(
        compiled.rules,
        "weight-loss-unexplained",
        observations={"obs-weight": WEIGHTS},
        exposures={**DRUG, "fluid-loss": [exposure("e", ago(100), ongoing=True)]},
        procedures={"weight-loss-intended": [procedure("p", ago(100))]},
    )


@pytest.mark.parametrize(
    ("record", "strength"),
    [
        ({"conditions": {"pregnancy-ended": [condition("x", ago(180), clinical="past")]}}, "weak"),
        (
            {"conditions": {"pregnancy-ended": [condition("x", ago(181), clinical="past")]}},
            "moderate",
        ),
        ({"exposures": {"fluid-loss": [exposure("x", ago(30), ongoing=True)]}}, "weak"),
        ({"exposures": {"fluid-loss": [exposure("x", ago(200), ago(190).last)]}}, "moderate"),
    ],
)
def test_a_birth_or_a_loop_diuretic_of_the_last_half_year_explains_loss_of_weight(
    compiled: CompiledGuideline, record: dict[str, Any], strength: str
) -> None:
    assert strength == strength_of(
        compiled.rules, "weight-loss-unexplained", observations={"obs-weight": WEIGHTS}, **record
    )


def test_a_weight_loss_that_was_coded_before_the_drug_is_not_the_drugs(
    compiled: CompiledGuideline,
) -> None:
    assert Strength.MODERATE is strength_of(
        compiled.rules,
        "weight-loss-unexplained",
        observations={"obs-weight": WEIGHTS},
        conditions={"weight-loss": [condition("w", ago(170))]},
        exposures=DRUG,
    )


def test_a_context_that_is_not_listed_lowers_nothing(compiled: CompiledGuideline) -> None:
    rules = replace(compiled.rules, contexts={})
    of = chart(rules, observations={"obs-weight": WEIGHTS}, exposures=DRUG)
    assert {item[3] for item in found(of, "weight-loss-unexplained")} == {Strength.MODERATE}
