"""Observations that only their own name tells: a site's results and findings of the examination."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.model import ObservationHit, PatientRecord
from cds_service.evidence.record.observations import doubtful_values

ReadRecord = Callable[..., PatientRecord]
AS_OF = date(2026, 6, 15)


def observation(name: str, **elements: Any) -> Any:
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"text": name},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-06-14",
    } | elements


def only(record: PatientRecord, value_set: str) -> ObservationHit:
    (hit,) = record.observations[value_set]
    return hit


@pytest.mark.parametrize(
    ("name", "value", "value_set", "number"),
    [
        (
            "Temp (Src) Oral",
            {"valueQuantity": {"value": 102, "unit": "F"}},
            "obs-temperature",
            38.8889,
        ),
        (
            "Temperature Oral",
            {"valueQuantity": {"value": 38.4, "unit": "Deg C"}},
            "obs-temperature",
            38.4,
        ),
        ("CRP", {"valueQuantity": {"value": 14.5, "unit": "mg/dl"}}, "obs-crp", 145),
        ("Sed Rate", {"valueString": "88 mm/hr"}, "obs-esr", 88),
        ("Leukozyten", {"valueQuantity": {"value": 19.4, "unit": "Gpt/l"}}, "obs-wbc", 19.4),
        ("WBC", {"valueQuantity": {"value": 19400, "unit": "cells/uL"}}, "obs-wbc", 19.4),
        (
            "GFR estimated",
            {"valueQuantity": {"value": 18, "unit": "mL/min/1.73m²"}},
            "obs-egfr",
            18,
        ),
        ("Residual urine volume", {"valueQuantity": {"value": 350, "unit": "ml"}}, "obs-pvr", 350),
        ("DXA Lumbar spine T-score", {"valueQuantity": {"value": -2.9}}, "obs-tscore", -2.9),
        ("PSA, total", {"valueQuantity": {"value": 85, "unit": "µg/L"}}, "obs-psa", 85),
        ("Left ankle dorsiflexion strength", {"valueString": "2/5"}, "obs-mrc", 2),
        ("Motor power", {"valueCodeableConcept": {"text": "Grade 3"}}, "obs-mrc", 3),
        ("Muskelkraft", {"valueString": "R 5/5, L 4-/5"}, "obs-mrc", 4),
    ],
)
def test_a_number_is_read_by_the_name_its_value_and_its_unit(
    read: ReadRecord, name: str, value: Any, value_set: str, number: float
) -> None:
    hit = only(read(observation(name, **value)), value_set)
    assert hit.number == pytest.approx(number, abs=1e-3)
    assert hit.via == "text"


@pytest.mark.parametrize(
    ("name", "value", "value_set"),
    [
        ("Rectal tone", {"valueString": "Decreased"}, "reduced-anal-tone"),
        ("Anal sphincter tone", {"valueCodeableConcept": {"text": "Absent"}}, "reduced-anal-tone"),
        ("Reduced anal tone", {"valueString": "present"}, "reduced-anal-tone"),
        ("Perianal sensation", {"valueString": "Absent"}, "saddle-anesthesia"),
        (
            "Saddle sensation",
            {"valueString": "intact on right, reduced on left"},
            "saddle-anesthesia",
        ),
        ("Lower extremity strength", {"valueString": "Decreased bilaterally"}, "limb-weakness"),
        ("Gait", {"valueString": "Ataxic"}, "gait-disturbance"),
        ("Plantar response R", {"valueString": "Extensor"}, "umn-signs"),
        ("Loss of bladder control?", {"valueBoolean": True}, "urinary-incontinence-new"),
        ("Bladder control", {"valueBoolean": False}, "urinary-incontinence-new"),
        ("Blood culture", {"valueString": "Staph aureus"}, "bacteremia"),
        ("Blood culture", {"valueString": "Bottle 1: no growth. Bottle 2: MSSA"}, "bacteremia"),
        ("IV drug use", {"valueString": "Current"}, "injecting-drug-use"),
        ("Illicit drug use", {"valueString": "Heroin - injects"}, "injecting-drug-use"),
        ("Analtonus", {"valueString": "vermindert"}, "reduced-anal-tone"),
        (
            "Rectal tone",
            {"valueString": "see text", "interpretation": [{"coding": [{"code": "A"}]}]},
            "reduced-anal-tone",
        ),
    ],
)
def test_a_finding_is_read_by_name_and_value_together(
    read: ReadRecord, name: str, value: Any, value_set: str
) -> None:
    assert only(read(observation(name, **value)), value_set).entry.polarity == "positive"


@pytest.mark.parametrize(
    ("name", "value", "value_set"),
    [
        ("Rectal tone", {"valueString": "Normal"}, "reduced-anal-tone"),
        ("Rectal tone", {"valueString": "present"}, "reduced-anal-tone"),
        ("Rectal tone", {"valueString": "not decreased"}, "reduced-anal-tone"),
        ("Saddle anesthesia", {"valueString": "Absent"}, "saddle-anesthesia"),
        ("Perianal sensation", {"valueBoolean": True}, "saddle-anesthesia"),
        ("Gait", {"valueString": "antalgic"}, "gait-disturbance"),
        ("Blood culture", {"valueString": "No growth at 5 days"}, "bacteremia"),
        ("Loss of bladder control?", {"valueBoolean": False}, "urinary-incontinence-new"),
        ("IV drug use", {"valueString": "Never"}, "injecting-drug-use"),
        ("Illicit drug use", {"valueString": "Marijuana"}, "injecting-drug-use"),
        ("Plantar response", {"valueString": "down going"}, "umn-signs"),
    ],
)
def test_a_normal_value_is_no_finding(
    read: ReadRecord, name: str, value: Any, value_set: str
) -> None:
    record = read(observation(name, **value))
    assert only(record, value_set).entry.polarity == "negative"
    assert record.unread_values == ()


@pytest.mark.parametrize(
    "name",
    [
        "WBC, urine",
        "Room temperature",
        "Birth weight",
        "Creatinine, urine",
        "Free PSA ratio",
        "Plantar fasciitis",
    ],
)
def test_a_name_of_something_else_is_not_taken_for_it(read: ReadRecord, name: str) -> None:
    record = read(observation(name, valueQuantity={"value": 39, "unit": "mg/L"}))
    assert len(record.observations) == 0


def test_a_finding_whose_value_says_nothing_that_we_know_is_kept_as_unread(
    read: ReadRecord,
) -> None:
    """It may be the red flag itself: the observations then count as not fully read."""
    record = read(observation("Rectal tone", valueString="DRE deferred to surgery"))
    (unread,) = record.unread_values
    assert (unread.reference, unread.text) == (
        "Observation/o1",
        "Rectal tone: DRE deferred to surgery",
    )
    assert ("observations", "partial") in [(gap.source, gap.reason) for gap in record.gaps]


def test_an_old_finding_that_was_not_understood_is_not_held_against_today(
    read: ReadRecord,
) -> None:
    record = read(
        observation("Rectal tone", valueString="see note", effectiveDateTime="2026-01-10")
    )
    assert record.unread_values == ()


@pytest.mark.parametrize(
    ("name", "value", "is_asked"),
    [
        ("Body temperature", {"value": 98.6, "unit": "Cel"}, True),
        ("CRP", {"value": 12, "unit": "nmol/L"}, True),
        ("Body temperature", {"value": 98.6, "unit": "degF"}, False),
        ("CRP", {"value": 3, "unit": "mg/L"}, False),
        ("eGFR", {"value": 28, "unit": "mL/min"}, False),
    ],
)
def test_a_measurement_that_cannot_be_right_is_asked_about_and_not_used(
    read: ReadRecord, index: CodeIndex, name: str, value: Any, is_asked: bool
) -> None:
    record = read(observation(name, valueQuantity=value))
    found = doubtful_values(record.observations, index, AS_OF)
    assert bool(found) is is_asked
    assert not any(value.is_finding for value in found)
