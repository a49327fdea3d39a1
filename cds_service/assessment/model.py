"""What was concluded about one order, and from what. Complete: a card says nothing that does not stand here.

Every value that a call makes is a Struct: those are made five times as fast as frozen dataclasses.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct

from cds_service.cds_hooks.model import Indicator
from cds_service.evidence.model import (
    DateSpan,
    DeviceEntry,
    EarlierStudy,
    Gap,
    ImagingOrder,
    NotUnderstood,
    StudyProcedure,
    UnreadValue,
)
from cds_service.knowledge.model import Criterion, Group, Level, Priority, Rating, Strength, Urgency


class Choices(Struct, frozen=True, gc=False):
    """What a site and its client have chosen and the assessment depends on."""

    jurisdiction: str
    """`us` or `uk`: which rating rows hold beside the common ones."""
    site_country: str | None = None
    """ISO 3166 code; None: a foreign address says nothing."""
    is_quiet: bool = False
    """No card when there is nothing to do."""
    hidden_cards: frozenset[str] = frozenset()
    """Card ids that the client switched off; a critical card is shown all the same."""


# ------------------------------------------------------------------------------- criteria and groups


class State(StrEnum):
    """How a criterion was found. `stale` is listed and never counts."""

    PRESENT = "present"
    SUSPECTED = "suspected"
    HISTORICAL = "historical"
    STALE = "stale"


PRESENT: Final = State.PRESENT
SUSPECTED: Final = State.SUSPECTED
HISTORICAL: Final = State.HISTORICAL
STALE: Final = State.STALE


AGE: Final = "age"
"""What a finding has in the place of a value set when it is the patient's age: it has no date, no study answers it."""


class Finding(Struct, frozen=True, gc=False):
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
    from_order: bool = False
    """The order says it, in words or as a code: it is not on record."""
    from_order_text: bool = False
    """Read in the order's own words."""
    quote: str = ""
    """These words, as written."""
    is_asked: bool = False
    """The order asks for it ("?CES", "rule out"), it does not state it."""
    notes: tuple[str, ...] = ()
    """Keys of `wording.detail` that say why it counts less or is uncertain."""
    conflict: bool = False
    """The record also holds it as refuted, and neither entry is clearly newer."""


class CriterionResult(Struct, frozen=True, gc=False):
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


class GroupResult(Struct, frozen=True, gc=False):
    """One group, with its level and what it asks for."""

    group: Group
    level: Level
    urgency: Urgency
    """What it requires of this order; routine below the level possible, or when imaged since."""
    imaged_since: bool
    criteria: tuple[CriterionResult, ...]


class Duration(Struct, frozen=True, gc=False):
    """How long the symptoms have lasted, in days, both ends included. `most` None: not bounded."""

    least: int
    most: int | None
    quote: str = ""
    """The order's own words, where the duration was read from them."""

    @property
    def is_known(self) -> bool:
        """True when anything at all is known about it."""
        return self.least > 0 or self.most is not None


class Conflict(Struct, frozen=True, gc=False):
    """A criterion whose evidence is both active and refuted."""

    criterion: Criterion
    in_emergency_group: bool


# ------------------------------------------------------------------------------- safety of the order


class Risk(Struct, frozen=True, gc=False):
    """Why contrast may be unsafe."""

    name: str
    """`risk_<name>` is its wording."""
    value: str
    """The measured value with its unit; empty when the risk is not a number."""
    when: DateSpan | None
    reference: str
    display: str


class PregnancyBasis(Struct, frozen=True, gc=False):
    """Why a pregnancy is possible."""

    basis: Literal["condition", "test", "status", "due"]
    when: DateSpan | None
    reference: str
    display: str


class Measured(Struct, frozen=True, gc=False):
    """A measurement that a card shows and nothing was concluded from."""

    display: str
    value: str
    when: DateSpan | None


class OrderSafety(Struct, frozen=True, gc=False):
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
    egfr_is_fresh: bool = False
    """An eGFR was measured so lately that one more would tell nothing."""
    creatinine: Measured | None = None
    """The newest creatinine where no eGFR is current."""


# ------------------------------------------------------------------------------- cards


class RatedStudy(Struct, frozen=True, gc=False):
    """A study as it would be ordered, and how it is rated in the primary scenario."""

    study: StudyProcedure
    rating: Rating


class Offer(Struct, frozen=True, gc=False):
    """One suggestion that fits the patient. Whether the order's own FHIR can carry it, the card finds out."""

    suggestion: str
    change: Literal["study", "new-studies", "priority", "reasons", "answer", "records", "listed"]
    """What happens to the order. `answer` is the orderer's own statement, `records` the request to bring earlier
    images, `listed` what the guideline lists with the suggestion: to create, to remove."""
    studies: tuple[RatedStudy, ...] = ()
    """One that replaces the order's, or one for each new order."""
    label_study: StudyProcedure | None = None
    """The study that the label names."""
    priority: Priority | None = None
    """Of the changed or new order; None: it keeps its own."""
    reasons: tuple[tuple[str, str], ...] = ()
    """(reference, display) of the evidence to be named as reasons."""


