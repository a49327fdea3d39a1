"""Mistakes in combination.toml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from cds_service.knowledge.anchors import Groups
from cds_service.knowledge.links import repeated
from cds_service.knowledge.mistakes import twice, unknown_names
from cds_service.knowledge.model import Combination, Level, Region, Symptoms, Urgency, When
from cds_service.knowledge.parts import Names, Parts

_FILE: Final = "combination.toml"
_LEVELS: Final = tuple(Level)
_EVERY_ORDER: Final = When(fact="always")


def combination_mistakes(parts: Parts, names: Names) -> Iterator[str]:
    """One line a mistake in combination.toml."""
    combination = parts.combination
    if combination is None:
        return
    for name in repeated(scenario.id for scenario in combination.scenario):
        yield twice(f"{_FILE}: scenario", "scenario", name, "the same file")
    for scenario in combination.scenario:
        if scenario.group is not None:
            where = f"{_FILE}: scenario '{scenario.id}'"
            yield from unknown_names(where, "group", (scenario.group,), names.groups)
            group = parts.groups.get(scenario.group)
            if group is not None and group.scenario != scenario.id:
                yield (
                    f"{where} speaks of group '{group.id}', whose scenario is '{group.scenario}'. Both "
                    "name each other. Correct one of them."
                )
    rules = combination.scenario_rule
    named = [rule.scenario for rule in rules]
    yield from unknown_names(f"{_FILE}: scenario_rule", "scenario", named, names.scenarios)
    if not rules or rules[-1].when != _EVERY_ORDER:
        yield (
            f"{_FILE}: the last scenario_rule does not always hold. Every order needs a scenario. "
            'Give the last one: when = { fact = "always" }.'
        )
    yield from _group_mistakes(combination, names)
    yield from _level_mistakes(combination)
    yield from _urgency_mistakes(combination)
    yield from _symptom_mistakes(combination.symptoms, names)


def _group_mistakes(combination: Combination, names: Names) -> Iterator[str]:
    mscc = combination.mscc
    for key, named in (
        ("neuro_active", combination.neuro_active),
        ("neuro_possible", combination.neuro_possible),
        ("pediatric_groups", combination.pediatric_groups),
        ("mscc.active_with", mscc.active_with),
        ("mscc.possible_enough_with_groups", mscc.possible_enough_with_groups),
        ("raise_rule", [rule.group for rule in combination.raise_rule]),
        ("raise_rule", [rule.when_group for rule in combination.raise_rule]),
    ):
        yield from unknown_names(f"{_FILE}: {key}", "group", named, names.groups)
    where = f"{_FILE}: mscc"
    enough = mscc.possible_enough_with_criteria
    yield from unknown_names(where, "criterion", enough, names.criteria)
    domains = names.domains.get(Groups.MALIGNANCY, frozenset())
    yield from unknown_names(where, "domain of 'malignancy'", mscc.cancer_domains, domains)


def _level_mistakes(combination: Combination) -> Iterator[str]:
    for raised in combination.raise_rule:
        if _LEVELS.index(raised.from_level) - _LEVELS.index(raised.to_level) != 1:
            yield (
                f"{_FILE}: raise_rule of '{raised.group}' goes from {raised.from_level} to "
                f"{raised.to_level}. A group is raised by one level only. Correct one of them."
            )


def _urgency_mistakes(combination: Combination) -> Iterator[str]:
    for urgency in Urgency:
        word = combination.urgency.get(urgency)
        if word is None:
            yield f"{_FILE}: urgency.{urgency} is missing. Every urgency is explained. Add it."
        elif word.fhir_priority not in word.accept:
            yield (
                f"{_FILE}: urgency.{urgency} does not accept its own priority "
                f"'{word.fhir_priority}'. Such a card could never be answered. Add it to accept."
            )


def _symptom_mistakes(symptoms: Symptoms, names: Names) -> Iterator[str]:
    for key in (*get_args(Region), "context_only"):
        where = f"{_FILE}: symptoms.{key}"
        yield from unknown_names(where, "value set", getattr(symptoms, key), names.value_sets)
    for key in (*get_args(Region), "any"):
        if key not in symptoms.names:
            yield f"{_FILE}: symptoms.names has no '{key}'. A card could not name the symptom. Add it."
