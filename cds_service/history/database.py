"""The database of the history: opening it, bringing its tables up to date, forgetting old rows."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, delete, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from cds_service.errors import SettingsError
from cds_service.history.models import Call, CardFeedback, UsedToken

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_BUSY_SECONDS: Final = 2.0
_UPGRADE_LOCK: Final = 7_294_113
"""Any number that only we use: the key of PostgreSQL's advisory lock."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows were forgotten."""

    calls: int
    feedback: int
    tokens: int


def open_engine(url: str) -> Engine:
    """An engine for a SQLAlchemy URL: SQLite (made with its directory if missing) or PostgreSQL.

    Nothing is connected yet. Raises SettingsError for a URL that can't be used.
    """
    parsed = _parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            parsed,
            pool_pre_ping=True,
            pool_timeout=_BUSY_SECONDS,
            # Hook calls ask this database whether a token was used: a host that is gone must not hold them.
            connect_args={"connect_timeout": math.ceil(_BUSY_SECONDS)},
        )
    in_memory = parsed.database in (None, "", ":memory:")
    if not in_memory:
        _make_private_file(Path(str(parsed.database)))
    engine = create_engine(
        parsed,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        # A database in memory lives as long as its one connection.
        **({"poolclass": StaticPool} if in_memory else {}),
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def upgrade_database(url: str) -> str:
    """Brings the tables up to date, and says at which revision they are now. Workers may do so at once."""
    engine = open_engine(url)
    try:
        return upgrade(engine)
    finally:
        engine.dispose()


def upgrade(engine: Engine) -> str:
    """The same, for an engine that is open."""
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
        configuration = _configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
    return newest_revision()


def newest_revision() -> str:
    """The revision that this version of the service needs."""
    return ScriptDirectory.from_config(_configuration()).get_current_head() or ""


def current_revision(connection: Connection) -> str | None:
    """The revision that the tables are at; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def purge_database(url: str, before: datetime) -> Purged:
    """Forgets calls and feedback received before a time, and the tokens that expired before it."""
    engine = open_engine(url)
    try:
        return purge(engine, before)
    finally:
        engine.dispose()


def purge(engine: Engine, before: datetime) -> Purged:
    """The same, for an engine that is open. Cards, suggestions and orders go with their calls."""
    with engine.execution_options(writes=True).begin() as connection:
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
            ("SPINE_CDS_DATABASE_URL: the driver is missing. Do: pip install 'psycopg[binary]'",)
        ) from None
    return parsed


def _make_private_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise SettingsError(
            (f"SPINE_CDS_DATABASE_URL: {path} can't be written ({error.strerror})",)
        ) from None


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


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    return configuration


def is_up_to_date(engine: Engine) -> bool:
    """True when the database answers and its tables are those of this version."""
    try:
        with engine.connect() as connection:
            return current_revision(connection) == newest_revision()
    except SQLAlchemyError:
        return False
