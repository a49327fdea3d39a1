"""The checks that every imaging order and every suggested study passes: devices, contrast, pregnancy."""

from __future__ import annotations

from datetime import date

from cds_service.assessment.chart import Chart
from cds_service.assessment.modalities import ENHANCED
from cds_service.assessment.model import Measured, OrderSafety, PregnancyBasis, Risk
from cds_service.assessment.timing import days_before, is_within, newest_first
from cds_service.evidence.model import ConditionHit, DateSpan, ObservationHit, StudyProcedure
from cds_service.knowledge.anchors import ValueSets


def check_safety(chart: Chart) -> OrderSafety:
    """Everything on record that makes a study unsafe or doubtful, whatever was ordered."""
    iodine_reaction = _reactions(chart, "iodine", ValueSets.IODINATED_AGENT)
    gadolinium_reaction = _reactions(chart, "gadolinium", ValueSets.GADOLINIUM_AGENT)
    renal = _renal_risks(chart)
    pregnancy = _pregnancy(chart)
    return OrderSafety(
        devices=chart.record.devices,
        gadolinium=(*renal, *gadolinium_reaction),
        iodine=(
            *(risk for risk in _iodine_renal(chart, renal)),
            *iodine_reaction,
        ),
        iodine_reaction=iodine_reaction,
        pregnancy=pregnancy,
        pregnancy_unknown=pregnancy is None and _could_be_pregnant(chart),
        claustrophobia=bool(_current(chart, ValueSets.CLAUSTROPHOBIA)),
        egfr_is_fresh=_is_egfr_fresh(chart),
        creatinine=_creatinine_alone(chart),
    )


def contrast_risk(procedure: StudyProcedure, safety: OrderSafety) -> Risk | None:
    """The first reason for care with the contrast that an order asks for.

    Nothing is said of an order that does not state its contrast. For CT myelography and myelography only
    an earlier reaction counts: the contrast goes into the spinal canal.
    """
    if procedure.modality == "MR" and procedure.contrast in ENHANCED:
        return next(iter(safety.gadolinium), None)
    if procedure.modality == "CT" and procedure.contrast in ENHANCED:
        return next(iter(safety.iodine), None)
    if procedure.modality in ("CTM", "RF"):
        return next(iter(safety.iodine_reaction), None)
    return None


def _current(chart: Chart, value_set: str) -> list[ConditionHit]:
    if value_set not in chart.record.conditions:
        return []
    return [hit for hit in chart.conditions(value_set).hits if hit.entry.clinical == "current"]


def _renal_risks(chart: Chart) -> tuple[Risk, ...]:
    """Kidney reasons for care with gadolinium. An eGFR that is not current is no threshold and no comfort."""
    limits = chart.rules.guideline.safety_limits
    egfr = _current_egfr(chart)
    risks: list[Risk] = []
    if egfr is not None:
        hit, span = egfr
        if _is_below(hit, limits.egfr_gadolinium_caution):
            risks.append(_egfr_risk("egfr_gadolinium", hit, span))
    else:
        risks += _high_creatinine(chart)
        risks += _condition_risks(chart, ValueSets.CKD_STAGE_4_5, "ckd")
    risks += _acute_kidney_injury(chart)
    risks += _condition_risks(chart, ValueSets.DIALYSIS, "dialysis")
    risks += [
        Risk("dialysis", "", hit.when, hit.reference, hit.display)
        for hit in chart.record.procedures.get(ValueSets.DIALYSIS, ())
        if hit.when is not None and is_within(hit.when, chart.as_of, limits.egfr_max_age_days)
    ]
    return tuple(risks)


def _iodine_renal(chart: Chart, renal: tuple[Risk, ...]) -> list[Risk]:
    """The kidney reasons that also hold for intravenous iodine: low eGFR, high creatinine, acute kidney injury."""
    limits = chart.rules.guideline.safety_limits
    risks = [risk for risk in renal if risk.name in ("acute_kidney_injury", "creatinine")]
    egfr = _current_egfr(chart)
    if egfr is not None and _is_below(egfr[0], limits.egfr_iodinated_caution):
        risks.insert(0, _egfr_risk("egfr_iodinated", *egfr))
    return risks


