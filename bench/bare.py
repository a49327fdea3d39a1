"""The bare route that the service is held against: Flask, a constant card, nothing read but the bytes."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

_CARD: Final = b"""{"cards":[{"uuid":"6a0f3c2e-5f0b-5d8c-9a1e-0c6a54a7a111","summary":"Always the same",\
"indicator":"info","source":{"label":"bare route"}}]}"""


def wsgi() -> Flask:
    """The app, made as the service's own is."""
    app = Flask(__name__, static_folder=None)

    @app.get("/cds-services")
    def discover() -> Response:
        return Response(b'{"services":[]}', mimetype="application/json")

    @app.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        del service_id
        request.get_data(cache=False)
        return Response(_CARD, mimetype="application/json")

    return app
