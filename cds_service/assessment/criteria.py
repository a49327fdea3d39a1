"""Every criterion in isolation: present, suspected, historical, stale, or not found. One function an evidence type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cds_service.assessment import computed
from cds_service.assessment.chart import Chart
from cds_service.assessment.model import Conflict, CriterionResult, Finding, State
from cds_service.assessment.reasons import order_value_sets, reason_findings
from cds_service.assessment.timing import days_earlier, is_within, newest_first, settled
from cds_service.assessment.weighing import lowered, weigh_condition, with_conflict
from cds_service.evidence.model import (
    DateSpan,
    Exposure,
    Gap,
    ImagingOrder,
    ObservationHit,
    ProcedureHit,
)
from cds_service.knowledge.model import (
    AgeEvidence,
    ComputedEvidence,
    ConditionEvidence,
    Criterion,
    Group,
    MedicationDaysEvidence,
    MedicationEvidence,
    ObservationEvidence,
    ObservationPositiveEvidence,
    ProcedureEvidence,
    ReasonEvidence,
    Strength,
)

_STRENGTHS = (Strength.DEFINITIVE, Strength.STRONG, Strength.MODERATE, Strength.WEAK)
_STATES = (State.PRESENT, State.SUSPECTED, State.HISTORICAL, State.STALE)


@dataclass(frozen=True, slots=True)
class CriteriaResult:
    """All criteria of one order."""

    found: tuple[CriterionResult, ...]
    stale: tuple[tuple[Criterion, Finding], ...]
    conflicts: tuple[Conflict, ...]
    failed: tuple[str, ...]
    """Ids of criteria whose evaluation raised: a bug in us, never a reason to lose the others."""
    gaps: tuple[Gap, ...]


def evaluate_criteria(chart: Chart, order: ImagingOrder) -> CriteriaResult:
    """Evaluate every criterion of the guideline for one order."""
    found: list[CriterionResult] = []
    stale: list[tuple[Criterion, Finding]] = []
    conflicts: list[Conflict] = []
    failed: list[str] = []
    gaps: list[Gap] = []
    has_context = has_spine_context(chart, order)
    on_order = order_value_sets(chart, order)
    at_hand = chart.value_sets | on_order
    rules = chart.rules
    for (criterion, group), triggers in zip(rules.criteria, rules.triggers, strict=True):
        if triggers is not None and triggers.isdisjoint(at_hand):
            continue
        if criterion.needs_context and not has_context:
            continue
        try:
            findings = _findings(criterion, group, chart, order, on_order)
            gaps.extend(_exposure_gaps(criterion, findings, chart))
            result = _result(criterion, group, findings, chart, order)
        except Exception:  # noqa: BLE001 - an emergency must not hang on one rule: the others still count
            failed.append(criterion.id)
            continue
        if result is None:
            if findings:
                stale.append((criterion, min(findings, key=_rank)))
            continue
        found.append(result)
        if any(finding.conflict for finding in result.findings):
            conflicts.append(Conflict(criterion, group.emergency))
    return CriteriaResult(
        tuple(found), tuple(stale), tuple(conflicts), tuple(failed), tuple(dict.fromkeys(gaps))
    )


def has_spine_context(chart: Chart, order: ImagingOrder) -> bool:
    """Spine pain or a neurological context: a symptom or degenerative finding in the data or on the order.

    The spine order itself is context enough unless it has reasons and none of them is a symptom, a context or
    the value of a criterion: then it names a non-spine purpose.
    """
    if any(chart.current_symptoms(chart.rules.context_sets)):
        return True
    stated = [reason for reason in order.reasons if reason.kind != "text"]
    if not stated:
        return True
    return any(
        value_set in chart.rules.reason_sets
        for reason in order.reasons
        for value_set in reason.value_sets
    ) or any(
        value_set in chart.rules.reason_sets
        for reason in stated
        if reason.reference is not None
        for value_set, _ in chart.record.condition_by_reference.get(reason.reference, ())
    )


def _result(
    criterion: Criterion,
    group: Group,
    findings: Sequence[Finding],
    chart: Chart,
    order: ImagingOrder,
) -> CriterionResult | None:
    counting = [finding for finding in findings if finding.state is not State.STALE]
    if not counting:
        return None
    counting.sort(key=_rank)
    counting = _without_repeats(counting, order)
    strength = counting[0].strength
    if criterion.downgrade is not None and strength is not None:
        down = criterion.downgrade
        if _rank_strength(strength) < _rank_strength(down.to) and _is_documented(
            chart, down.when, down.days
        ):
            strength = down.to
            counting = [
                replace(item, strength=strength, notes=(*item.notes, "explained"))
                for item in counting
            ]
    return CriterionResult(
        criterion=criterion,
        group=group.id,
        state=counting[0].state,
        strength=strength,
        findings=tuple(counting),
    )


def _without_repeats(findings: list[Finding], order: ImagingOrder) -> list[Finding]:
    """One finding a resource; the order's own words only once and only beside nothing else of the same text."""
    seen: set[tuple[str, str]] = set()
    kept: list[Finding] = []
    for finding in findings:
        key = (
            finding.reference,
            "" if finding.reference != order.reference else finding.display.casefold(),
        )
        if key not in seen:
            seen.add(key)
            kept.append(finding)
    return kept


