"""The rules that choose cards, and all words that cards say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from cds_service.knowledge.kinds import (
    AdviceId,
    CardId,
    CardMention,
    CardOrNone,
    CardOrPrimary,
    ConceptId,
    CriterionMention,
    ForReaders,
    LabelText,
    OverrideId,
    Prose,
    Sentence,
    Sources,
    SuggestionId,
    SummaryText,
    filled,
)
from cds_service.knowledge.model.scales import CodeSystem, Contrast, Modality
from cds_service.knowledge.model.sources import CodeEntry
from cds_service.knowledge.model.statements import When
from cds_service.knowledge.table import Region, Table


class CardRule(Table):
    """First rule that holds gives the primary card of an order."""

    card: CardOrNone
    """Id of a card, or `none`: the advice is on another order of the call."""
    when: When
    why: Prose | None = None


class Variant(Table):
    """Another form of a card: its own summary, indicator or suggestions where `when` holds. First listed wins."""

    id: str
    when: When
    summary: SummaryText | None = None
    indicator: Literal["info", "warning", "critical"] | None = None
    suggestions: tuple[SuggestionId, ...] | None = None


class CardText(Table):
    """One card of the catalog."""

    id: str
    indicator: Literal["info", "warning", "critical"]
    summary: SummaryText
    suggestions: tuple[SuggestionId, ...] = ()
    recommends: bool = True
    """False: what the card offers rests on what the record lacks, so none of it is recommended."""
    overrides: tuple[OverrideId, ...] = ()
    advice: tuple[AdviceId, ...] = ()
    variant: tuple[Variant, ...] = ()
    opens_detail: Sentence | None = None
    """A sentence that opens the detail of the forms in `opens_detail_forms`."""
    opens_detail_forms: tuple[str, ...] = ()
    sources: Sources = ()
    why: Prose | None = None


class CardLimits(Table):
    """How many cards, in which order, and which are left out when."""

    max_per_order: int
    max_answers: int
    """Answers of the orderer that one card offers."""
    low_value: tuple[CardMention, ...]
    quiet_mode_drops: tuple[CardMention, ...]
    """A card; or one form of it, behind the card and a space."""
    quiet_mode_keeps_forms: tuple[str, ...]
    repeated_hours: int
    dismissed_days: int
    order: tuple[Literal["critical", "warning", "info"], ...]
    keep_first: tuple[CardOrPrimary, ...]
    drop_appropriate_if_any_warning: bool
    unrated_beside: tuple[CardMention, ...]
    """Beside these an order is not published as appropriate."""
    drop_when_condition_unread: tuple[CardMention, ...]
    soften_when_partial: tuple[CardMention, ...]
    soften_when_worsening: tuple[CardMention, ...]
    softening_keys: tuple[str, ...]
    """Prefetch keys whose gaps soften negative advice."""
    says_nothing_alone: tuple[CriterionMention, ...]
    """Criteria beside which a card may say that nothing was found."""
    told_by_symptom: tuple[CriterionMention, ...]
    """Criteria that say no more than the line of the symptom, while their group is only noted."""
    told_stale_days: int
    """What is outside its look-back and older than this is left out of cards."""
    added_cards: Annotated[tuple[CardId, ...], ForReaders()]


class StatedAnswer(Table):
    """What the orderer states with a suggestion: a coded reason of our own, read at the hook that follows."""

    display: Sentence
    """Text of the reason, and what a card quotes."""
    lasts: Literal["over", "under"] | None = None
    """How long the pain has lasted, against the recovery window."""
    after_care: bool = False
    """Conservative care was done for as long."""
    concept: ConceptId | None = None
    """What it states, with the consequences that the concept has in words; None: nothing that is there."""
    snomed: CodeEntry | None = None
    """The code that goes beside ours; None: SNOMED CT has none that says the same."""


class SuggestionText(Table):
    """One kind of suggestion: label, and what its actions do. When it is offered is in `assessment/offers.py`."""

    id: str
    label: LabelText
    """May hold the placeholders of summaries, and the reasons that it adds."""
    actions: tuple[Literal["create", "update", "delete"], ...]
    description: tuple[LabelText, ...]
    """One text an action."""
    change: Prose = ""
    create: tuple[CreatedOrder, ...] = ()
    states: StatedAnswer | None = None
    """The orderer's own answer: never the recommended suggestion."""
    offered: Prose = ""


class CreatedOrder(Table):
    """The code of a created order."""

    system: CodeSystem
    code: str
    display: str
    category: str = ""


class ShortNames(Table):
    """Short names for summaries; the detail uses full names."""

    modality: dict[Modality, str]
    region: dict[str, str]
    regions_joined: dict[Region, str]
    contrast: dict[Contrast, str]
    keep_case: tuple[str, ...]
    """First words that keep their case inside a sentence: abbreviations and names."""
    unit: Mapping[str, str] = {}
    """How a unit of measurement is shown: UCUM spelling to what clinicians write."""


