"""One card for one ask: which cards of several orders say the same, and what they say together. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, get_args

from msgspec import Struct
from msgspec.structs import replace

from cds_service.assessment.model import ChosenCard, OrderAssessment
from cds_service.cds_hooks.model import Action, Suggestion
from cds_service.evidence.model import StudyProcedure
from cds_service.knowledge.anchors import Cards
from cds_service.knowledge.table import Region

_REGIONS: Final = get_args(Region)
_OF_ONE_ORDER = (
    Cards.WRONG_REGION,
    Cards.WHOLE_SPINE,
    Cards.DUPLICATE_RECENT,
    Cards.DUPLICATE_PENDING,
)
"""What these say differs from order to order, whatever their words have in common."""


class Ask(Struct, frozen=True, gc=False):
    """One card of one order."""

    order: int
    """Position of the order."""
    chosen: ChosenCard


def asks_together(orders: Sequence[OrderAssessment]) -> list[list[Ask]]:
    """The cards of all orders, those that ask for the same together, each group in the order of the orders.

    The same is asked where card, form, finding, rating and offers agree, and the studies differ in their regions alone.
    An order whose cards found no room keeps its first card to itself: they are named there.
    """
    references = Counter(item.order.reference for item in orders)
    groups: dict[Any, list[Ask]] = {}
    for position, item in enumerate(orders):
        is_alone = references[item.order.reference] > 1 or not item.order.id
        for place, chosen in enumerate(item.cards):
            names_others = place == 0 and bool(item.left_out)
            key = None if is_alone or names_others else _key(item, chosen)
            groups.setdefault(key or (position, place), []).append(Ask(position, chosen))
    return list(groups.values())


def _key(item: OrderAssessment, chosen: ChosenCard) -> Any | None:
    """What cards that ask for the same have in common; None for one that no other may join."""
    regions = item.order.procedure.regions
    if chosen.card in _OF_ONE_ORDER or not regions:
        return None
    studies = [study for study in (item.preferred, item.alternative) if study is not None]
    studies += [rated.study for offer in chosen.offers for rated in offer.studies]
    if any(study.regions != regions for study in studies):
        return None
    return (
        chosen.card,
        chosen.form,
        chosen.indicator,
        chosen.group.id if chosen.group is not None else "",
        chosen.finding.criterion.id if chosen.finding is not None else "",
        item.scenario,
        item.rating,
        item.appropriateness,
        item.urgency,
        item.order.priority,
        item.order.procedure.modality,
        item.duration,
        item.order.not_understood,
        tuple((study.modality, study.contrast) for study in studies),
        tuple((offer.suggestion, offer.priority, offer.reasons) for offer in chosen.offers),
    )


def joined_assessment(items: Sequence[OrderAssessment]) -> OrderAssessment:
    """The first of them, with the studies of all: what the card says of the order it says of each."""
    first = items[0]
    return replace(
        first,
        order=replace(first.order, procedure=_joined([item.order.procedure for item in items])),
        preferred=_joined_where_given([item.preferred for item in items]),
        alternative=_joined_where_given([item.alternative for item in items]),
    )


def joined_chosen(chosen: Sequence[ChosenCard]) -> ChosenCard:
    """The first of them, with offers that name the studies of all."""
    offers = tuple(
        replace(
            same[0],
            label_study=_joined_where_given([offer.label_study for offer in same]),
        )
        for same in zip(*(item.offers for item in chosen), strict=True)
    )
    return replace(chosen[0], offers=offers)


def joined_suggestions(
    named: Sequence[Suggestion], of_each: Sequence[Sequence[Suggestion]]
) -> tuple[Suggestion, ...]:
    """The suggestions of the first order, with the actions of all: what is created once is created once."""
    found = []
    for suggestion in named:
        actions: dict[tuple[object, ...], Action] = {}
        for suggestions in of_each:
            for one in suggestions:
                if one.id == suggestion.id:
                    actions |= {_content(action): action for action in one.actions}
        found.append(replace(suggestion, actions=tuple(actions.values())))
    return tuple(found)


def _content(action: Action) -> tuple[object, ...]:
    resource = bytes(action.resource) if action.resource is not None else b""
    return action.type, resource, action.resource_id


def _joined_where_given(studies: Sequence[StudyProcedure | None]) -> StudyProcedure | None:
    given = [study for study in studies if study is not None]
    return _joined(given) if len(given) == len(studies) else None


def _joined(studies: Sequence[StudyProcedure]) -> StudyProcedure:
    contrasts = {study.contrast for study in studies}
    return StudyProcedure(
        studies[0].modality,
        tuple(sorted({r for study in studies for r in study.regions}, key=_REGIONS.index)),
        contrasts.pop() if len(contrasts) == 1 else "unspecified",
    )
