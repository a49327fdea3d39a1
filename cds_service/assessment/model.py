"""What was concluded about one order, and from what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from cds_service.evidence.model import (
    DateSpan,
    DeviceEntry,
    EarlierStudy,
    Gap,
    ImagingOrder,
    StudyProcedure,
)
from cds_service.knowledge.model import Criterion, Group, Level, Rating, Strength, Urgency


class State(StrEnum):
    """How a criterion was found. `stale` is listed and never counts."""

    PRESENT = "present"
    SUSPECTED = "suspected"
    HISTORICAL = "historical"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence for one criterion, weighed."""

    reference: str
    """Resource that it comes from; the order's own reference for what the order says."""
    display: str
    when: DateSpan | None
    state: State
    strength: Strength | None
    """After lowering; None: a weak finding lowered, listed only."""
    value: str = ""
    """Measured value with its unit as recorded."""
    converted: str = ""
    """The same in the canonical unit, where that is another number."""
    value_set: str = ""
    acute: bool = False
    """Of a value set with course acute."""
    from_order_text: bool = False
    """Read in the order's own words."""
    notes: tuple[str, ...] = ()
    """Keys of `wording.detail` that say why it counts less or is uncertain."""
    conflict: bool = False
    """The record also holds it as refuted, and neither entry is clearly newer."""


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """One criterion that was found."""

    criterion: Criterion
    group: str
    state: State
    strength: Strength | None
    findings: tuple[Finding, ...]
    """The findings that count, strongest and newest first."""

    @property
    def newest(self) -> DateSpan | None:
        """Date of the newest finding; None when none has a date."""
        dates = [finding.when for finding in self.findings if finding.when is not None]
        return max(dates, key=lambda span: span.last) if dates else None


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One group, with its level and what it asks for."""

    group: Group
    level: Level
    urgency: Urgency
    """What it requires of this order; routine below the level possible, or when imaged since."""
    imaged_since: bool
    criteria: tuple[CriterionResult, ...]


@dataclass(frozen=True, slots=True)
class Duration:
    """How long the symptoms have lasted, in days, both ends included. `most` None: not bounded."""

    least: int
    most: int | None
    quote: str = ""
    """The order's own words, where the duration was read from them."""

    @property
    def is_known(self) -> bool:
        """True when anything at all is known about it."""
        return self.least > 0 or self.most is not None


@dataclass(frozen=True, slots=True)
class Risk:
    """Why contrast may be unsafe."""

    name: str
    """`risk_<name>` is its wording."""
    value: str
    """The measured value with its unit; empty when the risk is not a number."""
    when: DateSpan | None
    reference: str
    display: str


@dataclass(frozen=True, slots=True)
class PregnancyBasis:
    """Why a pregnancy is possible."""

    basis: Literal["condition", "test", "status", "due"]
    when: DateSpan | None
    reference: str
    display: str


@dataclass(frozen=True, slots=True)
class OrderSafety:
    """What the order checks found, whichever cards come of it."""

    devices: tuple[DeviceEntry, ...]
    gadolinium: tuple[Risk, ...]
    """Risks of gadolinium for this patient, whether or not the order asks for it."""
    iodine: tuple[Risk, ...]
    iodine_reaction: tuple[Risk, ...]
    """The part of `iodine` that is an earlier reaction."""
    pregnancy: PregnancyBasis | None
    pregnancy_unknown: bool
    """A woman of child-bearing age without any statement about pregnancy."""
    claustrophobia: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """A criterion whose evidence is both active and refuted."""

    criterion: Criterion
    in_emergency_group: bool


@dataclass(frozen=True, slots=True)
class OrderAssessment:
    """Everything concluded about one order."""

    order: ImagingOrder
    criteria: tuple[CriterionResult, ...]
    stale: tuple[tuple[Criterion, Finding], ...]
    """Found only outside the look-back: listed with its date, never counted."""
    groups: tuple[GroupResult, ...]
    """Groups that are at least noted, in the order of the guideline."""
    scenario: str
    scenario_group: GroupResult | None
    """The group that the primary scenario speaks of, when it is at least noted."""
    rating: Rating
    """Drives the cards."""
    appropriateness: Rating
    """What is published: undetermined when nothing indicates the order or missing data could change the answer."""
    citations: tuple[str, ...]
    """Citation of the rating rows used, as in the rating tables (id and variant)."""
    urgency: Urgency
    """Required urgency: the highest over the groups."""
    urgency_group: GroupResult | None
    """The group that asks for it; None when it is routine."""
    preferred: StudyProcedure | None
    """The preferred study after the safety of suggestions; None: none can be offered."""
    preferred_is_order: bool
    """The preferred study is what was ordered."""
    study_good_enough: bool
    alternative: StudyProcedure | None
    """What is done instead of an MRI when a device is on record."""
    primary_card: str | None
    """None: another selected order carries the card."""
    safety: OrderSafety
    duration: Duration
    symptom: str
    """Key of `symptoms.names`: what the card calls the complaint."""
    suggested_regions: tuple[str, ...]
    facts: Mapping[str, bool]
    """Facts evaluated for cards: see `facts.py`."""
    duplicates: tuple[EarlierStudy, ...]
    pending: tuple[tuple[str, StudyProcedure], ...]
    """(display, study) of other open orders of the same region and modality."""
    conflicts: tuple[Conflict, ...]
    other_radiograph: bool
    age: int | None


@dataclass(frozen=True, slots=True)
class CallAssessment:
    """Every order of one call, and what could not be read."""

    orders: tuple[OrderAssessment, ...]
    gaps: tuple[Gap, ...]
    failed_criteria: tuple[str, ...]
    serious_active: bool
    """A serious group is active for at least one order."""
