"""The rules of CDS Hooks 2.0 for a response, and for an error, as one function each.

Requirement ids are those of the tests in `tests/cds_hooks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

ADVICE = "org.spine-imaging-cds.advice"
_INDICATORS = ("info", "warning", "critical")
_BEHAVIORS = ("at-most-one", "any")
_MAX_SUMMARY = 139
_MAX_TOPIC = 100
_TAG = re.compile(r"<[A-Za-z/!?]")
_SEVERITIES = ("fatal", "error", "warning", "information")
_RESPONSE = {"cards", "systemActions", "extension"}
_CARD = {
    "uuid", "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior",
    "overrideReasons", "links", "extension",
}  # fmt: skip
_ACTION = {"type", "description", "resource", "resourceId"}


def problems_of(response_body: Any) -> list[str]:
    """What a 200 does that CDS Hooks 2.0 forbids; empty when all is well. For the profiles since 2.0."""
    return list(_problems(response_body))


def outcome_problems_of(response_body: Any) -> list[str]:
    """What an error's body lacks to be an OperationOutcome that helps."""
    if not isinstance(response_body, dict) or response_body.get("resourceType") != (
        "OperationOutcome"
    ):
        return ["X-2: no OperationOutcome"]
    issues = response_body.get("issue")
    if not isinstance(issues, list) or not issues:
        return ["X-2: no issue"]
    found = [f"X-2: {place} is empty" for place in _empty_places(response_body, "body")]
    for issue in issues:
        if issue.get("severity") not in _SEVERITIES or not issue.get("code"):
            found.append("X-2: an issue without severity or code")
        if not issue.get("details", {}).get("text"):
            found.append("X-2: an issue without words")
    return found


def _problems(body: Any) -> Iterator[str]:
    if not isinstance(body, dict) or not isinstance(body.get("cards"), list):
        yield "C-1: no cards"
        return
    if set(body) - _RESPONSE:
        yield f"C-1: unknown members {sorted(set(body) - _RESPONSE)}"
    uuids: list[str] = []
    for position, card in enumerate(body["cards"]):
        place = f"cards[{position}]"
        yield from _card_problems(card, place)
        uuids += [card.get("uuid", "")]
        uuids += [suggestion.get("uuid", "") for suggestion in card.get("suggestions", ())]
    if len(set(uuids)) < len(uuids):
        yield "C-4: a uuid twice"
    yield from _system_action_problems(body)


def _system_action_problems(body: Mapping[str, Any]) -> Iterator[str]:
    actions = body.get("systemActions")
    extension = body.get("extension", {})
    if not isinstance(extension, dict):
        yield "E-1: the extension is no object"
        return
    if "extension" in body and not extension:
        yield "C-3: extension is empty"
    if actions is not None and not actions:
        yield "A-3: systemActions is empty"
    if extension.get("systemActions") != actions:
        yield "A-8: systemActions and extension.systemActions differ"
    for position, action in enumerate(actions or ()):
        place = f"systemActions[{position}]"
        yield from _action_problems(action, place)
        if action.get("type") != "update":
            yield f"A-7: {place} is no update"
    for place in _empty_places(extension.get(ADVICE, "none"), "extension"):
        yield f"C-3: {place} is empty"


def _card_problems(card: Any, place: str) -> Iterator[str]:
    authored = {key: value for key, value in card.items() if key != "suggestions"}
    for empty in _empty_places(authored, place):
        yield f"C-3: {empty} is empty"
    if set(card) - _CARD:
        yield f"C-1: {place} has unknown members {sorted(set(card) - _CARD)}"
    if not _is_uuid(card.get("uuid")):
        yield f"C-4: {place}.uuid"
    summary = card.get("summary")
    if not isinstance(summary, str) or not 1 <= len(summary) <= _MAX_SUMMARY or "\n" in summary:
        yield f"C-5: {place}.summary"
    detail = card.get("detail")
    if not isinstance(detail, str) or _TAG.search(detail):
        yield f"C-6: {place}.detail"
    if card.get("indicator") not in _INDICATORS:
        yield f"C-7: {place}.indicator"
    yield from _source_problems(card.get("source"), place)
    yield from _choice_problems(card, place)
    yield from _suggestions_problems(card, place)


