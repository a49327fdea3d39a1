"""Pages of the service: the frame they share, its style and script, and the policy they are sent with."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import NotFound

from cds_service import __version__
from cds_service.pages.frame import SCRIPT, STATIC, STYLE, PageLink, page_environment, page_html

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""A page loads what this service has, and nothing is written into it that would run."""
NAVIGATION: Final = (PageLink("/", "Start"), PageLink("/docs", "Documentation"))
"""At the head of every page."""
_FILES: Final = {STYLE: "text/css", SCRIPT: "text/javascript"}
_environment: Final = page_environment("cds_service.web")


def register_frame(app: Flask) -> None:
    """Serve style and script of the frame."""
    blueprint = Blueprint("frame", __name__, url_prefix="/frame")
    bodies = {name: (STATIC / name).read_bytes() for name in _FILES}

    @blueprint.get("/<name>")
    def file(name: str) -> Response:
        if name not in _FILES:
            raise NotFound
        response = Response(bodies[name], mimetype=_FILES[name])
        response.headers["Cache-Control"] = "public, max-age=300"
        return response

    app.register_blueprint(blueprint)


def page(template: str, **values: Any) -> Response:
    """The page of a template, with navigation and policy."""
    html = page_html(
        _environment,
        template,
        is_inline=False,
        navigation=NAVIGATION,
        here=request.path,
        version=__version__,
        **values,
    )
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response


def plain_page(template: str, **values: Any) -> Response:
    """The same for who reads it in a terminal."""
    text = page_html(_environment, template, version=__version__, **values)
    return Response(text, mimetype="text/plain")
