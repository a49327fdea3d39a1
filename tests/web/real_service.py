"""The whole service with its real steps, called through HTTP; and cases for it in compact notation."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.history.store import HistoryStore
from cds_service.settings import Settings
from tests import shipped
from tests.compact import hook_request
from tests.web.service import NOW

TODAY = date(2026, 6, 15)
SELECT = "/cds-services/spine-imaging-order-select"
SIGN = "/cds-services/spine-imaging-order-sign"
DISPATCH = "/cds-services/spine-imaging-order-dispatch"
ADVICE = "org.spine-imaging-cds.advice"

Json = dict[str, Any]

BACK_PAIN: Json = {
    "patient": {"sex": "female", "birthDate": "1981-04-02"},
    "orders": [{"id": "o1", "cpt": "72148", "reason": [{"icd10": "M54.50"}]}],
    "conditions": [{"icd10": "M54.50", "onset": "2026-06-01"}],
}
"""Two weeks of low back pain and an MRI: not yet indicated."""
RETENTION: Json = BACK_PAIN | {
    "conditions": [
        {"icd10": "M54.50", "onset": "2026-06-01"},
        {"icd10": "R33.9", "onset": "2026-06-14"},
        {"icd10": "R20.8", "onset": "2026-06-14", "text": "Saddle anesthesia"},
    ],
}
"""Signs of a cauda equina syndrome."""


def service(settings: Settings | None = None, history: HistoryStore | None = None) -> FlaskClient:
    """A client of the whole service."""
    app = create_app(settings or Settings(), shipped.compiled(), clock=lambda: NOW, history=history)
    return app.test_client()


def call(case: Json, **changes: Any) -> Json:
    """The hook call of a case, with members changed; None takes one out."""
    made = hook_request(case) | changes
    return {name: value for name, value in made.items() if value is not None}


def card_ids(answer: Json) -> list[str]:
    """The codes of the cards, in their order."""
    return [card["source"]["topic"]["code"] for card in answer["cards"]]


def advice_of(answer: Json) -> Json:
    """The explanation."""
    found = answer["extension"][ADVICE]
    assert isinstance(found, dict)
    return found
