"""Earlier surgery of the ordered region, and what came after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from cds_service.assessment.computed.question import ComputedQuestion
from cds_service.assessment.model import PRESENT, SUSPECTED, Finding
from cds_service.evidence.model import DateSpan
from cds_service.knowledge.anchors import ValueSets

_SURGERY_SETS: Mapping[str, tuple[str, ...]] = {
    "cervical": (ValueSets.SPINE_SURGERY_CERVICAL,),
    "thoracic": (ValueSets.SPINE_SURGERY_THORACIC,),
    "lumbar": (ValueSets.SPINE_SURGERY_LUMBAR,),
    "sacrum": (ValueSets.SPINE_SURGERY_LUMBAR,),
    "sacroiliac": (ValueSets.SPINE_SURGERY_LUMBAR,),
    "whole": (
        ValueSets.SPINE_SURGERY_CERVICAL,
        ValueSets.SPINE_SURGERY_THORACIC,
        ValueSets.SPINE_SURGERY_LUMBAR,
    ),
}


def surgery_sets(regions: Iterable[str]) -> tuple[str, ...]:
    """Surgery value sets of the ordered regions; a level not stated counts for every region."""
    names = [name for region in regions for name in _SURGERY_SETS[region]]
    return (*dict.fromkeys(names or _SURGERY_SETS["whole"]), ValueSets.SPINE_SURGERY_UNSPECIFIED)


def prior_surgery_region(question: ComputedQuestion) -> list[Finding]:
    """Surgery of the ordered region, and a symptom that began after it, has no date, or is the reason.

    Root pain is a symptom here; degeneration and stenosis are findings, also as the reason.
    """
    chart = question.chart
    surgeries: list[tuple[DateSpan | None, Finding]] = []
    for value_set in surgery_sets(question.order.procedure.regions):
        key = ("surgery", question.criterion.id, value_set)
        surgeries += chart.once(key, partial(_on_record, question, value_set))
    if not surgeries:
        return []
    stated = question.asked.value_sets
    if not stated.isdisjoint((*chart.rules.symptom_sets["any"], ValueSets.RADICULOPATHY)):
        return [finding for _, finding in surgeries]
    if None in chart.onsets:
        return [finding for _, finding in surgeries]
    newest = max((began.last for began in chart.onsets if began is not None), default=None)
    return [
        finding
        for operated, finding in surgeries
        if newest is not None and (operated is None or newest >= operated.first)
    ]


def _on_record(question: ComputedQuestion, value_set: str) -> list[tuple[DateSpan | None, Finding]]:
    """Surgery of a set, with its day: as a Procedure, and as an entry of the problem list."""
    chart = question.chart
    surgeries: list[tuple[DateSpan | None, Finding]] = []
    for hit in chart.record.procedures.get(value_set, ()):
        span = chart.settled(hit.when)
        finding = _surgery(question, hit.reference, hit.display, span, hit.via, value_set)
        surgeries.append((span, finding))
    for condition in chart.conditions(value_set).hits:
        entry = condition.entry
        span = chart.settled(entry.onset or entry.recorded)
        finding = _surgery(question, entry.reference, entry.display, span, condition.via, value_set)
        surgeries.append((span, finding))
    return surgeries


def _surgery(
    question: ComputedQuestion,
    reference: str,
    display: str,
    span: DateSpan | None,
    via: str,
    value_set: str,
) -> Finding:
    notes = ("undated",) if span is None else ()
    if value_set == ValueSets.SPINE_SURGERY_UNSPECIFIED:
        notes = (*notes, "level_not_recorded")
    return Finding(
        reference=reference,
        display=display,
        when=span,
        state=PRESENT if via == "code" else SUSPECTED,
        strength=question.criterion.strength,
        value_set=value_set,
        notes=notes,
    )
