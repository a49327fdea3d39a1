"""The compiled catalog and its words."""

from __future__ import annotations

import pytest

from cds_service.evidence.orders.catalog import compile_catalog
from cds_service.knowledge.loader import load_guideline
from tests import shipped


def test_every_code_of_every_procedure_is_found_as_it_stands() -> None:
    for study in shipped.guideline().catalog.procedure:
        for system, by_tier in study.codes.items():
            for code in (code for group in by_tier.values() for code in group):
                found = shipped.catalog().study(system, code)
                assert found is not None
                assert (found.modality, found.regions) == (study.modality, study.regions)


def test_the_preferred_code_of_a_study_means_that_study() -> None:
    for study in shipped.guideline().catalog.procedure:
        for system, code in study.preferred.items():
            found = shipped.catalog().study(system, code)
            assert found is not None
            assert (found.regions, found.contrast) == (study.regions, study.contrast)


def test_unverified_codes_are_never_read() -> None:
    for entry in shipped.guideline().catalog.unverified:
        assert shipped.catalog().study(entry.system, entry.code) is None


def test_without_cpt_the_other_systems_are_still_read() -> None:
    without = compile_catalog(load_guideline(cpt=False))
    assert without.study("cpt", "72148") is None
    assert without.study("loinc", "30679-5") is not None


def test_every_phrase_of_the_lists_is_read_as_what_it_stands_for() -> None:
    text = shipped.guideline().catalog.text
    for region, phrases in text.region.items():
        for phrase in phrases:
            regions = shipped.catalog().words.read(phrase).regions
            assert region in regions or regions == ("whole",), phrase
    for modality, phrases in text.modality.items():
        for phrase in phrases:
            assert shipped.catalog().words.read(phrase).modality == modality, phrase
    for phrase in text.spine:
        assert shipped.catalog().words.read(phrase).names_spine, phrase
    for phrase in text.other_body_part:
        assert not shipped.catalog().words.read(f"{phrase} scan").is_spine, phrase
    for phrase in text.not_imaging_words:
        assert shipped.catalog().words.read(phrase).names_other_service, phrase


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MRI lumbar w/o contrast", "without"),
        ("MRI lumbar non-contrast", "without"),
        ("MRI lumbar w contrast", "with"),
        ("MRI lumbar w & w/o contrast", "without-and-with"),
        ("MRI lumbar with/without", "without-and-with"),
        ("MRI lumbar with or without contrast", "unspecified"),
        ("MRI lumbar", "unspecified"),
    ],
)
def test_contrast_is_read_from_words(text: str, expected: str) -> None:
    assert shipped.catalog().words.read(text).contrast == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MRI without contrast r/o abscess", "MRI r/o abscess"),
        ("MRI w/o, then review", "MRI , then review"),
        ("pain without fever", "pain without fever"),
        ("pain without history of cancer", "pain without history of cancer"),
        ("without", ""),
        ("no words of that kind", "no words of that kind"),
    ],
)
def test_only_words_of_contrast_are_taken_out_of_a_text(text: str, expected: str) -> None:
    assert " ".join(shipped.catalog().words.without_contrast_words(text).split()) == expected


def test_symptoms_know_their_regions() -> None:
    regions = shipped.catalog().symptom_regions
    assert regions["low-back-pain"] == ("lumbar",)
    assert regions["back-pain-unspecified"] == ("cervical", "thoracic", "lumbar")
