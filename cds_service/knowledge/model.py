"""The guideline as frozen values. Each class is the shape of one table of the TOML files in `spine_imaging/`.

Every number, code and sentence with a clinical meaning stands in those files, each with its citation.
Unknown keys are mistakes: a misspelt key must never be a rule that silently does not exist.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from cds_service.knowledge.kinds import (
    AdviceId,
    CardId,
    CardMention,
    CardOrNone,
    CardOrPrimary,
    Cited,
    ConceptId,
    CriterionId,
    CriterionMention,
    ForReaders,
    GroupId,
    LabelText,
    OverrideId,
    Prose,
    ScenarioId,
    Sentence,
    Sources,
    StatementId,
    SuggestionId,
    SummaryText,
    UnitTableId,
    ValueSetId,
    ValueSetMention,
    filled,
)
from cds_service.knowledge.language import Language
from cds_service.knowledge.table import Region, Table


class Strength(StrEnum):
    """How much one criterion says, strongest first."""

    DEFINITIVE = "definitive"
    STRONG = "strong"
    MODERATE = "moderate"
    WEAK = "weak"


class Level(StrEnum):
    """How far a group is established by its criteria, highest first."""

    ACTIVE = "active"
    POSSIBLE = "possible"
    NOTED = "noted"
    NONE = "none"


class Urgency(StrEnum):
    """How soon the imaging is needed, most urgent first. Never called priority, which is FHIR's."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"


class Rating(StrEnum):
    """Appropriateness of a study, best first; undetermined is no rating at all."""

    APPROPRIATE = "appropriate"
    MAY_BE = "may-be-appropriate"
    NOT = "not-appropriate"
    UNDETERMINED = "undetermined"


Modality = Literal["XR", "CT", "CTM", "MR", "NM", "PET", "RF"]
Contrast = Literal["without", "with", "without-and-with", "unspecified"]
Provenance = Literal["v", "s", "i", "m", "p"]
"""v read in a copy of the source, s secondary source, i inferred from a verified list, m memory, p own policy."""
Tier = Literal["A", "B", "C", "D"]
"""A published value set or vocabulary export, B curated data, C two or more public lists, D one public list."""
CodeSystem = Literal["snomed", "icd10cm", "icd10", "icd9cm", "loinc", "rxnorm", "cpt", "atc"]
Priority = Literal["routine", "urgent", "asap", "stat"]
RegionWord = Literal[
    "cervical", "thoracic", "lumbar", "sacroiliac", "sacrum", "whole", "level", "any"
]
"""A region, or `level`: the level of the finding or of the order; `any`: wherever the order is."""


class When(Table):
    """A statement about one order, true or false: exactly one key of this closed list is set.

    Composition is `all_of`, `any_of`, `none_of`; everything else is evaluated by one Python function each
    (`assessment/predicates.py`). Nothing here is ever parsed as an expression.
    """

    all_of: tuple[When, ...] | None = None
    any_of: tuple[When, ...] | None = None
    none_of: tuple[When, ...] | None = None
    group: GroupTest | None = None
    criterion: tuple[CriterionId, ...] | None = None
    """Any of these criteria was found (present, suspected or historical), at any strength."""
    group_finding: GroupFinding | None = None
    any_criterion_found: bool | None = None
    scenario: tuple[ScenarioId, ...] | None = None
    """The primary scenario is one of these."""
    rating: Rating | None = None
    """The order's rating in the primary scenario."""
    urgency: Urgency | None = None
    """The required urgency is this."""
    age_below: int | None = None
    """Completed years, half open; false when the age is not known."""
    duration_days_at_least: int | None = None
    duration_days_below: int | None = None
    duration_longer_than: int | None = None
    """Symptoms known to last more than so many days."""
    order_modality: tuple[Modality, ...] | None = None
    order_contrast: tuple[Contrast, ...] | None = None
    order_regions_within: tuple[Region, ...] | None = None
    """Every ordered region is one of these (false for an order without a region)."""
    order_regions_include: tuple[Region, ...] | None = None
    """At least one ordered region is one of these; `whole` counts as cervical, thoracic and lumbar."""
    order_priority: tuple[Priority, ...] | None = None
    value_set_on_order_or_symptom: ValueSetId | None = None
    """A current spine symptom, or a reason on the order, is in this value set."""
    fact: Fact | None = None


