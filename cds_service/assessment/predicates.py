"""The closed list of predicates of the guideline, each compiled once to one small function."""

from __future__ import annotations

from cds_service.assessment.case import Case
from cds_service.assessment.facts import FACTS
from cds_service.assessment.levels import levels_from
from cds_service.assessment.rules import Predicate
from cds_service.knowledge.model import GroupTest, Level, When


def compile_when(when: When) -> Predicate:  # noqa: C901 - one branch a predicate of the closed list
    """The function that answers one `When`. Exactly one of its keys is set: the loader has checked that."""
    if when.all_of is not None:
        return _all_of(tuple(compile_when(part) for part in when.all_of))
    if when.any_of is not None:
        return _any_of(tuple(compile_when(part) for part in when.any_of))
    if when.none_of is not None:
        return _none_of(tuple(compile_when(part) for part in when.none_of))
    if when.group is not None:
        return _group_test(when.group)
    if when.criterion is not None:
        ids = frozenset(when.criterion)
        return lambda case: not ids.isdisjoint(case.by_id)
    if when.group_finding is not None:
        asked, domains = when.group_finding.id, when.group_finding.domains
        return lambda case: any(
            result.criterion.domain in domains for result in case.criteria_of(asked)
        )
    if when.any_criterion_found is not None:
        is_wanted = when.any_criterion_found
        return lambda case: bool(case.by_id) is is_wanted
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
        return FACTS[when.fact]
    return _compile_order_test(when)


def _all_of(parts: tuple[Predicate, ...]) -> Predicate:
    def every(case: Case) -> bool:
        for part in parts:  # noqa: SIM110 - asked some fifty times a call: a generator would cost as much again
            if not part(case):
                return False
        return True

    return every


def _any_of(parts: tuple[Predicate, ...]) -> Predicate:
    def some(case: Case) -> bool:
        for part in parts:  # noqa: SIM110 - as above
            if part(case):
                return True
        return False

    return some


def _none_of(parts: tuple[Predicate, ...]) -> Predicate:
    if len(parts) == 1:
        only = parts[0]
        return lambda case: not only(case)
    some = _any_of(parts)
    return lambda case: not some(case)


def _group_test(test: GroupTest) -> Predicate:
    group, exact = test.id, test.exactly
    if exact is not None:
        return lambda case: case.levels[group] is exact
    wanted = levels_from(test.at_least if test.at_least is not None else Level.ACTIVE)
    return lambda case: case.levels[group] in wanted


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
    if when.newest_onset_days is not None:
        first, last = when.newest_onset_days.at_least, when.newest_onset_days.at_most
        return lambda case: (days := case.newest_onset_days) is not None and first <= days <= last
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
