"""The codes of the studies that we suggest, and the orders that we write ourselves."""

from __future__ import annotations

from typing import Any

import msgspec

from cds_service.coding import STATED_SYSTEM, SYSTEM_URIS
from cds_service.evidence.model import ImagingOrder, StudyProcedure
from cds_service.knowledge.model import (
    CodeSystem,
    CreatedOrder,
    Guideline,
    OrderCatalog,
    Priority,
    Procedure,
    StatedAnswer,
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


def created_study(
    order: ImagingOrder,
    study: StudyProcedure,
    codes: StudyCodes,
    priority: Priority,
    extension: list[Any] | None = None,
) -> msgspec.Raw | None:
    """A new draft order for a study beside the original one; None when no system has a code for it."""
    found = codes.code(study, order.coding_systems)
    if found is None:
        return None
    system, code, display = found
    reasons: dict[str, msgspec.Raw] = {}
    members = msgspec.json.decode(order.raw, type=dict[str, msgspec.Raw])
    for element in ("reasonCode", "reasonReference"):
        if element in members and bytes(members[element]) not in (b"[]", b"null"):
            reasons[element] = members[element]
    body = {"priority": priority, "code": concept(SYSTEM_URIS[system], code, display)}
    return _created(order, body, reasons, extension)


def listed_order(order: ImagingOrder, code: msgspec.Raw) -> msgspec.Raw:
    """A new draft order for the patient of the original one; `code` comes from `listed_code`."""
    return _created(order, {"code": code}, {}, None)


def listed_code(created: CreatedOrder) -> msgspec.Raw:
    """`code` of an order that the guideline lists with a suggestion."""
    system = SYSTEM_URIS[created.system]
    return msgspec.Raw(msgspec.json.encode(concept(system, created.code, created.display)))


def answer_concept(code: str, answer: StatedAnswer) -> msgspec.Raw:
    """The reason that an answer of the orderer adds: our code first, then that of SNOMED CT where there is one."""
    codings = [{"system": STATED_SYSTEM, "code": code, "display": answer.display}]
    if answer.snomed is not None:
        snomed = answer.snomed
        codings.append(
            {"system": SYSTEM_URIS["snomed"], "code": snomed.code, "display": snomed.display}
        )
    return msgspec.Raw(msgspec.json.encode({"coding": codings, "text": answer.display}))


def concept(system: str, code: str, display: str) -> dict[str, Any]:
    """A CodeableConcept of one code of ours."""
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def _created(
    order: ImagingOrder,
    body: dict[str, Any],
    reasons: dict[str, msgspec.Raw],
    extension: list[Any] | None,
) -> msgspec.Raw:
    """Draft, proposal; subject, encounter and requester of the original order."""
    resource: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        **body,
    }
    of_order = {
        "subject": order.subject,
        "encounter": order.encounter,
        "requester": order.requester,
    }
    resource |= {element: value for element, value in of_order.items() if value is not None}
    resource |= reasons
    if extension:
        resource["extension"] = extension
    return msgspec.Raw(msgspec.json.encode(resource))


def study_codes(guideline: Guideline) -> StudyCodes:
    """The codes of a guideline's catalog, compiled once."""
    return StudyCodes(guideline.catalog)
