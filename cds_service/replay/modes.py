"""What each mode of showing cards (SPINE_CDS_SHOW) would have shown: the quiet one beside the one that shows all."""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.assessment.model import OrderAssessment
from cds_service.cards.ids import topic_code
from cds_service.knowledge.model import CardLimits
from cds_service.replay.details import Details, count
from cds_service.replay.rows import Row
from cds_service.replay.runner import Engine, Outcome


def count_modes(details: Details, rows: Iterable[Row], outcome: Outcome, engine: Engine) -> None:
    """Count the cards of a call's rows, as they are and as the other mode would have shown them.

    A run that is quiet itself counts that mode alone: what it left out it does not know.
    """
    advice = outcome.advice
    if advice is None or advice.assessment is None:
        return
    limits = engine.compiled.guideline.card_limits
    for row, order in zip(rows, advice.assessment.orders, strict=False):
        if engine.options.is_quiet:
            _count(details, "actionable", row.cards)
            continue
        _count(details, "all", row.cards)
        _count(details, "actionable", quiet_cards(row.cards, order, limits))


def quiet_cards(
    cards: tuple[str, ...], order: OrderAssessment, limits: CardLimits
) -> tuple[str, ...]:
    """The topic codes that are left in quiet mode; what had no room before takes the place of what is dropped."""
    dropped = {
        topic_code(card.card)
        for card in (*order.cards, *order.left_out)
        if card.card in limits.quiet_mode_drops and card.form not in limits.quiet_mode_keeps_forms
    }
    kept = tuple(card for card in cards if card not in dropped)
    waiting = tuple(
        code for card in order.left_out if (code := topic_code(card.card)) not in dropped
    )
    return kept + waiting[: len(cards) - len(kept)]


def _count(details: Details, mode: str, cards: tuple[str, ...]) -> None:
    count(details, "modes", mode, "orders")
    if cards:
        count(details, "modes", mode, "with_card")
    for card in cards:
        count(details, "modes", mode, "cards", card)
