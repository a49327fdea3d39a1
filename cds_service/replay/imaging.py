"""Imaging of the spine in a chart: orders, and studies that were done; each event once, whatever tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from msgspec import Struct

from cds_service.advice import CompiledGuideline
from cds_service.assessment.open_studies import is_same_kind
from cds_service.evidence.codes.references import local_reference
from cds_service.evidence.loose_json import as_object, as_text, each, read_json
from cds_service.evidence.model import StudyProcedure
from cds_service.evidence.orders.earlier import is_done, read_earlier_study
from cds_service.evidence.orders.orders import (
    ORDER_TYPES,
    asked_studies,
    read_ordered,
)
from cds_service.evidence.orders.studies import is_placed_by_reason
from cds_service.replay.chart_resources import Resource, asked_by
from cds_service.replay.charts import Chart
from cds_service.replay.moments import Moment, earliest, read_moment

DONE_TYPES: Final = ("ImagingStudy", "Procedure", "DiagnosticReport")
"""What shows that imaging was performed; the first of an event names it."""
_NEVER_MEANT: Final = frozenset(("entered-in-error",))
_CARRIED_OUT_WITHIN: Final = timedelta(days=30)
"""A study that names no order belongs to an order of the same kind so many days before it; own policy of replay."""
_LINKS: Final = (
    "basedOn",
    "imagingStudy",
    "study",
    "procedureReference",
    "partOf",
    "report",
    "replaces",
    "request",
    "media",
)
"""Elements by which the resources of one event point to each other (R5, R4, STU3, DSTU2)."""
_MOST_KNOWN: Final = 100_000


class Imaging(Struct, gc=False):
    """One resource that orders or shows imaging of the spine."""

    resource: Resource
    body: Mapping[str, Any]
    study: StudyProcedure
    display: str
    when: Moment | None
    """When it was written, or began."""
    is_order: bool


class ImagingEvent(Struct, gc=False):
    """An order with what came of it, or a study that no order is known of."""

    order: Imaging | None
    """The first, where several resources tell of one order."""
    orders: tuple[Imaging, ...]
    done: tuple[Imaging, ...]
    """The ones that show that it was done, in the order of DONE_TYPES."""

    @property
    def main(self) -> Imaging:
        """What the event is judged as, and named by."""
        return self.order if self.order is not None else self.done[0]

    @property
    def moment(self) -> Moment | None:
        """When it was ordered; of a study without an order when it began. None: nothing says so to the day."""
        if self.order is not None:
            return self.order.when
        return earliest([one.when for one in self.done if one.when is not None])

    @property
    def references(self) -> frozenset[str]:
        """All its resources."""
        return frozenset(one.resource.reference for one in (*self.orders, *self.done))


class ImagingFinder:
    """Finds the imaging events of charts. The same code is looked at once, however many charts hold it."""

    def __init__(self, compiled: CompiledGuideline) -> None:
        self._look_up = (compiled.catalog, compiled.index)
        self._known: dict[tuple[str, bytes], bool] = {}
        """Whether what an order or a study is coded as may be imaging of the spine."""

    def events(self, chart: Chart) -> tuple[ImagingEvent, ...]:
        """The events of a chart, in the order of their resources."""
        orders = [
            found
            for kind in sorted(ORDER_TYPES)
            for one in self._maybe_spine(kind, chart.of(kind))
            if (found := self._order(one)) is not None
        ]
        done = [
            found
            for kind in DONE_TYPES
            for one in self._maybe_spine(kind, chart.of(kind))
            if (found := self._done(one)) is not None
        ]
        return tuple(_joined(orders, done)) if orders or done else ()

    def _order(self, one: Resource) -> Imaging | None:
        body = read_json(one.raw)
        if body is None or as_text(body.get("status")).lower() in _NEVER_MEANT:
            return None
        studies = asked_studies(as_drafted(body), self._look_up)
        if not studies:
            return None
        return Imaging(
            one, body, studies[0].procedure, studies[0].display, _written(body), is_order=True
        )

    def _done(self, one: Resource) -> Imaging | None:
        body = read_json(one.raw)
        if body is None or not is_done(one.kind, body):
            return None
        study = read_earlier_study(one.kind, body, self._look_up[0])
        if study is None:
            return None
        return Imaging(one, body, study.procedure, study.display, _began(body), is_order=False)

    def _maybe_spine(self, kind: str, every: list[Resource]) -> Iterator[Resource]:
        """Those that may be imaging of the spine."""
        for one, asked in zip(every, asked_by(kind, every), strict=True):
            if not asked or self._may_ask(kind, asked, one):
                yield one

    def _may_ask(self, kind: str, asked: bytes, one: Resource) -> bool:
        known = self._known.get((kind, asked))
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[kind, asked] = self._first_look(one)
        return known

    def _first_look(self, one: Resource) -> bool:
        body = read_json(one.raw)
        if body is None:
            return False
        if one.kind in ORDER_TYPES:
            drafted = as_drafted(body)
            return bool(asked_studies(drafted, self._look_up)) or any(
                is_placed_by_reason(code, self._look_up[0]) for code, _ in read_ordered(drafted)
            )
        finished = {**body, "status": "completed" if one.kind == "Procedure" else "final"}
        return read_earlier_study(one.kind, finished, self._look_up[0]) is not None


def as_drafted(body: Mapping[str, Any]) -> dict[str, Any]:
    """The order as it was when it was written: a draft, whatever became of it, with the notes of that time."""
    drafted = {**body, "status": "draft"}
    written = _written(body)
    if written is not None and "note" in body:
        drafted["note"] = [
            note
            for note in each(body["note"])
            if not (noted := read_moment(as_object(note).get("time"))) or noted.day <= written.day
        ]
    if isinstance(body.get("item"), list):
        drafted["item"] = [
            {**item, "status": "draft"} if isinstance(item, dict) else item for item in body["item"]
        ]
    return drafted


def _written(body: Mapping[str, Any]) -> Moment | None:
    for name in ("authoredOn", "orderedOn"):
        found = read_moment(body.get(name))
        if found is not None:
            return found
    events = [read_moment(as_object(event).get("dateTime")) for event in each(body.get("event"))]
    return earliest([event for event in events if event is not None])


def _began(body: Mapping[str, Any]) -> Moment | None:
    for name in ("performed", "effective", "occurrence"):
        for value in (
            body.get(f"{name}DateTime"),
            as_object(body.get(f"{name}Period")).get("start"),
            as_object(body.get(f"{name}Period")).get("end"),
        ):
            found = read_moment(value)
            if found is not None:
                return found
    return read_moment(body.get("started")) or read_moment(body.get("issued"))


def _joined(orders: list[Imaging], done: list[Imaging]) -> Iterator[ImagingEvent]:
    """The resources that tell of one event, joined: by their references, else by kind and day."""
    asked = _grouped(orders, _is_same_order)
    shown = _grouped(done, _is_same_study)
    of_order: dict[str, int] = {
        one.resource.reference: number for number, group in enumerate(asked) for one in group
    }
    results: list[list[Imaging]] = [[] for _ in asked]
    alone = []
    for group in shown:
        named = {of_order[name] for one in group for name in _linked(one.body) if name in of_order}
        if not named:
            found = _carried_out(group, asked, results)
            named = set() if found is None else {found}
        for number in named:
            results[number] += group
        if not named:
            alone.append(group)
    for group, result in zip(asked, results, strict=True):
        yield ImagingEvent(_first_written(group), tuple(group), tuple(result))
    for group in alone:
        yield ImagingEvent(None, (), tuple(group))


def _grouped(
    every: list[Imaging], is_same: Callable[[Imaging, Imaging, bool], bool]
) -> list[list[Imaging]]:
    """The resources that are one and the same thing, told by `is_same` of two and whether one names the other."""
    groups: list[list[Imaging]] = []
    for one in every:
        own = set(_linked(one.body))
        same = [
            group
            for group in groups
            if any(
                is_same(
                    one,
                    other,
                    other.resource.reference in own
                    or one.resource.reference in _linked(other.body),
                )
                for other in group
            )
        ]
        kept = [group for group in groups if group not in same]
        joined = [other for group in same for other in group]
        groups = [*kept, [*joined, one]]
    return groups


def _is_same_order(one: Imaging, other: Imaging, is_linked: bool) -> bool:  # noqa: FBT001 - as asked
    return is_linked and is_same_kind(one.study, other.study)


def _is_same_study(one: Imaging, other: Imaging, is_linked: bool) -> bool:  # noqa: FBT001 - as asked
    """Linked, or of one day and told by resources of different types: two reports are two studies."""
    if not is_same_kind(one.study, other.study):
        return False
    if is_linked:
        return True
    is_of_one_day = (
        one.when is not None and other.when is not None and one.when.day == other.when.day
    )
    return is_of_one_day and one.resource.kind != other.resource.kind


def _carried_out(
    done: list[Imaging], asked: list[list[Imaging]], results: list[list[Imaging]]
) -> int | None:
    """The order that a study which names none belongs to: the latest of its kind that has no study yet."""
    began = earliest([one.when for one in done if one.when is not None])
    found: tuple[Moment, int] | None = None
    for number, group in enumerate(asked):
        order = _first_written(group)
        if began is None or order is None or order.when is None or results[number]:
            continue
        is_in_time = timedelta() <= began.day - order.when.day <= _CARRIED_OUT_WITHIN
        is_later = found is None or order.when.day > found[0].day
        if is_in_time and is_later and is_same_kind(order.study, done[0].study):
            found = (order.when, number)
    return found[1] if found is not None else None


def _first_written(group: list[Imaging]) -> Imaging | None:
    """The first of several entries of one order."""
    dated = [one for one in group if one.when is not None]
    first = earliest([one.when for one in dated if one.when is not None])
    return next((one for one in dated if one.when == first), group[0] if group else None)


def _linked(body: Mapping[str, Any]) -> Iterator[str]:
    """`Type/id` of the resources that one points to as parts of the same event."""
    for name in _LINKS:
        for value in each(body.get(name)):
            for place in (value, as_object(as_object(value).get("link"))):
                reference = as_object(place).get("reference")
                if isinstance(reference, str):
                    yield local_reference(reference)
