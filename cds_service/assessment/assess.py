"""Assess every selected order of one call against one record. Read `assess_call` first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cds_service.assessment.case import Call, Case
from cds_service.assessment.chart import Chart
from cds_service.assessment.criteria import evaluate_criteria
from cds_service.assessment.duplicates import pending_duplicates, recent_duplicates
from cds_service.assessment.facts import FACTS
from cds_service.assessment.model import CallAssessment, OrderAssessment
from cds_service.assessment.rules import Rules
from cds_service.assessment.safety import check_safety
from cds_service.assessment.studies import same_study
from cds_service.evidence.model import Gap, ImagingOrder, PatientRecord
from cds_service.knowledge.anchors import Cards, ValueSets
from cds_service.knowledge.model import Level, Rating

_REQUIRED = ("patient", "conditions")


@dataclass(frozen=True, slots=True)
class AssessedCall:
    """The assessment and, for the renderer, the cases behind it."""

    assessment: CallAssessment
    cases: tuple[Case, ...]


def assess_call(
    orders: tuple[ImagingOrder, ...],
    record: PatientRecord,
    rules: Rules,
    as_of: date,
    jurisdiction: str,
) -> AssessedCall:
    """Assess all orders of one call.

    `orders` are the selected spine imaging orders, in the order of the drafts. `as_of` is today for
    every look-back. Orders whose study is not known (`unmapped`) are assessed too: their findings are listed.
    """
    chart = Chart(record, rules, as_of)
    own = {order.reference for order in orders}
    call = Call(
        orders=orders,
        open_orders=tuple(item for item in record.open_orders if item.reference not in own),
        safety=check_safety(chart),
        jurisdiction=jurisdiction,
        reports_read="reports" in record.read_keys,
    )
    cases = tuple(
        Case(chart, order, call, evaluate_criteria(chart, order), FACTS) for order in orders
    )
    gaps = list(record.gaps)
    failed: list[str] = []
    for case in cases:
        gaps.extend(case.found.gaps)
        failed.extend(case.found.failed)
    failed = list(dict.fromkeys(failed))
    gaps.extend(Gap(name, "failed") for name in failed)
    assessed = tuple(_order_assessment(case, tuple(gaps)) for case in cases)
    serious = any(
        result.group.serious and result.level is Level.ACTIVE
        for item in assessed
        for result in item.groups
    )
    return AssessedCall(
        CallAssessment(
            orders=assessed,
            gaps=tuple(dict.fromkeys(gaps)),
            failed_criteria=tuple(failed),
            serious_active=serious,
        ),
        cases,
    )


def _order_assessment(case: Case, gaps: tuple[Gap, ...]) -> OrderAssessment:
    group = case.scenario_group
    preferred = case.phase_study if case.primary_card == Cards.CONTRAST_PHASE else case.preferred
    return OrderAssessment(
        order=case.order,
        criteria=case.found.found,
        stale=case.found.stale,
        groups=case.group_results,
        scenario=case.scenario,
        scenario_group=case.group_result(group.id) if group is not None else None,
        rating=case.rating,
        appropriateness=_published(case, gaps),
        citations=case.rated[1],
        urgency=case.urgency,
        urgency_group=case.urgency_group,
        preferred=preferred,
        preferred_is_order=preferred is not None and same_study(preferred, case.order.procedure),
        study_good_enough=case.is_good_enough,
        alternative=case.alternative,
        primary_card=case.primary_card,
        safety=case.call.safety,
        duration=case.duration,
        symptom=_symptom(case),
        suggested_regions=case.suggested_regions,
        facts={"is-whole-spine": case.is_whole_spine},
        duplicates=recent_duplicates(case),
        pending=pending_duplicates(case),
        conflicts=case.found.conflicts,
        other_radiograph=case.fact("radiograph-of-region-recent"),
        age=case.age,
    )


def _published(case: Case, gaps: tuple[Gap, ...]) -> Rating:
    """The rating that is published.

    Undetermined without any reason or spine symptom, and where data that was not read could change the answer:
    that is when a required or softening source is not fully read and no serious group is active.
    """
    if case.order.kind != "known" or case.fact("no-indication"):
        return Rating.UNDETERMINED
    is_serious = any(
        result.group.serious and result.level is Level.ACTIVE for result in case.group_results
    )
    deciding = (*_REQUIRED, *case.rules.guideline.card_limits.softening_keys)
    if not is_serious and any(
        (gap.source in deciding and gap.note != "course_length_unknown") or gap.reason == "failed"
        for gap in gaps
    ):
        return Rating.UNDETERMINED
    return case.rating


def _symptom(case: Case) -> str:
    """Which complaint the card names: by the ordered region's current symptom."""
    regions = case.order.procedure.regions
    names = case.rules.guideline.combination.symptoms.names
    everywhere = {ValueSets.BACK_PAIN_UNSPECIFIED}
    for region in regions:
        sets = set(case.rules.symptom_sets[region]) - everywhere
        if region in names and any(case.is_on_order_or_symptom(name) for name in sets):
            return region
    return "any"
