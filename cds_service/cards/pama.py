"""The Argonaut PAMA rating: what the order carries back about its appropriateness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from cds_service.cards.ids import uuid5_text
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
).bytes


def is_ratable(order: ImagingOrder) -> bool:
    """The profile rates ServiceRequests only; one without an id could not be given back."""
    return order.resource_type == "ServiceRequest" and bool(order.id)


class OrderRating:
    """How one order is rated: what it carries already, and what the client reports. Opened once an order."""

    def __init__(
        self, members: Mapping[str, msgspec.Raw], consult: str, qcdsm_id: str | None
    ) -> None:
        extensions = _extensions(members)
        self._kept = [item for item in extensions if _url(item) not in _OURS]
        self._is_rated = len(self._kept) < len(extensions)
        self._consulted = [] if qcdsm_id is None else [_extension(CONSULTED_URL, qcdsm_id)]
        self._consult = {"url": CONSULT_ID_URL, "valueUri": consult}

    def of_order(self, rating: Rating) -> dict[str, list[Any] | None]:
        """The change that rates the order: ours are replaced, its other extensions stay.

        Undetermined: a rating that it carries is another order's, and is taken away.
        """
        if rating is Rating.UNDETERMINED:
            return {"extension": self._kept or None} if self._is_rated else {}
        return {"extension": [*self._kept, *self.of_new_order(rating)]}

    def of_new_order(self, rating: Rating) -> list[Any]:
        """The extensions of an order that we write ourselves; none for undetermined."""
        if rating is Rating.UNDETERMINED:
            return []
        return [_RATINGS[rating], *self._consulted, self._consult]


def _extension(url: str, value: str) -> dict[str, str]:
    return {"url": url, "valueString": value}


def _rating_codings(rating: Rating) -> list[dict[str, str]]:
    """The profile knows appropriate and not-appropriate; our second coding says which of ours it is."""
    code = "not-appropriate" if rating is Rating.NOT else "appropriate"
    codings = [{"system": _RATING_SYSTEM, "code": code}]
    if rating is Rating.MAY_BE:
        codings.append({"system": OWN_SYSTEM, "code": rating.value})
    return codings


_RATINGS = {
    rating: msgspec.Raw(
        msgspec.json.encode(
            {"url": RATING_URL, "valueCodeableConcept": {"coding": _rating_codings(rating)}}
        )
    )
    for rating in (Rating.APPROPRIATE, Rating.MAY_BE, Rating.NOT)
}


def consult_id(order: ImagingOrder, members: Mapping[str, msgspec.Raw], patient_id: str) -> str:
    """The same for the same order whenever it comes again: the one it carries, else derived from its id."""
    for item in _extensions(members):
        if _url(item) == CONSULT_ID_URL:
            value = _member(item, "valueUri")
            if isinstance(value, str) and value.startswith("urn:uuid:"):
                return value
    return f"urn:uuid:{uuid5_text(_CONSULT_NAMESPACE, f'{patient_id}|{order.reference}')}"


def _extensions(members: Mapping[str, msgspec.Raw]) -> list[msgspec.Raw]:
    if "extension" not in members:
        return []
    try:
        return msgspec.json.decode(members["extension"], type=list[msgspec.Raw])
    except msgspec.ValidationError:
        return []


def _url(item: msgspec.Raw) -> object:
    return _member(item, "url")


def _member(item: msgspec.Raw, name: str) -> object:
    try:
        return msgspec.json.decode(item, type=dict[str, Any]).get(name)
    except msgspec.ValidationError:
        return None
