"""One record while it is read: what came, sorted by resource type, and what has been found in it so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, TypeVar

from msgspec import Struct

from cds_service.evidence.codes.concepts import ConceptReader, ConceptReading
from cds_service.evidence.codes.dates import days_after
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.codes.observation_names import NamedObservation
from cds_service.evidence.codes.statuses import Verification
from cds_service.evidence.model import (
    AllergyHit,
    ConditionHit,
    DateSpan,
    DeviceEntry,
    EarlierStudy,
    Exposure,
    NotUnderstood,
    OpenOrder,
    Person,
    ProcedureHit,
    UnreadValue,
)
from cds_service.evidence.orders.catalog import Catalog
from cds_service.evidence.orders.links import OrderLinks
from cds_service.evidence.record.shapes import MedicationShape
from cds_service.evidence.record.subjects import Subjects

_T = TypeVar("_T")
_DAY_LENGTH: Final = 10


class Batch(Struct, gc=False):
    """Resources of one type that came under one prefetch key."""

    key: str
    resources: tuple[Any, ...]
    """In the shape of their type (`types.TYPES`)."""
    full_urls: tuple[str | None, ...]
    """One a resource."""


class ReadingCounts:
    """What is counted while a record is read."""

    __slots__ = (
        "other_patients",
        "over_limits",
        "read",
        "unnamed_drugs",
        "unread_findings",
        "unreadable",
    )

    def __init__(self) -> None:
        self.read: dict[str, int] = {}
        """Resources that came, by prefetch key."""
        self.unreadable: Counter[str] = Counter()
        self.unnamed_drugs: Counter[str] = Counter()
        """Medication resources that name no drug that came with them, by prefetch key."""
        self.other_patients = 0
        self.over_limits: Counter[str] = Counter()
        """Resources that were left out because there are too many, by prefetch key."""
        self.unread_findings = 0
        """Recent findings of the examination whose value was not understood."""


class Intake:
    """The resources of one call and what their readers find in them, for this call alone."""

    __slots__ = (
        "allergies",
        "as_of",
        "batches",
        "catalog",
        "concepts",
        "conditions",
        "devices",
        "exposures",
        "in_hospice",
        "index",
        "judged",
        "known_conditions",
        "latest",
        "latest_text",
        "medications",
        "named",
        "observed",
        "open_orders",
        "order_links",
        "patient_id",
        "person",
        "procedures",
        "retracted",
        "status_words",
        "studies",
        "subjects",
        "tally",
        "unread_problems",
        "unread_values",
        "verifications",
    )

    def __init__(
        self,
        patient_id: str,
        index: CodeIndex,
        catalog: Catalog,
        as_of: date,
        judged: frozenset[str] = frozenset(),
    ) -> None:
        self.patient_id = patient_id
        self.judged = judged
        """References of the orders that are judged: what they say is not on record."""
        self.index = index
        self.catalog = catalog
        self.as_of = as_of
        self.latest = days_after(as_of, index.rules.future_days)
        """The last day that still counts as today."""
        self.latest_text = self.latest.isoformat()
        self.concepts = ConceptReader(index)
        self.subjects = Subjects(patient_id)
        self.tally = ReadingCounts()
        self.batches: dict[str, list[Batch]] = {}
        """By resource type."""
        self.person: Person | None = None
        self.medications: dict[str, MedicationShape] = {}
        """Medication resources by every reference that may name them."""
        self.conditions: dict[str, list[ConditionHit]] = defaultdict(list)
        self.known_conditions: set[str] = set()
        self.retracted: set[str] = set()
        self.named: dict[int, NamedObservation | None] = {}
        """What the name of each distinct code means that no value set holds."""
        self.observed: dict[str, list[Any]] = defaultdict(list)
        """By value set: what `observations.read_observed` reads when somebody asks."""
        self.exposures: dict[str, list[Exposure]] = defaultdict(list)
        self.procedures: dict[str, list[ProcedureHit]] = defaultdict(list)
        self.studies: list[EarlierStudy] = []
        self.open_orders: list[OpenOrder] = []
        self.order_links = OrderLinks()
        self.devices: list[DeviceEntry] = []
        self.allergies: list[AllergyHit] = []
        self.in_hospice = False
        self.unread_problems: list[NotUnderstood] = []
        self.unread_values: list[UnreadValue] = []
        self.status_words: dict[bytes, tuple[str, ...]] = {}
        """Words of each distinct status that was met."""
        self.verifications: dict[bytes, Verification | None] = {}
        """What each distinct verificationStatus says."""

    @property
    def birth(self) -> DateSpan | None:
        """Birth date of our patient."""
        return self.person.birth if self.person is not None else None

    def is_ahead(self, span: DateSpan | None) -> bool:
        """True for a date that lies ahead of the day: nobody knew then what has it."""
        return span is not None and span.first > self.latest

    def ours(self, kind: str) -> Iterator[tuple[str, list[Any]]]:
        """(prefetch key, resources) of a type. What belongs to another patient is counted and left out."""
        for batch in self.batches.get(kind, ()):
            found = self.subjects.of_ours(batch.resources)
            self.tally.other_patients += len(batch.resources) - len(found)
            yield batch.key, found

    def coded(self, kind: str) -> Iterator[tuple[Any, ConceptReading]]:
        """(resource, its code) of a type. One whose code is no code in any shape is counted and left out."""
        known, read = self.concepts.known, self.concepts.read
        for key, resources in self.ours(kind):
            for shape in resources:
                # asked here, not in `read`: most codes stand in a record many times
                code = known.get(bytes(shape.code)) or read(shape.code)
                if code.is_unreadable:
                    self.tally.unreadable[key] += 1
                else:
                    yield shape, code


def reference(kind: str, resource_id: object) -> str:
    """`Type/id`, empty for a resource without an id."""
    return f"{kind}/{resource_id}" if isinstance(resource_id, str) and resource_id else ""


def as_tuples(found: Mapping[str, list[_T]]) -> dict[str, tuple[_T, ...]]:
    """Findings by value set, closed."""
    return {value_set: tuple(hits) for value_set, hits in found.items()}
