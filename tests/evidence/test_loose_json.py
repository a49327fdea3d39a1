"""Concepts in whatever shape they come."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.evidence.codes.codeable import read_concept, read_concepts

ICD = "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.mark.parametrize(
    ("value", "text", "codes"),
    [
        ({"system": ICD, "code": "M54.5"}, "", ["M545"]),
        ({"system": ICD, "code": "M54.5", "text": "LBP"}, "LBP", ["M545"]),
        ({"coding": [{"system": ICD, "code": "M54.5"}], "text": "LBP"}, "LBP", ["M545"]),
        ({"coding": {"system": ICD, "code": "M54.5"}, "code": "R33"}, "", ["M545"]),
        ({"coding": None, "code": "C1", "text": " a  b "}, "a b", ["C1"]),
        ({"concept": {"system": ICD, "code": "M54.5"}}, "", ["M545"]),
        ({"concept": {"text": "LBP"}, "text": "other"}, "LBP", []),
        ({"concept": None, "text": "LBP"}, "LBP", []),
        ({"coding": [{"display": "LBP"}, {}, None]}, "", [""]),
        ("LBP", "LBP", []),
        ({"text": 5}, "5", []),
    ],
)
def test_a_concept_of_any_shape_has_a_text_and_codings(
    value: Any, text: str, codes: list[str]
) -> None:
    (concept,) = read_concepts(value)
    assert concept.text == text
    assert isinstance(concept.text, str)
    assert [coding.code for coding in concept.codings] == codes


def test_a_bare_coding_is_labeled_by_its_display_then_by_its_code() -> None:
    coded = read_concept({"system": ICD, "code": "M54.5"})
    assert (coded.label, coded.label_in_words) == ("M545", "")
    shown = read_concept({"system": ICD, "code": "M54.5", "display": "LBP"})
    assert (shown.label, shown.label_in_words) == ("LBP", "LBP")


def test_bare_codings_of_a_list_are_read_as_one_concept() -> None:
    both = read_concept([{"system": ICD, "code": "M54.5"}, {"system": ICD, "code": "R33.9"}])
    assert (both.text, both.known_codings) == ("", (("icd10cm", "M545"), ("icd10cm", "R339")))
