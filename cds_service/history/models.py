"""The tables of the history. A change here needs a migration in `migrations/versions`."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
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
    """One hook call that was evaluated."""

    __tablename__ = "call"

    id: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
    as_of: Mapped[date]
    service_id: Mapped[str] = mapped_column(String(100))
    hook: Mapped[str] = mapped_column(String(50))
    client_id: Mapped[str] = mapped_column(String(300))
    tenant: Mapped[str | None] = mapped_column(String(300))
    hook_instance_hash: Mapped[str] = mapped_column(String(32), index=True)
    """A pseudonym too: with it in clear, the patient's id could be guessed from the uuid of a card."""
    patient_hash: Mapped[str] = mapped_column(String(32), index=True)
    guideline_id: Mapped[str] = mapped_column(String(100))
    guideline_version: Mapped[str] = mapped_column(String(50))
    is_shown: Mapped[bool]
    """False in silent mode: evaluated and recorded, no card answered."""
    gaps: Mapped[list[list[str]]] = mapped_column(JSON)
    """(source, reason) pairs."""


class CallOrder(Row):
    """One assessed order of a call."""

    __tablename__ = "call_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), index=True)
    order_hash: Mapped[str] = mapped_column(String(32))
    modality: Mapped[str | None] = mapped_column(String(10))
    regions: Mapped[list[str]] = mapped_column(JSON)
    contrast: Mapped[str] = mapped_column(String(30))
    scenario: Mapped[str | None] = mapped_column(String(50))
    appropriateness: Mapped[str] = mapped_column(String(30))
    urgency: Mapped[str] = mapped_column(String(30))
    criteria: Mapped[list[str]] = mapped_column(JSON)
    """Ids of the criteria found."""


class CallCard(Row):
    """One card of a call. The same call repeated gives the same uuid again, so a uuid may have several rows."""

    __tablename__ = "call_card"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), index=True)
    uuid: Mapped[str] = mapped_column(String(200), index=True)
    card_id: Mapped[str] = mapped_column(String(100), index=True)
    indicator: Mapped[str] = mapped_column(String(20))
    order_hash: Mapped[str | None] = mapped_column(String(32))


class CallSuggestion(Row):
    """One suggestion of a card."""

    __tablename__ = "call_suggestion"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_card_id: Mapped[int] = mapped_column(
        ForeignKey("call_card.id", ondelete="CASCADE"), index=True
    )
    uuid: Mapped[str] = mapped_column(String(200), index=True)
    suggestion_id: Mapped[str] = mapped_column(String(100))


class CardFeedback(Row):
    """What became of a card: one row an outcome and time.

    There is no foreign key to the card: feedback may come before the card is written, long after it was
    purged, or for a card that was never ours. It is joined by client and uuid.
    """

    __tablename__ = "card_feedback"
    __table_args__ = (Index("ix_card_feedback_client_card", "client_id", "card_uuid"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    same_key: Mapped[str] = mapped_column(String(64), unique=True)
    """Hash of client, card, outcome and time: the same feedback sent again has the same key."""
    received_at: Mapped[datetime] = mapped_column(index=True)
    service_id: Mapped[str] = mapped_column(String(100))
    client_id: Mapped[str] = mapped_column(String(300))
    card_uuid: Mapped[str] = mapped_column(String(200))
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
