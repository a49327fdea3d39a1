"""What is brought to the playground: which shapes are taken, what moves, and what is never sent on."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from cds_service.errors import HookRequestError
from cds_service.playground.opened import kept_case, opened_paste, read_request

TODAY = date(2026, 9, 1)
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1980-05-05"}
CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "code": {"text": "Low back pain since 3 May"},
    "subject": {"reference": "Patient/p1"},
    "onsetDateTime": "2026-06-01T08:00:00Z",
}


def bundle(*resources: Any) -> bytes:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def call(**members: Any) -> dict[str, Any]:
    order = {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "authoredOn": "2026-06-15",
        "code": {"text": "MRI lumbar spine"},
    }
    return {
        "hook": "order-select",
        "hookInstance": "x",
        "context": {
            "patientId": "p1",
            "selections": ["ServiceRequest/o1"],
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]},
        },
        "prefetch": {"patient": PATIENT},
    } | members


def test_a_bundle_becomes_the_prefetch_that_an_ehr_would_make_of_it():
    opened = opened_paste(bundle(PATIENT, CONDITION), None, TODAY)
    prefetch = opened.request["prefetch"]
    assert prefetch["patient"] == PATIENT
    assert prefetch["conditions"]["entry"] == [{"resource": CONDITION}]
    assert prefetch["medications"]["entry"] == []
    assert opened.request["context"]["patientId"] == "p1"
    assert opened.moved_days == 0


def test_a_bundle_of_a_day_moves_to_today_but_for_what_is_written_in_words():
    opened = opened_paste(bundle(PATIENT, CONDITION), date(2026, 6, 15), TODAY)
    (entry,) = opened.request["prefetch"]["conditions"]["entry"]
    assert entry["resource"]["onsetDateTime"] == "2026-08-18T08:00:00Z"
    assert entry["resource"]["code"]["text"] == "Low back pain since 3 May"
    assert opened.moved_days == 78


def test_a_call_is_of_the_day_that_its_order_was_written():
    opened = opened_paste(json.dumps(call()).encode(), None, TODAY)
    assert opened.as_of == date(2026, 6, 15)
    (entry,) = opened.request["context"]["draftOrders"]["entry"]
    assert entry["resource"]["authoredOn"] == "2026-09-01"


def test_the_day_that_somebody_names_beats_that_of_the_order():
    opened = opened_paste(json.dumps(call()).encode(), date(2026, 6, 20), TODAY)
    assert opened.as_of == date(2026, 6, 20)


def test_a_case_is_of_its_own_day_and_a_byte_order_mark_is_read_over():
    case = {"as_of": "2026-06-16", "request": call()}
    opened = opened_paste(b"\xef\xbb\xbf" + json.dumps(case).encode(), None, TODAY)
    assert opened.as_of == date(2026, 6, 16)


def test_no_token_and_no_server_is_sent_on_or_kept():
    access = {"fhirServer": "https://ehr.example.org", "fhirAuthorization": {"access_token": "abc"}}
    opened = opened_paste(json.dumps(call(**access)).encode(), None, TODAY)
    assert not {"fhirServer", "fhirAuthorization"} & set(opened.request)
    assert "abc" not in json.dumps(kept_case(call(**access), TODAY))


def test_entries_without_a_resource_are_counted():
    opened = opened_paste(bundle(PATIENT, None, {"id": "x"}, CONDITION), None, TODAY)
    assert opened.left_out == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "Expected a FHIR Bundle"),
        (b'{"resourceType": "Condition"}', "Expected a FHIR Bundle"),
        (b'{"resourceType": "Bundle"}', "holds 0 patients"),
        (bundle(PATIENT, PATIENT | {"id": "p2"}), "holds 2 patients"),
        (bundle({"resourceType": "Patient"}), "has no id"),
        (json.dumps({"request": call()}).encode(), "no 'as_of'"),
        (json.dumps({"as_of": "June", "request": call()}).encode(), "no 'as_of'"),
        (b"[" * 5000, "not JSON"),
    ],
)
def test_what_is_no_chart_is_told_without_repeating_it(text, told):
    with pytest.raises(HookRequestError, match=told):
        opened_paste(text, None, TODAY)


def test_a_kept_case_is_the_same_story_of_another_day():
    kept = kept_case(call(), TODAY)
    weeks, rest = divmod((TODAY - date.fromisoformat(kept["as_of"])).days, 7)
    assert rest == 0
    assert 26 <= weeks < 130
    born = date.fromisoformat(kept["request"]["prefetch"]["patient"]["birthDate"])
    assert date(1980, 5, 5) - born == timedelta(weeks=weeks)
    reopened = opened_paste(json.dumps(kept).encode(), None, TODAY)
    assert reopened.request == call()


def test_kept_cases_are_moved_by_different_weeks():
    assert len({kept_case(call(), TODAY)["as_of"] for _ in range(40)}) > 10


def test_only_a_hook_call_is_kept():
    with pytest.raises(HookRequestError, match="hook call"):
        read_request(b'{"resourceType": "Bundle"}')
