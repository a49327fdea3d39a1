"""Which draft orders are spine imaging, and what each of them says.

Understood are ServiceRequest (R4, R4B, R5), ProcedureRequest (STU3, DSTU2) and DiagnosticOrder (DSTU2).
An order that is no imaging of the spine is left out; nothing here raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cds_service.cds_hooks.model import DraftOrder
from cds_service.evidence.codes.codeable import Concept, read_concept, read_concepts
from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.codes.references import local_reference, split_reference
from cds_service.evidence.loose_json import as_object, as_text, each, read_json, shortened
from cds_service.evidence.model import DateSpan, ImagingOrder
from cds_service.evidence.orders.catalog import Catalog
from cds_service.evidence.orders.links import continued_orders
from cds_service.evidence.orders.reasons import (
    DISPLAY_LENGTH,
    OrderReasons,
    detail_texts,
    read_reasons,
)
from cds_service.evidence.orders.studies import (
    StudyRead,
    StudySource,
    is_placed_by_reason,
    names_side,
    read_study,
)
from cds_service.evidence.orders.study_words import region_order
from cds_service.knowledge.model import Priority

ORDER_TYPES: Final = frozenset(("ServiceRequest", "ProcedureRequest", "DiagnosticOrder"))
"""Resource types that order imaging in one of the FHIR versions."""

_NO_ORDER_ANY_MORE: Final = frozenset(
    ("entered-in-error", "revoked", "completed", "cancelled", "rejected", "failed", "aborted")
)
_PRIORITIES: Final[Mapping[str, Priority]] = {
    "routine": "routine",
    "urgent": "urgent",
    "asap": "asap",
    "stat": "stat",
}


Ordered = tuple[tuple[Concept, tuple[Concept, ...]], ...]
"""(code, body sites) of each thing that an order asks for."""


class _Kept(msgspec.Struct):
    """What goes into created orders as the client wrote it."""

    encounter: msgspec.Raw = msgspec.Raw(b"null")
    context: msgspec.Raw = msgspec.Raw(b"null")
    requester: msgspec.Raw = msgspec.Raw(b"null")
    orderer: msgspec.Raw = msgspec.Raw(b"null")
    subject: msgspec.Raw = msgspec.Raw(b"null")


_KEPT: Final = msgspec.json.Decoder(_Kept)


def read_orders(
    drafts: tuple[DraftOrder, ...], catalog: Catalog, codes: CodeIndex, as_of: date
) -> tuple[ImagingOrder, ...]:
    """The drafts that order imaging of the spine, or look like it, in their order.

    One draft gives one order; only a DiagnosticOrder with studies of different kinds gives several.
    """
    return tuple(
        order
        for instance, draft in enumerate(drafts)
        if draft.resource_type in ORDER_TYPES
        for order in _read_draft(draft, instance, (catalog, codes), as_of)
    )


class Selections:
    """References that a client selects orders by, looked up in one step each, however many there are."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._by_text: dict[str, int] = {}
        self._by_name: dict[tuple[str, str], int] = {}
        for text in texts:
            number = self._by_text.setdefault(text.strip(), len(self._by_text))
            kind, id_ = split_reference(text)
            if id_:
                self._by_name.setdefault((kind, id_), number)
        self.texts = tuple(self._by_text)
        """The different ones, each at its number."""

    def naming(self, order: DraftOrder | ImagingOrder) -> frozenset[int]:
        """Numbers of the selections that name an order."""
        keys = [(kind, order.id) for kind in ("", order.resource_type)] if order.id else []
        found: list[int] = []
        for name in order.names if isinstance(order, DraftOrder) else ():
            found += [self._by_text[name]] if name in self._by_text else []
            keys.append(split_reference(name))
        if order.full_url:
            texts = (order.full_url, local_reference(order.full_url))
            found += [self._by_text[text] for text in texts if text in self._by_text]
            id_ = split_reference(order.full_url)[1]
            keys += [(kind, id_) for kind in ("", order.resource_type)] if id_ else []
        return frozenset((*found, *(self._by_name[key] for key in keys if key in self._by_name)))


