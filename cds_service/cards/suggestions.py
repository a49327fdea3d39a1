"""The buttons of a card: what was found to fit the patient, made into what the order's FHIR can carry."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import replace

from cds_service.assessment.model import ChosenCard, Offer
from cds_service.cards.drafts import Draft
from cds_service.cards.evidence_lines import plain_name
from cds_service.cards.ids import card_uuid
from cds_service.cards.names import cut, plain
from cds_service.cards.words import CardWords, PreparedSuggestion
from cds_service.cds_hooks.model import Action, HookRequest, Suggestion
from cds_service.knowledge.anchors import AdviceLines, Suggestions
from cds_service.knowledge.members import MAY_BE_APPROPRIATE, UNDETERMINED
from cds_service.knowledge.model import Rating

REASON_LENGTH: Final = 60
"""Characters of the evidence that a label names."""
_Resources = list[msgspec.Raw | None]
"""One an action; None for a delete."""


def made_suggestions(
    chosen: ChosenCard, draft: Draft, rating: Rating, words: CardWords, request: HookRequest
) -> tuple[Suggestion, ...]:
    """The suggestions of a card that can be made of this order, the recommended one before others of its kind.

    `rating` is the order's own. One suggestion alone is not recommended over anything, and an answer of the orderer
    never is: what is recommended rests on the record.
    """
    made: list[Suggestion] = []
    is_open = words.cards[chosen.card].text.recommends and not chosen.is_softened
    for offer in chosen.offers:
        prepared = words.suggestions[offer.suggestion]
        if not draft.order.id and set(prepared.text.actions) != {"create"}:
            # An action names the draft by its id: without one, the client could not tell which is meant.
            continue
        resources = _resources(offer, prepared, draft, rating, words)
        if resources is None:
            continue
        name = _name(offer, draft, words)
        is_recommended = is_open and prepared.answer is None
        is_open = is_open and not is_recommended
        made.append(
            Suggestion(
                id=offer.suggestion,
                uuid=card_uuid(request, draft.order.reference, chosen.card, offer.suggestion),
                label=_with_name(prepared.label, name),
                actions=_actions(prepared, resources, draft.order.reference, name),
                is_recommended=is_recommended,
            )
        )
    if len(made) == 1:
        return (replace(made[0], is_recommended=False),)
    return tuple(made)


def _name(offer: Offer, draft: Draft, words: CardWords) -> str:
    """What the texts of a suggestion name: the study that it orders, or the reasons that it adds."""
    if offer.reasons:
        first = cut(plain_name(plain(offer.reasons[0][1])), REASON_LENGTH)
        more = len(offer.reasons) - 1
        return f"{first} {words.detail['and_more'].format(count=more)}" if more else first
    if offer.label_study is None:
        return ""
    name = words.inside(words.study(offer.label_study, (draft.order.procedure,)))
    is_preferred = offer.suggestion == Suggestions.REPLACE_WITH_PREFERRED
    if is_preferred and offer.studies[0].rating is MAY_BE_APPROPRIATE:
        return f"{name} ({words.detail['rating_may_be_appropriate']})"
    return name


def _with_name(parts: tuple[str, ...], name: str) -> str:
    """The text with what this very suggestion orders or adds."""
    return name.join(parts)


def _actions(
    prepared: PreparedSuggestion, resources: _Resources, reference: str, name: str
) -> tuple[Action, ...]:
    """Several resources under one text of the guideline are several actions of its kind."""
    actions = []
    last = len(prepared.text.actions) - 1
    for position, resource in enumerate(resources):
        at = min(position, last)
        kind = prepared.text.actions[at]
        description = _with_name(prepared.descriptions[at], name)
        if kind == "delete":
            actions.append(Action(kind, description, resource_id=reference))
        else:
            actions.append(Action(kind, description, resource=resource))
    return tuple(actions)


def _resources(
    offer: Offer, prepared: PreparedSuggestion, draft: Draft, rating: Rating, words: CardWords
) -> _Resources | None:
    """What the actions carry; None where the order's FHIR has no room for the change, or no system a code."""
    match offer.change:
        case "listed":
            created = iter(prepared.created)
            return [
                None if kind == "delete" else draft.new_listed(next(created))
                for kind in prepared.text.actions
            ]
        case "new-studies":
            return _new_studies(offer, draft)
        case "study":
            target = offer.studies[0]
            changed = draft.with_study(target.study, offer.priority, target.rating)
        case "priority":
            changed = (
                draft.with_priority(offer.priority, rating) if offer.priority is not None else None
            )
        case "reasons":
            changed = draft.with_reason_references(offer.reasons, rating)
        case "answer":
            # What the order is rated with the answer, the hook that follows works out.
            changed = (
                draft.with_reason(prepared.answer, UNDETERMINED)
                if prepared.answer is not None
                else None
            )
        case "records":
            changed = draft.with_instruction(words.advice[AdviceLines.BRING_RECORDS], rating)
    return [changed] if changed is not None else None


def _new_studies(offer: Offer, draft: Draft) -> _Resources | None:
    """All of them or none: half an answer would look like a whole one."""
    resources: _Resources = []
    for part in offer.studies:
        created = draft.new_study(part.study, offer.priority or "routine", part.rating)
        if created is None:
            return None
        resources.append(created)
    return resources
