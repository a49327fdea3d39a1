"""The guideline files as far as they could be read, and the names that they give things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cds_service.knowledge.files import CardsFile, OrderChecksFile, RatingFile
from cds_service.knowledge.language import Language
from cds_service.knowledge.model import (
    AllowedException,
    Citation,
    Combination,
    Content,
    Disagreement,
    EvidenceRules,
    Group,
    ObservationName,
    OrderCatalog,
    Parameter,
    Quantity,
    RatingWhen,
    ValueSet,
    When,
    Wording,
)
from cds_service.knowledge.table import Table

Tables = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """Ids that the files give, those of tables with mistakes included: a second line about them would only confuse."""

    citations: frozenset[str]
    parameters: frozenset[str]
    value_sets: frozenset[str]
    groups: frozenset[str]
    criteria: frozenset[str]
    domains: Mapping[str, frozenset[str]]
    """By group."""
    scenarios: frozenset[str]
    units: frozenset[str]
    rating_whens: frozenset[str]
    cards: frozenset[str]
    forms: frozenset[str]
    """Variants of any card."""
    suggestions: frozenset[str]
    overrides: frozenset[str]
    advice: frozenset[str]


@dataclass(slots=True)
class Parts:
    """The validated parts; None, or left out, where a file or table has mistakes of its own."""

    content: Content | None = None
    language: Language | None = None
    combination: Combination | None = None
    evidence: EvidenceRules | None = None
    catalog: OrderCatalog | None = None
    order_checks: OrderChecksFile | None = None
    cards: CardsFile | None = None
    wording: Wording | None = None
    citations: dict[str, Citation] = field(default_factory=dict)
    exceptions: dict[str, AllowedException] = field(default_factory=dict)
    disagreements: dict[str, Disagreement] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    units: dict[str, Quantity] = field(default_factory=dict)
    observations: dict[str, ObservationName] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    """By file name."""
    value_sets: dict[str, ValueSet] = field(default_factory=dict)
    """By file name."""
    ratings: dict[str, RatingFile] = field(default_factory=dict)
    """By region."""
    rating_when: dict[str, RatingWhen] = field(default_factory=dict)


def names_in(files: Mapping[str, Tables]) -> Names:
    """The names in the files as they are written; `files` by path, such as `groups/cord.toml`."""
    groups = {_stem(path): tables for path, tables in files.items() if path.startswith("groups/")}
    wording = files.get("wording.toml", {})
    return Names(
        citations=_keys(files.get("citations.toml")),
        parameters=_keys(files.get("parameters.toml")),
        value_sets=frozenset(_stem(path) for path in files if path.startswith("value_sets/")),
        groups=frozenset(groups),
        criteria=frozenset(
            name for tables in groups.values() for name in _each(tables, "criterion", "id")
        ),
        domains={
            group: frozenset(_each(tables, "criterion", "domain"))
            for group, tables in groups.items()
        },
        scenarios=frozenset(_each(files.get("combination.toml", {}), "scenario", "id")),
        units=_keys(files.get("units.toml")),
        rating_whens=_keys(files.get("ratings/when.toml")),
        cards=frozenset(_each(wording, "card", "id")),
        forms=frozenset(
            name for card in _tables(wording, "card") for name in _each(card, "variant", "id")
        ),
        suggestions=frozenset(_each(wording, "suggestion", "id")),
        overrides=_keys(wording.get("override_reason")),
        advice=_keys(wording.get("advice")),
    )


def statements(when: When) -> Iterator[When]:
    """A statement and every statement inside it."""
    yield when
    for inner in (when.all_of, when.any_of, when.none_of):
        for statement in inner or ():
            yield from statements(statement)


def every_when(parts: Parts) -> Iterator[tuple[str, When]]:
    """Every outermost statement, with file and table."""
    for stem, group in parts.groups.items():
        if group.possible.urgency_when is not None:
            yield f"groups/{stem}.toml: possible", group.possible.urgency_when
        if group.urgent_when is not None:
            yield f"groups/{stem}.toml: urgent_when", group.urgent_when
    for number, rule in enumerate(parts.combination.scenario_rule if parts.combination else (), 1):
        yield f"combination.toml: scenario_rule {number} ('{rule.scenario}')", rule.when
    for number, card_rule in enumerate(parts.cards.card_rule if parts.cards else (), 1):
        yield f"cards.toml: card_rule {number} ('{card_rule.card}')", card_rule.when
    for card in parts.wording.card if parts.wording else ():
        for variant in card.variant:
            yield f"wording.toml: card '{card.id}', variant '{variant.id}'", variant.when
    for name, statement in parts.rating_when.items():
        if statement.when is not None:
            yield f"ratings/when.toml: '{name}'", statement.when


def every_table(parts: Parts) -> Iterator[tuple[str, Table]]:
    """Every validated table, with its file and, where the file holds several, its name."""
    single: tuple[tuple[str, Table | None], ...] = (
        ("guideline.toml", parts.content),
        ("combination.toml", parts.combination),
        ("evidence.toml", parts.evidence),
        ("procedures.toml", parts.catalog),
        ("order_checks.toml", parts.order_checks),
        ("cards.toml", parts.cards),
        ("wording.toml", parts.wording),
    )
    for file, whole in single:
        if whole is not None:
            yield file, whole
    named: tuple[tuple[str, Mapping[str, Table]], ...] = (
        ("citations.toml: '{}'", parts.citations),
        ("disagreements.toml: '{}'", parts.disagreements),
        ("exceptions.toml: '{}'", parts.exceptions),
        ("parameters.toml: '{}'", parts.parameters),
        ("units.toml: '{}'", parts.units),
        ("observations.toml: '{}'", parts.observations),
        ("ratings/when.toml: '{}'", parts.rating_when),
        ("ratings/{}.toml", parts.ratings),
        ("groups/{}.toml", parts.groups),
        ("value_sets/{}.toml", parts.value_sets),
    )
    for place, tables in named:
        for name, table in tables.items():
            yield place.format(name), table
    if parts.language is not None:
        yield from _language_tables(parts.language)


def _language_tables(language: Language) -> Iterator[tuple[str, Table]]:
    for name, concept in language.concepts.items():
        yield f"language/concepts.toml: '{name}'", concept
    for number, pattern in enumerate(language.patterns, 1):
        yield f"language/patterns.toml: pattern {number} ('{pattern.concept}')", pattern
    for number, value in enumerate(language.values, 1):
        yield f"language/values.toml: value {number} ('{value.concept}')", value


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".toml")


def _keys(table: object) -> frozenset[str]:
    return frozenset(table) if isinstance(table, dict) else frozenset()


def _each(tables: Tables, key: str, name: str) -> Iterator[str]:
    for row in _tables(tables, key):
        if isinstance(row.get(name), str):
            yield row[name]


def _tables(tables: Tables, key: str) -> Iterator[Tables]:
    rows = tables.get(key)
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            yield row
