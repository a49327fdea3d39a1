"""Writing the history: calls in the background, feedback before its answer, tokens before the call."""

from __future__ import annotations

import atexit
import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.sql.dml import ReturningInsert

from cds_service.cds_hooks.feedback import FeedbackEntry
from cds_service.cds_hooks.model import Card
from cds_service.errors import ServiceUnavailable
from cds_service.history.database import is_up_to_date, open_engine, upgrade
from cds_service.history.models import (
    Call,
    CallCard,
    CallOrder,
    CallSuggestion,
    CardFeedback,
    UsedToken,
)
from cds_service.history.pseudonyms import Pseudonyms
from cds_service.history.records import CallRecord, FeedbackResult
from cds_service.history.write_queue import WriteQueue

_FLUSH_SECONDS: Final = 5.0
_FORGET_TOKENS_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Rows:
    """A call as it is written: nothing in it names a patient, not even while it waits."""

    call: dict[str, Any]
    orders: tuple[dict[str, Any], ...]
    cards: tuple[tuple[dict[str, Any], tuple[dict[str, Any], ...]], ...]


class HistoryStore:
    """The history database of one process. Every method may be called from any thread."""

    def __init__(self, url: str, pseudonyms: Pseudonyms, *, queue_capacity: int = 1000) -> None:
        self.engine: Final[Engine] = open_engine(url)
        self._writer = self.engine.execution_options(writes=True)
        self._pseudonyms = pseudonyms
        self._queue: WriteQueue[_Rows] = WriteQueue(self._write_calls, capacity=queue_capacity)
        self._tokens_lock = threading.Lock()
        self._dropped_lock = threading.Lock()
        self._dropped_told = 0
        self._tokens_forgotten_at: datetime | None = None
        atexit.register(self.close)

    def upgrade(self) -> str:
        """Brings the tables up to date; says at which revision they are."""
        return upgrade(self.engine)

    def is_ready(self) -> bool:
        """True when the database answers and its tables are those of this version. Never raises."""
        return is_up_to_date(self.engine)

    @property
    def dropped(self) -> int:
        """Calls that were never written: the queue was full, or the database refused them."""
        return self._queue.dropped + self._queue.lost

    def newly_dropped(self) -> int:
        """Of those, how many since this was asked last."""
        with self._dropped_lock:
            now = self.dropped
            news, self._dropped_told = now - self._dropped_told, now
            return news

    def record_call(self, record: CallRecord) -> bool:
        """Queues a call and returns at once. False: dropped, which the metrics count."""
        return self._queue.put(_rows(record, self._pseudonyms))

    def flush(self, timeout: float = _FLUSH_SECONDS) -> bool:
        """Waits until every recorded call is written."""
        return self._queue.flush(timeout)

    def close(self) -> None:
        """Writes what waits and lets the database go. May be called twice."""
        atexit.unregister(self.close)
        self._queue.close(_FLUSH_SECONDS)
        self.engine.dispose()

    def record_feedback(
        self,
        service_id: str,
        client_id: str,
        entries: Sequence[FeedbackEntry],
        received_at: datetime,
    ) -> tuple[FeedbackResult, ...]:
        """Writes feedback, one result an entry, in their order. What is returned is stored.

        The same outcome of a card at the same time is stored once, and completed by what a repetition
        adds. Raises ServiceUnavailable when it can't be stored, so that the client sends it again.
        """
        try:
            try:
                return self._write_feedback(service_id, client_id, entries, received_at)
            except IntegrityError:
                # Another worker stored the same entry between our look and our insert.
                return self._write_feedback(service_id, client_id, entries, received_at)
        except SQLAlchemyError as error:
            raise ServiceUnavailable(
                f"feedback could not be stored: {type(error).__name__}"
            ) from None

    def seen_jti(self, issuer: str, jti: str, expires_at: datetime, now: datetime) -> bool:
        """True when a token was used before, by any worker. The first look marks it as used.

        Raises SQLAlchemyError when the database can't say.
        """
        self._forget_tokens(now)
        row = {"token_hash": _hash(issuer, jti), "expires_at": expires_at}
        try:
            with self._writer.begin() as connection:
                connection.execute(insert(UsedToken).values(**row))
        except IntegrityError:
            return True
        return False

    def _forget_tokens(self, now: datetime) -> None:
        with self._tokens_lock:
            last = self._tokens_forgotten_at
            if last is not None and now - last < _FORGET_TOKENS_EVERY:
                return
            self._tokens_forgotten_at = now
        with self._writer.begin() as connection:
            connection.execute(delete(UsedToken).where(UsedToken.expires_at < now))

    def _write_calls(self, batch: Sequence[_Rows]) -> None:
        with self._writer.begin() as connection:
            _insert_calls(connection, batch)

    def _write_feedback(
        self,
        service_id: str,
        client_id: str,
        entries: Sequence[FeedbackEntry],
        received_at: datetime,
    ) -> tuple[FeedbackResult, ...]:
        common = {"service_id": service_id, "client_id": client_id, "received_at": received_at}
        with self._writer.begin() as connection:
            known = _known_cards(connection, client_id, entries)
            results = []
            for entry in entries:
                is_new = _store_entry(connection, _feedback_row(entry, client_id) | common)
                results.append(FeedbackResult(entry.index, is_new, entry.card in known))
            return tuple(results)


