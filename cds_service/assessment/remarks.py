"""What the primary card says beside the rating: safety of the order, as keys of `wording.detail`, and denials."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.assessment.case import Case
from cds_service.assessment.computed.care import answered_care
from cds_service.assessment.modalities import ENHANCED, IONIZING
from cds_service.assessment.model import Finding
from cds_service.assessment.timing import least_age
from cds_service.knowledge.anchors import Cards, Criteria
from cds_service.knowledge.members import WEAK
from cds_service.knowledge.model import Criterion

_CONTRAST_AGENTS = ("MR", "CT")


def order_remarks(case: Case) -> Iterator[str]:
    """Keys of the sentences that hold, in the order in which they are said."""
    procedure, safety = case.order.procedure, case.call.safety
    if safety.pregnancy_unknown and procedure.modality in IONIZING:
        yield "pregnancy_status_unknown"
    if safety.claustrophobia and procedure.modality == "MR":
        yield "claustrophobia"
    if (
        safety.creatinine is not None
        and procedure.modality in _CONTRAST_AGENTS
        and procedure.contrast in ENHANCED
    ):
        yield "creatinine_only"
    if _denies_answer(case):
        yield "answer_against_record"
    if _may_need_no_imaging(case):
        yield "neck_rule"


def told_stale(case: Case) -> tuple[tuple[Criterion, Finding], ...]:
    """Findings outside their look-back that a card tells: what a newer value corrected, what is not long past."""
    days = case.rules.guideline.card_limits.told_stale_days
    return tuple(
        (criterion, finding)
        for criterion, finding in case.found.stale
        if "newer_value_normal" in finding.notes
        or (
            criterion.strength is not WEAK
            and (finding.when is None or least_age(finding.when, case.chart.as_of) <= days)
        )
    )


def _denies_answer(case: Case) -> bool:
    """The order carries the answer "over six weeks despite care" and the onset on record is newer."""
    return bool(answered_care(case.order, case.rules.care_statement)) and (
        case.chart.is_newer_on_record(case.order)
    )


def _may_need_no_imaging(case: Case) -> bool:
    """A neck rule may be used: of age, no ankylosed spine, no deficit. It was not applied here."""
    limits = case.rules.guideline.safety_limits
    return (
        case.primary_card == Cards.TRAUMA_CT_FIRST
        and case.order.procedure.regions == ("cervical",)
        and case.age is not None
        and limits.neck_rule_age_from <= case.age <= limits.neck_rule_age_to
        and Criteria.ANKYLOSED_SPINE_TRAUMA not in case.by_id
        and not case.neuro
    )


def denied_words(case: Case) -> Iterator[str]:
    """Words of the order for what it says is not there, each once."""
    said = (
        statement.quote
        for reading in case.order.readings
        for statement in reading.statements
        if statement.state == "denied"
    )
    yield from dict.fromkeys(said)
