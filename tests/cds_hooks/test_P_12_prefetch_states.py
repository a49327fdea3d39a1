"""P-12: what each state of a prefetch key means. Unknown is never read as absent."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cds_hooks.prefetch import (
    PrefetchAnswer,
    joined,
    page_source,
    read_page,
    read_prefetch,
)

PAIN = {"resourceType": "Condition", "id": "c1", "code": {"text": "Low back pain"}}
FEVER = {"resourceType": "Condition", "id": "c2", "code": {"text": "Fever"}}
EPIC_NO_RESULTS = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "warning",
            "code": "processing",
            "details": {"coding": [{"code": "4101"}], "text": "no results"},
        }
    ],
}


def outcome(severity: str, code: str) -> dict[str, Any]:
    issue = {"severity": severity, "code": code, "diagnostics": "Jane Doe was not found"}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def bundle(*resources: Any, **members: Any) -> dict[str, Any]:
    entry = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entry} | members


def answer(value: Any, expected_type: str = "Condition") -> PrefetchAnswer:
    raw = msgspec.Raw(value if isinstance(value, bytes) else json.dumps(value).encode())
    return read_prefetch("conditions", raw, expected_type=expected_type)


def read_ids(found: PrefetchAnswer) -> list[str]:
    return [json.loads(bytes(raw))["id"] for raw in found.source.resources]


def test_a_missing_key_is_not_provided_and_may_be_fetched_freely() -> None:
    found = read_prefetch("conditions", None, expected_type="Condition")
    assert (found.source.gap, found.refetch) == ("not-provided", "freely")


@pytest.mark.parametrize(
    "value",
    [
        None,
        b" null ",
        {"resourceType": "Bundle", "type": "searchset", "total": 0},
        bundle(),
        bundle(total=0),
        {"resourceType": "Bundle", "entry": None, "link": None},
        bundle(total=0)
        | {"link": [{"relation": "self", "url": "https://ehr.example.org/fhir/Condition"}]},
        bundle(total="0"),
    ],
)
def test_null_and_an_empty_search_are_known_empty_and_never_fetched_again(value: Any) -> None:
    found = answer(value)
    assert (found.source.gap, found.source.resources, found.refetch) == (None, (), "never")


def test_epics_outcome_entry_for_no_results_is_known_empty() -> None:
    entry = {"resource": EPIC_NO_RESULTS, "search": {"mode": "outcome"}}
    found = answer({"resourceType": "Bundle", "total": 0, "entry": [entry]})
    assert (found.source.gap, found.source.resources, found.refetch) == (None, (), "never")
    assert "processing" in found.source.note


def test_epics_outcome_entry_is_known_by_its_type_when_the_search_mode_is_missing() -> None:
    found = answer(bundle(EPIC_NO_RESULTS, total=0))
    assert (found.source.gap, found.source.resources) == (None, ())


def test_an_empty_search_with_an_error_among_its_entries_is_not_empty() -> None:
    found = answer(bundle(outcome("error", "processing"), total=0))
    assert (found.source.gap, found.refetch) == ("failed", "freely")


@pytest.mark.parametrize(
    ("severity", "code", "gap"),
    [
        ("information", "informational", None),
        ("warning", "suppressed", None),
        ("warning", "processing", None),
        ("warning", "incomplete", "partial"),
        ("warning", "timeout", "partial"),
        ("error", "processing", "partial"),
        ("fatal", "exception", "partial"),
        ("banana", "processing", "partial"),
    ],
)
def test_resources_with_an_outcome_are_used_and_an_outcome_of_missing_data_makes_them_partial(
    severity: str, code: str, gap: str | None
) -> None:
    found = answer(bundle(PAIN, outcome(severity, code), FEVER))
    assert (found.source.gap, read_ids(found)) == (gap, ["c1", "c2"])


def test_an_outcome_under_the_mode_match_is_no_resource() -> None:
    entries = [
        {"resource": r, "search": {"mode": "match"}} for r in (PAIN, outcome("error", "exception"))
    ]
    found = answer({"resourceType": "Bundle", "entry": entries})
    assert (found.source.gap, read_ids(found)) == ("partial", ["c1"])


def test_an_outcome_that_names_its_type_last_is_no_resource() -> None:
    found = answer(
        b'{"resourceType":"Bundle","entry":[{"resource":{"issue":[],"resourceType":"OperationOutcome"}}]}'
    )
    assert (found.source.gap, found.source.resources) == ("failed", ())


def test_a_condition_that_speaks_of_an_operation_outcome_is_a_condition() -> None:
    found = answer(bundle(PAIN | {"note": [{"text": '"OperationOutcome"'}]}))
    assert (found.source.gap, read_ids(found)) == (None, ["c1"])


@pytest.mark.parametrize(
    ("severity", "code", "refetch"),
    [
        ("error", "transient", "once"),
        ("fatal", "timeout", "once"),
        ("error", "throttled", "once"),
        ("error", "forbidden", "never"),
        ("error", "security", "never"),
        ("error", "processing", "never"),
        ("error", "not-found", "never"),
        ("information", "informational", "once"),
    ],
)
def test_a_bare_outcome_is_unknown_and_asked_again_only_where_that_can_help(
    severity: str, code: str, refetch: str
) -> None:
    found = answer(outcome(severity, code))
    assert (found.source.gap, found.source.resources, found.refetch) == ("failed", (), refetch)


def test_a_note_never_repeats_what_an_outcome_says() -> None:
    for value in (outcome("error", "Jane Doe"), bundle(PAIN, outcome("Jane Doe", "x"))):
        assert "Jane" not in answer(value).source.note


def test_a_first_page_is_partial_and_names_the_next() -> None:
    link = [
        {"relation": "self", "url": "x"},
        {"relation": "next", "url": "https://ehr.example.org/fhir?p=2"},
    ]
    found = answer(bundle(PAIN, link=link))
    assert (found.source.gap, found.next_url) == ("partial", "https://ehr.example.org/fhir?p=2")
    assert (read_ids(found), found.refetch) == (["c1"], "freely")


def test_fewer_entries_than_the_total_are_partial_even_without_a_next_link() -> None:
    found = answer(bundle(PAIN, total=45))
    assert (found.source.gap, found.next_url, found.refetch) == ("partial", None, "freely")


def test_included_resources_do_not_count_towards_the_total() -> None:
    match = {"resource": PAIN, "search": {"mode": "match"}}
    include = {"resource": {"resourceType": "Encounter", "id": "e"}, "search": {"mode": "include"}}
    assert (
        answer({"resourceType": "Bundle", "total": 2, "entry": [match, include]}).source.gap
        == "partial"
    )
    assert (
        answer({"resourceType": "Bundle", "total": 1, "entry": [match, include]}).source.gap is None
    )


def test_a_total_without_entries_is_no_empty_answer() -> None:
    assert answer({"resourceType": "Bundle", "total": 5}).source.gap == "failed"


def test_a_total_below_the_entries_is_not_held_against_them() -> None:
    assert answer(bundle(PAIN, FEVER, total=0)).source.gap is None


def test_a_single_resource_answers_a_search() -> None:
    found = answer(PAIN)
    assert (found.source.gap, read_ids(found)) == (None, ["c1"])


def test_a_bundle_answers_a_read() -> None:
    found = answer(bundle({"resourceType": "Patient", "id": "p1"}), "Patient")
    assert (found.source.gap, read_ids(found)) == (None, ["p1"])


def test_a_pre_1_0_response_is_unwrapped() -> None:
    found = answer({"response": {"status": "200 OK"}, "resource": bundle(PAIN)})
    assert (found.source.gap, read_ids(found)) == (None, ["c1"])


@pytest.mark.parametrize("status", ["404 Not Found", "500", "401 Unauthorized"])
def test_a_pre_1_0_response_that_failed_is_unknown(status: str) -> None:
    found = answer({"response": {"status": status}, "resource": bundle()})
    assert (found.source.gap, found.refetch) == ("failed", "freely")


@pytest.mark.parametrize(
    "value",
    [
        "a string",
        b'"<html><body>HTTP Status 500 - Apache Tomcat</body></html>"',
        b"<html></html>",
        b"",
        [PAIN],
        [],
        {},
        0,
        True,
        {"resourceType": "Observation", "id": "o1"},
        {"resourceType": 7},
        {"resourceType": None, "entry": []},
        {"response": {"status": "200 OK"}},
        {"response": {"status": "200 OK"}, "resource": None},
        {"response": 1, "resource": [PAIN]},
        {"entry": [{"resource": PAIN}]},
        bundle("c1"),
        bundle(7),
        bundle([PAIN]),
        {"resourceType": "Bundle", "entry": "none"},
        {"resourceType": "Bundle", "entry": ["c1"]},
        {
            "resourceType": "Bundle",
            "entry": [{"fullUrl": "https://ehr.example.org/fhir/Condition/c1"}],
        },
        {"resourceType": "Bundle", "entry": [{"response": {"status": "404"}}]},
        bundle({"resourceType": "Observation", "id": "o1"}),
        b'{"resourceType":"\xff"}',
        b'{"a":' * 100_000,
    ],
)
def test_garbage_is_unreadable_and_never_empty(value: Any) -> None:
    found = answer(value)
    assert (found.source.gap, found.refetch) == ("unreadable", "freely")


@pytest.mark.parametrize(
    "members",
    [
        {"entry": {"resource": PAIN}},
        {"entry": [None, {}, {"resource": PAIN}]},
        {"entry": [{"resource": PAIN, "fullUrl": 7, "search": "match"}]},
        {"entry": [{"resource": PAIN}], "total": "many", "link": {"relation": "self"}},
        {"entry": [{"resource": PAIN}], "link": [7, None, {"relation": "next", "url": None}]},
    ],
)
def test_an_odd_bundle_with_all_its_resources_is_read_in_full(members: dict[str, Any]) -> None:
    found = answer({"resourceType": "Bundle"} | members)
    assert (found.source.gap, read_ids(found)) == (None, ["c1"])


@pytest.mark.parametrize(
    "odd", ["c2", {"fullUrl": "urn:uuid:2"}, {"resource": "c2"}, {"search": {"mode": "match"}}]
)
def test_an_entry_that_lost_its_resource_makes_the_others_partial(odd: Any) -> None:
    found = answer({"resourceType": "Bundle", "entry": [{"resource": PAIN}, odd]})
    assert (found.source.gap, read_ids(found)) == ("partial", ["c1"])


def test_a_next_link_of_an_odd_bundle_is_still_seen() -> None:
    found = answer(bundle(PAIN, total="2", link={"relation": "next", "url": "https://x/fhir?p=2"}))
    assert (found.source.gap, found.next_url) == ("partial", "https://x/fhir?p=2")


def test_full_urls_stay_with_their_resources() -> None:
    entries = [{"fullUrl": "urn:uuid:1", "resource": PAIN}, {}, {"resource": FEVER}]
    assert answer({"resourceType": "Bundle", "entry": entries}).source.full_urls == (
        "urn:uuid:1",
        None,
    )


def test_resources_keep_their_own_text() -> None:
    text = b'{"resourceType":"Condition", "x": 1.10,"y":[]}'
    found = answer(b'{"resourceType":"Bundle","entry":[{"resource":' + text + b"}]}")
    assert bytes(found.source.resources[0]) == text


def page(value: Any) -> Any:
    return read_page(msgspec.Raw(json.dumps(value).encode()), expected_type="Condition")


def test_the_total_of_the_first_page_is_held_against_all_pages() -> None:
    first = page(bundle(PAIN, total=2, link=[{"relation": "next", "url": "x"}]))
    assert page_source("conditions", joined(first, page(bundle(FEVER, total=2)))).gap is None
    assert page_source("conditions", joined(first, page(bundle(total=2)))).gap == "partial"


def test_an_empty_page_with_a_next_link_does_not_end_the_answer() -> None:
    first = page(bundle(link=[{"relation": "next", "url": "x"}]))
    assert page_source("conditions", joined(first, page(bundle(PAIN)))).gap is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["Bundle", "OperationOutcome"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resourceType",
                    "entry",
                    "resource",
                    "search",
                    "mode",
                    "link",
                    "total",
                    "issue",
                    "response",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_without_an_error_and_only_null_or_a_bundle_can_be_empty(
    value: Any,
) -> None:
    found = answer(value)
    if found.source.gap is None and not found.source.resources:
        assert value is None or "Bundle" in json.dumps(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(value: bytes) -> None:
    assert answer(b"x" + value).source.gap == "unreadable"
