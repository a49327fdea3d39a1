"""A call in its compact form, one row and one text, and opened again for who asks about it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, select

from cds_service.cds_hooks.model import Card
from cds_service.history.models import Call
from cds_service.history.pseudonyms import Pseudonyms
from cds_service.history.records import CallRecord, OrderRecord, Viewer

_AT_ONCE: Final = 1000


class StoredOrder(msgspec.Struct, frozen=True):
    """One assessed order. Words are those of the response extension."""

    order: str
    """Pseudonym."""
    modality: str | None
    regions: tuple[str, ...]
    contrast: str
    scenario: str | None
    appropriateness: str
    urgency: str
    criteria: tuple[str, ...] = ()


class StoredCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """One card that was shown, or in silent mode would have been."""

    uuid: str
    id: str
    indicator: str
    order: str | None = None
    """Pseudonym."""
    suggestions: tuple[tuple[str, str], ...] = ()
    """(uuid, id) pairs."""
    facts: str = ""
    """Pseudonym of what it rests on; rows from before have none."""


class CallDetail(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a call's row holds beside its columns. A new member needs a default: old rows lack it."""

    as_of: date
    service: str
    hook: str
    hook_instance: str
    """A pseudonym too: with it in clear, the patient's id could be guessed from the uuid of a card."""
    guideline: str
    version: str
    tenant: str | None = None
    gaps: tuple[tuple[str, str], ...] = ()
    """(source, reason) pairs."""
    orders: tuple[StoredOrder, ...] = ()
    cards: tuple[StoredCard, ...] = ()


class StoredCall(msgspec.Struct, frozen=True):
    """One recorded call."""

    received_at: datetime
    client_id: str
    patient_hash: str
    is_shown: bool
    detail: CallDetail


class CallRow(msgspec.Struct, frozen=True):
    """A call ready to be written: nothing in it names a patient, not even while it waits."""

    columns: dict[str, Any]
    cards: tuple[tuple[int, str], ...]
    """(key, card id) pairs."""
    criteria: tuple[str, ...]


_decoder: Final = msgspec.json.Decoder(CallDetail)


def call_row(record: CallRecord, pseudonyms: Pseudonyms) -> CallRow:
    """The compact form of a call."""
    orders = {
        reference: pseudonyms.of("order", record.client_id, record.patient_id, reference)
        # With the patient, because clients number their draft orders o1, o2 …
        for reference in {
            *(order.order for order in record.orders),
            *(card.order for card in record.cards if card.order),
        }
    }
    detail = CallDetail(
        as_of=record.as_of,
        service=record.service_id,
        hook=record.hook,
        hook_instance=pseudonyms.of("hook-instance", record.hook_instance),
        guideline=record.guideline_id,
        version=record.guideline_version,
        tenant=record.tenant,
        gaps=record.gaps,
        orders=tuple(_stored_order(order, orders) for order in record.orders),
        cards=tuple(
            _stored_card(card, orders, facts_hash(pseudonyms, record, card.facts))
            for card in record.cards
        ),
    )
    columns = {
        "received_at": record.received_at,
        "client_id": record.client_id,
        "patient_hash": pseudonyms.of("patient", record.client_id, record.patient_id),
        "is_shown": record.is_shown,
        "detail": msgspec.json.encode(detail).decode(),
    }
    # The uuid of a card follows from the call and the card: twice in one call is once.
    cards = {card_key(record.client_id, card.uuid): card.id for card in record.cards}
    criteria = tuple(name for order in record.orders for name in order.criteria)
    return CallRow(columns, tuple(cards.items()), criteria)


def card_key(client_id: str, uuid: str) -> int:
    """Stands for a card in look-ups: 64 bits, of both, so that no client's feedback joins the card of another."""
    message = f"{len(client_id)}:{client_id}{uuid}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(message, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def calls_between(engine: Engine, since: datetime, until: datetime) -> Iterator[StoredCall]:
    """The calls of the half-open interval [since, until), in the order in which they were written."""
    columns = (Call.received_at, Call.client_id, Call.patient_hash, Call.is_shown, Call.detail)
    statement = (
        select(*columns)
        .where(Call.received_at >= since, Call.received_at < until)
        .order_by(Call.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    with engine.connect() as connection:
        for received_at, client_id, patient_hash, is_shown, detail in connection.execute(statement):
            opened = _decoder.decode(detail)
            yield StoredCall(received_at, client_id, patient_hash, is_shown, opened)


def _stored_order(order: OrderRecord, pseudonyms: dict[str, str]) -> StoredOrder:
    return StoredOrder(
        pseudonyms[order.order],
        order.modality,
        order.regions,
        order.contrast,
        order.scenario,
        order.appropriateness,
        order.urgency,
        order.criteria,
    )


def facts_hash(pseudonyms: Pseudonyms, record: CallRecord | Viewer, facts: str) -> str:
    """What stands in the history for the facts of a card; with the patient, as for orders."""
    return pseudonyms.of("facts", record.client_id, record.patient_id, facts) if facts else ""


def _stored_card(card: Card, pseudonyms: dict[str, str], facts: str) -> StoredCard:
    return StoredCard(
        card.uuid,
        card.id,
        card.indicator,
        pseudonyms[card.order] if card.order else None,
        tuple((made.uuid, made.id) for made in card.suggestions),
        facts,
    )