def asked_studies(
    body: Mapping[str, object], look_up: tuple[Catalog, CodeIndex]
) -> tuple[StudyRead, ...]:
    """The spine studies that a decoded order asks for; empty for an order that is none of ours."""
    asked = _asked_for(body, look_up)
    return asked.studies if asked is not None else ()


def order_subject(raw: msgspec.Raw) -> str | None:
    """Logical id of the patient that an order is for.

    None when the order names no patient by an id that can be compared: no subject, an identifier only,
    a contained resource, a `urn:uuid:`, or a group.
    """
    body = read_json(raw)
    if body is None:
        return None
    for key in ("subject", "patient"):
        value = body.get(key)
        reference = value if isinstance(value, str) else as_object(value).get("reference")
        text = as_text(reference)
        if text.lower().startswith("urn:"):
            continue
        kind, id_ = split_reference(text)
        if id_ and kind in ("", "Patient"):
            return id_
    return None


def read_ordered(body: Mapping[str, object]) -> Ordered:
    """Everything that an order asks for; a cancelled item of a DiagnosticOrder is not."""
    items = each(body.get("item"))
    found = []
    if body.get("code") is not None or not items:
        found.append((read_concept(body.get("code")), read_concepts(body.get("bodySite"))))
    for entry in items:
        item = as_object(entry)
        if is_order_any_more(item):
            found.append((read_concept(item.get("code")), read_concepts(item.get("bodySite"))))
    return tuple(found)


def read_order_studies(
    body: Mapping[str, object],
    ordered: Ordered,
    catalog: Catalog,
    reasons: OrderReasons | None = None,
) -> tuple[StudyRead, ...]:
    """The spine studies that an order asks for; more than one only for a DiagnosticOrder's items."""
    found: dict[object, StudyRead] = {}
    categories = read_concepts(body.get("category"))
    details = detail_texts(body)
    concepts = reasons.concepts if reasons else ()
    value_sets = reasons.value_sets if reasons else frozenset[str]()
    for code, sites in ordered:
        study = read_study(
            StudySource(
                code=code,
                sites=sites,
                categories=categories,
                contrast_texts=details,
                reasons=concepts,
                reason_sets=value_sets,
            ),
            catalog,
        )
        if study is None:
            continue
        key = (study.kind, study.procedure.modality, study.procedure.contrast)
        found[key] = study if key not in found else _joined(found[key], study)
    return tuple(found.values())


def is_order_any_more(body: Mapping[str, object]) -> bool:
    """False for an order that is finished, taken back, or says that something is not to be done."""
    return (
        as_text(body.get("status")).lower() not in _NO_ORDER_ANY_MORE
        and body.get("doNotPerform") is not True
    )


def authored_on(body: Mapping[str, object]) -> DateSpan | None:
    """When an order was written."""
    for key in ("authoredOn", "orderedOn"):
        found = read_date(as_text(body.get(key)))
        if found is not None:
            return found
    events = (
        read_date(as_text(as_object(event).get("dateTime"))) for event in each(body.get("event"))
    )
    return next((found for found in events if found is not None), None)


