"""Every criterion in isolation: present, suspected, historical, stale, or not found. One function an evidence type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cds_service.assessment.chart import Chart
from cds_service.assessment.computed import FUNCTIONS, ComputedQuestion
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
from cds_service.assessment.rules import CriterionRule, EvidenceStep
from cds_service.assessment.timing import is_within, newest_first, settled
from cds_service.assessment.weighing import (
    STRENGTH_ORDER,
    lowered,
    weigh_condition,
    with_conflict,
)
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
    Evidence,
    Group,
    MedicationDaysEvidence,
    MedicationEvidence,
    ObservationEvidence,
    ObservationPositiveEvidence,
    ProcedureEvidence,
    ReasonEvidence,
    Strength,
)

_STATE_ORDER = {
    state: position
    for position, state in enumerate(
        (State.PRESENT, State.SUSPECTED, State.HISTORICAL, State.STALE)
    )
}


class CriteriaResult(Struct, frozen=True, gc=False):
    """All criteria of one order."""

    found: tuple[CriterionResult, ...]
    stale: tuple[tuple[Criterion, Finding], ...]
    conflicts: tuple[Conflict, ...]
    failed: tuple[str, ...]
    """Ids of criteria whose evaluation raised: a bug in us, never a reason to lose the others."""
    gaps: tuple[Gap, ...]


class _Outcome(Struct, frozen=True, gc=False):
    """What became of one criterion."""

    result: CriterionResult | None
    stale: Finding | None
    """The best of findings that are all outside their look-back."""
    gaps: list[Gap]


def evaluate_criteria(chart: Chart, order: ImagingOrder) -> CriteriaResult:
    """Evaluate every criterion of the guideline that the record or the order can make found."""
    found: list[CriterionResult] = []
    stale: list[tuple[Criterion, Finding]] = []
    conflicts: list[Conflict] = []
    failed: list[str] = []
    gaps: dict[Gap, None] = {}
    rules = chart.rules
    has_context = has_spine_context(chart, order)
    on_order = order_value_sets(chart, order)
    for position in _positions(chart, on_order):
        rule = rules.criterion_rules[position]
        if rule.criterion.needs_context and not has_context:
            continue
        try:
            outcome = _outcome(rule, chart, order, on_order)
        except Exception:  # noqa: BLE001 - an emergency must not hang on one rule: the others still count
            failed.append(rule.criterion.id)
            continue
        if outcome.gaps:
            gaps.update(dict.fromkeys(outcome.gaps))
        if outcome.stale is not None:
            stale.append((rule.criterion, outcome.stale))
        result = outcome.result
        if result is not None:
            found.append(result)
            if any(finding.conflict for finding in result.findings):
                conflicts.append(Conflict(rule.criterion, rule.group.emergency))
    return CriteriaResult(tuple(found), tuple(stale), tuple(conflicts), tuple(failed), tuple(gaps))


def _positions(chart: Chart, on_order: frozenset[str]) -> list[int]:
    """Positions of the criteria to look at, in the order of the guideline."""
    found_by = chart.rules.found_by
    of_record = chart.once(
        "positions",
        lambda: chart.rules.always_looked_at.union(
            *(found_by.get(name, ()) for name in chart.value_sets)
        ),
    )
    return sorted(of_record.union(*(found_by.get(name, ()) for name in on_order)))


def has_spine_context(chart: Chart, order: ImagingOrder) -> bool:
    """Spine pain or a neurological context: a symptom or degenerative finding in the data or on the order.

    The spine order itself is context enough unless it has reasons and none of them is a symptom, a context or
    the value of a criterion: then it names a non-spine purpose.
    """
    if chart.has_context:
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


def _outcome(
    rule: CriterionRule, chart: Chart, order: ImagingOrder, on_order: frozenset[str]
) -> _Outcome:
    """Of the record alone the outcome is the same for every order of the call."""
    if rule.is_computed or not on_order.isdisjoint(rule.reason_sets):
        return _evaluated(rule, chart, order, on_order)
    return chart.once(rule.position, lambda: _evaluated(rule, chart, order, frozenset()))


def _evaluated(
    rule: CriterionRule, chart: Chart, order: ImagingOrder, on_order: frozenset[str]
) -> _Outcome:
    findings = _findings(rule, chart, order, on_order)
    if not findings:
        return _Outcome(None, None, exposure_gaps(rule, chart) if rule.drug_windows else [])
    counting = [finding for finding in findings if finding.state is not State.STALE]
    if not counting:
        return _Outcome(None, min(findings, key=_rank), [])
    if len(counting) > 1:
        counting.sort(key=_rank)
        counting = _without_repeats(counting, order)
    return _Outcome(_result(rule, counting, chart), None, [])


def _result(rule: CriterionRule, counting: list[Finding], chart: Chart) -> CriterionResult:
    """The criterion as found; `counting` strongest first, not empty."""
    strength, down = counting[0].strength, rule.criterion.downgrade
    if (
        down is not None
        and strength is not None
        and STRENGTH_ORDER[strength] < STRENGTH_ORDER[down.to]
        and _is_documented(chart, down.when, down.days)
    ):
        strength = down.to
        counting = [
            replace(item, strength=strength, notes=(*item.notes, "explained")) for item in counting
        ]
    return CriterionResult(
        rule.criterion, rule.group.id, counting[0].state, strength, tuple(counting)
    )


def _without_repeats(findings: list[Finding], order: ImagingOrder) -> list[Finding]:
    """One finding a resource; the order's own words only once and only beside nothing else of the same text."""
    kept: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        is_own = finding.reference == order.reference
        kept.setdefault((finding.reference, finding.display.casefold() if is_own else ""), finding)
    return list(kept.values())