class GroupTest(Table):
    """A group's level: `at_least` this level, or `exactly` this one."""

    id: GroupId
    at_least: Level | None = None
    exactly: Level | None = None


class GroupFinding(Table):
    """A criterion of the group in one of these domains was found."""

    id: GroupId
    domains: tuple[str, ...]


Fact = Literal[
    "always",
    "care-begun",
    "confirmed-fracture",
    "contrast-addition-passes-safety",
    "cord-or-root-injury",
    "data-not-read",
    "every-device-mr-conditional",
    "follow-up-known-disease",
    "group-only-possible",
    "group-regions-exclude-order",
    "mr-unsafe-device",
    "neuro",
    "no-indication",
    "no-mri-alternative",
    "no-preferred-study",
    "no-single-phase",
    "no-value",
    "problem-not-understood",
    "reason-not-understood",
    "noted-acute-finding",
    "noted-sign",
    "planned-follow-up",
    "mr-without-not-offered",
    "order-is-whole-spine",
    "order-region-unknown",
    "other-group-asks-for-more",
    "radiograph-of-region-recent",
    "sacroiliac-radiograph-done",
    "same-modality-phase-appropriate",
    "study-good-enough",
    "emergency-group-conflict",
    "urgency-above-priority",
    "wrong-region-covered-by-other-order",
]
"""Facts about one order that take more than a look-up; each is one function of `assessment/facts.py`."""


class Citation(Table):
    """A source. Every criterion, rating and card cites at least one."""

    id: str
    title: str
    short: str
    """How a card names it, e.g. `low back pain guidance`; never the publisher's own score or logo."""
    year: int | None = None
    ref: Prose | None = None
    url: str | None = None
    provenance: Annotated[Provenance, ForReaders()]
    note: Prose | None = None


class Content(Table):
    """What this guideline is, and until when it may be used without a new review."""

    id: str
    version: str
    date: dt.date
    review_by: dt.date
    status: Literal["draft", "approved"]
    jurisdictions: tuple[Literal["us", "uk"], ...]
    changes: tuple[Prose, ...] = ()


class CodeEntry(Table):
    """One code of a value set, as written in the file (ICD-10-CM with its dot).

    An ICD code means every code that begins with it, both spelled by `coding.plain_code`.
    """

    code: str
    display: str
    verified: Annotated[Tier, ForReaders()]


class UnverifiedCode(Table):
    """A code that must never be used by the engine, and why."""

    system: str
    code: str
    note: Prose


