"""Whether every summary fits: each form of each card, filled with the longest that it can really be filled with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cds_service.assessment.modalities import ENHANCED
from cds_service.cards.forms import (
    DEVICE_LENGTH,
    MAX_SUMMARY,
    PLACEHOLDER,
    VALUE_LENGTH,
    Form,
)
from cds_service.cards.names import region_name, study_name
from cds_service.checks.remark import Remark
from cds_service.evidence.model import StudyProcedure
from cds_service.evidence.record.types import REQUIREMENTS
from cds_service.knowledge.anchors import Cards, Forms, Scenarios
from cds_service.knowledge.model import (
    Contrast,
    Criterion,
    Group,
    Guideline,
    Modality,
    Strength,
    Urgency,
    When,
)
from cds_service.knowledge.references import used_names

_LONGEST_DATE: Final = "2025 to 2026"
_DAY: Final = "25 Nov 2026"
"""An eGFR counts for some months only, and a recent study for a year: neither spans two years."""
_OLDEST_CHILD: Final = "17"
_OFFERED: Final[tuple[Contrast, ...]] = ("without", "without-and-with")


@dataclass(frozen=True, slots=True)
class Worst:
    """The longest summary of one form of a card."""

    card: str
    variant: str
    """Empty for the plain form."""
    text: str


def length_remarks(guideline: Guideline) -> Iterator[Remark]:
    """An error for every form whose longest summary would have to be cut."""
    for worst in longest_summaries(guideline):
        if len(worst.text) > MAX_SUMMARY:
            form = f", variant '{worst.variant}'" if worst.variant else ""
            yield Remark(
                "error",
                f"wording.toml: card '{worst.card}'{form}",
                f"the longest summary has {len(worst.text)} characters, CDS Hooks allows {MAX_SUMMARY}, and "
                f"what is cut off is lost. Shorten it, or the names in it: {worst.text}",
            )


def longest_summaries(guideline: Guideline) -> tuple[Worst, ...]:
    """Of every form, the summary at its longest filling, the name of the order before it included."""
    return tuple(
        Worst(card.id, form.name, _longest(form, guideline))
        for card in guideline.wording.card
        for form in (Form(card, None), *(Form(card, variant) for variant in card.variant))
    )


def _longest(form: Form, guideline: Guideline) -> str:
    template = form.summary
    filling = _fixed_fillings(form, guideline)
    filling |= _longest_studies(template, form, guideline)
    filling |= _longest_group(template, form, guideline)
    text = PLACEHOLDER.sub(lambda match: filling[match.group(1)], template)
    is_about_one_order = form.card.id != Cards.PARTIAL_DATA and "{ordered}" not in template
    return f"{filling['other_order']}: {text}" if is_about_one_order else text


def _fixed_fillings(form: Form, guideline: Guideline) -> dict[str, str]:
    """Fillings that depend on nothing else in the summary."""
    wording = guideline.wording
    words, names = wording.detail, wording.short_names
    regions = {procedure.regions for procedure in guideline.catalog.procedure}
    symptoms = guideline.combination.symptoms.names
    basis = _of_most(text for key, text in words if key.startswith("basis_"))
    is_value_shown = "{value}" in form.summary
    risks = (text for key, text in words if key.startswith("risk_"))
    is_recent = form.card.id == Cards.DUPLICATE_RECENT or is_value_shown
    return {
        "age": _of_most((words["age_under_one"], _OLDEST_CHILD)),
        "advice": _of_most(wording.pediatric_advice.values()),
        "basis": f"{basis}, {_LONGEST_DATE}",
        "concept": _of_most(_short(criterion) for criterion in _criteria(guideline.groups)),
        "date": _DAY if is_recent else _LONGEST_DATE,
        "device": "x" * DEVICE_LENGTH,
        "missing": _missing(guideline),
        "modality": _of_most(names.modality.values()),
        "ordered_region": _of_most(region_name(each, names) for each in regions),
        "priority": _of_most(("routine", "urgent", "asap")),
        # only an eGFR has a value
        "risk": _of_most(
            (words.risk_egfr_gadolinium, words.risk_egfr_iodinated) if is_value_shown else risks
        ),
        "suggested_region": _of_most(
            region_name(each, names) for each in (*regions, ("cervical", "thoracic"))
        ),
        "symptom": _of_most(symptoms.values()),
        "value": "0" * VALUE_LENGTH,
        "where": _of_most((words.on_record, words.said_in_order, words.asked_in_order)),
    }


def _missing(guideline: Guideline) -> str:
    """Everything that can be missing in one answer.

    Without Patient or Conditions an answer comes only where something serious is known all the same, or where
    the site wants a card instead of an error.
    """
    keys = [need.key for need in REQUIREMENTS if need.is_required]
    keys += guideline.card_limits.softening_keys
    return ", ".join((*keys, guideline.wording.detail["one_criterion"]))


def _longest_studies(template: str, form: Form, guideline: Guideline) -> dict[str, str]:
    """The ordered study and the one beside it, together at their longest."""
    names = guideline.wording.short_names
    words = PLACEHOLDER.findall(template) or ["other_order"]
    fillings = [
        {
            "ordered": study_name(ordered, names, (ordered, other)),
            "preferred": study_name(other, names, (ordered, other)),
            "alternative": study_name(other, names, (ordered, other)),
            "other_order": study_name(ordered, names),
        }
        for ordered, other in _study_pairs(form, guideline)
    ]
    prefix = max((filling["other_order"] for filling in fillings), key=len)
    longest = max(fillings, key=lambda filling: sum(len(filling.get(word, "")) for word in words))
    return longest | {"other_order": prefix}


def _study_pairs(
    form: Form, guideline: Guideline
) -> Iterator[tuple[StudyProcedure, StudyProcedure]]:
    """Studies that may stand on one card: ordered, and preferred or alternative.

    The other phases of the ordered study stand here because the two names then tell the contrast; of all
    others the one with the longest name.
    """
    names = guideline.wording.short_names
    modalities, contrasts = _ordered_studies(form, guideline)
    studies = dict.fromkeys(
        StudyProcedure(study.modality, study.regions, study.contrast)
        for study in guideline.catalog.procedure
    )
    offered = [study for study in studies if study.contrast in _OFFERED]
    if form.card.id == Cards.RADIOGRAPH_FIRST:
        offered = [study for study in offered if study.modality == "XR"]
    longest = max(offered, key=lambda study: len(study_name(study, names)))
    for ordered in studies:
        if ordered.modality not in modalities or ordered.contrast not in contrasts:
            continue
        for other in offered:
            is_phase = (other.modality, other.regions) == (ordered.modality, ordered.regions)
            if other != ordered and is_phase:
                yield ordered, other
        if form.card.id != Cards.CONTRAST_PHASE and longest != ordered:
            yield ordered, longest


def _ordered_studies(
    form: Form, guideline: Guideline
) -> tuple[frozenset[Modality], frozenset[Contrast]]:
    """Modalities and contrasts of the orders that may get the card, as far as its rules say."""
    every = frozenset(study.modality for study in guideline.catalog.procedure)
    phases: frozenset[Contrast] = frozenset(("without", "with", "without-and-with", "unspecified"))
    card = form.card.id
    if card == Cards.MRI_SAFETY:
        return frozenset(("MR",)), phases
    if card == Cards.CONTRAST_SAFETY:
        return frozenset(("MR", "CT", "CTM", "RF")), ENHANCED
    modalities: set[Modality] = set()
    contrasts: set[Contrast] = set()
    for when in _whens(card, guideline):
        parts = _conjuncts(when)
        stated = [part.order_modality for part in parts if part.order_modality]
        modalities.update(stated[0] if stated else every)
        said = [part.order_contrast for part in parts if part.order_contrast]
        contrasts.update(said[0] if said else phases)
    return frozenset(modalities) or every, frozenset(contrasts) or phases


def _whens(card: str, guideline: Guideline) -> list[When]:
    """When the card is the primary one of an order."""
    return [rule.when for rule in guideline.card_rules if rule.card == card]


def _conjuncts(when: When) -> Iterator[When]:
    """The statements that hold whenever this one does."""
    if when.all_of is None:
        yield when
        return
    for part in when.all_of:
        yield from _conjuncts(part)


def _longest_group(template: str, form: Form, guideline: Guideline) -> dict[str, str]:
    """A group and a finding that may stand on one card, together at their longest."""
    symptom = _of_most(guideline.combination.symptoms.names.values())
    pairs = [(group.short, "") for group in guideline.groups]
    if "{finding}" in template:
        pairs = [
            (group.short, _short(criterion))
            for group in _groups(form, guideline)
            for criterion in _named_criteria(form, group, guideline)
        ]
    elif "{group}" in template:
        pairs = [(group.short, "") for group in _groups(form, guideline)]
        if not _names_a_group(form):
            pairs.append((symptom, ""))
    group, finding = max(
        pairs,
        key=lambda pair: (
            len(pair[0]) * ("{group}" in template) + len(pair[1]) * ("{finding}" in template)
        ),
    )
    reason = _of_most((*(_short(each) for each in _criteria(guideline.groups)), symptom))
    return {"group": group, "finding": finding, "reason_short": reason}


def _names_a_group(form: Form) -> bool:
    """Cards about an urgency, or about one disease, never name a mere symptom instead."""
    return form.card.id in (
        Cards.EMERGENCY_ESCALATE,
        Cards.URGENT_ESCALATE,
        Cards.CONTRAST_CONSIDER,
    )


def _groups(form: Form, guideline: Guideline) -> list[Group]:
    """Groups that the card may speak of."""
    groups = guideline.groups
    if form.card.id == Cards.EMERGENCY_ESCALATE:
        # of a derived group the whole-spine card speaks; where the order is whole-spine the names are short
        asking = [group for group in groups if Urgency.EMERGENCY in _urgencies(group)]
        return [group for group in asking if not group.derived]
    if form.card.id == Cards.URGENT_ESCALATE:
        return [group for group in groups if Urgency.URGENT in _urgencies(group)]
    if form.card.id == Cards.PEDIATRIC:
        wanted = guideline.combination.pediatric_groups
        return [group for group in groups if group.id in wanted]
    scenarios = _scenarios(form, guideline)
    spoken_of = [group for group in groups if group.scenario in scenarios]
    return spoken_of or list(groups)


def _urgencies(group: Group) -> set[Urgency]:
    """Every urgency that the group may ask for."""
    stated = (
        group.urgency,
        group.urgency_if_acute,
        group.urgency_if_neuro,
        group.urgency_if_definitive,
        group.urgency_if_definitive_and_neuro,
        group.urgency_if_cauda_equina_possible,
        group.possible.urgency,
        Urgency.URGENT if group.urgent_when is not None else None,
    )
    return {urgency for urgency in stated if urgency is not None}


def _scenarios(form: Form, guideline: Guideline) -> frozenset[str]:
    """Scenarios in which the form is used; empty where its rules do not say."""
    whens = [form.variant.when] if form.variant is not None else []
    found = frozenset(
        name for when in whens for part in _conjuncts(when) for name in part.scenario or ()
    )
    if found:
        return found
    stated = []
    for when in _whens(form.card.id, guideline):
        names = {name for part in _scenario_parts(when) for name in part}
        if not names:
            return frozenset()
        stated.append(names)
    return frozenset().union(*stated)


def _scenario_parts(when: When) -> Iterator[Sequence[str]]:
    """Scenarios named anywhere in a statement, in whichever combination."""
    if when.scenario is not None:
        yield when.scenario
    for part in (*(when.all_of or ()), *(when.any_of or ())):
        yield from _scenario_parts(part)


def _named_criteria(form: Form, group: Group, guideline: Guideline) -> Iterable[Criterion]:
    """Criteria that the summary may name when it speaks of the group."""
    if form.name == Forms.NOTED_SIGN:
        silent = guideline.card_limits.says_nothing_alone
        return [criterion for criterion in group.criterion if criterion.id not in silent]
    if form.name == Forms.NOTED:
        return [
            criterion
            for criterion in group.criterion
            if criterion.strength in (Strength.WEAK, Strength.MODERATE)
            and _is_acute(criterion, guideline)
        ]
    if group.derived:
        # the derived group has no criteria of its own: cancer is what makes it
        return _criteria(each for each in guideline.groups if each.scenario == Scenarios.S_CA)
    return group.criterion


def _is_acute(criterion: Criterion, guideline: Guideline) -> bool:
    names = {
        name
        for evidence in criterion.evidence
        for name in used_names(evidence).get("value set", ())
    }
    return any(guideline.value_sets[name].course == "acute" for name in names)


def _criteria(groups: Iterable[Group]) -> Iterator[Criterion]:
    for group in groups:
        yield from group.criterion


def _short(criterion: Criterion) -> str:
    return criterion.short or criterion.name


def _of_most(texts: Iterable[str]) -> str:
    """The text of most characters."""
    return max(texts, key=len)
