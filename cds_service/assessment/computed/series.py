"""Series of measurements: what changed between the first and the last."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

from cds_service.assessment.computed.question import ComputedQuestion
from cds_service.assessment.model import PRESENT, STALE, SUSPECTED, Finding
from cds_service.assessment.timing import is_within
from cds_service.evidence.model import ObservationHit
from cds_service.knowledge.anchors import Parameters, ValueSets


def _series(
    question: ComputedQuestion, value_set: str, days: int
) -> dict[str, list[tuple[date, ObservationHit]]]:
    """Dated numbers of a set in a window, oldest first, by code: different codes are never compared."""
    chart = question.chart
    series: dict[str, list[tuple[date, ObservationHit]]] = {}
    for hit in chart.observations(value_set, days):
        span = chart.settled(hit.entry.when)
        if (
            hit.number is not None
            and not hit.comparator
            and span is not None
            and is_within(span, chart.as_of, days)
        ):
            series.setdefault(hit.code, []).append((span.last, hit))
    for values in series.values():
        values.sort(key=lambda item: item[0])
    return series


def _trend(
    question: ComputedQuestion, first: ObservationHit, last: ObservationHit
) -> list[Finding]:
    return [
        Finding(
            reference=hit.entry.reference,
            display=hit.entry.display,
            when=hit.entry.when,
            state=PRESENT if hit.via == "code" else SUSPECTED,
            strength=question.criterion.strength,
            value=hit.entry.value_text,
            converted=hit.converted,
            value_set="trend",
        )
        for hit in (last, first)
    ]


def weight_loss_5pct_180d(question: ComputedQuestion) -> list[Finding]:
    """First to last measured weight in the window falls by the fraction or more, after unit conversion."""
    values = sorted(
        (
            item
            for series in _series(
                question, ValueSets.OBS_WEIGHT, question.whole(Parameters.WEIGHT_LOSS_WINDOW)
            ).values()
            for item in series
        ),
        key=lambda item: item[0],
    )
    if not values or values[0][0] == values[-1][0]:
        return []
    first, last = values[0][1], values[-1][1]
    before, after = first.number or 0.0, last.number or 0.0
    fraction = question.parameter(Parameters.WEIGHT_LOSS_FRACTION)
    if before <= 0 or (before - after) / before < fraction - _ROUNDING:
        return []
    findings = _trend(question, first, last)
    if (before - after) / before > question.parameter(Parameters.WEIGHT_LOSS_IMPLAUSIBLE):
        # one of the two is a slip of the keyboard: it is told, not counted
        return [replace(item, state=STALE, notes=("implausible",)) for item in findings]
    return findings


_ROUNDING = 1e-9  # 100 kg to 95 kg is five per cent, whatever binary fractions make of it


def pain_score_rising(question: ComputedQuestion) -> list[Finding]:
    """The same score, at least so many points above its first value within the window."""
    rise = question.parameter(Parameters.PAIN_RISE)
    days = (
        question.days if question.days is not None else question.whole(Parameters.PAIN_RISE_WINDOW)
    )
    for values in _series(question, ValueSets.OBS_PAIN_SCORE, days).values():
        first, last = values[0][1], values[-1][1]
        if values[0][0] != values[-1][0] and (last.number or 0) - (first.number or 0) >= rise:
            return _trend(question, first, last)
    return []
