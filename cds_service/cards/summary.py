"""The one sentence of a card: its placeholders, its length."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from cds_service.assessment.model import CallAssessment, ChosenCard, OrderAssessment
from cds_service.cards.forms import DEVICE_LENGTH, MAX_SUMMARY, VALUE_LENGTH
from cds_service.cards.names import (
    beginning,
    cut,
    date_text,
    plain,
    region_name,
    value_text,
)
from cds_service.cards.words import CardWords
from cds_service.evidence.model import DateSpan, StudyProcedure
from cds_service.knowledge.anchors import Cards


class Subject(Struct, frozen=True, gc=False):
    """What a card speaks about."""

    words: CardWords
    call: CallAssessment
    assessment: OrderAssessment
    chosen: ChosenCard


def filled_summary(subject: Subject) -> str:
    """The summary with every placeholder filled, at most 139 characters.

    With several selected orders a summary that does not name its order begins with it; the card about the whole
    call speaks of none.
    """
    form = subject.words.cards[subject.chosen.card].forms[subject.chosen.form]
    text = _filled(form.summary, subject)
    if (
        len(subject.call.orders) > 1
        and not form.names_order
        and subject.chosen is not subject.call.partial
    ):
        text = f"{subject.words.study(subject.assessment.order.procedure)}: {text}"
    return text if len(text) <= MAX_SUMMARY else cut(text, MAX_SUMMARY)


def _filled(parts: tuple[str, ...], subject: Subject) -> str:
    """The parts with every second one filled; fillings inside the sentence start in lower case."""
    sentence = list(parts)
    for position in range(1, len(parts), 2):
        filling = _FILLINGS[parts[position]](subject)
        begins = position == 1 and not parts[0]
        sentence[position] = beginning(filling) if begins else subject.words.inside(filling)
    return "".join(sentence)


def _study(subject: Subject, study: StudyProcedure | None) -> str:
    if study is None:
        return ""
    named = [subject.assessment.order.procedure]
    if subject.assessment.preferred is not None:
        named.append(subject.assessment.preferred)
    return subject.words.study(study, named)


def _age(subject: Subject) -> str:
    age = subject.assessment.age
    return str(age) if age else subject.words.detail["age_under_one"]


def _advice(subject: Subject) -> str:
    """By the rating row that holds: the child's rows are narrowed by what was found and how long it lasts."""
    words = subject.words.pediatric_advice
    return words.get(subject.assessment.pediatric_row or "other", words["other"])


def _basis(subject: Subject) -> str:
    basis = subject.assessment.safety.pregnancy
    if basis is None:
        return ""
    words = subject.words.detail
    return f"{words[f'basis_{basis.basis}']}, {date_text(basis.when, words['undated'])}"


def _concept(subject: Subject) -> str:
    if subject.chosen.conflict is None:
        return ""
    criterion = subject.chosen.conflict.criterion
    return criterion.short or criterion.name


def _date(subject: Subject) -> str:
    return date_text(_subject_date(subject), subject.words.detail["undated"])


def _subject_date(subject: Subject) -> DateSpan | None:
    card = subject.chosen.card
    if card == Cards.CONTRAST_SAFETY:
        risk = subject.assessment.contrast_risk
        return risk.when if risk is not None else None
    if card == Cards.DUPLICATE_RECENT:
        return subject.assessment.duplicates[0].when
    return subject.chosen.finding.newest if subject.chosen.finding is not None else None


def _device(subject: Subject) -> str:
    devices = sorted(
        subject.assessment.safety.devices, key=lambda device: device.safety != "unsafe"
    )
    return cut(plain(devices[0].name), DEVICE_LENGTH) if devices else ""


def _finding(subject: Subject) -> str:
    result = subject.chosen.finding
    return (result.criterion.short or result.criterion.name) if result is not None else ""


def _group(subject: Subject) -> str:
    group = subject.chosen.group
    return group.short if group is not None else _symptom(subject)


def _symptom(subject: Subject) -> str:
    return subject.words.symptoms[subject.assessment.symptom]


def _missing(subject: Subject) -> str:
    missing = list(subject.call.missing)
    if subject.call.failed_criteria:
        missing.append(subject.words.detail["one_criterion"])
    return ", ".join(missing)


def _reason_short(subject: Subject) -> str:
    """The finding that decides, as what it is: a risk is no disease; else the symptom."""
    is_group = subject.assessment.scenario_subject is not None
    return _finding(subject) if is_group and subject.chosen.finding else _symptom(subject)


def _modality(subject: Subject) -> str:
    modality = subject.assessment.duplicates[0].procedure.modality
    return subject.words.names.modality[modality] if modality is not None else ""


def _risk(subject: Subject) -> str:
    risk = subject.assessment.contrast_risk
    return subject.words.detail[f"risk_{risk.name}"] if risk is not None else ""


def _value(subject: Subject) -> str:
    risk = subject.assessment.contrast_risk
    if risk is None:
        return ""
    return cut(plain(value_text(risk.value, subject.words.names)), VALUE_LENGTH)


def _where(subject: Subject) -> str:
    """Where the finding stands: what the order says or asks is not on record."""
    result, words = subject.chosen.finding, subject.words.detail
    if result is None or not all(finding.from_order for finding in result.findings):
        return words["on_record"]
    is_asked = all(finding.is_asked for finding in result.findings)
    return words["asked_in_order" if is_asked else "said_in_order"]


_FILLINGS: Mapping[str, Callable[[Subject], str]] = {
    "age": _age,
    "advice": _advice,
    "alternative": lambda subject: _study(subject, subject.assessment.alternative),
    "basis": _basis,
    "concept": _concept,
    "date": _date,
    "device": _device,
    "finding": _finding,
    "group": _group,
    "missing": _missing,
    "modality": _modality,
    "ordered": lambda subject: _study(subject, subject.assessment.order.procedure),
    "ordered_region": lambda subject: region_name(
        subject.assessment.order.procedure.regions, subject.words.names
    ),
    "other_order": lambda subject: subject.words.study(subject.assessment.pending[0][1]),
    "preferred": lambda subject: _study(subject, subject.assessment.preferred),
    "priority": lambda subject: subject.assessment.order.priority,
    "reason_short": _reason_short,
    "risk": _risk,
    "suggested_region": lambda subject: region_name(
        subject.assessment.suggested_regions, subject.words.names
    ),
    "symptom": _symptom,
    "value": _value,
    "where": _where,
}
PLACEHOLDERS = frozenset(_FILLINGS)
"""Every placeholder that a summary may hold."""
