"""One resource of a chart, and the little of it that says when it was known and what it means: read in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import repeat
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from cds_service.evidence.orders.orders import ORDER_TYPES
from cds_service.evidence.raw import NOTHING, READ_ERRORS
from cds_service.evidence.record.types import TYPES

Name = tuple[str, bytes, bytes]
"""(type, code, what else decides the meaning) of a resource."""
_members: Final = msgspec.json.Decoder(dict[str, Raw]).decode


class Resource(Struct, gc=False):
    """One resource of a chart. What it says is looked up where somebody asks: few charts hold an order."""

    kind: str
    raw: bytes
    """Its JSON text, in one line."""
    elements: Any
    """Those that are read, in the shape of its type."""
    is_odd: bool = False
    """Whether some of these elements have another shape than they should, and are left out."""

    @property
    def id(self) -> str:
        """Its logical id; empty for none."""
        return str(self.elements.id)

    @property
    def reference(self) -> str:
        """`Type/id`."""
        return f"{self.kind}/{self.elements.id}"

    @property
    def updated(self) -> str:
        """meta.lastUpdated, to tell which of two versions is the newer: no date of the chart."""
        meta = self.elements.meta
        return meta.last_updated if meta is not None else ""

    @property
    def dates(self) -> tuple[str, ...]:
        """Texts of the dates that say when it was known; empty where nothing says so."""
        return _READERS[self.kind].dates(self.elements)

    @property
    def ended(self) -> str:
        """When a Condition ended, as written; empty when it did not, or another type."""
        return _ended(self.elements) if self.kind == "Condition" else ""

    @property
    def encounter(self) -> str:
        """Reference to its encounter, as written."""
        encounter = self.elements.encounter
        return encounter.reference if encounter is not None else ""

    @property
    def drug(self) -> str:
        """Reference to its Medication, where that is a resource of its own."""
        drug = self.elements.medication_reference if self.kind in _DRUG_TYPES else None
        return drug.reference if drug is not None else ""


class _Period(Struct, gc=False):
    start: str = ""
    end: str = ""

    def __bool__(self) -> bool:
        return bool(self.start or self.end)


class _Whose(Struct, gc=False):
    reference: str = ""


class _Meta(Struct, rename="camel", gc=False):
    last_updated: str = ""


class _Amount(Struct, gc=False):
    unit: Raw = NOTHING
    code: Raw = NOTHING
    system: Raw = NOTHING


class _Part(Struct, rename="camel", gc=False):
    code: Raw = NOTHING
    value_quantity: _Amount | None = None
    value_codeable_concept: Raw = NOTHING


class _Elements(Struct, rename="camel", gc=False):
    """Every element that is read of any type; the shape of a type has those that it may have."""

    id: str = ""
    meta: _Meta | None = None
    recorded_date: str | None = None
    asserted_date: str | None = None
    date_recorded: str | None = None
    onset_date_time: str | None = None
    onset_period: _Period | None = None
    abatement_date_time: str | None = None
    abatement_period: _Period | None = None
    effective_date_time: str | None = None
    effective_instant: str | None = None
    effective_period: _Period | None = None
    effective_time_date_time: str | None = None
    effective_time_period: _Period | None = None
    issued: str | None = None
    authored_on: str | None = None
    ordered_on: str | None = None
    date_written: str | None = None
    date_asserted: str | None = None
    when_handed_over: str | None = None
    when_prepared: str | None = None
    performed_date_time: str | None = None
    performed_period: _Period | None = None
    occurrence_date_time: str | None = None
    occurrence_period: _Period | None = None
    occurence_date_time: str | None = None
    occurence_period: _Period | None = None
    started: str | None = None
    manufacture_date: str | None = None
    period: _Period | None = None
    encounter: _Whose | None = None
    medication_reference: _Whose | None = None
    code: Raw = NOTHING
    medication_codeable_concept: Raw = NOTHING
    clinical_status: Raw = NOTHING
    verification_status: Raw = NOTHING
    value_quantity: _Amount | None = None
    value_codeable_concept: Raw = NOTHING
    value_string: Raw = NOTHING
    value_boolean: Raw = NOTHING
    value_integer: object = None
    value_date_time: object = None
    data_absent_reason: Raw = NOTHING
    component: tuple[_Part, ...] = ()
    body_site: Raw = NOTHING
    category: Raw = NOTHING
    order_detail: Raw = NOTHING
    item: Raw = NOTHING
    status: Raw = NOTHING
    taken: Raw = NOTHING
    do_not_perform: Raw = NOTHING
    not_performed: Raw = NOTHING
    not_given: Raw = NOTHING
    was_not_given: Raw = NOTHING
    was_not_taken: Raw = NOTHING
    dosage_instruction: Raw = NOTHING
    dosage: Raw = NOTHING


_DATES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "Patient": (),
    "Condition": ("recorded_date", "asserted_date", "date_recorded", "onset_date_time"),
    "Observation": ("effective_date_time", "effective_instant", "issued"),
    "MedicationRequest": ("authored_on", "date_written"),
    "Procedure": ("performed_date_time", "recorded_date", "occurrence_date_time"),
    "Encounter": (),
    "Device": ("manufacture_date",),
}
"""Elements that date a type; the types that are not named have any of the rest."""
_DATES: Final = (
    *("recorded_date", "asserted_date", "onset_date_time", "effective_date_time"),
    *("effective_instant", "effective_time_date_time", "issued", "authored_on", "ordered_on"),
    *("date_written", "date_asserted", "when_handed_over", "when_prepared"),
    *("performed_date_time", "occurence_date_time", "started"),
)
_PERIODS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "Patient": (),
    "Condition": ("onset_period",),
    "Observation": ("effective_period",),
    "MedicationRequest": (),
    "Procedure": ("performed_period", "occurrence_period"),
    "Encounter": ("period",),
    "Device": (),
}
_PERIODS: Final = (
    *("effective_period", "effective_time_period", "performed_period", "occurence_period"),
)
_ASKED: Final = ("code", "body_site", "category", "order_detail", "item")
_ASKED_OF: Final = (*ORDER_TYPES, "Procedure", "DiagnosticReport")
_ELEMENTS: Final = attrgetter("elements")
_CODE: Final = attrgetter("code")
_OF_ALL: Final = ("id", "meta", "encounter", "code")
_DRUG_TYPES: Final = (
    *("MedicationRequest", "MedicationStatement", "MedicationOrder", "MedicationDispense"),
    "MedicationAdministration",
)
_DRUG: Final = ("medication_codeable_concept", "medication_reference")
_GIVEN: Final = (
    *("status", "taken", "do_not_perform", "not_given", "was_not_given", "was_not_taken"),
    *("dosage_instruction", "dosage"),
)
"""What decides whether a drug reached the patient, and whether all of the body."""
_BESIDE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "Condition": (
        *("abatement_date_time", "abatement_period", "clinical_status", "verification_status"),
    ),
    "Observation": (
        *("value_quantity", "value_codeable_concept", "value_string", "value_boolean"),
        *("value_integer", "value_date_time", "data_absent_reason", "component", "status"),
    ),
    "Procedure": ("status", "not_performed"),
    "AllergyIntolerance": ("clinical_status", "verification_status", "status"),
    **dict.fromkeys(_DRUG_TYPES, _GIVEN),
}


class _Reader:
    """Reads the resources of one type."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        dates, periods = _DATES_OF.get(kind, _DATES), _PERIODS_OF.get(kind, _PERIODS)
        asked = _ASKED if kind in _ASKED_OF else ()
        drug = _DRUG if kind in _DRUG_TYPES else ()
        self._dates, self._periods = _elements(dates), _elements(periods)
        self._when = _elements((*dates, *periods))
        self._is_condition, self._is_drug = kind == "Condition", bool(drug)
        self._asked = _texts_of(asked)
        self._said = _SAID_OF.get(kind, _texts_of(()))
        names = {*_OF_ALL, *dates, *periods, *asked, *drug, *_BESIDE_OF.get(kind, ())}
        elements = [
            (one.name, one.type, one.default)
            for one in msgspec.structs.fields(_Elements)
            if one.name in names
        ]
        # Few, since every element of a resource is looked for among all of a shape.
        shape = msgspec.defstruct(kind, elements, rename="camel", gc=False)
        self._nothing: Any = shape()
        decoder = msgspec.json.Decoder(shape, strict=False)
        self._decode, self._decode_lines = decoder.decode, decoder.decode_lines

    def dates(self, found: Any) -> tuple[str, ...]:
        """The dates that are there; of a period its beginning."""
        if self._is_condition:
            return _recorded(found)
        dates: tuple[str, ...] = tuple(filter(None, self._dates(found)))
        periods = filter(None, self._periods(found))
        return dates + tuple([period.start or period.end for period in periods])

    def are_dated(self, every: list[Resource]) -> list[bool]:
        """Of each whether there is any date."""
        if self._is_condition:
            return [bool(_recorded(one.elements)) for one in every]
        return list(map(any, map(self._when, map(_ELEMENTS, every))))

    def names(self, every: list[Resource]) -> list[Name]:
        """What each is named by."""
        found = list(map(_ELEMENTS, every))
        codes = map(bytes, map(_CODE, found))
        if self._is_drug:
            codes = map(_code_of_drug, found)
        names = list(zip(repeat(self._kind), codes, self._said(found)))
        for number, one in enumerate(every):
            if one.is_odd:
                names[number] = (*names[number][:-1], one.raw)
        return names

    def asked(self, every: list[Resource]) -> list[bytes]:
        """What each asks for."""
        asked = self._asked(map(_ELEMENTS, every))
        return [b"" if one.is_odd else text for one, text in zip(every, asked, strict=True)]

    def read(self, raw: bytes) -> Resource:
        """One resource. What has dates of an odd shape has none."""
        try:
            return Resource(self._kind, raw, self._decode(raw))
        except READ_ERRORS:
            return Resource(self._kind, raw, self._one_by_one(raw), is_odd=True)

    def read_lines(self, lines: bytes) -> list[Resource]:
        """Resources, one a line."""
        each = lines.split(b"\n")
        try:
            found = self._decode_lines(lines)
        except READ_ERRORS:
            found = []
        if len(found) != len(each):
            return [self.read(raw) for raw in each]
        return list(map(Resource, repeat(self._kind), each, found))

    def _one_by_one(self, raw: bytes) -> Any:
        """What can be read of a resource in which some element has an odd shape."""
        try:
            members: Mapping[str, Raw] = _members(raw)
        except READ_ERRORS:
            return self._nothing
        found: dict[str, object] = {}
        for element in msgspec.structs.fields(self._nothing):
            name = element.encode_name
            if name not in members:
                continue
            try:
                one = self._decode(b'{"' + name.encode() + b'":' + bytes(members[name]) + b"}")
            except READ_ERRORS:
                continue
            found[element.name] = getattr(one, element.name)
        return msgspec.structs.replace(self._nothing, **found)


