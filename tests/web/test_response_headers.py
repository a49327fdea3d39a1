"""Headers of every answer: nothing is kept, guessed, framed or told to others."""

from __future__ import annotations

import pytest

from tests.web.real_service import BACK_PAIN, SELECT, call, service

ANSWERS = {
    "cards": ("POST", SELECT, call(BACK_PAIN)),
    "an error": ("POST", SELECT, {}),
    "discovery": ("GET", "/cds-services", None),
    "health": ("GET", "/health/ready", None),
    "metrics": ("GET", "/metrics", None),
    "not found": ("GET", "/nowhere", None),
    "wrong method": ("DELETE", SELECT, None),
    "page": ("GET", "/", None),
}


@pytest.fixture(scope="module")
def client():
    return service()


@pytest.mark.parametrize("name", ANSWERS)
def test_X_10_no_answer_is_cached_guessed_at_or_framed(client, name):
    method, path, body = ANSWERS[name]
    headers = client.open(path, method=method, json=body).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "Set-Cookie" not in headers


def test_the_page_may_load_nothing_from_elsewhere_and_run_no_foreign_script(client):
    headers = client.get("/", headers={"Accept": "text/html"}).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "http" not in policy
    assert "script-src" not in policy or "'unsafe" not in policy.split("script-src")[1]


@pytest.mark.parametrize("name", ["cards", "an error", "discovery", "not found"])
def test_X_10_what_is_for_programs_is_json_without_white_space(client, name):
    method, path, body = ANSWERS[name]
    response = client.open(path, method=method, json=body)
    assert response.content_type == "application/json"
    assert b'": ' not in response.data.replace(b"\\n", b"")[:200]
    assert not response.data.endswith(b"\n")