def _insert_calls(connection: Connection, batch: Sequence[_Rows]) -> None:
    """One statement a table for the whole batch: the time of a statement is a call's whole assessment."""
    call_ids = _inserted(
        connection,
        insert(Call).returning(Call.id, sort_by_parameter_order=True),
        [rows.call for rows in batch],
    )
    of_calls = list(zip(call_ids, batch, strict=True))
    orders = [row | {"call_id": id_} for id_, rows in of_calls for row in rows.orders]
    cards = [(id_, card, made) for id_, rows in of_calls for card, made in rows.cards]
    if orders:
        connection.execute(insert(CallOrder), orders)
    card_ids = _inserted(
        connection,
        insert(CallCard).returning(CallCard.id, sort_by_parameter_order=True),
        [card | {"call_id": id_} for id_, card, _ in cards],
    )
    suggestions = [
        row | {"call_card_id": id_}
        for id_, (_, _, made) in zip(card_ids, cards, strict=True)
        for row in made
    ]
    if suggestions:
        connection.execute(insert(CallSuggestion), suggestions)


def _inserted(
    connection: Connection, statement: ReturningInsert[int], rows: list[dict[str, Any]]
) -> Sequence[int]:
    """The ids of new rows, in their order."""
    return connection.execute(statement, rows).scalars().all() if rows else ()


def _known_cards(
    connection: Connection, client_id: str, entries: Sequence[FeedbackEntry]
) -> set[str]:
    wanted = {entry.card for entry in entries}
    statement = (
        select(CallCard.uuid)
        .join(Call, Call.id == CallCard.call_id)
        .where(Call.client_id == client_id, CallCard.uuid.in_(wanted))
    )
    return set(connection.execute(statement).scalars())


def _store_entry(connection: Connection, row: dict[str, Any]) -> bool:
    """True when the row is new. Of a repetition only what the stored row lacks is added."""
    stored = (
        connection.execute(
            select(CardFeedback.__table__).where(CardFeedback.same_key == row["same_key"])
        )
        .mappings()
        .one_or_none()
    )
    if stored is None:
        connection.execute(insert(CardFeedback).values(**row))
        return True
    suggestions = stored["accepted_suggestions"] + row["accepted_suggestions"]
    changed = {"accepted_suggestions": list(dict.fromkeys(suggestions))}
    if stored["reason_code"] is None and stored["reason_display"] is None:
        for name in ("reason_code", "reason_system", "reason_display"):
            changed[name] = row[name]
    if stored["user_comment"] is None:
        changed["user_comment"] = row["user_comment"]
    if any(stored[name] != value for name, value in changed.items()):
        connection.execute(
            update(CardFeedback).where(CardFeedback.id == stored["id"]).values(**changed)
        )
    return False


def _feedback_row(entry: FeedbackEntry, client_id: str) -> dict[str, Any]:
    when = "" if entry.outcome_at is None else entry.outcome_at.isoformat()
    reason = entry.reason
    return {
        "same_key": _hash(client_id, entry.card, entry.outcome, when),
        "card_uuid": entry.card,
        "outcome": entry.outcome,
        "outcome_at": entry.outcome_at,
        "accepted_suggestions": list(entry.accepted_suggestions),
        "reason_code": (reason.code or None) if reason else None,
        "reason_system": reason.system if reason else None,
        "reason_display": (reason.display or None) if reason else None,
        "user_comment": entry.user_comment or None,
    }


def _rows(record: CallRecord, pseudonyms: Pseudonyms) -> _Rows:
    def order_hash(reference: str) -> str:
        # With the patient, because clients number their draft orders o1, o2 …
        return pseudonyms.of("order", record.client_id, record.patient_id, reference)

    call = {
        "received_at": record.received_at,
        "as_of": record.as_of,
        "service_id": record.service_id,
        "hook": record.hook,
        "client_id": record.client_id,
        "tenant": record.tenant,
        "hook_instance_hash": pseudonyms.of("hook-instance", record.hook_instance),
        "patient_hash": pseudonyms.of("patient", record.client_id, record.patient_id),
        "guideline_id": record.guideline_id,
        "guideline_version": record.guideline_version,
        "is_shown": record.is_shown,
        "gaps": [list(gap) for gap in record.gaps],
    }
    orders = tuple(
        {
            "order_hash": order_hash(order.order),
            "modality": order.modality,
            "regions": list(order.regions),
            "contrast": order.contrast,
            "scenario": order.scenario,
            "appropriateness": order.appropriateness,
            "urgency": order.urgency,
            "criteria": list(order.criteria),
        }
        for order in record.orders
    )
    cards = tuple(
        (
            _card_row(card, order_hash(card.order) if card.order else None),
            _suggestion_rows(card),
        )
        for card in record.cards
    )
    return _Rows(call, orders, cards)


def _card_row(card: Card, order_hash: str | None) -> dict[str, Any]:
    return {
        "uuid": card.uuid,
        "card_id": card.id,
        "indicator": card.indicator,
        "order_hash": order_hash,
    }


def _suggestion_rows(card: Card) -> tuple[dict[str, Any], ...]:
    return tuple({"uuid": made.uuid, "suggestion_id": made.id} for made in card.suggestions)


def _hash(*parts: str) -> str:
    # Each part is given its length, so that no two lists of parts read the same.
    message = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(message.encode("utf-8", "surrogatepass")).hexdigest()
