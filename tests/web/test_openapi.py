"""The description of the interface holds for what the service really takes and answers."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cds_service.app import create_app
from cds_service.replay.cases import SavedCase
from cds_service.settings import Settings
from tests import shipped
from tests.replay.conftest import FIXTURES, cases_below
from tests.web.real_service import service

CASES = [*cases_below(FIXTURES / "patients"), *cases_below(FIXTURES / "hooks")]
PAGES = ("/docs", "/frame", "/playground")
"""For people in a browser, beside `/`."""
CARD: dict[str, Any] = {
    "summary": "x",
    "indicator": "info",
    "source": {"label": "x"},
}


@cache
def document() -> dict[str, Any]:
    found = service().get("/openapi.json").get_json()
    assert isinstance(found, dict)
    return found


def mistakes(schema: str, value: object) -> list[str]:
    named = {
        "$ref": f"#/components/schemas/{schema}",
        "components": document()["components"],
    }
    found = Draft202012Validator(named).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


@pytest.fixture(scope="module")
def client():
    return service()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_call_of_a_real_client_and_its_answer_are_what_is_described(client, case: SavedCase):
    answer = client.post(
        f"/cds-services/{case.service_id}", data=case.body, content_type="application/json"
    )
    if answer.status_code == 200:
        assert mistakes("HookRequest", json.loads(case.body)) == []
        assert mistakes("HookResponse", answer.get_json()) == []
    else:
        assert str(answer.status_code) in responses_of(case.service_id)
        assert mistakes("OperationOutcome", answer.get_json()) == []


def responses_of(service_id: str) -> dict[str, Any]:
    found = document()["paths"][f"/cds-services/{service_id}"]["post"]["responses"]
    assert isinstance(found, dict)
    return found


def test_calls_with_cards_are_among_them(client):
    answered = [
        client.post(
            f"/cds-services/{case.service_id}", data=case.body, content_type="application/json"
        )
        for case in CASES[:20]
    ]
    assert sum(bool(answer.get_json().get("cards")) for answer in answered) > 10


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("HookResponse", {}),
        ("HookResponse", {"cards": [CARD | {"indicator": "hard-stop"}]}),
        ("HookResponse", {"cards": [CARD | {"summary": "x" * 140}]}),
        ("HookResponse", {"cards": [CARD | {"suggestions": [{"label": "x", "actions": []}]}]}),
        (
            "HookRequest",
            {"hook": "patient-view", "hookInstance": "1", "context": {"patientId": "1"}},
        ),
        ("HookRequest", {"hook": "order-sign", "hookInstance": "1", "context": {}}),
        ("Feedback", {"feedback": []}),
        (
            "Criterion",
            {
                "id": "no-such",
                "group": "cord",
                "strength": "weak",
                "state": "present",
                "evidence": [],
            },
        ),
        ("OperationOutcome", {"resourceType": "Bundle", "issue": []}),
    ],
)
def test_what_is_not_so_does_not_fit_the_description(schema, value):
    assert mistakes(schema, value)


def test_every_address_for_programs_is_described():
    rules = create_app(Settings(), shipped.compiled()).url_map.iter_rules()
    for_programs = {
        str(rule).replace("<service_id>", "{}")
        for rule in rules
        if str(rule) != "/" and not str(rule).startswith(PAGES)
    }
    services = [one["id"] for one in service().get("/cds-services").get_json()["services"]]
    wanted = {
        path.replace("{}", name)
        for path in for_programs
        for name in (services if "{}" in path else [""])
    }
    assert set(document()["paths"]) == wanted


def test_it_is_openapi_3_1_and_every_reference_leads_somewhere():
    assert document()["openapi"] == "3.1.0"
    text = json.dumps(document())
    for name, schema in document()["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert f'"#/components/schemas/{name}"' in text, "nothing uses this schema"
    assert text.count("#/components/schemas/") > len(document()["components"]["schemas"])