class ValueSet(Table):
    """Codes and phrases that mean one clinical concept."""

    id: str
    title: str
    purpose: str
    version: str
    course: Literal["acute", "chronic"]
    event: bool = False
    """Something that happens: each entry is one of its own, so an older one is never told as the same thing still."""
    quantity: UnitTableId | None = None
    """Name of the unit table (`units.toml`) for the numbers of these observations."""
    text: tuple[str, ...] = ()
    text_not: tuple[str, ...] = ()
    text_not_coded: tuple[ValueSetMention, ...] = ()
    """Ids of value sets: the text of an entry that is coded in one of them is not read for this one."""
    why: tuple[Prose, ...] = ()
    overlaps: tuple[ValueSetMention, ...] = ()
    """Ids of value sets that share codes with this one on purpose."""
    icd10cm: tuple[CodeEntry, ...] = ()
    icd10cm_exclude: tuple[CodeEntry, ...] = ()
    icd10cm_exclude_set: ValueSetId | None = None
    icd10: tuple[CodeEntry, ...] = ()
    """Of WHO's edition where ICD-10-CM cuts another way: read at four characters, beside those of `icd10cm`."""
    icd10_exclude: tuple[CodeEntry, ...] = ()
    """Stems of `icd10cm` that mean something else in WHO's edition."""
    icd9cm: tuple[CodeEntry, ...] = ()
    icd9cm_exclude: tuple[CodeEntry, ...] = ()
    snomed: tuple[CodeEntry, ...] = ()
    snomed_descendants: bool = False
    """With a licensed release everything below these codes counts too: a site's own vocabulary holds it."""
    snomed_leave_out: tuple[str, ...] = ()
    """SNOMED CT codes that are left out of it with all that is below them."""
    expansions: tuple[str, ...] = ()
    """Canonicals of published ValueSets whose expansions belong to this set."""
    expansion_not: tuple[str, ...] = ()
    """Words of a display with which an entry of them does not, lower case."""
    expansion_despite: tuple[str, ...] = ()
    """Words with which it does all the same."""
    loinc: tuple[CodeEntry, ...] = ()
    rxnorm_ingredient: tuple[CodeEntry, ...] = ()
    rxnorm_drug: tuple[CodeEntry, ...] = ()
    cpt: tuple[CodeEntry, ...] = ()
    unverified: tuple[UnverifiedCode, ...] = ()


class ConditionEvidence(Table):
    """Condition in `vs`, dated within `days` (closed interval, both ends count)."""

    type: Literal["condition"]
    vs: ValueSetId
    days: int
    min_days: int = 0
    historical: bool = False
    """Also take resolved entries."""
    while_active: bool = False
    """What lasts: an entry recorded as active counts however long ago it began."""
    text_required: str | None = None
    """A code counts only with this word in its text."""


class ReasonEvidence(Table):
    """The order's reasonCode, the resource of its reasonReference, or the order's own free text, in `vs`."""

    type: Literal["reason"]
    vs: ValueSetId


class StatedEvidence(Table):
    """The words of the order alone: `language/concepts.toml` says which concepts state the criterion."""

    type: Literal["stated"]


class ObservationEvidence(Table):
    """Numeric Observation in `vs` within `days`, in the canonical unit of the value set, aggregated and compared."""

    type: Literal["observation"]
    vs: ValueSetId
    op: Literal["gt", "ge", "lt", "le"]
    value: float
    days: int
    agg: Literal["latest", "max", "min"] = "latest"


class ObservationPositiveEvidence(Table):
    """Observation in `vs` within `days` with a positive value."""

    type: Literal["observation-positive"]
    vs: ValueSetId
    days: int


class MedicationEvidence(Table):
    """Any exposure to a drug in `vs` within `days`."""

    type: Literal["medication"]
    vs: ValueSetId
    days: int


class MedicationDaysEvidence(Table):
    """At least `min_exposure_days` of exposure to drugs in `vs` (union of intervals) within `window_days`."""

    type: Literal["medication-days"]
    vs: ValueSetId
    min_exposure_days: int
    window_days: int


class ProcedureEvidence(Table):
    """Procedure in `vs` within `days`, completed or in progress."""

    type: Literal["procedure"]
    vs: ValueSetId
    days: int


class AgeEvidence(Table):
    """Age in completed years compared with `value`, and below `below` where given."""

    type: Literal["age"]
    op: Literal["gt", "ge"]
    value: int
    below: int | None = None


ComputedName = Literal[
    "bilateral_sciatica",
    "numbness_with_saddle_site",
    "aaa_new_pain",
    "cancer_history_recent_or_avid",
    "cancer_history_remote",
    "weight_loss_5pct_180d",
    "ankylosed_with_trauma",
    "young_onset_chronic",
    "prior_surgery_region",
    "conservative_care_6w",
    "pain_score_rising",
    "deficit_on_anticoagulant",
    "aorta_prone_new_pain",
    "myeloma_values",
]


