"""The database of the history: opening it, bringing its tables up to date, forgetting old rows."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Engine,
    column,
    create_engine,
    delete,
    event,
    inspect,
    select,
    table,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from cds_service.errors import HistoryUnavailable, SettingsError
from cds_service.history.models import Call, CallCard, CardFeedback, DailyCount, UsedToken
from cds_service.history.postgres import connect_arguments, limit_use

REVISIONS: Final = ("0001", "0002")
"""Of the tables, in `migrations/`: those that this version knows the way from; the last is the one it needs.

Named here too, so that a start with tables that are up to date is spared the import of Alembic.
"""
_REVISION: Final = table("alembic_version", column("version_num"))
BUSY_SECONDS: Final = 2.0
"""The longest that anybody waits for the database, but for who changes its tables."""
_UPGRADE_SECONDS: Final = 30.0
_UPGRADE_LOCK: Final = 7_294_113
"""Any number that only we use: the key of PostgreSQL's advisory lock."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows were forgotten."""

    calls: int
    feedback: int
    tokens: int


def open_engine(url: str, seconds: float | None = BUSY_SECONDS) -> Engine:
    """An engine for a SQLAlchemy URL: SQLite (made with its directory if missing) or PostgreSQL.

    `seconds` is how long a statement may take, or wait for others; None: as long as it takes. Nothing is connected
    yet. Raises SettingsError for a URL that can't be used.
    """
    parsed = _parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(
            parsed, pool_timeout=BUSY_SECONDS, connect_args=connect_arguments(seconds)
        )
        if seconds is not None:
            limit_use(engine, seconds)
        return engine
    path = database_file(parsed)
    engine = create_engine(
        parsed,
        connect_args={
            "timeout": _UPGRADE_SECONDS if seconds is None else seconds,
            "check_same_thread": False,
        },
        # A database in memory lives as long as its one connection.
        **({"poolclass": StaticPool} if path is None else {}),
    )
    if path is not None:
        event.listen(engine, "do_connect", lambda *_: _make_private_file(path))
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def database_file(url: URL) -> Path | None:
    """The file of an SQLite database; None for others, and for one in memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def upgrade_database(url: str) -> str:
    """Brings the tables up to date, and says at which revision they are now. Workers may do so at once."""
    engine = open_engine(url, None)
    try:
        return upgrade(engine)
    finally:
        engine.dispose()


def prepare_database(url: str) -> None:
    """The same where it is needed. The look whether it is has a time limit: a server may be frozen."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            is_needed = current_revision(connection) != newest_revision()
    finally:
        engine.dispose()
    if is_needed:
        upgrade_database(url)


def upgrade(engine: Engine) -> str:
    """The same, for an engine that is open. Raises HistoryUnavailable for tables of a newer version."""
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
        revision = current_revision(connection)
        if revision is not None and revision not in REVISIONS:
            raise HistoryUnavailable(
                f"The tables are at revision {revision}, which a newer version of this service made. "
                "Install that version again, or name another database in SPINE_CDS_DATABASE_URL."
            )
        if revision != newest_revision():
            from cds_service.history.migrating import migrate  # noqa: PLC0415 - as told above

            migrate(connection)
    return newest_revision()


def newest_revision() -> str:
    """The revision that this version of the service needs."""
    return REVISIONS[-1]


def current_revision(connection: Connection) -> str | None:
    """The revision that the tables are at; None for an empty database."""
    if not inspect(connection).has_table(_REVISION.name):
        return None
    found: str | None = connection.scalar(select(_REVISION.c.version_num))
    return found


def purge_database(url: str, before: datetime) -> Purged:
    """Forgets calls and feedback received before a time, and the tokens that expired before it."""
    engine = open_engine(url, None)
    try:
        return purge(engine, before)
    finally:
        engine.dispose()


def purge(engine: Engine, before: datetime) -> Purged:
    """The same, for an engine that is open. Cards go with their calls, and counts with their day."""
    with engine.execution_options(writes=True).begin() as connection:
        gone = select(Call.id).where(Call.received_at < before)
        connection.execute(delete(CallCard).where(CallCard.call_id.in_(gone)))
        connection.execute(delete(DailyCount).where(DailyCount.day < before.astimezone(UTC).date()))
        return Purged(
            calls=connection.execute(delete(Call).where(Call.received_at < before)).rowcount,
            feedback=connection.execute(
                delete(CardFeedback).where(CardFeedback.received_at < before)
            ).rowcount,
            tokens=connection.execute(
                delete(UsedToken).where(UsedToken.expires_at < before)
            ).rowcount,
        )


def _parse_url(url: str) -> URL:
    # The URL may hold a password, so no message shows it.
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise SettingsError(("SPINE_CDS_DATABASE_URL: expected sqlite:// or postgresql://",))
        parsed.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise SettingsError(
            ("SPINE_CDS_DATABASE_URL is no SQLAlchemy URL, such as sqlite:///var/history.db",)
        ) from None
    except ImportError:
        raise SettingsError(
            (
                "SPINE_CDS_DATABASE_URL: the driver is missing. Do: pip install 'spine-imaging-cds[postgres]'",
            )
        ) from None
    return parsed


def _make_private_file(path: Path) -> None:
    """For its owner alone; where that cannot be, connecting says why."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Only one that is not there: closing a file lets go of the locks that SQLite holds on it in this process.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # Python's driver opens transactions too late for WAL; SQLAlchemy's `begin` event does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: upgrading a read lock fails at once when another one writes.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def is_up_to_date(engine: Engine) -> bool:
    """True when the database answers and its tables are those of this version."""
    try:
        with engine.connect() as connection:
            return current_revision(connection) == newest_revision()
    except SQLAlchemyError:
        return False
