"""Whose resource it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Raw

from cds_service.evidence.codes.references import split_reference
from cds_service.evidence.loose_json import as_object
from cds_service.evidence.raw import NOTHING, plain

_UUID: Final = "urn:uuid:"


class Subjects:
    """Tells resources of one patient from those of others, in every form of reference.

    A resource that names no patient, or names one only by an identifier, a display or a contained resource,
    is this patient's: the search that brought it asked for this patient.
    """

    __slots__ = ("_full_urls", "_patient_id", "_seen")

    def __init__(self, patient_id: str, full_urls: Iterable[str] = ()) -> None:
        self._patient_id = _bare_id(patient_id)
        self._full_urls = frozenset(url.strip().lower() for url in full_urls if url)
        self._seen: dict[bytes, bool] = {b"": True, b"null": True}

    def is_ours(self, subject: Raw, patient: Raw) -> bool:
        """True when neither `subject` nor `patient` (DSTU2) names another one."""
        known = self._seen.get(bytes(subject))
        if known is None:
            known = self._names_us(subject)
        return known and (patient is NOTHING or self._names_us(patient))

    def is_our_patient(self, resource_id: object) -> bool:
        """True for the Patient of this id; one without any id is the one that was asked for."""
        if not isinstance(resource_id, str) or not resource_id.strip():
            return True
        return resource_id.strip() == self._patient_id

    def _names_us(self, raw: Raw) -> bool:
        written = bytes(raw)
        known = self._seen.get(written)
        if known is None:
            known = self._seen[written] = self._is_us(plain(raw))
        return known

    def _is_us(self, value: object) -> bool:
        reference = value if isinstance(value, str) else as_object(value).get("reference")
        if not isinstance(reference, str):
            return True
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
