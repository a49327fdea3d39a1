"""Assess every selected order of one call against one record. Read `assess_call` first."""

from __future__ import annotations

from datetime import date

from cds_service.assessment.case import Case, OrderingCall
from cds_service.assessment.chart import Chart
from cds_service.assessment.choosing import (
    CardReasons,
    Unread,
    choose_cards,
    partial_card,
    unread,
)
from cds_service.assessment.criteria import evaluate_criteria
from cds_service.assessment.duplicates import pending_duplicates, recent_duplicates
from cds_service.assessment.model import (
    CallAssessment,
    Choices,
    ChosenCard,
    GroupResult,
    OrderAssessment,
)
from cds_service.assessment.naming import noted_signs
from cds_service.assessment.offers import mentions_travel, preferred_offer, wants_records
from cds_service.assessment.open_studies import OpenStudies, is_done_since
from cds_service.assessment.remarks import denied_words, order_remarks, told_stale
from cds_service.assessment.rules import Rules
from cds_service.assessment.safety import check_safety
from cds_service.assessment.studies import same_study
from cds_service.assessment.symptoms import named_symptom
from cds_service.assessment.timing import least_age
from cds_service.evidence.model import Gap, ImagingOrder, PatientRecord
from cds_service.evidence.record.types import REQUIRED_KEYS
from cds_service.knowledge.anchors import NOTED_FORMS, SERIOUS_FORMS, Cards, Scenarios
from cds_service.knowledge.members import (
    ACTIVE,
    APPROPRIATE,
    EMERGENCY,
    MAY_BE_APPROPRIATE,
    NOT_APPROPRIATE,
    UNDETERMINED,
)
from cds_service.knowledge.model import Rating

_IMPOSSIBLE_BIRTH = Gap("patient", "unreadable", "gap_birth_date_impossible")


def assess_call(
    orders: tuple[ImagingOrder, ...],
    record: PatientRecord,
    rules: Rules,
    as_of: date,
    choices: Choices,
) -> CallAssessment:
    """Assess all orders of one call.

    `orders` are the selected spine imaging orders, in the order of the drafts. `as_of` is today for
    every look-back. Orders whose study is not known (`unmapped`) are assessed too: their findings are listed.
    """
    chart = Chart(record, rules, as_of)
    call = _ordering_call(orders, chart, choices)
    cases = [Case(chart, order, call, evaluate_criteria(chart, order)) for order in orders]
    failed = tuple(dict.fromkeys(name for case in cases for name in case.found.failed))
    gaps = (
        *record.gaps,
        *((_IMPOSSIBLE_BIRTH,) if chart.has_impossible_birth else ()),
        *(gap for case in cases for gap in case.found.gaps),
        *(Gap(name, "failed") for name in failed),
    )
    lacking = unread(gaps, record.read_keys, rules, has_failed=bool(failed))
    assessed = tuple(_order_assessment(case, gaps, lacking) for case in cases)
    return CallAssessment(
        orders=assessed,
        gaps=tuple(dict.fromkeys(gaps)),
        failed_criteria=failed,
        missing=lacking.missing,
        partial=partial_card(cases[0]) if cases and lacking.is_partial else None,
        read_keys=record.read_keys,
        unread_values=tuple(dict.fromkeys(record.unread_values)),
        not_understood=record.not_understood,
        other_patients=record.other_patients,
        serious_active=any(_is_serious(item.groups) for item in assessed),
        died=record.person.died if record.person is not None else None,
    )


def _ordering_call(
    orders: tuple[ImagingOrder, ...], chart: Chart, choices: Choices
) -> OrderingCall:
    own = {order.reference for order in orders}
    days = chart.rules.guideline.safety_limits.pending_days
    on_record = tuple(
        item
        for item in chart.record.open_orders
        if item.reference not in own
        and item.authored is not None
        and least_age(item.authored, chart.as_of) <= days
        and not is_done_since(item, chart.record.studies)
    )
    return OrderingCall(
        orders=orders,
        open_studies=OpenStudies(on_record, orders),
        safety=check_safety(chart),
        choices=choices,
    )


