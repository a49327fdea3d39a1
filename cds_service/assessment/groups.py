"""Criteria to groups: strengths to levels, the derived groups, and what each group asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from cds_service.assessment.levels import highest_urgency, is_at_least
from cds_service.assessment.model import CriterionResult
from cds_service.assessment.rules import Rules
from cds_service.assessment.weighing import STRENGTH_ORDER
from cds_service.knowledge.anchors import Groups
from cds_service.knowledge.members import (
    ACTIVE,
    DEFINITIVE,
    MODERATE,
    NO_LEVEL,
    NOTED,
    POSSIBLE,
    ROUTINE,
    STRONG,
    URGENT,
    WEAK,
)
from cds_service.knowledge.model import Group, Level, LevelRule, Strength, Urgency

_STRONG = (DEFINITIVE, STRONG)


def group_levels(
    by_group: Mapping[str, Sequence[CriterionResult]], rules: Rules
) -> dict[str, Level]:
    """Level of every group: from its criteria, then raised and derived as the guideline says."""
    combination = rules.guideline.combination
    levels = dict(rules.no_levels)
    for group, criteria in by_group.items():
        levels[group] = _level(criteria, combination.level_rule)
    own = dict(levels)
    for raising in combination.raise_rule:
        met = {result.criterion.id for result in by_group.get(raising.group, ())}
        if (
            own[raising.group] is raising.from_level
            and is_at_least(own[raising.when_group], raising.when_at_least)
            and (not raising.criteria or not met.isdisjoint(raising.criteria))
        ):
            levels[raising.group] = raising.to_level
    levels[Groups.MSCC] = _mscc(by_group, levels, rules)
    for group in by_group:
        # why: a weak finding that was lowered has dropped out of the level and is still listed as noted
        if levels[group] is NO_LEVEL:
            levels[group] = NOTED
    return levels


def _level(criteria: Sequence[CriterionResult], level_rules: Sequence[LevelRule]) -> Level:
    """First level rule that holds; criteria of one domain count once, the strongest."""
    by_domain: dict[str, Strength] = {}
    for result in criteria:
        strength, domain = result.strength, result.criterion.domain
        if strength is not None:
            best = by_domain.get(domain)
            if best is None or STRENGTH_ORDER[strength] < STRENGTH_ORDER[best]:
                by_domain[domain] = strength
    counted = list(by_domain.values())
    strong = counted.count(DEFINITIVE) + counted.count(STRONG)
    moderate, weak = counted.count(MODERATE), counted.count(WEAK)
    for rule in level_rules:
        if strong >= rule.strong and moderate >= rule.moderate and weak >= rule.weak:
            return rule.level
    return NO_LEVEL


def _mscc(
    by_group: Mapping[str, Sequence[CriterionResult]], levels: Mapping[str, Level], rules: Rules
) -> Level:
    """Metastatic cord compression: cancer on record, and cord or root signs."""
    rule = rules.guideline.combination.mscc
    cancers = {
        result.criterion.id
        for result in by_group.get(Groups.MALIGNANCY, ())
        if result.criterion.domain in rule.cancer_domains
        and result.strength in (*_STRONG, MODERATE)
    }
    if not cancers:
        return NO_LEVEL
    if any(levels[name] is ACTIVE for name in rule.active_with):
        return ACTIVE
    if not cancers.isdisjoint(rule.possible_enough_with_criteria) and any(
        is_at_least(levels[name], POSSIBLE) for name in rule.possible_enough_with_groups
    ):
        return ACTIVE
    signs = {result.criterion.id for found in by_group.values() for result in found}
    if not cancers.isdisjoint(rule.noted_enough_with_criteria) and not signs.isdisjoint(
        rule.noted_enough_signs
    ):
        return ACTIVE
    return NO_LEVEL


def is_neuro(levels: Mapping[str, Level], rules: Rules) -> bool:
    """Cord or cauda equina active, or a neurological deficit at least possible."""
    combination = rules.guideline.combination
    return any(levels[name] is ACTIVE for name in combination.neuro_active) or any(
        is_at_least(levels[name], POSSIBLE) for name in combination.neuro_possible
    )


class GroupContext(Struct, frozen=True, gc=False):
    """What the urgency of a group depends on besides its own criteria."""

    levels: Mapping[str, Level]
    neuro: bool
    possible_urgency_holds: bool
    """The `urgency_when` of a group that is only possible holds."""
    urgent_holds: bool
    """The `urgent_when` of the group is there and holds."""


def group_urgency(
    group: Group, criteria: Sequence[CriterionResult], context: GroupContext
) -> Urgency:
    """What a group asks for at its level; routine when it is only noted or none."""
    level = context.levels[group.id]
    if level is POSSIBLE:
        wanted = group.possible.urgency
        return wanted if wanted is not None and context.possible_urgency_holds else ROUTINE
    if level is not ACTIVE:
        return ROUTINE
    is_definitive = any(result.strength is DEFINITIVE for result in criteria)
    is_acute = any(result.criterion.acute and result.strength in _STRONG for result in criteria)
    cauda_equina = context.levels[Groups.CAUDA_EQUINA]
    wanted_by = (
        (group.urgency, True),
        (group.urgency_if_acute, is_acute),
        (group.urgency_if_neuro, context.neuro),
        (group.urgency_if_definitive, is_definitive),
        (group.urgency_if_definitive_and_neuro, is_definitive and context.neuro),
        (
            group.urgency_if_cauda_equina_possible,
            is_at_least(cauda_equina, POSSIBLE),
        ),
        (URGENT, context.urgent_holds),
    )
    return highest_urgency(
        [urgency for urgency, holds in wanted_by if urgency is not None and holds]
    )
