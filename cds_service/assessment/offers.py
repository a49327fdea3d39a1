"""Which suggestions fit the patient, one function each. Each suggested study passed the safety checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from cds_service.assessment.case import Case
from cds_service.assessment.levels import is_at_least
from cds_service.assessment.model import CriterionResult, Offer, RatedStudy
from cds_service.assessment.regions import REGION_ORDER, expanded
from cds_service.assessment.rules import CardForm
from cds_service.assessment.studies import offered_study, same_study
from cds_service.assessment.symptoms import has_own_symptom
from cds_service.coding import STATED_PREFIX
from cds_service.evidence.model import StudyProcedure
from cds_service.knowledge.anchors import (
    NOTED_FORMS,
    SERIOUS_FORMS,
    Cards,
    Criteria,
    Forms,
    Groups,
    Parameters,
    Scenarios,
    Suggestions,
)
from cds_service.knowledge.members import EMERGENCY, NOT_APPROPRIATE, NOTED, POSSIBLE, ROUTINE
from cds_service.knowledge.model import Priority
from cds_service.knowledge.table import COLUMN

_REASON_TYPES = ("Condition/", "Observation/", "DiagnosticReport/")
"""What ServiceRequest.reasonReference may point to, of the types that are read."""
_ANOTHER_LEVEL = (Cards.WHOLE_SPINE, Cards.WRONG_REGION)
"""Cards that ask for more or other regions: what they add is never less than stat."""
_PRIORITY_ORDER: tuple[Priority, ...] = ("routine", "urgent", "asap", "stat")
_ASKING_FORMS = (Forms.POSSIBLE, Forms.FEVER, *SERIOUS_FORMS, Forms.TRAUMA)


_NO_KIDNEY = ("dialysis", "gadolinium_reaction", "iodinated_reaction", "contrast_reaction")
"""Risks of contrast that a new eGFR would not change."""


class _Asking(Struct, frozen=True, gc=False):
    """One card that asks what it may offer."""

    case: Case
    form: CardForm
    finding: CriterionResult | None
    """What the summary names."""


def made_offers(case: Case, form: CardForm, finding: CriterionResult | None) -> tuple[Offer, ...]:
    """The suggestions of a card that fit this order and patient, the best first."""
    asking = _Asking(case, form, finding)
    offers = [_MAKERS[name](name, asking) for name in _in_order(asking)]
    return _few_answers(offers, case.rules.guideline.card_limits.max_answers)


def _few_answers(offers: list[Offer | None], most: int) -> tuple[Offer, ...]:
    """The offers that fit, with the first few answers only."""
    kept: list[Offer] = []
    answers = 0
    for offer in offers:
        if offer is None:
            continue
        answers += offer.change == "answer"
        if offer.change != "answer" or answers <= most:
            kept.append(offer)
    return tuple(kept)


def _in_order(asking: _Asking) -> tuple[str, ...]:
    """The suggestions of the card, what agrees best with its words first.

    On a wrong-region card an added order comes first only when the ordered region has a symptom. Where another study is
    the usual one, to be faster with this one is not the first thing to do.
    """
    names = asking.form.suggestions
    if asking.form.card == Cards.URGENT_ESCALATE and _is_other_study_usual(asking.case):
        first = Suggestions.REPLACE_WITH_PREFERRED
        return (first, *(name for name in names if name != first))
    if asking.form.card != Cards.WRONG_REGION or Suggestions.ADD_ORDER not in names:
        return names
    case = asking.case
    if has_own_symptom(case.chart, case.order.procedure.regions, case.stated_sets):
        return names
    return (*(name for name in names if name != Suggestions.ADD_ORDER), Suggestions.ADD_ORDER)


def _is_other_study_usual(case: Case) -> bool:
    """The preferred study is of another modality, or the one that was ordered is not good enough."""
    preferred = preferred_offer(case)
    if preferred is None or same_study(preferred, case.order.procedure):
        return False
    return not case.is_good_enough or preferred.modality != case.order.procedure.modality


def _raised(case: Case) -> Priority | None:
    """The priority that the required urgency asks for, when it is higher than the order's; never a lower one."""
    wanted = case.rules.guideline.combination.urgency[case.urgency].fhir_priority
    is_higher = _PRIORITY_ORDER.index(wanted) > _PRIORITY_ORDER.index(case.order.priority)
    return wanted if is_higher else None


