"""Names of diseases and drugs: what they mean, and that an unknown name is never taken for an ordinary word."""

from __future__ import annotations

import pytest

from tests.evidence.text.reading import read, states


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("known Zellweger disease, back pain for two weeks", "Zellweger"),
        ("back pain for two weeks, taking zorfenib daily", "zorfenib"),
        ("low back pain for two weeks and xylanthosis", "xylanthosis"),
        ("lombalgie depuis deux semaines, maladie de Zellweger", "Zellweger"),
        ("Kreuzschmerzen seit zwei Wochen, Morbus Zellweger", "Zellweger"),
        ("lumbalgia de dos semanas, enfermedad de Zellweger", "Zellweger"),
    ],
)
def test_one_unknown_name_of_a_disease_or_drug_leaves_a_text_unread(text: str, word: str) -> None:
    found = read(text)
    assert found.is_unread
    assert found.left_over == (word,)


def test_one_unknown_word_that_looks_like_no_name_does_not() -> None:
    found = read("back pain for two weeks after lifting the grubbler")
    assert found.left_over == ("grubbler",)
    assert not found.is_unread


def test_a_word_that_is_listed_inside_phrases_only_is_not_understood_by_itself() -> None:
    assert read("basal cell carcinoma, back pain").left_over == ()
    assert read("compressive pain in the back").left_over == ("compressive",)


def test_a_word_of_another_language_is_not_understood_by_chance() -> None:
    assert states("dolor lumbar, fiebre", "fever-condition") == {"stated"}
    assert read("low back pain, fiebre").left_over == ("fiebre",)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("back pain, on Revlimid", "malignancy"),
        ("back pain, pembrolizumab since March", "malignancy"),
        ("dolor lumbar, en tratamiento con lenalidomida", "malignancy"),
        ("Rückenschmerzen unter Abirateron", "malignancy"),
        ("MM on daratumumab, back pain", "malignancy"),
        ("known MM, back pain", "malignancy"),
        ("back pain, on risankizumab", "immunosuppressant-drug"),
        ("sickle cell disease, back pain", "immunosuppression-major"),
        ("Paget's disease, back pain", "bone-disease"),
        ("Gaucher disease, back pain", "bone-disease"),
        ("transverse myelitis, back pain", "cord-disease"),
        ("disseminated coccidioidomycosis, back pain", "deep-infection"),
        ("salmonella in the stool, back pain", "deep-infection"),
    ],
)
def test_a_disease_or_drug_counts_for_what_it_means(text: str, concept: str) -> None:
    assert states(text, concept) & {"stated", "historical"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("letrozole for infertility, back pain", "malignancy"),
        ("disc bulge of 5 mm, back pain", "malignancy"),
        ("sickle cell trait, back pain", "immunosuppression-major"),
        ("no history of sickle cell disease, back pain", "immunosuppression-major"),
        ("mother takes tamoxifen, back pain", "malignancy"),
    ],
)
def test_a_near_miss_of_a_disease_or_drug_does_not_count(text: str, concept: str) -> None:
    assert not states(text, concept) & {"stated", "asked", "historical"}


@pytest.mark.parametrize(
    "text", ["lupus nephritis, back pain", "hemophilia A, back pain", "meningioma, back pain"]
)
def test_a_disease_that_is_not_judged_leaves_a_text_unread(text: str) -> None:
    assert read(text).is_unread
    assert not read(f"no {text.partition(',')[0]}, mechanical back pain").is_unread
