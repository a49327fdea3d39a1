"""What quiet mode leaves out: the cards of the list, those that rest on the age alone, and nothing else."""

from __future__ import annotations

import pytest

from cds_service.assessment.model import AGE, ChosenCard, OrderAssessment
from tests import shipped
from tests.scenarios.cases import CASES, Case, advice_of, answered, is_answered

_LOUD = [
    case
    for number, case in enumerate(CASES)
    if is_answered(case) and not case.data.get("quiet") and number % 23 == 0
]


def is_listed(card: ChosenCard) -> bool:
    limits = shipped.guideline().card_limits
    if f"{card.card} {card.form}" in limits.quiet_mode_drops:
        return True
    return card.card in limits.quiet_mode_drops and card.form not in limits.quiet_mode_keeps_forms


def rests_on_age(card: ChosenCard, about: OrderAssessment) -> bool:
    group = about.scenario_group
    return (
        card.card == about.primary_card
        and card.indicator != "critical"
        and group is not None
        and all(found.value_set == AGE for item in group.criteria for found in item.findings)
    )


def test_there_are_cards_that_quiet_mode_leaves_out_and_cards_that_it_keeps() -> None:
    found = [
        is_listed(card)
        for case in _LOUD
        for about in getattr(answered(case).assessment, "orders", ())
        for card in about.cards
    ]
    assert 20 < sum(found) < len(found) - 20


@pytest.mark.parametrize("case", _LOUD, ids=[case.id for case in _LOUD])
def test_quiet_mode_leaves_out_what_changes_no_order_and_keeps_the_rest(case: Case) -> None:
    loud = answered(case).assessment
    hushed = Case(case.file, case.as_of, {**case.data, "quiet": True})
    quiet = advice_of(hushed, shipped.compiled()).assessment
    if loud is None or quiet is None:
        assert loud is quiet
        return
    for before, after in zip(loud.orders, quiet.orders, strict=True):
        wanted = [
            (card.card, card.form)
            for card in (*before.cards, *before.left_out)
            if not is_listed(card) and not rests_on_age(card, before)
        ]
        kept = [(card.card, card.form) for card in (*after.cards, *after.left_out)]
        assert sorted(kept) == sorted(wanted)
