"""Health and the page of directions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from cds_service.app import create_app
from cds_service.errors import SettingsError
from cds_service.settings import Settings
from cds_service.web.edge import register_edge
from cds_service.web.health import health_blueprint
from tests import shipped
from tests.web.service import SELECT, client, raising


def test_a_running_service_is_live_and_ready():
    assert client().get("/health/live").get_json() == {"status": "live"}
    assert client().get("/health/ready").get_json() == {"status": "ready"}


def test_ready_tells_what_is_unusual_about_the_configuration():
    body = client(Settings(host="0.0.0.0", open=True)).get("/health/ready").get_json()
    assert "SPINE_CDS_OPEN=on" in body["warnings"][0]


@pytest.mark.parametrize("check", [lambda: False, raising(OSError("secret"))])
def test_a_check_that_fails_makes_the_service_not_ready(check):
    app = Flask(__name__)
    register_edge(app, ())
    app.register_blueprint(health_blueprint((), {"history": check, "guideline": lambda: True}))
    response = app.test_client().get("/health/ready")
    assert response.status_code == 503
    assert response.get_json() == {"status": "not ready", "failed": ["history"]}


def test_a_service_that_could_check_no_token_is_not_ready():
    trusted = {"issuer": "https://ehr.example.org", "jwks_url": "http://127.0.0.1:9/jwks.json"}
    settings = Settings.model_validate({"trusted_clients": [trusted]})
    response = client(settings).get("/health/ready")
    assert response.status_code == 503
    assert response.get_json()["failed"] == ["keys"]


def test_the_first_page_says_where_to_go_next():
    response = client().get("/", headers={"Accept": "text/html"})
    assert response.content_type.startswith("text/html")
    assert "Content-Security-Policy" in response.headers
    assert SELECT in response.text
    assert "Not clinically approved" in response.text


def test_the_first_page_is_plain_text_for_who_does_not_ask_for_html():
    response = client().get("/")
    assert response.content_type.startswith("text/plain")
    assert SELECT in response.text


def test_a_jurisdiction_that_the_guideline_is_not_written_for_is_an_error_at_start():
    compiled = shipped.compiled()
    content = compiled.guideline.content.model_copy(update={"jurisdictions": ("us",)})
    guideline = compiled.guideline.model_copy(update={"content": content})
    elsewhere = replace(compiled, guideline=guideline)
    assert create_app(Settings(), elsewhere) is not None
    with pytest.raises(SettingsError, match="SPINE_CDS_JURISDICTION is 'uk'"):
        create_app(Settings(jurisdiction="uk"), elsewhere)
