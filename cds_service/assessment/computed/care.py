"""Conservative care: stated on the order, or on record for as long as the guideline asks."""

from __future__ import annotations

from datetime import date

from cds_service.assessment.chart import Chart
from cds_service.assessment.computed.question import ComputedQuestion
from cds_service.assessment.exposures import exposure_days, is_confirmed
from cds_service.assessment.model import PRESENT, SUSPECTED, Finding
from cds_service.assessment.timing import ANY_TIME, days_before
from cds_service.assessment.weighing import rank
from cds_service.evidence.loose_json import shortened
from cds_service.evidence.model import DateSpan, ImagingOrder
from cds_service.evidence.text.model import MAX_QUOTE
from cds_service.knowledge.anchors import Parameters, ValueSets
from cds_service.knowledge.model import Strength


def conservative_care_6w(question: ComputedQuestion) -> list[Finding]:
    """Symptoms of at least six weeks, and recent care that was first seen at least so long ago.

    What was last done long before the pain began is no care of it, and painkillers of a few days are none.

    The clinician's own statement on the order counts as suspected: an answer given on a card alone, unless the onset
    on record denies it, in other words together with symptoms of that length.
    """
    chart = question.chart
    answered = answered_care(question.order, chart.rules.care_statement)
    if answered and not chart.is_newer_on_record(question.order):
        return [_stated(question, answered)]
    least_days = question.whole(Parameters.CARE_MIN_DAYS)
    lasts = chart.order_duration(question.order)
    if lasts.least < least_days:
        return []
    told = question.order.care
    if told is not None:
        return [_stated(question, told.quote)]
    recent = question.whole(Parameters.CARE_LAST_WITHIN)
    care = [
        item
        for item in care_on_record(chart, question.criterion.strength)
        if days_before(item[1], chart.as_of) <= max(recent, lasts.most or lasts.least)
    ]
    if not care:
        return []
    # on one day the entry with a code before one by its words
    first = min(care, key=lambda item: (item[0], *rank(item[2])))
    last = min(care, key=lambda item: (-item[1].toordinal(), *rank(item[2])))
    if (
        days_before(first[0], chart.as_of) < least_days
        or days_before(last[1], chart.as_of) > recent
    ):
        return []
    return [first[2]] if first[2] == last[2] else [last[2], first[2]]


def answered_care(order: ImagingOrder, statement: str) -> str:
    """The answer that care was done for long enough, as quoted; empty where there is none.

    `statement` is the sentence, case-folded, that stood on orders before the answers had codes.
    """
    quotes = [answer.quote for answer in order.answers if answer.after_care]
    if any(statement in text.casefold() for text in order.texts):
        quotes.append(statement.capitalize())
    return shortened(quotes[0], MAX_QUOTE) if quotes else ""


def _stated(question: ComputedQuestion, quote: str) -> Finding:
    """Care as the order states it: suspected."""
    return Finding(
        reference=question.order.reference,
        display=quote,
        when=question.order.authored,
        state=SUSPECTED,
        strength=question.criterion.strength,
        value_set="care",
        from_order=True,
        from_order_text=True,
        quote=quote,
    )


def care_on_record(chart: Chart, strength: Strength) -> list[tuple[date, date, Finding]]:
    """Conservative care on record: (first day, last day, finding of that strength), nothing after the day itself."""
    found: list[tuple[date, date, Finding]] = chart.once(
        ("care", strength), lambda: _care(chart, strength)
    )
    return found


def has_begun_care(chart: Chart) -> bool:
    """All care on record began less than the weeks ago that the guideline asks for."""
    care = care_on_record(chart, Strength.STRONG)
    least_days = int(chart.rules.parameters[Parameters.CARE_MIN_DAYS])
    return bool(care) and all(days_before(first, chart.as_of) < least_days for first, _, _ in care)


def _care(chart: Chart, strength: Strength) -> list[tuple[date, date, Finding]]:
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
                strength=strength,
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
    drugs = [
        exposure
        for exposure in chart.record.exposures.get(ValueSets.CONSERVATIVE_DRUG, ())
        if is_confirmed(exposure, chart)
    ]
    least_days = int(chart.rules.parameters[Parameters.CARE_DRUG_DAYS])
    is_course = any(exposure.end is None for exposure in drugs) or (
        exposure_days(drugs, as_of, ANY_TIME) >= least_days
    )
    for exposure in drugs if is_course else ():
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