class ComputedEvidence(Table):
    """A named function of `assessment/computed/`; its numbers stand in `parameters.toml`."""

    type: Literal["computed"]
    fn: ComputedName
    vs: tuple[ValueSetId, ...] = ()
    """Value sets that the function reads, for the reader and the checks."""
    days: int | None = None


Evidence = Annotated[
    ConditionEvidence
    | ReasonEvidence
    | StatedEvidence
    | ObservationEvidence
    | ObservationPositiveEvidence
    | MedicationEvidence
    | MedicationDaysEvidence
    | ProcedureEvidence
    | AgeEvidence
    | ComputedEvidence,
    Field(discriminator="type"),
]


class Criterion(Table):
    """One testable statement about the patient."""

    id: str
    name: Sentence
    short: Sentence | None = None
    domain: str
    """Criteria of one group and the same domain count once, the strongest."""
    strength: Strength
    acute: bool = False
    needs_context: bool = False
    """Counts only with spine pain or a neurological context."""
    evidence: tuple[Evidence, ...]
    accuracy: Prose | None = None
    note: Prose | None = None
    why: Prose | None = None
    sources: Cited


class Study(Table):
    """A study: modality, region word, contrast."""

    modality: Modality
    region: RegionWord
    contrast: Contrast


class PossibleLevel(Table):
    """What a group does that is only possible."""

    urgency: Urgency | None = None
    urgency_when: When | None = None
    """The urgency above holds only when this does; otherwise routine."""


class Group(Table):
    """A suspected disease, its criteria, and what it asks for."""

    id: str
    name: Sentence
    short: Sentence
    derived: bool = False
    scenario: ScenarioId
    regions: tuple[RegionWord, ...]
    level_unknown: Region | None = None
    """Region of a `level` study when neither order nor symptom names a level of this group."""
    urgency: Urgency
    urgency_if_acute: Urgency | None = None
    urgency_if_neuro: Urgency | None = None
    urgency_if_definitive: Urgency | None = None
    urgency_if_definitive_and_neuro: Urgency | None = None
    urgency_if_cauda_equina_possible: Urgency | None = None
    fading: bool = False
    """Findings of acute value sets fade instead of vanishing at the end of their window."""
    emergency: bool = False
    serious: bool = False
    red_flag: bool = False
    preferred: Study | None = None
    preferred_cervical: Study | None = None
    none_if_confirmed: bool = False
    """Once a fracture is confirmed no study is offered in exchange."""
    also_ok: tuple[Study, ...] = ()
    then: tuple[Study, ...] = ()
    if_mri_unsafe: Study | None = None
    preferred_text: Sentence | None = None
    possible: PossibleLevel = PossibleLevel()
    order: int
    """Position in lists and on cards."""
    why: Prose | None = None
    criterion: tuple[Criterion, ...] = ()


class LevelRule(Table):
    """Counts are of criteria in different domains; first rule that holds gives the level."""

    level: Level
    strong: int = 0
    """At least so many definitive or strong."""
    moderate: int = 0
    weak: int = 0
    """At least so many weak (beside the moderate ones)."""


class Raise(Table):
    """A group goes from one level to the next when another group is at least at a level; one step at most."""

    group: GroupId
    from_level: Level
    to_level: Level
    when_group: GroupId
    when_at_least: Level
    why: Prose


class MsccRule(Table):
    """When metastatic cord compression is active."""

    cancer_domains: tuple[str, ...]
    active_with: tuple[GroupId, ...]
    possible_enough_with_criteria: tuple[CriterionId, ...]
    possible_enough_with_groups: tuple[GroupId, ...]
    noted_enough_with_criteria: tuple[CriterionId, ...]
    noted_enough_signs: tuple[CriterionId, ...]
    why: Prose


