"""What is read in languages other than English: findings in their own words and word order, and what denies them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.text.reading import read, reader, states

CASES = tomllib.loads((Path(__file__).parent / "languages.toml").read_text("utf-8"))


def _lines(kind: str) -> list[Any]:
    return [
        pytest.param(language, line["text"], line["of"], id=f"{language}: {line['text']}")
        for language, kinds in CASES.items()
        for line in kinds.get(kind, ())
    ]


@pytest.mark.parametrize(("language", "text", "concept"), _lines("present"))
def test_a_finding_is_understood_in_the_words_and_order_of_a_language(
    language: str, text: str, concept: str
) -> None:
    reading = read(text)
    assert reading.language == language
    assert any(found.concept == concept and reader().counts(found) for found in reading.statements)


@pytest.mark.parametrize(("language", "text", "concept"), _lines("absent"))
def test_a_near_miss_is_not_taken_for_the_finding(language: str, text: str, concept: str) -> None:
    del language
    assert not states(text, concept) & {"stated", "asked", "unclear"}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param(language, text, id=f"{language}: {text}")
        for language, kinds in CASES.items()
        for text in kinds.get("plain", ())
    ],
)
def test_an_ordinary_text_is_understood_as_ordinary(language: str, text: str) -> None:
    reading = read(text)
    assert reading.language == language
    assert not reading.is_unread
    assert reading.left_over == ()


def test_a_german_word_typed_without_umlauts_is_the_same_word() -> None:
    assert states("Laehmung des linken Fusses, Blasenschwaeche", "limb-weakness") == {"stated"}


def test_a_denial_at_the_end_of_a_bare_list_denies_all_of_it() -> None:
    for text, concept in (
        ("Ateş, kilo kaybı, travma yok", "fever-condition"),
        ("Fieber, Gewichtsverlust, Trauma verneint", "weight-loss"),
        ("fever, weight loss, trauma denied", "fever-condition"),
    ):
        assert states(text, concept) == {"denied"}


def test_a_denial_behind_a_bare_pair_leaves_the_neurological_half_unclear() -> None:
    assert states("bacakta güçsüzlük, ateş yok", "limb-weakness") == {"unclear"}


def test_a_full_stop_behind_an_abbreviation_ends_no_sentence() -> None:
    assert states("Parese re. Bein", "limb-weakness") == {"stated"}
    assert states("V. a. Kauda-Syndrom", "cauda-equina-syndrome") == {"asked"}


def test_a_stem_of_an_ordinary_word_is_known_in_texts_of_its_language_only() -> None:
    assert read("bel ağrısı çok eğilmekten sonra başlamış").left_over == ()
    assert read("back pain since eğilmekten").left_over == ("eğilmekten",)


def test_what_stands_before_advice_is_there_unless_a_condition_is_named() -> None:
    assert states("Fußheberparese rechts, Wiedervorstellung nach MRT", "foot-drop") == {"stated"}
    assert states(
        "bei Lähmung oder Inkontinenz sofort Wiedervorstellung", "weakness-nonspecific"
    ) == {"hypothetical"}


@pytest.mark.parametrize(
    "text",
    [
        "sağ ayağını kaldıramıyor, acile gelsin",
        "sağ ayağını kaldıramıyor, kötüleşirse gelmesi söylendi",
        "sağ ayağını kaldıramıyor, artarsa acile başvursun",
    ],
)
def test_where_to_go_and_when_it_gets_worse_is_no_condition_of_what_is_there(text: str) -> None:
    assert states(text, "foot-drop") == {"stated"}


@pytest.mark.parametrize(
    "text",
    [
        "mal di schiena, si può aspettare fino a febbraio",
        "dor lombar, a equipa mora na rua",
        "lombalgie au coucher, facture jointe",
        "dolor lumbar, adjunto factura",
        "Rückenschmerzen, im vorliegenden Fall ohne Ausstrahlung",
        "bel ağrısı, konser sonrası",
        "low back pain before the elections",
    ],
)
def test_frequent_words_of_a_language_are_no_misspelled_findings(text: str) -> None:
    found = reader().read(text)
    assert not [one for one in found.statements if reader().is_telling(one)]


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("dor lombar, RUA desde ontem", "urinary-retention"),
        ("Rückenschmerzen nach Fall vom Rad", "low-velocity-trauma"),
        ("Einbruch LWK 1", "vertebral-fracture"),
        ("fractura L1", "vertebral-fracture"),
    ],
)
def test_the_findings_beside_them_are_read(text: str, concept: str) -> None:
    assert concept in {one.concept for one in reader().read(text).statements}
