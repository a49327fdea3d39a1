"""Values, answers and quantities in whatever shape they come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.evidence.codes.concepts import ConceptReader
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.model import DateSpan
from cds_service.evidence.record.shapes import (
    ObservationShape,
    QuantityShape,
    read_components,
    read_quantity,
)
from cds_service.evidence.record.values import ObservedValue, polarity_of, read_value

SNOMED = "http://snomed.info/sct"


ABSENT = {"system": SNOMED, "code": "2667000", "display": "absent"}


PRESENT = {"system": SNOMED, "code": "52101004", "display": "present"}


def value_of(index: CodeIndex, **elements: Any) -> ObservedValue:
    """The value of an Observation with these elements."""
    shape = msgspec.json.decode(
        msgspec.json.encode({"resourceType": "Observation"} | elements), type=ObservationShape
    )
    return read_value(shape, index, ConceptReader(index))


def raw(value: Any) -> msgspec.Raw:
    """A value as JSON text."""
    return msgspec.Raw(msgspec.json.encode(value))


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("positive", "positive"),
        ("was positive yesterday", "positive"),
        ("negative", "negative"),
        ("Negative for weakness", "negative"),
        ("not present", "negative"),
        ("not  detected", "negative"),
        ("not positive", "negative"),
        ("negative. positive", "unknown"),
        ("negative positive", "unknown"),
        ("positive but negative", "unknown"),
        ("positive negative", "unknown"),
        ("no positive finding", "unknown"),
        ("weak not present", "unknown"),
        ("is not detected here", "unknown"),
        ("saddle anesthesia present, no weakness", "unknown"),
        ("absent present", "unknown"),
        ("no", "negative"),
        ("none seen", "unknown"),
        ("nonspecific", "unknown"),
        ("nonreactive", "negative"),
        ("nopositive", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_text_that_says_both_says_neither(index: CodeIndex, text: str, polarity: str) -> None:
    assert polarity_of(text, index.compiled) == polarity


@pytest.mark.parametrize("text", ["negative", "positive", "see note"])
def test_without_words_for_both_answers_a_text_says_neither(index: CodeIndex, text: str) -> None:
    assert polarity_of(text, replace(index.compiled, negative_words=None)) == "unknown"
    assert polarity_of(text, replace(index.compiled, positive_words=None)) == "unknown"


@pytest.mark.parametrize(
    ("interpretation", "polarity"),
    [
        ("positive", "positive"),
        ("POS", "positive"),
        (["negative"], "negative"),
        ({"coding": "NEG"}, "negative"),
        ({"coding": ["DET"]}, "positive"),
        ({"text": "Positive"}, "positive"),
        ({"coding": [{"display": "Not detected"}]}, "negative"),
        ({"coding": [{"code": "Nd"}]}, "negative"),
        ({"coding": [{"code": "H"}]}, "unknown"),
        ([None, {"coding": [None, {"code": "neg"}]}], "negative"),
        ([7, {"coding": [{"code": "pos"}]}], "positive"),
        ([{"coding": [{"code": "POS"}]}, {"coding": [{"code": "NEG"}]}], "unknown"),
        (["positive", "negative"], "unknown"),
        ({"coding": [{"code": "POS", "display": "Negative"}]}, "unknown"),
        ([], "unknown"),
        (None, "unknown"),
    ],
)
def test_an_interpretation_is_read_in_any_shape(
    index: CodeIndex, interpretation: Any, polarity: str
) -> None:
    assert value_of(index, interpretation=interpretation) == ObservedValue(polarity=polarity)  # type: ignore[arg-type]  # built from a table of the test


@pytest.mark.parametrize(
    ("elements", "polarity"),
    [
        ({"dataAbsentReason": {"text": "unknown"}}, "unknown"),
        ({"dataAbsentReason": {}}, "negative"),
        ({"dataAbsentReason": None}, "negative"),
        ({"valueString": "positive"}, "positive"),
        ({"valueString": "see note"}, "negative"),
        ({"valueBoolean": True}, "positive"),
    ],
)
def test_a_value_counts_before_its_interpretation(
    index: CodeIndex, elements: Any, polarity: str
) -> None:
    found = value_of(index, interpretation={"coding": [{"code": "NEG"}]}, **elements)
    assert found.polarity == polarity


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, ObservedValue(text="true", polarity="positive")),
        (False, ObservedValue(text="false", polarity="negative")),
        ("true", ObservedValue(text="true", polarity="positive")),
        ("TRUE ", ObservedValue(text="true", polarity="positive")),
        ("False", ObservedValue(text="false", polarity="negative")),
        ("yes", ObservedValue(text="yes", polarity="positive")),
        ("untrue", ObservedValue(text="untrue")),
        (1, ObservedValue(text="1", number=1.0)),
        (None, ObservedValue()),
    ],
)
def test_a_boolean_may_be_written_as_text(
    index: CodeIndex, value: Any, expected: ObservedValue
) -> None:
    assert value_of(index, valueBoolean=value) == expected


@pytest.mark.parametrize(
    ("concept", "polarity"),
    [
        ({"coding": [ABSENT]}, "negative"),
        ({"coding": [PRESENT]}, "positive"),
        ({"coding": [ABSENT, PRESENT], "text": "absent"}, "unknown"),
        ({"coding": [PRESENT], "text": "absent"}, "positive"),
        ({"coding": [{"system": "urn:x", "code": "2667000"}], "text": "here"}, "unknown"),
        ({"text": "absent"}, "negative"),
    ],
)
def test_a_coded_answer_counts_before_its_words(
    index: CodeIndex, concept: Any, polarity: str
) -> None:
    assert value_of(index, valueCodeableConcept=concept).polarity == polarity


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"valueInteger": 3}, ObservedValue("3", 3.0)),
        ({"valueInteger": "absent"}, ObservedValue("absent", polarity="negative")),
        ({"valueString": "3/5"}, ObservedValue("3/5", 3.0, unit="/5", is_grade=True)),
        ({"valueString": "6/5"}, ObservedValue("6/5", 6.0, unit="/5")),
        ({"valueString": "> 12 mg/L"}, ObservedValue("> 12 mg/L", 12.0, ">", unit="mg/L")),
        (
            {"valueCodeableConcept": {"text": "> 3/5"}},
            ObservedValue("> 3/5", 3.0, ">", "", "/5", True),
        ),
        (
            {"valueCodeableConcept": {"text": "38.5 Cel"}},
            ObservedValue("38.5 Cel", 38.5, unit="Cel"),
        ),
        ({"valueQuantity": 12}, ObservedValue("12", 12.0)),
        ({"valueQuantity": 12.5}, ObservedValue("12.5", 12.5)),
        ({"valueQuantity": "12"}, ObservedValue("12", 12.0)),
        ({"valueQuantity": "12 mg/L"}, ObservedValue("12 mg/L")),
        ({"valueQuantity": True}, ObservedValue()),
        ({"valueQuantity": None}, ObservedValue()),
        ({"valueQuantity": ["x", {"value": 4, "code": "g"}]}, ObservedValue("4 g", 4.0, "", "g")),
        ({"valueQuantity": {"value": -3, "code": "g"}}, ObservedValue("-3 g", -3.0, "", "g")),
        (
            {"valueQuantity": {"value": "-3.20", "unit": "g"}},
            ObservedValue("-3.20 g", -3.2, unit="g"),
        ),
        ({"valueQuantity": {"value": {"a": 1}, "unit": "g"}}, ObservedValue(unit="g")),
        ({"valueQuantity": {"value": "1e3"}}, ObservedValue("1e3")),
        (
            {"valueQuantity": {"value": 12, "unit": " g ", "comparator": "<"}},
            ObservedValue("< 12 g", 12.0, "<", "", "g"),
        ),
        (
            {"valueQuantity": {"value": 12, "unit": 7, "comparator": "ad"}},
            ObservedValue("ad 12 7", unit="7"),
        ),
        ({"valueQuantity": {"value": 12, "comparator": " "}}, ObservedValue("12", 12.0)),
        ({"valueQuantity": {"value": 12, "comparator": 5}}, ObservedValue("5 12")),
        (
            {"valueQuantity": {"comparator": ">", "unit": "g", "code": "kg"}},
            ObservedValue(comparator=">", unit_code="kg", unit="g"),
        ),
    ],
)
def test_a_number_is_read_in_any_shape(
    index: CodeIndex, elements: Any, expected: ObservedValue
) -> None:
    assert value_of(index, **elements) == expected


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        (
            {"valueRange": {"low": {"value": 3, "unit": "g", "code": "x"}, "high": {"value": 5}}},
            ObservedValue("3 to 5 g"),
        ),
        (
            {"valueRange": {"low": {"value": 3}, "high": {"value": 5, "code": "g"}}},
            ObservedValue("3 to 5 g"),
        ),
        ({"valueRange": {"low": {"value": 3}, "high": {"value": 5}}}, ObservedValue("3 to 5")),
        (
            {"valueRange": {"low": {"value": 3, "unit": "g", "code": "k"}}},
            ObservedValue(">= 3 g", 3.0, ">=", "k", "g"),
        ),
        (
            {"valueRange": {"high": {"value": 3, "code": "k"}}},
            ObservedValue("<= 3 k", 3.0, "<=", "k"),
        ),
        (
            {"valueRange": {"low": {"unit": "g"}, "high": {"value": 7}}},
            ObservedValue("<= 7 g", 7.0, "<="),
        ),
        ({"valueRange": {"high": {"value": 7}}}, ObservedValue("<= 7", 7.0, "<=")),
        ({"valueRange": [{"low": {"value": "4"}}]}, ObservedValue(">= 4", 4.0, ">=")),
        ({"valueRange": {}}, ObservedValue()),
        ({"valueRange": "3 to 5"}, ObservedValue()),
        (
            {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 8, "unit": "x"}}},
            ObservedValue("1 : 8 x"),
        ),
        ({"valueRatio": {"numerator": {"unit": "x"}}}, ObservedValue("x")),
        ({"valueRatio": "1:3"}, ObservedValue()),
        (
            {"valuePeriod": {"start": "2026-01-01", "end": "2026-02-01"}},
            ObservedValue("2026-01-01 to 2026-02-01"),
        ),
        ({"valuePeriod": {"end": "2026-02-01"}}, ObservedValue("2026-02-01")),
        ({"valueTime": "10:00"}, ObservedValue("10:00")),
        (
            {"valueDateTime": "2026-03-01"},
            ObservedValue("2026-03-01", date=DateSpan(date(2026, 3, 1), date(2026, 3, 1))),
        ),
        ({"valueDateTime": "soon"}, ObservedValue("soon")),
    ],
)
def test_a_value_that_is_no_plain_number_is_shown_as_it_stands(
    index: CodeIndex, elements: Any, expected: ObservedValue
) -> None:
    assert value_of(index, **elements) == expected


@pytest.mark.parametrize("value", [5, 5.5, -2, "5", "5 mg"])
def test_a_bare_number_or_text_is_the_value_of_its_quantity(value: Any) -> None:
    assert read_quantity(raw(value)) == QuantityShape(value=raw(value))


@pytest.mark.parametrize("value", [True, None, [], [5], ["x"]])
def test_what_is_no_quantity_has_no_value(value: Any) -> None:
    assert read_quantity(raw(value)) == QuantityShape()


def test_components_may_be_one_object_and_hold_strays() -> None:
    one = {"valueString": "yes"}
    assert len(read_components(raw(one))) == 1
    assert [bytes(c.value_string) for c in read_components(raw(["x", one, None, 7, one]))] == [
        b'"yes"',
        b'"yes"',
    ]
    assert read_components(raw("x")) == []
    assert read_components(msgspec.Raw()) == []
