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


@pytest.mark.parametrize(
    ("name", "value", "value_set", "polarity"),
    [
        ("HLA B27 (PCR)", "nicht nachweisbar", "obs-hlab27", "negative"),
        ("HLA-B27", "NEGATİF", "obs-hlab27", "negative"),
        ("HLA-B27", "POZİTİF", "obs-hlab27", "positive"),
        ("Hemocultivo", "negativo", "bacteremia", "negative"),
        ("Tono esfínter anal", "conservado", "reduced-anal-tone", "negative"),
        ("Tono sfinteriale", "ridotto", "reduced-anal-tone", "positive"),
        ("Marcha", "sin alteraciones", "gait-disturbance", "negative"),
        ("Reithosenhypästhesie", "ja", "saddle-anesthesia", "positive"),
        ("HIV AG/AB COMBO", "Reactive", "hiv-asymptomatic", "positive"),
        ("HIV 1/2 Ab/p24 Ag", "Not detected", "hiv-asymptomatic", "negative"),
        ("AFB smear", "pozitif (++)", "tuberculosis-brucellosis", "positive"),
        ("M-Spike", "Not Observed", "neoplasm-behaviour-unknown", "negative"),
        ("URINE CULTURE", ">100,000 CFU/mL Klebsiella", "recent-bacterial-infection", "positive"),
        ("ECBU - culture", "stérile", "recent-bacterial-infection", "negative"),
        ("Gebelik testi", "Pozitif", "obs-hcg", "positive"),
    ],
)
def test_a_result_in_words_is_read_in_the_languages_of_the_service(
    read: ReadRecord, name: str, value: str, value_set: str, polarity: str
) -> None:
    record = read(observation(name, valueString=value))

    assert only(record, value_set).entry.polarity == polarity
    assert not record.unread_values


@pytest.mark.parametrize(
    ("name", "value", "value_set", "number"),
    [
        ("V.E.S.", {"valueQuantity": {"value": 59, "unit": "mm/ora"}}, "obs-esr", 59),
        ("İşeme sonrası rezidü", {"valueQuantity": {"value": 150, "unit": "cc"}}, "obs-pvr", 150),
        ("PCR", {"valueQuantity": {"value": 18.4, "unit": "mg/dL"}}, "obs-crp", 184),
        ("Tª axilar", {"valueQuantity": {"value": 38.2, "unit": "ºC"}}, "obs-temperature", 38.2),
        ("TFG estimada", {"valueString": "17 mL/min/1,73 m2"}, "obs-egfr", 17),
        (
            "T-score columna lumbar",
            {"valueQuantity": {"value": -2.9, "unit": "DE"}},
            "obs-tscore",
            -2.9,
        ),
        (
            "Serum CRP",
            {"valueString": "150", "referenceRange": [{"text": "0 - 5 mg/L"}]},
            "obs-crp",
            150,
        ),
        (
            "Sed Rate",
            {
                "valueQuantity": {"value": 61},
                "referenceRange": [{"high": {"value": 20, "unit": "mm/hr"}}],
            },
            "obs-esr",
            61,
        ),
    ],
)
def test_a_number_is_read_by_the_name_and_the_unit_that_a_site_writes(
    read: ReadRecord, name: str, value: dict[str, Any], value_set: str, number: float
) -> None:
    assert only(read(observation(name, **value)), value_set).number == number


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SARS-CoV-2 PCR", {"valueString": "Detected"}),
        ("PCR", {"valueString": "Detected"}),
        ("PCR cycles", {"valueQuantity": {"value": 31, "unit": "cycles"}}),
        ("Pacemaker battery power", {"valueString": "adequate"}),
        ("Fridge temperature", {"valueQuantity": {"value": 4.2, "unit": "C"}}),
        ("PROMIS Physical Function T-score", {"valueQuantity": {"value": 48.2}}),
        ("ESR-1 gene mutation", {"valueString": "Detected"}),
        ("Leukozyten i. Urin (Streifen)", {"valueString": "++"}),
    ],
)
def test_a_name_that_only_resembles_one_is_nothing_to_ask_about(
    read: ReadRecord, index: CodeIndex, name: str, value: dict[str, Any]
) -> None:
    record = read(observation(name, **value))

    assert not record.unread_values
    assert not doubtful_values(record.observations, index, AS_OF)


def test_a_result_of_hiv_is_not_lost_beside_the_name_of_its_method(read: ReadRecord) -> None:
    record = read(observation("PCR HIV", valueString="Positive"))

    assert only(record, "hiv-asymptomatic").entry.polarity == "positive"


