"""Two findings that mean something together."""

from __future__ import annotations

from msgspec.structs import replace

from cds_service.assessment.computed.question import ComputedQuestion, weakest, weighed
from cds_service.assessment.computed.series import newest_number
from cds_service.assessment.exposures import is_taken_within
from cds_service.assessment.model import PRESENT, SUSPECTED, Finding
from cds_service.assessment.timing import ANY_TIME, is_within, least_age
from cds_service.assessment.weighing import weigh_condition, with_conflict
from cds_service.knowledge.anchors import Parameters, ValueSets

_MOTOR_DEFICITS = (
    ValueSets.LIMB_WEAKNESS,
    ValueSets.MOTOR_DEFICIT,
    ValueSets.MOTOR_DEFICIT_PROGRESSIVE,
    ValueSets.FOOT_DROP,
    ValueSets.PARAPARESIS,
)


def bilateral_sciatica(question: ComputedQuestion) -> list[Finding]:
    """Right and left sciatica, both current within the window."""
    days = question.days if question.days is not None else ANY_TIME
    right = weighed(question, ValueSets.SCIATICA_RIGHT, days)
    left = weighed(question, ValueSets.SCIATICA_LEFT, days)
    return weakest(right, left) if right and left else []


def numbness_with_saddle_site(question: ComputedQuestion) -> list[Finding]:
    """Numbness within the window whose body site is the saddle or perineum."""
    chart = question.chart
    scale = chart.scale(question.criterion.strength, ValueSets.NUMBNESS, question.group)
    entries = chart.conditions(ValueSets.NUMBNESS)
    findings = []
    for hit in entries.hits:
        if ValueSets.BODY_SITE_SADDLE not in hit.entry.body_sites:
            continue
        finding = weigh_condition(
            hit,
            scale,
            value_set=ValueSets.NUMBNESS,
            days=question.days if question.days is not None else ANY_TIME,
            peers=entries.active_since,
        )
        if finding is not None:
            findings.append(with_conflict(finding, hit, entries, scale))
    return findings


def aaa_new_pain(question: ComputedQuestion) -> list[Finding]:
    """A known aortic aneurysm, and a current spine symptom that began within so many days."""
    return _with_new_pain(question, ValueSets.AAA_KNOWN)


def aorta_prone_new_pain(question: ComputedQuestion) -> list[Finding]:
    """A disease that tears the aorta, and a current spine symptom that began within so many days."""
    return _with_new_pain(question, ValueSets.AORTA_PRONE)


def _with_new_pain(question: ComputedQuestion, value_set: str) -> list[Finding]:
    known = weighed(question, value_set, ANY_TIME)
    if not known:
        return []
    chart = question.chart
    limit = question.whole(Parameters.AAA_NEW_PAIN_DAYS)
    for hit in chart.symptoms:
        span = chart.onset(hit)
        if span is not None and is_within(span, chart.as_of, limit):
            pain = Finding(
                reference=hit.entry.reference,
                display=hit.entry.display,
                when=span,
                state=PRESENT if hit.via == "code" else SUSPECTED,
                strength=question.criterion.strength,
                value_set=value_set,
            )
            return weakest(known, [pain])
    stated = question.order.duration
    if stated is not None and stated.most <= limit:
        return known[:1]
    return []


def ankylosed_with_trauma(question: ComputedQuestion) -> list[Finding]:
    """An ankylosed spine and any trauma, resolved or not, within the window."""
    spine = weighed(question, ValueSets.ANKYLOSED_SPINE, ANY_TIME)
    if not spine:
        return []
    days = question.whole(Parameters.ANKYLOSED_TRAUMA_WINDOW)
    trauma = [
        finding
        for value_set in (ValueSets.HIGH_ENERGY_TRAUMA, ValueSets.LOW_VELOCITY_TRAUMA)
        for finding in weighed(question, value_set, days, historical=True)
    ]
    if not trauma:
        return []
    # an undated or long-standing fall still makes an ankylosed spine a fracture until excluded
    strength = question.criterion.strength
    return [replace(item, strength=strength) for item in weakest(trauma, spine)]


def deficit_on_anticoagulant(question: ComputedQuestion) -> list[Finding]:
    """A motor deficit that began within so many days, and an anticoagulant that was, or may have been, taken then.

    A raised INR says as much as the drug.
    """
    chart, days = question.chart, question.whole(Parameters.HEMATOMA_DEFICIT_DAYS)
    exposures = chart.record.exposures.get(ValueSets.ANTICOAGULANT, ())
    inr = newest_number(question, ValueSets.OBS_INR, days)
    is_raised = inr is not None and (inr.number or 0) >= question.parameter(Parameters.INR_RAISED)
    if not is_raised and not any(is_taken_within(exposure, chart, days) for exposure in exposures):
        return []
    return [finding for name in _MOTOR_DEFICITS for finding in weighed(question, name, days)]


def young_onset_chronic(question: ComputedQuestion) -> list[Finding]:
    """Back pain of at least so many days whose onset came before the age limit."""
    chart = question.chart
    least_days = question.whole(Parameters.YOUNG_ONSET_DURATION)
    limit = question.whole(Parameters.YOUNG_ONSET_AGE)
    for hit in chart.current(ValueSets.LOW_BACK_PAIN):
        span = chart.onset(hit)
        if span is None or least_age(span, chart.as_of) < least_days:
            continue
        age = chart.age_on(span.last)
        if age is not None and 0 <= age < limit:
            return [
                Finding(
                    reference=hit.entry.reference,
                    display=hit.entry.display,
                    when=span,
                    state=PRESENT if hit.via == "code" else SUSPECTED,
                    strength=question.criterion.strength,
                    value_set=ValueSets.LOW_BACK_PAIN,
                )
            ]
    return []
