"""The guideline compiled once for assessment: look-ups instead of searches, closures instead of trees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cds_service.assessment.predicates import Predicate, compile_when
from cds_service.evidence.text.phrases import PhraseReader
from cds_service.knowledge.model import (
    AgeEvidence,
    CardText,
    ComputedEvidence,
    ConditionEvidence,
    Criterion,
    Group,
    Guideline,
    Rating,
    RatingRow,
    SuggestionText,
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


@dataclass(frozen=True, slots=True)
class CompiledRow:
    """One rating row: `cells` in the order of the columns, None keeps the wider row's cell."""

    row: RatingRow
    when: Predicate | None
    cells: tuple[Rating | None, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """The guideline as assessment uses it."""

    guideline: Guideline
    criteria: tuple[tuple[Criterion, Group], ...]
    criterion_ids: frozenset[str]
    triggers: tuple[frozenset[str] | None, ...]
    """By position in `criteria`: value sets without any of which the criterion cannot be found."""
    acute: frozenset[str]
    """Value sets with course acute."""
    parameters: Mapping[str, float]
    rating_rows: Mapping[tuple[str, str], tuple[CompiledRow, ...]]
    """Rows by (region, scenario), wider rows first; rows that never hold are left out."""
    columns: Mapping[tuple[str, str], tuple[int, ...]]
    """Column numbers by (modality, contrast); several where the contrast is not stated."""
    column_studies: tuple[tuple[str, str], ...]
    """(modality, contrast) of each column."""
    group_by_id: Mapping[str, Group]
    scenario_group: Mapping[str, Group]
    symptom_sets: Mapping[str, tuple[str, ...]]
    """Symptom value sets by ordered region; `any` holds all."""
    context_sets: frozenset[str]
    """Symptom and context-only sets: they make a spine context."""
    reason_sets: frozenset[str]
    """Every value set that a symptom, context or criterion uses."""
    card_texts: Mapping[str, CardText]
    suggestion_texts: Mapping[str, SuggestionText]
    scenario_rules: tuple[tuple[str, Predicate], ...]
    card_rules: tuple[tuple[str, Predicate], ...]
    variants: Mapping[str, tuple[tuple[Variant, Predicate], ...]]
    """Other forms of a card, first listed wins."""
    possible_urgency: Mapping[str, Predicate]
    """When the urgency of a group that is only possible holds; groups not named: always."""
    required_words: PhraseReader
    """Reads the words that a code needs in its text, each as a value set of its own name."""

    def says(self, word: str, text: str) -> bool:
        """True when a text names a required word and does not deny it: "non-pulsatile mass" does."""
        return any(hit.value_set == word for hit in self.required_words.read(text))


def compile_rules(guideline: Guideline) -> Rules:
    """Compile a loaded guideline. Raises nothing: the loader has checked every reference."""
    symptoms = guideline.combination.symptoms
    by_region = {
        region: getattr(symptoms, region)
        for region in ("cervical", "thoracic", "lumbar", "sacrum", "sacroiliac", "whole")
    }
    by_region["any"] = tuple(dict.fromkeys(name for sets in by_region.values() for name in sets))
    criteria = tuple(
        (criterion, group) for group in guideline.groups for criterion in group.criterion
    )
    context = frozenset(by_region["any"]) | frozenset(symptoms.context_only)
    column_studies = tuple(_column_study(name) for name in guideline.rating_columns)
    return Rules(
        guideline=guideline,
        criteria=criteria,
        criterion_ids=frozenset(criterion.id for criterion, _ in criteria),
        triggers=tuple(_triggers(criterion) for criterion, _ in criteria),
        acute=frozenset(vs.id for vs in guideline.value_sets.values() if vs.course == "acute"),
        parameters={name: item.value for name, item in guideline.parameters.items()},
        rating_rows=_rating_rows(guideline),
        columns=_columns(column_studies),
        column_studies=column_studies,
        group_by_id={group.id: group for group in guideline.groups},
        scenario_group={group.scenario: group for group in guideline.groups},
        symptom_sets=by_region,
        context_sets=context,
        reason_sets=context | _criterion_sets(criteria),
        card_texts={card.id: card for card in guideline.wording.card},
        suggestion_texts={text.id: text for text in guideline.wording.suggestion},
        scenario_rules=tuple(
            (rule.scenario, compile_when(rule.when)) for rule in guideline.combination.scenario_rule
        ),
        card_rules=tuple((rule.card, compile_when(rule.when)) for rule in guideline.card_rules),
        variants={
            card.id: tuple((variant, compile_when(variant.when)) for variant in card.variant)
            for card in guideline.wording.card
        },
        possible_urgency={
            group.id: compile_when(group.possible.urgency_when)
            for group in guideline.groups
            if group.possible.urgency_when is not None
        },
        required_words=_required_words(guideline, criteria),
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
        elif not isinstance(evidence, AgeEvidence):
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
