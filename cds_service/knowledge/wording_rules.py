"""Mistakes in the words of cards, and in the rules that choose them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter
from typing import Final, get_args

from cds_service.knowledge.closed_lists import DETAIL_WORDS, NO_CARD, PRIMARY, SUMMARY_WORDS
from cds_service.knowledge.links import missing_citations, repeated
from cds_service.knowledge.mistakes import twice, unknown_names
from cds_service.knowledge.model import (
    CardText,
    Contrast,
    Modality,
    Region,
    SuggestionText,
    When,
    Wording,
)
from cds_service.knowledge.parts import Names, Parts

_FILE: Final = "wording.toml"
_UNKNOWN_REGION: Final = "unknown"
_EVERY_ORDER: Final = When(fact="always")
_CARD_LISTS: Final = (
    "low_value",
    "quiet_mode_drops",
    "keep_first",
    "drop_when_condition_unread",
    "soften_when_partial",
    "soften_when_worsening",
    "added_cards",
)


def wording_mistakes(parts: Parts, names: Names) -> Iterator[str]:
    """One line a mistake in wording.toml and cards.toml."""
    yield from _card_rule_mistakes(parts, names)
    wording = parts.wording
    if wording is None:
        return
    for name in repeated(card.id for card in wording.card):
        yield twice(f"{_FILE}: card", "card", name, "the same file")
    for name in repeated(suggestion.id for suggestion in wording.suggestion):
        yield twice(f"{_FILE}: suggestion", "suggestion", name, "the same file")
    for card in wording.card:
        yield from _card_mistakes(f"{_FILE}: card '{card.id}'", card, names)
    for suggestion in wording.suggestion:
        yield from _suggestion_mistakes(f"{_FILE}: suggestion '{suggestion.id}'", suggestion)
    yield from _short_name_mistakes(wording)
    for where, text, words in _texts(wording):
        yield from _placeholder_mistakes(where, text, words)
    yield from _forbidden_mistakes(wording, parts)


def _card_rule_mistakes(parts: Parts, names: Names) -> Iterator[str]:
    cards = parts.cards
    if cards is None:
        return
    limits = cards.card_limits
    for number, rule in enumerate(cards.card_rule, 1):
        if rule.card != NO_CARD:
            where = f"cards.toml: card_rule {number}"
            yield from unknown_names(where, "card", (rule.card,), names.cards)
    if not cards.card_rule or cards.card_rule[-1].when != _EVERY_ORDER:
        yield (
            "cards.toml: the last card_rule does not always hold. Silence is only for orders that are "
            'no spine imaging. Give the last one: when = { fact = "always" }.'
        )
    for key in _CARD_LISTS:
        where = f"cards.toml: card_limits.{key}"
        yield from unknown_names(where, "card", getattr(limits, key), names.cards | {PRIMARY})
    if parts.wording is None:
        return
    forms = {
        variant.id
        for card in parts.wording.card
        if card.id in limits.quiet_mode_drops
        for variant in card.variant
    }
    where = "cards.toml: card_limits.quiet_mode_keeps_forms"
    yield from unknown_names(where, "form of a dropped card", limits.quiet_mode_keeps_forms, forms)


def _card_mistakes(where: str, card: CardText, names: Names) -> Iterator[str]:
    forms = {variant.id for variant in card.variant}
    for name in repeated(variant.id for variant in card.variant):
        yield twice(f"{where}: variant", "variant", name, "the same card")
    for variant in card.variant:
        place = f"{where}, variant '{variant.id}'"
        found = variant.suggestions or ()
        yield from unknown_names(place, "suggestion", found, names.suggestions)
    yield from unknown_names(where, "suggestion", card.suggestions, names.suggestions)
    yield from unknown_names(where, "override reason", card.overrides, names.overrides)
    yield from unknown_names(where, "advice line", card.advice, names.advice)
    yield from unknown_names(where, "form of this card", card.opens_detail_forms, forms)
    if card.sources:
        yield from missing_citations(where, card.sources, names)


def _suggestion_mistakes(where: str, suggestion: SuggestionText) -> Iterator[str]:
    if len(suggestion.actions) != len(suggestion.description) or not suggestion.actions:
        yield (
            f"{where} has {len(suggestion.actions)} actions and {len(suggestion.description)} "
            "descriptions. Every action is described, and there is at least one. Make them even."
        )
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


def _texts(wording: Wording) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Every text with its place and the placeholders that it may hold."""
    for card in wording.card:
        where = f"{_FILE}: card '{card.id}'"
        yield where, card.summary, SUMMARY_WORDS
        if card.opens_detail is not None:
            yield where, card.opens_detail, DETAIL_WORDS
        for variant in card.variant:
            if variant.summary is not None:
                yield f"{where}, variant '{variant.id}'", variant.summary, SUMMARY_WORDS
    for suggestion in wording.suggestion:
        for text in (suggestion.label, *suggestion.description):
            yield f"{_FILE}: suggestion '{suggestion.id}'", text, SUMMARY_WORDS
    for key, texts, words in (
        ("advice", wording.advice, frozenset[str]()),
        ("override_reason", wording.override_reason, frozenset[str]()),
        ("pediatric_advice", wording.pediatric_advice, frozenset[str]()),
        ("source_labels", wording.source_labels, frozenset[str]()),
        ("detail", wording.detail, DETAIL_WORDS),
    ):
        for name, text in texts.items():
            yield f"{_FILE}: {key}.{name}", text, words


def _placeholder_mistakes(where: str, text: str, words: frozenset[str]) -> Iterator[str]:
    try:
        fields = [found for _, found, _, _ in Formatter().parse(text) if found is not None]
    except ValueError:
        yield (
            f"{where}: the braces of '{text}' do not match. A placeholder is a word in braces, such as "
            "{ordered}. Correct them."
        )
        return
    yield from unknown_names(where, "placeholder", fields, words)


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
    spoken = [(where, text) for where, text, _ in _texts(wording)]
    for file, group in parts.groups.items():
        spoken.append((f"groups/{file}.toml", group.short))
        spoken += [
            (f"groups/{file}.toml: criterion '{criterion.id}'", criterion.short or criterion.name)
            for criterion in group.criterion
        ]
    for where, text in spoken:
        for pattern in patterns:
            found = pattern.search(text)
            if found:
                yield (
                    f"{where}: the text says '{found.group()}'. A card never claims that much (see "
                    "forbidden in wording.toml). Say what was read instead."
                )