def _replaced(name: str, case: Case, study: StudyProcedure | None) -> Offer | None:
    """The order changed to another study; None when there is none, or nothing would change."""
    if study is None or not study.regions or same_study(study, case.order.procedure):
        return None
    return Offer(
        name,
        "study",
        studies=(RatedStudy(study, case.rating_of(study)),),
        label_study=study,
        priority=_raised(case),
    )


def _set_priority_stat(name: str, asking: _Asking) -> Offer | None:
    case = asking.case
    if case.order.priority == "stat":
        return None
    is_asked = asking.form.card in _ANOTHER_LEVEL or (
        case.urgency is EMERGENCY and case.is_good_enough
    )
    return Offer(name, "priority", priority="stat") if is_asked else None


def _set_priority_urgent(name: str, asking: _Asking) -> Offer | None:
    case = asking.case
    if case.order.priority != "routine":
        return None
    is_asked = case.urgency is not ROUTINE or asking.form.form in _ASKING_FORMS
    return Offer(name, "priority", priority="urgent") if is_asked else None


def _replace_with_preferred(name: str, asking: _Asking) -> Offer | None:
    return _replaced(name, asking.case, preferred_offer(asking.case))


def preferred_offer(case: Case) -> StudyProcedure | None:
    """The study that the order's cards prefer; on the card about contrast phases a phase of the ordered one."""
    return case.phase_study if case.primary_card == Cards.CONTRAST_PHASE else case.preferred


def _replace_with_xr(name: str, asking: _Asking) -> Offer | None:
    case = asking.case
    procedure = case.order.procedure
    if procedure.modality == "XR" or case.call.safety.pregnancy is not None:
        return None
    study = StudyProcedure("XR", procedure.regions, "without")
    if case.rating_of(study) is NOT_APPROPRIATE:
        return None
    return _replaced(name, case, study)


def _replace_with_noncontrast(name: str, asking: _Asking) -> Offer | None:
    case = asking.case
    procedure = case.order.procedure
    modality = "CT" if procedure.modality in ("CTM", "RF") else procedure.modality
    study = offered_study(case.question, StudyProcedure(modality, procedure.regions, "without"))
    if study is None or study.modality != modality:
        return None
    return _replaced(name, case, study)


def _replace_with_mr_noncontrast(name: str, asking: _Asking) -> Offer | None:
    case = asking.case
    return _replaced(name, case, case.mr_without) if case.is_mr_without_offered else None


def _replace_with_mri_alternative(name: str, asking: _Asking) -> Offer | None:
    return _replaced(name, asking.case, asking.case.alternative)


def _listed(name: str, _: _Asking) -> Offer:
    return Offer(name, "listed")


def _cancel(name: str, asking: _Asking) -> Offer | None:
    """Not on a card that rests on finding nothing, where something was not read or not understood.

    Nor beside an emergency of the spine, whatever the aorta asks for.
    """
    case, card = asking.case, asking.form.card
    if case.is_spine_emergency_beside_aorta:
        return None
    rests_on_nothing = (
        card in case.rules.guideline.card_limits.low_value or card == Cards.DUPLICATE_RECENT
    )
    is_open = case.lacks_data or case.lacks_understanding
    return None if rests_on_nothing and is_open else Offer(name, "listed")


def _order_egfr(name: str, asking: _Asking) -> Offer | None:
    """Where a kidney is the reason for care and its function was not just measured; no reaction asks for it."""
    safety, risk = asking.case.call.safety, asking.case.contrast_risk
    is_of_kidney = risk is not None and risk.name not in _NO_KIDNEY
    return Offer(name, "listed") if is_of_kidney and not safety.egfr_is_fresh else None


