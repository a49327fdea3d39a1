"""Texts that nobody would write: what they cost grows with their length and not with its square."""

from __future__ import annotations

import time

import pytest

from tests.evidence.text.reading import read, states

LENGTH = 40_000


@pytest.mark.parametrize(
    "piece",
    [
        "x", "é", "?", "fever? ", "resolved ", "fever resolved ", "fever denied, ", "no ", "weak no ",
        "return if weak ", "if ", "return if ", "no if ",
        "pain if ", "2019 ", "history of ", "(-) ", "since 2019 ", "no fever, ", "nofever", "-", "腰痛",
    ],
)  # fmt: skip
def test_a_text_without_end_is_read_in_time_that_grows_with_its_length(piece: str) -> None:
    read(piece)
    began = time.thread_time()
    read(piece * (LENGTH // len(piece)))
    # A tenth of it on an idle machine; with the square of the length it would be many seconds.
    assert time.thread_time() - began < 2


@pytest.mark.parametrize("count", [1, 100, 300, 2_000])
def test_in_a_sentence_without_end_what_is_asked_is_asked_and_what_is_denied_denied(
    count: int,
) -> None:
    asked = "back pain, fever? " * count + "cauda equina syndrome?"
    assert states(asked, "cauda-equina-syndrome") == {"asked"}
    denied = "back pain, tired, " * count + "no saddle anesthesia"
    assert not states(denied, "saddle-anesthesia") & {"stated"}
