"""Series of measurements: what changed between the first and the last."""

from __future__ import annotations

from datetime import date

from cds_service.assessment.computed.question import ComputedQuestion
from cds_service.assessment.model import PRESENT, SUSPECTED, Finding
from cds_service.assessment.timing import is_within
from cds_service.evidence.model import ObservationHit
from cds_service.knowledge.anchors import Parameters, ValueSets
from cds_service.knowledge.model import Strength

TREND = "trend"
"""Value set of the first and the last measurement of a course: the finding is of the day of the last."""


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


def newest_number(question: ComputedQuestion, value_set: str, days: int) -> ObservationHit | None:
    """The newest number of a set in a window, whatever its code; None where there is none, or it is only a bound."""
    series = _series(question, value_set, days).values()
    newest = [values[-1] for values in series]
    return max(newest, key=lambda item: item[0])[1] if newest else None


def _trend(
    question: ComputedQuestion,
    first: ObservationHit,
    last: ObservationHit,
    *,
    is_doubtful: bool = False,
) -> list[Finding]:
    return [
        Finding(
            reference=hit.entry.reference,
            display=hit.entry.display,
            when=hit.entry.when,
            state=PRESENT if hit.via == "code" and not is_doubtful else SUSPECTED,
            strength=Strength.WEAK if is_doubtful else question.criterion.strength,
            value=hit.entry.value_text,
            converted=hit.converted,
            value_set=TREND,
            notes=("implausible",) if is_doubtful else (),
        )
        for hit in (last, first)
    ]


def weight_loss_5pct_180d(question: ComputedQuestion) -> list[Finding]:
    """First to last measured weight in the window falls by the fraction or more, after unit conversion.

    What nobody can lose in that time is left out as a mistake; where nothing else was lost it is weak.
    """
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
    if not values:
        return []
    day, last = values[-1]
    least = question.parameter(Parameters.WEIGHT_LOSS_FRACTION) - _ROUNDING
    most = question.parameter(Parameters.WEIGHT_LOSS_IMPLAUSIBLE)
    lost = [(_lost(hit, last), hit) for before, hit in values if before != day]
    likely = [(fraction, hit) for fraction, hit in lost if fraction <= most]
    if likely and likely[0][0] >= least:
        return _trend(question, likely[0][1], last)
    doubtful = [hit for fraction, hit in lost if fraction > most]
    return _trend(question, doubtful[0], last, is_doubtful=True) if doubtful else []


def _lost(first: ObservationHit, last: ObservationHit) -> float:
    """The fraction of the first weight that was lost; negative for a gain."""
    before, after = first.number or 0.0, last.number or 0.0
    return (before - after) / before if before > 0 else 0.0


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
