"""The cards of one call, as the assessment chose them. Read `render_cards` first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from cds_service.assessment.model import CallAssessment, ChosenCard, OrderAssessment
from cds_service.cards.detail import (
    added_detail,
    added_sources,
    gap_lines,
    partial_detail,
    primary_detail,
    primary_sources,
)
from cds_service.cards.drafts import Draft, RatingChoice
from cds_service.cards.ids import card_uuid, numbered
from cds_service.cards.options import Answering
from cds_service.cards.suggestions import made_suggestions
from cds_service.cards.summary import Subject, filled_summary
from cds_service.cds_hooks.model import Action, Card
from cds_service.knowledge.anchors import Citations

_SERIOUS_FIRST: Final = {"critical": 0, "warning": 1, "info": 2}


class OrderCards(Struct, frozen=True, gc=False):
    """The cards about one order, in the order in which they are shown."""

    order: str
    cards: tuple[Card, ...]


class RenderedCall(Struct, frozen=True, gc=False):
    """All cards of one call."""

    orders: tuple[OrderCards, ...]
    call_cards: tuple[Card, ...]
    """About the whole call: what could not be read."""
    ratings: tuple[Action, ...]
    """System actions that rate the orders whose appropriateness is determined."""

    @property
    def cards(self) -> tuple[Card, ...]:
        """Every card, most serious first, in the order of the orders."""
        every = [card for item in self.orders for card in item.cards]
        every += self.call_cards
        return tuple(sorted(every, key=lambda card: _SERIOUS_FIRST[card.indicator]))


def render_cards(call: CallAssessment, answering: Answering) -> RenderedCall:
    """The cards of one call. Nothing over the limit is lost: it becomes a line of the first card of its order."""
    lines = gap_lines(call, answering.words)
    orders: list[OrderCards] = []
    call_cards: tuple[Card, ...] = ()
    ratings: list[Action] = []
    for assessment in call.orders:
        renderer = _OrderRenderer(call, assessment, answering, lines)
        orders.append(OrderCards(assessment.order.reference, renderer.cards()))
        if call.partial is not None and not call_cards:
            call_cards = (renderer.partial_card(call.partial),)
        ratings += renderer.rating()
    return RenderedCall(_told_apart(orders), call_cards, tuple(ratings))


def _told_apart(orders: Sequence[OrderCards]) -> tuple[OrderCards, ...]:
    """The same, but cards about a second study under the same id get uuids of their own.

    Several items of one order share its id, and so may drafts of a careless client; feedback is kept by uuid.
    """
    seen: Counter[str] = Counter()
    found = []
    for item in orders:
        number = seen[item.order]
        seen[item.order] += 1
        cards = tuple(numbered(card, number) for card in item.cards) if number else item.cards
        found.append(OrderCards(item.order, cards))
    return tuple(found)


class _OrderRenderer:
    """Renders the cards of one order."""

    def __init__(
        self,
        call: CallAssessment,
        assessment: OrderAssessment,
        answering: Answering,
        gap_lines: Sequence[str],
    ) -> None:
        self._call = call
        self._assessment = assessment
        self._answering = answering
        self._words = answering.words
        self._gap_lines = gap_lines
        options = answering.options
        self._draft = Draft(
            assessment.order,
            answering.words.codes,
            answering.request.context.patient_id,
            RatingChoice(options.pama, options.qcdsm_id),
        )

    def cards(self) -> tuple[Card, ...]:
        """The cards of the order, in the order in which they are shown."""
        over = [filled_summary(self._subject(chosen)) for chosen in self._assessment.left_out]
        cards = []
        for chosen in self._assessment.cards:
            cards.append(self._card(chosen, over))
            over = []  # said on the first card, and only there
        rank = self._words.shown_order
        return tuple(sorted(cards, key=lambda card: rank[card.indicator]))

    def partial_card(self, chosen: ChosenCard) -> Card:
        """The card that says what could not be read."""
        subject = self._subject(chosen)
        detail = partial_detail(self._words, self._gap_lines)
        card = self._made(subject, detail, [Citations.POLICY])
        return replace(card, uuid=card_uuid(self._answering.request, "", card.id), order=None)

    def rating(self) -> list[Action]:
        """The system action that rates the order; none where it has no rating to publish."""
        rated = self._draft.rated(self._assessment.appropriateness)
        if rated is None:
            return []
        return [Action("update", self._words.detail["pama_action"], resource=rated)]

    def _subject(self, chosen: ChosenCard) -> Subject:
        return Subject(self._words, self._call, self._assessment, chosen)

    def _card(self, chosen: ChosenCard, over: Sequence[str]) -> Card:
        subject = self._subject(chosen)
        if chosen.card == self._assessment.primary_card:
            sources = primary_sources(subject)
            return self._made(
                subject, primary_detail(subject, sources, self._gap_lines, over), sources
            )
        sources = added_sources(subject)
        return self._made(subject, added_detail(subject, sources, over), sources)

    def _made(self, subject: Subject, detail: str, sources: Sequence[str]) -> Card:
        chosen, request = subject.chosen, self._answering.request
        prepared = self._words.cards[chosen.card]
        source = self._words.source(sources[0])
        reference = self._assessment.order.reference
        return Card(
            id=chosen.card,
            uuid=card_uuid(request, reference, chosen.card),
            summary=filled_summary(subject),
            detail=detail,
            indicator=chosen.indicator,
            source_label=source.label,
            source_url=source.url,
            topic=prepared.topic,
            suggestions=made_suggestions(
                chosen, self._draft, self._assessment.appropriateness, self._words, request
            ),
            override_reasons=prepared.override_reasons,
            order=reference,
        )
