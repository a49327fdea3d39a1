"""A service with its real steps and the packaged guideline, on a fixed day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask.testing import FlaskClient

from cds_service.advice import CompiledGuideline
from cds_service.app import create_app
from cds_service.settings import Settings

AS_OF = date(2026, 6, 15)
SELECT = "/cds-services/spine-imaging-order-select"
SIGN = "/cds-services/spine-imaging-order-sign"
DISPATCH = "/cds-services/spine-imaging-order-dispatch"


def real_client(compiled: CompiledGuideline, **settings: Any) -> FlaskClient:
    """A test client; `settings` are fields of Settings."""
    app = create_app(
        Settings(as_of=AS_OF, **settings),
        compiled,
        clock=lambda: datetime(2026, 6, 15, 12, tzinfo=UTC),
    )
    return app.test_client()