def _choice_problems(card: Mapping[str, Any], place: str) -> Iterator[str]:
    if ("suggestions" in card) != ("selectionBehavior" in card):
        yield f"C-9: {place} has one of suggestions and selectionBehavior"
    if card.get("selectionBehavior", "any") not in _BEHAVIORS:
        yield f"C-10: {place}.selectionBehavior"
    for reason in card.get("overrideReasons", ()):
        if set(reason) != {"code", "system", "display"}:
            yield f"C-11: {place}.overrideReasons"
    for link in card.get("links", ()):
        if set(link) - {"label", "url", "type"} or not str(link.get("url")).startswith("https://"):
            yield f"C-12: {place}.links"


def _source_problems(source: Any, place: str) -> Iterator[str]:
    if not isinstance(source, dict) or not isinstance(source.get("label"), str):
        yield f"C-8: {place}.source.label"
        return
    if not str(source.get("url", "https://")).startswith("https://"):
        yield f"C-8: {place}.source.url"
    topic = source.get("topic")
    if not isinstance(topic, dict) or set(topic) != {"system", "code", "display"}:
        yield f"C-8: {place}.source.topic"
    elif not topic["code"].isalnum() or len(topic["code"]) > _MAX_TOPIC:
        yield f"C-8: {place}.source.topic.code"


def _suggestions_problems(card: Mapping[str, Any], place: str) -> Iterator[str]:
    suggestions = card.get("suggestions", ())
    recommended = [suggestion for suggestion in suggestions if suggestion.get("isRecommended")]
    if len(recommended) > 1 and card.get("selectionBehavior") != "any":
        yield f"S-3: {place} recommends {len(recommended)}"
    for position, suggestion in enumerate(suggestions):
        here = f"{place}.suggestions[{position}]"
        authored = {key: value for key, value in suggestion.items() if key != "actions"}
        for empty in _empty_places(authored, here):
            yield f"C-3: {empty} is empty"
        if not isinstance(suggestion.get("label"), str):
            yield f"S-1: {here}.label"
        if not _is_uuid(suggestion.get("uuid")):
            yield f"S-2: {here}.uuid"
        actions = suggestion.get("actions")
        if not isinstance(actions, list) or not actions:
            yield f"S-4: {here}.actions"
            continue
        for number, action in enumerate(actions):
            yield from _action_problems(action, f"{here}.actions[{number}]")


def _action_problems(action: Mapping[str, Any], place: str) -> Iterator[str]:
    kind, resource = action.get("type"), action.get("resource")
    if set(action) - _ACTION:
        yield f"S-6: {place} has unknown members"
    if not isinstance(action.get("description"), str) or not action["description"]:
        yield f"S-6: {place}.description"
    if kind == "delete":
        target = action.get("resourceId")
        if resource is not None or not isinstance(target, str) or target.count("/") != 1:
            yield f"S-8: {place}"
    elif kind in ("create", "update"):
        if not isinstance(resource, dict) or "resourceId" in action:
            yield f"S-7: {place}.resource"
        elif not isinstance(resource.get("resourceType"), str):
            yield f"S-7: {place}.resource.resourceType"
        elif kind == "update" and not resource.get("id"):
            yield f"S-7: {place}.resource.id"
    else:
        yield f"S-6: {place}.type"


def _is_uuid(text: Any) -> bool:
    try:
        return isinstance(text, str) and str(UUID(text)) == text
    except ValueError:
        return False


def _empty_places(value: Any, place: str) -> Iterator[str]:
    if value is None or value in ("", [], {}):
        yield place
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _empty_places(item, f"{place}.{key}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _empty_places(item, f"{place}[{position}]")
