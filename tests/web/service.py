"""A service with steps of its own, so that the edge is tested by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.cds_hooks.model import Action, Card
from cds_service.settings import Settings
from cds_service.web.calls import Steps
from cds_service.web.trust import OPEN_CALLER
from tests import shipped
from tests.cds_hooks.cards import CARD

SELECT = "/cds-services/spine-imaging-order-select"
SIGN = "/cds-services/spine-imaging-order-sign"
FEEDBACK = f"{SELECT}/feedback"
SANDBOX = "https://sandbox.cds-hooks.org"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


@dataclass(frozen=True)
class OneCard:
    """Advice of one card."""

    cards: tuple[Card, ...] = (CARD,)
    system_actions: tuple[Action, ...] = ()
    extension_json: dict[str, Any] | None = None
    strict_count: int | None = None


STEPS = Steps(
    authenticate=lambda _authorization, _path: OPEN_CALLER,
    in_scope=lambda _request: True,
    complete=lambda _request, _caller: {},
    advise=lambda _request, _sources, _day, _caller: OneCard(),
    record_advice=lambda _request, _advice, _day, _caller: None,
    record_feedback=lambda _service_id, _batch, _caller: None,
)


def client(settings: Settings | None = None, **changes: Any) -> FlaskClient:
    """A test client of a service whose steps are those above, with changes."""
    steps = replace(STEPS, **changes)
    app = create_app(settings or Settings(), shipped.compiled(), clock=lambda: NOW, steps=steps)
    return app.test_client()


def raising(error: BaseException) -> Any:
    """A step that raises."""

    def step(*_arguments: Any) -> Any:
        raise error

    return step
