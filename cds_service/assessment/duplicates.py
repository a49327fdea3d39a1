"""Studies done already and orders still open: when one more of the same is worth a question."""

from __future__ import annotations

from datetime import date

from cds_service.assessment.case import Case
from cds_service.assessment.levels import is_at_least
from cds_service.assessment.open_studies import is_same_kind
from cds_service.assessment.timing import least_age
from cds_service.evidence.model import EarlierStudy, StudyProcedure
from cds_service.knowledge.members import POSSIBLE, ROUTINE


def recent_duplicates(case: Case) -> tuple[EarlierStudy, ...]:
    """Earlier studies of the same kind with nothing newer to look for, newest first.

    Only where imaging is routine: no acute finding of a red-flag group that is at least possible is dated on
    or after the study or undated, and no symptom began after it while such a group is at least possible.
    Chronic findings and age do not count.
    """
    if (
        case.urgency is not ROUTINE
        or "reports" not in case.chart.record.read_keys
        or not case.earlier_studies
    ):
        return ()
    as_of = case.chart.as_of
    days = case.rules.guideline.safety_limits.duplicate_days
    found = [
        (study.when, study)
        for study in case.earlier_studies
        if study.when is not None
        and is_same_kind(study.procedure, case.order.procedure)
        and study.when.first <= as_of
        and least_age(study.when, as_of) <= days
    ]
    newest_finding, newest_onset = _newest_reasons(case) if found else (date.min, date.min)
    found = [
        (when, study)
        for when, study in found
        if newest_finding < when.first and newest_onset <= when.last
    ]
    found.sort(key=lambda item: item[0].last, reverse=True)
    return tuple(study for _, study in found)


def _newest_reasons(case: Case) -> tuple[date, date]:
    """Days of the newest acute finding and of the newest onset that a study may not have answered.

    The first day of all where there is none, the last where a finding has no date.
    """
    groups = [
        result
        for result in case.group_results
        if result.group.red_flag and is_at_least(result.level, POSSIBLE)
    ]
    if not groups:
        return date.min, date.min
    finding = max(
        (
            finding.when.last if finding.when is not None else date.max
            for result in groups
            for criterion in result.criteria
            for finding in criterion.findings
            if finding.acute
        ),
        default=date.min,
    )
    onset = max((span.last for span in case.chart.onsets if span is not None), default=date.min)
    return finding, onset


def pending_duplicates(case: Case) -> tuple[tuple[str, StudyProcedure], ...]:
    """The first other open orders of the same kind: on record within the look-back, or earlier in this call."""
    # of two selected drafts the later one carries the card: one ask, one place
    found = case.call.open_studies.before(case.order)
    return tuple((study.display, study.procedure) for study in found)