def _order_esr_crp(name: str, asking: _Asking) -> Offer | None:
    is_asked = asking.case.scenario in (Scenarios.S_INF, Scenarios.S_CA, Scenarios.S_PED)
    return Offer(name, "listed") if is_asked else None


def _order_blood_cultures(name: str, asking: _Asking) -> Offer | None:
    return Offer(name, "listed") if Criteria.FEVER in asking.case.by_id else None


def _add_reason(name: str, asking: _Asking) -> Offer | None:
    """Evidence on record that is not yet among the reasons."""
    case = asking.case
    known = {reason.reference for reason in case.order.reasons}
    reasons = {
        reference: display
        for reference, display in _evidence(asking)
        if reference.startswith(_REASON_TYPES) and reference not in known
    }
    return Offer(name, "reasons", reasons=tuple(reasons.items())) if reasons else None


_SIGNS_ANSWERED = frozenset(
    answer.removeprefix(STATED_PREFIX)
    for answer in (
        Suggestions.ANSWER_NEW_WEAKNESS,
        Suggestions.ANSWER_NEW_BLADDER_BOWEL_SADDLE,
        Suggestions.ANSWER_NONE_OF_THESE,
    )
)


def _answer_over_six_weeks(name: str, asking: _Asking) -> Offer | None:
    """Where the duration or the care is not on record, and neither record nor order says that it began lately."""
    case = asking.case
    duration, window = case.duration, case.rules.parameters[Parameters.RECOVERY_WINDOW]
    is_newer = duration.most is not None and duration.most < window
    is_answered = any(answer.lasts for answer in case.order.answers)
    if is_newer or is_answered or case.chart.is_newer_on_record(case.order):
        return None
    return Offer(name, "answer")


def _answer_under_six_weeks(name: str, asking: _Asking) -> Offer | None:
    return Offer(name, "answer") if not asking.case.duration.is_known else None


def _answer_new_weakness(name: str, asking: _Asking) -> Offer | None:
    return _answer_sign(name, asking.case, Groups.NEURO_DEFICIT)


def _answer_new_sign(name: str, asking: _Asking) -> Offer | None:
    return _answer_sign(name, asking.case, Groups.CAUDA_EQUINA)


def _answer_sign(name: str, case: Case, group: str) -> Offer | None:
    """Not what is known already, and nothing once the signs were answered."""
    if is_at_least(case.levels[group], POSSIBLE) or _has_answered_signs(case):
        return None
    return Offer(name, "answer")


def _answer_none(name: str, asking: _Asking) -> Offer | None:
    return None if _has_answered_signs(asking.case) else Offer(name, "answer")


def _has_answered_signs(case: Case) -> bool:
    return any(answer.code in _SIGNS_ANSWERED for answer in case.order.answers)


def _evidence(asking: _Asking) -> list[tuple[str, str]]:
    """(reference, display) of the evidence that the card rests on."""
    case = asking.case
    if asking.form.card == Cards.MISSING_INDICATION:
        return [(hit.entry.reference, hit.entry.display) for hit in case.chart.symptoms]
    if asking.form.form in NOTED_FORMS:
        results = [asking.finding] if asking.finding is not None else []
    else:
        results = [
            result
            for group in case.group_results
            if group.level is not NOTED
            for result in group.criteria
        ]
    return [
        (finding.reference, finding.display) for result in results for finding in result.findings
    ]


