"""A concept in every shape that it is written in."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.evidence.codes.codeable import read_coding_list, read_concept, read_concepts

_SNOMED = "http://snomed.info/sct"
_CODING = {"system": _SNOMED, "code": "64859006", "display": "Osteoporosis"}


def seen(value: object) -> list[tuple[str, list[tuple[str | None, str, str]]]]:
    return [
        (concept.text, [(c.system, c.code, c.display) for c in concept.codings])
        for concept in read_concepts(value)
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        ({}, []),
        ([{}, None, 7, [], {"text": ""}], []),
        ("fever", [("fever", [])]),
        (["fever", {"text": "chills"}], [("fever", []), ("chills", [])]),
        ([7, {"text": "chills"}, {}, "fever"], [("chills", []), ("fever", [])]),
        ({"text": "x", "coding": [_CODING]}, [("x", [("snomed", "64859006", "Osteoporosis")])]),
        ({"coding": _CODING}, [("", [("snomed", "64859006", "Osteoporosis")])]),
        (_CODING, [("", [("snomed", "64859006", "Osteoporosis")])]),
        ({"concept": {"text": "inside"}}, [("inside", [])]),
        ({"concept": {"text": "inside"}, "text": "beside"}, [("inside", [])]),
        (
            {"concept": {"text": "inside"}, "coding": [_CODING], "text": "beside"},
            [("beside", [("snomed", "64859006", "Osteoporosis")])],
        ),
        ({"concept": "inside"}, []),
        ({"reference": {"reference": "Condition/1"}}, []),
        ({"coding": ["only words"]}, [("", [(None, "", "only words")])]),
        ({"coding": [{"system": "urn:x"}, {"code": "1"}]}, [("", [(None, "1", "")])]),
        ({"text": "a", "code": "9", "system": "urn:x"}, [("a", [(None, "9", "")])]),
        (
            {"text": "a", "code": "9", "coding": [_CODING]},
            [("a", [("snomed", "64859006", "Osteoporosis")])],
        ),
    ],
)
def test_a_concept_is_its_text_and_its_codings_in_any_shape(value: object, expected: Any) -> None:
    assert seen(value) == expected


def test_several_concepts_read_as_one_keep_each_text_once_and_every_coding() -> None:
    one = read_concept([{"text": "a", "coding": [_CODING]}, {"text": "b"}, {"text": "a"}, _CODING])
    assert one.text == "a; b"
    assert [c.code for c in one.codings] == ["64859006", "64859006"]
    assert read_concept(None).label == ""
    assert read_concept([{"coding": [{"code": "1"}]}, {"coding": [{"display": "two"}]}]).text == ""


@pytest.mark.parametrize(
    ("value", "label", "in_words"),
    [
        ({"text": "x", "coding": [_CODING]}, "x", "x"),
        ({"coding": [{"code": "1"}, _CODING]}, "Osteoporosis", "Osteoporosis"),
        ({"coding": [{"code": "1"}, {"code": "2"}]}, "1", ""),
        ({"coding": [{"display": "a"}, {"display": "b"}]}, "a", "a"),
        ({}, "", ""),
    ],
)
def test_a_concept_is_called_by_its_text_else_a_display_else_a_code(
    value: object, label: str, in_words: str
) -> None:
    concept = read_concept(value)
    assert (concept.label, concept.label_in_words) == (label, in_words)


def test_only_codings_of_our_systems_are_known() -> None:
    concept = read_concept({"coding": [{"system": "urn:x", "code": "1"}, _CODING, {"code": "3"}]})
    assert concept.known_codings == (("snomed", "64859006"),)
    assert read_coding_list([{"system": _SNOMED}, None, "word"])[0].display == "word"
