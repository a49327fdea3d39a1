"""Observations: numbers in one unit, words that say yes or no, components, dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cds_service.evidence.model import DateSpan, ObservationHit, PatientRecord

ReadRecord = Callable[..., PatientRecord]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
TEMPERATURE = {"coding": [{"system": LOINC, "code": "8310-5", "display": "Body temperature"}]}
SADDLE = {"text": "Saddle anesthesia"}


def observation(code: Any, **elements: Any) -> Any:
    """A final Observation."""
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": code,
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-06-14T10:00:00Z",
    } | elements


def quantity(value: Any, unit: str = "Cel", **elements: Any) -> Any:
    """A Quantity whose code is its unit."""
    return {"value": value, "unit": unit, "code": unit} | elements


def hit(record: PatientRecord, value_set: str) -> ObservationHit:
    """The only hit of a value set."""
    (found,) = record.observations[value_set]
    return found


def test_a_temperature_in_fahrenheit_is_read_in_celsius(read: ReadRecord) -> None:
    """And shown as recorded."""
    found = hit(
        read(observation(TEMPERATURE, valueQuantity=quantity(101.3, "[degF]"))), "obs-temperature"
    )
    assert found.number == pytest.approx(38.5)
    assert found.entry.value_text == "101.3 [degF]"
    assert (found.via, found.code, found.problem) == ("code", "8310-5", "")
    assert found.entry.when == DateSpan(date(2026, 6, 14), date(2026, 6, 14))
    assert found.entry.polarity == "unknown"


def test_digits_are_shown_as_they_were_written(read: ReadRecord) -> None:
    """37.50 keeps its zero."""
    raw = (
        b'{"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"system":'
        b'"http://loinc.org","code":"8310-5"}]},"valueQuantity":{"value":37.50,"unit":"Cel"}}'
    )
    found = hit(read(raw), "obs-temperature")
    assert found.entry.value_text == "37.50 Cel"
    assert found.number == 37.5


@pytest.mark.parametrize(
    ("value", "number", "text", "inferred"),
    [
        ({"valueQuantity": quantity("38.6")}, 38.6, "38.6 Cel", False),
        ({"valueQuantity": [quantity(38.6)]}, 38.6, "38.6 Cel", False),
        (
            {"valueQuantity": {"value": 38.6, "unit": "degC", "code": "Cel"}},
            38.6,
            "38.6 degC",
            False,
        ),
        ({"valueQuantity": {"value": 38.6, "unit": " Cel "}}, 38.6, "38.6 Cel", False),
        ({"valueQuantity": {"value": 38.6}}, 38.6, "38.6", True),
        ({"valueQuantity": 38.6}, 38.6, "38.6", True),
        ({"valueString": "38.6"}, 38.6, "38.6", True),
        ({"valueString": "38.6 degC"}, 38.6, "38.6 degC", False),
        ({"valueInteger": 39}, 39, "39", True),
    ],
)
def test_a_number_is_read_in_every_type_and_odd_shape(
    read: ReadRecord, value: Any, number: float, text: str, inferred: bool
) -> None:
    """A text, a list, an integer; and the unit of a bare temperature by its size."""
    found = hit(read(observation(TEMPERATURE, **value)), "obs-temperature")
    assert found.number == pytest.approx(number)
    assert found.entry.value_text == text
    assert found.inferred_unit is inferred


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"valueQuantity": quantity(38.6, "K")}, "implausible"),
        ({"valueQuantity": quantity(98.6, "Cel")}, "implausible"),
        ({"valueQuantity": quantity(38.6, "coulomb")}, "unit-unknown"),
        ({"valueQuantity": {"value": 60}}, "unit-missing"),
        ({"valueQuantity": {"unit": "Cel"}}, "no-value"),
        ({"valueQuantity": quantity(True)}, "no-value"),
        ({"valueQuantity": quantity("high")}, "no-value"),
        ({"valueQuantity": None}, "no-value"),
        ({"valueString": "feels hot"}, "no-value"),
        ({"valueString": "98/6"}, "unit-unknown"),
        ({"valueBoolean": True}, "no-value"),
        ({"dataAbsentReason": {"text": "unknown"}}, "no-value"),
        ({"valueRange": {"low": {"value": 37}, "high": {"value": 39}}}, "no-value"),
        ({"valueQuantity": quantity(38.6, comparator="ad")}, "no-value"),
        ({}, "no-value"),
    ],
)
def test_what_is_no_usable_number_says_why(read: ReadRecord, value: Any, problem: str) -> None:
    """Nothing is guessed, and nothing is negative."""
    found = hit(read(observation(TEMPERATURE, **value)), "obs-temperature")
    assert (found.number, found.problem) == (None, problem)
    assert found.entry.polarity in {"unknown", "positive"}


def test_a_comparator_is_kept(read: ReadRecord) -> None:
    """A CRP below 3.1 is not 3.1."""
    crp = {"coding": [{"system": LOINC, "code": "1988-5"}]}
    record = read(observation(crp, valueQuantity=quantity(3.1, "mg/L", comparator="<")))
    found = hit(record, "obs-crp")
    assert (found.number, found.comparator) == (3.1, "<")
    assert found.entry.value_text == "< 3.1 mg/L"


def test_a_range_with_one_end_is_a_comparator(read: ReadRecord) -> None:
    """At least 38."""
    record = read(observation(TEMPERATURE, valueRange={"low": quantity(38)}))
    found = hit(record, "obs-temperature")
    assert (found.number, found.comparator) == (38, ">=")


def test_a_grade_is_a_number_for_a_score(read: ReadRecord) -> None:
    """Power of 3/5, typed."""
    for text, number in (("3/5", 3), ("4+/5", 4), ("2", 2)):
        found = hit(read(observation({"text": "MRC grade"}, valueString=text)), "obs-mrc")
        assert found.number == number


def test_a_residual_is_read_from_its_text(read: ReadRecord) -> None:
    """No code for it is verified."""
    record = read(observation({"text": "Post-void residual"}, valueString="> 400 mL"))
    found = hit(record, "obs-pvr")
    assert (found.via, found.number, found.comparator) == ("text", 400, ">")


def test_a_set_without_quantity_has_no_number(read: ReadRecord) -> None:
    """And no problem."""
    hcg = {"coding": [{"system": LOINC, "code": "2106-3"}]}
    found = hit(read(observation(hcg, valueString="Positive")), "obs-hcg")
    assert (found.number, found.problem, found.entry.polarity) == (None, "", "positive")


@pytest.mark.parametrize(
    "value",
    [
        {"valueBoolean": True},
        {"valueString": "Yes"},
        {"valueString": "positive"},
        {"valueString": "Present on the left"},
        {"valueString": "numbness present"},
        {"valueCodeableConcept": {"coding": [{"system": SNOMED, "code": "10828004"}]}},
        {"valueCodeableConcept": {"text": "Detected"}},
        {"interpretation": [{"coding": [{"code": "POS"}]}]},
        {"interpretation": {"text": "Positive"}},
        {"valueString": "S3 to S5", "interpretation": [{"coding": [{"code": "POS"}]}]},
    ],
)
def test_a_positive_answer_is_positive(read: ReadRecord, value: Any) -> None:
    """By code, text, boolean, interpretation."""
    found = hit(read(observation(SADDLE, **value)), "saddle-anesthesia")
    assert found.entry.polarity == "positive"


@pytest.mark.parametrize(
    "value",
    [
        {"valueBoolean": False},
        {"valueString": "No"},
        {"valueString": "Negative."},
        {"valueString": "not detected"},
        {"valueString": "Not present"},
        {"valueString": "denies"},
        {"valueString": "absent"},
        {"valueCodeableConcept": {"coding": [{"system": SNOMED, "code": "260385009"}]}},
        {"valueCodeableConcept": {"coding": [{"system": LOINC, "code": "LA32-8"}]}},
        {"interpretation": [{"coding": [{"code": "NEG"}]}]},
    ],
)
def test_a_negative_answer_is_negative(read: ReadRecord, value: Any) -> None:
    """By the same ways."""
    found = hit(read(observation(SADDLE, **value)), "saddle-anesthesia")
    assert found.entry.polarity == "negative"


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"dataAbsentReason": {"coding": [{"code": "not-performed"}]}},
        {
            "dataAbsentReason": {"text": "not asked"},
            "interpretation": [{"coding": [{"code": "NEG"}]}],
        },
        {"valueString": "S3 to S5"},
        {"valueString": "detected: no"},
        {"valueString": "yes and no"},
        {"valueString": "numb on the left, no weakness"},
        {"valueString": "noted"},
        {"valueCodeableConcept": {"text": "see note"}},
        {
            "valueCodeableConcept": {
                "coding": [
                    {"system": SNOMED, "code": "260385009"},
                    {"system": SNOMED, "code": "10828004"},
                ]
            }
        },
        {"valueQuantity": quantity(1, "1")},
        {"interpretation": [{"coding": [{"code": "POS"}]}, {"coding": [{"code": "NEG"}]}]},
        {"interpretation": [{"coding": [{"code": "H"}]}]},
    ],
)
def test_what_says_neither_or_both_is_unknown(read: ReadRecord, value: Any) -> None:
    """An answer that is not there is never a negative one."""
    found = hit(read(observation(SADDLE, **value)), "saddle-anesthesia")
    assert found.entry.polarity == "unknown"


def test_codes_and_dates_of_values_are_kept(read: ReadRecord) -> None:
    """For pregnancy status and due date."""
    status = {"coding": [{"system": LOINC, "code": "82810-3"}]}
    record = read(
        observation(
            status,
            valueCodeableConcept={
                "coding": [{"system": SNOMED, "code": "77386006", "display": "Pregnant"}]
            },
        ),
    )
    entry = hit(record, "obs-pregnancy-status").entry
    assert entry.value_codings == (("snomed", "77386006"),)
    assert entry.value_text == "Pregnant"
    due = hit(read(observation(status, valueDateTime="2026-09-01")), "obs-pregnancy-status").entry
    assert due.value_date == DateSpan(date(2026, 9, 1), date(2026, 9, 1))


@pytest.mark.parametrize("status", ["final", "amended", "corrected", "preliminary", "Final", None])
def test_a_status_that_counts(read: ReadRecord, status: Any) -> None:
    """One that was not recorded counts too."""
    assert read(observation(TEMPERATURE, status=status)).observations


@pytest.mark.parametrize(
    "status", ["entered-in-error", "cancelled", "registered", "unknown", "this_is_invalid"]
)
def test_a_status_that_does_not_count(read: ReadRecord, status: str) -> None:
    """Also of its components."""
    part = {"code": TEMPERATURE, "valueQuantity": quantity(39)}
    assert not read(observation(TEMPERATURE, status=status, component=[part])).observations


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ({"effectivePeriod": {"start": "2026-06-01", "end": "2026-06-03"}}, "2026-06-03"),
        ({"effectivePeriod": {"start": "2026-06-01"}}, "2026-06-01"),
        ({"effectiveInstant": "2026-06-04T10:00:00.000+02:00"}, "2026-06-04"),
        ({"issued": "2026-06-05T10:00:00Z"}, "2026-06-05"),
        ({"effectiveDateTime": "soon", "issued": "2026-06-05T10:00:00Z"}, "2026-06-05"),
        ({"effectiveDateTime": "2026-06-01", "issued": "2026-06-05"}, "2026-06-01"),
    ],
)
def test_the_date_is_read_in_every_form(read: ReadRecord, when: Any, day: str) -> None:
    """effective before issued."""
    record = read(observation(TEMPERATURE, **({"effectiveDateTime": None} | when)))
    span = hit(record, "obs-temperature").entry.when
    assert span == DateSpan(date.fromisoformat(day), date.fromisoformat(day))


def test_an_observation_without_date_is_undated(read: ReadRecord) -> None:
    """It stays."""
    record = read(observation(TEMPERATURE, effectiveDateTime=None))
    assert hit(record, "obs-temperature").entry.when is None


def test_two_codes_of_one_temperature_are_one_hit(read: ReadRecord) -> None:
    """Some systems send the general and the oral code together."""
    both = {"coding": [{"system": LOINC, "code": "8310-5"}, {"system": LOINC, "code": "8331-1"}]}
    assert (
        hit(read(observation(both, valueQuantity=quantity(37))), "obs-temperature").code == "8310-5"
    )


def test_a_component_is_an_entry_with_its_parents_reference_and_date(read: ReadRecord) -> None:
    """A panel that itself means nothing to us."""
    panel = observation(
        {"text": "Vital signs"},
        component=[
            {"code": TEMPERATURE, "valueQuantity": quantity(39)},
            {"code": {"text": "Heart rate"}, "valueQuantity": quantity(80, "/min")},
            None,
        ],
    )
    found = hit(read(panel), "obs-temperature")
    assert found.number == 39
    assert found.entry.reference == "Observation/o1"
    assert found.entry.when == DateSpan(date(2026, 6, 14), date(2026, 6, 14))


def test_a_component_that_is_no_list_is_read(read: ReadRecord) -> None:
    """An object where a list belongs."""
    part = {"code": TEMPERATURE, "valueQuantity": quantity(39)}
    assert (
        hit(read(observation({"text": "Vital signs"}, component=part)), "obs-temperature").number
        == 39
    )


def test_a_negated_name_is_no_hit(read: ReadRecord) -> None:
    """The near-miss of a sign named by its text."""
    record = read(observation({"text": "No saddle anesthesia"}, valueBoolean=True))
    assert "saddle-anesthesia" not in record.observations


def test_an_observation_without_components_is_read_beside_one_with_them(read: ReadRecord) -> None:
    component = {"code": {"text": "Foot drop"}, "valueBoolean": True}
    base = {"resourceType": "Observation", "status": "final", "code": {"text": "Motor exam"}}
    record = read(base | {"id": "a", "component": [component]}, base | {"id": "b"})
    (hit,) = record.observations["foot-drop"]
    assert (hit.entry.reference, hit.entry.polarity) == ("Observation/a", "positive")
