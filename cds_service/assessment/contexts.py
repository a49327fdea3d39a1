"""What explains a finding, so that it counts one strength less: the contexts that `exceptions.toml` lists.

A context counts only when it is older than the finding and the finding stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from msgspec.structs import replace

from cds_service.assessment.chart import Chart
from cds_service.assessment.computed.series import TREND
from cds_service.assessment.exposures import is_confirmed, is_taken_within
from cds_service.assessment.measurements import observation_findings
from cds_service.assessment.model import PRESENT, CriterionResult, Finding
from cds_service.assessment.rules import Rules
from cds_service.assessment.timing import is_within
from cds_service.assessment.weighing import STRENGTH_ORDER, lowered
from cds_service.evidence.model import DateSpan, ImagingOrder
from cds_service.knowledge.anchors import Groups
from cds_service.knowledge.model import Context


def in_context(
    found: Sequence[CriterionResult], chart: Chart, order: ImagingOrder
) -> tuple[CriterionResult, ...]:
    """The criteria found, each that a context explains one strength lower; once, however many contexts there are."""
    contexts = chart.rules.contexts
    return tuple(
        [
            _lowered(result)
            if result.criterion.id in contexts
            and any(
                _stands_alone(result, context, found, chart.rules)
                and _explains(context, result, chart, order)
                for context in contexts[result.criterion.id]
            )
            else result
            for result in found
        ]
    )


def _lowered(result: CriterionResult) -> CriterionResult:
    if result.strength is None:
        return result
    strength = lowered(result.strength)
    return replace(
        result,
        strength=strength,
        findings=tuple(
            replace(
                item,
                strength=max(item.strength, strength, key=STRENGTH_ORDER.__getitem__),
                notes=(*item.notes, "explained"),
            )
            for item in result.findings
        ),
    )


def _stands_alone(
    result: CriterionResult, context: Context, found: Sequence[CriterionResult], rules: Rules
) -> bool:
    """No second finding of its group, no sign of a deficit and no cancer beside it; age, say, is none."""
    guideline = rules.guideline
    combination = guideline.combination
    deficits = (*combination.neuro_active, *combination.neuro_possible)
    silent = (*guideline.card_limits.says_nothing_alone, *context.beside)
    return not any(
        other.group in (result.group, *deficits)
        or (
            other.group == Groups.MALIGNANCY
            and other.criterion.domain in combination.mscc.cancer_domains
        )
        for other in found
        if other is not result and other.criterion.id not in silent
    )


def _explains(context: Context, result: CriterionResult, chart: Chart, order: ImagingOrder) -> bool:
    """The context is on record and older than everything that was found; what the order says is of today."""
    findings = result.findings
    if any(item.reference == order.reference for item in findings) or (
        context.findings and any(item.value_set not in context.findings for item in findings)
    ):
        return False
    if context.measured is not None:
        return any(
            item.state is PRESENT
            for item in observation_findings(
                context.measured, result.criterion, chart.rules.group_by_id[result.group], chart
            )
        )
    began = _first_day(findings)
    return began is not None and any(span.last < began for span in _days(context, chart))


def _first_day(findings: Sequence[Finding]) -> date | None:
    """When the oldest of the findings began; None when one has no date, for it may be older than anything."""
    days: list[date] = []
    for finding in findings:
        if finding.when is None:
            return None
        if finding.value_set != TREND:
            days.append(finding.when.first)
    last = [item.when.first for item in findings if item.value_set == TREND and item.when]
    return min((*days, *([max(last)] if last else [])), default=None)


def _days(context: Context, chart: Chart) -> Iterator[DateSpan]:
    """Since when the record holds what explains: entries without a date may be newer than the finding."""
    for name in context.vs:
        for hit in chart.conditions(name).hits:
            span = chart.settled(hit.entry.onset or hit.entry.recorded)
            is_asked = hit.entry.clinical == "current" or not context.is_active
            if (
                is_asked
                and span is not None
                and is_within(span, chart.as_of, context.days, context.min_days)
            ):
                yield span
        for procedure in chart.record.procedures.get(name, ()):
            span = chart.settled(procedure.when)
            if span is not None and is_within(span, chart.as_of, context.days, context.min_days):
                yield span
        for exposure in chart.record.exposures.get(name, ()):
            if (
                exposure.start is not None
                and is_taken_within(exposure, chart, context.days)
                and is_confirmed(exposure, chart)
            ):
                yield exposure.start
