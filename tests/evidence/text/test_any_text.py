"""No text makes the reader fail, and what it says of a text is consistent."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.evidence.text.model import MAX_QUOTE
from tests.evidence.text.reading import read
from tests.shipped import guideline

_WORDS = st.sampled_from(
    [
        word.strip("*")
        for language in guideline().language.words.values()
        for listed in language.values()
        for word in listed
    ]
)
_SIGNS = st.sampled_from(
    [
        " ",
        ", ",
        ". ",
        "; ",
        "\n",
        " - ",
        "-",
        "/",
        "(",
        ")",
        "?",
        "+",
        ": ",
        " 3 ",
        " 2019 ",
        "3/52",
    ]
)
_CLINICAL = st.lists(st.one_of(_WORDS, _SIGNS), max_size=30).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), _CLINICAL))
def test_every_text_is_read_and_every_place_lies_in_it(text: str) -> None:
    found = read(text)
    for statement in found.statements:
        assert 0 <= statement.start < statement.end <= len(text)
        assert statement.quote
        assert len(statement.quote) <= MAX_QUOTE
    for word in found.left_over:
        assert word
    if found.duration is not None:
        assert 0 <= found.duration.least <= found.duration.most


@settings(max_examples=50, deadline=None)
@given(_CLINICAL)
def test_the_same_text_is_read_in_the_same_way(text: str) -> None:
    assert read(text) == read(text)