def _rank(finding: Finding) -> tuple[int, int, int]:
    """Strongest first, then most certain, then newest."""
    return (
        STRENGTH_ORDER[finding.strength],
        _STATE_ORDER[finding.state],
        newest_first(finding.when),
    )


def _findings(
    rule: CriterionRule, chart: Chart, order: ImagingOrder, on_order: frozenset[str]
) -> list[Finding]:
    findings: list[Finding] = []
    for step in rule.steps:
        if step.value_set is not None and step.value_set not in (
            on_order if step.asks_order else chart.value_sets
        ):
            continue
        asked = (step.evidence, rule.criterion, rule.group, chart)
        if step.asks_order:
            findings += step.evaluate(*asked, order)
        elif rule.is_computed or rule.reason_sets:
            # asked again for every order that states a reason for it
            findings += chart.once(id(step), partial(step.evaluate, *asked))
        else:
            findings += step.evaluate(*asked)
    return findings


def evidence_step(evidence: Evidence) -> EvidenceStep:
    """How one piece of evidence is looked for."""
    if isinstance(evidence, ComputedEvidence):
        return EvidenceStep(evidence, _computed, None, asks_order=True)
    if isinstance(evidence, ReasonEvidence):
        return EvidenceStep(evidence, _reason, evidence.vs, asks_order=True)
    value_set = None if isinstance(evidence, AgeEvidence) else evidence.vs
    return EvidenceStep(evidence, _ON_RECORD[type(evidence)], value_set, asks_order=False)


def _computed(
    evidence: ComputedEvidence,
    criterion: Criterion,
    group: Group,
    chart: Chart,
    order: ImagingOrder,
) -> list[Finding]:
    return FUNCTIONS[evidence.fn](ComputedQuestion(chart, order, criterion, group, evidence.days))


def _reason(
    evidence: ReasonEvidence, criterion: Criterion, group: Group, chart: Chart, order: ImagingOrder
) -> list[Finding]:
    """Dated as the same finding on record would be: in the widest window that the criterion gives it there."""
    windows = [
        item.days
        for item in criterion.evidence
        if isinstance(item, ConditionEvidence) and item.vs == evidence.vs
    ]
    scale = chart.scale(criterion.strength, evidence.vs, group)
    return reason_findings(chart, order, evidence.vs, scale, days=max(windows, default=None))


def _condition(
    evidence: ConditionEvidence, criterion: Criterion, group: Group, chart: Chart
) -> list[Finding]:
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
            peers=entries.active_since,
        )
        if finding is None:
            continue
        findings.append(with_conflict(finding, hit, entries, scale))
    return findings


def _procedure(
    evidence: ProcedureEvidence, criterion: Criterion, _: Group, chart: Chart
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
    span, is_future = settled(hit.when, chart.as_of, chart.future_days)
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


def _age(evidence: AgeEvidence, criterion: Criterion, _: Group, chart: Chart) -> list[Finding]:
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


_ON_RECORD: Mapping[type, Callable[[Any, Criterion, Group, Chart], list[Finding]]] = {
    ConditionEvidence: _condition,
    ObservationEvidence: observation_findings,
    ObservationPositiveEvidence: positive_observation_findings,
    MedicationEvidence: medication_findings,
    MedicationDaysEvidence: medication_days_findings,
    ProcedureEvidence: _procedure,
    AgeEvidence: _age,
}