def _rank_strength(strength: Strength | None) -> int:
    return len(_STRENGTHS) if strength is None else _STRENGTHS.index(strength)


def _rank(finding: Finding) -> tuple[int, int, int]:
    """Strongest first, then most certain, then newest."""
    return (
        _rank_strength(finding.strength),
        _STATES.index(finding.state),
        newest_first(finding.when),
    )


def _findings(
    criterion: Criterion,
    group: Group,
    chart: Chart,
    order: ImagingOrder,
    on_order: frozenset[str],
) -> list[Finding]:
    findings: list[Finding] = []
    for evidence in criterion.evidence:
        if isinstance(evidence, ReasonEvidence) and evidence.vs not in on_order:
            continue
        findings.extend(_EVALUATE[type(evidence)](evidence, criterion, group, chart, order))
    return findings


# ------------------------------------------------------------------------------- one function a type


def _condition(
    evidence: ConditionEvidence, criterion: Criterion, group: Group, chart: Chart, _: ImagingOrder
) -> list[Finding]:
    if evidence.vs not in chart.record.conditions:
        return []
    scale = chart.scale(criterion.strength, evidence.vs, group)
    entries = chart.conditions(evidence.vs)
    findings = []
    for hit in entries.hits:
        if (
            evidence.text_required is not None
            and hit.via == "code"
            and not chart.rules.says(evidence.text_required, hit.entry.text)
        ):
            continue
        finding = weigh_condition(
            hit,
            scale,
            value_set=evidence.vs,
            days=evidence.days,
            min_days=evidence.min_days,
            historical=evidence.historical,
            peers=entries.hits,
        )
        if finding is None:
            continue
        findings.append(with_conflict(finding, hit, entries, scale))
    return findings


def _reason(
    evidence: ReasonEvidence,
    criterion: Criterion,
    group: Group,
    chart: Chart,
    order: ImagingOrder,
) -> list[Finding]:
    windows = [
        item.days
        for item in criterion.evidence
        if isinstance(item, ConditionEvidence) and item.vs == evidence.vs
    ]
    return reason_findings(
        chart,
        order,
        evidence.vs,
        chart.scale(criterion.strength, evidence.vs, group),
        days=max(windows, default=None),
    )


