"""Mistakes in combination.toml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from cds_service.knowledge.anchors import Groups
from cds_service.knowledge.links import repeated
from cds_service.knowledge.mistakes import twice, unknown_names
from cds_service.knowledge.model import Combination, Level, Symptoms, Urgency, When
from cds_service.knowledge.parts import Names, Parts
from cds_service.knowledge.table import Region

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
            group = parts.groups.get(scenario.group)
            if group is not None and group.scenario != scenario.id:
                yield (
                    f"{where} speaks of group '{group.id}', whose scenario is '{group.scenario}'. Both "
                    "name each other. Correct one of them."
                )
    rules = combination.scenario_rule
    if not rules or rules[-1].when != _EVERY_ORDER:
        yield (
            f"{_FILE}: the last scenario_rule does not always hold. Every order needs a scenario. "
            'Give the last one: when = { fact = "always" }.'
        )
    domains = names.domains.get(Groups.MALIGNANCY, frozenset())
    kind = f"domain of '{Groups.MALIGNANCY}'"
    yield from unknown_names(f"{_FILE}: mscc", kind, combination.mscc.cancer_domains, domains)
    yield from _level_mistakes(combination)
    yield from _urgency_mistakes(combination)
    yield from _symptom_mistakes(combination.symptoms)


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


def _symptom_mistakes(symptoms: Symptoms) -> Iterator[str]:
    for key in (*get_args(Region), "any"):
        if key not in symptoms.names:
            yield f"{_FILE}: symptoms.names has no '{key}'. A card could not name the symptom. Add it."
