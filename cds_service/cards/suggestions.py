"""The buttons of a card: which are offered, and what each does. Each suggested study passed the safety checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from cds_service.assessment.regions import ORDER, WHOLE, expanded
from cds_service.assessment.studies import offered_study, same_study
from cds_service.cards.ids import card_uuid
from cds_service.cards.names import inside, study_name
from cds_service.cards.options import Answering
from cds_service.cards.order_changes import (
    created_order,
    created_study,
    with_instruction,
    with_priority,
    with_reason_references,
    with_reason_text,
    with_study,
)
from cds_service.cards.pama import consult_id, is_ratable, rated_order
from cds_service.cards.summary import Subject, named_finding
from cds_service.cds_hooks.model import Action, Suggestion
from cds_service.evidence.model import StudyProcedure
from cds_service.knowledge.anchors import (
    AdviceLines,
    Cards,
    Criteria,
    Forms,
    Groups,
    Scenarios,
    Suggestions,
    ValueSets,
)
from cds_service.knowledge.model import Level, Priority, Rating, SuggestionText, Urgency

_REASON_TYPES = ("Condition/", "Observation/", "DiagnosticReport/")
"""What ServiceRequest.reasonReference may point to, of the types that are read."""
_CARE_CARDS = (Cards.NOT_YET_INDICATED, Cards.CARE_NOT_DOCUMENTED, Cards.DURATION_UNKNOWN)
_PRIORITY_ORDER: tuple[Priority, ...] = ("routine", "urgent", "asap", "stat")


@dataclass(frozen=True, slots=True)
class Offer:
    """One suggestion being made for one card."""

    subject: Subject
    text: SuggestionText
    answering: Answering

    @property
    def order_reference(self) -> str:
        """Reference of the draft order."""
        return self.subject.assessment.order.reference


@dataclass(frozen=True, slots=True)
class Made:
    """The resources of a suggestion's actions, and the study that its label names."""

    resources: tuple[msgspec.Raw | None, ...]
    """One an action; None for a delete."""
    study: StudyProcedure | None = None
    repeat: bool = False
    """Several resources for one action text."""


def made_suggestions(subject: Subject, answering: Answering) -> tuple[Suggestion, ...]:
    """The suggestions of a card that can be offered for this order, the recommended one first."""
    texts = subject.case.rules.suggestion_texts
    made: list[Suggestion] = []
    for name in _in_order(subject):
        offer = Offer(subject, texts[name], answering)
        if not subject.assessment.order.id and set(offer.text.actions) != {"create"}:
            # An action names the draft by its id: without one, the client could not tell which is meant.
            continue
        found = _MAKERS[name](offer)
        if found is not None:
            made.append(_suggestion(offer, found, is_first=not made))
    if len(made) == 1:
        return (replace(made[0], is_recommended=False),)
    return tuple(made)


def _in_order(subject: Subject) -> tuple[str, ...]:
    """On a wrong-region card an added order comes first only when the ordered region has a symptom."""
    names = subject.form.suggestions
    if subject.form.card.id != Cards.WRONG_REGION or Suggestions.ADD_ORDER not in names:
        return names
    case = subject.case
    own_sets = set(case.symptom_sets) - {ValueSets.BACK_PAIN_UNSPECIFIED}
    if any(case.is_on_order_or_symptom(name) for name in own_sets):
        return names
    return (*(name for name in names if name != Suggestions.ADD_ORDER), Suggestions.ADD_ORDER)


def _suggestion(offer: Offer, made: Made, *, is_first: bool) -> Suggestion:
    text = offer.text
    label = _named(offer, text.label, made.study)
    actions = []
    for position, resource in enumerate(made.resources):
        at = 0 if made.repeat else position
        kind = text.actions[at]
        description = _named(offer, text.description[at], made.study)
        if kind == "delete":
            actions.append(Action(kind, description, resource_id=offer.order_reference))
        else:
            actions.append(Action(kind, description, resource=resource))
    return Suggestion(
        id=text.id,
        uuid=card_uuid(
            offer.answering.request, offer.order_reference, offer.subject.form.card.id, text.id
        ),
        label=label,
        actions=tuple(actions),
        is_recommended=is_first,
    )


def _named(offer: Offer, template: str, study: StudyProcedure | None) -> str:
    """The template with {preferred} as the study that this very suggestion orders."""
    if "{preferred}" not in template or study is None:
        return template
    names = offer.subject.case.rules.guideline.wording.short_names
    ordered = offer.subject.assessment.order.procedure
    return template.replace("{preferred}", inside(study_name(study, names, (ordered,)), names))


def _rated(offer: Offer, raw: msgspec.Raw, study: StudyProcedure | None) -> msgspec.Raw:
    """The suggested order with the rating it would have; `study` None: the order's own study."""
    options, assessment = offer.answering.options, offer.subject.assessment
    if not options.pama or not is_ratable(assessment.order):
        return raw
    rating = (
        assessment.appropriateness if study is None else offer.subject.case.question.rating(study)
    )
    return rated_order(
        raw,
        rating,
        consult_id=consult_id(assessment.order, offer.answering.request.context.patient_id),
        qcdsm_id=options.qcdsm_id,
    )


