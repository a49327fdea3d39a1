"""All that a text says, to the last word. The texts are in readings.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.text.reading import read
from tests.evidence.text.whole import whole

_CASES = tomllib.loads(Path(__file__).with_name("readings.toml").read_text("utf-8"))["case"]
_FORM = frozenset("\n[|")
"""What makes a text a form: its lines and boxes speak of each other."""


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["text"])
def test_a_text_says_this_and_nothing_more(case: dict[str, Any]) -> None:
    assert whole(read(case["text"])) == {k: v for k, v in case.items() if k != "text"}


_ENGLISH = [
    case["text"].rstrip(".")
    for case in _CASES
    if "language" not in case and "says" in case and _FORM.isdisjoint(case["text"])
]


@pytest.mark.parametrize("step", [2, 3])
def test_a_sentence_says_the_same_beside_another_one(step: int) -> None:
    for text, other in zip(_ENGLISH, (*_ENGLISH[step:], *_ENGLISH[:step]), strict=True):
        behind = other[0].upper() + other[1:]
        moved = len(text) + 2
        assert [
            (said.concept, said.state, said.start, said.end, said.quote)
            for said in read(f"{text}. {behind}").statements
        ] == [
            *((s.concept, s.state, s.start, s.end, s.quote) for s in read(text).statements),
            *(
                (s.concept, s.state, s.start + moved, s.end + moved, s.quote)
                for s in read(behind).statements
            ),
        ]