def _order_assessment(case: Case, gaps: tuple[Gap, ...], lacking: Unread) -> OrderAssessment:
    preferred = preferred_offer(case)
    duplicates, pending = recent_duplicates(case), pending_duplicates(case)
    shown, left_out = choose_cards(case, CardReasons(duplicates, pending), lacking)
    return OrderAssessment(
        order=case.order,
        criteria=case.found.found,
        stale=case.found.stale,
        told_stale=told_stale(case),
        groups=case.group_results,
        scenario=case.scenario,
        scenario_subject=case.scenario_subject,
        scenario_group=case.group_result(case.scenario_subject),
        rating=case.rating,
        appropriateness=_published(case, gaps, (*shown, *left_out)),
        citations=case.rated[1],
        pediatric_row=_pediatric_row(case),
        urgency=case.urgency,
        urgency_group=case.urgency_group,
        preferred=preferred,
        is_preferred_only_possible=preferred is not None
        and case.rating_of(preferred) is MAY_BE_APPROPRIATE,
        preferred_is_order=preferred is not None and same_study(preferred, case.order.procedure),
        is_only_unsafe=preferred is None
        and bool(case.call.safety.devices)
        and case.usual_study is not None,
        alternative=case.alternative,
        primary_card=case.primary_card,
        cards=shown,
        left_out=left_out,
        safety=case.call.safety,
        contrast_risk=case.contrast_risk,
        remarks=tuple(order_remarks(case)),
        duration=case.duration,
        has_symptom=case.has_symptom,
        symptom=named_symptom(case.chart, case.order, case.stated_sets),
        suggested_regions=case.suggested_regions,
        duplicates=duplicates,
        pending=pending,
        mentions_travel=mentions_travel(case),
        wants_records=wants_records(case),
        denied=tuple(denied_words(case)),
        age=case.age,
    )


def _pediatric_row(case: Case) -> str | None:
    """The narrowed row of the child's rating table that holds: how urgent imaging is said to be."""
    if case.primary_card != Cards.PEDIATRIC:
        return None
    rows = case.rules.rating_rows.get(("any", Scenarios.S_PED), ())
    holding = (row.row.when for row in rows if row.when is not None and row.when(case))
    return next(holding, None)


def _published(case: Case, gaps: tuple[Gap, ...], cards: tuple[ChosenCard, ...]) -> Rating:
    """The rating that is published: never one that a card of the order contradicts.

    Never "not appropriate" for reasons of which something was not understood. Undetermined without a spine symptom or
    a reason that bears on the spine, and where data that was not read could change the answer: that is when a required
    or softening source is not fully read and no serious group is active.
    """
    if case.order.kind != "known" or not (case.has_symptom or _has_bearing_reason(case)):
        return UNDETERMINED
    if case.order.not_understood and case.rating is NOT_APPROPRIATE:
        return UNDETERMINED
    is_unread = case.order.not_understood or case.chart.record.not_understood
    if is_unread and not _is_serious(case.group_results):
        return UNDETERMINED
    deciding = (*REQUIRED_KEYS, *case.rules.guideline.card_limits.softening_keys)
    if not _is_serious(case.group_results) and any(
        (gap.source in deciding and gap.note != "course_length_unknown") or gap.reason == "failed"
        for gap in gaps
    ):
        return UNDETERMINED
    if _is_contradicted(case, cards) or _states_weak_sign(case, cards):
        return UNDETERMINED
    return case.rating


def _states_weak_sign(case: Case, cards: tuple[ChosenCard, ...]) -> bool:
    """The order states a red flag, however weak, and its card asks to examine for it: no rating says more than that."""
    return any(card.form in NOTED_FORMS for card in cards) and any(
        finding.from_order_text for result in noted_signs(case) for finding in result.findings
    )


def _is_contradicted(case: Case, cards: tuple[ChosenCard, ...]) -> bool:
    """A card calls the study not good enough for the emergency; or one asks for another study, one more, or for none.

    "Not appropriate" agrees with all of these but the first, and not beside an emergency of the spine.
    """
    if case.urgency is EMERGENCY and not case.is_good_enough:
        return True
    if case.is_spine_emergency_beside_aorta or case.leaves_out_cauda_equina:
        return True
    if case.rating not in (APPROPRIATE, MAY_BE_APPROPRIATE):
        return False
    asking = case.rules.guideline.card_limits.unrated_beside
    return any(
        chosen.card in asking
        or (chosen.indicator == "critical" and chosen.card != Cards.EMERGENCY_ESCALATE)
        or (
            chosen.form in SERIOUS_FORMS
            and case.preferred is not None
            and not same_study(case.preferred, case.order.procedure)
        )
        for chosen in cards
    )


def _has_bearing_reason(case: Case) -> bool:
    """A reason that says something of the spine, that stands on record, or beside a serious group any reason."""
    order = case.order
    if order.has_reason and _is_serious(case.group_results):
        return True
    return any(r.value_sets or r.statements or r.reference is not None for r in order.reasons)


def _is_serious(results: tuple[GroupResult, ...]) -> bool:
    """A serious group is active."""
    return any(result.group.serious and result.level is ACTIVE for result in results)
