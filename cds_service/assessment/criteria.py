"""Every criterion in isolation: present, suspected, historical, stale, or not found. One function an evidence type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from cds_service.assessment.chart import Chart
from cds_service.assessment.computed import FUNCTIONS, ComputedQuestion
from cds_service.assessment.contexts import in_context
from cds_service.assessment.exposures import (
    exposure_gaps,
    medication_days_findings,
    medication_findings,
)
from cds_service.assessment.measurements import (
    observation_findings,
    positive_observation_findings,
)
from cds_service.assessment.model import (
    AGE,
    PRESENT,
    STALE,
    SUSPECTED,
    Conflict,
    CriterionResult,
    Finding,
)
from cds_service.assessment.reasons import (
    AskedOrder,
    asked_order,
    reason_findings,
    stated_findings,
)
from cds_service.assessment.rules import CriterionRule, EvidenceStep
from cds_service.assessment.timing import is_within, settled
from cds_service.assessment.weighing import (
    lowered,
    rank,
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
    StatedEvidence,
    Strength,
)


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


_NOT_FOUND = _Outcome(None, None, [])


def evaluate_criteria(chart: Chart, order: ImagingOrder) -> CriteriaResult:
    """Evaluate every criterion of the guideline that the record or the order can make found."""
    found: list[CriterionResult] = []
    stale: list[tuple[Criterion, Finding]] = []
    conflicts: list[Conflict] = []
    failed: list[str] = []
    gaps: dict[Gap, None] = {}
    asked = asked_order(chart, order)
    has_context = has_spine_context(asked)
    for rule in _rules_to_ask(asked):
        if rule.needs_context and not has_context:
            continue
        try:
            outcome = _outcome(rule, asked)
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
    return CriteriaResult(
        in_context(found, chart, order), tuple(stale), tuple(conflicts), tuple(failed), tuple(gaps)
    )


def _rules_to_ask(asked: AskedOrder) -> list[CriterionRule]:
    """The criteria that the record or the order can make found, in the order of the guideline."""
    rules, found_by = asked.chart.rules, asked.chart.rules.found_by
    positions = set(rules.always_looked_at)
    for name in asked.chart.value_sets | asked.value_sets:
        positions |= found_by.get(name, frozenset())
    for name in asked.concepts:
        positions |= rules.stated_by.get(name, frozenset())
    return [rules.criterion_rules[position] for position in sorted(positions)]


def has_spine_context(asked: AskedOrder) -> bool:
    """Spine pain or a neurological context: a symptom or degenerative finding in the data or on the order.

    The spine order itself is context enough unless it has reasons and none of them is a symptom, a context or
    the value of a criterion: then it names a non-spine purpose.
    """
    chart, order = asked.chart, asked.order
    if chart.has_context:
        return True
    stated = [reason for reason in order.reasons if reason.kind != "text"]
    if not stated or not chart.rules.stated_by.keys().isdisjoint(asked.concepts):
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


def _outcome(rule: CriterionRule, asked: AskedOrder) -> _Outcome:
    """Of the record alone the outcome is the same for every order of the call."""
    if rule.is_computed or asked.concerns(rule):
        return _evaluated(rule, asked)
    known = asked.chart.outcomes.get(rule.position)
    if known is None:
        known = asked.chart.outcomes[rule.position] = _evaluated(rule, asked)
    outcome: _Outcome = known
    return outcome


def _evaluated(rule: CriterionRule, asked: AskedOrder) -> _Outcome:
    findings = _findings(rule, asked)
    if not findings:
        return _with_gaps(rule, asked.chart) if rule.drug_windows else _NOT_FOUND
    counting = [finding for finding in findings if finding.state is not STALE]
    if not counting:
        return _Outcome(None, min(findings, key=rank), [])
    if len(counting) > 1:
        counting.sort(key=rank)
        counting = _without_repeats(counting, asked.order)
    return _Outcome(_result(rule, counting), None, [])


def _with_gaps(rule: CriterionRule, chart: Chart) -> _Outcome:
    gaps = exposure_gaps(rule, chart)
    return _Outcome(None, None, gaps) if gaps else _NOT_FOUND


def _result(rule: CriterionRule, counting: list[Finding]) -> CriterionResult:
    """The criterion as found; `counting` strongest first, not empty."""
    return CriterionResult(
        rule.criterion,
        rule.group.id,
        counting[0].state,
        counting[0].strength,
        tuple(counting),
    )


def _without_repeats(findings: list[Finding], order: ImagingOrder) -> list[Finding]:
    """One finding a resource; the order's own words only once and only beside nothing else of the same text."""
    kept: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        is_own = finding.reference == order.reference
        kept.setdefault((finding.reference, finding.display.casefold() if is_own else ""), finding)
    return list(kept.values())


