"""Studies done already and orders still open: when one more of the same is worth a question."""

from __future__ import annotations

from cds_service.assessment.case import Case
from cds_service.assessment.levels import is_at_least
from cds_service.assessment.regions import expanded
from cds_service.assessment.timing import least_age
from cds_service.evidence.model import DateSpan, EarlierStudy, StudyProcedure
from cds_service.knowledge.model import Level, Urgency

_SAME = {"CTM": "CT"}


def is_same_kind(one: StudyProcedure, other: StudyProcedure) -> bool:
    """The same modality (any phase; a CT myelogram counts as CT) and a region in common."""
    if one.modality is None or other.modality is None:
        return False
    mine, theirs = _SAME.get(one.modality, one.modality), _SAME.get(other.modality, other.modality)
    return mine == theirs and not expanded(one.regions).isdisjoint(expanded(other.regions))


def recent_duplicates(case: Case) -> tuple[EarlierStudy, ...]:
    """Earlier studies of the same kind with nothing newer to look for, newest first.

    Only where imaging is routine: no acute finding of a red-flag group that is at least possible is dated on
    or after the study or undated, and no symptom began after it while such a group is at least possible.
    Chronic findings and age do not count.
    """
    if case.urgency is not Urgency.ROUTINE or not case.call.reports_read:
        return ()
    days = case.rules.guideline.safety_limits.duplicate_days
    found = [
        study
        for study in case.earlier_studies
        if study.when is not None
        and is_same_kind(study.procedure, case.order.procedure)
        and study.when.first <= case.chart.as_of
        and least_age(study.when, case.chart.as_of) <= days
        and not _has_newer_reason(case, study.when)
    ]
    found.sort(key=lambda study: study.when.last if study.when else case.chart.as_of, reverse=True)
    return tuple(found)


def _has_newer_reason(case: Case, studied: DateSpan) -> bool:
    groups = [
        result
        for result in case.group_results
        if result.group.red_flag and is_at_least(result.level, Level.POSSIBLE)
    ]
    if not groups:
        return False
    for result in groups:
        for criterion in result.criteria:
            for finding in criterion.findings:
                if finding.acute and (finding.when is None or finding.when.last >= studied.first):
                    return True
    for _, hit in case.chart.current_symptoms(case.rules.symptom_sets["any"]):
        onset = case.chart.onset(hit)
        if onset is not None and onset.last > studied.last:
            return True
    return False


def pending_duplicates(case: Case) -> tuple[tuple[str, StudyProcedure], ...]:
    """Other open orders of the same kind: on record within the look-back, or selected earlier in this call."""
    days = case.rules.guideline.safety_limits.pending_days
    found: list[tuple[str, StudyProcedure]] = [
        (pending.display, pending.procedure)
        for pending in case.call.open_orders
        if pending.authored is not None
        and least_age(pending.authored, case.chart.as_of) <= days
        and is_same_kind(pending.procedure, case.order.procedure)
    ]
    # of two selected drafts the later one carries the card: one ask, one place
    found += [
        (other.display, other.procedure)
        for other in case.call.orders
        if other.instance < case.order.instance
        and is_same_kind(other.procedure, case.order.procedure)
    ]
    return tuple(found)
