"""What is on record is told once on a card, by what it means, the age behind it."""

from __future__ import annotations

from datetime import date
from typing import Any

from cds_service.advice import CompiledGuideline
from tests.scenarios.cases import Case, advice_of

PAIN = {"icd10": "M54.50", "onset": "2026-06-05"}


def on_record(
    compiled: CompiledGuideline, *conditions: dict[str, str], birth: str = "1981-03-01"
) -> str:
    """The line of the first card's detail that tells the record."""
    data: dict[str, Any] = {
        "title": "facts",
        "patient": {"birthDate": birth},
        "orders": [{"id": "o", "cpt": "72148"}],
        "conditions": [PAIN, *conditions],
        "expect": {},
    }
    card = advice_of(Case("facts", date(2026, 6, 15), data), compiled).cards[0]
    return next(line for line in card.detail.splitlines() if line.startswith("**On record:**"))


def test_one_problem_that_is_two_findings_is_told_once_under_both_names(
    compiled: CompiledGuideline,
) -> None:
    told = on_record(
        compiled, {"icd10": "C90.00", "text": "Multiple myeloma", "onset": "2025-04-01"}
    )
    assert told.count("Multiple myeloma") == 1
    assert "Bone or spine malignancy, active cancer: Multiple myeloma (1 Apr 2025)" in told


def test_two_problems_are_two_facts(compiled: CompiledGuideline) -> None:
    told = on_record(
        compiled,
        {"icd10": "C90.00", "text": "Multiple myeloma", "onset": "2025-04-01"},
        {"icd10": "R63.4", "text": "Abnormal weight loss", "onset": "2026-05-01"},
    )
    assert "Multiple myeloma (1 Apr 2025); " in told
    assert "bnormal weight loss (1 May 2026)" in told


def test_the_age_stands_behind_what_else_was_found(compiled: CompiledGuideline) -> None:
    told = on_record(
        compiled,
        {"icd10": "M84.58XA", "text": "Pathological fracture, vertebra", "onset": "2026-06-09"},
        birth="1951-03-01",
    )
    assert told.index("Pathological fracture") < told.index("75 years")
