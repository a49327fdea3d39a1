"""What was concluded about the orders of a call, in words: everything, one line each."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.assessment.model import (
    CallAssessment,
    ChosenCard,
    CriterionResult,
    Finding,
    GroupResult,
    Offer,
    OrderAssessment,
    OrderSafety,
    Risk,
)
from cds_service.evidence.model import DateSpan, StudyProcedure

_MARKS = ("acute", "from_order", "from_order_text", "is_asked", "conflict")


def _day(span: DateSpan | None) -> str:
    if span is None:
        return "undated"
    return f"{span.first}" if span.is_exact else f"{span.first}..{span.last}"


def _study(study: StudyProcedure | None) -> str:
    if study is None:
        return "-"
    return f"{study.modality} {' '.join(study.regions) or '-'} {study.contrast}"


def _finding(found: Finding) -> str:
    value = f" = {found.value}" if found.value else ""
    value += f" ({found.converted})" if found.converted else ""
    marks = [name.replace("_", " ") for name in _MARKS if getattr(found, name)]
    said = [f"'{found.quote}'"] if found.quote else []
    return ", ".join(
        [
            f"{found.reference} {found.display}{value}: {found.state} {found.strength or 'listed'}",
            f"{_day(found.when)}, of {found.value_set}",
            *marks,
            *found.notes,
            *said,
        ]
    )


def _criterion(result: CriterionResult) -> Iterator[str]:
    yield f"{result.criterion.id} of {result.group}: {result.state} {result.strength or 'listed'}"
    yield from (f"  {_finding(found)}" for found in result.findings)


def _group(result: GroupResult) -> str:
    since = ", imaged since" if result.imaged_since else ""
    by = " ".join(item.criterion.id for item in result.criteria)
    return f"group {result.group.id} {result.level} {result.urgency}{since}: {by}"


def _offer(offer: Offer) -> str:
    studies = " + ".join(f"{_study(item.study)} {item.rating}" for item in offer.studies)
    reasons = " ".join(reference for reference, _ in offer.reasons)
    return (
        f"  offers {offer.suggestion} {offer.change}: {studies or '-'}, called "
        f"{_study(offer.label_study)}, {offer.priority or 'same priority'}, for {reasons or '-'}"
    )


def _card(card: ChosenCard, *, is_shown: bool = True) -> Iterator[str]:
    marks = ", softened" if card.is_softened else ""
    finding = card.finding.criterion.id if card.finding else "-"
    on = " ".join(item.criterion.id for item in card.rests_on) or "-"
    conflict = card.conflict.criterion.id if card.conflict else "-"
    yield (
        f"{'card' if is_shown else 'left out'} {card.card} {card.form or 'plain'} {card.indicator}"
        f"{marks}: of {card.group.id if card.group else '-'}, names {finding}, rests on {on}, conflict {conflict}"
    )
    yield from map(_offer, card.offers)


def _risk(kind: str, risk: Risk) -> str:
    return (
        f"{kind} {risk.name} {risk.value or '-'} {_day(risk.when)} {risk.reference} {risk.display}"
    )


def _safety(safety: OrderSafety) -> Iterator[str]:
    for kind in ("gadolinium", "iodine", "iodine_reaction"):
        yield from (_risk(kind, risk) for risk in getattr(safety, kind))
    yield from (f"device {device.safety} {device.name}" for device in safety.devices)
    if safety.pregnancy is not None:
        basis = safety.pregnancy
        yield f"pregnancy by {basis.basis} {_day(basis.when)} {basis.reference} {basis.display}"
    for name in ("pregnancy_unknown", "claustrophobia", "egfr_is_fresh"):
        if getattr(safety, name):
            yield name.replace("_", " ")
    if safety.creatinine is not None:
        yield f"creatinine {safety.creatinine.value} {_day(safety.creatinine.when)}"


def _order(about: OrderAssessment) -> Iterator[str]:
    group = about.urgency_group.group.id if about.urgency_group else "-"
    yield f"{about.order.reference}: {_study(about.order.procedure)}, {about.rating}, published {about.appropriateness}"
    yield f"scenario {about.scenario}, {about.urgency} for {group}, by {' '.join(about.citations) or '-'}"
    marks = ("is_preferred_only_possible", "preferred_is_order", "is_only_unsafe")
    held = "".join(f", {name.replace('_', ' ')}" for name in marks if getattr(about, name))
    yield f"preferred {_study(about.preferred)}{held}, else {_study(about.alternative)}"
    lasting = about.duration
    yield f"lasts {lasting.least}-{lasting.most}{f': {lasting.quote}' if lasting.quote else ''}"
    regions = " ".join(about.suggested_regions)
    yield f"age {about.age}, symptom {about.symptom} {about.has_symptom}, points to {regions}"
    for result in about.criteria:
        yield from _criterion(result)
    for name, stale in (("stale", about.stale), ("told stale", about.told_stale)):
        yield from (f"{name} {criterion.id}: {_finding(found)}" for criterion, found in stale)
    yield from map(_group, about.groups)
    for card in about.cards:
        yield from _card(card)
    for card in about.left_out:
        yield from _card(card, is_shown=False)
    yield from _safety(about.safety)
    yield from _beside(about)


def _beside(about: OrderAssessment) -> Iterator[str]:
    yield from (f"remark {name}" for name in about.remarks)
    yield from (f"duplicate {_study(s.procedure)} {_day(s.when)}" for s in about.duplicates)
    yield from (f"pending {name}: {_study(study)}" for name, study in about.pending)
    yield from (f"denied {words}" for words in about.denied)
    if about.pediatric_row is not None:
        yield f"pediatric row {about.pediatric_row}"
    if about.contrast_risk is not None:
        yield f"contrast risk {about.contrast_risk.name}"
    for name in ("mentions_travel", "wants_records"):
        if getattr(about, name):
            yield name.replace("_", " ")


def lines_of(call: CallAssessment) -> Iterator[str]:
    """What was concluded, order by order, then what could not be read."""
    for about in call.orders:
        yield from _order(about)
    if call.partial is not None:
        yield from _card(call.partial)
    yield from (f"gap {gap.source} {gap.reason}: {gap.note}" for gap in call.gaps)
    yield from (f"missing {key}" for key in call.missing)
    yield from (f"unread {value.text}" for value in call.unread_values)
    yield from (f"not understood {problem.text}" for problem in call.not_understood)
    if call.serious_active:
        yield "a serious group is active"
