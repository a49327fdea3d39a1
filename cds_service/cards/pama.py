"""The Argonaut PAMA rating: what the order carries back about its appropriateness."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from cds_service.cds_hooks.model import Action
from cds_service.cds_hooks.order_edit import edited_order
from cds_service.evidence.model import ImagingOrder
from cds_service.knowledge.model import Rating

_BASE = "http://fhir.org/argonaut/Extension/"
RATING_URL = f"{_BASE}pama-rating"
CONSULTED_URL = f"{_BASE}pama-rating-qcdsm-consulted"
CONSULT_ID_URL = f"{_BASE}pama-rating-consult-id"
_RATING_SYSTEM = "http://fhir.org/argonaut/CodeSystem/pama-rating"
OWN_SYSTEM = "https://spine-imaging-cds.github.io/fhir/CodeSystem/appropriateness"
_OURS = (RATING_URL, CONSULTED_URL, CONSULT_ID_URL)
_CONSULT_NAMESPACE = uuid5(
    NAMESPACE_URL, "https://spine-imaging-cds.github.io/fhir/NamingSystem/pama-consult"
)


def is_ratable(order: ImagingOrder) -> bool:
    """The profile rates ServiceRequests only; one without an id could not be given back."""
    return order.resource_type == "ServiceRequest" and bool(order.id)


def rated_order(
    raw: msgspec.Raw, rating: Rating, *, consult_id: str, qcdsm_id: str | None
) -> msgspec.Raw:
    """The order with its rating, and nothing else changed; an undetermined rating changes nothing at all.

    A rating, consultation or consult id that the order already carries is replaced, other extensions stay.
    """
    if rating is Rating.UNDETERMINED:
        return raw
    members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    kept: list[Any] = [item for item in _extensions(members) if _url(item) not in _OURS]
    kept.append({"url": RATING_URL, "valueCodeableConcept": {"coding": _rating_codings(rating)}})
    if qcdsm_id is not None:
        kept.append({"url": CONSULTED_URL, "valueString": qcdsm_id})
    kept.append({"url": CONSULT_ID_URL, "valueUri": consult_id})
    return edited_order(raw, {"extension": kept})


def _rating_codings(rating: Rating) -> list[dict[str, str]]:
    """The profile knows appropriate and not-appropriate; our second coding says which of ours it is."""
    code = "not-appropriate" if rating is Rating.NOT else "appropriate"
    codings = [{"system": _RATING_SYSTEM, "code": code}]
    if rating is Rating.MAY_BE:
        codings.append({"system": OWN_SYSTEM, "code": rating.value})
    return codings


def consult_id(order: ImagingOrder, patient_id: str) -> str:
    """The same for the same order whenever it comes again: the one it carries, else derived from its id."""
    members = msgspec.json.decode(order.raw, type=dict[str, msgspec.Raw])
    for item in _extensions(members):
        if _url(item) == CONSULT_ID_URL:
            value = _member(item, "valueUri")
            if isinstance(value, str) and value.startswith("urn:uuid:"):
                return value
    return f"urn:uuid:{uuid5(_CONSULT_NAMESPACE, f'{patient_id}|{order.reference}')}"


def rating_action(
    order: ImagingOrder,
    rating: Rating,
    *,
    patient_id: str,
    qcdsm_id: str | None,
    description: str,
) -> Action | None:
    """The system action that rates an order; None for an order that is not rated."""
    if rating is Rating.UNDETERMINED or not is_ratable(order):
        return None
    rated = rated_order(
        order.raw, rating, consult_id=consult_id(order, patient_id), qcdsm_id=qcdsm_id
    )
    return Action(type="update", description=description, resource=rated)


def _extensions(members: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(members.get("extension", b"[]"), type=list[msgspec.Raw])
    except msgspec.ValidationError:
        return []


def _url(item: msgspec.Raw) -> object:
    return _member(item, "url")


def _member(item: msgspec.Raw, name: str) -> object:
    try:
        return msgspec.json.decode(item, type=dict[str, Any]).get(name)
    except msgspec.ValidationError:
        return None