class ChosenCard(Struct, frozen=True, gc=False):
    """One card that an order gets, in one of its forms."""

    card: str
    form: str
    """Id of the variant; empty for the plain form."""
    indicator: Indicator
    """After softening."""
    is_softened: bool = False
    """Less than its form says, because what it rests on is not known well enough."""
    group: Group | None = None
    """The group that it speaks of; None: the symptom alone."""
    finding: CriterionResult | None = None
    """What its summary names."""
    rests_on: tuple[CriterionResult, ...] = ()
    """What a card beside the primary one lists."""
    conflict: Conflict | None = None
    offers: tuple[Offer, ...] = ()


class OrderAssessment(Struct, frozen=True, gc=False):
    """Everything concluded about one order."""

    order: ImagingOrder
    criteria: tuple[CriterionResult, ...]
    stale: tuple[tuple[Criterion, Finding], ...]
    """Found only outside the look-back: listed with its date, never counted."""
    told_stale: tuple[tuple[Criterion, Finding], ...]
    """What a card tells of them."""
    groups: tuple[GroupResult, ...]
    """Groups that are at least noted, in the order of the guideline."""
    scenario: str
    scenario_subject: Group | None
    """The group that the primary scenario speaks of, whatever its level."""
    scenario_group: GroupResult | None
    """The same, when it is at least noted."""
    rating: Rating
    """Drives the cards."""
    appropriateness: Rating
    """What is published: undetermined when nothing indicates the order or missing data could change the answer."""
    citations: tuple[str, ...]
    """Citation of the rating rows used, as in the rating tables (id and variant)."""
    pediatric_row: str | None
    """`when` of the child's rating row that holds; None: none does."""
    urgency: Urgency
    """Required urgency: the highest over the groups."""
    urgency_group: GroupResult | None
    """The group that asks for it; None when it is routine."""
    preferred: StudyProcedure | None
    """The preferred study after the safety of suggestions; None: none can be offered."""
    is_preferred_only_possible: bool
    """No study is rated appropriate: it is the best of those that may be."""
    preferred_is_order: bool
    """The preferred study is what was ordered."""
    is_only_unsafe: bool
    """There is a study of choice, and a device on record leaves none to offer."""
    alternative: StudyProcedure | None
    """What is done instead of an MRI when a device is on record."""
    primary_card: str | None
    """None: another selected order carries the card."""
    cards: tuple[ChosenCard, ...]
    """The cards about this order, most important first."""
    left_out: tuple[ChosenCard, ...]
    """Cards over the limit: each is a line of the first card."""
    safety: OrderSafety
    contrast_risk: Risk | None
    """The first reason for care with the contrast that the order asks for."""
    remarks: tuple[str, ...]
    """Keys of `wording.detail` about the safety of the order that the primary card says."""
    duration: Duration
    has_symptom: bool
    """A spine symptom is on record or on the order."""
    symptom: str
    """Key of `symptoms.names`: what the card calls the complaint."""
    suggested_regions: tuple[str, ...]
    """Where the findings point."""
    duplicates: tuple[EarlierStudy, ...]
    pending: tuple[tuple[str, StudyProcedure], ...]
    """(display, study) of other open orders of the same region and modality."""
    mentions_travel: bool
    """The order speaks of travel, or the patient lives in another country than the site's."""
    wants_records: bool
    """Earlier images may exist that were not read, and there is time to ask for them."""
    denied: tuple[str, ...]
    """What the order says is not there, in its words."""
    age: int | None


class CallAssessment(Struct, frozen=True, gc=False):
    """Every order of one call, and what could not be read."""

    orders: tuple[OrderAssessment, ...]
    gaps: tuple[Gap, ...]
    failed_criteria: tuple[str, ...]
    missing: tuple[str, ...]
    """Prefetch keys that decide and were not fully read."""
    partial: ChosenCard | None
    """The card about what was not read; None: nothing that decides is missing."""
    read_keys: frozenset[str]
    """Prefetch keys that were read in full."""
    unread_values: tuple[UnreadValue, ...]
    """Recent observations that may matter and were not understood: name and value."""
    not_understood: tuple[NotUnderstood, ...]
    """Entries of the problem list that the guideline does not know."""
    other_patients: int
    """Entries left out because they belong to another patient."""
    serious_active: bool
    """A serious group is active for at least one order."""
    died: DateSpan | None = None
    """None: alive, or the day is not recorded."""
