"""What a card speaks of: the group, and the finding that its summary names."""

from __future__ import annotations

from cds_service.assessment.case import Case
from cds_service.assessment.model import PRESENT, SUSPECTED, CriterionResult
from cds_service.assessment.rules import CardForm
from cds_service.assessment.timing import newest_first
from cds_service.assessment.weighing import STRENGTH_ORDER
from cds_service.knowledge.anchors import Cards, Criteria, Forms, Groups, Scenarios
from cds_service.knowledge.members import POSSIBLE, WEAK
from cds_service.knowledge.model import Group

ESCALATING = (Cards.EMERGENCY_ESCALATE, Cards.URGENT_ESCALATE)
"""Cards that speak of the group that asks for the urgency."""


def named_group(case: Case, form: CardForm) -> Group | None:
    """The group that a card speaks of; None: the symptom alone."""
    asking = case.urgency_group
    if form.card in ESCALATING and asking is not None:
        return asking.group
    return case.scenario_subject or case.study_group


def named_finding(case: Case, form: CardForm) -> CriterionResult | None:
    """The criterion that the summary names: the strongest of its group, the newest on a tie.

    The noted forms name the newest weak finding, of an acute value set where there is one; the fever form names fever.
    """
    if form.form == Forms.NOTED:
        return _noted_finding(case)
    if form.form == Forms.NOTED_SIGN:
        return min(noted_signs(case), key=lambda result: newest_first(result.newest), default=None)
    if form.form == Forms.FEVER:
        return case.criterion(Criteria.FEVER)
    if form.card == Cards.NON_SPINAL_CAUSE:
        return _strongest(case.criteria_of(Groups.VASCULAR))
    for group in _named_groups(case, form):
        criteria = case.criteria_of(group)
        if criteria:
            return _strongest(criteria)
    return _strongest(case.found.found)


def noted_signs(case: Case) -> list[CriterionResult]:
    """Red flags that count today, however weak: beside them no card may say that nothing was found."""
    silent = case.rules.guideline.card_limits.says_nothing_alone
    return [
        result
        for result in case.found.found
        if result.state in (PRESENT, SUSPECTED) and result.criterion.id not in silent
    ]


def _strongest(criteria: tuple[CriterionResult, ...]) -> CriterionResult | None:
    """The strongest, the newest on a tie."""
    return min(
        criteria,
        key=lambda result: (STRENGTH_ORDER[result.strength], newest_first(result.newest)),
        default=None,
    )


def _noted_finding(case: Case) -> CriterionResult | None:
    if case.levels[Groups.VASCULAR] is POSSIBLE:
        return min(
            case.criteria_of(Groups.VASCULAR), key=lambda result: STRENGTH_ORDER[result.strength]
        )
    weak = [
        result
        for result in case.found.found
        if result.strength in (WEAK, None) and any(finding.acute for finding in result.findings)
    ]
    return min(weak, key=lambda result: newest_first(result.newest), default=None)


def _named_groups(case: Case, form: CardForm) -> list[str]:
    """Groups that a finding may be named from, best first."""
    groups = []
    if form.card in ESCALATING and case.urgency_group is not None:
        groups.append(case.urgency_group.group.id)
    if case.study_group is not None:
        groups.append(case.study_group.id)
    # the derived group has no criteria of its own: cancer is what makes it
    groups += [Groups.MALIGNANCY] if Groups.MSCC in groups else []
    # only possible cord signs may rest on bladder trouble with a cervical order
    groups += (
        [Groups.CAUDA_EQUINA, Groups.CORD]
        if case.scenario in (Scenarios.S_CORD, Scenarios.S_NEURO)
        else []
    )
    return groups
