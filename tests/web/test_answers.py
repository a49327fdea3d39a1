"""What the orderer answers with one tap: the order that the button makes is read at the hook that follows."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web.real_service import (
    BACK_PAIN,
    SELECT,
    SIGN,
    Json,
    advice_of,
    call,
    card_ids,
    service,
)

STATED = "https://spine-imaging-cds.github.io/fhir/CodeSystem/stated"
RATING = "http://fhir.org/argonaut/Extension/pama-rating"
UNDATED: Json = BACK_PAIN | {"conditions": [{"icd10": "M54.50"}]}
LONG: Json = BACK_PAIN | {"conditions": [{"icd10": "M54.50", "onset": "2026-03-01"}]}


def buttons(answer: Json) -> dict[str, Json]:
    """The suggestions of the first card by their ids."""
    return {
        suggestion["extension"]["org.spine-imaging-cds.suggestion"]: suggestion
        for suggestion in answer["cards"][0]["suggestions"]
    }


def tapped(client: FlaskClient, case: Json, *answers: str) -> tuple[Json, Json]:
    """The order after each of the answers was tapped in turn, and what is answered to it at signing."""
    made = call(case)
    order = made["context"]["draftOrders"]["entry"][0]["resource"]
    answer = client.post(SELECT, json=made).get_json()
    for name in answers:
        (action,) = buttons(answer)[name]["actions"]
        order = action["resource"]
        made = call(case, hook="order-sign")
        made["context"].pop("selections", None)
        made["context"]["draftOrders"]["entry"][0]["resource"] = order
        answer = client.post(SIGN, json=made).get_json()
    return order, answer


@pytest.mark.parametrize(
    ("case", "tap", "card", "rated"),
    [
        (UNDATED, "answer-over-six-weeks-despite-care", "Appropriate", "appropriate"),
        (LONG, "answer-over-six-weeks-despite-care", "Appropriate", "appropriate"),
        (UNDATED, "answer-under-six-weeks", "NotYetIndicated", "not-appropriate"),
        (BACK_PAIN, "answer-new-weakness", "MayBeAppropriate", "appropriate"),
        (BACK_PAIN, "answer-new-bladder-bowel-saddle", "EmergencyEscalate", "appropriate"),
        (BACK_PAIN, "answer-none-of-these", "NotYetIndicated", "not-appropriate"),
    ],
)
def test_an_answer_is_a_coded_reason_that_the_next_hook_reads_as_stated(
    case: Json, tap: str, card: str, rated: str
) -> None:
    order, answer = tapped(service(), case, tap)
    coding = order["reasonCode"][-1]["coding"][0]
    assert (coding["system"], coding["code"]) == (STATED, tap.removeprefix("answer-"))
    assert order["reasonCode"][:-1] == [
        {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M54.50"}]}
    ]
    assert card_ids(answer)[0] == card
    assert advice_of(answer)["assessments"][0]["appropriateness"] == rated
    assert tap not in buttons(answer)


def test_weakness_carries_a_snomed_code_beside_ours() -> None:
    order, _ = tapped(service(), BACK_PAIN, "answer-new-weakness")
    systems = [coding["system"] for coding in order["reasonCode"][-1]["coding"]]
    assert systems == [STATED, "http://snomed.info/sct"]


def test_what_was_answered_is_evidence_of_the_order_and_quoted() -> None:
    _, answer = tapped(service(), BACK_PAIN, "answer-new-bladder-bowel-saddle")
    (criterion,) = advice_of(answer)["assessments"][0]["criteria"]
    (evidence,) = criterion["evidence"]
    assert criterion["state"] == "suspected"
    assert evidence["reference"] == "ServiceRequest/o1"
    assert evidence["stated"] is True
    assert evidence["quote"] == "New bladder, bowel or saddle symptom, per orderer"


def test_no_card_offers_more_than_three_answers_and_none_is_recommended() -> None:
    for case in (BACK_PAIN, UNDATED, LONG):
        answer = service().post(SELECT, json=call(case)).get_json()
        offered = {name: one for name, one in buttons(answer).items() if name.startswith("answer-")}
        assert len(offered) == 3
        assert not any(suggestion.get("isRecommended") for suggestion in offered.values())
        assert all(suggestion["label"].startswith("State: ") for suggestion in offered.values())


def test_answers_add_up() -> None:
    order, answer = tapped(
        service(), UNDATED, "answer-under-six-weeks", "answer-new-bladder-bowel-saddle"
    )
    assert len(order["reasonCode"]) == 3
    assert card_ids(answer) == ["EmergencyEscalate"]


def test_an_order_that_carries_an_answer_carries_no_rating_of_before() -> None:
    client = service()
    (action,) = client.post(SELECT, json=call(BACK_PAIN)).get_json()["systemActions"]
    rated = action["resource"]
    assert rated["extension"][0]["url"] == RATING
    made = call(BACK_PAIN)
    made["context"]["draftOrders"]["entry"][0]["resource"] = rated
    answer = client.post(SELECT, json=made).get_json()
    (action,) = buttons(answer)["answer-new-weakness"]["actions"]
    assert "extension" not in action["resource"]