class DetailWords(Table):
    """Headings and sentences of the detail. Each key is read by the program, and each placeholder filled by it."""

    found: Sentence
    suggests: Sentence
    said: Sentence
    not_read: Sentence
    not_understood: Sentence
    old: Sentence
    how_sure: Sentence
    also: Sentence
    noted: Sentence
    advice: Sentence
    none_found: Sentence
    usually: Annotated[str, filled("preferred")]
    best_possible: Annotated[str, filled("preferred")]
    order_from_text: Sentence
    order_from_body_site: Sentence
    contrast_not_stated: Sentence
    contrast_if_needed: Sentence
    not_rated_here: Sentence
    denied: Annotated[str, filled("quotes")]
    on_record: Sentence
    said_in_order: Sentence
    asked_in_order: Sentence
    current: Sentence
    suspected: Sentence
    historical: Sentence
    stale: Sentence
    undated: Sentence
    status_not_recorded: Sentence
    long_standing: Sentence
    fading: Sentence
    resolved_recently: Sentence
    explained: Sentence
    future_date: Sentence
    newer_value_normal: Sentence
    implausible: Sentence
    unit_inferred: Sentence
    level_not_recorded: Sentence
    conflict: Sentence
    uncertain_suspected: Sentence
    conflicting_refuted: Sentence
    deceased: Sentence
    deceased_all_the_same: Sentence
    unread_values: Annotated[str, filled("values")]
    other_patients: Annotated[str, filled("count")]
    gap_not_provided: Annotated[str, filled("key")]
    gap_failed: Annotated[str, filled("key")]
    gap_partial: Annotated[str, filled("key")]
    gap_unreadable: Annotated[str, filled("key")]
    order_unreadable: Sentence
    selections_unmatched: Sentence
    too_many_orders: Sentence
    orders_too_long: Sentence
    gap_lifelong_observations: Sentence
    gap_lifelong_medications: Sentence
    gap_lifelong_procedures: Sentence
    gap_birth_date_impossible: Sentence
    gap_criterion_failed: Sentence
    imaged_since: Sentence
    examine_first: Sentence
    pregnancy_status_unknown: Sentence
    claustrophobia: Sentence
    mri_unsafe_no_study: Sentence
    neck_rule: Sentence
    duration_unknown: Sentence
    age_value: Annotated[str, filled("age")]
    duration_at_least: Annotated[str, filled("duration")]
    duration_for: Annotated[str, filled("duration")]
    duration_today: Sentence
    duration_stated: Annotated[str, filled("quote")]
    answer_against_record: Sentence
    and_more: Annotated[str, filled("count")]
    no_symptom: Sentence
    more_found: Annotated[str, filled("count")]
    also_consider: Annotated[str, filled("group")]
    rated: Annotated[str, filled("ordered", "rating")]
    timing: Annotated[str, filled("priority", "urgency")]
    partial_meaning: Sentence
    names_disagree: Sentence
    open_unconfirmed: Sentence
    course_length_unknown: Sentence
    one_criterion: Sentence
    pama_action: Sentence
    creatinine_only: Annotated[str, filled("date", "value")]
    care_statement: Sentence
    risk_egfr_gadolinium: Sentence
    risk_creatinine: Sentence
    risk_egfr_iodinated: Sentence
    risk_ckd: Sentence
    risk_acute_kidney_injury: Sentence
    risk_dialysis: Sentence
    risk_gadolinium_reaction: Sentence
    risk_iodinated_reaction: Sentence
    risk_contrast_reaction: Sentence
    basis_condition: Sentence
    basis_test: Sentence
    basis_status: Sentence
    basis_due: Sentence
    age_under_one: Sentence
    rating_appropriate: Sentence
    rating_may_be_appropriate: Sentence
    rating_not_appropriate: Sentence
    rating_undetermined: Sentence
    urgency_emergency: Sentence
    urgency_urgent: Sentence
    urgency_routine: Sentence
    source: dict[str, Sentence]
    """Where a finding is from, by type of resource; a type that is not there is shown as it is."""

    def __getitem__(self, key: str) -> str:
        """The sentence with a key that is put together: `rating_` and a rating, the note of a finding."""
        return str(getattr(self, key))

    def __contains__(self, key: object) -> bool:
        """True for the key of a sentence."""
        return key in type(self).model_fields


class Wording(Table):
    """Every sentence of a card."""

    card: tuple[CardText, ...]
    short_names: ShortNames
    advice: dict[str, Sentence]
    suggestion: tuple[SuggestionText, ...]
    override_reason: dict[str, Sentence]
    override_reason_coded: dict[str, str]
    """Of an override reason, the code that the code system of CDS Hooks 3.0 has for it; not each has one."""
    non_adherence_reason: dict[str, str]
    """What those codes say."""
    detail: DetailWords
    pediatric_advice: dict[str, Sentence]
    forbidden: tuple[str, ...]
    """Regular expressions that no text of ours may match (case ignored)."""
