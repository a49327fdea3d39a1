"""One resource of a chart, and the little of it that says when it was known and what it means: read in one pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from cds_service.evidence.orders.orders import ORDER_TYPES
from cds_service.evidence.raw import NOTHING, READ_ERRORS

_members: Final = msgspec.json.Decoder(dict[str, Raw]).decode


class Resource(Struct, gc=False):
    """One resource of a chart."""

    kind: str
    id: str
    raw: bytes
    dates: tuple[str, ...]
    """Texts of the dates that say when it was known; empty where nothing says so."""
    ended: str
    """When a Condition ended, as written; empty when it did not, or another type."""
    encounter: str
    """Reference to its encounter, as written."""
    updated: str
    """meta.lastUpdated, to tell which of two versions is the newer: no date of the chart."""
    code: bytes
    """JSON text of what it is coded as; empty for no code."""
    drug: str
    """Reference to its Medication, where that is a resource of its own."""
    said: tuple[object, ...]
    """What decides its meaning beside the code, but for dates and numbers: what is alike in both means the same."""
    asked: tuple[bytes, ...] = ()
    """JSON texts of what decides which study an order, a procedure or a report is of; empty where elements are of odd
    shapes, and for other types."""

    @property
    def reference(self) -> str:
        """`Type/id`."""
        return f"{self.kind}/{self.id}"


class _Period(Struct, gc=False):
    start: str = ""
    end: str = ""


class _Whose(Struct, gc=False):
    reference: str = ""


class _Meta(Struct, rename="camel", gc=False):
    last_updated: str = ""


class _Amount(Struct, gc=False):
    unit: object = None
    code: object = None
    system: object = None


class _Part(Struct, rename="camel", gc=False):
    code: Raw = NOTHING
    value_quantity: _Amount | None = None
    value_codeable_concept: Raw = NOTHING


class _Elements(Struct, rename="camel", gc=False):
    """Every element that is read of any type; the shape of a type has those that it may have."""

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


_WHEN_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "Patient": (),
    "Condition": (
        *("recorded_date", "asserted_date", "date_recorded"),
        *("onset_date_time", "onset_period"),
    ),
    "Observation": ("effective_date_time", "effective_instant", "effective_period", "issued"),
    "MedicationRequest": ("authored_on", "date_written"),
    "Procedure": (
        *("performed_date_time", "performed_period", "recorded_date"),
        *("occurrence_date_time", "occurrence_period"),
    ),
    "Encounter": ("period",),
    "Device": ("manufacture_date",),
}
"""What dates a type; the types that are not named have any of the rest."""
_WHEN: Final = (
    *("recorded_date", "asserted_date", "onset_date_time", "effective_date_time"),
    *("effective_instant", "effective_period", "effective_time_date_time"),
    *("effective_time_period", "issued", "authored_on", "ordered_on", "date_written"),
    *("date_asserted", "when_handed_over", "when_prepared", "performed_date_time"),
    *("performed_period", "occurence_date_time", "occurence_period", "started"),
)
_ASKED: Final = ("code", "body_site", "category", "order_detail", "item")
_ASKED_OF: Final = (*ORDER_TYPES, "Procedure", "DiagnosticReport")
_BESIDE: Final = (
    "meta",
    "encounter",
    "code",
    "medication_codeable_concept",
    "medication_reference",
)
_DRUG_TYPES: Final = (
    *("MedicationRequest", "MedicationStatement", "MedicationOrder", "MedicationDispense"),
    "MedicationAdministration",
)
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

    __slots__ = ("_asked", "_dates", "_decode", "_is_asked", "_kind", "_nothing", "_said")

    def __init__(self, kind: str) -> None:
        self._kind = kind
        when = _WHEN_OF.get(kind, _WHEN)
        self._dates = attrgetter(*when) if len(when) > 1 else _those(when)
        self._said = _SAID_OF.get(kind, _nothing_beside)
        self._asked = attrgetter(*_ASKED)
        self._is_asked = kind in _ASKED_OF
        names = {*when, *_BESIDE, *_BESIDE_OF.get(kind, ()), *(_ASKED if self._is_asked else ())}
        elements = [
            (one.name, one.type, one.default)
            for one in msgspec.structs.fields(_Elements)
            if one.name in names
        ]
        # Few, since every element of a resource is looked for among all of a shape.
        shape = msgspec.defstruct(kind, elements, rename="camel", gc=False)
        self._nothing: Any = shape()
        self._decode = msgspec.json.Decoder(shape, strict=False).decode

    def read(self, name: str, raw: bytes) -> Resource:
        """The resource. What has dates of an odd shape has none."""
        kind = self._kind
        try:
            found: Any = self._decode(raw)
        except READ_ERRORS:
            found = self._one_by_one(raw)
            said: tuple[object, ...] = (raw,)
            asked: tuple[bytes, ...] = ()
        else:
            said = self._said(found)
            asked = tuple(map(bytes, self._asked(found))) if self._is_asked else ()
        is_condition = kind == "Condition"
        meta, encounter, drug = found.meta, found.encounter, found.medication_reference
        return Resource(
            kind,
            name,
            raw,
            _recorded(found) if is_condition else _first_days(self._dates(found)),
            _ended(found) if is_condition else "",
            encounter.reference if encounter is not None else "",
            meta.last_updated if meta is not None else "",
            _bytes(found.code) or _bytes(found.medication_codeable_concept),
            drug.reference if drug is not None else "",
            said,
            asked,
        )

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


def read_resource(kind: str, name: str, raw: bytes) -> Resource:
    """A resource of a type, with its id and its JSON text."""
    reader = _readers.get(kind)
    if reader is None:
        reader = _readers[kind] = _Reader(kind)
    return reader.read(name, raw)


def _those(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """The same as `attrgetter` of several names, of one or none."""
    return lambda found: tuple([getattr(found, name) for name in names])


def _first_days(values: tuple[Any, ...]) -> tuple[str, ...]:
    """The dates that are there; of a period its beginning."""
    dates = []
    for value in values:
        if value is not None:
            date = (value.start or value.end) if type(value) is _Period else value
            if date:
                dates.append(date)
    return tuple(dates)


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


def _nothing_beside(_: Any) -> tuple[object, ...]:
    return ()


def _texts_of(names: tuple[str, ...]) -> Callable[[Any], tuple[object, ...]]:
    elements = attrgetter(*names)
    return lambda found: tuple(map(bytes, elements(found)))


def _status(found: Any) -> tuple[object, ...]:
    return (_bytes(found.clinical_status), _bytes(found.verification_status), bool(_ended(found)))


def _value(found: Any) -> tuple[object, ...]:
    parts: tuple[object, ...] = ()
    if found.component:
        parts = tuple(
            (_bytes(part.code), _bytes(part.value_codeable_concept), _unit(part.value_quantity))
            for part in found.component
        )
    return (
        _unit(found.value_quantity),
        _bytes(found.value_codeable_concept),
        _bytes(found.value_string),
        _bytes(found.value_boolean),
        found.value_integer is not None,
        found.value_date_time is not None,
        _bytes(found.data_absent_reason),
        _bytes(found.status),
        parts,
    )


def _unit(amount: _Amount | None) -> tuple[str, ...] | None:
    return None if amount is None else (str(amount.unit), str(amount.code), str(amount.system))


def _bytes(raw: Raw) -> bytes:
    return b"" if raw is NOTHING else bytes(raw)


_SAID_OF: Final[Mapping[str, Callable[[Any], tuple[object, ...]]]] = {
    "Observation": _value,
    "Condition": _status,
    **{
        kind: _texts_of(_BESIDE_OF[kind])
        for kind in ("Procedure", "AllergyIntolerance", *_DRUG_TYPES)
    },
}
_readers: Final[dict[str, _Reader]] = {}
