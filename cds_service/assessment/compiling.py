"""The guideline compiled once for assessment: closures instead of trees, indexes instead of searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cds_service.assessment.criteria import evidence_step
from cds_service.assessment.predicates import compile_when
from cds_service.assessment.regions import REGION_ORDER
from cds_service.assessment.rules import CardForm, CompiledRow, CriterionRule, Rules
from cds_service.evidence.text.phrases import PhraseReader
from cds_service.knowledge.model import (
    AgeEvidence,
    CardText,
    ComputedEvidence,
    ConditionEvidence,
    Context,
    Criterion,
    Group,
    Guideline,
    Level,
    MedicationDaysEvidence,
    MedicationEvidence,
    Rating,
    ReasonEvidence,
    StatedEvidence,
    ValueSet,
    Variant,
)

_LETTERS: Mapping[str, Rating | None] = {
    "A": Rating.APPROPRIATE,
    "M": Rating.MAY_BE,
    "S": Rating.MAY_BE,
    "N": Rating.NOT,
    "-": Rating.UNDETERMINED,
    ".": None,
}

_OF_FINDING = ("finding", "date", "reason_short", "where")
"""Placeholders that speak of a finding."""


def compile_rules(guideline: Guideline) -> Rules:
    """Compile a loaded guideline. Raises nothing: the loader has checked every reference."""
    symptoms = guideline.combination.symptoms
    by_region: dict[str, tuple[str, ...]] = {
        region: getattr(symptoms, region) for region in REGION_ORDER
    }
    by_region["any"] = tuple(dict.fromkeys(name for sets in by_region.values() for name in sets))
    criteria = tuple(
        (criterion, group) for group in guideline.groups for criterion in group.criterion
    )
    everywhere = frozenset(by_region["cervical"]).intersection(
        by_region["thoracic"], by_region["lumbar"]
    )
    triggers = [_triggers(criterion) for criterion, _ in criteria]
    context = frozenset(by_region["any"]) | frozenset(symptoms.context_only)
    column_studies = tuple(_column_study(name) for name in guideline.rating_columns)
    return Rules(
        guideline=guideline,
        criteria=criteria,
        criterion_rules=tuple(
            _criterion_rule(position, criterion, group, guideline)
            for position, (criterion, group) in enumerate(criteria)
        ),
        found_by=_found_by(triggers),
        stated_by=_found_by(
            [
                frozenset(
                    name
                    for name, concept in guideline.language.concepts.items()
                    if criterion.id in concept.criteria
                )
                for criterion, _ in criteria
            ]
        ),
        always_looked_at=frozenset(i for i, sets in enumerate(triggers) if sets is None),
        acute=frozenset(vs.id for vs in guideline.value_sets.values() if vs.course == "acute"),
        events=frozenset(vs.id for vs in guideline.value_sets.values() if vs.event),
        parameters={name: item.value for name, item in guideline.parameters.items()},
        care_statement=guideline.wording.detail.care_statement.casefold(),
        rating_rows=_rating_rows(guideline),
        columns=_columns(column_studies),
        column_studies=column_studies,
        study_systems=_study_systems(guideline),
        groups=tuple((group.id, group) for group in guideline.groups),
        group_by_id={group.id: group for group in guideline.groups},
        no_levels=dict.fromkeys((group.id for group in guideline.groups), Level.NONE),
        scenario_group={group.scenario: group for group in guideline.groups},
        symptom_sets=by_region,
        everywhere_sets=everywhere,
        own_symptom_sets={
            region: tuple(name for name in sets if name not in everywhere)
            for region, sets in by_region.items()
        },
        context_sets=context,
        reason_sets=context | _criterion_sets(criteria),
        scenario_rules=tuple(
            (rule.scenario, compile_when(rule.when)) for rule in guideline.combination.scenario_rule
        ),
        card_rules=tuple((rule.card, compile_when(rule.when)) for rule in guideline.card_rules),
        card_forms={card.id: _card_forms(card) for card in guideline.wording.card},
        keep_rank={name: rank for rank, name in enumerate(guideline.card_limits.keep_first)},
        contexts=_contexts(guideline),
        exceptions=frozenset(item.by for item in guideline.exceptions.values()),
        possible_urgency={
            group.id: compile_when(group.possible.urgency_when)
            for group in guideline.groups
            if group.possible.urgency_when is not None
        },
        urgent={
            group.id: compile_when(group.urgent_when)
            for group in guideline.groups
            if group.urgent_when is not None
        },
        gap_notes=frozenset(type(guideline.wording.detail).model_fields),
        required_words=_required_words(guideline, criteria),
    )


def _criterion_rule(
    position: int, criterion: Criterion, group: Group, guideline: Guideline
) -> CriterionRule:
    drugs: list[tuple[str, int]] = []
    for evidence in criterion.evidence:
        if isinstance(evidence, MedicationDaysEvidence):
            drugs.append((evidence.vs, evidence.window_days))
        elif isinstance(evidence, MedicationEvidence):
            drugs.append((evidence.vs, evidence.days))
    reason_sets = frozenset(
        evidence.vs for evidence in criterion.evidence if isinstance(evidence, ReasonEvidence)
    )
    return CriterionRule(
        position=position,
        criterion=criterion,
        group=group,
        needs_context=criterion.needs_context,
        is_computed=any(isinstance(item, ComputedEvidence) for item in criterion.evidence),
        reason_sets=reason_sets,
        steps=tuple(evidence_step(evidence) for evidence in criterion.evidence),
        drug_windows=tuple(drugs),
        concepts={
            name: concept
            for name, concept in guideline.language.concepts.items()
            if criterion.id in concept.criteria and reason_sets.isdisjoint(concept.value_sets)
        },
    )


def _contexts(guideline: Guideline) -> dict[str, tuple[Context, ...]]:
    found: dict[str, tuple[Context, ...]] = {}
    for exception in guideline.exceptions.values():
        if exception.context is not None:
            for name in exception.context.criteria:
                found[name] = (*found.get(name, ()), exception.context)
    return found


def _found_by(triggers: Sequence[frozenset[str] | None]) -> dict[str, frozenset[int]]:
    """Positions of criteria by the value sets, or concepts, that can make them found."""
    found: dict[str, set[int]] = {}
    for position, value_sets in enumerate(triggers):
        for name in value_sets or ():
            found.setdefault(name, set()).add(position)
    return {name: frozenset(positions) for name, positions in found.items()}


def _study_systems(
    guideline: Guideline,
) -> dict[tuple[str | None, tuple[str, ...], str], frozenset[str]]:
    """Systems that have a code for a study: the first entry of the catalog that offers one decides."""
    found: dict[tuple[str | None, tuple[str, ...], str], frozenset[str]] = {}
    for procedure in guideline.catalog.procedure:
        if procedure.preferred:
            key = (procedure.modality, procedure.regions, procedure.contrast)
            found.setdefault(key, frozenset(procedure.preferred))
    return found


def _card_forms(card: CardText) -> tuple[CardForm, ...]:
    return (*(_card_form(card, variant) for variant in card.variant), _card_form(card, None))


def _card_form(card: CardText, variant: Variant | None) -> CardForm:
    """A form of a card: what the variant leaves out is the card's."""
    summary, indicator, suggestions = card.summary, card.indicator, card.suggestions
    if variant is not None:
        summary = variant.summary if variant.summary is not None else summary
        indicator = variant.indicator if variant.indicator is not None else indicator
        suggestions = variant.suggestions if variant.suggestions is not None else suggestions
    return CardForm(
        card=card.id,
        form=variant.id if variant is not None else "",
        when=compile_when(variant.when) if variant is not None else None,
        indicator=indicator,
        suggestions=suggestions,
        names_finding=any(f"{{{name}}}" in summary for name in _OF_FINDING),
    )