def _observation(
    evidence: ObservationEvidence, criterion: Criterion, _: Group, chart: Chart, __: ImagingOrder
) -> list[Finding]:
    dated, undated = _numbers(chart, evidence.vs, evidence.days)
    if not dated:
        return [
            _measured(
                evidence, hit, span=None, strength=lowered(criterion.strength), notes=("undated",)
            )
            for hit in undated[:1]
            if _compares(hit, evidence)
        ]
    if evidence.agg == "latest":
        newest = max(span.last for _, span in dated)
        chosen = [item for item in dated if item[1].last == newest]
    else:
        chosen = dated
    meeting = [(hit, span) for hit, span in chosen if _compares(hit, evidence)]
    if not meeting:
        older = [
            _measured(
                evidence,
                hit,
                span=span,
                strength=None,
                notes=("newer_value_normal",),
                state=State.STALE,
            )
            for hit, span in dated
            if _compares(hit, evidence)
        ]
        return older[:1]
    best = max if evidence.op in ("gt", "ge") else min
    hit, span = best(meeting, key=lambda item: item[0].number or 0.0)
    strength: Strength | None = criterion.strength
    notes: tuple[str, ...] = ("unit_inferred",) if hit.inferred_unit else ()
    if evidence.long_standing is not None and _is_known_for(
        chart, evidence.long_standing.vs, evidence.long_standing.min_days
    ):
        strength = lowered(criterion.strength)
        notes = (*notes, "long_standing")
    return [_measured(evidence, hit, span=span, strength=strength, notes=notes)]


def _numbers(
    chart: Chart, value_set: str, days: int
) -> tuple[list[tuple[ObservationHit, DateSpan]], list[ObservationHit]]:
    """Usable numbers of a set: dated inside the window (oldest first), and undated ones."""
    dated: list[tuple[ObservationHit, DateSpan]] = []
    undated: list[ObservationHit] = []
    for hit in chart.record.observations.get(value_set, ()):
        if hit.number is None:
            continue
        span, _ = settled(hit.entry.when, chart.as_of, chart.rules.guideline.evidence.future_days)
        if span is None:
            undated.append(hit)
        elif is_within(span, chart.as_of, days):
            dated.append((hit, span))
    dated.sort(key=lambda item: item[1].last)
    return dated, undated


def _compares(hit: ObservationHit, evidence: ObservationEvidence) -> bool:
    """True when the value certainly meets the threshold; `<5` says nothing about a lower bound."""
    number = hit.number
    if number is None:
        return False
    if hit.comparator in ("<", "<=") and evidence.op in ("gt", "ge"):
        return False
    if hit.comparator in (">", ">=") and evidence.op in ("lt", "le"):
        return False
    threshold = evidence.value
    if evidence.op == "gt":
        return number > threshold or (hit.comparator == ">" and number >= threshold)
    if evidence.op == "ge":
        return number >= threshold
    if evidence.op == "lt":
        return number < threshold or (hit.comparator == "<" and number <= threshold)
    return number <= threshold


def _measured(
    evidence: ObservationEvidence | ObservationPositiveEvidence,
    hit: ObservationHit,
    *,
    span: DateSpan | None,
    strength: Strength | None,
    notes: tuple[str, ...] = (),
    state: State | None = None,
) -> Finding:
    is_certain = hit.via == "code" and span is not None and span.is_exact
    return Finding(
        reference=hit.entry.reference,
        display=hit.entry.display,
        when=span,
        state=state or (State.PRESENT if is_certain else State.SUSPECTED),
        strength=strength,
        value=hit.entry.value_text,
        converted=hit.converted,
        value_set=evidence.vs,
        notes=notes,
    )


def _is_known_for(chart: Chart, value_sets: Sequence[str], min_days: int) -> bool:
    """A current entry of one of these sets began at least so many days ago."""
    for value_set in value_sets:
        for hit in chart.conditions(value_set).hits:
            start = hit.entry.onset or hit.entry.recorded
            if (
                hit.entry.clinical == "current"
                and start is not None
                and chart.as_of.toordinal() - start.last.toordinal() >= min_days
            ):
                return True
    return False


_Answer = tuple[ObservationHit, DateSpan | None]


