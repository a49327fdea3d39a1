"""X-5 to X-8: what a browser needs before it lets a client call."""

from __future__ import annotations

import pytest

from cds_service.errors import ClientNotTrusted
from cds_service.settings import Settings
from tests.cds_hooks.bodies import hook_call
from tests.web.service import FEEDBACK, SANDBOX, SELECT, SIGN, client, raising

PATHS = ["/cds-services", "/cds-services/", SELECT, f"{SELECT}/", FEEDBACK, "/", "/nothing"]
ASKS = {
    "Origin": SANDBOX,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


@pytest.mark.parametrize("path", [*PATHS, SELECT.replace("services/", "services//")])
def test_X_6_a_preflight_is_answered_everywhere_without_a_token_or_redirect(path):
    refusing = client(authenticate=raising(ClientNotTrusted("x")))
    response = refusing.options(path, headers=ASKS)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == SANDBOX
    assert set(response.headers["Access-Control-Allow-Methods"].split(", ")) == {
        "GET",
        "POST",
        "OPTIONS",
    }
    allowed = response.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type"} <= set(allowed)
    assert response.headers["Access-Control-Max-Age"] == "600"
    assert "Origin" in response.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_X_7_a_private_network_request_is_allowed_when_asked():
    header = "Access-Control-Allow-Private-Network"
    asked = client().options(
        SELECT, headers=ASKS | {"Access-Control-Request-Private-Network": "true"}
    )
    assert asked.headers[header] == "true"
    assert header not in client().options(SELECT, headers=ASKS).headers


@pytest.mark.parametrize("origin", ["http://localhost:8080", "http://127.0.0.1:8080", SANDBOX])
def test_X_6_the_sandbox_is_allowed_from_the_start(origin):
    response = client().get("/cds-services", headers={"Origin": origin})
    assert response.headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://sandbox.cds-hooks.org.evil.example",
        "null",
        "http://localhost",
    ],
)
def test_X_6_another_origin_is_not_allowed(origin):
    for response in (
        client().options(SELECT, headers=ASKS | {"Origin": origin}),
        client().post(SELECT, headers={"Origin": origin}, json=hook_call()),
    ):
        assert response.headers.get("Access-Control-Allow-Origin") != origin
        assert response.headers.get("Access-Control-Allow-Origin") != "*"


def test_X_6_the_origins_are_a_setting():
    service = client(Settings(cors_origins=("https://ehr.example.org",)))
    assert (
        service.get("/cds-services", headers={"Origin": "https://ehr.example.org"}).headers[
            "Access-Control-Allow-Origin"
        ]
        == "https://ehr.example.org"
    )


@pytest.mark.parametrize(
    "path",
    ["/cds-services/", "//cds-services", "/cds-services//", "/cds-services///"],
)
def test_D_11_discovery_is_found_with_any_slashes(path):
    # Set directly, because the test client takes `//` for a host.
    response = client().get("/", environ_overrides={"PATH_INFO": path})
    assert response.get_json()["services"]


@pytest.mark.parametrize("path", [f"{SIGN}/", SIGN.replace("services/", "services//"), f"/{SIGN}"])
def test_D_11_a_service_is_found_with_any_slashes(path):
    response = client().post("/", json=hook_call(), environ_overrides={"PATH_INFO": path})
    assert response.status_code == 200
