"""Draft orders as the page changes them, by its own script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from cds_service.playground.stories import packed_stories
from tests.browser import IS_MISSING, WHAT_IT_NEEDS, opened

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(IS_MISSING, reason=WHAT_IT_NEEDS),  # Chromium; never under CI
]
ORDER = {
    "resourceType": "ServiceRequest",
    "id": "o1",
    "priority": "routine",
    "code": {"coding": [{"system": "http://loinc.org", "code": "30679-5"}], "text": "MRI"},
    "bodySite": [{"text": "back"}],
    "reasonCode": [
        {"coding": [{"code": "M54.50", "display": "Low back pain"}]},
        {"text": "old words"},
    ],
}
OF_R5 = {
    "resourceType": "ServiceRequest",
    "id": "o1",
    "code": {"concept": {"text": "MRI"}},
    "reason": [{"reference": {"reference": "Condition/c1"}}, {"concept": {"text": "old words"}}],
}
STUDY = {
    "name": "CT lumbar spine",
    "codings": [
        {"system": "http://snomed.info/sct", "code": "1"},
        {"system": "http://loinc.org", "code": "2"},
    ],
}
RATING = {
    "url": "http://fhir.org/argonaut/Extension/pama-rating",
    "valueCodeableConcept": {"coding": [{"code": "appropriate"}]},
}
OWN = {"url": "https://ehr.example.org/extension", "valueString": "x"}

THERE_AND_BACK = """async ([calls, study]) => {
  const orders = await import("/playground/orders.js");
  const { draftsOf } = await import("/playground/request.js");
  const { fragmentOf, readFragment } = await import("/playground/fragment.js");
  return calls.map((call) => {
    const { orders: base, selected } = draftsOf(call);
    const changed = orders.withWords(orders.withStudy(base[0], study), "words & 100 % more #1");
    const created = { resourceType: "ServiceRequest", id: "new-1", code: { text: "x" } };
    const wanted = [changed, ...base.slice(2), created];
    const fragment = fragmentOf({ story: "s", call: "c", hook: "order-sign", changes: orders.changesOf(base, wanted) });
    const { changes } = readFragment(fragment);
    return [wanted, orders.withChanges(base, selected, changes).orders, changes];
  });
}"""
"""Changes the first order of each call, drops the second, adds one, and reads all that back from a link."""


@pytest.fixture(scope="module")
def page(browser: Browser, base: str) -> Iterator[Page]:
    with opened(browser) as empty:
        empty.goto(f"{base}/")
        yield empty


def run(page: Page, name: str, *arguments: Any, file: str = "orders") -> Any:
    """What a function of one of the page's scripts gives back; an error of it is an error here."""
    return page.evaluate(
        "async ([file, name, given]) => (await import(`/playground/${file}.js`))[name](...given)",
        [file, name, list(arguments)],
    )


def test_an_update_changes_its_order_alone(page):
    other = ORDER | {"id": "o2"}
    changed = ORDER | {"priority": "stat"}
    now = run(
        page,
        "applyActions",
        [ORDER, other],
        ["ServiceRequest/o1"],
        [{"type": "update", "resource": changed}],
    )
    assert now == {"orders": [changed, other], "selected": ["ServiceRequest/o1"]}


def test_a_replacement_takes_the_old_order_out_and_selects_the_new_one(page):
    made = {"resourceType": "ServiceRequest", "code": {"text": "X-ray"}}
    actions = [
        {"type": "delete", "resourceId": "ServiceRequest/o1"},
        {"type": "create", "resource": made},
    ]
    now = run(page, "applyActions", [ORDER], ["ServiceRequest/o1"], actions)
    assert now == {
        "orders": [made | {"id": "new-1"}],
        "selected": ["ServiceRequest/new-1"],
    }


@pytest.mark.parametrize(
    "action",
    [
        {"type": "update", "resource": ORDER | {"id": "o9"}},
        {"type": "merge", "resource": ORDER},
    ],
)
def test_an_action_that_fits_no_order_is_an_error(page, action):
    with pytest.raises(Exception, match=r"no draft of this call|no action of CDS Hooks"):
        run(page, "applyActions", [ORDER], [], [action])


@pytest.mark.parametrize("order", [ORDER, OF_R5])
def test_words_take_the_place_of_the_words_before_and_leave_coded_reasons(page, order):
    member = "reasonCode" if "reasonCode" in order else "reason"
    changed = run(page, "withWords", order, "new words")
    assert run(page, "reasonsOf", changed)["words"] == "new words"
    assert changed[member][0] == order[member][0]
    assert len(changed[member]) == 2
    assert run(page, "withWords", changed, "  ")[member] == order[member][:1]
    assert run(page, "withWords", changed, "old words") == order


def test_the_last_reason_leaves_no_empty_list(page):
    bare = {name: value for name, value in ORDER.items() if name != "reasonCode"}
    assert run(page, "withWords", bare, "x")["reasonCode"] == [{"text": "x"}]
    assert run(page, "withWords", bare | {"reasonCode": [{"text": "x"}]}, "") == bare
    assert (
        run(page, "withoutReason", bare | {"reasonCode": [{"coding": [{"code": "a"}]}]}, 0) == bare
    )


def test_another_study_has_a_code_of_the_orders_own_system_and_no_old_site(page):
    changed = run(page, "withStudy", ORDER, STUDY)
    assert changed["code"] == {"coding": [STUDY["codings"][1]], "text": "CT lumbar spine"}
    assert "bodySite" not in changed
    assert run(page, "withStudy", OF_R5, STUDY)["code"]["concept"]["coding"] == [
        STUDY["codings"][0]
    ]


def test_changes_of_every_story_are_put_back_by_a_link(page):
    calls = [call for story in packed_stories().values() for call in story.calls.values()]
    results = page.evaluate(THERE_AND_BACK, [calls, STUDY])
    assert len(results) == len(calls) > 50
    for call, (wanted, got, changes) in zip(calls, results, strict=True):
        assert got == wanted, call["context"]["patientId"]
        assert changes


def test_an_order_that_is_as_it_came_is_no_change_and_neither_is_its_rating(page):
    assert run(page, "changesOf", [ORDER], [ORDER]) == []
    assert run(page, "changesOf", [ORDER], [ORDER | {"extension": [RATING]}]) == []
    (change,) = run(page, "changesOf", [ORDER | {"extension": [OWN, RATING]}], [ORDER])
    assert change == {"order": "ServiceRequest/o1", "patch": {"extension": None}}
    assert run(page, "ratingOf", ORDER | {"extension": [OWN, RATING]}) == "appropriate"
    assert run(page, "ratingOf", ORDER) is None


def test_an_instance_id_is_a_random_uuid(page):
    made = {run(page, "instanceId", file="service") for _ in range(20)}
    assert len(made) == 20
    assert all(len(one) == 36 and one[14] == "4" and one[19] in "89ab" for one in made)
