"""What is not known stays not known, however it begins."""

from __future__ import annotations

import pytest

from tests.evidence.text.reading import read, states


@pytest.mark.parametrize("word", ["neurohydatidosis", "osteochloridosis", "radiotrelvosis"])
def test_a_long_name_is_not_known_by_the_stem_of_an_ordinary_word(word):
    assert read(word).left_over == (word,)


def test_an_inflected_ordinary_word_of_another_language_is_known():
    assert not read("consultation neurologique, bilan neurologique normal").left_over


def test_the_stem_of_an_ordinary_word_does_not_tell_the_language():
    assert read("low back pain, neurohydatidosis").language == "en"


def test_care_for_a_time_was_tried_without_a_word_that_it_failed():
    care = read("8 weeks LBP, 7 weeks of chiropractic care").care
    assert care is not None
    assert care.days == 49


@pytest.mark.parametrize(
    "text",
    ["refer for 6 weeks physio", "plan 6 weeks of physiotherapy", "LBP 8 weeks, physiotherapy"],
)
def test_care_that_is_planned_or_has_no_time_of_its_own_was_not_tried(text):
    assert read(text).care is None


@pytest.mark.parametrize("text", ["low back pain, red flags present", "LBP with sinister features"])
def test_red_flags_that_are_not_named_leave_a_text_open(text):
    assert read(text).is_unread


@pytest.mark.parametrize("text", ["low back pain, no red flags", "LBP, no sinister features"])
def test_red_flags_that_are_denied_leave_nothing_open(text):
    assert not read(text).is_unread


def test_a_misspelt_part_of_a_phrase_is_read_although_another_language_has_such_a_stem():
    assert states("bladder palpble to umbilicus", "urinary-retention") == {"stated"}


def test_the_form_of_an_ordinary_word_is_known_although_a_phrase_of_another_meaning_holds_it():
    assert not read("bel ağrısı, fizik tedavi programına alınacak").left_over


def test_a_word_that_ends_compounds_is_read_by_itself():
    assert states("Fraktur L2", "vertebral-fracture") == {"stated"}
    assert not states("Radiusfraktur, Kreuzschmerz", "vertebral-fracture")
