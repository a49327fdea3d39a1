"""What the order itself says: its reason codes, the resources of its reason references, and its own words."""

from __future__ import annotations

from msgspec import Struct

from cds_service.assessment.chart import Chart
from cds_service.assessment.model import PRESENT, SUSPECTED, Finding
from cds_service.assessment.rules import CriterionRule
from cds_service.assessment.timing import ANY_TIME, today_span
from cds_service.assessment.weighing import (
    LATER_ENCOUNTERS,
    Scale,
    is_long_standing,
    weigh_condition,
)
from cds_service.evidence.model import ImagingOrder, Reason
from cds_service.evidence.text.model import Statement
from cds_service.knowledge.model import Strength

_STRONG = (Strength.DEFINITIVE, Strength.STRONG)
_OF_NOW = ("new", "rapid")


class AskedOrder(Struct, frozen=True, gc=False):
    """One order before the chart."""

    chart: Chart
    order: ImagingOrder
    value_sets: frozenset[str]
    """Of its reasons, those of the resources that it refers to included."""
    concepts: frozenset[str]
    """What its words state or ask."""

    def concerns(self, rule: CriterionRule) -> bool:
        """Whether anything on the order may make the criterion found."""
        return not (
            rule.reason_sets.isdisjoint(self.value_sets) and self.concepts.isdisjoint(rule.concepts)
        )


def asked_order(chart: Chart, order: ImagingOrder) -> AskedOrder:
    """The order with the value sets and concepts that it states."""
    named = {name for reason in order.reasons for name in reason.value_sets}
    for reason in order.reasons:
        if reason.reference is not None:
            hits = chart.record.condition_by_reference.get(reason.reference, ())
            named.update(name for name, _ in hits)
    concepts = frozenset(
        statement.concept for reason in order.reasons for statement in reason.statements
    )
    return AskedOrder(chart, order, frozenset(named), concepts)


def stated_findings(asked: AskedOrder, rule: CriterionRule) -> list[Finding]:
    """Findings that the order's words make for a criterion, dated by the order: suspected at most.

    What may be denied is lowered to moderate, so that it is never a strong finding alone.
    """
    chart, order = asked.chart, asked.order
    findings = []
    for reason in order.reasons:
        for statement in reason.statements:
            concept = rule.concepts.get(statement.concept)
            if concept is None:
                continue
            strength = rule.criterion.strength
            if statement.state == "unclear" and strength in _STRONG:
                strength = Strength.MODERATE
            findings.append(
                Finding(
                    reference=order.reference,
                    display=statement.quote,
                    when=order.authored or today_span(chart.as_of),
                    state=SUSPECTED,
                    strength=strength,
                    value_set=concept.id,
                    acute=concept.course == "acute",
                    from_order=True,
                    from_order_text=True,
                    quote=statement.quote,
                    is_asked=statement.state == "asked",
                )
            )
    return findings


def reason_findings(
    asked: AskedOrder, value_set: str, scale: Scale, *, days: int | None
) -> list[Finding]:
    """Findings that the order makes for a value set, dated by the order: an old entry never hides what it says.

    Where a current entry on the record says as much, that one is the finding, with its own date. `days` is the
    window that the same finding has on the record.
    """
    findings: list[Finding] = []
    if value_set not in asked.value_sets:
        return findings
    chart, order = asked.chart, asked.order
    window = days if days is not None else ANY_TIME
    peers = chart.conditions(value_set).active_since
    for reason in order.reasons:
        if _is_on_record(chart, reason, value_set):
            findings.extend(_referenced(chart, order, reason, value_set, scale))
            continue
        via = reason.value_sets.get(value_set)
        if via is None:
            continue
        on_record = _matching(chart, value_set, scale, window)
        if value_set in reason.later_encounter:
            # the order's own day says nothing of the injury's
            findings.extend(on_record)
            continue
        is_certain = via == "code" and not reason.is_suspected
        if any(_says_as_much(item, scale.strength, is_certain=is_certain) for item in on_record):
            findings.extend(on_record)
            continue
        is_long = is_long_standing(None, peers, window, scale)
        words = _words_of(chart, reason, value_set) if via == "text" else None
        findings.append(
            Finding(
                reference=order.reference,
                display=reason.display,
                when=order.authored or today_span(chart.as_of),
                state=PRESENT if is_certain else SUSPECTED,
                strength=scale.strength,
                value_set=value_set,
                acute=scale.acute,
                from_order=True,
                from_order_text=via == "text",
                quote=_quote(words, reason) if via == "text" else "",
                notes=("long_standing",) if is_long else (),
                is_asked=words is not None and words.state == "asked",
            )
        )
    return findings


def _is_on_record(chart: Chart, reason: Reason, value_set: str) -> bool:
    """The order points to a Condition that was read: what it is, and since when, stands there.

    Unless the order calls it new, or asks for it.
    """
    if reason.reference is None or any(
        said.state == "asked" or said.tempo in _OF_NOW for said in reason.statements
    ):
        return False
    hits = chart.record.condition_by_reference.get(reason.reference, ())
    return value_set not in reason.value_sets or any(name == value_set for name, _ in hits)


def _matching(chart: Chart, value_set: str, scale: Scale, days: int) -> list[Finding]:
    """The newest dated entry on record of what the order says, weighed; empty when there is none."""
    match = chart.dated_match(value_set)
    if match is None:
        return []
    peers = chart.conditions(value_set).active_since
    weighed = weigh_condition(match, scale, value_set=value_set, days=days, peers=peers)
    return [weighed] if weighed is not None else []


def _says_as_much(finding: Finding, strength: Strength, *, is_certain: bool) -> bool:
    return finding.strength is strength and (finding.state is PRESENT or not is_certain)


def _words_of(chart: Chart, reason: Reason, value_set: str) -> Statement | None:
    """What a reason says that is in a value set."""
    concepts = chart.rules.guideline.language.concepts
    return next(
        (
            statement
            for statement in reason.statements
            if value_set in concepts[statement.concept].value_sets
        ),
        None,
    )


def _quote(words: Statement | None, reason: Reason) -> str:
    return words.quote if words is not None else reason.display


def _referenced(
    chart: Chart, order: ImagingOrder, reason: Reason, value_set: str, scale: Scale
) -> list[Finding]:
    """A Condition on record that is the order's reason: an undated one is dated by the order.

    A dated one already counts by itself, with its own date.
    """
    if reason.reference is None:
        return []
    findings = []
    for name, hit in chart.record.condition_by_reference.get(reason.reference, ()):
        entry = hit.entry
        if name != value_set or entry.verification == "refuted" or entry.clinical == "past":
            continue
        if hit.seventh in LATER_ENCOUNTERS:
            continue
        if entry.onset is not None or entry.recorded is not None:
            continue
        is_certain = hit.via == "code" and entry.verification == "confirmed"
        findings.append(
            Finding(
                reference=entry.reference,
                display=entry.display,
                when=order.authored or today_span(chart.as_of),
                state=PRESENT if is_certain else SUSPECTED,
                strength=scale.strength,
                value_set=value_set,
                acute=scale.acute,
            )
        )
    return findings