def _observation_positive(
    evidence: ObservationPositiveEvidence,
    criterion: Criterion,
    group: Group,
    chart: Chart,
    _: ImagingOrder,
) -> list[Finding]:
    """Positive now; a positive followed by a negative inside the window is weak in a fading group, else listed."""
    positives, newest = _answers(chart, evidence)
    is_acute = evidence.vs in chart.rules.acute
    findings = []
    for hit, span in positives:
        last_hit, last_span = newest[hit.code]
        is_superseded = last_hit.entry.polarity == "negative" and newest_first(
            last_span
        ) < newest_first(span)
        strength: Strength | None = criterion.strength
        notes: tuple[str, ...] = ()
        state: State | None = None
        if span is None:
            notes = ("undated",)
            if is_acute:
                strength = lowered(criterion.strength)
            elif hit.via == "code":
                state = State.PRESENT
        if is_superseded:
            strength = Strength.WEAK if group.fading else None
            state = State.HISTORICAL if group.fading else State.STALE
            notes = ("resolved_recently",) if group.fading else ("newer_value_normal",)
        finding = _measured(evidence, hit, span=span, strength=strength, notes=notes, state=state)
        findings.append(replace(finding, acute=is_acute))
    return findings


def _answers(
    chart: Chart, evidence: ObservationPositiveEvidence
) -> tuple[list[_Answer], dict[str, _Answer]]:
    """Positive answers in the window or undated, and the newest answer of each code, positive or negative."""
    newest: dict[str, _Answer] = {}
    positives: list[_Answer] = []
    for hit in chart.record.observations.get(evidence.vs, ()):
        if hit.entry.polarity == "unknown":
            continue
        span, _ahead = settled(
            hit.entry.when, chart.as_of, chart.rules.guideline.evidence.future_days
        )
        if span is not None and not is_within(span, chart.as_of, evidence.days):
            continue
        if hit.entry.polarity == "positive":
            positives.append((hit, span))
        last = newest.get(hit.code)
        if last is None or newest_first(span) < newest_first(last[1]):
            newest[hit.code] = (hit, span)
    return positives, newest


def _medication(
    evidence: MedicationEvidence, criterion: Criterion, _: Group, chart: Chart, __: ImagingOrder
) -> list[Finding]:
    return [
        _exposed(exposure, evidence.vs, criterion.strength)
        for exposure in chart.record.exposures.get(evidence.vs, ())
        if _is_taken_within(exposure, chart, evidence.days)
    ]


def _is_taken_within(exposure: Exposure, chart: Chart, days: int) -> bool:
    """True when the drug was, or may have been, taken within so many days: never for a course that begins later."""
    _, is_ahead = settled(exposure.start, chart.as_of, chart.rules.guideline.evidence.future_days)
    last = _last_day(exposure, chart.as_of)
    return not is_ahead and (last is None or last >= days_earlier(chart.as_of, days))


def _last_day(exposure: Exposure, as_of: date) -> date | None:
    """Last day on which the drug was certainly taken; None when nothing is dated."""
    if exposure.end is not None:
        return exposure.end
    if exposure.ongoing:
        return as_of
    return exposure.start.last if exposure.start is not None else None


def _exposed(exposure: Exposure, value_set: str, strength: Strength | None) -> Finding:
    is_certain = exposure.via == "code" and exposure.start is not None
    return Finding(
        reference=exposure.reference,
        display=exposure.display,
        when=exposure.start,
        state=State.PRESENT if is_certain else State.SUSPECTED,
        strength=strength,
        value_set=value_set,
        notes=() if exposure.start is not None else ("undated",),
    )


