"""Words of a status, and what they say about a Condition: the same on the record and inside an order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from cds_service.evidence.codes.certainty import Certainty
from cds_service.evidence.codes.index import CompiledRules
from cds_service.evidence.loose_json import as_object, as_text, each

Verification = Literal["confirmed", "suspected", "refuted"]

_AS_STATUS: Final[Mapping[Certainty, Verification]] = {
    "confirmed": "confirmed",
    "suspected": "suspected",
    "refuted": "refuted",
}


def status_words(status: object) -> tuple[str, ...]:
    """The words of a status, lower case: a CodeableConcept, or the bare code of STU3 and DSTU2."""
    found: list[str] = []
    for entry in each(status):
        if isinstance(entry, str):
            found.append(entry)
        elif isinstance(entry, dict):
            found += [
                as_text(as_object(coding).get("code")) for coding in each(entry.get("coding"))
            ]
            found += [as_text(entry.get("code")), as_text(entry.get("text"))]
    return tuple(word.strip().lower() for word in found if word)


def verification(words: Iterable[str], rules: CompiledRules) -> Verification | None:
    """How sure a Condition is by its verificationStatus; None when it was entered in error or never meant."""
    for word in words:
        if word in rules.verification_refuted:
            return "refuted"
        if word in rules.verification_dropped:
            return None
        if word in rules.verification_suspected:
            return "suspected"
    return "confirmed"


def with_certainty(status: Verification, certainty: Certainty, *, is_stated: bool) -> Verification:
    """A verificationStatus and the coder's certainty together: what only one of them refutes is suspected.

    `is_stated`: the status stands there; one that does not is no second opinion.
    """
    said = _AS_STATUS.get(certainty)
    if said is None or said == status:
        return status
    return "suspected" if is_stated else said


def is_past(words: Iterable[str], rules: CompiledRules) -> bool:
    """True when a clinicalStatus says that a Condition is over."""
    return not rules.condition_past.isdisjoint(words)