def _raised(offer: Offer) -> Priority | None:
    """The priority that the required urgency asks for, when it is higher than the order's; never a lower one."""
    case = offer.subject.case
    wanted = case.rules.guideline.combination.urgency[case.urgency].fhir_priority
    now = case.order.priority
    return wanted if _PRIORITY_ORDER.index(wanted) > _PRIORITY_ORDER.index(now) else None


def _replaced(offer: Offer, study: StudyProcedure | None) -> Made | None:
    """The order changed to another study; None when there is none, no code, or nothing would change."""
    order = offer.subject.assessment.order
    if study is None or not study.regions or same_study(study, order.procedure):
        return None
    changed = with_study(order, study, offer.answering.codes, _raised(offer))
    if changed is None:
        return None
    return Made((_rated(offer, changed[0], study),), study)


def _set_priority_stat(offer: Offer) -> Made | None:
    case = offer.subject.case
    if case.order.priority == "stat":
        return None
    is_always = offer.subject.form.card.id in (Cards.WHOLE_SPINE, Cards.WRONG_REGION)
    if not is_always and not (case.urgency is Urgency.EMERGENCY and case.is_good_enough):
        return None
    return Made((_rated(offer, with_priority(case.order.raw, "stat"), None),))


_ASKING_FORMS = (Forms.POSSIBLE, Forms.FEVER, Forms.SERIOUS, Forms.TRAUMA)


def _set_priority_urgent(offer: Offer) -> Made | None:
    case = offer.subject.case
    if case.order.priority != "routine":
        return None
    is_asked = case.urgency is not Urgency.ROUTINE or offer.subject.form.name in _ASKING_FORMS
    if not is_asked:
        return None
    return Made((_rated(offer, with_priority(case.order.raw, "urgent"), None),))


def _replace_with_preferred(offer: Offer) -> Made | None:
    return _replaced(offer, offer.subject.assessment.preferred)


def _replace_with_xr(offer: Offer) -> Made | None:
    case = offer.subject.case
    regions = case.order.procedure.regions
    if case.order.procedure.modality == "XR" or case.call.safety.pregnancy is not None:
        return None
    study = StudyProcedure("XR", regions, "without")
    if case.question.rating(study) is Rating.NOT:
        return None
    return _replaced(offer, study)


def _replace_with_noncontrast(offer: Offer) -> Made | None:
    case = offer.subject.case
    procedure = case.order.procedure
    modality = "CT" if procedure.modality in ("CTM", "RF") else procedure.modality
    study = offered_study(case.question, StudyProcedure(modality, procedure.regions, "without"))
    if study is None or study.modality != modality:
        return None
    return _replaced(offer, study)


def _replace_with_mr_noncontrast(offer: Offer) -> Made | None:
    case = offer.subject.case
    if case.fact("mr-without-not-offered"):
        return None
    return _replaced(offer, StudyProcedure("MR", case.order.procedure.regions, "without"))


def _replace_with_mri_alternative(offer: Offer) -> Made | None:
    return _replaced(offer, offer.subject.assessment.alternative)


def _cancel_order(_: Offer) -> Made | None:
    return Made((None,))


def _cancel_and_physio(offer: Offer) -> Made | None:
    created = offer.text.create[0]
    return Made((None, created_order(offer.subject.assessment.order, created)))


def _created(offer: Offer) -> Made:
    order = offer.subject.assessment.order
    return Made(tuple(created_order(order, created) for created in offer.text.create))


def _order_esr_crp(offer: Offer) -> Made | None:
    return (
        _created(offer)
        if offer.subject.assessment.scenario in (Scenarios.S_INF, Scenarios.S_CA, Scenarios.S_PED)
        else None
    )


def _order_blood_cultures(offer: Offer) -> Made | None:
    return _created(offer) if offer.subject.case.criterion(Criteria.FEVER) is not None else None


def _add_reason(offer: Offer) -> Made | None:
    """Evidence found and not yet among the reasons; on the not-yet cards the statement of care."""
    subject = offer.subject
    order = subject.assessment.order
    if subject.form.card.id in _CARE_CARDS and subject.form.name != Forms.NOTED:
        statement = subject.detail["care_statement"]
        if any(statement.casefold() in text.casefold() for text in order.texts):
            return None
        return Made((_rated(offer, with_reason_text(order, statement), None),))
    references = _evidence(subject)
    if not references:
        return None
    return Made((_rated(offer, with_reason_references(order, references), None),))


def _evidence(subject: Subject) -> dict[str, str]:
    """Reference → display of the evidence that the card rests on and that is no reason yet."""
    order = subject.assessment.order
    known = {reason.reference for reason in order.reasons}
    if subject.form.card.id == Cards.MISSING_INDICATION:
        symptoms = subject.case.chart.current_symptoms(subject.case.rules.symptom_sets["any"])
        found = [(hit.entry.reference, hit.entry.display) for _, hit in symptoms]
    elif subject.form.name == Forms.NOTED:
        result = named_finding(subject)
        found = (
            [(item.reference, item.display) for item in result.findings]
            if result is not None
            else []
        )
    else:
        found = [
            (finding.reference, finding.display)
            for group in subject.assessment.groups
            if group.level is not Level.NOTED
            for result in group.criteria
            for finding in result.findings
        ]
    return {
        reference: display
        for reference, display in found
        if reference.startswith(_REASON_TYPES) and reference not in known
    }


