"""Stable ids: the same call gives the same bytes."""

from __future__ import annotations

from hashlib import sha1
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec.structs import replace

from cds_service.cds_hooks.model import Card, Coding, HookRequest

BASE = "https://spine-imaging-cds.github.io/fhir/"
_NAMESPACE = uuid5(NAMESPACE_URL, f"{BASE}NamingSystem/card").bytes
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""The digit of a name-based UUID that says which kind it is, by the one that the digest has there."""
CARD_SYSTEM = f"{BASE}CodeSystem/card"
NON_ADHERENCE_SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
"""CDS Hooks 3.0 (ballot): reasons for not doing what a card suggests."""
OVERRIDE_SYSTEM = f"{BASE}CodeSystem/override-reason"


def card_uuid(request: HookRequest, order: str, card: str, suggestion: str = "") -> str:
    """Of a card, or of one of its suggestions; `order` is empty for a card about the whole call."""
    context = request.context
    name = (
        f"{request.service_id}|{context.patient_id}|{request.hook_instance}|"
        f"{order}|{card}|{suggestion}"
    )
    return uuid5_text(_NAMESPACE, name)


def uuid5_text(namespace: bytes, name: str) -> str:
    """`str(uuid5(namespace, name))` for a fifth of the time: a card and each of its suggestions need one."""
    h = sha1(namespace + name.encode(), usedforsecurity=False).hexdigest()
    return f"{h[:8]}-{h[8:12]}-5{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"


def numbered(card: Card, number: int) -> Card:
    """The card with uuids of its own, for the `number`-th further study under one order's id."""
    return replace(
        card,
        uuid=_further(card.uuid, number),
        suggestions=tuple(
            replace(suggestion, uuid=_further(suggestion.uuid, number))
            for suggestion in card.suggestions
        ),
    )


def _further(uuid: str, number: int) -> str:
    return uuid5_text(UUID(uuid).bytes, str(number))


def topic_code(card: str) -> str:
    """`not-yet-indicated` is `NotYetIndicated`, for ever."""
    return "".join(word.capitalize() for word in card.split("-"))


def topic(card: str) -> Coding:
    """What clients group and silence cards by."""
    return Coding(
        system=CARD_SYSTEM, code=topic_code(card), display=card.replace("-", " ").capitalize()
    )
