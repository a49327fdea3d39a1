"""A draft order of the client with one thing changed, in the shape that it came in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from cds_service.cards.order_changes import StudyCodes, concept, created_study, listed_order
from cds_service.cards.pama import OrderRating, consult_id, is_ratable
from cds_service.cds_hooks.json_object import NULL, read_items, read_members, read_string
from cds_service.coding import SYSTEM_URIS
from cds_service.evidence.model import ImagingOrder, StudyProcedure
from cds_service.knowledge.members import UNDETERMINED
from cds_service.knowledge.model import Priority, Rating

_Changes = dict[str, Any]


class RatingChoice(Struct, frozen=True, gc=False):
    """Whether the client wants ratings, and the identifier that its site reports with them."""

    is_wanted: bool
    qcdsm_id: str | None = None


class Draft:
    """One draft order, opened once for all of its suggestions.

    Elements keep their order and new ones come last; those that a change does not name stay byte for byte. Where the
    client wants ratings, every changed or new order carries the one that it would have.
    """

    def __init__(
        self, order: ImagingOrder, codes: StudyCodes, patient_id: str, rating: RatingChoice
    ) -> None:
        self.order = order
        self._codes = codes
        self._members: Mapping[str, msgspec.Raw] = read_members(order.raw) or {}
        self._rating: OrderRating | None = None
        if rating.is_wanted and is_ratable(order):
            consult = consult_id(order, self._members, patient_id)
            self._rating = OrderRating(self._members, consult, rating.qcdsm_id)

    def rated(self, rating: Rating) -> msgspec.Raw | None:
        """The order with its rating and nothing else changed; None where it has none."""
        if self._rating is None or rating is UNDETERMINED:
            return None
        return self._changed({}, rating)

    def with_priority(self, priority: Priority, rating: Rating) -> msgspec.Raw:
        """The order with another priority."""
        return self._changed({"priority": priority}, rating)

    def with_study(
        self, study: StudyProcedure, priority: Priority | None, rating: Rating
    ) -> msgspec.Raw | None:
        """The order for another study: code, body site and, where required, the priority; the reason and all else stay.

        None when no system has a code for it, and for an order of several items. The contrast is part of the code.
        """
        found = self._codes.code(study, self.order.coding_systems)
        if found is None:
            return None
        system, code, display = found
        changes = self._study_change(concept(SYSTEM_URIS[system], code, display))
        if changes is None:
            return None
        if "bodySite" in self._members:
            changes["bodySite"] = self._body_site(study)
        if priority is not None:
            changes["priority"] = priority
        return self._changed(changes, rating)

    def _study_change(self, code: dict[str, Any]) -> _Changes | None:
        """The code where the order's own shape has it; None when nothing says which of several items is meant."""
        if self.order.resource_type == "DiagnosticOrder":
            items = _items(self._members.get("item"))
            if len(items) > 1:
                return None
            return {"item": [{**(items[0] if items else {}), "code": code}]}
        if b'"concept"' in bytes(self._members.get("code", b"")):
            return {"code": {"concept": code}}
        return {"code": code}

    def _body_site(self, study: StudyProcedure) -> Any | None:
        """The body site of the new study in the shape of the old one; None takes the element away."""
        site = self._codes.body_site(study.regions)
        if site is None:
            return None
        code = concept(SYSTEM_URIS["snomed"], *site)
        return [code] if bytes(self._members["bodySite"])[:1] == b"[" else code

    def with_reason(self, concept: msgspec.Raw, rating: Rating) -> msgspec.Raw:
        """The order with one more coded reason."""
        if self._has_r5_reasons:
            return self._changed(self._appended("reason", [{"concept": concept}]), rating)
        return self._changed(self._appended("reasonCode", [concept]), rating)

    def with_reason_references(
        self, references: tuple[tuple[str, str], ...], rating: Rating
    ) -> msgspec.Raw:
        """The order with references (reference, display) to the evidence as further reasons."""
        items: list[Any] = [
            {"reference": reference, "display": display} for reference, display in references
        ]
        if self._has_r5_reasons:
            changes = self._appended("reason", [{"reference": item} for item in items])
        else:
            changes = self._appended("reasonReference", items)
        return self._changed(changes, rating)

    @property
    def _has_r5_reasons(self) -> bool:
        return "reason" in self._members and self.order.resource_type == "ServiceRequest"

    def with_instruction(self, text: str, rating: Rating) -> msgspec.Raw:
        """The order with an instruction for the patient, after whatever stands there already."""
        before = read_string(self._members.get("patientInstruction"))
        joined = f"{before} {text}" if before else text
        return self._changed({"patientInstruction": joined}, rating)

    def new_study(
        self, study: StudyProcedure, priority: Priority, rating: Rating
    ) -> msgspec.Raw | None:
        """A new draft order for a study beside this one; None when no system has a code for it."""
        extension = self._rating.of_new_order(rating) if self._rating is not None else None
        return created_study(self.order, study, self._codes, priority, extension)

    def new_listed(self, code: msgspec.Raw) -> msgspec.Raw:
        """A new draft order for what the guideline lists: a referral, a laboratory test."""
        return listed_order(self.order, code)

    def _appended(self, element: str, added: list[Any]) -> _Changes:
        """More items in a list element; a single value where FHIR wants a list is kept before them."""
        present = self._members.get(element)
        items: list[Any] = []
        if present is not None and bytes(present) != NULL:
            items = list(read_items(present) or ([] if bytes(present)[:1] == b"[" else [present]))
        return {element: [*items, *added]}

    def _changed(self, changes: _Changes, rating: Rating) -> msgspec.Raw:
        """The order with top-level elements set, replaced or, for None, removed, and with its rating."""
        if self._rating is not None:
            changes |= self._rating.of_order(rating)
        if not changes:
            return self.order.raw
        members: dict[str, Any] = {**self._members, **changes}
        removed = [element for element, value in changes.items() if value is None]
        for element in removed:
            del members[element]
        return msgspec.Raw(msgspec.json.encode(members))


def _items(raw: msgspec.Raw | None) -> list[Mapping[str, msgspec.Raw]]:
    """The items of a DSTU2 order; none where something else stands."""
    if raw is None:
        return []
    items = read_items(raw)
    opened = [read_members(item) for item in (items if items is not None else [raw])]
    return [item for item in opened if item is not None]