def read_resource(kind: str, raw: bytes) -> Resource:
    """A resource of a type that is read, of its JSON text in one line."""
    return _READERS[kind].read(raw)


def read_resources(kind: str, lines: bytes) -> list[Resource]:
    """Resources of a type that is read, of their JSON texts, one a line."""
    return _READERS[kind].read_lines(lines)


def names_of(kind: str, every: list[Resource]) -> list[Name]:
    """What resources of one type are named by: two of one name mean the same, whatever their dates and numbers.

    One that is coded as nothing has an empty code.
    """
    return _READERS[kind].names(every)


def are_dated(kind: str, every: list[Resource]) -> list[bool]:
    """Of resources of one type whether anything says when they were known."""
    return _READERS[kind].are_dated(every)


def asked_by(kind: str, every: list[Resource]) -> list[bytes]:
    """JSON texts of what decides which study orders, procedures or reports are of.

    Empty where elements are of odd shapes, and for other types.
    """
    return _READERS[kind].asked(every)


def _elements(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Takes the elements of these names from a shape."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda found: tuple([getattr(found, name) for name in names])


def _recorded(found: Any) -> tuple[str, ...]:
    # A beginning ahead of its own recording is a slip of the pen.
    recorded = found.recorded_date or found.asserted_date or found.date_recorded
    started = found.onset_date_time or (found.onset_period.start if found.onset_period else "")
    known = recorded or started
    return (known,) if known else ()


def _ended(found: Any) -> str:
    if found.abatement_date_time:
        return str(found.abatement_date_time)
    period: _Period | None = found.abatement_period
    return (period.end or period.start) if period is not None else ""


def _code_of_drug(found: Any) -> bytes:
    return bytes(found.code) or bytes(found.medication_codeable_concept)


def _texts_of(names: tuple[str, ...]) -> Callable[[Iterable[Any]], Iterable[bytes]]:
    """Of many shapes the elements of these names, as JSON texts."""
    elements = _elements(names)
    return lambda every: map(_JOINED, map(elements, every))


_JOINED: Final = b"\n".join
_STATUSES: Final = _texts_of(("clinical_status", "verification_status"))
_VALUES: Final = _texts_of(
    (
        *("value_codeable_concept", "value_string", "value_boolean"),
        *("data_absent_reason", "status"),
    )
)
_UNITS: Final = attrgetter("unit", "code", "system")
_PARTS: Final = attrgetter("code", "value_codeable_concept")


def _status_texts(every: list[Any]) -> Iterable[bytes]:
    statuses = zip(_STATUSES(every), every, strict=True)
    return [said + (b"\nended" if _ended(found) else b"") for said, found in statuses]


def _value_texts(every: list[Any]) -> Iterable[bytes]:
    texts = list(_VALUES(every))
    for number, found in enumerate(every):
        if found.value_quantity is not None:
            texts[number] += b"\nquantity\n" + _JOINED(_UNITS(found.value_quantity))
        if found.value_integer is not None:
            texts[number] += b"\ninteger"
        if found.value_date_time is not None:
            texts[number] += b"\ndate"
        for part in found.component:
            texts[number] += b"\ncomponent\n" + _JOINED(_PARTS(part))
            if part.value_quantity is not None:
                texts[number] += b"\nquantity\n" + _JOINED(_UNITS(part.value_quantity))
    return texts


_SAID_OF: Final[Mapping[str, Callable[[list[Any]], Iterable[bytes]]]] = {
    "Observation": _value_texts,
    "Condition": _status_texts,
    **{
        kind: _texts_of(_BESIDE_OF[kind])
        for kind in ("Procedure", "AllergyIntolerance", *_DRUG_TYPES)
    },
}
_READERS: Final = {one.name: _Reader(one.name) for one in TYPES}