def _current_egfr(chart: Chart) -> tuple[ObservationHit, DateSpan] | None:
    """The newest usable eGFR of the look-back; on one day the lowest."""
    days = chart.rules.guideline.safety_limits.egfr_max_age_days
    found: list[tuple[ObservationHit, DateSpan]] = []
    for hit in chart.observations(ValueSets.OBS_EGFR, days):
        span = chart.settled(hit.entry.when)
        if hit.number is not None and span is not None and is_within(span, chart.as_of, days):
            found.append((hit, span))
    if not found:
        return None
    return min(found, key=lambda item: (-item[1].last.toordinal(), item[0].number))


def _is_egfr_fresh(chart: Chart) -> bool:
    egfr = _current_egfr(chart)
    days = chart.rules.guideline.safety_limits.egfr_fresh_days
    return egfr is not None and is_within(egfr[1], chart.as_of, days)


def _creatinine_alone(chart: Chart) -> Measured | None:
    """The newest creatinine of the look-back where no eGFR is current; None when an eGFR is, or neither."""
    days = chart.rules.guideline.safety_limits.egfr_max_age_days
    hits = chart.observations(ValueSets.OBS_CREATININE, days)
    if not hits or _current_egfr(chart) is not None:
        return None
    dated = [
        (span.last, hit.entry)
        for hit in hits
        if hit.entry.value_text
        and (span := chart.settled(hit.entry.when)) is not None
        and is_within(span, chart.as_of, days)
    ]
    if not dated:
        return None
    newest = max(dated, key=lambda item: item[0])[1]
    return Measured(newest.display, newest.value_text, newest.when)


def _high_creatinine(chart: Chart) -> list[Risk]:
    """The newest creatinine of the look-back, where it is so high that the eGFR is low at any adult age."""
    limits = chart.rules.guideline.safety_limits
    days = limits.egfr_max_age_days
    dated = [
        (span, hit)
        for hit in chart.observations(ValueSets.OBS_CREATININE, days)
        if hit.number is not None
        and hit.comparator not in ("<", "<=")
        and (span := chart.settled(hit.entry.when)) is not None
        and is_within(span, chart.as_of, days)
    ]
    if not dated:
        return []
    span, newest = max(dated, key=lambda item: (item[0].last, item[1].number))
    if (newest.number or 0) < limits.creatinine_caution:
        return []
    return [_egfr_risk("creatinine", newest, span)]


def _is_below(hit: ObservationHit, limit: float) -> bool:
    number = hit.number
    if number is None or hit.comparator in (">", ">="):
        return False
    return number < limit or (hit.comparator == "<" and number <= limit)


def _egfr_risk(name: str, hit: ObservationHit, span: DateSpan) -> Risk:
    return Risk(name, hit.entry.value_text, span, hit.entry.reference, hit.entry.display)


def _condition_risks(chart: Chart, value_set: str, name: str) -> list[Risk]:
    hits = sorted(
        _current(chart, value_set),
        key=lambda hit: newest_first(hit.entry.onset or hit.entry.recorded),
    )
    return [
        Risk(
            name,
            "",
            chart.settled(hit.entry.onset or hit.entry.recorded),
            hit.entry.reference,
            hit.entry.display,
        )
        for hit in hits[:1]
    ]


def _acute_kidney_injury(chart: Chart) -> list[Risk]:
    """Acute kidney injury that is as current as an eGFR has to be, or undated (own policy)."""
    days = chart.rules.guideline.safety_limits.egfr_max_age_days
    return [
        risk
        for risk in _condition_risks(chart, ValueSets.ACUTE_KIDNEY_INJURY, "acute_kidney_injury")
        if risk.when is None or is_within(risk.when, chart.as_of, days)
    ]


def _reactions(chart: Chart, kind: str, value_set: str) -> tuple[Risk, ...]:
    """Earlier reactions to the agent, and reactions whose agent was not stated."""
    own = "gadolinium_reaction" if kind == "gadolinium" else "iodinated_reaction"
    named = {value_set: own, ValueSets.CONTRAST_AGENT_UNSPECIFIED: "contrast_reaction"}
    found = [
        Risk(
            named[hit.value_set],
            "",
            chart.settled(hit.when),
            hit.reference,
            hit.display,
        )
        for hit in chart.record.allergies
        if hit.value_set in named
    ]
    for name, risk_name in named.items():
        found += [
            Risk(
                risk_name,
                "",
                chart.settled(hit.entry.onset or hit.entry.recorded),
                hit.entry.reference,
                hit.entry.display,
            )
            for hit in _current(chart, name)
        ]
    return tuple(sorted(found, key=lambda risk: risk.name == "contrast_reaction"))