def _medication_days(
    evidence: MedicationDaysEvidence, criterion: Criterion, _: Group, chart: Chart, __: ImagingOrder
) -> list[Finding]:
    exposures = chart.record.exposures.get(evidence.vs, ())
    if exposure_days(exposures, chart.as_of, evidence.window_days) < evidence.min_exposure_days:
        return []
    window_start = days_earlier(chart.as_of, evidence.window_days)
    return [
        _exposed(exposure, evidence.vs, criterion.strength)
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


def _exposure_gaps(criterion: Criterion, findings: Sequence[Finding], chart: Chart) -> list[Gap]:
    """A course of unknown length that could have reached the window or made the sum is a gap, never 0 days."""
    gaps: list[Gap] = []
    if findings:
        return gaps
    for evidence in criterion.evidence:
        if isinstance(evidence, MedicationDaysEvidence):
            days = evidence.window_days
        elif isinstance(evidence, MedicationEvidence):
            days = evidence.days
        else:
            continue
        earliest = days_earlier(chart.as_of, 2 * days)
        unknown = [
            exposure
            for exposure in chart.record.exposures.get(evidence.vs, ())
            if exposure.end is None
            and (exposure.start is None or earliest <= exposure.start.last <= chart.as_of)
        ]
        if unknown:
            gaps.append(Gap("medications", "unreadable", "course_length_unknown"))
    return gaps


def _procedure(
    evidence: ProcedureEvidence, criterion: Criterion, _: Group, chart: Chart, __: ImagingOrder
) -> list[Finding]:
    findings = []
    for hit in chart.record.procedures.get(evidence.vs, ()):
        finding = _performed(hit, evidence, criterion.strength, chart)
        if finding is not None:
            findings.append(finding)
    return findings


def _performed(
    hit: ProcedureHit, evidence: ProcedureEvidence, strength: Strength, chart: Chart
) -> Finding | None:
    span, is_future = settled(hit.when, chart.as_of, chart.rules.guideline.evidence.future_days)
    is_acute = evidence.vs in chart.rules.acute
    final: Strength | None = strength
    state = State.PRESENT if hit.via == "code" else State.SUSPECTED
    notes: tuple[str, ...] = ("future_date",) if is_future else ()
    if span is None:
        notes = (*notes, "undated")
        if is_acute:
            final, state = lowered(strength), State.SUSPECTED
    elif not is_within(span, chart.as_of, evidence.days):
        final, state = None, State.STALE
    elif not span.is_exact:
        state = State.SUSPECTED
    return Finding(
        reference=hit.reference,
        display=hit.display,
        when=span,
        state=state,
        strength=final,
        value_set=evidence.vs,
        acute=is_acute,
        notes=notes,
    )


def _age(
    evidence: AgeEvidence, criterion: Criterion, _: Group, chart: Chart, __: ImagingOrder
) -> list[Finding]:
    age = chart.age
    if age is None:
        return []
    is_met = age > evidence.value if evidence.op == "gt" else age >= evidence.value
    if not is_met or (evidence.below is not None and age >= evidence.below):
        return []
    return [
        Finding(
            reference="Patient",
            display=criterion.name,
            when=None,
            state=State.PRESENT,
            strength=criterion.strength,
            value=str(age),
            value_set="age",
        )
    ]


def _computed(
    evidence: ComputedEvidence,
    criterion: Criterion,
    group: Group,
    chart: Chart,
    order: ImagingOrder,
) -> list[Finding]:
    return computed.FUNCTIONS[evidence.fn](
        computed.Question(chart, order, criterion, group, evidence.days)
    )


def _is_documented(chart: Chart, value_set: str, days: int) -> bool:
    """Any Condition, Procedure or exposure of the set within so many days (or undated)."""
    for hit in chart.conditions(value_set).hits:
        start = hit.entry.onset or hit.entry.recorded
        if start is None or is_within(start, chart.as_of, days):
            return True
    for procedure in chart.record.procedures.get(value_set, ()):
        if procedure.when is None or is_within(procedure.when, chart.as_of, days):
            return True
    return any(
        _is_taken_within(exposure, chart, days)
        for exposure in chart.record.exposures.get(value_set, ())
    )


_EVALUATE: Mapping[type, Callable[[Any, Criterion, Group, Chart, ImagingOrder], list[Finding]]] = {
    ConditionEvidence: _condition,
    ReasonEvidence: _reason,
    ObservationEvidence: _observation,
    ObservationPositiveEvidence: _observation_positive,
    MedicationEvidence: _medication,
    MedicationDaysEvidence: _medication_days,
    ProcedureEvidence: _procedure,
    AgeEvidence: _age,
    ComputedEvidence: _computed,
}
