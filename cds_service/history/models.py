"""The tables of the history. A change here needs a migration in `migrations/versions`."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    MetaData,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC. SQLite keeps no zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC on the way in; a time without a zone is a mistake of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a time in the history needs a zone"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC on the way out."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Row(DeclarativeBase):
    """Base of every table. Constraints have names, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, date: Date, bool: Boolean}  # noqa: RUF012


class Call(Row):
    """One hook call that was evaluated: what is searched for in columns, all else in `detail`."""

    __tablename__ = "call"

    id: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
    client_id: Mapped[str] = mapped_column(String(300))
    patient_hash: Mapped[str] = mapped_column(String(32), index=True)
    is_shown: Mapped[bool]
    """False in silent mode: evaluated and recorded, no card answered."""
    detail: Mapped[str] = mapped_column(Text)
    """JSON of `calls.CallDetail`."""


class CallCard(Row):
    """Which call a card is of, for the feedback that comes to it. The same call repeated gives the same card again."""

    __tablename__ = "call_card"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Hash of client and uuid (`calls.card_key`)."""
    call_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    card_id: Mapped[str] = mapped_column(String(100))


class DailyCount(Row):
    """How often something was there on one day (UTC) at one client. Kept by who writes the calls."""

    __tablename__ = "daily_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: Mapped[date] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(String(300), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    """`counts.Kind`."""
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    count: Mapped[int]


class WriteCheck(Row):
    """One row that the readiness check writes: what can only be read is no place for a history."""

    __tablename__ = "write_check"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]


class CardFeedback(Row):
    """What became of a card: one row an outcome and time.

    There is no foreign key to the card: feedback may come before the card is written, long after it was
    purged, or for a card that was never ours. It is joined by `card_key`.
    """

    __tablename__ = "card_feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    same_key: Mapped[str] = mapped_column(String(64), unique=True)
    """Hash of client, card, outcome and time: the same feedback sent again has the same key."""
    received_at: Mapped[datetime] = mapped_column(index=True)
    service_id: Mapped[str] = mapped_column(String(100))
    client_id: Mapped[str] = mapped_column(String(300))
    card_uuid: Mapped[str] = mapped_column(String(200))
    card_key: Mapped[int] = mapped_column(BigInteger, index=True)
    """As in `call_card`."""
    outcome: Mapped[str] = mapped_column(String(20))
    outcome_at: Mapped[datetime | None]
    accepted_suggestions: Mapped[list[str]] = mapped_column(JSON)
    reason_code: Mapped[str | None] = mapped_column(String(300))
    reason_system: Mapped[str | None] = mapped_column(String(300))
    reason_display: Mapped[str | None] = mapped_column(String(300))
    user_comment: Mapped[str | None] = mapped_column(Text)


class UsedToken(Row):
    """A client's JWT that was used, kept until it expires. Only a hash of issuer and jti is stored."""

    __tablename__ = "used_token"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