class Scenario(Table):
    """A clinical situation: row of the rating tables."""

    id: str
    title: Sentence
    policy: Prose | None = None
    group: GroupId | None = None
    """The group that this scenario speaks of."""


class ScenarioRule(Table):
    """First rule that holds names the primary scenario."""

    scenario: ScenarioId
    when: When
    why: Prose | None = None


class UrgencyWord(Table):
    """What an urgency means for ServiceRequest.priority."""

    fhir_priority: Priority
    accept: tuple[Priority, ...]
    target: str = ""


class Fading(Table):
    """How long an acute finding of a fading group counts after its window, in days since its date."""

    max_days: int


class Symptoms(Table):
    """Which value sets are spine symptoms of a region."""

    cervical: tuple[ValueSetId, ...]
    thoracic: tuple[ValueSetId, ...]
    lumbar: tuple[ValueSetId, ...]
    sacrum: tuple[ValueSetId, ...]
    sacroiliac: tuple[ValueSetId, ...]
    whole: tuple[ValueSetId, ...]
    context_only: tuple[ValueSetId, ...]
    names: dict[str, str]
    """What a card calls the symptom of a region, key `any` for an unstated level."""


class FollowUp(Table):
    """When an order is the planned check of a known disease."""

    concept: ConceptId
    """A check, said beside what is checked."""
    concept_alone: ConceptId
    """A check, where what is checked stands in the record."""
    value_sets: tuple[ValueSetId, ...]
    criteria: tuple[CriterionMention, ...]
    """Diseases that are checked."""
    silent_criteria: tuple[CriterionMention, ...]
    """The same, but only while the order gives no pain as its reason."""
    beside: tuple[CriterionMention, ...]
    """What may count beside them."""


class Combination(Table):
    """How criteria become groups, groups a scenario, and scenarios an urgency."""

    level_rule: tuple[LevelRule, ...]
    raise_rule: tuple[Raise, ...]
    mscc: MsccRule
    neuro_active: tuple[GroupId, ...]
    neuro_possible: tuple[GroupId, ...]
    scenario: tuple[Scenario, ...]
    scenario_rule: tuple[ScenarioRule, ...]
    urgency: dict[Urgency, UrgencyWord]
    symptoms: Symptoms
    follow_up: FollowUp
    pediatric_groups: tuple[GroupId, ...]
    """In the order in which a child's serious group names the preferred study."""


class Parameter(Table):
    """A number with its unit (UCUM) and citation."""

    id: str
    value: float
    unit: str
    sources: Cited
    note: Prose | None = None


class UnitConversion(Table):
    """One accepted unit spelling: multiply by `factor`, or apply the named conversion."""

    unit: str
    factor: float | None = None
    named: Literal["fahrenheit-to-celsius", "kelvin-to-celsius"] | None = None


class InferredUnit(Table):
    """A number without a unit that lies in [low, high] is read in this unit, with a note."""

    unit: str
    low: float
    high: float


class ObservationName(Table):
    """What sites call one kind of observation, and what its values say (`observations.toml`)."""

    id: str
    names: tuple[str, ...]
    not_names: tuple[str, ...] = ()
    measures: ValueSetId | None = None
    """Its numbers are those of this value set, in the units of its table."""
    grades: ValueSetId | None = None
    """Its numbers from 0 to 5 are grades of this value set."""
    means: ValueSetId | None = None
    """Value set of the finding that its words may say."""
    function: bool = False
    """The name is something that should be there: its absence is the finding."""
    found: tuple[str, ...] = ()
    normal: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    """Names that say the finding themselves; where some are given, a plain yes to any other is no finding."""
    needs_unit: bool = False
    """The name says too little: its number counts only in a unit of the table."""
    aside: bool = False
    """No red flag: a value that is not understood is named, and takes nothing away."""
    found_above: float | None = None
    """A number above it is the finding, in whatever unit; one that is not is none."""