def _read_draft(
    draft: DraftOrder, instance: int, look_up: tuple[Catalog, CodeIndex], as_of: date
) -> Iterator[ImagingOrder]:
    decoded = read_json(draft.raw)
    asked = _asked_for(decoded, look_up, as_of) if decoded is not None else None
    if asked is None:
        return
    catalog = look_up[0]
    body, ordered, studies = asked.body, asked.ordered, asked.studies
    reasons = asked.reasons or _reasons(body, ordered, look_up, as_of)
    authored = authored_on(body)
    priority = _PRIORITIES.get(as_text(body.get("priority")).lower())
    kept = _read_kept(draft.raw)
    first = ImagingOrder(
        raw=draft.raw,
        resource_type=draft.resource_type,
        id=draft.id,
        reference=_reference(draft, instance),
        kind=studies[0].kind,
        procedure=studies[0].procedure,
        read_from=studies[0].read_from,
        display=shortened(studies[0].display, DISPLAY_LENGTH),
        coding_systems=tuple(
            dict.fromkeys(system for code, _ in ordered for system, _ in code.known_codings)
        ),
        priority=priority or "routine",
        priority_stated=priority is not None,
        status=as_text(body.get("status")),
        authored=authored,
        reasons=reasons.reasons,
        has_reason=reasons.has_reason,
        duration=reasons.duration,
        mentions_travel=any(catalog.travel.is_in(words) for words in reasons.words),
        mentions_imaging_elsewhere=any(
            catalog.imaging_elsewhere.is_in(words) for words in reasons.words
        ),
        has_laterality=any(names_side(sites, catalog) for _, sites in ordered),
        encounter=_given(kept.encounter) or _encounter_of_stu3(body, kept.context),
        requester=_agent_of_stu3(body) or _given(kept.requester) or _given(kept.orderer),
        subject=_given(kept.subject),
        instance=instance,
        place=draft.place,
        full_url=draft.full_url,
        texts=reasons.texts,
        care=reasons.care,
        readings=reasons.readings,
        answers=reasons.answers,
        continues=continued_orders(body),
        not_understood=reasons.not_understood,
        unread_notes=reasons.unread_notes,
    )
    yield first
    for study in studies[1:]:
        yield replace(
            first,
            kind=study.kind,
            procedure=study.procedure,
            read_from=study.read_from,
            display=shortened(study.display, DISPLAY_LENGTH),
        )


class _Asked(Struct, frozen=True, gc=False):
    """One draft that asks for imaging of the spine, as far as it was read to know that."""

    body: Mapping[str, object]
    ordered: Ordered
    studies: tuple[StudyRead, ...]
    """Never empty."""
    reasons: OrderReasons | None
    """None: the study was known without them."""


def _asked_for(
    body: Mapping[str, object], look_up: tuple[Catalog, CodeIndex], as_of: date = date.max
) -> _Asked | None:
    """None for an order that is none of ours."""
    if not is_order_any_more(body):
        return None
    catalog = look_up[0]
    ordered = read_ordered(body)
    studies = read_order_studies(body, ordered, catalog)
    if studies:
        return _Asked(body, ordered, studies, None)
    if not any(is_placed_by_reason(code, catalog) for code, _ in ordered):
        return None
    reasons = _reasons(body, ordered, look_up, as_of)
    studies = read_order_studies(body, ordered, catalog, reasons)
    return _Asked(body, ordered, studies, reasons) if studies else None


def _reasons(
    body: Mapping[str, object],
    ordered: Ordered,
    look_up: tuple[Catalog, CodeIndex],
    as_of: date,
) -> OrderReasons:
    words = look_up[0].words
    code_texts = tuple(words.without_injection_words(code.text) for code, _ in ordered)
    return read_reasons(body, code_texts, *look_up, _written_on(authored_on(body), as_of))


def _joined(one: StudyRead, other: StudyRead) -> StudyRead:
    regions = region_order((*one.procedure.regions, *other.procedure.regions))
    display = "; ".join(dict.fromkeys((one.display, other.display)))
    return replace(one, procedure=replace(one.procedure, regions=regions), display=display)


def _reference(draft: DraftOrder, instance: int) -> str:
    if draft.id:
        return f"{draft.resource_type}/{draft.id}"
    # An order that nothing names is named by its place, so that two of them stay apart.
    return draft.full_url or f"{draft.resource_type}#{instance}"


def _written_on(authored: DateSpan | None, as_of: date) -> date:
    if authored is not None and authored.is_exact and authored.first <= as_of:
        return authored.first
    return as_of


def _read_kept(raw: msgspec.Raw) -> _Kept:
    try:
        return _KEPT.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _Kept()


def _given(raw: msgspec.Raw) -> msgspec.Raw | None:
    return None if bytes(raw) in (b"null", b"", b"{}") else raw


def _agent_of_stu3(body: Mapping[str, object]) -> msgspec.Raw | None:
    agent = as_object(as_object(body.get("requester")).get("agent"))
    return msgspec.Raw(msgspec.json.encode(agent)) if agent else None


def _encounter_of_stu3(body: Mapping[str, object], context: msgspec.Raw) -> msgspec.Raw | None:
    reference = as_text(as_object(body.get("context")).get("reference"))
    return _given(context) if split_reference(reference)[0] == "Encounter" else None
