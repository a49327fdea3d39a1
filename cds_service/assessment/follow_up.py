"""Whether an order is the planned check of a known disease."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cds_service.assessment.model import CriterionResult
from cds_service.evidence.model import ImagingOrder
from cds_service.knowledge.model import FollowUp


def is_called_check(order: ImagingOrder, rules: FollowUp, *, has_disease: bool) -> bool:
    """The order says that it is a check, of a disease that it names or that is on record.

    A symptom that it calls new or growing, or a reason that was not understood, is no planned check.
    """
    statements = [
        statement
        for reading in order.readings
        for statement in reading.statements
        if statement.state in ("stated", "asked")
    ]
    said = {statement.concept for statement in statements}
    is_said = rules.concept in said or (has_disease and rules.concept_alone in said)
    return (
        is_said
        and not order.not_understood
        and not any(statement.tempo for statement in statements)
    )


def is_known_disease(found: Collection[str], rules: FollowUp) -> bool:
    """One of the criteria found is a disease that is checked at intervals."""
    return any(name in found for name in (*rules.criteria, *rules.silent_criteria))


def is_nothing_else(
    counting: Iterable[CriterionResult], rules: FollowUp, *, states_pain: bool
) -> bool:
    """All that counts is that disease, or what may stand beside it."""
    part = {*rules.criteria, *rules.beside}
    if not states_pain:
        part.update(rules.silent_criteria)
    return all(result.criterion.id in part for result in counting)
