"""Contexts that explain a finding lower it by one step, never beside anything else that speaks for the disease."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from cds_service.assessment.chart import Chart
from cds_service.assessment.exposures import is_taken_within
from cds_service.assessment.model import CriterionResult
from cds_service.assessment.timing import is_within
from cds_service.assessment.weighing import STRENGTH_ORDER
from cds_service.evidence.model import DateSpan
from cds_service.knowledge.model import Downgrade


def with_contexts(found: Sequence[CriterionResult], chart: Chart) -> tuple[CriterionResult, ...]:
    """The criteria, those lowered that a context on record explains."""
    return tuple(
        _explained(result, found, chart) if result.criterion.downgrade else result
        for result in found
    )


def _explained(
    result: CriterionResult, found: Sequence[CriterionResult], chart: Chart
) -> CriterionResult:
    if any(finding.from_order_text for finding in result.findings):
        # the clinician who orders knows the context and says it all the same
        return result
    for context in result.criterion.downgrade:
        if (
            result.strength is not None
            and STRENGTH_ORDER[result.strength] < STRENGTH_ORDER[context.to]
            and _is_documented(chart, context, result.newest)
            and not any(
                _speaks_for_disease(other, result, chart)
                for other in found
                if other.criterion.id not in context.beside
            )
        ):
            findings = tuple(
                replace(item, strength=context.to, notes=(*item.notes, "explained"))
                for item in result.findings
            )
            return replace(result, strength=context.to, findings=findings)
    return result


def _speaks_for_disease(other: CriterionResult, result: CriterionResult, chart: Chart) -> bool:
    """A second finding of the group, a deficit or a cancer; age and diabetes are none."""
    if other is result or other.strength is None:
        return False
    guideline = chart.rules.guideline
    if other.criterion.id in guideline.card_limits.says_nothing_alone:
        return False
    combination = guideline.combination
    return (
        (other.group == result.group and other.criterion.domain != result.criterion.domain)
        or other.criterion.domain in combination.mscc.cancer_domains
        or other.group in (*combination.neuro_active, *combination.neuro_possible)
    )


def _is_documented(chart: Chart, context: Downgrade, found: DateSpan | None) -> bool:
    """A Condition, Procedure or exposure of the set within its days (or undated), and not later than the finding."""
    until = found.last if found is not None else chart.as_of
    for hit in chart.conditions(context.when).hits:
        if _is_in_time(hit.entry.onset or hit.entry.recorded, context, until, chart):
            return True
    for procedure in chart.record.procedures.get(context.when, ()):
        if _is_in_time(procedure.when, context, until, chart):
            return True
    return any(
        is_taken_within(exposure, chart, context.days)
        for exposure in chart.record.exposures.get(context.when, ())
    )


def _is_in_time(start: DateSpan | None, context: Downgrade, until: date, chart: Chart) -> bool:
    return start is None or (start.first <= until and is_within(start, chart.as_of, context.days))
