"""A draft order with one thing changed, in the shape that it came in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cds_service.cds_hooks.json_object import read_items, read_members, read_string
from cds_service.cds_hooks.order_edit import appended, edited_order
from cds_service.coding import SYSTEM_URIS
from cds_service.evidence.model import ImagingOrder, StudyProcedure
from cds_service.knowledge.model import (
    CodeSystem,
    CreatedOrder,
    Guideline,
    OrderCatalog,
    Priority,
    Procedure,
)

_FALLBACK_SYSTEMS: tuple[CodeSystem, ...] = ("loinc", "snomed")
StudyKey = tuple[str | None, tuple[str, ...], str]


class StudyCodes:
    """Which code to use for a study that we suggest, by code system; and the body site of a region."""

    def __init__(self, catalog: OrderCatalog) -> None:
        self._by_study: dict[StudyKey, Procedure] = {}
        for procedure in catalog.procedure:
            if procedure.preferred:
                key = (procedure.modality, procedure.regions, procedure.contrast)
                self._by_study.setdefault(key, procedure)
        self._site_of: dict[tuple[str, ...], tuple[str, str]] = {}
        for site in catalog.body_site:
            self._site_of.setdefault(site.regions, (site.code, site.display))

    def code(
        self, study: StudyProcedure, systems: tuple[str, ...]
    ) -> tuple[CodeSystem, str, str] | None:
        """(system, code, our words) in the first of the order's systems that has one, else LOINC, else SNOMED CT."""
        procedure = self._by_study.get((study.modality, study.regions, study.contrast))
        if procedure is None:
            return None
        for system in (*systems, *_FALLBACK_SYSTEMS):
            code = procedure.preferred.get(system)  # type: ignore[call-overload]
            if code is not None:
                return system, code, procedure.display  # type: ignore[return-value]
        return None

    def body_site(self, regions: tuple[str, ...]) -> tuple[str, str] | None:
        """(SNOMED CT code, display) of the regions; None when no one site says them."""
        return self._site_of.get(regions)


def with_priority(raw: msgspec.Raw, priority: Priority) -> msgspec.Raw:
    """The order with another priority and nothing else changed."""
    return edited_order(raw, {"priority": priority})


def with_study(
    order: ImagingOrder,
    study: StudyProcedure,
    codes: StudyCodes,
    priority: Priority | None,
) -> tuple[msgspec.Raw, str] | None:
    """The order for another study, and the system of its code.

    None when no system has a code for it, and for an order of several items.
    Code, body site and, where required, the priority change; the reason and all else stay. The contrast is
    part of the code.
    """
    found = codes.code(study, order.coding_systems)
    if found is None:
        return None
    system, code, display = found
    concept = {
        "coding": [{"system": SYSTEM_URIS[system], "code": code, "display": display}],
        "text": display,
    }
    members = msgspec.json.decode(order.raw, type=dict[str, msgspec.Raw])
    changes: dict[str, Any | None] = {}
    if order.resource_type == "DiagnosticOrder":
        items = _items(members.get("item"))
        if len(items) > 1:
            # Which of them is meant to become the new study, nothing says.
            return None
        changes["item"] = [{**(items[0] if items else {}), "code": concept}]
    elif bytes(members.get("code", b"")).find(b'"concept"') >= 0:
        changes["code"] = {"concept": concept}
    else:
        changes["code"] = concept
    if "bodySite" in members:
        changes["bodySite"] = _body_site(codes, study, members["bodySite"])
    if priority is not None:
        changes["priority"] = priority
    return edited_order(order.raw, changes), system


def _items(raw: msgspec.Raw | None) -> list[Mapping[str, msgspec.Raw]]:
    """The items of a DSTU2 order; none where something else stands."""
    if raw is None:
        return []
    items = read_items(raw)
    opened = [read_members(item) for item in (items if items is not None else [raw])]
    return [item for item in opened if item is not None]


def _body_site(codes: StudyCodes, study: StudyProcedure, before: msgspec.Raw) -> Any | None:
    """The body site of the new study in the shape of the old one; None takes the element away."""
    site = codes.body_site(study.regions)
    if site is None:
        return None
    concept = {
        "coding": [{"system": SYSTEM_URIS["snomed"], "code": site[0], "display": site[1]}],
        "text": site[1],
    }
    return [concept] if bytes(before)[:1] == b"[" else concept


def with_reason_text(order: ImagingOrder, text: str) -> msgspec.Raw:
    """The order with one more reason in words."""
    if _has_r5_reasons(order):
        return appended(order.raw, "reason", {"concept": {"text": text}})
    return appended(order.raw, "reasonCode", {"text": text})


def with_reason_references(order: ImagingOrder, references: Mapping[str, str]) -> msgspec.Raw:
    """The order with references (reference → display) to the evidence as further reasons."""
    raw = order.raw
    for reference, display in references.items():
        item: dict[str, Any] = {"reference": reference, "display": display}
        if _has_r5_reasons(order):
            raw = appended(raw, "reason", {"reference": item})
        else:
            raw = appended(raw, "reasonReference", item)
    return raw


def _has_r5_reasons(order: ImagingOrder) -> bool:
    members = msgspec.json.decode(order.raw, type=dict[str, msgspec.Raw])
    return "reason" in members and order.resource_type == "ServiceRequest"


def with_instruction(order: ImagingOrder, text: str) -> msgspec.Raw:
    """The order with an instruction for the patient, after whatever stands there already."""
    members = msgspec.json.decode(order.raw, type=dict[str, msgspec.Raw])
    before = read_string(members.get("patientInstruction"))
    joined = f"{before} {text}" if before else text
    return edited_order(order.raw, {"patientInstruction": joined})


def created_study(
    order: ImagingOrder,
    study: StudyProcedure,
    codes: StudyCodes,
    priority: Priority,
) -> msgspec.Raw | None:
    """A new draft order for a study beside the original one; None when no system has a code for it."""
    found = codes.code(study, order.coding_systems)
    if found is None:
        return None
    system, code, display = found
    return _created(order, SYSTEM_URIS[system], code, display, priority=priority, keep_reason=True)


def created_order(order: ImagingOrder, created: CreatedOrder) -> msgspec.Raw:
    """A new draft order (physiotherapy, a laboratory test) for the patient of the original one."""
    return _created(
        order, SYSTEM_URIS[created.system], created.code, created.display, priority=None
    )


def _created(
    order: ImagingOrder,
    system: str,
    code: str,
    display: str,
    *,
    priority: Priority | None,
    keep_reason: bool = False,
) -> msgspec.Raw:
    """Draft, proposal; subject, encounter and requester of the original order."""
    resource: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
    }
    if priority is not None:
        resource["priority"] = priority
    resource["code"] = {
        "coding": [{"system": system, "code": code, "display": display}],
        "text": display,
    }
    of_order = {
        "subject": order.subject,
        "encounter": order.encounter,
        "requester": order.requester,
    }
    resource |= {element: value for element, value in of_order.items() if value is not None}
    if keep_reason:
        members = msgspec.json.decode(order.raw, type=dict[str, msgspec.Raw])
        resource |= {
            element: members[element]
            for element in ("reasonCode", "reasonReference")
            if element in members and bytes(members[element]) not in (b"[]", b"null")
        }
    return msgspec.Raw(msgspec.json.encode(resource))


def study_codes(guideline: Guideline) -> StudyCodes:
    """The codes of a guideline's catalog, compiled once."""
    return StudyCodes(guideline.catalog)
