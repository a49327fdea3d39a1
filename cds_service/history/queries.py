"""What the history says: which cards were shown, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Subquery, func, select

from cds_service.history.models import Call, CallCard, CardFeedback


@dataclass(frozen=True, slots=True)
class CardOutcomes:
    """How often one kind of card was shown and what was done. A card counts once, by its last outcome."""

    card_id: str
    shown: int
    accepted: int
    overridden: int

    @property
    def ignored(self) -> int:
        """Cards that nobody answered: clients send no feedback for those."""
        return self.shown - self.accepted - self.overridden


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How often a kind of card was overridden for one reason; code and display are empty for no reason."""

    card_id: str
    code: str
    display: str
    count: int


def card_outcomes(engine: Engine, since: datetime, until: datetime) -> tuple[CardOutcomes, ...]:
    """One row a kind of card shown in the half-open interval [since, until), most shown first."""
    cards, last = _shown_cards(since, until), _last_outcomes()
    statement = (
        select(
            cards.c.card_id,
            func.count(),
            func.count().filter(last.c.outcome == "accepted"),
            func.count().filter(last.c.outcome == "overridden"),
        )
        .select_from(cards.outerjoin(last, _of_same_card(cards, last)))
        .group_by(cards.c.card_id)
        .order_by(func.count().desc(), cards.c.card_id)
    )
    with engine.connect() as connection:
        return tuple(CardOutcomes(*row) for row in connection.execute(statement))


def override_reasons(engine: Engine, since: datetime, until: datetime) -> tuple[ReasonCount, ...]:
    """Why cards shown in [since, until) were overridden in the end, most frequent first."""
    cards, last = _shown_cards(since, until), _last_outcomes()
    code = func.coalesce(last.c.reason_code, "")
    display = func.coalesce(last.c.reason_display, "")
    statement = (
        select(cards.c.card_id, code, display, func.count())
        .select_from(cards.join(last, _of_same_card(cards, last)))
        .where(last.c.outcome == "overridden")
        .group_by(cards.c.card_id, code, display)
        .order_by(func.count().desc(), cards.c.card_id, code)
    )
    with engine.connect() as connection:
        return tuple(ReasonCount(*row) for row in connection.execute(statement))


def _shown_cards(since: datetime, until: datetime) -> Subquery:
    """Distinct, because the same call repeated shows the same card again."""
    return (
        select(CallCard.key, CallCard.card_id)
        .join(Call, Call.id == CallCard.call_id)
        .where(Call.received_at >= since, Call.received_at < until, Call.is_shown)
        .distinct()
        .subquery("shown")
    )


def _last_outcomes() -> Subquery:
    when = func.coalesce(CardFeedback.outcome_at, CardFeedback.received_at)
    ranked = select(
        CardFeedback.card_key,
        CardFeedback.outcome,
        CardFeedback.reason_code,
        CardFeedback.reason_display,
        func.row_number()
        .over(partition_by=CardFeedback.card_key, order_by=(when.desc(), CardFeedback.id.desc()))
        .label("rank"),
    ).subquery("ranked")
    return select(ranked).where(ranked.c.rank == 1).subquery("last")


def _of_same_card(cards: Subquery, last: Subquery) -> ColumnElement[bool]:
    return cards.c.key == last.c.card_key
