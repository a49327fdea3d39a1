"""The card that stands in for an error, where a client would show an error as "all clear"."""

from __future__ import annotations

from datetime import date
from typing import Any

from cds_service.cards.ids import card_uuid, topic, topic_code
from cds_service.cards.words import capitalized, citation_text
from cds_service.cds_hooks.model import Card, HookRequest
from cds_service.errors import OrderLoss
from cds_service.knowledge.anchors import Cards
from cds_service.knowledge.model import Content, Guideline

_CARD = Cards.PARTIAL_DATA


def lost_orders_card(loss: OrderLoss, guideline: Guideline, request: HookRequest) -> Card:
    """The card about orders of a call that were not evaluated."""
    words = guideline.wording.detail
    text = next(card for card in guideline.wording.card if card.id == _CARD)
    citation = guideline.citations[text.sources[0]]
    label = citation_text(citation)
    return Card(
        id=_CARD,
        uuid=card_uuid(request, "", _CARD),
        summary=text.summary.format(missing="orders"),
        detail=f"**{words['not_read']}:** {words[loss]}\n\n"
        f"**{words['how_sure']}:** {words['partial_meaning']}",
        indicator=text.indicator,
        source_label=capitalized(label),
        source_url=citation.url,
        topic=topic(_CARD),
    )


def lost_orders_json(card: Card, content: Content, as_of: date) -> dict[str, Any]:
    """The explanation that goes with it: no assessment, and a gap."""
    return {
        "knowledge": {"id": content.id, "version": content.version},
        "asOf": as_of.isoformat(),
        "callCards": [topic_code(card.id)],
        "gaps": [{"source": "order", "reason": "unreadable"}],
    }
