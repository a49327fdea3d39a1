"""Whether the process lives, and whether it should be sent calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from flask import Blueprint, Response

from cds_service.web.edge import json_response


def health_blueprint(
    warnings: tuple[str, ...],
    checks: Mapping[str, Callable[[], bool]],
    told: Mapping[str, object] | None = None,
) -> Blueprint:
    """`/health/live` and `/health/ready`. `checks` are by name; one that fails makes ready answer 503.

    `told` stands in the body of ready whatever the verdict.
    """
    blueprint = Blueprint("health", __name__, url_prefix="/health")

    @blueprint.get("/live")
    def live() -> Response:
        return json_response(b'{"status":"live"}')

    @blueprint.get("/ready")
    def ready() -> Response:
        failed = [name for name, is_fine in checks.items() if not _passes(is_fine)]
        body: dict[str, object] = {"status": "not ready" if failed else "ready"}
        body |= dict(told or {})
        body |= {"failed": failed} if failed else {}
        body |= {"warnings": list(warnings)} if warnings else {}
        response = json_response(msgspec.json.encode(body))
        response.status_code = 503 if failed else 200
        return response

    return blueprint


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # noqa: BLE001 - whatever a check raises, the answer is no
        return False