@pytest.mark.parametrize(
    ("value", "polarity"),
    [
        ({"value": 3.2, "unit": "g/dL"}, "positive"),
        ({"value": 0, "unit": "g/dL"}, "negative"),
        ({"value": 0.5, "comparator": "<", "unit": "g/dL"}, "negative"),
    ],
)
def test_an_amount_of_monoclonal_protein_is_the_finding_and_none_is_not(
    read: ReadRecord, value: dict[str, Any], polarity: str
) -> None:
    record = read(observation("M-SPIKE", valueQuantity=value))

    assert only(record, "neoplasm-behaviour-unknown").entry.polarity == polarity


def test_a_chart_of_muscle_power_names_the_muscle_alone_in_its_parts(
    read: ReadRecord,
) -> None:
    record = read(
        observation(
            "Balance muscular MMII",
            component=[
                {"code": {"text": "Psoas dcho"}, "valueString": "5/5"},
                {"code": {"text": "Tibial anterior dcho"}, "valueString": "2/5"},
            ],
        )
    )

    assert [hit.number for hit in record.observations["obs-mrc"]] == [5, 2]


@pytest.mark.parametrize(
    ("name", "elements", "asked"),
    [
        (
            "CRP",
            {
                "valueQuantity": {"value": 3, "unit": "units"},
                "interpretation": [{"coding": [{"code": "N"}]}],
            },
            False,
        ),
        (
            "CRP",
            {
                "valueQuantity": {"value": 93, "unit": "units"},
                "interpretation": [{"coding": [{"code": "H"}]}],
            },
            True,
        ),
        (
            "CRP",
            {
                "valueQuantity": {"value": 3},
                "referenceRange": [{"low": {"value": 0}, "high": {"value": 5}}],
            },
            False,
        ),
        (
            "CRP",
            {
                "valueQuantity": {"value": 93},
                "referenceRange": [{"low": {"value": 0}, "high": {"value": 5}}],
            },
            True,
        ),
    ],
)
def test_what_the_laboratory_calls_normal_is_not_asked_about_for_its_unit(
    read: ReadRecord,
    index: CodeIndex,
    name: str,
    elements: dict[str, Any],
    asked: bool,
) -> None:
    record = read(observation(name, **elements))

    assert bool(doubtful_values(record.observations, index, AS_OF)) == asked


def test_a_test_without_a_usable_answer_is_named_and_takes_nothing_away(read: ReadRecord) -> None:
    record = read(observation("HIV RAPID TEST", valueString="Poor sample quality"))

    assert [value.is_finding for value in record.unread_values] == [False]
    assert not record.gaps


SITE = {"coding": [{"system": "urn:oid:2.16.840.1.113883.3.9999.5", "code": "NEU-417"}]}


def flagged(code: str) -> Any:
    system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    return [{"coding": [{"system": system, "code": code}]}]


@pytest.mark.parametrize("value", [{}, {"valueCodeableConcept": SITE}, {"valueString": "see note"}])
def test_a_result_called_abnormal_of_which_only_a_code_of_the_site_came_is_named(
    read: ReadRecord, value: Any
) -> None:
    record = read(observation("", code=SITE, interpretation=flagged("A"), **value))
    (unread,) = record.unread_values
    assert unread.text.startswith("NEU-417")
    assert ("observations", "partial") in [(gap.source, gap.reason) for gap in record.gaps]


@pytest.mark.parametrize(
    "elements",
    [
        {"interpretation": flagged("N")},
        {"interpretation": None},
        {"interpretation": flagged("A"), "effectiveDateTime": "2026-01-10"},
        {"interpretation": flagged("A"), "effectiveDateTime": "2026-07-10"},
        {"interpretation": flagged("A"), "status": "entered-in-error"},
        {"interpretation": flagged("H"), "code": {"text": "Serum ferritin"}},
        {
            "interpretation": flagged("H"),
            "code": {"coding": [{"system": "http://loinc.org", "code": "2276-4"}]},
        },
    ],
)
def test_a_result_that_is_normal_old_withdrawn_or_known_for_another_is_not(
    read: ReadRecord, elements: Any
) -> None:
    assert read(observation("", **({"code": SITE} | elements))).unread_values == ()


QUANTITY_NAMES = [
    ("C-Reactive Prot (Serum)", 148, "mg/L", "obs-crp", 148),
    ("CRP quant.", 18.4, "mg/dl", "obs-crp", 184),
    ("Protéine C réact.", 120, "mg/L", "obs-crp", 120),
    ("VS 1ère heure", 104, "mm", "obs-esr", 104),
    ("Eryth Sed Rate (Westergren)", 88, "mm/hr", "obs-esr", 88),
    ("eGFRcr (CKD-EPI 2021)", 19, "mL/min/1.73 m2", "obs-egfr", 19),
    ("DFGe (CKD-EPI)", 24, "mL/min/1,73m2", "obs-egfr", 24),
    ("Kreatinin i.S.", 6.4, "mg/dl", "obs-creatinine", 565.888),
    ("PROSTATE SPEC AG", 84, "ng/mL", "obs-psa", 84),
    ("PSA gesamt im Serum", 84, "ng/ml", "obs-psa", 84),
    ("EHL right", "2/5", None, "obs-mrctoe", 2),
    ("M-Gradient (Elektrophorese)", 34, "g/l", "obs-paraprotein", 34),
]


