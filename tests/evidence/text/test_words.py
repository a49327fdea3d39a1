"""How much of a text is read."""

from __future__ import annotations

import pytest

from cds_service.evidence.text.words import MAX_TEXT, folded


@pytest.mark.parametrize("more", [1, 2, 5000])
def test_a_text_too_long_is_read_at_its_first_and_its_last_half(more: int) -> None:
    half = MAX_TEXT // 2
    text = "a" * half + "b" * more + "c" * half
    assert folded(text) == "a" * half + "\n\n" + "c" * half


def test_a_text_of_just_the_length_is_read_in_full() -> None:
    text = "a" * (MAX_TEXT - 1) + "b"
    assert folded(text) == text