def _add_order(name: str, asking: _Asking) -> Offer | None:
    """New draft orders for the preferred study of the regions that the order does not image."""
    case, card = asking.case, asking.form.card
    study = preferred_offer(case)
    if study is None:
        return None
    is_emergency = card == Cards.EMERGENCY_ESCALATE
    if is_emergency and not (case.question.needs_whole_spine or case.leaves_out_cauda_equina):
        return None
    wanted = expanded(study.regions) - {"whole"}
    if is_emergency:
        # the preferred study answers the cord signs alone: the cauda equina is imaged by an order of its own
        wanted |= frozenset(REGION_ORDER).intersection(
            case.rules.group_by_id[Groups.CAUDA_EQUINA].regions
        )
    missing = tuple(
        region
        for region in REGION_ORDER
        if region in wanted and (region not in case.region_set or region not in COLUMN)
    )
    if not missing:
        return None
    if "whole" in study.regions and card != Cards.WRONG_REGION and _has_own_code(case, study):
        return None
    parts = [StudyProcedure(study.modality, (region,), study.contrast) for region in missing]
    return Offer(
        name,
        "new-studies",
        studies=tuple(RatedStudy(part, case.rating_of(part)) for part in parts),
        label_study=StudyProcedure(study.modality, missing, study.contrast),
        priority="stat" if card in _ANOTHER_LEVEL else _raised(case) or case.order.priority,
    )


def _has_own_code(case: Case, study: StudyProcedure) -> bool:
    """The order's own code system has one code for the whole study."""
    key = (study.modality, study.regions, study.contrast)
    return not case.rules.study_systems.get(key, frozenset()).isdisjoint(case.order.coding_systems)


def _add_bring_records(name: str, asking: _Asking) -> Offer | None:
    """Asks for earlier images where none were read, or the order mentions imaging elsewhere or travel."""
    return Offer(name, "records") if wants_records(asking.case) else None


def wants_records(case: Case) -> bool:
    """No spine imaging was found in reports that were read, or images elsewhere or travel are mentioned.

    Never in an emergency: nobody waits for earlier images then.
    """
    if case.urgency is EMERGENCY:
        return False
    if case.order.mentions_imaging_elsewhere or mentions_travel(case):
        return True
    record = case.chart.record
    return "reports" in record.read_keys and not record.studies


def mentions_travel(case: Case) -> bool:
    """The order mentions travel, or the patient's country is not the site's (only where the site is set)."""
    if case.order.mentions_travel:
        return True
    site, person = case.call.choices.site_country, case.chart.record.person
    return (
        site is not None
        and person is not None
        and len(person.country) == len(site)
        and person.country.casefold() != site.casefold()
    )


_MAKERS: Mapping[str, Callable[[str, _Asking], Offer | None]] = {
    Suggestions.SET_PRIORITY_STAT: _set_priority_stat,
    Suggestions.SET_PRIORITY_URGENT: _set_priority_urgent,
    Suggestions.REPLACE_WITH_PREFERRED: _replace_with_preferred,
    Suggestions.REPLACE_WITH_XR: _replace_with_xr,
    Suggestions.REPLACE_WITH_NONCONTRAST: _replace_with_noncontrast,
    Suggestions.REPLACE_WITH_MR_NONCONTRAST: _replace_with_mr_noncontrast,
    Suggestions.REPLACE_WITH_MRI_ALTERNATIVE: _replace_with_mri_alternative,
    Suggestions.CANCEL_ORDER: _cancel,
    Suggestions.CANCEL_AND_PHYSIO: _cancel,
    Suggestions.ORDER_ESR_CRP: _order_esr_crp,
    Suggestions.ORDER_BLOOD_CULTURES: _order_blood_cultures,
    Suggestions.ORDER_EGFR: _order_egfr,
    Suggestions.ORDER_HCG: _listed,
    Suggestions.ADD_REASON: _add_reason,
    Suggestions.ANSWER_OVER_SIX_WEEKS_DESPITE_CARE: _answer_over_six_weeks,
    Suggestions.ANSWER_UNDER_SIX_WEEKS: _answer_under_six_weeks,
    Suggestions.ANSWER_NEW_WEAKNESS: _answer_new_weakness,
    Suggestions.ANSWER_NEW_BLADDER_BOWEL_SADDLE: _answer_new_sign,
    Suggestions.ANSWER_NONE_OF_THESE: _answer_none,
    Suggestions.ADD_ORDER: _add_order,
    Suggestions.ADD_BRING_RECORDS: _add_bring_records,
}
SUGGESTIONS = frozenset(_MAKERS)
"""Every suggestion that can be made."""
