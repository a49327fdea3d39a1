"""The guideline as assessment uses it: look-ups instead of searches. `compiling.py` makes it once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from cds_service.assessment.model import Finding
from cds_service.cds_hooks.model import Indicator
from cds_service.evidence.text.phrases import PhraseReader
from cds_service.knowledge.language import Concept
from cds_service.knowledge.model import (
    Context,
    Criterion,
    Group,
    Guideline,
    Level,
    Rating,
    RatingRow,
)

Predicate = Callable[[Any], bool]
"""Asked of a `Case`."""


class EvidenceStep(Struct, frozen=True, gc=False):
    """One way in which a criterion can be found."""

    evidence: Any
    evaluate: Callable[..., list[Finding]]
    """Of the record: (evidence, criterion, group, chart). Of the order: (evidence, rule, asked order)."""
    value_set: str | None
    """Nothing is found without it: on record, or where the order is asked on the order. None: it has to be asked."""
    asks_order: bool


class CriterionRule(Struct, frozen=True, gc=False):
    """One criterion, with what has to be known before it is looked at."""

    position: int
    criterion: Criterion
    group: Group
    steps: tuple[EvidenceStep, ...]
    """In the order in which the criterion lists its evidence."""
    needs_context: bool
    """Counts only with spine pain or a neurological context."""
    is_computed: bool
    """By a function that may look at the order: every order is asked anew."""
    reason_sets: frozenset[str]
    """Value sets that make it found when the order states them."""
    drug_windows: tuple[tuple[str, int], ...]
    """(value set, days) of the drugs that it asks for."""
    concepts: Mapping[str, Concept]
    """What a clinician may state of it in words, by id; without those whose value sets a reason may state."""


class CompiledRow(Struct, frozen=True, gc=False):
    """One rating row: `cells` in the order of the columns, None keeps the wider row's cell."""

    row: RatingRow
    when: Predicate | None
    cells: tuple[Rating | None, ...]


class CardForm(Struct, frozen=True, gc=False):
    """One form of a card."""

    card: str
    form: str
    """Id of the variant; empty for the plain form."""
    when: Predicate | None
    """None: the plain form."""
    indicator: Indicator
    suggestions: tuple[str, ...]
    names_finding: bool
    """Its summary names a finding, or the day of one."""


class Rules(Struct, frozen=True, gc=False):
    """The guideline as assessment uses it."""

    guideline: Guideline
    criteria: tuple[tuple[Criterion, Group], ...]
    criterion_rules: tuple[CriterionRule, ...]
    """The same, compiled."""
    found_by: Mapping[str, frozenset[int]]
    """Positions of the criteria that a value set can make found."""
    stated_by: Mapping[str, frozenset[int]]
    """Positions of the criteria that a concept states."""
    contexts: Mapping[str, tuple[Context, ...]]
    """What may explain a criterion, by its id."""
    exceptions: frozenset[str]
    """What may lower an answer by anything but a context: `by` of the listed exceptions."""
    always_looked_at: frozenset[int]
    """Positions of the criteria that need no value set."""
    acute: frozenset[str]
    """Value sets with course acute."""
    events: frozenset[str]
    """Value sets of what happens: each entry is one of its own."""
    parameters: Mapping[str, float]
    care_statement: str
    """The words of our own suggestion that care was completed, as compared: case-folded."""
    rating_rows: Mapping[tuple[str, str], tuple[CompiledRow, ...]]
    """Rows by (region, scenario), wider rows first; rows that never hold are left out."""
    columns: Mapping[tuple[str, str], tuple[int, ...]]
    """Column numbers by (modality, contrast); several where the contrast is not stated."""
    column_studies: tuple[tuple[str, str], ...]
    """(modality, contrast) of each column."""
    study_systems: Mapping[tuple[str | None, tuple[str, ...], str], frozenset[str]]
    """Systems that have a code for a study, by (modality, regions, contrast)."""
    groups: tuple[tuple[str, Group], ...]
    """With their ids, in the order of the guideline."""
    group_by_id: Mapping[str, Group]
    no_levels: Mapping[str, Level]
    """Every group at level none."""
    scenario_group: Mapping[str, Group]
    symptom_sets: Mapping[str, tuple[str, ...]]
    """Symptom value sets by ordered region; `any` holds all."""
    everywhere_sets: frozenset[str]
    """Symptom sets that name no region."""
    context_sets: frozenset[str]
    """Symptom and context-only sets: they make a spine context."""
    own_symptom_sets: Mapping[str, tuple[str, ...]]
    """The symptom sets of an ordered region that name a region."""
    reason_sets: frozenset[str]
    """Every value set that a symptom, context or criterion uses."""
    scenario_rules: tuple[tuple[str, Predicate], ...]
    card_rules: tuple[tuple[str, Predicate], ...]
    card_forms: Mapping[str, tuple[CardForm, ...]]
    """Forms of each card, first listed wins; the plain form is last."""
    keep_rank: Mapping[str, int]
    """Which of the added cards is kept first."""
    possible_urgency: Mapping[str, Predicate]
    """When the urgency of a group that is only possible holds; groups not named: always."""
    urgent: Mapping[str, Predicate]
    """When a group that is active asks for urgency besides; groups not named: never."""
    gap_notes: frozenset[str]
    """Notes of gaps that the wording has a sentence for: what they say of is known to be unread, and no more."""
    required_words: PhraseReader
    """Reads the words that a code needs in its text, each as a value set of its own name."""

    def says(self, word: str, text: str) -> bool:
        """True when a text names a required word and does not deny it: "non-pulsatile mass" does."""
        return any(hit.value_set == word for hit in self.required_words.read(text))

    def order_symptom_sets(self, regions: Iterable[str]) -> tuple[str, ...]:
        """Symptom value sets of the ordered regions."""
        regions = tuple(regions) or ("any",)
        if len(regions) == 1:
            return self.symptom_sets[regions[0]]
        return tuple(
            dict.fromkeys(name for region in regions for name in self.symptom_sets[region])
        )
