"""One patient's chart as files hold it, and the part of it that was known at a moment, as a client's prefetch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

import msgspec
from msgspec import Raw, Struct

from cds_service.evidence.codes.references import split_reference
from cds_service.evidence.raw import NOTHING
from cds_service.evidence.record.types import REQUIREMENTS
from cds_service.replay.chart_resources import Resource, read_resource
from cds_service.replay.moments import Horizon, Moment

_KEY_OF: Final = {
    kind: need.key
    for need in reversed(REQUIREMENTS)
    if need.key != "dispatchedOrders"
    for kind in (need.resource_type, *need.also)
}
_PATIENT: Final = "patient"
_KEYS: Final = tuple(need for need in REQUIREMENTS if need.key != "dispatchedOrders")


_members: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_ENDS: Final = ("abatementDateTime", "abatementPeriod")
_KIND: Final = attrgetter("kind")
_NAME: Final = attrgetter("kind", "elements.id")
_PLACE: Final = attrgetter("kind", "id", "updated", "raw")
_ACTIVE: Final = Raw(b'{"coding":[{"code":"active"}]}')


class Chart(Struct, gc=False):
    """All resources of one patient in one data set."""

    dataset: str
    patient: str
    resources: tuple[Resource, ...]
    """By type and id, each once."""
    by_kind: dict[str, list[Resource]]
    """The same by type."""
    provided: frozenset[str]
    """Resource types that the data set holds of anybody: what it holds of nobody was not provided."""
    repeated: int = 0
    """Resources left out because the same, or a newer version, is there."""

    def of(self, *kinds: str) -> list[Resource]:
        """The resources of some types."""
        return [one for kind in kinds for one in self.by_kind.get(kind, ())]


def make_chart(
    key: tuple[str, str], resources: Sequence[Resource], provided: frozenset[str]
) -> Chart:
    """The chart of (data set, patient), whatever order its resources came in.

    The same resource twice is one. Of two versions the newer is taken, where both say when they were stored; else both
    stay, since to leave one out might lose a finding.
    """
    by_name = dict(zip(map(_NAME, resources), resources, strict=True))
    if len(by_name) == len(resources):
        return _chart(key, [by_name[name] for name in sorted(by_name)], provided, 0)
    kept: dict[tuple[str, str, bytes], Resource] = {}
    repeated = 0
    for one in sorted(resources, key=_PLACE):
        name = (one.kind, one.id, b"" if one.id and one.updated else one.raw)
        repeated += name in kept
        kept[name] = one
    return _chart(key, kept.values(), provided, repeated)


def _chart(
    key: tuple[str, str], ordered: Iterable[Resource], provided: frozenset[str], repeated: int
) -> Chart:
    resources = tuple(ordered)
    by_kind = {kind: list(found) for kind, found in groupby(resources, _KIND)}
    return Chart(*key, resources, by_kind, provided, repeated)


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


def _not_ended(one: Resource) -> Resource:
    """The Condition as it was before its end: active, where a status said that it had ended."""
    members = {name: raw for name, raw in _members(one.raw).items() if name not in _ENDS}
    if members.get("clinicalStatus", NOTHING) is not NOTHING:
        members["clinicalStatus"] = _ACTIVE
    return read_resource(one.kind, msgspec.json.encode(members))
