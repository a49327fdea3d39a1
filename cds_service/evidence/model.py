"""What was read: one patient's record, and the imaging orders of the call.

Readers never decide whether something counts. They keep what the record says (dates with their precision,
status, how a match was made), so that the assessment can weigh it and every card can show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

from cds_service.cds_hooks.model import GapReason
from cds_service.evidence.text.model import Care, Statement, TextReading
from cds_service.knowledge.model import Contrast, Modality, Priority
from cds_service.knowledge.table import Region

Via = Literal["code", "text"]
"""How a value set was matched; a text match is at most suspected."""


class DateSpan(Struct, frozen=True, order=True, gc=False):
    """A FHIR date with its precision: the days it may mean, both ends included. The zone is ignored."""

    first: date
    last: date

    @property
    def is_exact(self) -> bool:
        """True when the day itself is known."""
        return self.first == self.last


class Gap(Struct, frozen=True, gc=False):
    """Something needed that could not be read. `source` is a prefetch key, or a criterion id for `failed`."""

    source: str
    reason: GapReason
    note: str = ""
    """For the explanation, in words, without patient data."""


class ConditionEntry(Struct, frozen=True, gc=False):
    """One Condition."""

    reference: str
    display: str
    """text, else a display, else the code: as the record has it."""
    clinical: Literal["current", "past"]
    """past: inactive, remission, resolved, or abated on or before the day that the record was read for."""
    status_recorded: bool
    verification: Literal["confirmed", "suspected", "refuted"]
    """`refuted` stays here, only to be weighed against other entries; entered-in-error never gets here."""
    onset: DateSpan | None
    """onsetDateTime, onsetPeriod.start, or birth date + onsetAge (as a span)."""
    recorded: DateSpan | None
    """recordedDate (assertedDate, dateRecorded)."""
    abated: DateSpan | None
    text: str
    """All text of the code, lower case, for `text_required`; empty when there is none."""
    codings: tuple[tuple[str, str], ...]
    """(system word, plain code) of the codings in systems that we know."""
    body_sites: frozenset[str]
    """Ids of value sets that a bodySite is in."""


class ConditionHit(Struct, frozen=True, gc=False):
    """A Condition that is in a value set."""

    entry: ConditionEntry
    via: Via
    system: str
    """System word of the code that matched; empty for a text match."""
    code: str
    """The plain code that matched; for a text match the phrase."""
    seventh: Literal["", "initial", "subsequent", "sequela"] = ""
    """ICD-10-CM 7th character of the code that matched, where it has one (`seventh_character_prefixes`)."""


class ObservationEntry(Struct, frozen=True, gc=False):
    """One Observation, or one component of one (then with its parent's reference, date and status)."""

    reference: str
    display: str
    when: DateSpan | None
    """effectiveDateTime, effectivePeriod.end, effectiveInstant, else issued."""
    value_text: str
    """The value as recorded, with its unit, for the card; empty when there is none."""
    polarity: Literal["positive", "negative", "unknown"]
    """From coded, text or boolean values; unknown for numbers, no value and dataAbsentReason."""
    codings: tuple[tuple[str, str], ...]
    value_codings: tuple[tuple[str, str], ...] = ()
    value_date: DateSpan | None = None
    """valueDateTime, e.g. of a due date."""


class NotUnderstood(Struct, frozen=True, gc=False):
    """An entry of the record that holds something clinical which the guideline does not know."""

    reference: str
    text: str
    """As the record has it: words, else a code."""


class UnreadValue(Struct, frozen=True, gc=False):
    """An Observation that may matter and whose value was not understood."""

    reference: str
    text: str
    """Its name and its value, as recorded."""
    is_finding: bool
    """The name is one of a finding of the examination: it may be the red flag itself."""


class ObservationHit(Struct, frozen=True, gc=False):
    """An Observation that is in a value set."""

    entry: ObservationEntry
    via: Via
    code: str
    """The code (or phrase) that matched: values of different codes are never compared with each other."""
    number: float | None
    """In the canonical unit of the value set's quantity; None when there is no usable number."""
    comparator: Literal["", "<", "<=", ">", ">="] = ""
    problem: Literal["", "unit-missing", "unit-unknown", "no-value", "implausible"] = ""
    """Why `number` is None although the set has a quantity."""
    inferred_unit: bool = False
    unit: str = ""
    """Canonical unit of `number`."""

    @property
    def converted(self) -> str:
        """The value in the canonical unit, where that is not how it was recorded; else empty."""
        if self.number is None or not self.unit:
            return ""
        shown = _shown(self.number)
        if any(_shown(word) == shown for word in self.entry.value_text.split()):
            return ""
        return f"{shown} {self.unit}"


def _shown(number: float | str) -> str:
    """A number to one decimal; a word that is no number as it is."""
    try:
        return f"{round(float(number), 1):g}"
    except ValueError:
        return str(number)


_Pending = TypeVar("_Pending")


class Observations(Mapping[str, tuple[ObservationHit, ...]], Generic[_Pending]):
    """Observations by value set. A long record holds thousands, so each is read when somebody asks for it."""

    __slots__ = ("_dates", "_pending", "_read", "_read_one", "_when")

    def __init__(
        self,
        pending: Mapping[str, Sequence[_Pending]],
        read: Callable[[_Pending], ObservationHit],
        when: Callable[[_Pending], DateSpan | None],
    ) -> None:
        self._pending = pending
        self._read_one = read
        self._when = when
        self._read: dict[tuple[str, int], ObservationHit] = {}
        self._dates: dict[str, list[DateSpan | None]] = {}

    def __getitem__(self, value_set: str) -> tuple[ObservationHit, ...]:
        return tuple([self._hit(value_set, n) for n in range(len(self._pending[value_set]))])

    def __contains__(self, value_set: object) -> bool:
        return value_set in self._pending

    def __iter__(self) -> Iterator[str]:
        return iter(self._pending)

    def __len__(self) -> int:
        return len(self._pending)

    def since(self, value_set: str, first: date) -> tuple[ObservationHit, ...]:
        """Those of a value set that may be of this day or later, and undated ones; in the order of the record."""
        pending = self._pending.get(value_set)
        if not pending:
            return ()
        dates = self._dates.get(value_set)
        if dates is None:
            dates = self._dates[value_set] = [self._when(one) for one in pending]
        return tuple(
            [
                self._hit(value_set, number)
                for number, span in enumerate(dates)
                if span is None or span.last >= first
            ]
        )

    def _hit(self, value_set: str, number: int) -> ObservationHit:
        name = (value_set, number)
        found = self._read.get(name)
        if found is None:
            found = self._read[name] = self._read_one(self._pending[value_set][number])
        return found


class Exposure(Struct, frozen=True, gc=False):
    """One medication course that is in a value set."""

    reference: str
    display: str
    via: Via
    start: DateSpan | None
    end: date | None
    """Last day of exposure, never after the day that the record was read for; None: length unknown."""
    ongoing: bool
    """Active on that day as far as the record says."""
    open_since: date | None = None
    """Last day on which a course without an end was ordered or handed out; None: the record says when it ends."""
    names_disagree: bool = False
    """Its code is of this set, and its words name another drug."""


class ProcedureHit(Struct, frozen=True, gc=False):
    """A Procedure that is in a value set, completed or in progress."""

    reference: str
    display: str
    via: Via
    code: str
    when: DateSpan | None


class StudyProcedure(Struct, frozen=True, gc=False):
    """What an imaging order or an earlier study images."""

    modality: Modality | None
    regions: tuple[Region, ...]
    """In the order cervical, thoracic, lumbar, sacrum, sacroiliac, whole; empty: not stated."""
    contrast: Contrast


class EarlierStudy(Struct, frozen=True, gc=False):
    """A completed spine imaging study on record (DiagnosticReport, ImagingStudy, Procedure)."""

    reference: str
    display: str
    procedure: StudyProcedure
    when: DateSpan | None


class OpenOrder(Struct, frozen=True, gc=False):
    """A spine imaging order that is on record or among the drafts, and still open."""

    reference: str
    display: str
    procedure: StudyProcedure
    authored: DateSpan | None
    selected: bool = False


class DeviceEntry(Struct, frozen=True, gc=False):
    """An implant, device or fragment that matters for MRI."""

    reference: str
    display: str
    """As the record has it."""
    name: str
    """The part of it that tells what it is: "Cardiac pacemaker" of "Presence of cardiac pacemaker"."""
    via: Via
    safety: Literal["unsafe", "conditional", "unknown"]
    when: DateSpan | None = None


class AllergyHit(Struct, frozen=True, gc=False):
    """An AllergyIntolerance to a contrast agent: `value_set` names the agent set."""

    reference: str
    display: str
    value_set: str
    via: Via
    suspected: bool
    when: DateSpan | None = None


class Person(Struct, frozen=True, gc=False):
    """What is used of Patient; nothing else of it is read."""

    reference: str
    """`Patient/<id>`."""
    birth: DateSpan | None
    gender: Literal["female", "male", "other", "unknown"]
    """As recorded, case ignored; `unknown` when missing."""
    is_deceased: bool
    country: str
    """ISO 3166 or free text of the home address, as recorded; empty when none."""
    died: DateSpan | None = None
    """None: alive, or the day is not recorded."""


class PatientRecord(Struct, frozen=True, gc=False):
    """Everything read about one patient in one call, indexed by value set id."""

    person: Person | None
    """None: Patient could not be read."""
    conditions: Mapping[str, tuple[ConditionHit, ...]]
    observations: Observations[Any]
    exposures: Mapping[str, tuple[Exposure, ...]]
    procedures: Mapping[str, tuple[ProcedureHit, ...]]
    studies: tuple[EarlierStudy, ...]
    open_orders: tuple[OpenOrder, ...]
    devices: tuple[DeviceEntry, ...]
    allergies: tuple[AllergyHit, ...]
    condition_by_reference: Mapping[str, tuple[tuple[str, ConditionHit], ...]]
    """For reasonReference: (value set id, hit) by `Condition/<id>` reference."""
    known_conditions: frozenset[str]
    """References of all Conditions of our patient that came."""
    retracted: frozenset[str]
    """References of Conditions that were refuted or entered in error: no reason of an order."""
    in_hospice: bool
    gaps: tuple[Gap, ...]
    read_keys: frozenset[str]
    """Prefetch keys that were read in full."""
    unread_values: tuple[UnreadValue, ...]
    """Recent Observations that may matter and whose value says nothing that we know."""
    not_understood: tuple[NotUnderstood, ...]
    """Active Conditions with neither codes nor words that the guideline knows: named, never shown as normal."""
    other_patients: int
    """Resources left out because they belong to another patient."""
    counts: Mapping[str, int]
    """How many resources were read by prefetch key."""


class Reason(Struct, frozen=True, gc=False):
    """One reason of an order: a reasonCode, the resource of a reasonReference, or its own free text."""

    kind: Literal["code", "reference", "text"]
    """text: code.text, note, orderDetail and other free text of the order."""
    display: str
    value_sets: Mapping[str, Via]
    """Value sets that it is in, and how each was matched."""
    reference: str | None = None
    codings: tuple[tuple[str, str], ...] = ()
    later_encounter: frozenset[str] = frozenset()
    """Those of its value sets that it is in by the code of a later encounter or a sequela."""
    is_suspected: bool = False
    """It refers to a Condition that is not confirmed."""
    statements: tuple[Statement, ...] = ()
    """What its words state or ask: findings that are there, or may be."""
    is_only_pointed_at: bool = False
    """A reference that came with neither words nor a code of its own."""


class StatedDuration(Struct, frozen=True, gc=False):
    """How long the symptoms have lasted, as a text says: between `least` and `most` days, both included."""

    least: int
    most: int
    quote: str
    """The words themselves, for the card."""


class Answer(Struct, frozen=True, gc=False):
    """What the orderer answered on a card, read back from the order."""

    code: str
    """In our own code system: `under-six-weeks`."""
    quote: str
    lasts: Literal["over", "under", ""]
    """How long the pain has lasted, against the recovery window; empty: it says nothing of that."""
    after_care: bool
    """Conservative care was done for as long."""


class ImagingOrder(Struct, frozen=True, gc=False):
    """One draft order that is spine imaging (or looks like it)."""

    raw: msgspec.Raw
    resource_type: str
    id: str
    reference: str
    """As the explanation and the actions name it: `ServiceRequest/o1`."""
    kind: Literal["known", "unmapped", "unrated"]
    """unmapped: the text names the spine, neither code nor text a modality. unrated: recognised, never rated."""
    procedure: StudyProcedure
    read_from: Literal["code", "body-site", "text"]
    """Where the modality and region were read; `text` is said on the card."""
    display: str
    """code.text, else display, else our own words for the code."""
    coding_systems: tuple[str, ...]
    """System words of its codings, in their order."""
    priority: Priority
    priority_stated: bool
    status: str
    authored: DateSpan | None
    reasons: tuple[Reason, ...]
    """reasonCodes and reasonReferences first, free text last."""
    has_reason: bool
    """A reasonCode or reasonReference with content."""
    duration: StatedDuration | None
    """The longest duration stated in its texts."""
    mentions_travel: bool
    mentions_imaging_elsewhere: bool
    has_laterality: bool
    encounter: msgspec.Raw | None
    requester: msgspec.Raw | None
    subject: msgspec.Raw | None
    instance: int = 0
    """Position among the draft orders."""
    place: str = ""
    """Where it stands in the request, as an error names it."""
    full_url: str | None = None
    """`fullUrl` of its entry: a selection may name it so."""
    texts: tuple[str, ...] = ()
    """Its free text in full: of reasons, code, notes and order details."""
    care: Care | None = None
    """Conservative care that its texts say was tried."""
    not_understood: tuple[str, ...] = ()
    """Reasons whose words were not understood, as written."""
    unread_notes: tuple[str, ...] = ()
    """Notes and details of which that holds: named, without other consequence."""
    readings: tuple[TextReading, ...] = ()
    """What each of its texts says."""
    continues: tuple[str, ...] = ()
    """References of the orders that it carries out or takes the place of."""
    answers: tuple[Answer, ...] = ()
    """What the orderer answered on a card, each once."""
