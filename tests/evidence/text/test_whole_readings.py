"""All that a text says, to the last word. The texts are in readings.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cds_service.evidence.text.model import Care, PainDuration, Statement, TextReading
from tests.evidence.text.reading import read

_CASES = tomllib.loads(Path(__file__).with_name("readings.toml").read_text("utf-8"))["case"]
_BESIDE = ("tempo", "year", "days_ago", "side", "unit")
_REMARKS = ("is_unread", "is_empty_of_meaning", "is_only_a_place", "names_unjudged")


def _said(found: Statement) -> str:
    """`concept state: quote [first-last character]`, and what its clause says beside it."""
    parts = [f"{found.concept} {found.state}: {found.quote} [{found.start}-{found.end}]"]
    parts += [
        f"{name} {value}" for name in _BESIDE if (value := getattr(found, name)) or value == 0
    ]
    parts += [" ".join(found.levels), " ".join(found.regions)]
    parts += [f"{found.number:g}"] if found.number is not None else []
    return " | ".join(part for part in parts if part)


def _lasting(found: PainDuration | None) -> str:
    return "" if found is None else f"{found.least}-{found.most}: {found.quote}"


def _tried(found: Care | None) -> str:
    if found is None:
        return ""
    outcome = "failed" if found.has_failed else "tried"
    return f"{' '.join(found.kinds)} {outcome}, {found.days} days: {found.quote}"


def whole(found: TextReading) -> dict[str, Any]:
    """A reading as a case of readings.toml, without its text; what is empty is left out."""
    parts = {
        "language": "" if found.language == "en" else found.language,
        "says": [_said(statement) for statement in found.statements],
        "lasts": _lasting(found.duration),
        "care": _tried(found.care),
        "left_over": list(found.left_over),
        "remarks": [name for name in _REMARKS if getattr(found, name)],
    }
    return {name: value for name, value in parts.items() if value}


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["text"])
def test_a_text_says_this_and_nothing_more(case: dict[str, Any]) -> None:
    assert whole(read(case["text"])) == {k: v for k, v in case.items() if k != "text"}


_ENGLISH = [
    case["text"].rstrip(".") for case in _CASES if "language" not in case and "says" in case
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
