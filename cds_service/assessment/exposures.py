"""Drug courses against a criterion: any exposure in a window, days of exposure, courses of unknown length."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cds_service.assessment.chart import Chart
from cds_service.assessment.model import PRESENT, SUSPECTED, Finding
from cds_service.assessment.rules import CriterionRule
from cds_service.assessment.timing import days_before, days_earlier, settled
from cds_service.assessment.weighing import lowered
from cds_service.evidence.model import Exposure, Gap
from cds_service.knowledge.anchors import Parameters
from cds_service.knowledge.model import (
    Criterion,
    Group,
    MedicationDaysEvidence,
    MedicationEvidence,
    Strength,
)


def medication_findings(
    evidence: MedicationEvidence, criterion: Criterion, _: Group, chart: Chart
) -> list[Finding]:
    """Every course of the set that was taken within the window."""
    return taken_findings(evidence.vs, criterion.strength, evidence.days, chart)


def taken_findings(value_set: str, strength: Strength, days: int, chart: Chart) -> list[Finding]:
    """Every course of a set that was taken within so many days."""
    return [
        _exposed(exposure, value_set, strength, chart)
        for exposure in chart.record.exposures.get(value_set, ())
        if is_taken_within(exposure, chart, days)
    ]


def is_taken_within(exposure: Exposure, chart: Chart, days: int) -> bool:
    """True when the drug was, or may have been, taken within so many days: never for a course that begins later."""
    _, is_ahead = settled(exposure.start, chart.as_of, chart.future_days)
    last = _last_day(exposure, chart.as_of)
    return not is_ahead and (last is None or last >= days_earlier(chart.as_of, days))


def _last_day(exposure: Exposure, as_of: date) -> date | None:
    """Last day on which the drug was certainly taken; None when nothing is dated."""
    if exposure.end is not None:
        return exposure.end
    if exposure.ongoing:
        return as_of
    return exposure.start.last if exposure.start is not None else None


def days_unconfirmed(exposure: Exposure, chart: Chart) -> int:
    """Days for which nobody has ordered or handed out a course without an end; 0 when its end is known."""
    since = exposure.open_since
    return days_before(since, chart.as_of) if since is not None else 0


def is_confirmed(exposure: Exposure, chart: Chart) -> bool:
    """False for a prescription that was left open, and has not been renewed for long."""
    limit = chart.rules.parameters[Parameters.OPEN_COURSE_CONFIRMED_DAYS]
    return days_unconfirmed(exposure, chart) <= limit


def _exposed(
    exposure: Exposure,
    value_set: str,
    strength: Strength,
    chart: Chart,
    *,
    unconfirmed: bool = False,
) -> Finding:
    known = not unconfirmed and is_confirmed(exposure, chart)
    is_certain = known and exposure.via == "code" and exposure.start is not None
    weighed: Strength | None = strength
    notes: tuple[str, ...] = () if exposure.start is not None else ("undated",)
    if exposure.names_disagree:
        notes = (*notes, "names_disagree")
    if not known:
        weighed, notes = lowered(strength), (*notes, "open_unconfirmed")
    if (
        days_unconfirmed(exposure, chart)
        > chart.rules.parameters[Parameters.OPEN_COURSE_NOTED_DAYS]
    ):
        weighed = None
    return Finding(
        reference=exposure.reference,
        display=exposure.display,
        when=exposure.start,
        state=PRESENT if is_certain else SUSPECTED,
        strength=weighed,
        value_set=value_set,
        notes=notes,
    )


def medication_days_findings(
    evidence: MedicationDaysEvidence, criterion: Criterion, _: Group, chart: Chart
) -> list[Finding]:
    """The courses of the set in the window, when together they make the days asked for."""
    exposures = chart.record.exposures.get(evidence.vs, ())
    if exposure_days(exposures, chart.as_of, evidence.window_days) < evidence.min_exposure_days:
        return []
    confirmed = tuple(exposure for exposure in exposures if is_confirmed(exposure, chart))
    unconfirmed = (
        exposure_days(confirmed, chart.as_of, evidence.window_days) < evidence.min_exposure_days
    )
    window_start = days_earlier(chart.as_of, evidence.window_days)
    return [
        _exposed(exposure, evidence.vs, criterion.strength, chart, unconfirmed=unconfirmed)
        for exposure in exposures
        if exposure.start is not None
        and exposure.end is not None
        and exposure.end >= window_start
        and exposure.start.first <= chart.as_of
    ]


def exposure_days(exposures: Sequence[Exposure], as_of: date, window_days: int) -> int:
    """Days with any exposure in the window: the union of the intervals, both ends included."""
    window_start = days_earlier(as_of, window_days).toordinal()
    intervals = sorted(
        (max(item.start.first.toordinal(), window_start), min(item.end, as_of).toordinal())
        for item in exposures
        if item.start is not None and item.end is not None
    )
    total, covered_to = 0, window_start - 1
    for start, end in intervals:
        begin = max(start, covered_to + 1)
        if end >= begin:
            total += end - begin + 1
            covered_to = end
    return total


def exposure_gaps(rule: CriterionRule, chart: Chart) -> list[Gap]:
    """A course of unknown length that could have reached the window or made the sum is a gap, never 0 days.

    Asked of a criterion that was not found.
    """
    gaps: list[Gap] = []
    for value_set, days in rule.drug_windows:
        earliest = days_earlier(chart.as_of, 2 * days)
        if any(
            exposure.end is None
            and (exposure.start is None or earliest <= exposure.start.last <= chart.as_of)
            for exposure in chart.record.exposures.get(value_set, ())
        ):
            gaps.append(Gap("medications", "unreadable", "course_length_unknown"))
    return gaps