class Quantity(Table):
    """The closed unit table of one kind of measurement."""

    id: str
    canonical: str
    unit: tuple[UnitConversion, ...]
    inferred: tuple[InferredUnit, ...] = ()
    plausible: tuple[float, float]
    """Least and most, in the canonical unit, that a living person can have: beyond, the unit or the number is wrong."""


class TextRules(Table):
    """Guard words and phrases for reading free text. See clinical notes in `evidence.toml`."""

    guard: tuple[str, ...]
    guard_after: tuple[str, ...]
    guard_acute: tuple[str, ...]
    clause_breaks: tuple[str, ...]
    """Words that end a clause: but, however, now, since."""
    to_sentence_end: tuple[str, ...]
    """Guards whose reach is the end of the sentence."""
    over_commas: tuple[str, ...]
    """Guards whose reach crosses commas when `or` or `nor` follows in the sentence."""
    suspicion: tuple[str, ...]
    """Words directly before a phrase that make it suspected, not negated."""
    not_guard: tuple[str, ...] = ()
    """Phrases that hold a guard word and negate nothing of what follows: `without contrast`, `no relief`."""
    guard_acute_breaks: tuple[str, ...] = ()
    """Words that end the reach of `guard_acute`: in `chronic pain with new leg weakness` the weakness is new."""


class EvidenceRules(Table):
    """Which statuses and values count; the codes here are FHIR's own status codes or cited answers."""

    conclusion_headings: tuple[str, ...]
    request_headings: tuple[str, ...]
    """Headings in the text of a report: of what is concluded; of why and how the study was done."""
    condition_count: tuple[str, ...]
    condition_past: tuple[str, ...]
    condition_drop_verification: tuple[str, ...]
    condition_suspected_verification: tuple[str, ...]
    seventh_character_prefixes: tuple[str, ...]
    observation_count: tuple[str, ...]
    negative_snomed: tuple[str, ...]
    negative_loinc: tuple[str, ...]
    negative_text: tuple[str, ...]
    positive_snomed: tuple[str, ...]
    positive_loinc: tuple[str, ...] = ()
    positive_text: tuple[str, ...]
    denial_before_value: tuple[str, ...]
    denial_before_name: tuple[str, ...]
    """Words of denial around the names and values of observations, lower case."""
    lost_text: tuple[str, ...]
    """Of a function: words that say that it is gone or less, lower case."""
    stated_text: tuple[str, ...]
    """Words beside the positive ones that say yes to the name of a finding: current, ongoing."""
    unfound_text: tuple[str, ...]
    """Words that say no to the name of a finding, beside the negative ones."""
    unread_days: int
    """An observation whose value was not understood is named for so many days."""
    kept_text: tuple[str, ...]
    """Of a function: words that say that it is there and right."""
    medication_count: tuple[str, ...]
    dispense_count: tuple[str, ...]
    administration_count: tuple[str, ...]
    single_dose_text: tuple[str, ...]
    """Words of a dosage that is given once; not before a word of `repeated_text`."""
    repeated_text: tuple[str, ...]
    route_exclude: tuple[str, ...]
    form_words_exclude: tuple[str, ...]
    procedure_count: tuple[str, ...]
    procedure_words: tuple[ValueSetMention, ...]
    """Value sets that the name of a procedure may mean by its words."""
    icd10_chapters_near_the_spine: tuple[str, ...]
    """First letters; a code of another chapter in no value set has no bearing."""
    icd10_without_bearing: tuple[str, ...]
    """Prefixes of those chapters whose codes have no bearing all the same."""
    icd10_without_disease: tuple[str, ...]
    """Prefixes of codes that name no disease: their words are read."""
    family_history_prefixes: tuple[str, ...]
    family_history_icd9: tuple[str, ...]
    reaction_words: tuple[str, ...]
    """Words of an entry that make the name of a contrast agent a reaction to it, lower case."""
    device_lead_ins: tuple[str, ...]
    """Words before the name of an implant that tell nothing of it, lower case."""
    family_history_words: tuple[str, ...]
    relatives: tuple[str, ...]
    relative_has: tuple[str, ...]
    days_per_month: int
    future_days: int
    fading: Fading
    text: TextRules


