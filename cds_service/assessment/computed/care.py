"""Conservative care: stated on the order, or on record for as long as the guideline asks."""

from __future__ import annotations

from datetime import date

from cds_service.assessment.computed.question import ComputedQuestion
from cds_service.assessment.model import PRESENT, SUSPECTED, Finding
from cds_service.assessment.timing import days_before
from cds_service.evidence.model import DateSpan
from cds_service.knowledge.anchors import Parameters, ValueSets


def conservative_care_6w(question: ComputedQuestion) -> list[Finding]:
    """Symptoms of at least six weeks, care first seen at least so long ago and last seen recently.

    The clinician's own statement on the order counts as suspected: in the words of our suggestion alone, in other
    words together with symptoms of that length.
    """
    chart = question.chart
    stated = chart.rules.care_statement
    for text in question.order.texts:
        if stated in text.casefold():
            return [
                Finding(
                    reference=question.order.reference,
                    display=chart.rules.guideline.wording.detail["care_statement"],
                    when=question.order.authored,
                    state=SUSPECTED,
                    strength=question.criterion.strength,
                    value_set="care",
                    from_order_text=True,
                )
            ]
    least_days = question.whole(Parameters.CARE_MIN_DAYS)
    if chart.order_duration(question.order).least < least_days:
        return []
    told = question.order.care
    if told is not None:
        return [
            Finding(
                reference=question.order.reference,
                display=told.quote,
                when=question.order.authored,
                state=SUSPECTED,
                strength=question.criterion.strength,
                value_set="care",
                from_order_text=True,
                quote=told.quote,
            )
        ]
    care = chart.once(("care", question.criterion.id), lambda: _care(question))
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


def _care(question: ComputedQuestion) -> list[tuple[date, date, Finding]]:
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
                state=PRESENT if via == "code" else SUSPECTED,
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
