"""The one sentence of a card: its form, its placeholders, its length."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cds_service.assessment.case import Case
from cds_service.assessment.model import Conflict, CriterionResult, OrderAssessment
from cds_service.assessment.timing import newest_first
from cds_service.cards.names import (
    beginning,
    cut,
    date_text,
    inside,
    plain,
    region_name,
    study_name,
    value_text,
)
from cds_service.evidence.model import DateSpan, StudyProcedure
from cds_service.knowledge.anchors import Cards, Criteria, Forms, Groups, Scenarios
from cds_service.knowledge.model import CardText, DetailWords, Level, Strength, Variant

MAX_SUMMARY = 139
"""CDS Hooks: a summary has fewer than 140 characters."""
DEVICE_LENGTH = 26
VALUE_LENGTH = 24
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_STRENGTHS: tuple[Strength | None, ...] = (*Strength, None)


@dataclass(frozen=True, slots=True)
class Form:
    """One card in the form that holds for an order."""

    card: CardText
    variant: Variant | None

    @property
    def indicator(self) -> str:
        """Of the form, else of the card."""
        if self.variant is not None and self.variant.indicator is not None:
            return self.variant.indicator
        return self.card.indicator

    @property
    def summary(self) -> str:
        """Of the form, else of the card."""
        if self.variant is not None and self.variant.summary is not None:
            return self.variant.summary
        return self.card.summary

    @property
    def suggestions(self) -> tuple[str, ...]:
        """Of the form, else of the card."""
        if self.variant is not None and self.variant.suggestions is not None:
            return self.variant.suggestions
        return self.card.suggestions

    @property
    def name(self) -> str:
        """Id of the variant; empty for the plain form."""
        return self.variant.id if self.variant is not None else ""


def card_form(case: Case, card: CardText) -> Form:
    """The first variant that holds, else the plain form."""
    for variant, holds in case.rules.variants[card.id]:
        if holds(case):
            return Form(card, variant)
    return Form(card, None)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a summary speaks about."""

    case: Case
    assessment: OrderAssessment
    form: Form
    orders_in_call: int
    missing: tuple[str, ...] = ()
    conflict: Conflict | None = None

    @property
    def detail(self) -> DetailWords:
        """Sentences and words of the guideline."""
        return self.case.rules.guideline.wording.detail


def filled_summary(subject: Subject) -> str:
    """The summary with every placeholder filled, at most 139 characters.

    With several selected orders a summary that does not name its order begins with it.
    """
    text = fill(subject.form.summary, subject)
    if subject.orders_in_call > 1 and "{ordered}" not in subject.form.summary:
        names = subject.case.rules.guideline.wording.short_names
        ordered = study_name(subject.assessment.order.procedure, names)
        text = f"{ordered}: {text}"
    return text if len(text) <= MAX_SUMMARY else cut(text, MAX_SUMMARY)


def fill(template: str, subject: Subject) -> str:
    """A template with its placeholders filled; fillings inside the sentence start in lower case."""
    names = subject.case.rules.guideline.wording.short_names

    def filling(match: re.Match[str]) -> str:
        text = _FILLINGS[match.group(1)](subject)
        return beginning(text) if match.start() == 0 else inside(text, names)

    return PLACEHOLDER.sub(filling, template)


def _study(subject: Subject, study: StudyProcedure | None) -> str:
    if study is None:
        return ""
    named = [subject.assessment.order.procedure]
    if subject.assessment.preferred is not None:
        named.append(subject.assessment.preferred)
    return study_name(study, subject.case.rules.guideline.wording.short_names, named)


def _age(subject: Subject) -> str:
    age = subject.assessment.age
    return str(age) if age else subject.detail["age_under_one"]


def _advice(subject: Subject) -> str:
    """By the rating row that holds: the child's rows are narrowed by what was found and how long it lasts."""
    case = subject.case
    words = case.rules.guideline.wording.pediatric_advice
    rows = case.rules.rating_rows.get(("any", Scenarios.S_PED), ())
    holding = (row.row.when for row in rows if row.when is not None and row.when(case))
    return words.get(next(holding, None) or "other", words["other"])


def _basis(subject: Subject) -> str:
    basis = subject.assessment.safety.pregnancy
    if basis is None:
        return ""
    when = date_text(basis.when, subject.detail["undated"])
    return f"{subject.detail[f'basis_{basis.basis}']}, {when}"


def _concept(subject: Subject) -> str:
    if subject.conflict is None:
        return ""
    criterion = subject.conflict.criterion
    return criterion.short or criterion.name


def _subject_date(subject: Subject) -> DateSpan | None:
    card = subject.form.card.id
    if card == Cards.CONTRAST_SAFETY:
        risk = subject.case.contrast_risk
        return risk.when if risk is not None else None
    if card == Cards.DUPLICATE_RECENT:
        return subject.assessment.duplicates[0].when
    result = named_finding(subject)
    return result.newest if result is not None else None


def _device(subject: Subject) -> str:
    devices = sorted(
        subject.assessment.safety.devices, key=lambda device: device.safety != "unsafe"
    )
    return cut(plain(devices[0].display), DEVICE_LENGTH) if devices else ""


