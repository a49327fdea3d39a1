"""Mistakes in the words of cards, and in the rules that choose them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, get_args

from cds_service.knowledge.kinds import Filled
from cds_service.knowledge.links import misspelt_code, repeated
from cds_service.knowledge.mistakes import twice, unknown_names
from cds_service.knowledge.model import CardText, Contrast, Modality, SuggestionText, When, Wording
from cds_service.knowledge.parts import Parts, every_table
from cds_service.knowledge.references import marks
from cds_service.knowledge.table import Region

_FILE: Final = "wording.toml"
_UNKNOWN_REGION: Final = "unknown"
_EVERY_ORDER: Final = When(fact="always")


def wording_mistakes(parts: Parts) -> Iterator[str]:
    """One line a mistake in wording.toml and cards.toml."""
    yield from _card_rule_mistakes(parts)
    wording = parts.wording
    if wording is None:
        return
    for name in repeated(card.id for card in wording.card):
        yield twice(f"{_FILE}: card", "card", name, "the same file")
    for name in repeated(suggestion.id for suggestion in wording.suggestion):
        yield twice(f"{_FILE}: suggestion", "suggestion", name, "the same file")
    for card in wording.card:
        yield from _card_mistakes(f"{_FILE}: card '{card.id}'", card)
    for suggestion in wording.suggestion:
        yield from _suggestion_mistakes(f"{_FILE}: suggestion '{suggestion.id}'", suggestion)
    yield from _short_name_mistakes(wording)
    yield from _forbidden_mistakes(wording, parts)


def _card_rule_mistakes(parts: Parts) -> Iterator[str]:
    cards = parts.cards
    if cards is None:
        return
    if not cards.card_rule or cards.card_rule[-1].when != _EVERY_ORDER:
        yield (
            "cards.toml: the last card_rule does not always hold. Silence is only for orders that are "
            'no spine imaging. Give the last one: when = { fact = "always" }.'
        )
    if parts.wording is None:
        return
    dropped = [name.partition(" ") for name in cards.card_limits.quiet_mode_drops]
    whole = {card for card, _, form in dropped if not form}
    forms = {
        variant.id for card in parts.wording.card if card.id in whole for variant in card.variant
    }
    for card in parts.wording.card:
        named = [form for name, _, form in dropped if name == card.id and form]
        own = {variant.id for variant in card.variant}
        yield from unknown_names(
            "cards.toml: card_limits.quiet_mode_drops", f"form of '{card.id}'", named, own
        )
    where = "cards.toml: card_limits.quiet_mode_keeps_forms"
    kept = cards.card_limits.quiet_mode_keeps_forms
    yield from unknown_names(where, "form of a dropped card", kept, forms)


def _card_mistakes(where: str, card: CardText) -> Iterator[str]:
    forms = {variant.id for variant in card.variant}
    for name in repeated(variant.id for variant in card.variant):
        yield twice(f"{where}: variant", "variant", name, "the same card")
    yield from unknown_names(where, "form of this card", card.opens_detail_forms, forms)


def _suggestion_mistakes(where: str, suggestion: SuggestionText) -> Iterator[str]:
    if len(suggestion.actions) != len(suggestion.description) or not suggestion.actions:
        yield (
            f"{where} has {len(suggestion.actions)} actions and {len(suggestion.description)} "
            "descriptions. Every action is described, and there is at least one. Make them even."
        )
    if suggestion.states is not None and suggestion.states.snomed is not None:
        yield from misspelt_code(where, "snomed", suggestion.states.snomed.code)
    if suggestion.create and suggestion.actions.count("create") != len(suggestion.create):
        yield (
            f"{where} has {suggestion.actions.count('create')} create actions and "
            f"{len(suggestion.create)} codes. Every created order has its code. Make them even."
        )


def _short_name_mistakes(wording: Wording) -> Iterator[str]:
    short = wording.short_names
    for key, found, needed in (
        ("modality", set(short.modality), get_args(Modality)),
        ("region", set(short.region), (*get_args(Region), _UNKNOWN_REGION)),
        ("contrast", set(short.contrast), get_args(Contrast)),
        ("regions_joined", set(short.regions_joined) | {"whole"}, get_args(Region)),
    ):
        for name in needed:
            if name not in found:
                yield (
                    f"{_FILE}: short_names.{key} has no '{name}'. A card could not name that study. "
                    f'Add: {name} = "…".'
                )


def _forbidden_mistakes(wording: Wording, parts: Parts) -> Iterator[str]:
    patterns: list[re.Pattern[str]] = []
    for text in wording.forbidden:
        try:
            patterns.append(re.compile(text, re.IGNORECASE))
        except re.error as error:
            yield (
                f"{_FILE}: forbidden '{text}' is no regular expression: {error}. It would guard "
                "nothing. Correct it."
            )
    spoken = [
        (found.where, found.value)
        for where, table in every_table(parts)
        for found in marks(table, where)
        if isinstance(found.mark, Filled)
    ]
    for where, text in spoken:
        for pattern in patterns:
            found = pattern.search(text)
            if found:
                yield (
                    f"{where}: the text says '{found.group()}'. A card never claims that much (see "
                    "forbidden in wording.toml). Say what was read instead."
                )
