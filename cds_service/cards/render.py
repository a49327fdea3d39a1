"""The cards of one call, as the assessment chose them. Read `render_cards` first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
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
from cds_service.cards.facts import call_facts, card_facts
from cds_service.cards.ids import card_uuid, numbered
from cds_service.cards.options import Answering
from cds_service.cards.shared import (
    Ask,
    asks_together,
    joined_assessment,
    joined_chosen,
    joined_suggestions,
)
from cds_service.cards.suggestions import made_suggestions
from cds_service.cards.summary import Subject, filled_summary
from cds_service.cds_hooks.model import Action, Card, Suggestion

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
        """Every card once, most serious first, in the order of the orders."""
        every = {card.uuid: card for item in self.orders for card in item.cards}
        every |= {card.uuid: card for card in self.call_cards}
        return tuple(sorted(every.values(), key=lambda card: _SERIOUS_FIRST[card.indicator]))


def render_cards(call: CallAssessment, answering: Answering) -> RenderedCall:
    """The cards of one call. Nothing over the limit is lost: it becomes a line of the first card of its order."""
    lines = gap_lines(call, answering.words)
    renderers = [_OrderRenderer(call, item, answering, lines) for item in call.orders]
    cards: list[list[Card]] = [[] for _ in renderers]
    for asks in asks_together(call.orders):
        card = _card_of(asks, renderers)
        for ask in asks:
            cards[ask.order].append(card)
    rank = answering.words.shown_order
    orders = [
        OrderCards(renderer.reference, tuple(sorted(own, key=lambda card: rank[card.indicator])))
        for renderer, own in zip(renderers, cards, strict=True)
    ]
    call_cards: tuple[Card, ...] = ()
    if call.partial is not None and renderers:
        call_cards = (renderers[0].partial_card(call.partial),)
    ratings = [action for renderer in renderers for action in renderer.rating()]
    return RenderedCall(_told_apart(orders), call_cards, tuple(ratings))


def _card_of(asks: Sequence[Ask], renderers: Sequence[_OrderRenderer]) -> Card:
    """The card of one order, or of several that it asks the same about."""
    of_orders = [renderers[ask.order] for ask in asks]
    if len(asks) == 1:
        return of_orders[0].card(asks[0].chosen)
    joined = of_orders[0].beside(of_orders)
    card = joined.card(joined_chosen([ask.chosen for ask in asks]))
    of_each = [own.suggestions(ask.chosen) for own, ask in zip(of_orders, asks, strict=True)]
    return replace(
        card,
        suggestions=joined_suggestions(card.suggestions, of_each),
        also=tuple(own.reference for own in of_orders[1:]),
    )


def without_known(rendered: RenderedCall, is_known: Callable[[Card], bool]) -> RenderedCall:
    """The same without the cards that were shown before and tell nothing new; a critical card is always shown."""

    def is_shown(card: Card) -> bool:
        return card.indicator == "critical" or not is_known(card)

    return RenderedCall(
        orders=tuple(
            OrderCards(item.order, tuple(filter(is_shown, item.cards))) for item in rendered.orders
        ),
        call_cards=tuple(filter(is_shown, rendered.call_cards)),
        ratings=rendered.ratings,
    )


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
        draft: Draft | None = None,
    ) -> None:
        self._call = call
        self._assessment = assessment
        self._answering = answering
        self._words = answering.words
        self._gap_lines = gap_lines
        options = answering.options
        self._tells_facts = options.tells_facts
        self._draft = draft or Draft(
            assessment.order,
            answering.words.codes,
            answering.request.context.patient_id,
            RatingChoice(options.pama, options.qcdsm_id),
        )

    @property
    def reference(self) -> str:
        """Of the order."""
        return self._assessment.order.reference

    def beside(self, renderers: Sequence[_OrderRenderer]) -> _OrderRenderer:
        """The same, for the studies of several orders."""
        joined = joined_assessment([renderer._assessment for renderer in renderers])  # noqa: SLF001 - its own kind
        return _OrderRenderer(self._call, joined, self._answering, self._gap_lines, self._draft)

    def card(self, chosen: ChosenCard) -> Card:
        """One card; those that found no room are named on the first of the order, and only there."""
        is_first = bool(self._assessment.cards) and chosen is self._assessment.cards[0]
        over = self._assessment.left_out if is_first else ()
        return self._card(chosen, [filled_summary(self._subject(item)) for item in over])

    def suggestions(self, chosen: ChosenCard) -> tuple[Suggestion, ...]:
        """The suggestions of one card."""
        return made_suggestions(
            chosen,
            self._draft,
            self._assessment.appropriateness,
            self._words,
            self._answering.request,
        )

    def partial_card(self, chosen: ChosenCard) -> Card:
        """The card that says what could not be read."""
        subject = self._subject(chosen)
        detail = partial_detail(self._words, self._gap_lines)
        card = self._made(subject, detail, added_sources(subject))
        return replace(
            card,
            uuid=card_uuid(self._answering.request, "", card.id),
            order=None,
            facts=call_facts(self._call, chosen) if self._tells_facts else "",
        )

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
        source = self._words.card_source(sources)
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
            suggestions=self.suggestions(chosen),
            override_reasons=prepared.override_reasons,
            links=self._words.links(sources, source) if self._answering.options.gives_links else (),
            order=reference,
            facts=card_facts(self._assessment, chosen) if self._tells_facts else "",
        )