def named_finding(subject: Subject) -> CriterionResult | None:
    """The criterion that the summary names: the strongest of its group, the newest on a tie.

    The noted forms name the newest weak finding of an acute value set; the fever form names fever.
    """
    assessment = subject.assessment
    if subject.form.name == Forms.NOTED and subject.case.level(Groups.VASCULAR) is Level.POSSIBLE:
        return min(
            subject.case.criteria_of(Groups.VASCULAR),
            key=lambda result: _STRENGTHS.index(result.strength),
        )
    if subject.form.name == Forms.NOTED:
        weak = [
            result
            for result in assessment.criteria
            if result.strength in (Strength.WEAK, None)
            and any(finding.acute for finding in result.findings)
        ]
        return min(weak, key=lambda result: newest_first(result.newest), default=None)
    if subject.form.name == Forms.FEVER:
        return subject.case.criterion(Criteria.FEVER)
    criteria: tuple[CriterionResult, ...] = ()
    for group in _named_groups(subject):
        criteria = subject.case.criteria_of(group)
        if criteria:
            break
    criteria = criteria or assessment.criteria
    return min(
        criteria,
        key=lambda result: (
            _STRENGTHS.index(result.strength),
            newest_first(result.newest),
        ),
        default=None,
    )


def _named_groups(subject: Subject) -> list[str]:
    """Groups that a finding may be named from, best first."""
    assessment = subject.assessment
    groups = []
    if subject.form.card.id in (Cards.EMERGENCY_ESCALATE, Cards.URGENT_ESCALATE):
        asking = assessment.urgency_group
        if asking is not None:
            groups.append(asking.group.id)
    if subject.case.study_group is not None:
        groups.append(subject.case.study_group.id)
    # the derived group has no criteria of its own: cancer is what makes it
    groups += [Groups.MALIGNANCY] if Groups.MSCC in groups else []
    # only possible cord signs may rest on bladder trouble with a cervical order
    groups += (
        [Groups.CAUDA_EQUINA, Groups.CORD]
        if assessment.scenario in (Scenarios.S_CORD, Scenarios.S_NEURO)
        else []
    )
    return groups


def _finding(subject: Subject) -> str:
    result = named_finding(subject)
    return (result.criterion.short or result.criterion.name) if result is not None else ""


def _group(subject: Subject) -> str:
    assessment = subject.assessment
    if subject.form.card.id in (Cards.EMERGENCY_ESCALATE, Cards.URGENT_ESCALATE):
        asking = assessment.urgency_group
        if asking is not None:
            return asking.group.short
    group = subject.case.scenario_group or subject.case.study_group
    return group.short if group is not None else _symptom(subject)


def _symptom(subject: Subject) -> str:
    return subject.case.rules.guideline.combination.symptoms.names[subject.assessment.symptom]


def _reason_short(subject: Subject) -> str:
    group = subject.case.scenario_group
    return group.short if group is not None else _symptom(subject)


def _modality(subject: Subject) -> str:
    modality = subject.assessment.duplicates[0].procedure.modality
    names = subject.case.rules.guideline.wording.short_names
    return names.modality[modality] if modality is not None else ""


def _other_order(subject: Subject) -> str:
    names = subject.case.rules.guideline.wording.short_names
    return study_name(subject.assessment.pending[0][1], names)


def _risk(subject: Subject) -> str:
    risk = subject.case.contrast_risk
    return subject.detail[f"risk_{risk.name}"] if risk is not None else ""


def _value(subject: Subject) -> str:
    risk = subject.case.contrast_risk
    if risk is None:
        return ""
    names = subject.case.rules.guideline.wording.short_names
    return cut(plain(value_text(risk.value, names)), VALUE_LENGTH)


def _region(subject: Subject, *, suggested: bool) -> str:
    names = subject.case.rules.guideline.wording.short_names
    assessment = subject.assessment
    regions = assessment.suggested_regions if suggested else assessment.order.procedure.regions
    return region_name(regions, names)


_FILLINGS: Mapping[str, Callable[[Subject], str]] = {
    "age": _age,
    "advice": _advice,
    "alternative": lambda subject: _study(subject, subject.assessment.alternative),
    "basis": _basis,
    "concept": _concept,
    "date": lambda subject: date_text(_subject_date(subject), subject.detail["undated"]),
    "device": _device,
    "finding": _finding,
    "group": _group,
    "missing": lambda subject: ", ".join(subject.missing),
    "modality": _modality,
    "ordered": lambda subject: _study(subject, subject.assessment.order.procedure),
    "ordered_region": lambda subject: _region(subject, suggested=False),
    "other_order": _other_order,
    "preferred": lambda subject: _study(subject, subject.assessment.preferred),
    "priority": lambda subject: subject.assessment.order.priority,
    "reason_short": _reason_short,
    "risk": _risk,
    "suggested_region": lambda subject: _region(subject, suggested=True),
    "symptom": _symptom,
    "value": _value,
}
PLACEHOLDERS = frozenset(_FILLINGS)
"""Every placeholder that a summary may hold."""
