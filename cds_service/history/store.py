"""Writing the history: calls in the background, feedback before its answer, tokens before the call.

Whatever happens to the database, no method but `record_feedback` and `seen_jti` lets anybody notice.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, delete, insert, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from cds_service.cds_hooks.feedback import FeedbackEntry
from cds_service.errors import HistoryUnavailable, ServiceUnavailable, SettingsError
from cds_service.history.calls import CallRow, call_row
from cds_service.history.counts import add_counts, counted
from cds_service.history.database import (
    current_revision,
    database_file,
    newest_revision,
    open_engine,
    prepare_database,
)
from cds_service.history.database import upgrade as upgrade_engine
from cds_service.history.database_file import DatabaseFile
from cds_service.history.feedback_rows import joined_hash, write_feedback
from cds_service.history.models import Call, CallCard, UsedToken, WriteCheck
from cds_service.history.pseudonyms import Pseudonyms, load_pseudonyms
from cds_service.history.records import CallRecord, FeedbackResult, QuietTimes, Viewer
from cds_service.history.shown import ShownBefore, ShownCards
from cds_service.history.write_queue import WriteQueue

_FLUSH_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 2.0
_TOKEN_SECONDS: Final = 0.4
"""For the look whether a token was used: a call waits for it."""
_FORGET_TOKENS_EVERY: Final = timedelta(minutes=1)
_HEAL_EVERY: Final = 5.0
"""Seconds between tries to make the tables, or the key, after that failed."""
_READY_SECONDS: Final = 0.5
"""How long a look at the database holds: many may ask at once."""
_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told what becomes of the calls."""

    on_written: Callable[[int], None] = lambda _: None
    """How many were written."""
    on_loss: Callable[[int], None] = lambda _: None
    """How many were lost."""
    on_gone: Callable[[], None] = lambda: None
    """The file of the database was deleted or replaced, with all that it held."""


