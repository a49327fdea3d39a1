"""`GET /`: the playground where it is on, and in any case what runs here and where to go next."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cds_service.cds_hooks.discovery import HookService
from cds_service.web.frame import page, plain_page


def directions_blueprint(
    services: tuple[HookService, ...], warnings: tuple[str, ...], *, has_playground: bool
) -> Blueprint:
    """The first page, as HTML, or the directions as plain text for whoever asks with curl."""
    blueprint = Blueprint("directions", __name__)

    @blueprint.get("/")
    def directions() -> Response:
        wants_html = request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html"
        if wants_html:
            template = "playground.html" if has_playground else "directions.html"
            response = page(template, services=services, warnings=warnings)
        else:
            response = plain_page(
                "directions.txt",
                services=services,
                warnings=warnings,
                has_playground=has_playground,
            )
        response.headers["Vary"] = "Accept"
        return response

    return blueprint
