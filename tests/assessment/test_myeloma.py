"""Blood values of myeloma: which count, from what age, and how many."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cds_service.advice import CompiledGuideline
from cds_service.evidence.model import DateSpan, ObservationHit, Person
from tests.assessment.charts import DAY, P, S, ago, chart, condition, found, observation

_SIXTY = DateSpan(DAY.replace(year=DAY.year - 60), DAY.replace(year=DAY.year - 60))


def patient(birth: DateSpan | None) -> Person:
    return Person("Patient/p1", birth, "male", False, "")


def values(**numbers: Any) -> dict[str, list[ObservationHit]]:
    """Observations of today by the names of their sets, or as they are given."""
    return {
        f"obs-{name}": [observation(name, ago(0), number)] if isinstance(number, float) else number
        for name, number in numbers.items()
    }


def names(compiled: CompiledGuideline, of: dict[str, Any], **parts: Any) -> list[str]:
    record = chart(compiled.rules, observations=of, **({"person": patient(_SIXTY)} | parts))
    return sorted(name for name, *_ in found(record, "myeloma-values"))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"calcium": 2.76}, ["calcium"]),
        ({"calcium": 2.75}, []),
        ({"esr": 50.0}, []),
        ({"esr": 50.0, "creatinine": 178.0}, ["creatinine", "esr"]),
        ({"esr": 49.9, "creatinine": 178.0}, []),
        ({"esr": 50.0, "creatinine": 177.0}, []),
        ({"esr": 50.0, "hemoglobin": 99.9}, ["esr", "hemoglobin"]),
        ({"esr": 50.0, "hemoglobin": 100.0}, []),
        ({"creatinine": 178.0, "hemoglobin": 99.0}, ["creatinine", "hemoglobin"]),
        ({"calcium": 2.8, "esr": 60.0}, ["calcium", "esr"]),
        ({"calcium": [observation("calcium", ago(90), 2.8)]}, ["calcium"]),
        ({"calcium": [observation("calcium", ago(91), 2.8)]}, []),
        ({"calcium": [observation("a", ago(9), 2.8), observation("b", ago(8), 2.4)]}, []),
        ({"calcium": [observation("a", ago(9), 2.4), observation("b", ago(8), 2.8)]}, ["b"]),
        ({"calcium": [observation("calcium", ago(1))]}, []),
    ],
)
def test_a_raised_calcium_or_two_of_the_others_count(
    compiled: CompiledGuideline, numbers: dict[str, Any], expected: list[str]
) -> None:
    assert names(compiled, values(**numbers)) == expected


@pytest.mark.parametrize("value_set", ["ckd-stage-4-5", "acute-kidney-injury", "dialysis"])
def test_known_kidney_disease_explains_creatinine_and_hemoglobin(
    compiled: CompiledGuideline, value_set: str
) -> None:
    of = values(creatinine=300.0, hemoglobin=80.0, esr=60.0)
    conditions = {value_set: [condition("kidney", ago(90))]}
    assert names(compiled, of) == ["creatinine", "esr", "hemoglobin"]
    assert names(compiled, of, conditions=conditions) == []


def test_beside_a_gammopathy_one_value_is_enough_and_none_is_not(
    compiled: CompiledGuideline,
) -> None:
    gammopathy = {"mgus": [condition("mgus", ago(900))]}
    assert names(compiled, values(esr=60.0), conditions=gammopathy) == ["esr", "mgus"]
    assert names(compiled, values(esr=40.0), conditions=gammopathy) == []


def test_from_sixty_years_on_and_only_where_the_age_is_known(compiled: CompiledGuideline) -> None:
    of = values(calcium=2.9)
    younger = msgspec.structs.replace(_SIXTY, first=DAY.replace(year=DAY.year - 59))
    younger = msgspec.structs.replace(younger, last=younger.first)
    assert names(compiled, of) == ["calcium"]
    assert names(compiled, of, person=patient(younger)) == []
    assert names(compiled, of, person=patient(None)) == []
    assert names(compiled, of, person=None) == []


def test_a_value_that_only_its_name_tells_is_suspected(compiled: CompiledGuideline) -> None:
    by_code, by_name = (
        chart(
            compiled.rules,
            observations={"obs-calcium": [observation("calcium", ago(3), 2.9, via=via)]},
            person=patient(_SIXTY),
        )
        for via in ("code", "text")
    )
    ((_, when, state, _, _),) = found(by_code, "myeloma-values")
    assert (when, state) == (ago(3), P)
    ((_, when, state, _, _),) = found(by_name, "myeloma-values")
    assert (when, state) == (ago(3), S)