class Procedure(Table):
    """One study of the catalog, or one that codes, body site and text stated together."""

    display: str
    modality: Modality
    regions: tuple[Region, ...]
    contrast: Contrast
    needs_region: bool = False
    """Out of scope unless body site, text or reason names the spine."""
    preferred: Mapping[CodeSystem, str] = {}
    codes: Mapping[CodeSystem, dict[Tier, tuple[str, ...]]] = {}


class OtherProcedure(Table):
    """Recognised, never rated."""

    kind: Literal["pelvis", "unrated-spine", "not-imaging"]
    display: str
    modality: Modality | None = None
    modality_by_code: Mapping[Modality, tuple[str, ...]] = {}
    codes: Mapping[CodeSystem, dict[Tier, tuple[str, ...]]] = {}


class BodySite(Table):
    """SNOMED body site of an order: its regions (empty: spine, level not stated)."""

    code: str
    regions: tuple[Region, ...]
    display: str
    verified: Annotated[Tier, ForReaders()]


class OrderText(Table):
    """Words that name modality, region and contrast in an order's text; words, not substrings; `_` is a space."""

    modality: dict[Modality, tuple[str, ...]]
    region: dict[Region, tuple[str, ...]]
    contrast: dict[Contrast, tuple[str, ...]]
    spine: tuple[str, ...]
    """Words that mean the spine without a region."""
    other_body_part: tuple[str, ...]
    """A text that names one of these and no spine region is out of scope."""
    region_with_spine: Mapping[Region, tuple[str, ...]] = {}
    """Words that name a region only in a text that names the spine in another word too."""
    after_contrast: tuple[str, ...] = ()
    """Words behind a word of `contrast` that show that it negates nothing: contrast, for, eval."""
    imaging_words: tuple[str, ...] = ()
    """Words that make an order without a known code or modality look like imaging."""
    never_imaging_words: tuple[str, ...] = ()
    """Measurements, such as of bone density: no imaging of the spine even beside a modality."""
    not_imaging_words: tuple[str, ...] = ()
    """Words of other services for the spine: such an order needs a modality to be imaging."""
    laterality: tuple[str, ...] = ()
    travel: tuple[str, ...] = ()
    """Words of an order that speak of travel."""
    imaging_elsewhere: tuple[str, ...] = ()
    """Words of an order that speak of studies done elsewhere."""


class OrderCatalog(Table):
    """Order codes and words, and what they mean."""

    procedure: tuple[Procedure, ...]
    other: tuple[OtherProcedure, ...]
    body_site: tuple[BodySite, ...]
    text: OrderText
    imaging_categories: tuple[str, ...] = ()
    """Codes of any system that mark an order as imaging in `category`."""
    imaging_systems: tuple[str, ...] = ()
    """URIs of code systems that hold nothing but imaging."""
    imaging_code_prefixes: Mapping[CodeSystem, tuple[str, ...]] = {}
    """A code that we do not know and that begins so is imaging."""
    dicom_modality: Mapping[str, Modality] = {}
    """DICOM modality codes of a study; the first listed wins where a study has several."""
    unverified: tuple[UnverifiedCode, ...] = ()


class RatingRow(Table):
    """Ratings of the ten studies for one region and scenario. `when` narrows; `.` keeps the cell of the wider row."""

    region: Region | Literal["any"]
    scenario: ScenarioId
    when: StatementId | None = None
    """Id of a `rating_when` statement."""
    profile: Literal["us", "uk"] | None = None
    cells: tuple[str, ...]
    """Ten cells of rating letter (A, M, S, N) and provenance letter, `-` not rated, `.` kept."""
    cite: Cited
    """Citation id, optionally followed by the variant."""
    note: Prose | None = None