@pytest.mark.parametrize(("name", "value", "unit", "value_set", "number"), QUANTITY_NAMES)
def test_specimen_method_and_words_cut_short_leave_a_name_what_it_is(
    read: ReadRecord, name: str, value: Any, unit: str | None, value_set: str, number: float
) -> None:
    measured = (
        {"valueString": value}
        if unit is None
        else {"valueQuantity": {"value": value, "unit": unit}}
    )
    hit = only(read(observation(name, **measured)), value_set)
    assert hit.number == pytest.approx(number, abs=1e-2)


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("VS", 104, None),
        ("VS pulse", 104, "/min"),
        ("PSA freies/gesamt Quotient", 18, "%"),
        ("Kreatinin im Urin", 6.4, "mg/dl"),
        ("Prot C activity", 88, "%"),
        ("Spec gravity", 1.02, None),
        ("AIS motor score", 50, None),
    ],
)
def test_a_name_that_is_only_like_one_is_none(
    read: ReadRecord, name: str, value: float, unit: str | None
) -> None:
    """Vital signs, a ratio, urine, protein C, and the score of the same scale."""
    quantity = {"value": value} | ({"unit": unit} if unit else {})
    record = read(observation(name, valueQuantity=quantity))
    assert not any(hit.number for hits in record.observations.values() for hit in hits)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("18,4 mg/dl ↑", 184),
        ("148 mg/L (ref <5)", 148),
        ("148 mg/L H", 148),
        ("↑ 148 mg/L", 148),
        ("+ 212,3 mg/l (H)", 212.3),
        ("148 mg/L [0-5] ++", 148),
        (">200 mg/L", 200),
        ("≥ 200 mg/L", 200),
    ],
)
def test_signs_of_a_laboratory_around_a_value_are_not_its_unit(
    read: ReadRecord, text: str, number: float
) -> None:
    assert only(read(observation("CRP", valueString=text)), "obs-crp").number == number


def test_an_unknown_unit_stays_unknown_with_a_sign_behind_it(read: ReadRecord) -> None:
    hit = only(read(observation("CRP", valueString="18.4 nmol/L ↑")), "obs-crp")
    assert hit.problem == "unit-unknown"


@pytest.mark.parametrize(
    ("text", "polarity", "amount"),
    [
        ("Monoclonal IgG kappa band, M-spike 3.6 g/dL", "positive", 36),
        ("Total protein 9.8 g/dL. M-spike of 2.1 g/dL in the gamma region", "positive", 21),
        ("Paraprotein IgA lambda present", "positive", None),
        ("No evidence of a monoclonal band. Albumin 3.9 g/dL", "negative", None),
        ("Kein Hinweis auf eine monoklonale Gammopathie", "negative", None),
        ("Polyclonal increase of gamma globulins 28 g/L", "negative", None),
    ],
)
def test_an_electrophoresis_in_words_tells_the_band_and_its_amount(
    read: ReadRecord, text: str, polarity: str, amount: float | None
) -> None:
    """A number counts only beside the word of the band: total protein is none."""
    record = read(observation("SPEP Interp", valueString=text))
    assert only(record, "neoplasm-behaviour-unknown").entry.polarity == polarity
    amounts = [hit.number for hit in record.observations.get("obs-paraprotein", ())]
    assert amounts == ([] if amount is None else [amount])


@pytest.mark.parametrize(
    ("name", "value", "severe", "paresis"),
    [
        ("ASIA Impairment Scale", {"valueString": "B"}, "positive", "negative"),
        ("AIS grade", {"valueString": "AIS A - complete"}, "positive", "negative"),
        (
            "Frankel-Klassifikation",
            {"valueCodeableConcept": {"text": "Frankel D1"}},
            "negative",
            "positive",
        ),
        (
            "Escala ASIA",
            {"valueCodeableConcept": {"coding": [{"code": "D"}]}},
            "negative",
            "positive",
        ),
        ("ASIA", {"valueString": "Grade E"}, "negative", "negative"),
    ],
)
def test_a_letter_of_the_scale_of_cord_injury_is_read(
    read: ReadRecord, name: str, value: Any, severe: str, paresis: str
) -> None:
    record = read(observation(name, **value))
    assert only(record, "cord-grade-severe").entry.polarity == severe
    assert only(record, "motor-deficit").entry.polarity == paresis


@pytest.mark.parametrize("text", ["a mild injury", "not done", "75"])
def test_another_value_of_that_scale_is_named(read: ReadRecord, text: str) -> None:
    """It is not understood, and may be the deficit itself."""
    record = read(observation("ASIA Impairment Scale", valueString=text))
    assert "cord-grade-severe" not in record.observations
    assert len(record.unread_values) == 1
