"""Numbers come in one unit, by a closed table, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.codes.units import (
    Converted,
    in_canonical_unit,
    read_comparator,
    read_number,
    read_written_number,
)


@pytest.mark.parametrize(
    ("value_set", "number", "code", "unit", "expected"),
    [
        ("obs-temperature", 38.5, "Cel", "", 38.5),
        ("obs-temperature", 38.5, "", "degC", 38.5),
        ("obs-temperature", 101.3, "[degF]", "", 38.5),
        ("obs-temperature", 100.4, "", "°F", 38.0),
        ("obs-crp", 1.2, "mg/dL", "", 12.0),
        ("obs-wbc", 14500.0, "", "/uL", 14.5),
        ("obs-weight", 180.0, "[lb_av]", "lbs", 81.646627),
        ("obs-pvr", 0.25, "L", "L", 250.0),
        ("obs-tscore", -2.6, "", "", -2.6),
        ("obs-tscore", -2.6, "{T-score}", "", -2.6),
    ],
)
def test_a_listed_spelling_is_converted(
    index: CodeIndex, value_set: str, number: float, code: str, unit: str, expected: float
) -> None:
    found = in_canonical_unit(index.units[value_set], number, code, unit)
    assert found.number == pytest.approx(expected)
    assert found.problem == ""


@pytest.mark.parametrize(
    ("value_set", "code", "unit"),
    [
        ("obs-temperature", "coulomb", ""),
        ("obs-temperature", "", "degrees"),
        ("obs-crp", "nmol/L", "nmol/L"),
        ("obs-egfr", "mL/min", ""),
        ("obs-pvr", "mm", ""),
        ("obs-tscore", "%", ""),
    ],
)
def test_an_unlisted_spelling_is_never_guessed(
    index: CodeIndex, value_set: str, code: str, unit: str
) -> None:
    found = in_canonical_unit(index.units[value_set], 38.0, code, unit)
    assert found == Converted(None, "unit-unknown")


def test_the_ucum_code_is_looked_up_before_the_unit_that_is_displayed(index: CodeIndex) -> None:
    """And the displayed one when the code is not in the table."""
    table = index.units["obs-temperature"]
    assert in_canonical_unit(table, 38.0, "Cel", "degF").number == 38.0
    assert in_canonical_unit(table, 38.0, "258710007", "degC").number == 38.0


@pytest.mark.parametrize(("number", "celsius"), [(38.5, 38.5), (30.0, 30.0), (101.3, 38.5)])
def test_a_temperature_without_unit_is_read_by_its_size(
    index: CodeIndex, number: float, celsius: float
) -> None:
    """With a mark that the unit was inferred."""
    found = in_canonical_unit(index.units["obs-temperature"], number, "", "")
    assert found.number == pytest.approx(celsius)
    assert found.inferred_unit


@pytest.mark.parametrize("number", [45.1, 85.9, 113.1, 29.9, 0.0, -38.0])
def test_a_temperature_without_unit_that_is_none_in_any_unit_is_not_read(
    index: CodeIndex, number: float
) -> None:
    """Between the ranges nothing is inferred."""
    found = in_canonical_unit(index.units["obs-temperature"], number, "", "")
    assert found == Converted(None, "unit-missing")


def test_no_other_quantity_infers_a_unit(index: CodeIndex) -> None:
    """A CRP of 40 without unit may be mg/dL or mg/L."""
    for value_set in ("obs-crp", "obs-esr", "obs-wbc", "obs-weight", "obs-pvr", "obs-egfr"):
        found = in_canonical_unit(index.units[value_set], 40.0, "", "")
        assert found == Converted(None, "unit-missing")


def test_no_number_is_no_value(index: CodeIndex) -> None:
    """Nor is infinity one."""
    for number in (None, float("inf"), float("nan")):
        assert in_canonical_unit(index.units["obs-crp"], number, "mg/L", "").problem == "no-value"


@pytest.mark.parametrize(
    ("text", "number"), [("38.6", 38.6), (" 7 ", 7), ("-2.5", -2.5), ("38,5", 38.5), ("+3", 3)]
)
def test_a_plain_number_in_a_text_is_a_number(text: str, number: float) -> None:
    """A decimal comma is a point."""
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "1,250", "1e3", "nan", "inf", "7-8", "3.1.2", "3 4", "> 7", "7 mL", "seven", "٣"]
)
def test_what_is_not_plainly_one_number_is_none(text: str) -> None:
    """A thousands mark above all."""
    assert read_number(text) is None


def test_a_number_keeps_comparator_unit_and_grade_apart() -> None:
    """As they stand in one text."""
    found = read_written_number(">= 250 mL")
    assert found is not None
    assert (found.number, found.comparator, found.unit, found.is_grade) == (250, ">=", "mL", False)
    for text in ("3/5", "4+/5", "4- / 5"):
        grade = read_written_number(text)
        assert grade is not None
        assert grade.is_grade


def test_a_blood_pressure_is_no_grade() -> None:
    """A grade is at most its maximum."""
    found = read_written_number("120/80")
    assert found is not None
    assert not found.is_grade


def test_an_unknown_comparator_is_not_taken_for_none() -> None:
    """`ad` of R5 turns the meaning of the number around."""
    assert read_comparator(None) == ""
    assert read_comparator("<") == "<"
    assert read_comparator("ad") is None
    assert read_comparator(5) is None


@given(st.text(max_size=200))
def test_any_text_is_a_number_or_none(text: str) -> None:
    """Reading a number never raises."""
    read_written_number(text)
