"""The rating of the Argonaut PAMA profile: which orders get one, what it holds, and that nothing else changes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cds_service.settings import Settings, TrustedClient
from cds_service.web.trust import Caller
from tests.web.real_service import BACK_PAIN, SELECT, SIGN, Json, call, service

EXTENSION = "http://fhir.org/argonaut/Extension/"
RATING = f"{EXTENSION}pama-rating"
CONSULT_ID = f"{EXTENSION}pama-rating-consult-id"
CONSULTED = f"{EXTENSION}pama-rating-qcdsm-consulted"
SYSTEM = "http://fhir.org/argonaut/CodeSystem/pama-rating"
OWN = "https://spine-imaging-cds.github.io/fhir/CodeSystem/appropriateness"

ODD_ORDER = (
    '{"resourceType": "ServiceRequest","id":"o1",\t"status":"draft", "intent":"order",'
    '"meta":{"versionId":"007","tag":[]},'
    '"contained":[{"resourceType":"Organization","id":"org","name":"Caf\\u00e9 \\/ 1"}],'
    '"extension":[{"url":"https://ehr.example/fee","valueDecimal":1.10},'
    '{"url":"https://ehr.example/unknown","valueReal":1e2}],'
    '"x-unknown":{"b":1.000,"a":null,"c":[]},'
    '"subject":{"reference":"Patient/p1"},"quantityQuantity":{"value":0.50},'
    '"code":{"coding":[{"system":"http://www.ama-assn.org/go/cpt","code":"72148"}]},'
    '"reasonCode":[]%s}'
)
"""As an EHR might write it; every odd spelling has to come back."""
WITH_SYMPTOM = ',"note":[{"text":"low back pain for 5 days"}]'


def body(order: str, *, case: Json = BACK_PAIN, instance: str = "i1") -> bytes:
    """A call with the text of an order as it is."""
    made = call(case, hookInstance=instance)
    made["context"]["draftOrders"] = "HERE"
    bundle = '{"resourceType":"Bundle","entry":[{"resource":' + order + "}]}"
    return json.dumps(made).replace('"HERE"', bundle).encode()


def answered(order: str, settings: Settings | None = None, **changes: Any) -> tuple[Json, str]:
    response = service(settings).post(
        SELECT, data=body(order, **changes), content_type="application/json"
    )
    assert response.status_code == 200, response.text
    return response.get_json(), response.text


def order_text(**members: Any) -> str:
    order = call(BACK_PAIN)["context"]["draftOrders"]["entry"][0]["resource"]
    return json.dumps(order | members)


def extensions(action: Json) -> dict[str, Json]:
    return {item["url"]: item for item in action["resource"]["extension"]}


def test_A_6_a_rating_has_its_code_first_and_a_consult_id():
    answer, _ = answered(order_text())
    (action,) = answer["systemActions"]
    found = extensions(action)
    assert set(found) == {RATING, CONSULT_ID}
    (coding,) = found[RATING]["valueCodeableConcept"]["coding"]
    assert coding == {"system": SYSTEM, "code": "not-appropriate"}
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", found[CONSULT_ID]["valueUri"])
    assert (action["type"], action["description"] != "") == ("update", True)


def test_A_8_the_action_stands_where_2_0_and_where_the_older_profile_look_for_it():
    answer, _ = answered(order_text())
    assert answer["extension"]["systemActions"] == answer["systemActions"]


@pytest.mark.parametrize(
    ("cpt", "ours"),
    [("72148", []), ("72131", [{"system": OWN, "code": "may-be-appropriate"}])],
    ids=["MRI", "CT"],
)
def test_A_5_may_be_appropriate_is_rated_appropriate_and_says_so_in_our_own_words(cpt, ours):
    therapy = {"text": "Physical therapy", "cpt": "97110"}
    case = BACK_PAIN | {
        "conditions": [{"icd10": "M54.50", "onset": "2026-03-01"}],
        "procedures": [therapy | {"date": "2026-05-01"}, therapy | {"date": "2026-05-20"}],
        "orders": [{"id": "o1", "cpt": cpt, "reason": [{"icd10": "M54.50"}]}],
    }
    answer = service().post(SELECT, json=call(case)).get_json()
    codings = extensions(answer["systemActions"][0])[RATING]["valueCodeableConcept"]["coding"]
    assert codings == [{"system": SYSTEM, "code": "appropriate"}, *ours]


@pytest.mark.parametrize(
    "changes",
    [{"not_provided": ["observations"]}, {"cut_short": ["procedures"]}],
)
def test_A_5_where_missing_data_could_change_it_no_order_is_rated(changes):
    case = BACK_PAIN | {"procedures": [{"text": "Suture", "date": "2020-01-01"}]} | changes
    answer, _ = answered(order_text(), case=case)
    assert "systemActions" not in answer
    assert "systemActions" not in answer["extension"]


def test_A_5_an_order_without_reason_or_symptom_is_not_rated():
    answer, _ = answered(order_text(reasonCode=[]), case=BACK_PAIN | {"conditions": []})
    assert "systemActions" not in answer


def test_A_5_only_service_requests_are_rated():
    made = call(BACK_PAIN, hookInstance="i2")
    made["context"]["draftOrders"]["entry"][0]["resource"]["resourceType"] = "ProcedureRequest"
    made["context"]["selections"] = ["ProcedureRequest/o1"]
    answer = service().post(SELECT, json=made).get_json()
    assert answer["cards"]
    assert "systemActions" not in answer


def test_A_7_nothing_but_the_rating_is_added_to_the_bytes_of_an_order():
    order = ODD_ORDER % WITH_SYMPTOM
    _, text = answered(order)
    resource = text.split('"systemActions":[', 1)[1].split('"resource":', 1)[1]
    for piece in (
        '"meta":{"versionId":"007","tag":[]}',
        '"contained":[{"resourceType":"Organization","id":"org","name":"Caf\\u00e9 \\/ 1"}]',
        '{"url":"https://ehr.example/fee","valueDecimal":1.10}',
        '{"url":"https://ehr.example/unknown","valueReal":1e2}',
        '"x-unknown":{"b":1.000,"a":null,"c":[]}',
        '"quantityQuantity":{"value":0.50}',
        '"reasonCode":[]',
    ):
        assert piece in resource, piece


def test_A_7_apart_from_the_rating_the_order_is_the_same_and_in_the_same_order():
    order = ODD_ORDER % WITH_SYMPTOM
    answer, _ = answered(order)
    returned = answer["systemActions"][0]["resource"]
    ours = [item for item in returned["extension"] if item["url"].startswith(EXTENSION)]
    returned["extension"] = [item for item in returned["extension"] if item not in ours]
    assert json.dumps(returned) == json.dumps(json.loads(order))
    assert len(ours) == 2


def test_A_6_the_consult_id_stays_when_the_same_order_comes_again():
    first, _ = answered(order_text(), instance="i1")
    again, _ = answered(order_text(), instance="i2")
    changed, _ = answered(order_text(priority="urgent"), instance="i3")
    other, _ = answered(order_text(), case=BACK_PAIN | {"orders": [{"id": "o1", "cpt": "72141"}]})
    ids = [
        extensions(answer["systemActions"][0])[CONSULT_ID]["valueUri"]
        for answer in (first, again, changed, other)
    ]
    assert len(set(ids)) == 1
    cards = {answer["cards"][0]["uuid"] for answer in (first, again)}
    assert len(cards) == 2


def test_A_6_another_order_or_another_service_of_ours_keeps_its_own_consult_id():
    first, _ = answered(order_text())
    made = call(BACK_PAIN, hook="order-sign")
    made["context"]["draftOrders"]["entry"][0]["resource"]["id"] = "o9"
    made["context"].pop("selections")
    second = service().post(SIGN, json=made).get_json()
    ids = {
        extensions(answer["systemActions"][0])[CONSULT_ID]["valueUri"] for answer in (first, second)
    }
    assert len(ids) == 2


def test_A_6_an_order_that_comes_back_rated_is_rated_once_under_its_own_id():
    given = "urn:uuid:11111111-2222-5333-8444-555555555555"
    old = [
        {"url": "https://ehr.example/keep", "valueString": "x"},
        {"url": RATING, "valueCodeableConcept": {"coding": [{"code": "appropriate"}]}},
        {"url": CONSULT_ID, "valueUri": given},
    ]
    answer, _ = answered(order_text(extension=old))
    urls = [item["url"] for item in answer["systemActions"][0]["resource"]["extension"]]
    assert urls == ["https://ehr.example/keep", RATING, CONSULT_ID]
    found = extensions(answer["systemActions"][0])
    assert found[CONSULT_ID]["valueUri"] == given
    assert found[RATING]["valueCodeableConcept"]["coding"][0]["code"] == "not-appropriate"


def test_A_10_the_mechanism_is_named_only_where_the_site_has_named_it():
    answer, _ = answered(order_text(), Settings(qcdsm_id="site-configured"))
    assert extensions(answer["systemActions"][0])[CONSULTED]["valueString"] == "site-configured"


@pytest.mark.parametrize(
    ("pama", "entry", "is_rated"),
    [
        ("auto", {}, False),
        ("auto", {"pama": True}, True),
        ("on", {}, True),
        ("on", {"pama": False}, False),
        ("off", {"pama": True}, False),
    ],
)
def test_A_1_a_trusted_client_is_rated_only_where_that_was_agreed(
    monkeypatch, pama, entry, is_rated
):
    given = {"issuer": "https://ehr.example.org", "jwks_file": "sandbox"}
    trusted = TrustedClient.model_validate(given | entry)
    caller = Caller(trusted.issuer, None, trusted)
    monkeypatch.setattr("cds_service.web.trust.Trust.caller", lambda *_: caller)
    answer, _ = answered(order_text(), Settings(pama=pama, trusted_clients=(trusted,)))
    assert ("systemActions" in answer) == is_rated


def test_A_4_the_rating_is_not_repeated_as_a_suggestion_of_its_own():
    answer, _ = answered(order_text())
    for card in answer["cards"]:
        for suggestion in card.get("suggestions", ()):
            changed = [
                {name: value for name, value in action["resource"].items() if name != "extension"}
                for action in suggestion["actions"]
                if "resource" in action
            ]
            assert json.loads(order_text()) not in changed
