"""`GET /`: one screen that says what runs here and where to go next."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cds_service.cds_hooks.discovery import HookService
from cds_service.web.frame import page, plain_page


def directions_blueprint(services: tuple[HookService, ...], warnings: tuple[str, ...]) -> Blueprint:
    """The page of directions, as HTML, or as plain text for whoever asks with curl."""
    blueprint = Blueprint("directions", __name__)

    @blueprint.get("/")
    def directions() -> Response:
        wants_html = request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html"
        if wants_html:
            response = page("directions.html", services=services, warnings=warnings)
        else:
            response = plain_page("directions.txt", services=services, warnings=warnings)
        response.headers["Vary"] = "Accept"
        return response

    return blueprint