def _add_order(offer: Offer) -> Made | None:
    """New draft orders for the preferred study of the regions that the order does not image."""
    subject = offer.subject
    case, card = subject.case, subject.form.card.id
    study = subject.assessment.preferred
    if study is None:
        return None
    if card == Cards.EMERGENCY_ESCALATE and not all(
        case.level(name) is Level.ACTIVE for name in (Groups.CORD, Groups.CAUDA_EQUINA)
    ):
        return None
    wanted = expanded(study.regions) - {"whole"} if "whole" in study.regions else set(study.regions)
    if card == Cards.EMERGENCY_ESCALATE:
        # the preferred study answers the cord signs alone: the cauda equina is imaged by an order of its own
        named_by_group = case.rules.group_by_id[Groups.CAUDA_EQUINA].regions
        wanted |= {region for region in ORDER if region in named_by_group}
    missing = [
        region
        for region in ORDER
        if region in wanted and (region not in case.region_set or region not in WHOLE)
    ]
    if not missing:
        return None
    if "whole" in study.regions and card != Cards.WRONG_REGION and _has_whole_code(offer, study):
        return None
    priority = _raised(offer) or case.order.priority
    if card in (Cards.WHOLE_SPINE, Cards.WRONG_REGION):
        priority = "stat"
    resources = []
    for region in missing:
        part = replace(study, regions=(region,))
        created = created_study(case.order, part, offer.answering.codes, priority)
        if created is None:
            return None
        resources.append(_rated(offer, created, part))
    named = replace(study, regions=tuple(missing))
    return Made(tuple(resources), named, repeat=True)


def _has_whole_code(offer: Offer, study: StudyProcedure) -> bool:
    """The order's own code system has one code for the whole study."""
    found = offer.answering.codes.code(study, offer.subject.assessment.order.coding_systems)
    return found is not None and found[0] in offer.subject.assessment.order.coding_systems


def _add_bring_records(offer: Offer) -> Made | None:
    """Asks for earlier images where none were read, or the order mentions imaging elsewhere or travel."""
    case = offer.subject.case
    if not wants_records(offer.subject, offer.answering):
        return None
    text = case.rules.guideline.wording.advice[AdviceLines.BRING_RECORDS]
    return Made((_rated(offer, with_instruction(case.order, text), None),))


def wants_records(subject: Subject, answering: Answering) -> bool:
    """No spine imaging was found in reports that were read, or images elsewhere or travel are mentioned.

    Never in an emergency: nobody waits for earlier images then.
    """
    case = subject.case
    order = case.order
    if case.urgency is Urgency.EMERGENCY:
        return False
    if order.mentions_imaging_elsewhere or is_traveler(subject, answering):
        return True
    return case.call.reports_read and not case.chart.record.studies


def is_traveler(subject: Subject, answering: Answering) -> bool:
    """The order mentions travel, or the patient's country is not the site's (only where the site is set)."""
    case = subject.case
    if case.order.mentions_travel:
        return True
    site = answering.options.site_country
    person = case.chart.record.person
    return (
        site is not None
        and person is not None
        and len(person.country) == len(site)
        and person.country.casefold() != site.casefold()
    )


_MAKERS: Mapping[str, Callable[[Offer], Made | None]] = {
    Suggestions.SET_PRIORITY_STAT: _set_priority_stat,
    Suggestions.SET_PRIORITY_URGENT: _set_priority_urgent,
    Suggestions.REPLACE_WITH_PREFERRED: _replace_with_preferred,
    Suggestions.REPLACE_WITH_XR: _replace_with_xr,
    Suggestions.REPLACE_WITH_NONCONTRAST: _replace_with_noncontrast,
    Suggestions.REPLACE_WITH_MR_NONCONTRAST: _replace_with_mr_noncontrast,
    Suggestions.REPLACE_WITH_MRI_ALTERNATIVE: _replace_with_mri_alternative,
    Suggestions.CANCEL_ORDER: _cancel_order,
    Suggestions.CANCEL_AND_PHYSIO: _cancel_and_physio,
    Suggestions.ORDER_ESR_CRP: _order_esr_crp,
    Suggestions.ORDER_BLOOD_CULTURES: _order_blood_cultures,
    Suggestions.ORDER_EGFR: _created,
    Suggestions.ORDER_HCG: _created,
    Suggestions.ADD_REASON: _add_reason,
    Suggestions.ADD_ORDER: _add_order,
    Suggestions.ADD_BRING_RECORDS: _add_bring_records,
}
SUGGESTIONS = frozenset(_MAKERS)
"""Every suggestion that can be made."""
