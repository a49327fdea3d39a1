"""Observations against a criterion: numbers with a threshold, and answers that are positive or negative."""

from __future__ import annotations

from msgspec.structs import replace

from cds_service.assessment.chart import Chart
from cds_service.assessment.model import HISTORICAL, PRESENT, STALE, SUSPECTED, Finding, State
from cds_service.assessment.timing import is_within, newest_first
from cds_service.assessment.weighing import lowered
from cds_service.evidence.model import DateSpan, ObservationHit
from cds_service.knowledge.members import WEAK
from cds_service.knowledge.model import (
    Criterion,
    Group,
    ObservationEvidence,
    ObservationPositiveEvidence,
    Strength,
)


def observation_findings(
    evidence: ObservationEvidence, criterion: Criterion, _: Group, chart: Chart
) -> list[Finding]:
    """The measured value that meets the threshold after aggregation; an older one that a newer corrected is stale."""
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
                state=STALE,
            )
            for hit, span in dated
            if _compares(hit, evidence)
        ]
        return older[-1:]  # the newest of those that a newer value corrected
    best = max if evidence.op in ("gt", "ge") else min
    hit, span = best(meeting, key=lambda item: item[0].number or 0.0)
    notes = ("unit_inferred",) if hit.inferred_unit else ()
    return [_measured(evidence, hit, span=span, strength=criterion.strength, notes=notes)]


def _numbers(
    chart: Chart, value_set: str, days: int
) -> tuple[list[tuple[ObservationHit, DateSpan]], list[ObservationHit]]:
    """Usable numbers of a set: dated inside the window (oldest first), and undated ones."""
    dated: list[tuple[ObservationHit, DateSpan]] = []
    undated: list[ObservationHit] = []
    for hit in chart.observations(value_set, days):
        if hit.number is None:
            continue
        span = chart.settled(hit.entry.when)
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
        state=state or (PRESENT if is_certain else SUSPECTED),
        strength=strength,
        value=hit.entry.value_text,
        converted=hit.converted,
        value_set=evidence.vs,
        notes=notes,
    )


_Answer = tuple[ObservationHit, DateSpan | None]


def positive_observation_findings(
    evidence: ObservationPositiveEvidence,
    criterion: Criterion,
    group: Group,
    chart: Chart,
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
                state = PRESENT
        if is_superseded:
            strength = WEAK if group.fading else None
            state = HISTORICAL if group.fading else STALE
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
    for hit in chart.observations(evidence.vs, evidence.days):
        if hit.entry.polarity == "unknown":
            continue
        span = chart.settled(hit.entry.when)
        if span is not None and not is_within(span, chart.as_of, evidence.days):
            continue
        if hit.entry.polarity == "positive":
            positives.append((hit, span))
        last = newest.get(hit.code)
        if last is None or newest_first(span) < newest_first(last[1]):
            newest[hit.code] = (hit, span)
    return positives, newest
