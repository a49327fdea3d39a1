"""The closed list of predicates of the guideline, each compiled once to one small function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cds_service.assessment.levels import is_at_least
from cds_service.assessment.model import CriterionResult, Duration
from cds_service.evidence.model import ImagingOrder
from cds_service.knowledge.model import Level, Rating, Urgency, When


class Situation(Protocol):
    """What a predicate may ask about one order. Each answer is worked out when it is first asked for."""

    @property
    def order(self) -> ImagingOrder:
        """The order itself."""

    @property
    def age(self) -> int | None:
        """Completed years."""

    @property
    def duration(self) -> Duration:
        """How long the symptoms have lasted."""

    @property
    def scenario(self) -> str:
        """The primary scenario."""

    @property
    def rating(self) -> Rating:
        """The order's rating in it."""

    @property
    def urgency(self) -> Urgency:
        """The required urgency."""

    @property
    def region_set(self) -> frozenset[str]:
        """Ordered regions; `whole` counts as cervical, thoracic and lumbar too."""

    def level(self, group: str) -> Level:
        """Level of a group."""

    def criterion(self, criterion: str) -> CriterionResult | None:
        """A criterion that was found."""

    def has_any_criterion(self) -> bool:
        """Anything was found at all."""

    def found_in_domains(self, group: str, domains: tuple[str, ...]) -> bool:
        """A criterion of the group in one of these domains was found."""

    def is_on_order_or_symptom(self, value_set: str) -> bool:
        """A current spine symptom, or a reason on the order, is in the set."""

    def fact(self, name: str) -> bool:
        """One of the named facts."""


Predicate = Callable[[Situation], bool]


def compile_when(when: When) -> Predicate:  # noqa: C901 - one branch a predicate of the closed list
    """The function that answers one `When`. Exactly one of its keys is set: the loader has checked that."""
    if when.all_of is not None:
        every = tuple(compile_when(part) for part in when.all_of)
        return lambda case: all(part(case) for part in every)
    if when.any_of is not None:
        some = tuple(compile_when(part) for part in when.any_of)
        return lambda case: any(part(case) for part in some)
    if when.none_of is not None:
        none = tuple(compile_when(part) for part in when.none_of)
        return lambda case: not any(part(case) for part in none)
    if when.group is not None:
        group, least, exact = when.group.id, when.group.at_least, when.group.exactly
        if exact is not None:
            return lambda case: case.level(group) is exact
        wanted = least if least is not None else Level.ACTIVE
        return lambda case: is_at_least(case.level(group), wanted)
    if when.criterion is not None:
        ids = when.criterion
        return lambda case: any(case.criterion(name) is not None for name in ids)
    if when.group_finding is not None:
        asked, domains = when.group_finding.id, when.group_finding.domains
        return lambda case: case.found_in_domains(asked, domains)
    if when.any_criterion_found is not None:
        is_wanted = when.any_criterion_found
        return lambda case: case.has_any_criterion() is is_wanted
    if when.scenario is not None:
        scenarios = frozenset(when.scenario)
        return lambda case: case.scenario in scenarios
    if when.rating is not None:
        rating = when.rating
        return lambda case: case.rating is rating
    if when.urgency is not None:
        urgency = when.urgency
        return lambda case: case.urgency is urgency
    if when.fact is not None:
        fact = when.fact
        return lambda case: case.fact(fact)
    return _compile_order_test(when)


def _compile_order_test(when: When) -> Predicate:  # noqa: C901 - one branch a predicate
    """Predicates about age, duration and the order itself."""
    if when.age_below is not None:
        limit = when.age_below
        return lambda case: case.age is not None and case.age < limit
    if when.duration_days_at_least is not None:
        least = when.duration_days_at_least
        return lambda case: case.duration.is_known and case.duration.least >= least
    if when.duration_days_below is not None:
        below = when.duration_days_below
        return lambda case: case.duration.most is not None and case.duration.most < below
    if when.duration_longer_than is not None:
        longer = when.duration_longer_than
        return lambda case: case.duration.is_known and case.duration.least > longer
    if when.order_modality is not None:
        modalities = frozenset(when.order_modality)
        return lambda case: case.order.procedure.modality in modalities
    if when.order_contrast is not None:
        contrasts = frozenset(when.order_contrast)
        return lambda case: case.order.procedure.contrast in contrasts
    if when.order_regions_within is not None:
        within = frozenset(when.order_regions_within)
        return lambda case: (
            bool(case.order.procedure.regions) and within.issuperset(case.order.procedure.regions)
        )
    if when.order_regions_include is not None:
        included = frozenset(when.order_regions_include)
        return lambda case: not included.isdisjoint(case.region_set)
    if when.order_priority is not None:
        priorities = frozenset(when.order_priority)
        return lambda case: case.order.priority in priorities
    if when.value_set_on_order_or_symptom is not None:
        value_set = when.value_set_on_order_or_symptom
        return lambda case: case.is_on_order_or_symptom(value_set)
    message = "a statement of the guideline has no predicate: the loader lets none through"
    raise AssertionError(message)
