"""Whose resource it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol, TypeVar

from cds_service.evidence.codes.references import split_reference
from cds_service.evidence.loose_json import as_object
from cds_service.evidence.record.shapes import ReferenceShape, Whose

_UUID: Final = "urn:uuid:"


class _Owned(Protocol):
    """A resource that says whose it is."""

    subject: Whose
    patient: Whose


_O = TypeVar("_O", bound=_Owned)


class Subjects:
    """Tells resources of one patient from those of others, in every form of reference.

    A resource that names no patient, or names one only by an identifier, a display or a contained resource,
    is this patient's: the search that brought it asked for this patient.
    """

    __slots__ = ("_full_urls", "_ours", "_patient_id")

    def __init__(self, patient_id: str, full_urls: Iterable[str] = ()) -> None:
        self._patient_id = _bare_id(patient_id)
        self._full_urls = frozenset(url.strip().lower() for url in full_urls if url)
        self._ours: dict[str, bool] = {}
        """Whether a reference that was met names our patient."""

    def of_ours(self, shapes: Iterable[_O]) -> list[_O]:
        """The resources of our patient among these, in their order."""
        ours = self._ours.get
        return [
            shape
            for shape in shapes
            if (
                type(whose := shape.subject) is ReferenceShape
                and type(named := whose.reference) is str
                and ours(named)
                and shape.patient is None
            )
            or self.is_ours(shape.subject, shape.patient)
        ]

    def is_ours(self, subject: Whose, patient: Whose) -> bool:
        """True when neither `subject` nor `patient` (DSTU2) names another one."""
        return self._names_us(subject) and self._names_us(patient)

    def is_our_patient(self, resource_id: object) -> bool:
        """True for the Patient of this id; one without any id is the one that was asked for."""
        if not isinstance(resource_id, str) or not resource_id.strip():
            return True
        return resource_id.strip() == self._patient_id

    def _names_us(self, whose: Whose) -> bool:
        reference: object = whose
        if isinstance(whose, ReferenceShape):
            reference = whose.reference
        elif isinstance(whose, list):
            reference = as_object(whose).get("reference")
        if not isinstance(reference, str):
            return True
        known = self._ours.get(reference)
        if known is None:
            known = self._ours[reference] = self._is_us(reference)
        return known

    def _is_us(self, reference: str) -> bool:
        reference = reference.strip()
        if reference.startswith("#") or "?" in reference or not reference:
            return True
        if reference.lower() in self._full_urls:
            return True
        if reference.lower().startswith(_UUID):
            return reference[len(_UUID) :].lower() == self._patient_id.lower()
        kind, name = split_reference(reference)
        return name == self._patient_id and kind in ("", "Patient")


def _bare_id(reference: str) -> str:
    _, name = split_reference(reference)
    return name or reference.strip()
