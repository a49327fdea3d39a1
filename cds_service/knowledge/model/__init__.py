"""The guideline as frozen values. Each class is the shape of one table of the TOML files in `spine_imaging/`.

Every number, code and sentence with a clinical meaning stands in those files, each with its citation.
Unknown keys are mistakes: a misspelt key must never be a rule that silently does not exist.
"""

from __future__ import annotations

from typing import Annotated

from cds_service.knowledge.kinds import ForReaders
from cds_service.knowledge.language import Language
from cds_service.knowledge.model.cards import (
    CardLimits,
    CardRule,
    CardText,
    CreatedOrder,
    DetailWords,
    ShortNames,
    StatedAnswer,
    SuggestionText,
    Variant,
    Wording,
)
from cds_service.knowledge.model.combination import (
    AllowedException,
    Combination,
    Context,
    Fading,
    FollowUp,
    Group,
    LevelRule,
    MsccRule,
    PossibleLevel,
    Raise,
    Scenario,
    ScenarioRule,
    Study,
    Symptoms,
    UrgencyWord,
)
from cds_service.knowledge.model.criteria import (
    AgeEvidence,
    ComputedEvidence,
    ComputedName,
    ConditionEvidence,
    Criterion,
    Evidence,
    MedicationDaysEvidence,
    MedicationEvidence,
    ObservationEvidence,
    ObservationPositiveEvidence,
    ProcedureEvidence,
    ReasonEvidence,
    StatedEvidence,
)
from cds_service.knowledge.model.reading import (
    EvidenceRules,
    InferredUnit,
    ObservationName,
    Parameter,
    Quantity,
    TextRules,
    UnitConversion,
)
from cds_service.knowledge.model.scales import (
    CodeSystem,
    Contrast,
    Level,
    Modality,
    Priority,
    Provenance,
    Rating,
    RegionWord,
    Strength,
    Tier,
    Urgency,
)
from cds_service.knowledge.model.sources import (
    Citation,
    CodeEntry,
    Content,
    Disagreement,
    UnverifiedCode,
    ValueSet,
)
from cds_service.knowledge.model.statements import Fact, GroupFinding, GroupTest, When
from cds_service.knowledge.model.studies import (
    BodySite,
    OrderCatalog,
    OrderCheck,
    OrderText,
    OtherProcedure,
    Procedure,
    RatingRow,
    RatingWhen,
    SafetyLimits,
)
from cds_service.knowledge.table import Table

__all__ = [
    "AgeEvidence",
    "AllowedException",
    "BodySite",
    "CardLimits",
    "CardRule",
    "CardText",
    "Citation",
    "CodeEntry",
    "CodeSystem",
    "Combination",
    "ComputedEvidence",
    "ComputedName",
    "ConditionEvidence",
    "Content",
    "Context",
    "Contrast",
    "CreatedOrder",
    "Criterion",
    "DetailWords",
    "Disagreement",
    "Evidence",
    "EvidenceRules",
    "Fact",
    "Fading",
    "FollowUp",
    "Group",
    "GroupFinding",
    "GroupTest",
    "Guideline",
    "InferredUnit",
    "Level",
    "LevelRule",
    "MedicationDaysEvidence",
    "MedicationEvidence",
    "Modality",
    "MsccRule",
    "ObservationEvidence",
    "ObservationName",
    "ObservationPositiveEvidence",
    "OrderCatalog",
    "OrderCheck",
    "OrderText",
    "OtherProcedure",
    "Parameter",
    "PossibleLevel",
    "Priority",
    "Procedure",
    "ProcedureEvidence",
    "Provenance",
    "Quantity",
    "Raise",
    "Rating",
    "RatingRow",
    "RatingWhen",
    "ReasonEvidence",
    "RegionWord",
    "SafetyLimits",
    "Scenario",
    "ScenarioRule",
    "ShortNames",
    "StatedAnswer",
    "StatedEvidence",
    "Strength",
    "Study",
    "SuggestionText",
    "Symptoms",
    "TextRules",
    "Tier",
    "UnitConversion",
    "UnverifiedCode",
    "Urgency",
    "UrgencyWord",
    "ValueSet",
    "Variant",
    "When",
    "Wording",
]


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