def _pregnancy(chart: Chart) -> PregnancyBasis | None:
    """The newest statement that a pregnancy is possible, unless it ended since or a newer one says no."""
    limits = chart.rules.guideline.safety_limits
    candidates: list[PregnancyBasis] = []
    for hit in _current(chart, ValueSets.PREGNANCY):
        span = chart.settled(hit.entry.onset or hit.entry.recorded)
        if span is None or is_within(span, chart.as_of, limits.pregnancy_window_days):
            candidates.append(
                PregnancyBasis("condition", span, hit.entry.reference, hit.entry.display)
            )
    candidates += _pregnancy_observations(
        chart, ValueSets.OBS_PREGNANCY_STATUS, limits.pregnancy_window_days, "status"
    )
    candidates += _pregnancy_observations(chart, ValueSets.OBS_HCG, limits.hcg_max_age_days, "test")
    ended = _pregnancy_ended(chart)
    standing = [
        basis
        for basis in candidates
        if ended is None or (basis.when is not None and basis.when.last > ended)
    ]
    standing += _due_dates(chart, ended)
    return min(standing, key=lambda basis: newest_first(basis.when), default=None)


def _pregnancy_observations(
    chart: Chart, value_set: str, days: int, basis: str
) -> list[PregnancyBasis]:
    """The newest statement of a set, when it is positive."""
    dated: list[tuple[DateSpan, ObservationHit]] = []
    for hit in chart.observations(value_set, days):
        span = chart.settled(hit.entry.when)
        if (
            span is not None
            and hit.entry.polarity != "unknown"
            and is_within(span, chart.as_of, days)
        ):
            dated.append((span, hit))
    if not dated:
        return []
    newest = max(span.last for span, _ in dated)
    return [
        PregnancyBasis(
            "test" if basis == "test" else "status", span, hit.entry.reference, hit.entry.display
        )
        for span, hit in dated
        if span.last == newest and hit.entry.polarity == "positive"
    ][:1]


def _due_dates(chart: Chart, ended: date | None) -> list[PregnancyBasis]:
    """Due dates around today. One that was stated before the pregnancy ended has come to its end with it."""
    limits = chart.rules.guideline.safety_limits
    found = []
    for hit in chart.record.observations.get(ValueSets.OBS_DUE_DATE, ()):
        due = hit.entry.value_date
        stated = chart.settled(hit.entry.when)
        if due is None or (ended is not None and stated is not None and stated.last <= ended):
            continue
        ahead = -days_before(due.last, chart.as_of)
        if -limits.due_date_days_before <= ahead <= limits.due_date_days_after:
            found.append(PregnancyBasis("due", due, hit.entry.reference, hit.entry.display))
    return found


def _pregnancy_ended(chart: Chart) -> date | None:
    """The newest day on which a pregnancy is said to have ended or not to exist; None when never said."""
    days = []
    for hit in chart.conditions(ValueSets.PREGNANCY_ENDED).hits:
        span = chart.settled(hit.entry.onset or hit.entry.recorded)
        if span is not None:
            days.append(span.last)
    days += [
        procedure.when.last
        for procedure in chart.record.procedures.get(ValueSets.PREGNANCY_ENDED, ())
        if procedure.when is not None
    ]
    for observed in chart.record.observations.get(ValueSets.OBS_PREGNANCY_STATUS, ()):
        span = chart.settled(observed.entry.when)
        if observed.entry.polarity == "negative" and span is not None:
            days.append(span.last)
    return max(days, default=None)


def _could_be_pregnant(chart: Chart) -> bool:
    """A woman of child-bearing age of whom nothing current says whether she is pregnant."""
    person, age = chart.record.person, chart.age
    limits = chart.rules.guideline.safety_limits
    if person is None or person.gender != "female" or age is None:
        return False
    if not limits.child_bearing_age_from <= age <= limits.child_bearing_age_to:
        return False
    return not any(
        hit.entry.polarity == "negative"
        and (span := chart.settled(hit.entry.when)) is not None
        and is_within(span, chart.as_of, limits.hcg_max_age_days)
        for value_set in (ValueSets.OBS_HCG, ValueSets.OBS_PREGNANCY_STATUS)
        for hit in chart.observations(value_set, limits.hcg_max_age_days)
    )
