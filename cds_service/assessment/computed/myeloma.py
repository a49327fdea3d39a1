"""Blood values that let think of myeloma, from an age on."""

from __future__ import annotations

from cds_service.assessment.computed.question import ComputedQuestion, weighed
from cds_service.assessment.computed.series import newest_number
from cds_service.assessment.model import PRESENT, SUSPECTED, Finding
from cds_service.assessment.timing import ANY_TIME
from cds_service.evidence.model import ObservationHit
from cds_service.knowledge.anchors import Parameters, ValueSets

_KIDNEY = (ValueSets.CKD_STAGE_4_5, ValueSets.ACUTE_KIDNEY_INJURY, ValueSets.DIALYSIS)


def myeloma_values(question: ComputedQuestion) -> list[Finding]:
    """A raised calcium; two of low hemoglobin, raised creatinine and high ESR; or one of them with a gammopathy.

    The newest value of each within the window counts. Known kidney disease explains hemoglobin and creatinine.
    """
    chart = question.chart
    if chart.age is None or chart.age < question.whole(Parameters.MYELOMA_AGE):
        return []
    calcium = _beyond(question, ValueSets.OBS_CALCIUM, Parameters.MYELOMA_CALCIUM)
    others = _beyond(question, ValueSets.OBS_ESR, Parameters.MYELOMA_ESR, is_met_by_limit=True)
    if not any(chart.current(name) for name in _KIDNEY):
        others += _beyond(question, ValueSets.OBS_CREATININE, Parameters.MYELOMA_CREATININE)
        others += _beyond(
            question, ValueSets.OBS_HEMOGLOBIN, Parameters.MYELOMA_HEMOGLOBIN, is_low=True
        )
    gammopathy = weighed(question, ValueSets.MGUS, ANY_TIME)
    if calcium or len(others) > 1 or (others and gammopathy):
        return [*calcium, *others, *gammopathy]
    return []


def _beyond(
    question: ComputedQuestion,
    value_set: str,
    limit: str,
    *,
    is_low: bool = False,
    is_met_by_limit: bool = False,
) -> list[Finding]:
    """The newest value of a set where it lies over the limit, or under it."""
    days = question.days if question.days is not None else ANY_TIME
    hit = newest_number(question, value_set, days)
    if hit is None or hit.number is None:
        return []
    threshold = question.parameter(limit)
    is_beyond = hit.number < threshold if is_low else hit.number > threshold
    is_beyond = is_beyond or (is_met_by_limit and hit.number == threshold)
    return [_measured(question, hit, value_set)] if is_beyond else []


def _measured(question: ComputedQuestion, hit: ObservationHit, value_set: str) -> Finding:
    return Finding(
        reference=hit.entry.reference,
        display=hit.entry.display,
        when=hit.entry.when,
        state=PRESENT if hit.via == "code" else SUSPECTED,
        strength=question.criterion.strength,
        value=hit.entry.value_text,
        converted=hit.converted,
        value_set=value_set,
    )
