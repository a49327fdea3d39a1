"""What is on record is told once on a card, by what it means, the age behind it."""

from __future__ import annotations

from datetime import date
from typing import Any

from cds_service.advice import CompiledGuideline
from cds_service.cards.names import cut
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


def said_and_found(
    compiled: CompiledGuideline, reason: dict[str, str], *conditions: dict[str, str]
) -> tuple[str, list[str]]:
    """Summary of the first card, and the lines of its detail."""
    data: dict[str, Any] = {
        "title": "said",
        "orders": [{"id": "o", "cpt": "72148", "reason": [reason]}],
        "conditions": list(conditions),
        "expect": {},
    }
    card = advice_of(Case("said", date(2026, 6, 15), data), compiled).cards[0]
    return card.summary, card.detail.splitlines()


def test_a_code_of_the_order_is_said_in_the_order_and_not_on_record(
    compiled: CompiledGuideline,
) -> None:
    summary, lines = said_and_found(
        compiled, {"icd10": "G83.4", "text": "Cauda equina syndrome"}, PAIN
    )
    assert "on record" not in summary
    assert '**Said in the order:** "Cauda equina syndrome".' in lines
    assert not any("On record" in line and "auda equina" in line for line in lines)


def test_the_same_code_among_the_problems_is_on_record(compiled: CompiledGuideline) -> None:
    syndrome = {"icd10": "G83.4", "text": "Cauda equina syndrome", "onset": "2026-06-14"}
    _, lines = said_and_found(compiled, {"text": "low back pain"}, PAIN, syndrome)
    assert any("On record" in line and "Cauda equina syndrome (14 Jun" in line for line in lines)


def test_a_card_beside_the_first_quotes_the_order_where_only_the_order_says_it(
    compiled: CompiledGuideline,
) -> None:
    data: dict[str, Any] = {
        "title": "aneurysm",
        "orders": [
            {
                "id": "o",
                "cpt": "72148",
                "reason": [{"text": "known AAA 6 cm, back pain for 5 days"}],
            }
        ],
        "conditions": [PAIN],
        "expect": {},
    }
    cards = advice_of(Case("aneurysm", date(2026, 6, 15), data), compiled).cards
    aneurysm = next(card for card in cards if "neurysm" in card.summary)
    assert '"AAA' in next(line for line in aneurysm.detail.splitlines() if "Said in" in line)
    assert "AAA (15 Jun" not in aneurysm.detail


def test_what_the_order_says_is_over_is_not_called_denied(compiled: CompiledGuideline) -> None:
    _, lines = said_and_found(
        compiled, {"text": "left foot drop in 2015, fully recovered; now low back pain"}, PAIN
    )
    assert '**Said in the order:** No current "foot drop".' in lines


def test_the_card_about_a_deceased_patient_says_since_when(compiled: CompiledGuideline) -> None:
    data: dict[str, Any] = {
        "title": "deceased",
        "patient": {"died": "2026-05-03"},
        "orders": [{"id": "o", "cpt": "72148", "reason": [{"icd10": "M54.50"}]}],
        "expect": {},
    }
    cards = advice_of(Case("deceased", date(2026, 6, 15), data), compiled).cards
    (card,) = (card for card in cards if card.id == "patient-deceased")
    assert card.detail.startswith("**On record:** Deceased (3 May 2026).")


def test_a_name_that_is_cut_says_so_and_one_that_fits_does_not() -> None:
    assert cut("Collapsed vertebra, not elsewhere classified", 20) == "Collapsed vertebra…"
    assert cut("Collapsed vertebra", 18) == "Collapsed vertebra"


def test_a_value_is_told_twice_only_in_another_unit(compiled: CompiledGuideline) -> None:
    def told(value: float, unit: str) -> str:
        data: dict[str, Any] = {
            "title": "fever",
            "orders": [{"id": "o", "cpt": "72148", "reason": [{"icd10": "M54.50"}]}],
            "observations": [
                {"loinc": "8310-5", "value": value, "unit": unit, "date": "2026-06-13"}
            ],
            "expect": {},
        }
        return advice_of(Case("fever", date(2026, 6, 15), data), compiled).cards[0].detail

    assert " = " not in told(38.93, "Cel")
    assert "102.5 °F = 39.2 °C" in told(102.5, "[degF]")
