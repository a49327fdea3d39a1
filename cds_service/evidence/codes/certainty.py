"""How sure the coder was of a diagnosis: the letter beside a code, which Germany asks for in outpatient care.

It stands in an extension of the coding, of the concept, or of the Condition around them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from msgspec import Raw

from cds_service.evidence.loose_json import as_object, as_text, each
from cds_service.evidence.raw import NOTHING, plain

Certainty = Literal["", "confirmed", "suspected", "past", "refuted"]

_MARK: Final = "diagnosesicherheit"
"""In the address of the extension (`icd-10-gm-diagnosesicherheit`) and of the code system of its letters."""
_MARK_BYTES: Final = _MARK.encode()
_SUREST_FIRST: Final[tuple[Certainty, ...]] = ("confirmed", "suspected", "past", "refuted")
_NESTED: Final = ("coding", "extension", "_code", "concept")


def certainty_of(raw: Raw, certainties: Mapping[str, Certainty]) -> Certainty:
    """The certainty that an element states; empty when it states none."""
    if raw is NOTHING or _MARK_BYTES not in bytes(raw).lower():
        return ""
    return surest(letters_of(plain(raw)), certainties)


def surest(letters: Iterable[str], certainties: Mapping[str, Certainty]) -> Certainty:
    """What letters say; of several the surest, for a code that is doubted beside another is not absent."""
    stated = {certainties.get(letter.strip().upper(), "") for letter in letters}
    return next((found for found in _SUREST_FIRST if found in stated), "")


def letters_of(value: object) -> tuple[str, ...]:
    """The letters that stand anywhere in an element that is decoded: a concept, a coding, a list of extensions."""
    return tuple(filter(None, _letters(value)))


def _letters(value: object) -> Iterator[str]:
    for entry in each(value):
        if not isinstance(entry, dict):
            continue
        if _is_certainty(entry):
            yield from _values(entry)
        for name in _NESTED:
            if name in entry:
                yield from _letters(entry[name])


def _is_certainty(extension: Mapping[str, object]) -> bool:
    address = as_text(extension.get("url"))
    system = as_text(as_object(extension.get("valueCoding")).get("system"))
    return _MARK in address.lower() or (bool(address) and _MARK in system.lower())


def _values(extension: Mapping[str, object]) -> Iterator[str]:
    yield as_text(as_object(extension.get("valueCoding")).get("code"))
    yield from (as_text(extension.get(name)) for name in ("valueCode", "valueString"))
    for coding in each(as_object(extension.get("valueCodeableConcept")).get("coding")):
        yield as_text(as_object(coding).get("code"))
