"""A past cancer: how long ago, and whether it is of a kind that goes to bone."""

from __future__ import annotations

from cds_service.assessment.computed.question import ComputedQuestion
from cds_service.assessment.exposures import taken_findings
from cds_service.assessment.model import HISTORICAL, SUSPECTED, Finding
from cds_service.assessment.reasons import reason_findings
from cds_service.assessment.timing import ANY_TIME, least_age
from cds_service.assessment.weighing import with_conflict
from cds_service.evidence.model import DateSpan
from cds_service.knowledge.anchors import Parameters, ValueSets

_HISTORY_SETS = (
    ValueSets.MALIGNANCY_HISTORY,
    ValueSets.MALIGNANCY_REMISSION,
    ValueSets.MALIGNANCY_HISTORY_BONE_AVID,
)
_DISEASE_SETS = (ValueSets.MALIGNANCY, ValueSets.MALIGNANCY_BONE_AVID)
_AVID_SETS = (ValueSets.MALIGNANCY_HISTORY_BONE_AVID, ValueSets.MALIGNANCY_BONE_AVID)
_PastCancer = tuple[Finding, DateSpan | None, bool]
"""Finding, when it ended or else began, is it bone-avid at any time."""


def cancer_history_recent_or_avid(question: ComputedQuestion) -> list[Finding]:
    """A past cancer that ended (else began) within ten years or has no date, or is bone-avid at any time."""
    return [
        finding
        for finding, ended, is_avid in _past_cancers(question)
        if _is_recent_or_avid(question, ended, is_avid=is_avid)
    ]


def cancer_history_remote(question: ComputedQuestion) -> list[Finding]:
    """A past cancer that is older than that and not bone-avid."""
    return [
        finding
        for finding, ended, is_avid in _past_cancers(question)
        if not _is_recent_or_avid(question, ended, is_avid=is_avid)
    ]


def cancer_hormone_drug(question: ComputedQuestion) -> list[Finding]:
    """A hormone antagonist of breast or prostate cancer, from an age on; where the age is not known it counts."""
    chart = question.chart
    if chart.age is not None and chart.age < question.whole(Parameters.CANCER_HORMONE_AGE):
        return []
    days = question.days if question.days is not None else ANY_TIME
    return taken_findings(ValueSets.CANCER_HORMONE_DRUG, question.criterion.strength, days, chart)


def _is_recent_or_avid(
    question: ComputedQuestion, ended: DateSpan | None, *, is_avid: bool
) -> bool:
    if is_avid or ended is None:
        return True
    return least_age(ended, question.chart.as_of) <= question.whole(Parameters.CANCER_HISTORY_DAYS)


def _past_cancers(question: ComputedQuestion) -> list[_PastCancer]:
    """Past cancers on record, and those that the order states."""
    chart, strength = question.chart, question.criterion.strength
    cancers = chart.once(("past cancers", question.criterion.id), lambda: _on_record(question))
    return cancers + [
        (finding, None, value_set in _AVID_SETS)
        for value_set in _HISTORY_SETS
        if value_set in question.asked.value_sets
        for finding in reason_findings(
            question.asked,
            value_set,
            chart.scale(strength, value_set, question.group),
            days=ANY_TIME,
        )
        if finding.reference == question.order.reference
    ]


def _on_record(question: ComputedQuestion) -> list[_PastCancer]:
    chart = question.chart
    past: dict[int, _PastCancer] = {}
    avid = {id(hit.entry) for name in _AVID_SETS for hit in chart.conditions(name).hits}
    for value_set in (*_HISTORY_SETS, *_DISEASE_SETS):
        if value_set not in chart.record.conditions:
            continue
        scale = chart.scale(question.criterion.strength, value_set, question.group)
        entries = chart.conditions(value_set)
        for hit in entries.hits:
            entry = hit.entry
            if value_set not in _HISTORY_SETS and entry.clinical != "past":
                continue
            ended = chart.settled(entry.abated or entry.onset or entry.recorded)
            is_suspected = entry.verification == "suspected" or hit.via == "text"
            finding = Finding(
                reference=entry.reference,
                display=entry.display,
                when=ended,
                state=SUSPECTED if is_suspected else HISTORICAL,
                strength=question.criterion.strength,
                value_set=value_set,
                notes=("undated",) if ended is None else (),
            )
            finding = with_conflict(finding, hit, entries, scale)
            past[id(entry)] = (finding, ended, id(entry) in avid)
    return list(past.values())
