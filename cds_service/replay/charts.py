"""One patient's chart as files hold it, and the part of it that was known at a moment, as a client's prefetch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct

from cds_service.evidence.codes.references import split_reference
from cds_service.evidence.raw import NOTHING, READ_ERRORS
from cds_service.evidence.record.types import REQUIREMENTS
from cds_service.replay.moments import Horizon, Moment

_KEY_OF: Final = {
    kind: need.key
    for need in reversed(REQUIREMENTS)
    if need.key != "dispatchedOrders"
    for kind in (need.resource_type, *need.also)
}
_PATIENT: Final = "patient"
_KEYS: Final = tuple(need for need in REQUIREMENTS if need.key != "dispatchedOrders")


class Period(Struct, gc=False):
    """A FHIR Period."""

    start: str = ""
    end: str = ""


class _Whose(Struct, gc=False):
    reference: str = ""


class _Meta(Struct, rename="camel", gc=False):
    last_updated: str = ""


class _Dates(Struct, rename="camel", gc=False):
    """Everything that says when something was, or was written down."""

    meta: _Meta | None = None
    recorded_date: str | None = None
    asserted_date: str | None = None
    date_recorded: str | None = None
    onset_date_time: str | None = None
    onset_period: Period | None = None
    abatement_date_time: str | None = None
    abatement_period: Period | None = None
    effective_date_time: str | None = None
    effective_instant: str | None = None
    effective_period: Period | None = None
    effective_time_date_time: str | None = None
    effective_time_period: Period | None = None
    issued: str | None = None
    authored_on: str | None = None
    ordered_on: str | None = None
    date_written: str | None = None
    date_asserted: str | None = None
    when_handed_over: str | None = None
    when_prepared: str | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    occurence_date_time: str | None = None
    occurence_period: Period | None = None
    started: str | None = None
    manufacture_date: str | None = None
    period: Period | None = None
    encounter: _Whose | None = None
    medication_reference: _Whose | None = None
    code: Raw = NOTHING
    medication_codeable_concept: Raw = NOTHING


_NO_DATES: Final = _Dates()
_decode: Final = msgspec.json.Decoder(_Dates, strict=False).decode
_members: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_ENDS: Final = ("abatementDateTime", "abatementPeriod")
_ACTIVE: Final = Raw(b'{"coding":[{"code":"active"}]}')


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

    @property
    def reference(self) -> str:
        """`Type/id`."""
        return f"{self.kind}/{self.id}"


class Chart(Struct, gc=False):
    """All resources of one patient in one data set."""

    dataset: str
    patient: str
    resources: tuple[Resource, ...]
    """By type and id, each once."""
    provided: frozenset[str]
    """Resource types that the data set holds of anybody: what it holds of nobody was not provided."""
    repeated: int = 0
    """Resources left out because the same, or a newer version, is there."""

    def of(self, *kinds: str) -> list[Resource]:
        """The resources of some types."""
        return [one for one in self.resources if one.kind in kinds]


def read_resource(kind: str, name: str, raw: bytes) -> Resource:
    """A resource with its dates. What has dates of an odd shape has none."""
    try:
        found = _decode(raw)
    except READ_ERRORS:
        found = _dates_one_by_one(raw)
    return Resource(
        kind,
        name,
        raw,
        _known_dates(kind, found),
        _ended(found) if kind == "Condition" else "",
        found.encounter.reference if found.encounter is not None else "",
        found.meta.last_updated if found.meta is not None else "",
        bytes(found.code) or bytes(found.medication_codeable_concept),
        found.medication_reference.reference if found.medication_reference is not None else "",
    )


def make_chart(
    key: tuple[str, str], resources: Iterable[Resource], provided: frozenset[str]
) -> Chart:
    """The chart of (data set, patient), whatever order its resources came in.

    The same resource twice is one. Of two versions the newer is taken, where both say when they were stored; else both
    stay, since to leave one out might lose a finding.
    """
    kept: dict[tuple[str, str, str], Resource] = {}
    repeated = 0
    for one in sorted(resources, key=lambda one: (one.kind, one.id, one.updated, one.raw)):
        name = (one.kind, one.id, "" if one.id and one.updated else one.raw.decode("latin-1"))
        repeated += name in kept
        kept[name] = one
    return Chart(*key, tuple(kept.values()), provided, repeated)


def known_at(chart: Chart, moment: Moment, hidden: frozenset[str]) -> list[Resource]:
    """What was known of the chart at a moment.

    Left out is what is dated or recorded later, what has no date of its own and belongs to a later encounter, and what
    is `hidden` by its reference. A Condition that ended later had not ended.
    """
    horizon = Horizon(moment)
    is_after = horizon.is_after
    later = {
        one.id
        for one in chart.resources
        if one.kind == "Encounter" and any(map(is_after, one.dates))
    }
    known = []
    for one in chart.resources:
        if one.reference in hidden or any(map(is_after, one.dates)):
            continue
        if later and not one.dates and split_reference(one.encounter)[1] in later:
            continue
        known.append(_not_ended(one) if one.ended and is_after(one.ended) else one)
    return known


def prefetch_values(chart: Chart, known: Iterable[Resource]) -> dict[str, bytes]:
    """The `prefetch` that a client would send of these resources, by key; without what the data set cannot answer."""
    by_key: dict[str, list[bytes]] = {
        need.key: []
        for need in _KEYS
        if not chart.provided.isdisjoint((need.resource_type, *need.also))
    }
    others = []
    for one in known:
        key = _KEY_OF.get(one.kind)
        if key in by_key:
            by_key[key].append(one.raw)
        elif key is None:
            others.append(one.raw)
    asked = [found for key, found in by_key.items() if found and key != _PATIENT]
    if others and asked:
        # Types that no key asks for come along with some that were asked for: alone they would be no answer.
        min(asked, key=len).extend(others)
    values = {key: _searchset(found) for key, found in by_key.items() if key != _PATIENT}
    persons = by_key.get(_PATIENT)
    return {_PATIENT: persons[0], **values} if persons else values


def _searchset(found: list[bytes]) -> bytes:
    entries = b"".join((b'{"resource":', b'},{"resource":'.join(found), b"}")) if found else b""
    return b'{"resourceType":"Bundle","type":"searchset","entry":[' + entries + b"]}"


def prefetch_json(chart: Chart, known: Iterable[Resource]) -> bytes:
    """The same as one JSON object."""
    values = prefetch_values(chart, known)
    parts = [b'"' + key.encode() + b'":' + value for key, value in values.items()]
    return b"{" + b",".join(parts) + b"}"


def drugs_elsewhere(resources: Iterable[Resource]) -> set[str]:
    """References to Medications that the resources do not contain, as written."""
    return {one.drug for one in resources if one.drug and not one.drug.startswith("#")}


_WHEN_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "Patient": (),
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


def _known_dates(kind: str, found: _Dates) -> tuple[str, ...]:
    if kind == "Condition":
        # A beginning ahead of its own recording is a slip of the pen.
        recorded = found.recorded_date or found.asserted_date or found.date_recorded
        started = found.onset_date_time or (found.onset_period.start if found.onset_period else "")
        known = recorded or started
        return (known,) if known else ()
    dates = []
    for name in _WHEN_OF.get(kind, _WHEN):
        value = getattr(found, name)
        if type(value) is Period:
            value = value.start or value.end
        if value:
            dates.append(value)
    return tuple(dates)


def _ended(found: _Dates) -> str:
    if found.abatement_date_time:
        return found.abatement_date_time
    period = found.abatement_period
    return (period.end or period.start) if period is not None else ""


def _not_ended(one: Resource) -> Resource:
    """The Condition as it was before its end: active, where a status said that it had ended."""
    members = {name: raw for name, raw in _members(one.raw).items() if name not in _ENDS}
    if members.get("clinicalStatus", NOTHING) is not NOTHING:
        members["clinicalStatus"] = _ACTIVE
    return msgspec.structs.replace(one, raw=msgspec.json.encode(members), ended="")


def _dates_one_by_one(raw: bytes) -> _Dates:
    """The dates of a resource in which some other element has an odd shape."""
    try:
        members: Mapping[str, Raw] = _members(raw)
    except READ_ERRORS:
        return _NO_DATES
    found: dict[str, object] = {}
    names = zip(_Dates.__struct_fields__, _Dates.__struct_encode_fields__, strict=True)
    for field, name in names:
        if name not in members:
            continue
        try:
            one = _decode(b'{"' + name.encode() + b'":' + bytes(members[name]) + b"}")
        except READ_ERRORS:
            continue
        found[field] = getattr(one, field)
    return msgspec.structs.replace(_NO_DATES, **found)
