"""Lists of words as they are compiled: whole words, the longest first."""

from __future__ import annotations

import pytest

from cds_service.evidence.codes.index import CodeIndex
from cds_service.knowledge.model import Guideline
from tests import shipped


def test_the_catalog_keeps_its_words_in_lower_case(index: CodeIndex, guideline: Guideline) -> None:
    catalog = guideline.catalog
    assert shipped.catalog().imaging_categories == {c.lower() for c in catalog.imaging_categories}
    assert shipped.catalog().imaging_systems == {uri.lower() for uri in catalog.imaging_systems}
    assert dict(shipped.catalog().dicom_modality) == dict(catalog.dicom_modality)
    assert dict(shipped.catalog().imaging_code_prefixes) == dict(catalog.imaging_code_prefixes)


@pytest.mark.parametrize(
    ("words", "text", "first"),
    [
        ("positive_words", "detected", "detected"),
        ("negative_words", "not detected", "not detected"),
        ("negative_words", "NOT  DETECTED", "NOT  DETECTED"),
    ],
)
def test_the_longest_answer_is_found_first(
    index: CodeIndex, words: str, text: str, first: str
) -> None:
    pattern = getattr(index.compiled, words)
    match = pattern.search(text)
    assert match is not None
    assert match.group() == first


@pytest.mark.parametrize("words", ["positive_words", "negative_words", "local_use", "guard_words"])
def test_every_word_of_a_list_is_found_whole(index: CodeIndex, words: str) -> None:
    rules = index.rules
    lists = {
        "positive_words": rules.positive_text,
        "negative_words": rules.negative_text,
        "local_use": (*rules.route_exclude, *rules.form_words_exclude),
        "guard_words": (*rules.text.guard, *rules.text.guard_after),
    }
    pattern = getattr(index.compiled, words)
    for phrase in lists[words]:
        match = pattern.match(f"{phrase.strip().upper()} and more")
        assert match is not None
        assert match.group() == phrase.strip().upper()
        assert pattern.fullmatch(f"x{phrase.strip()}x") is None
