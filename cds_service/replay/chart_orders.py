"""The orders of a chart to be judged, each as the hook call that its EHR would have sent at that moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from cds_service.advice import CompiledGuideline
from cds_service.cards.order_changes import concept, study_codes
from cds_service.coding import SYSTEM_URIS
from cds_service.evidence.codes.references import local_reference, split_reference
from cds_service.evidence.loose_json import as_object, as_text, each, read_json
from cds_service.evidence.model import StudyProcedure
from cds_service.evidence.orders.orders import asked_studies
from cds_service.replay.cases import SavedCase
from cds_service.replay.chart_resources import Resource, read_resource
from cds_service.replay.charts import Chart, known_at, prefetch_json
from cds_service.replay.imaging import Imaging, ImagingEvent, ImagingFinder, as_drafted
from cds_service.replay.moments import Moment, is_before
from cds_service.replay.what_if import WhatIf, complaints

_SERVICE: Final = "spine-imaging-order-sign"
_CALLS: Final = UUID("7c8a6a0e-54a1-5f0c-9a53-5d6e2f6f1b0e")
"""Name space of hook instances, so that the same order gives the same bytes."""
_USER: Final = "Practitioner/replay"
_DRAFT_ID: Final = "replayed"
_POINTING: Final = ("reasonReference", "supportingInfo", "reason")
"""Elements of an order that point to what it was written for."""
NOT_NAMED: Final = "not named"
MadeFrom = Literal[
    "ServiceRequest", "ProcedureRequest", "DiagnosticOrder", "ImagingStudy", "Procedure",
    "DiagnosticReport", "what-if", "call",
]  # fmt: skip


class OrderFacts(Struct, frozen=True, gc=False):
    """What is told of an order beside the advice on it."""

    dataset: str
    patient: str
    """Empty for a saved call, which is known by its name."""
    order: str
    """`Type/id`; empty for a saved call, whose orders name themselves."""
    made_from: str
    clinician: str
    """A reference or a name; `not named`."""
    clinic: str


class ChartOrder(Struct, frozen=True, gc=False):
    """One order of a chart."""

    case: SavedCase
    facts: OrderFacts


class Undated(Struct, frozen=True, gc=False):
    """An order that nothing dates to the day: it can be judged as of no moment of its own."""

    order: str


class OrderMaker:
    """Makes hook calls of charts."""

    def __init__(
        self, compiled: CompiledGuideline, what_if: WhatIf | None, as_of: date | None
    ) -> None:
        self._compiled = compiled
        self._finder = ImagingFinder(compiled)
        self._codes = study_codes(compiled.guideline)
        self._what_if = what_if
        self._as_of = as_of

    def orders(self, chart: Chart) -> Iterator[ChartOrder | Undated]:
        """The orders of a chart, in the order of time."""
        if self._what_if is not None:
            yield from self._supposed(chart, self._what_if)
            return
        events = self._finder.events(chart)
        dated = []
        for event in events:
            moment = event.moment or (Moment(self._as_of) if self._as_of is not None else None)
            if moment is None:
                yield Undated(event.main.resource.reference)
            else:
                dated.append((moment, event))
        for moment, event in sorted(
            dated, key=lambda pair: (pair[0].day, pair[0].text, pair[1].main.resource.reference)
        ):
            yield self._past(chart, events, event, moment)

    def _past(
        self, chart: Chart, events: tuple[ImagingEvent, ...], event: ImagingEvent, moment: Moment
    ) -> ChartOrder:
        known = known_at(chart, moment, event.references)
        known = _with_open_orders(known, events, moment)
        main = event.main
        drafted = as_drafted(main.body) if event.order is not None else self._order_for(event)
        drafted = _without_later_reasons(drafted, chart, known)
        drafted["subject"] = {"reference": f"Patient/{chart.patient}"}
        reference = main.resource.reference
        case = self._case(chart, known, drafted, (reference, moment))
        encounter = _encounter(chart, main.body)
        facts = OrderFacts(
            chart.dataset,
            chart.patient,
            reference,
            main.resource.kind,
            _clinician(main, encounter),
            _clinic(main, encounter),
        )
        return ChartOrder(case, facts)

    def _supposed(self, chart: Chart, what_if: WhatIf) -> Iterator[ChartOrder]:
        """The order of the question, for a patient with a complaint of the spine."""
        for complaint in complaints(chart, what_if, self._compiled, self._as_of):
            known = known_at(chart, complaint.moment, frozenset())
            drafted = self._new_order(what_if.study) | {
                "subject": {"reference": f"Patient/{chart.patient}"},
                "reasonReference": [{"reference": complaint.reference}],
            }
            if complaint.code is not None:
                drafted["reasonCode"] = [complaint.code]
            if what_if.priority is not None:
                drafted["priority"] = what_if.priority
            name = f"what-if/{complaint.moment.day.isoformat()}"
            case = self._case(chart, known, drafted, (name, complaint.moment))
            facts = OrderFacts(chart.dataset, chart.patient, name, "what-if", NOT_NAMED, NOT_NAMED)
            yield ChartOrder(case, facts)

    def _case(
        self,
        chart: Chart,
        known: Iterable[Resource],
        drafted: dict[str, Any],
        named: tuple[str, Moment],
    ) -> SavedCase:
        reference, moment = named
        name = f"{chart.dataset}/{chart.patient}/{reference}"
        context = {
            "userId": _USER,
            "patientId": chart.patient,
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": drafted}],
            },
        }
        parts = {
            "hook": "order-sign",
            "hookInstance": str(uuid5(_CALLS, name)),
            "context": context,
        }
        body = msgspec.json.encode(parts)[:-1]
        body += b',"prefetch":' + prefetch_json(chart, known) + b"}"
        return SavedCase(name, _SERVICE, moment.day, body, None, day_from="case")

    def _new_order(self, study: StudyProcedure) -> dict[str, Any]:
        found = self._codes.code(study, ())
        code: dict[str, Any] = {"text": study_text(study)}
        if found is not None:
            system, plain, display = found
            code = concept(SYSTEM_URIS[system], plain, display)
        return {
            "resourceType": "ServiceRequest",
            "id": _DRAFT_ID,
            "status": "draft",
            "intent": "order",
            "code": code,
        }

    def _order_for(self, event: ImagingEvent) -> dict[str, Any]:
        """The order that a study without one would have had: its own code, where an order with it asks for the same."""
        main = event.main
        order = self._new_order(main.study)
        for one in event.done:
            named = {
                "resourceType": "ServiceRequest",
                "status": "draft",
                **{name: one.body[name] for name in ("code", "bodySite") if name in one.body},
            }
            asked = asked_studies(named, (self._compiled.catalog, self._compiled.index))
            if asked and asked[0].procedure == main.study:
                order |= {name: named[name] for name in ("code", "bodySite") if name in named}
                break
        for name in ("reasonCode", "reasonReference"):
            given = [reason for one in event.done for reason in each(one.body.get(name))]
            if given:
                order[name] = given
        if isinstance(main.body.get("encounter"), dict):
            order["encounter"] = main.body["encounter"]
        order["id"] = main.resource.id or _DRAFT_ID
        return order


def study_text(study: StudyProcedure) -> str:
    """`mr-lumbar-without`: modality, regions, and contrast unless it is not specified."""
    parts = [study.modality or "unknown", "+".join(study.regions) or "unknown"]
    if study.contrast != "unspecified":
        parts.append(study.contrast)
    return "-".join(parts).lower()


def _with_open_orders(
    known: list[Resource], events: tuple[ImagingEvent, ...], moment: Moment
) -> list[Resource]:
    """What was known, with the orders that were done only later as they were then: open."""
    waiting = {
        one.resource.reference
        for event in events
        if event.done
        and all(one.when is not None and is_before(moment, one.when) for one in event.done)
        for one in event.orders
    }
    if not waiting:
        return known
    return [_reopened(one) if one.reference in waiting else one for one in known]


def _reopened(one: Resource) -> Resource:
    body = read_json(one.raw)
    if body is None or as_text(body.get("status")).lower() != "completed":
        return one
    return read_resource(one.kind, msgspec.json.encode({**body, "status": "active"}))


def _without_later_reasons(
    order: dict[str, Any], chart: Chart, known: Iterable[Resource]
) -> dict[str, Any]:
    """The order without reasons that nobody knew when it was written."""
    pointing = {name: given for name in _POINTING if (given := each(order.get(name)))}
    if not pointing:
        return order
    unknown_yet = {one.reference for one in chart.resources} - {one.reference for one in known}
    for name, given in pointing.items():
        kept = [one for one in given if _named(one) not in unknown_yet]
        if len(kept) < len(given):
            order = {**order, name: kept}
    return order


def _named(value: object) -> str:
    """`Type/id` of a Reference, or of a CodeableReference of R5."""
    found = as_object(value)
    inner = found.get("reference")
    reference = as_object(inner).get("reference") if isinstance(inner, dict) else inner
    return local_reference(reference) if isinstance(reference, str) else ""


def _encounter(chart: Chart, body: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = as_object(body.get("encounter") or body.get("context")).get("reference")
    name = split_reference(reference)[1] if isinstance(reference, str) else ""
    found = next((one for one in chart.of("Encounter") if name and one.id == name), None)
    return (read_json(found.raw) or {}) if found is not None else {}


def _clinician(main: Imaging, encounter: Mapping[str, Any]) -> str:
    """Who ordered; for a study without an order who is named first for the encounter."""
    asked = as_object(main.body.get("requester") or main.body.get("orderer"))
    told = _who(asked) or _who(as_object(asked.get("agent")))
    if told or main.is_order:
        return told or NOT_NAMED
    for participant in each(encounter.get("participant")):
        one = as_object(participant)
        told = _who(as_object(one.get("individual") or one.get("actor")))
        if told:
            return told
    return NOT_NAMED


def _clinic(main: Imaging, encounter: Mapping[str, Any]) -> str:
    """Where it was ordered: as the order says, else the encounter."""
    places = [
        *each(main.body.get("locationReference")),
        *each(main.body.get("locationCode")),
        encounter.get("serviceProvider"),
        *(as_object(place).get("location") for place in each(encounter.get("location"))),
        encounter.get("serviceType"),
    ]
    return next((told for place in places if (told := _where(place))), NOT_NAMED)


def _who(reference: Mapping[str, Any]) -> str:
    return as_text(reference.get("reference")) or as_text(reference.get("display"))


def _where(place: object) -> str:
    found = as_object(place)
    coding = as_object(found.get("coding"))
    for text in (
        found.get("display"),
        found.get("text"),
        coding.get("display"),
        coding.get("code"),
        found.get("reference"),
    ):
        if as_text(text):
            return as_text(text)
    return ""
