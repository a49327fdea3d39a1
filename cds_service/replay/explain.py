"""One case in words: what was found, what was not, what could not be checked, and why the cards follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cds_service.advice import Advice, CompiledGuideline
from cds_service.assessment.model import CriterionResult, OrderAssessment
from cds_service.cards.names import date_text, study_name
from cds_service.knowledge.model import Criterion, Group
from cds_service.replay.runner import Outcome, day_text

_SOURCE_OF: Mapping[str, tuple[str, ...]] = {
    "condition": ("conditions",),
    "reason": (),
    "stated": (),
    "observation": ("observations",),
    "observation-positive": ("observations",),
    "medication": ("medications",),
    "medication-days": ("medications",),
    "procedure": ("procedures",),
    "age": ("patient",),
}
_SOURCE_OF_COMPUTED: Mapping[str, tuple[str, ...]] = {
    "weight_loss_5pct_180d": ("observations",),
    "deficit_on_anticoagulant": ("medications", "conditions"),
    "pain_score_rising": ("observations",),
    "prior_surgery_region": ("procedures", "conditions"),
    "conservative_care_6w": ("procedures", "medications", "conditions"),
}


def needed_sources(criterion: Criterion) -> frozenset[str]:
    """Prefetch keys that the criterion is evaluated from; empty for one that the order alone decides."""
    needed: set[str] = set()
    for evidence in criterion.evidence:
        if evidence.type == "computed":
            needed.update(_SOURCE_OF_COMPUTED.get(evidence.fn, ("conditions",)))
        else:
            needed.update(_SOURCE_OF[evidence.type])
    return frozenset(needed)


def explanation_lines(outcome: Outcome, compiled: CompiledGuideline) -> Iterator[str]:
    """The case in words, line by line."""
    yield f"{outcome.case.name}, as of {day_text(outcome.case)}"
    if outcome.problem:
        yield f"No advice: {outcome.problem} (HTTP {outcome.status})."
        return
    advice = outcome.advice
    if advice is None or advice.assessment is None:
        yield "No selected order is spine imaging: no card."
        return
    for assessment in advice.assessment.orders:
        yield ""
        yield from _order_lines(assessment, advice, compiled)
    yield ""
    yield from _gap_lines(advice)


def _order_lines(
    assessment: OrderAssessment, advice: Advice, compiled: CompiledGuideline
) -> Iterator[str]:
    guideline = compiled.guideline
    names = guideline.wording.short_names
    order = assessment.order
    yield (
        f"Order {order.reference}: {study_name(order.procedure, names)}, {order.priority} "
        f"(read from its {order.read_from})."
    )
    undated = guideline.wording.detail["undated"]
    yield "Found:"
    yield from _indented(_criterion_line(result, undated) for result in assessment.criteria)
    if not assessment.criteria:
        yield "  nothing in the data read"
    found = {result.criterion.id for result in assessment.criteria}
    unread = {gap.source for gap in advice.assessment.gaps} if advice.assessment else set()
    not_found: list[str] = []
    not_checked: list[str] = []
    for criterion, group in compiled.rules.criteria:
        if criterion.id in found:
            continue
        lacking = needed_sources(criterion) & unread
        target = not_checked if lacking or criterion.id in unread else not_found
        target.append(_named(criterion, group, lacking))
    yield f"Not found in the data read: {'; '.join(not_found)}."
    if not_checked:
        yield "Could not be checked, or only in part:"
        yield from _indented(not_checked)
    for criterion, finding in assessment.stale:
        yield (
            f"Listed, not counted: {criterion.short or criterion.name}: {finding.display} "
            f"({date_text(finding.when, undated)})."
        )
    yield "Groups:"
    yield from _indented(
        f"{result.group.name}: {result.level.value}, asks for {result.urgency.value}"
        + (" (imaged since)" if result.imaged_since else "")
        for result in assessment.groups
    )
    yield from _why_lines(assessment, advice, compiled)


def _why_lines(
    assessment: OrderAssessment, advice: Advice, compiled: CompiledGuideline
) -> Iterator[str]:
    guideline = compiled.guideline
    scenario = next(
        item for item in guideline.combination.scenario if item.id == assessment.scenario
    )
    duration = assessment.duration
    lasting = "not known"
    if duration.is_known:
        most = "more" if duration.most is None else str(duration.most)
        lasting = (
            f"{duration.least} to {most} days" if most != str(duration.least) else f"{most} days"
        )
    yield f"Symptoms have lasted: {lasting}."
    yield f"Scenario {scenario.id}: {scenario.title}."
    cited = "; ".join(assessment.citations) or "no table row"
    yield f"The order is {assessment.rating.value} here ({cited})."
    if assessment.preferred is not None:
        yield f"Preferred study: {study_name(assessment.preferred, guideline.wording.short_names)}."
    yield f"Required urgency: {assessment.urgency.value}."
    yield "Cards:"
    reference = assessment.order.reference
    own = [card for card in advice.cards if card.order is None or card.is_about(reference)]
    yield from _indented(f"{card.indicator} {card.id}: {card.summary}" for card in own)
    rule = next(
        (item for item in guideline.card_rules if item.card == assessment.primary_card), None
    )
    if rule is not None and rule.why:
        yield f"  why this card: {rule.why}"


def _gap_lines(advice: Advice) -> Iterator[str]:
    gaps = advice.assessment.gaps if advice.assessment is not None else ()
    if not gaps:
        yield "Everything that was asked for was read."
        return
    yield "Not read:"
    yield from _indented(
        f"{gap.source}: {gap.reason}" + (f" ({gap.note})" if gap.note else "") for gap in gaps
    )


def _criterion_line(result: CriterionResult, undated: str) -> str:
    evidence = "; ".join(
        f"{finding.display}{' ' + finding.value if finding.value else ''} "
        f"({date_text(finding.when, undated)}, {finding.reference})"
        for finding in result.findings
    )
    counted = result.strength.value if result.strength is not None else "listed only"
    return f"{result.criterion.name}: {result.state.value}, {counted}: {evidence}"


def _named(criterion: Criterion, group: Group, lacking: frozenset[str]) -> str:
    """Its full name: short ones are the same for what is recent and for what is older."""
    if lacking:
        return f"{criterion.name} [{group.short}] needs {', '.join(sorted(lacking))}"
    return criterion.name


def _indented(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"  {line}"
