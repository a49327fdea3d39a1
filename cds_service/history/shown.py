"""Which cards a chart has shown before: looked up while the other input of a call comes, and hardly waited for."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import msgspec
import structlog
from sqlalchemy import Engine, select

from cds_service.cds_hooks.model import Card
from cds_service.history.calls import CallDetail, StoredCard, card_key, facts_hash
from cds_service.history.models import Call, CardFeedback
from cds_service.history.pseudonyms import Pseudonyms
from cds_service.history.records import QuietTimes, Viewer

_LOOK_UPS: Final = 2
"""At once in one process: where the database hangs, the others are not even tried."""
_MOST_CALLS: Final = 200
"""Of one patient, the newest: more are nobody's ordinary month."""
_decode: Final = msgspec.json.Decoder(CallDetail).decode
_log: Final = structlog.get_logger(__name__)


class ShownBefore:
    """What was shown before in one chart. Asked about a card, it says whether the card tells nothing new."""

    def __init__(
        self,
        viewer: Viewer,
        pseudonyms: Pseudonyms,
        repeated: Iterable[StoredCard],
        dismissed: Iterable[StoredCard],
    ) -> None:
        self._viewer = viewer
        self._pseudonyms = pseudonyms
        self._repeated = {(card.id, card.order, card.facts) for card in repeated if card.facts}
        self._dismissed = {(card.id, card.facts) for card in dismissed if card.facts}

    def __call__(self, card: Card) -> bool:
        """True for a card that was shown for the same order, or dismissed, with the same facts."""
        if not self._repeated and not self._dismissed:
            return False
        viewer = self._viewer
        facts = facts_hash(self._pseudonyms, viewer, card.facts)
        if (card.id, facts) in self._dismissed:
            return True
        order = card.order and self._pseudonyms.of(
            "order", viewer.client_id, viewer.patient_id, card.order
        )
        return (card.id, order, facts) in self._repeated


class ShownCards:
    """Looks up what was shown before, in threads of its own."""

    def __init__(self, engine: Engine, times: QuietTimes) -> None:
        self._engine = engine
        self._times = times
        self._free = threading.Semaphore(_LOOK_UPS)
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def look_up(self, viewer: Viewer, pseudonyms: Pseudonyms) -> Future[ShownBefore] | None:
        """Starts to look; None where too many look-ups still wait for the database."""
        if not self._free.acquire(blocking=False):
            return None
        with self._lock:
            # Made here and not by the constructor: a server may fork between the two.
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_LOOK_UPS, "shown-before")
        return self._pool.submit(self._look, viewer, pseudonyms)

    def _look(self, viewer: Viewer, pseudonyms: Pseudonyms) -> ShownBefore:
        try:
            return self._shown(viewer, pseudonyms)
        finally:
            self._free.release()

    def _shown(self, viewer: Viewer, pseudonyms: Pseudonyms) -> ShownBefore:
        times, now = self._times, viewer.now
        patient = pseudonyms.of("patient", viewer.client_id, viewer.patient_id)
        own = pseudonyms.of("hook-instance", viewer.hook_instance)
        calls = (
            select(Call.received_at, Call.detail)
            .where(
                Call.patient_hash == patient,
                Call.client_id == viewer.client_id,
                Call.is_shown.is_(True),
                Call.received_at >= now - max(times.repeated, times.dismissed),
            )
            .order_by(Call.id.desc())
            .limit(_MOST_CALLS)
        )
        repeated: list[StoredCard] = []
        cards: dict[int, StoredCard] = {}
        with self._engine.connect() as connection:
            for received_at, detail in connection.execute(calls):
                opened = _decode(detail)
                cards |= {card_key(viewer.client_id, card.uuid): card for card in opened.cards}
                # the same call sent again gets the same answer
                if opened.hook_instance != own and received_at >= now - times.repeated:
                    repeated += opened.cards
            dismissed = select(CardFeedback.card_key).where(
                CardFeedback.card_key.in_(cards),
                CardFeedback.outcome == "overridden",
                CardFeedback.received_at >= now - times.dismissed,
            )
            keys = connection.execute(dismissed).scalars().all() if cards else ()
        return ShownBefore(viewer, pseudonyms, repeated, [cards[key] for key in keys])
