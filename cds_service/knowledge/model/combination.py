"""Groups, scenarios and how findings are weighed together, with what may lower an answer."""

from __future__ import annotations

from typing import Literal

from cds_service.knowledge.kinds import (
    Cited,
    ConceptId,
    CriterionId,
    CriterionMention,
    GroupId,
    Prose,
    ScenarioId,
    Sentence,
    ValueSetId,
)
from cds_service.knowledge.model.criteria import Criterion, ObservationEvidence
from cds_service.knowledge.model.scales import (
    Contrast,
    Level,
    Modality,
    Priority,
    RegionWord,
    Urgency,
)
from cds_service.knowledge.model.statements import When
from cds_service.knowledge.table import Region, Table


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
    urgent_when: When | None = None
    """Active, it asks for urgency where this holds."""
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
    criteria: tuple[CriterionId, ...] = ()
    """Only where one of these of the group itself was met."""
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
