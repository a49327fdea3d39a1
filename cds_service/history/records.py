"""What the history is told, and what it answers. Plain values: the tables are nobody else's business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cds_service.cds_hooks.model import Card


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """How one order was assessed. Words are those of the response extension."""

    order: str
    """Reference; stored as a pseudonym."""
    modality: str | None
    regions: tuple[str, ...]
    contrast: str
    scenario: str | None
    appropriateness: str
    urgency: str
    criteria: tuple[str, ...]
    """Ids of the criteria found."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One evaluated hook call. Patient, hook instance and orders are stored as pseudonyms only."""

    received_at: datetime
    as_of: date
    service_id: str
    hook: str
    hook_instance: str
    client_id: str
    tenant: str | None
    patient_id: str
    guideline_id: str
    guideline_version: str
    is_shown: bool
    """False in silent mode: the cards were made and recorded, not answered."""
    cards: tuple[Card, ...]
    """After card limits and quiet mode: those that were (or in silent mode would have been) answered."""
    orders: tuple[OrderRecord, ...] = ()
    gaps: tuple[tuple[str, str], ...] = ()
    """(source, reason) pairs."""

    def __repr__(self) -> str:
        return f"CallRecord({self.service_id}, {len(self.cards)} cards)"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks what was shown before, about whom, and in which call."""

    client_id: str
    patient_id: str
    hook_instance: str
    now: datetime


@dataclass(frozen=True, slots=True)
class QuietTimes:
    """How long a card that tells nothing new stays silent."""

    repeated: timedelta
    """After it was shown for the same order."""
    dismissed: timedelta
    """After it was dismissed."""


@dataclass(frozen=True, slots=True)
class FeedbackResult:
    """What was done with one feedback entry."""

    index: int
    """Position in the batch."""
    is_new: bool
    """False: it was stored before, and came again."""
    is_known: bool
    """True when a card of that uuid was recorded for the same client; feedback for others is kept too."""
