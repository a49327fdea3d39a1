"""`GET /docs`: the documentation of this version, as it was built into the package."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from http import HTTPStatus
from mimetypes import guess_type
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join
from werkzeug.wrappers import Response as BaseResponse

from cds_service.web.built_site import FIRST_PAGE, SITE, is_built
from cds_service.web.frame import page as frame_page

_SCRIPT: Final = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


def documentation_blueprint(site: Path = SITE) -> Blueprint:
    """The site below `/docs`; one plain page that says how to build it where that was not done."""
    blueprint = Blueprint("documentation", __name__)

    @blueprint.get("/docs")
    def first_page() -> Response | BaseResponse:
        if not is_built(site):
            return _not_built()
        # With the name of the file at its end the links of the page are right, slash or not.
        return redirect(f"/docs/{FIRST_PAGE}")

    @blueprint.get("/docs/<path:name>")
    def page(name: str) -> Response:
        if not is_built(site):
            return _not_built()
        path = Path(safe_join(str(site), name) or "")
        if not path.is_file():
            raise NotFound
        body = path.read_bytes()
        kind, _ = guess_type(name)
        response = Response(body, mimetype=kind or "application/octet-stream")
        response.headers["Cache-Control"] = "no-cache"
        if kind == "text/html":
            response.headers["Content-Security-Policy"] = _policy(body)
        response.add_etag()
        response.make_conditional(request)
        return response

    return blueprint


def _not_built() -> Response:
    response = frame_page("documentation_not_built.html")
    response.status_code = HTTPStatus.NOT_FOUND
    return response


def _policy(page: bytes) -> str:
    """What a page may load: files of this service, and its own scripts, each named by its hash."""
    hashes = {b64encode(sha256(text).digest()).decode() for text in _SCRIPT.findall(page)}
    scripts = " ".join(("'self'", *(f"'sha256-{one}'" for one in sorted(hashes))))
    return (
        f"default-src 'none'; script-src {scripts}; worker-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "style-src 'self' 'unsafe-inline'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
