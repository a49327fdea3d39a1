"""What a guideline file may ask about one order: `When`, a tree of statements, each true or false."""

from __future__ import annotations

from typing import Literal

from cds_service.knowledge.kinds import CriterionId, GroupId, ScenarioId, ValueSetId
from cds_service.knowledge.model.scales import Contrast, Level, Modality, Priority, Rating, Urgency
from cds_service.knowledge.table import Region, Table


class When(Table):
    """A statement about one order, true or false: exactly one key of this closed list is set.

    Composition is `all_of`, `any_of`, `none_of`; everything else is evaluated by one Python function each
    (`assessment/predicates.py`). Nothing here is ever parsed as an expression.
    """

    all_of: tuple[When, ...] | None = None
    any_of: tuple[When, ...] | None = None
    none_of: tuple[When, ...] | None = None
    group: GroupTest | None = None
    criterion: tuple[CriterionId, ...] | None = None
    """Any of these criteria was found (present, suspected or historical), at any strength."""
    group_finding: GroupFinding | None = None
    any_criterion_found: bool | None = None
    scenario: tuple[ScenarioId, ...] | None = None
    """The primary scenario is one of these."""
    rating: Rating | None = None
    """The order's rating in the primary scenario."""
    urgency: Urgency | None = None
    """The required urgency is this."""
    age_below: int | None = None
    """Completed years, half open; false when the age is not known."""
    duration_days_at_least: int | None = None
    duration_days_below: int | None = None
    duration_longer_than: int | None = None
    """Symptoms known to last more than so many days."""
    newest_onset_days: DaysBetween | None = None
    """The newest symptom began so long ago; false while one that has no date may be newer."""
    order_modality: tuple[Modality, ...] | None = None
    order_contrast: tuple[Contrast, ...] | None = None
    order_regions_within: tuple[Region, ...] | None = None
    """Every ordered region is one of these (false for an order without a region)."""
    order_regions_include: tuple[Region, ...] | None = None
    """At least one ordered region is one of these; `whole` counts as cervical, thoracic and lumbar."""
    order_priority: tuple[Priority, ...] | None = None
    value_set_on_order_or_symptom: ValueSetId | None = None
    """A current spine symptom, or a reason on the order, is in this value set."""
    fact: Fact | None = None


class DaysBetween(Table):
    """Days before today, both ends included."""

    at_least: int
    at_most: int


class GroupTest(Table):
    """A group's level: `at_least` this level, or `exactly` this one."""

    id: GroupId
    at_least: Level | None = None
    exactly: Level | None = None


class GroupFinding(Table):
    """A criterion of the group in one of these domains was found."""

    id: GroupId
    domains: tuple[str, ...]


Fact = Literal[
    "always",
    "care-begun",
    "cauda-equina-left-out",
    "confirmed-fracture",
    "contrast-addition-passes-safety",
    "cord-or-root-injury",
    "data-not-read",
    "every-device-mr-conditional",
    "follow-up-known-disease",
    "group-only-possible",
    "group-regions-exclude-order",
    "mr-unsafe-device",
    "neuro",
    "no-indication",
    "no-mri-alternative",
    "no-preferred-study",
    "no-single-phase",
    "no-value",
    "problem-not-understood",
    "reason-not-understood",
    "noted-acute-finding",
    "noted-sign",
    "planned-follow-up",
    "mr-without-not-offered",
    "order-is-whole-spine",
    "order-region-unknown",
    "other-group-asks-for-more",
    "radiograph-of-region-recent",
    "sacroiliac-radiograph-done",
    "same-modality-phase-appropriate",
    "study-good-enough",
    "emergency-group-conflict",
    "urgency-above-priority",
    "wrong-region-covered-by-other-order",
]
"""Facts about one order that take more than a look-up; each is one function of `assessment/facts.py`."""
