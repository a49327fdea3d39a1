"""How soon the order is needed, unless the region was imaged since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cds_service.assessment.levels import highest_urgency
from cds_service.assessment.model import AGE, CriterionResult, GroupResult
from cds_service.evidence.model import DateSpan
from cds_service.knowledge.members import ROUTINE
from cds_service.knowledge.model import Urgency


def latest_onset(onsets: Sequence[DateSpan | None]) -> date | None:
    """Latest onset among current symptoms; None when one of them, or all, has none."""
    known = [span.last for span in onsets if span is not None]
    return max(known) if known and len(known) == len(onsets) else None


def is_older_than(day: date, criteria: Sequence[CriterionResult]) -> bool:
    """Every finding is dated before the day. One without a date may be newer than any study."""
    return all(
        finding.when is not None and finding.when.last < day
        for result in criteria
        for finding in result.findings
        if finding.value_set != AGE
    )


def required_urgency(results: Sequence[GroupResult]) -> Urgency:
    """The highest over the groups."""
    return highest_urgency([result.urgency for result in results])


def asking_group(results: Sequence[GroupResult], urgency: Urgency, own: str) -> GroupResult | None:
    """The group that asks for the urgency; on a tie the one of this id, then the first. None for routine."""
    if urgency is ROUTINE:
        return None
    asking = [result for result in results if result.urgency is urgency]
    return next((result for result in asking if result.group.id == own), asking[0])
