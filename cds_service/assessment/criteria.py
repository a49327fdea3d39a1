"""Every criterion in isolation: present, suspected, historical, stale, or not found. One function an evidence type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cds_service.assessment import computed
from cds_service.assessment.chart import Chart
from cds_service.assessment.exposures import (
    exposure_gaps,
    is_taken_within,
    medication_days_findings,
    medication_findings,
)
from cds_service.assessment.measurements import (
    observation_findings,
    positive_observation_findings,
)
from cds_service.assessment.model import Conflict, CriterionResult, Finding, State
from cds_service.assessment.reasons import order_value_sets, reason_findings
from cds_service.assessment.timing import is_within, newest_first, settled
from cds_service.assessment.weighing import lowered, weigh_condition, with_conflict
from cds_service.evidence.model import (
    Gap,
    ImagingOrder,
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
            gaps.extend(exposure_gaps(criterion, findings, chart))
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
        is_taken_within(exposure, chart, days)
        for exposure in chart.record.exposures.get(value_set, ())
    )


_EVALUATE: Mapping[type, Callable[[Any, Criterion, Group, Chart, ImagingOrder], list[Finding]]] = {
    ConditionEvidence: _condition,
    ReasonEvidence: _reason,
    ObservationEvidence: observation_findings,
    ObservationPositiveEvidence: positive_observation_findings,
    MedicationEvidence: medication_findings,
    MedicationDaysEvidence: medication_days_findings,
    ProcedureEvidence: _procedure,
    AgeEvidence: _age,
    ComputedEvidence: _computed,
}