def _required_words(
    guideline: Guideline, criteria: tuple[tuple[Criterion, Group], ...]
) -> PhraseReader:
    """The `text_required` words of all criteria, read with the guard words of the guideline."""
    words: dict[str, ValueSet] = {}
    for criterion, _ in criteria:
        for evidence in criterion.evidence:
            if isinstance(evidence, ConditionEvidence) and evidence.text_required is not None:
                word, of = evidence.text_required, guideline.value_sets[evidence.vs]
                words[word] = ValueSet(
                    id=word,
                    title=of.title,
                    purpose=of.purpose,
                    version=of.version,
                    course=of.course,
                    text=(word,),
                )
    return PhraseReader(words, guideline.evidence.text)


def _criterion_sets(criteria: tuple[tuple[Criterion, Group], ...]) -> frozenset[str]:
    """Value sets that any criterion uses."""
    return frozenset(name for criterion, _ in criteria for name in _value_sets(criterion))


def _value_sets(criterion: Criterion) -> frozenset[str]:
    """Value sets that a criterion is evaluated from."""
    names: set[str] = set()
    for evidence in criterion.evidence:
        if isinstance(evidence, ComputedEvidence):
            names.update(evidence.vs)
        elif not isinstance(evidence, (AgeEvidence, StatedEvidence)):
            names.add(evidence.vs)
    return frozenset(names)


def _triggers(criterion: Criterion) -> frozenset[str] | None:
    """Value sets without any of which the criterion cannot be found; None: it has to be looked at always.

    Age needs no value set, and conservative care may stand on the order in the clinician's own words.
    """
    for evidence in criterion.evidence:
        if isinstance(evidence, AgeEvidence):
            return None
        if isinstance(evidence, ComputedEvidence) and evidence.fn == "conservative_care_6w":
            return None
    return _value_sets(criterion)


def _column_study(name: str) -> tuple[str, str]:
    """`CT without-and-with` is (CT, without-and-with); a bare modality has no contrast."""
    modality, _, contrast = name.partition(" ")
    return modality, contrast


def _columns(studies: tuple[tuple[str, str], ...]) -> dict[tuple[str, str], tuple[int, ...]]:
    columns: dict[tuple[str, str], tuple[int, ...]] = {}
    for modality in dict.fromkeys(modality for modality, _ in studies):
        of_modality = [(i, c) for i, (m, c) in enumerate(studies) if m == modality]
        every = tuple(i for i, _ in of_modality)
        columns[modality, "unspecified"] = every
        for contrast in ("without", "with", "without-and-with"):
            exact = tuple(i for i, c in of_modality if c == contrast)
            # a modality with one column (XR, CTM, NM, PET) is rated whatever its contrast says
            columns[modality, contrast] = exact or every
    return columns


def _rating_rows(guideline: Guideline) -> dict[tuple[str, str], tuple[CompiledRow, ...]]:
    rows: dict[tuple[str, str], list[CompiledRow]] = {}
    for row in guideline.ratings:
        when = guideline.rating_when[row.when] if row.when is not None else None
        if when is not None and when.never:
            continue
        compiled = CompiledRow(
            row=row,
            when=compile_when(when.when) if when is not None and when.when is not None else None,
            cells=tuple(_LETTERS[cell[0]] for cell in row.cells),
        )
        rows.setdefault((row.region, row.scenario), []).append(compiled)
    return {
        key: tuple(
            sorted(found, key=lambda item: (item.when is not None, item.row.profile is not None))
        )
        for key, found in rows.items()
    }
