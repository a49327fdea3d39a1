"""A session of the public CDS Hooks sandbox, call by call, with requests made anew.

Its imaging tab applies a suggestion as `applied` below does: only an update that carries a PAMA rating, a code and a
list of reasons changes the order there.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.real import SELECT, SIGN, real_client
from tests.wire_rules import problems_of

Json = dict[str, Any]
ORIGIN = "http://localhost:8080"
HEADERS = {"Origin": ORIGIN, "Authorization": "Bearer e30.e30.e30", "Accept": "application/json"}
RATING = "http://fhir.org/argonaut/Extension/pama-rating"
CPT = "http://www.ama-assn.org/go/cpt"
PAIN = {
    "coding": [
        {"code": "279039007", "system": "http://snomed.info/sct", "display": "Low back pain"}
    ],
    "text": "Low back pain",
}


@pytest.fixture(scope="module")
def service(compiled) -> FlaskClient:
    return real_client(compiled)


def order(study: Json, reasons: list[Json]) -> Json:
    """The order of the imaging tab: always the same id, no priority, nothing of the body."""
    return {
        "resourceType": "ServiceRequest",
        "id": "example-request-id",
        "status": "draft",
        "intent": "plan",
        "code": study,
        "subject": {"reference": "Patient/p1"},
        "reasonCode": reasons,
    }


def study(code: str, text: str) -> Json:
    return {"coding": [{"code": code, "display": text, "system": CPT}], "text": text}


def call(draft: Json) -> Json:
    """No Bundle.type, no encounter, no token; page one of each prefetch answer; what failed is left out."""
    conditions = [
        {
            "resourceType": "Condition",
            "id": f"c{number}",
            "subject": {"reference": "Patient/p1"},
            "code": {"text": text, "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm"}]},
            "onsetDateTime": "2026-06-13",
        }
        for number, text in enumerate(("Saddle anesthesia", "Retention of urine", "Sciatica"))
    ]
    return {
        "hookInstance": "2f0a9c60-11aa-4d1c-8a51-9d8a9a1d3f01",
        "hook": "order-select",
        "fhirServer": "http://localhost:8092/fhir",
        "context": {
            "patientId": "p1",
            "userId": "Practitioner/COREPRACTITIONER1",
            "selections": [f"ServiceRequest/{draft['id']}"],
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": draft}]},
        },
        "prefetch": {
            "patient": {
                "resourceType": "Patient",
                "id": "p1",
                "birthDate": "1972-02-03",
                "gender": "male",
            },
            "conditions": {
                "resourceType": "Bundle",
                "type": "searchset",
                "total": len(conditions),
                "entry": [{"resource": condition} for condition in conditions],
            },
        },
    }


def answer(service: FlaskClient, draft: Json) -> Json:
    response = service.post(SELECT, json=call(draft), headers=HEADERS)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    body: Json = response.get_json()
    assert problems_of(body) == []
    return body


def applied(draft: Json, suggestion: Json) -> Json:
    """The order after a click on a suggestion."""
    changed = draft
    for action in suggestion["actions"]:
        if action["type"] == "update":
            resource = action["resource"]
            assert shown_rating(resource) is not None
            changed = order(
                {"coding": [resource["code"]["coding"][0]], "text": resource["code"]["text"]},
                list(resource["reasonCode"]),
            )
    return changed


def shown_rating(resource: Json) -> str | None:
    for extension in resource.get("extension", ()):
        if extension["url"] == RATING:
            return str(extension["valueCodeableConcept"]["coding"][0]["code"])
    return None


def rating_of(body: Json) -> str | None:
    """What the tab shows: read from the extension, where the profile of 2019 put it."""
    for action in body.get("extension", {}).get("systemActions", ()):
        return shown_rating(action["resource"])
    return None


def feedback(service: FlaskClient, entry: Json) -> int:
    entry |= {"outcomeTimestamp": "2026-06-15T16:43:22.650Z"}
    path = f"{SELECT}/feedback"
    return service.post(path, json={"feedback": [entry]}, headers=HEADERS).status_code


@pytest.mark.parametrize("path", ["/cds-services", SELECT, f"{SELECT}/feedback"])
def test_every_address_is_asked_first_and_allows_the_token(service, path):
    response = service.options(
        path,
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert response.status_code in (200, 204)
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "authorization" in response.headers["Access-Control-Allow-Headers"].lower()


def test_the_services_are_listed_and_their_addresses_work_with_a_slash_too_many(service):
    listed = service.get("/cds-services/", headers=HEADERS).get_json()["services"]
    assert listed
    for item in listed:
        assert service.post(f"/cds-services//{item['id']}", json={}).status_code == 400


def test_before_a_study_is_chosen_there_is_nothing_to_say(service):
    body = answer(service, order({"coding": [{}]}, []))
    assert body == {"cards": []}


def test_a_study_is_chosen_rated_changed_by_the_suggestion_and_comes_again(service):
    draft = order(study("72131", "CT lumbar spine"), [PAIN])
    first = answer(service, draft)
    assert first["cards"][0]["indicator"] == "critical"
    assert rating_of(first) is None  # the card calls the study not good enough
    suggestion = first["cards"][0]["suggestions"][0]
    accepted = {
        "card": first["cards"][0]["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": suggestion["uuid"]}],
    }
    assert feedback(service, accepted) == 200
    changed = applied(draft, suggestion)
    assert changed["code"]["coding"][0]["code"] != "72131"
    assert changed["reasonCode"] == [PAIN]
    second = answer(service, changed)
    assert rating_of(second) == "appropriate"
    assert second["cards"][0]["indicator"] == "critical"


def test_a_card_is_dismissed_with_a_reason_and_without(service):
    (card, *_) = answer(service, order(study("72148", "MRI lumbar spine"), [PAIN]))["cards"]
    reason = card["overrideReasons"][0]
    overridden = {
        "card": card["uuid"],
        "outcome": "overridden",
        "overrideReason": {"reason": {"code": reason["code"], "system": reason["system"]}},
    }
    assert feedback(service, overridden) == 200
    assert feedback(service, {"card": card["uuid"], "outcome": "overridden"}) == 200


@pytest.mark.parametrize(("path", "hook"), [(SELECT, "order-select"), (SIGN, "order-sign")])
def test_a_drug_order_is_none_of_our_business(service, path, hook):
    draft = {
        "resourceType": "MedicationRequest",
        "id": "request-123",
        "status": "draft",
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2026-06-15",
    }
    drug = call(draft) | {"hook": hook}
    drug["context"]["selections"] = ["MedicationRequest/request-123"]
    assert service.post(path, json=drug, headers=HEADERS).data == b'{"cards":[]}'


def test_the_hook_of_another_tab_is_evaluated_all_the_same(service):
    signed = call(order(study("72148", "MRI lumbar spine"), [PAIN])) | {"hook": "order-sign"}
    assert service.post(SELECT, json=signed, headers=HEADERS).get_json()["cards"]
