"""Named functions of the guideline: statements that take more than one look-up. Their numbers are parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from cds_service.assessment.chart import Chart
from cds_service.assessment.model import Finding, State
from cds_service.assessment.reasons import ANY_TIME, order_value_sets, reason_findings
from cds_service.assessment.timing import (
    days_before,
    is_within,
    least_age,
    newest_first,
    settled,
)
from cds_service.assessment.weighing import weigh_condition, with_conflict
from cds_service.evidence.model import DateSpan, ImagingOrder, ObservationHit
from cds_service.knowledge.anchors import Parameters, ValueSets
from cds_service.knowledge.model import Criterion, Group


@dataclass(frozen=True, slots=True)
class Question:
    """One computed criterion about one order."""

    chart: Chart
    order: ImagingOrder
    criterion: Criterion
    group: Group
    days: int | None

    def parameter(self, name: str) -> float:
        """A number of `parameters.toml`."""
        return self.chart.rules.parameters[name]

    def whole(self, name: str) -> int:
        """A parameter that is a number of days or years."""
        return int(self.chart.rules.parameters[name])


def _weighed(
    question: Question, value_set: str, days: int, *, historical: bool = False
) -> list[Finding]:
    """Condition entries of a set that count in a window, and what the order says of the set."""
    chart = question.chart
    scale = chart.scale(question.criterion.strength, value_set, question.group)
    entries = chart.conditions(value_set)
    findings = [
        with_conflict(finding, hit, entries, scale)
        for hit in entries.hits
        if (
            finding := weigh_condition(
                hit,
                scale,
                value_set=value_set,
                days=days,
                historical=historical,
                peers=entries.hits,
            )
        )
        is not None
        and finding.state is not State.STALE
    ]
    stated = reason_findings(chart, question.order, value_set, scale, days=days)
    return findings + [finding for finding in stated if finding.state is not State.STALE]


def _weakest(*sides: list[Finding]) -> list[Finding]:
    """The newest of each side, all with the certainty and strength of the least certain one."""
    chosen = [min(side, key=lambda item: newest_first(item.when)) for side in sides]
    is_suspected = any(item.state is State.SUSPECTED for item in chosen)
    order = [item.strength for item in chosen]
    strengths = [strength for strength in order if strength is not None]
    weakest = max(strengths, key=_position) if len(strengths) == len(order) else None
    return [
        replace(item, state=State.SUSPECTED if is_suspected else item.state, strength=weakest)
        for item in chosen
    ]


def _position(strength: object) -> int:
    return ("definitive", "strong", "moderate", "weak").index(str(strength))


def bilateral_sciatica(question: Question) -> list[Finding]:
    """Right and left sciatica, both current within the window."""
    days = question.days if question.days is not None else ANY_TIME
    right = _weighed(question, ValueSets.SCIATICA_RIGHT, days)
    left = _weighed(question, ValueSets.SCIATICA_LEFT, days)
    return _weakest(right, left) if right and left else []


def numbness_with_saddle_site(question: Question) -> list[Finding]:
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
            peers=entries.hits,
        )
        if finding is not None:
            findings.append(with_conflict(finding, hit, entries, scale))
    return findings


def aaa_new_pain(question: Question) -> list[Finding]:
    """A known aortic aneurysm, and a current spine symptom that began within so many days."""
    aneurysm = _weighed(question, ValueSets.AAA_KNOWN, ANY_TIME)
    if not aneurysm:
        return []
    chart = question.chart
    limit = question.whole(Parameters.AAA_NEW_PAIN_DAYS)
    for _, hit in chart.current_symptoms(chart.rules.symptom_sets["any"]):
        span = chart.onset(hit)
        if span is not None and is_within(span, chart.as_of, limit):
            pain = Finding(
                reference=hit.entry.reference,
                display=hit.entry.display,
                when=span,
                state=State.PRESENT if hit.via == "code" else State.SUSPECTED,
                strength=question.criterion.strength,
                value_set=ValueSets.AAA_KNOWN,
            )
            return _weakest(aneurysm, [pain])
    stated = question.order.duration
    if stated is not None and stated.most <= limit:
        return aneurysm[:1]
    return []


_HISTORY_SETS = (
    ValueSets.MALIGNANCY_HISTORY,
    ValueSets.MALIGNANCY_REMISSION,
    ValueSets.MALIGNANCY_HISTORY_BONE_AVID,
)
_DISEASE_SETS = (ValueSets.MALIGNANCY, ValueSets.MALIGNANCY_BONE_AVID)
_AVID_SETS = (ValueSets.MALIGNANCY_HISTORY_BONE_AVID, ValueSets.MALIGNANCY_BONE_AVID)


def _past_cancers(question: Question) -> list[tuple[Finding, DateSpan | None, bool]]:
    """Past cancers: (finding, when it ended or else began, is it bone-avid at any time)."""
    chart = question.chart
    rules = chart.rules.guideline.evidence
    past: dict[int, tuple[Finding, DateSpan | None, bool]] = {}
    avid = {id(hit.entry) for name in _AVID_SETS for hit in chart.conditions(name).hits}
    for value_set in (*_HISTORY_SETS, *_DISEASE_SETS):
        scale = chart.scale(question.criterion.strength, value_set, question.group)
        entries = chart.conditions(value_set)
        for hit in entries.hits:
            entry = hit.entry
            is_history = value_set in _HISTORY_SETS
            if not is_history and entry.clinical != "past":
                continue
            ended, _ = settled(
                entry.abated or entry.onset or entry.recorded, chart.as_of, rules.future_days
            )
            is_suspected = entry.verification == "suspected" or hit.via == "text"
            finding = Finding(
                reference=entry.reference,
                display=entry.display,
                when=ended,
                state=State.SUSPECTED if is_suspected else State.HISTORICAL,
                strength=question.criterion.strength,
                value_set=value_set,
                notes=("undated",) if ended is None else (),
            )
            finding = with_conflict(finding, hit, entries, scale)
            past[id(entry)] = (finding, ended, id(entry) in avid)
    cancers = list(past.values())
    for value_set in _HISTORY_SETS:
        scale = chart.scale(question.criterion.strength, value_set, question.group)
        cancers += [
            (finding, None, value_set in _AVID_SETS)
            for finding in reason_findings(chart, question.order, value_set, scale, days=ANY_TIME)
            if finding.reference == question.order.reference
        ]
    return cancers


def _is_recent_or_avid(question: Question, ended: DateSpan | None, *, is_avid: bool) -> bool:
    if is_avid or ended is None:
        return True
    return least_age(ended, question.chart.as_of) <= question.whole(Parameters.CANCER_HISTORY_DAYS)


def cancer_history_recent_or_avid(question: Question) -> list[Finding]:
    """A past cancer that ended (else began) within ten years or has no date, or is bone-avid at any time."""
    return [
        finding
        for finding, ended, is_avid in _past_cancers(question)
        if _is_recent_or_avid(question, ended, is_avid=is_avid)
    ]


def cancer_history_remote(question: Question) -> list[Finding]:
    """A past cancer that is older than that and not bone-avid."""
    return [
        finding
        for finding, ended, is_avid in _past_cancers(question)
        if not _is_recent_or_avid(question, ended, is_avid=is_avid)
    ]


def _series(
    question: Question, value_set: str, days: int
) -> dict[str, list[tuple[date, ObservationHit]]]:
    """Dated numbers of a set in a window, oldest first, by code: different codes are never compared."""
    chart = question.chart
    rules = chart.rules.guideline.evidence
    series: dict[str, list[tuple[date, ObservationHit]]] = {}
    for hit in chart.record.observations.get(value_set, ()):
        span, _ = settled(hit.entry.when, chart.as_of, rules.future_days)
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


def _trend(question: Question, first: ObservationHit, last: ObservationHit) -> list[Finding]:
    return [
        Finding(
            reference=hit.entry.reference,
            display=hit.entry.display,
            when=hit.entry.when,
            state=State.PRESENT if hit.via == "code" else State.SUSPECTED,
            strength=question.criterion.strength,
            value=hit.entry.value_text,
            converted=hit.converted,
            value_set="trend",
        )
        for hit in (last, first)
    ]


def weight_loss_5pct_180d(question: Question) -> list[Finding]:
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
    return _trend(question, first, last)


_ROUNDING = 1e-9  # 100 kg to 95 kg is five per cent, whatever binary fractions make of it


def pain_score_rising(question: Question) -> list[Finding]:
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


def ankylosed_with_trauma(question: Question) -> list[Finding]:
    """An ankylosed spine and any trauma, resolved or not, within the window."""
    spine = _weighed(question, ValueSets.ANKYLOSED_SPINE, ANY_TIME)
    days = question.whole(Parameters.ANKYLOSED_TRAUMA_WINDOW)
    trauma = [
        finding
        for value_set in (ValueSets.HIGH_ENERGY_TRAUMA, ValueSets.LOW_VELOCITY_TRAUMA)
        for finding in _weighed(question, value_set, days, historical=True)
    ]
    if not spine or not trauma:
        return []
    # an undated or long-standing fall still makes an ankylosed spine a fracture until excluded
    strength = question.criterion.strength
    return [replace(item, strength=strength) for item in _weakest(trauma, spine)]


def young_onset_chronic(question: Question) -> list[Finding]:
    """Back pain of at least so many days whose onset came before the age limit."""
    chart = question.chart
    least_days = question.whole(Parameters.YOUNG_ONSET_DURATION)
    limit = question.whole(Parameters.YOUNG_ONSET_AGE)
    for _, hit in chart.current_symptoms((ValueSets.LOW_BACK_PAIN,)):
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
                    state=State.PRESENT if hit.via == "code" else State.SUSPECTED,
                    strength=question.criterion.strength,
                    value_set=ValueSets.LOW_BACK_PAIN,
                )
            ]
    return []


_SURGERY_SETS: Mapping[str, tuple[str, ...]] = {
    "cervical": (ValueSets.SPINE_SURGERY_CERVICAL,),
    "thoracic": (ValueSets.SPINE_SURGERY_THORACIC,),
    "lumbar": (ValueSets.SPINE_SURGERY_LUMBAR,),
    "sacrum": (ValueSets.SPINE_SURGERY_LUMBAR,),
    "sacroiliac": (ValueSets.SPINE_SURGERY_LUMBAR,),
    "whole": (
        ValueSets.SPINE_SURGERY_CERVICAL,
        ValueSets.SPINE_SURGERY_THORACIC,
        ValueSets.SPINE_SURGERY_LUMBAR,
    ),
}


def surgery_sets(regions: Iterable[str]) -> tuple[str, ...]:
    """Surgery value sets of the ordered regions; a level not stated counts for every region."""
    names = [name for region in regions for name in _SURGERY_SETS[region]]
    return (*dict.fromkeys(names or _SURGERY_SETS["whole"]), ValueSets.SPINE_SURGERY_UNSPECIFIED)


def prior_surgery_region(question: Question) -> list[Finding]:
    """Surgery of the ordered region, and a symptom that began after it, has no date, or is the reason.

    Root pain is a symptom here; degeneration and stenosis are findings, also as the reason.
    """
    chart = question.chart
    rules = chart.rules.guideline.evidence
    surgeries: list[tuple[DateSpan | None, Finding]] = []
    for value_set in surgery_sets(question.order.procedure.regions):
        for hit in chart.record.procedures.get(value_set, ()):
            span, _ = settled(hit.when, chart.as_of, rules.future_days)
            surgeries.append(
                (span, _surgery(question, hit.reference, hit.display, span, hit.via, value_set))
            )
        for condition in chart.conditions(value_set).hits:
            entry = condition.entry
            span, _ = settled(entry.onset or entry.recorded, chart.as_of, rules.future_days)
            surgeries.append(
                (
                    span,
                    _surgery(
                        question, entry.reference, entry.display, span, condition.via, value_set
                    ),
                )
            )
    symptom_sets = chart.rules.symptom_sets["any"]
    symptoms = [chart.onset(hit) for _, hit in chart.current_symptoms(symptom_sets)]
    on_order = order_value_sets(chart, question.order)
    is_reason = not on_order.isdisjoint((*symptom_sets, ValueSets.RADICULOPATHY))
    return [
        finding
        for operated, finding in surgeries
        if is_reason
        or any(
            began is None or operated is None or began.last >= operated.first for began in symptoms
        )
    ]


def _surgery(
    question: Question,
    reference: str,
    display: str,
    span: DateSpan | None,
    via: str,
    value_set: str,
) -> Finding:
    notes = ("undated",) if span is None else ()
    if value_set == ValueSets.SPINE_SURGERY_UNSPECIFIED:
        notes = (*notes, "level_not_recorded")
    return Finding(
        reference=reference,
        display=display,
        when=span,
        state=State.PRESENT if via == "code" else State.SUSPECTED,
        strength=question.criterion.strength,
        value_set=value_set,
        notes=notes,
    )


def conservative_care_6w(question: Question) -> list[Finding]:
    """Symptoms of at least six weeks, care first seen at least so long ago and last seen recently.

    The clinician's own statement on the order, in the words of our suggestion, counts as suspected.
    """
    chart = question.chart
    stated = chart.rules.guideline.wording.detail["care_statement"].casefold()
    for text in question.order.texts:
        if stated in text.casefold():
            return [
                Finding(
                    reference=question.order.reference,
                    display=chart.rules.guideline.wording.detail["care_statement"],
                    when=question.order.authored,
                    state=State.SUSPECTED,
                    strength=question.criterion.strength,
                    value_set="care",
                    from_order_text=True,
                )
            ]
    least_days = question.whole(Parameters.CARE_MIN_DAYS)
    if chart.order_duration(question.order).least < least_days:
        return []
    care = _care(question)
    if not care:
        return []
    first = min(care, key=lambda item: item[0])
    last = max(care, key=lambda item: item[1])
    recent = question.whole(Parameters.CARE_LAST_WITHIN)
    if (
        days_before(first[0], chart.as_of) < least_days
        or days_before(last[1], chart.as_of) > recent
    ):
        return []
    return [first[2]] if first[2] == last[2] else [last[2], first[2]]


def _care(question: Question) -> list[tuple[date, date, Finding]]:
    """Conservative care on record: (first day, last day, finding), nothing after the day itself."""
    chart = question.chart
    as_of = chart.as_of
    care: list[tuple[date, date, Finding]] = []

    def add(
        first: date, last: date, reference: str, display: str, span: DateSpan | None, via: str
    ) -> None:
        if first <= as_of:
            finding = Finding(
                reference=reference,
                display=display,
                when=span,
                state=State.PRESENT if via == "code" else State.SUSPECTED,
                strength=question.criterion.strength,
                value_set="care",
            )
            care.append((first, min(last, as_of), finding))

    for hit in chart.record.procedures.get(ValueSets.PHYSIOTHERAPY, ()):
        if hit.when is not None:
            add(hit.when.last, hit.when.last, hit.reference, hit.display, hit.when, hit.via)
    for condition in chart.conditions(ValueSets.PHYSIOTHERAPY).hits:
        span = condition.entry.onset or condition.entry.recorded
        if span is not None:
            entry = condition.entry
            add(span.last, span.last, entry.reference, entry.display, span, condition.via)
    for exposure in chart.record.exposures.get(ValueSets.CONSERVATIVE_DRUG, ()):
        if exposure.start is not None:
            last = exposure.end or (as_of if exposure.ongoing else exposure.start.last)
            add(
                exposure.start.last,
                last,
                exposure.reference,
                exposure.display,
                exposure.start,
                exposure.via,
            )
    return care


FUNCTIONS: Mapping[str, Callable[[Question], list[Finding]]] = {
    function.__name__: function
    for function in (
        bilateral_sciatica,
        numbness_with_saddle_site,
        aaa_new_pain,
        cancer_history_recent_or_avid,
        cancer_history_remote,
        weight_loss_5pct_180d,
        ankylosed_with_trauma,
        young_onset_chronic,
        prior_surgery_region,
        conservative_care_6w,
        pain_score_rising,
    )
}
"""By the names that the guideline may use (`ComputedEvidence.fn`)."""
