"""`GET /`: one screen that says what runs here and where to go next."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from cds_service import __version__
from cds_service.cds_hooks.discovery import HookService

PAGE_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


def directions_blueprint(services: tuple[HookService, ...], warnings: tuple[str, ...]) -> Blueprint:
    """The page of directions, as HTML, or as plain text for whoever asks with curl."""
    blueprint = Blueprint("directions", __name__, template_folder="templates")

    @blueprint.get("/")
    def directions() -> Response:
        wants_html = request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html"
        template = "directions.html" if wants_html else "directions.txt"
        response = make_response(
            render_template(template, services=services, warnings=warnings, version=__version__)
        )
        response.mimetype = "text/html" if wants_html else "text/plain"
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        response.headers["Vary"] = "Accept"
        return response

    return blueprint