class RatingWhen(Table):
    """When a narrowed row holds; `never`: its fact is not in a record, the row is for the knowledge page."""

    id: str
    text: Annotated[Sentence, ForReaders()]
    when: When | None = None
    never: bool = False


class OrderCheck(Table):
    """What is looked at on every order; `cards` says what may come of it."""

    id: str
    when: Annotated[Sentence, ForReaders()]
    cards: tuple[CardMention, ...] = ()
    uses: Annotated[tuple[ValueSetMention, ...], ForReaders()] = ()
    sources: Sources = ()
    note: Prose | None = None


class SafetyLimits(Table):
    """Limits of the order checks."""

    egfr_gadolinium_caution: float
    egfr_iodinated_caution: float
    egfr_max_age_days: int
    egfr_fresh_days: int
    pregnancy_window_days: int
    hcg_max_age_days: int
    due_date_days_before: int
    due_date_days_after: int
    child_bearing_age_from: int
    child_bearing_age_to: int
    duplicate_days: int
    pending_days: int
    imaged_since_days: int
    radiograph_recent_days: int
    sacroiliac_radiograph_days: int
    neck_rule_age_from: int
    neck_rule_age_to: int
    sources: Cited = ()


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
    open_unconfirmed: Sentence
    course_length_unknown: Sentence
    one_criterion: Sentence
    pama_action: Sentence
    creatinine_only: Annotated[str, filled("date", "value")]
    care_statement: Sentence
    risk_egfr_gadolinium: Sentence
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


class Context(Table):
    """What explains a finding: any Condition, Procedure or drug of these sets that is older than the finding.

    Or a value, the newest of its kind, which says how grave a lasting finding is.
    """

    vs: tuple[ValueSetId, ...] = ()
    measured: ObservationEvidence | None = None
    """A value that meets this; its own day counts, not that of the finding."""
    days: int = 0
    """Look-back, closed interval."""
    min_days: int = 0
    is_active: bool = False
    """Only Conditions that are still active."""
    criteria: tuple[CriterionId, ...]
    """What it lowers by one strength."""
    findings: tuple[ValueSetId, ...] = ()
    """Only where all findings of the criterion are of these sets; empty: of any."""
    beside: tuple[CriterionMention, ...] = ()
    """Findings of the group that are no second one: the context itself makes them."""


class AllowedException(Table):
    """What may make an answer less urgent although it is one fact more. Nothing else does."""

    id: str
    what: Prose
    lowers: Prose
    by: Literal["death", "end-of-life", "imaged-since", "planned-check", "context"]
    context: Context | None = None
    """Of those by a context: never beside a second finding of the group, a deficit or a cancer."""
    why: Prose
    sources: Cited


class Disagreement(Table):
    """Where good sources disagree: each position, and our policy. Decides nothing by itself."""

    id: str
    topic: Prose
    positions: tuple[Prose, ...]
    policy: Prose
    sources: Cited


class Guideline(Table):
    """The whole guideline."""

    content: Content
    disagreements: Annotated[dict[str, Disagreement], ForReaders()]
    citations: dict[str, Citation]
    parameters: dict[str, Parameter]
    value_sets: dict[str, ValueSet]
    groups: tuple[Group, ...]
    """By `order`."""
    combination: Combination
    exceptions: dict[str, AllowedException]
    units: dict[str, Quantity]
    observations: dict[str, ObservationName]
    evidence: EvidenceRules
    catalog: OrderCatalog
    rating_columns: tuple[str, ...]
    ratings: tuple[RatingRow, ...]
    rating_when: dict[str, RatingWhen]
    order_checks: Annotated[tuple[OrderCheck, ...], ForReaders()]
    safety_limits: SafetyLimits
    suggestion_safety: Annotated[tuple[str, ...], ForReaders()]
    card_rules: tuple[CardRule, ...]
    card_limits: CardLimits
    wording: Wording
    language: Language
