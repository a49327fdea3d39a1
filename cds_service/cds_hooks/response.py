"""Cards and actions to the bytes of a CDS Hooks response.

Nothing that we author is ever null or empty. A client's own order inside an action goes back as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from cds_service.cds_hooks.model import Action, Card, Coding, Link, Suggestion
from cds_service.cds_hooks.profiles import ClientProfile

ADVICE_EXTENSION: Final = "org.spine-imaging-cds.advice"
ORDER_EXTENSION: Final = "davinci-crd.associated-resource"
"""Da Vinci CRD 2.2, section Linking cards to requests: local references."""
REASON_EXTENSION: Final = "org.spine-imaging-cds.non-adherence-reason"
SUGGESTION_EXTENSION: Final = "org.spine-imaging-cds.suggestion"

_LOCAL_REFERENCE: Final = re.compile(r"[A-Za-z]+/[A-Za-z0-9._-]+")
NO_CARDS: Final = b'{"cards":[]}'
"""The whole answer to a call that holds nothing of ours."""


def response_json(
    cards: tuple[Card, ...],
    system_actions: tuple[Action, ...],
    extension: Mapping[str, Any] | None,
    profile: ClientProfile,
) -> bytes:
    """The response body, without insignificant white space, cards in the order given.

    `extension` is the explanation that stands under `org.spine-imaging-cds.advice`. System actions
    stand at the top level (CDS Hooks 2.0) and under `extension` (the Argonaut PAMA profile).
    """
    body: dict[str, Any] = {"cards": [_card_json(card, profile) for card in cards]}
    if profile.is_before_2_0:
        return msgspec.json.encode(body)
    actions = [_action_json(action, profile) for action in system_actions]
    extensions: dict[str, Any] = {}
    if actions or profile.has_system_actions_always:
        body["systemActions"] = actions
    if actions:
        extensions["systemActions"] = actions
    if extension and (explanation := _without_empty(extension)):
        extensions[ADVICE_EXTENSION] = explanation
    if extensions:
        body["extension"] = extensions
    return msgspec.json.encode(body)


def _card_json(card: Card, profile: ClientProfile) -> dict[str, Any]:
    suggestions = list(_suggestions_json(card.suggestions, profile))
    modern = not profile.is_before_2_0
    return _filled(
        uuid=card.uuid if modern else "",
        summary=card.summary,
        detail=card.detail,
        indicator=card.indicator,
        source=_filled(
            label=card.source_label,
            url=card.source_url,
            topic=_coding_json(card.topic) if modern else None,
        ),
        suggestions=suggestions,
        selectionBehavior=profile.selection_behavior if suggestions else "",
        overrideReasons=[_reason_json(reason, profile) for reason in card.override_reasons]
        if modern
        else [],
        links=[_link_json(link) for link in card.links],
        extension=_order_link(card) if profile.names_order_on_card else None,
    )


def _order_link(card: Card) -> dict[str, Any] | None:
    """Which orders the card is about, as far as they can be named as CRD names them: by type and id."""
    named = [name for name in (card.order, *card.also) if name and _LOCAL_REFERENCE.fullmatch(name)]
    return {ORDER_EXTENSION: named} if named else None


def _reason_json(reason: Coding, profile: ClientProfile) -> dict[str, Any]:
    coding = _coding_json(reason)
    if profile.has_coded_override_reasons and reason.equivalent is not None:
        coding["extension"] = {REASON_EXTENSION: _coding_json(reason.equivalent)}
    return coding


def _suggestions_json(
    suggestions: Iterable[Suggestion], profile: ClientProfile
) -> Iterable[dict[str, Any]]:
    for suggestion in suggestions:
        if profile.one_action_a_suggestion:
            for position, action in enumerate(suggestion.actions):
                yield _suggestion_json(
                    suggestion, (action,), _part_uuid(suggestion, position), profile
                )
        else:
            yield _suggestion_json(suggestion, suggestion.actions, suggestion.uuid, profile)


def _part_uuid(suggestion: Suggestion, position: int) -> str:
    """The first part keeps the uuid, so that its acceptance is the suggestion's."""
    if position == 0:
        return suggestion.uuid
    try:
        base = UUID(suggestion.uuid)
    except ValueError:
        base = uuid5(NAMESPACE_URL, suggestion.uuid)
    return str(uuid5(base, str(position)))


def _suggestion_json(
    suggestion: Suggestion, actions: tuple[Action, ...], uuid: str, profile: ClientProfile
) -> dict[str, Any]:
    modern = not profile.is_before_2_0
    return _filled(
        label=suggestion.label,
        uuid=uuid,
        isRecommended=True if suggestion.is_recommended and modern else None,
        actions=[_action_json(action, profile) for action in actions],
        extension={SUGGESTION_EXTENSION: suggestion.id} if modern and suggestion.id else None,
    )


def _action_json(action: Action, profile: ClientProfile) -> dict[str, Any]:
    target = "resource" if profile.is_before_2_0 else "resourceId"
    described = _filled(type=action.type, description=action.description)
    if action.type == "delete":
        return described | _filled(**{target: action.resource_id})
    return described | ({} if action.resource is None else {"resource": action.resource})


def _link_json(link: Link) -> dict[str, Any]:
    return _filled(label=link.label, url=link.url, type=link.type)


def _coding_json(coding: Coding) -> dict[str, Any]:
    return _filled(system=coding.system, code=coding.code, display=coding.display)


def _filled(**fields: Any) -> dict[str, Any]:
    """The fields that hold something."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def _without_empty(value: Any) -> Any:
    """The same value without anything null or empty in it; None when nothing is left."""
    if value.__class__ is str:  # most of it, and asking for a Mapping is slow
        return value or None
    if isinstance(value, Mapping):
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None} or None
    if isinstance(value, list | tuple):
        return [item for item in map(_without_empty, value) if item is not None] or None
    return value