class HistoryStore:
    """The history database of one process. Every method may be called from any thread."""

    def __init__(
        self, url: str, pseudonyms: Pseudonyms | Path, *, queue_capacity: int = 10_000
    ) -> None:
        """`pseudonyms`, or the file of their key. Raises SettingsError for a URL that can't be used."""
        self.engine: Final[Engine] = open_engine(url)
        self._url = url
        path = database_file(self.engine.url)
        self._file = DatabaseFile(path) if path is not None else None
        self._file_lock = threading.Lock()
        self._writer = self.engine.execution_options(writes=True)
        in_memory = path is None and self.engine.dialect.name == "sqlite"
        self._tokens = self.engine if in_memory else open_engine(url, _TOKEN_SECONDS)
        self._pseudonyms = pseudonyms
        self._shown: ShownCards | None = None
        self._listeners = Listeners()
        self._is_told_gone = True
        """Whether readiness has said that the file of the database was lost."""
        self._queue: WriteQueue[CallRow] = WriteQueue(
            self._write_calls, capacity=queue_capacity, on_loss=self._tell_loss
        )
        self._without_key = 0
        self._key_lock = threading.Lock()
        self._key_at = 0.0
        self._tokens_lock = threading.Lock()
        self._tokens_forgotten_at: datetime | None = None
        self._healing = threading.Lock()
        self._has_to_heal = False
        self._heal_at = 0.0
        self._ready_lock = threading.Lock()
        self._ready_until = 0.0
        self._is_fine = False
        atexit.register(self.close)

    def upgrade(self) -> str:
        """Brings the tables up to date; says at which revision they are.

        Raises SQLAlchemyError or HistoryUnavailable; then it is tried again whenever something is to be written.
        """
        self._ready_until = 0.0
        self._has_to_heal = True
        if self._tokens is self.engine:
            upgrade_engine(self.engine)
        else:
            prepare_database(self._url)
        self._has_to_heal = False
        return newest_revision()

    def is_ready(self) -> bool:
        """True when the database takes what is written, into tables of this version. Never raises."""
        with self._ready_lock:
            started = time.monotonic()
            if started >= self._ready_until:
                try:
                    self._look()
                    # A new file may be in place before anybody looks: one look has to tell that all before is lost.
                    self._is_fine = self._key() is not None and self._is_told_gone
                except (SQLAlchemyError, HistoryUnavailable, OSError) as error:
                    _log.warning("history.not_ready", error=type(error).__name__)
                    self._is_fine = False
                self._is_told_gone = True
                # Many may ask at once; a look that found nothing wrong, or took long, is not repeated for each.
                ended = time.monotonic()
                self._ready_until = ended + max(
                    _READY_SECONDS if self._is_fine else 0, ended - started - _READY_SECONDS
                )
            return self._is_fine

    @property
    def dropped(self) -> int:
        """Calls that were never written: the queue was full, the database refused them, or there was no key."""
        return self._queue.dropped + self._queue.lost + self._without_key

    def tell(self, listeners: Listeners) -> None:
        """Whom to tell what becomes of the calls from now on."""
        self._listeners = listeners

    def _tell_loss(self, count: int) -> None:
        self._listeners.on_loss(count)

    def record_call(self, record: CallRecord) -> bool:
        """Queues a call and returns at once. False: dropped, which the metrics count."""
        key = self._key()
        if key is None:
            self._without_key += 1
            self._tell_loss(1)
            return False
        return self._queue.put(call_row(record, key))

    def look_up_shown(self, viewer: Viewer, times: QuietTimes) -> Future[ShownBefore] | None:
        """Starts to look what was shown before; None where that can't be told now."""
        key = self._key()
        if key is None:
            return None
        if self._shown is None:
            self._shown = ShownCards(self._tokens, times)
        return self._shown.look_up(viewer, key)

    def flush(self, timeout: float = _FLUSH_SECONDS) -> bool:
        """Waits until every recorded call is written."""
        return self._queue.flush(timeout)

    def close(self) -> None:
        """Writes what waits and lets the database go. May be called twice."""
        atexit.unregister(self.close)
        self._queue.close(_CLOSE_SECONDS)
        self.engine.dispose()
        self._tokens.dispose()

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

        def write() -> tuple[FeedbackResult, ...]:
            self._check_file()
            self._check_tables()
            with self._writer.begin() as connection:
                return write_feedback(connection, service_id, client_id, entries, received_at)

        try:
            try:
                return write()
            except SQLAlchemyError as error:
                if not _is_worth_another_try(error):
                    raise
                return write()
        except (SQLAlchemyError, HistoryUnavailable, OSError) as error:
            self._heal()
            raise ServiceUnavailable(
                f"feedback could not be stored: {type(error).__name__}"
            ) from None

    def seen_jti(self, issuer: str, jti: str, expires_at: datetime, now: datetime) -> bool:
        """True when a token was used before, by any worker. The first look marks it as used.

        Raises SQLAlchemyError when the database can't say.
        """
        row = {"token_hash": joined_hash(issuer, jti), "expires_at": expires_at}
        is_time = self._is_time_to_forget(now)
        try:
            with self._tokens.execution_options(writes=True).begin() as connection:
                if is_time:
                    connection.execute(delete(UsedToken).where(UsedToken.expires_at < now))
                connection.execute(insert(UsedToken).values(**row))
        except IntegrityError:
            return True
        return False

    def _is_time_to_forget(self, now: datetime) -> bool:
        with self._tokens_lock:
            last = self._tokens_forgotten_at
            if last is not None and now - last < _FORGET_TOKENS_EVERY:
                return False
            self._tokens_forgotten_at = now
            return True

    def _key(self) -> Pseudonyms | None:
        """The pseudonyms; None as long as their key can neither be read nor made."""
        known = self._pseudonyms
        if isinstance(known, Pseudonyms):
            return known
        with self._key_lock:
            if time.monotonic() < self._key_at:
                return None
            try:
                loaded = load_pseudonyms(known)
            except (HistoryUnavailable, SettingsError) as error:
                self._key_at = time.monotonic() + _HEAL_EVERY
                _log.error("history.no_key", error=type(error).__name__)
                return None
            self._pseudonyms = loaded
            return loaded

    def _write_calls(self, batch: Sequence[CallRow]) -> None:
        try:
            self._check_file()
            self._check_tables()
            with self._writer.begin() as connection:
                _insert_calls(connection, batch)
            self._listeners.on_written(len(batch))
        except (SQLAlchemyError, HistoryUnavailable, OSError):
            # For the next try, which comes soon.
            self._heal()
            raise

    def _heal(self) -> None:
        """Makes the tables, where the start could not or the database is another one now."""
        if not self._has_to_heal or not self._healing.acquire(blocking=False):
            return
        try:
            if time.monotonic() < self._heal_at:
                return
            self._heal_at = time.monotonic() + _HEAL_EVERY
            _log.warning("history.upgraded", revision=self.upgrade())
        except (SQLAlchemyError, HistoryUnavailable, OSError) as error:
            _log.error("history.not_upgraded", error=type(error).__name__)
        finally:
            self._healing.release()

    def _check_file(self) -> None:
        """Raises HistoryUnavailable when the file of the database is gone, or no database any more; or OSError."""
        if self._file is None:
            return
        with self._file_lock:
            change = self._file.change()
            if change is not None:
                _log.error("history.file_changed", change=change)
                self._has_to_heal = True
                self._is_told_gone = False
                self._listeners.on_gone()
                self.engine.dispose()
                self._tokens.dispose()
                self._file.forget()
            if change == "gone":
                raise HistoryUnavailable("The file of the history is gone.")
            self._file.check()

    def _check_tables(self) -> None:
        """Raises HistoryUnavailable while the tables are not known to be of this version: nothing is written then."""
        if self._has_to_heal:
            self._heal()
        if self._has_to_heal:
            raise HistoryUnavailable(
                "The tables of the history are of another version, or not made."
            )

    def _look(self) -> None:
        """Raises when the database can't be written to, or has other tables."""
        try:
            self._check_file()
            with self._writer.begin() as connection:
                revision = current_revision(connection)
                if revision != newest_revision():
                    raise HistoryUnavailable("The tables are of another version.")
                changed = connection.execute(update(WriteCheck).values(count=WriteCheck.count + 1))
                if changed.rowcount == 0:
                    connection.execute(insert(WriteCheck).values(id=1, count=1))
        except (SQLAlchemyError, HistoryUnavailable, OSError):
            self._heal()
            raise


def _is_worth_another_try(error: SQLAlchemyError) -> bool:
    """Another worker stored the same entry between our look and our insert, or the connection was an old one."""
    return isinstance(error, IntegrityError) or getattr(error, "connection_invalidated", False)


def _insert_calls(connection: Connection, batch: Sequence[CallRow]) -> None:
    """One statement a table for the whole batch: the time of a statement is a call's whole assessment."""
    ids = (
        connection.execute(
            insert(Call).returning(Call.id, sort_by_parameter_order=True),
            [row.columns for row in batch],
        )
        .scalars()
        .all()
    )
    cards = [
        {"key": key, "call_id": id_, "card_id": card_id}
        for id_, row in zip(ids, batch, strict=True)
        for key, card_id in row.cards
    ]
    if cards:
        connection.execute(insert(CallCard), cards)
    add_counts(connection, counted(batch))