def _findings(rule: CriterionRule, asked: AskedOrder) -> list[Finding]:
    findings: list[Finding] = []
    chart = asked.chart
    is_stated = not rule.reason_sets.isdisjoint(asked.value_sets)
    for step in rule.steps:
        if step.asks_order:
            if step.value_set is None or step.value_set in asked.value_sets:
                findings += step.evaluate(step.evidence, rule, asked)
        elif step.value_set is None or step.value_set in chart.value_sets:
            findings += _on_record(step, rule, chart, is_stated=is_stated)
    if not asked.concepts.isdisjoint(rule.concepts):
        findings += stated_findings(asked, rule)
    return findings


def _on_record(
    step: EvidenceStep, rule: CriterionRule, chart: Chart, *, is_stated: bool
) -> list[Finding]:
    """What the record says; kept where the order states the same, as the next order may."""
    if is_stated:
        return chart.once(
            id(step), lambda: step.evaluate(step.evidence, rule.criterion, rule.group, chart)
        )
    return step.evaluate(step.evidence, rule.criterion, rule.group, chart)


def evidence_step(evidence: Evidence) -> EvidenceStep:
    """How one piece of evidence is looked for."""
    if isinstance(evidence, ComputedEvidence):
        return EvidenceStep(evidence, _computed, None, asks_order=True)
    if isinstance(evidence, ReasonEvidence):
        return EvidenceStep(evidence, _reason, evidence.vs, asks_order=True)
    value_set = None if isinstance(evidence, (AgeEvidence, StatedEvidence)) else evidence.vs
    return EvidenceStep(evidence, _ON_RECORD[type(evidence)], value_set, asks_order=False)


def _computed(evidence: ComputedEvidence, rule: CriterionRule, asked: AskedOrder) -> list[Finding]:
    return FUNCTIONS[evidence.fn](
        ComputedQuestion(asked, rule.criterion, rule.group, evidence.days)
    )


def _reason(evidence: ReasonEvidence, rule: CriterionRule, asked: AskedOrder) -> list[Finding]:
    """Dated as the same finding on record would be: in the widest window that the criterion gives it there."""
    windows = [
        item.days
        for item in rule.criterion.evidence
        if isinstance(item, ConditionEvidence) and item.vs == evidence.vs
    ]
    scale = asked.chart.scale(rule.criterion.strength, evidence.vs, rule.group)
    return reason_findings(asked, evidence.vs, scale, days=max(windows, default=None))


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
        if evidence.dated and hit.entry.onset is None and hit.entry.recorded is None:
            continue
        finding = weigh_condition(
            hit,
            scale,
            value_set=evidence.vs,
            days=evidence.days,
            min_days=evidence.min_days,
            historical=evidence.historical,
            while_active=evidence.while_active,
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
    state = PRESENT if hit.via == "code" else SUSPECTED
    notes: tuple[str, ...] = ("future_date",) if is_future else ()
    if span is None:
        notes = (*notes, "undated")
        if is_acute:
            final, state = lowered(strength), SUSPECTED
    elif not is_within(span, chart.as_of, evidence.days):
        final, state = None, STALE
    elif not span.is_exact:
        state = SUSPECTED
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


def _nothing(_: StatedEvidence, __: Criterion, ___: Group, ____: Chart) -> list[Finding]:
    """What only the words of an order state is on no record."""
    return []


def _age(evidence: AgeEvidence, criterion: Criterion, _: Group, chart: Chart) -> list[Finding]:
    age, person = chart.age, chart.record.person
    if age is None or person is None:
        return []
    is_met = age > evidence.value if evidence.op == "gt" else age >= evidence.value
    if not is_met or (evidence.below is not None and age >= evidence.below):
        return []
    return [
        Finding(
            reference=person.reference,
            display=criterion.name,
            when=None,
            state=PRESENT,
            strength=criterion.strength,
            value=str(age),
            value_set=AGE,
        )
    ]


_ON_RECORD: Mapping[type, Callable[[Any, Criterion, Group, Chart], list[Finding]]] = {
    ConditionEvidence: _condition,
    ObservationEvidence: observation_findings,
    ObservationPositiveEvidence: positive_observation_findings,
    MedicationEvidence: medication_findings,
    MedicationDaysEvidence: medication_days_findings,
    ProcedureEvidence: _procedure,
    AgeEvidence: _age,
    StatedEvidence: _nothing,
}
