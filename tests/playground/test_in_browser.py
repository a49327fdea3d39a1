"""The playground in a real browser: nothing that is unknown looks like an all-clear."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from cds_service.history.queries import card_outcomes
from cds_service.history.store import HistoryStore
from tests.browser import IS_MISSING, WHAT_IT_NEEDS
from tests.playground.screen import (
    KNEE,
    NO_PROBLEM_LIST,
    RETENTION,
    SELECT,
    TEN_DAYS,
    TWO_ORDERS,
    Screen,
    link,
    screen,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(IS_MISSING, reason=WHAT_IT_NEEDS),  # Chromium; never under CI
]
FIXTURES = Path(__file__).parents[2] / "fhir_fixtures"
ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
OLD_ANSWER = {
    "cards": [{"summary": "an old answer", "indicator": "info", "source": {"label": "x"}}]
}
PASTED = {
    "resourceType": "Bundle",
    "entry": [
        {
            "resource": {
                "resourceType": "Patient",
                "id": "zz-secret-1",
                "name": [{"text": "Zoe Zebra"}],
                "gender": "female",
                "birthDate": "1990-02-03",
            }
        },
        {
            "resource": {
                "resourceType": "Condition",
                "id": "c1",
                "code": {"text": "Low back pain"},
                "subject": {"reference": "Patient/zz-secret-1"},
                "onsetDateTime": "2026-08-20",
            }
        },
    ],
}


def test_a_case_shows_its_chart_its_card_and_what_the_card_rests_on(browser: Browser, base: str):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        page = shown.page
        expect(page.locator("#person")).to_have_text("Cauda Fictional, female, 34 years")
        expect(page.locator("article.card.critical")).to_have_count(1)
        assert "Critical" in shown.summaries[0]
        shown.unfold("why-part")
        page.get_by_role("button", name="Condition/condition-3").first.click()
        expect(page.locator("tr:focus")).to_contain_text("Retention of urine")
        expect(page.locator("#request-address")).to_have_text(f"POST {SELECT}")
        assert "cards" in json.loads(page.locator("#response").text_content() or "")


def test_accepting_a_suggestion_changes_the_order_asks_again_and_is_told(
    browser: Browser, base: str, history: HistoryStore
):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        assert shown.order().get("priority") != "stat"
        shown.page.get_by_role("button", name="Change priority to stat").click()
        expect(shown.page.locator("#status")).to_contain_text("The service took the feedback.")
        assert shown.order()["priority"] == "stat"
        expect(shown.page.locator("#priority")).to_have_value("stat")
        expect(shown.page.locator("#answer-heading")).to_be_focused()
        (entry,) = shown.feedback
        assert entry["outcome"] == "accepted"
        assert len({call["hookInstance"] for call in shown.calls}) == len(shown.calls) == 2
    assert history.flush()
    assert sum(row.accepted for row in card_outcomes(history.engine, *ALWAYS)) >= 1


def test_an_answer_by_one_tap_becomes_a_reason_of_the_order_and_changes_the_card(browser, base):
    with screen(browser, base) as shown:
        shown.open(link(TEN_DAYS))
        before = shown.order()["reasonCode"]
        shown.page.get_by_role("button", name="State: new bladder").click()
        expect(shown.page.locator("article.card.critical")).to_have_count(1)
        assert len(shown.order()["reasonCode"]) == len(before) + 1
        shown.page.get_by_role("button", name="Remove the reason").last.click()
        expect(shown.page.locator("article.card.critical")).to_have_count(0)
        assert shown.order()["reasonCode"] == before


@pytest.mark.parametrize(
    ("suggestions", "filled"),
    [
        ([("Change priority to stat", "update", False)], ["Change priority to stat"]),
        ([("Cancel this order", "delete", False)], []),
        ([("State: under 6 weeks", "update", False), ("State: over 6 weeks", "update", False)], []),
        (
            [("State: under 6 weeks", "update", False), ("Order an MRI", "create", True)],
            ["Order an MRI (recommended)"],
        ),
    ],
    ids=["the only one", "an order taken away", "answers", "the recommended one"],
)
def test_the_one_thing_that_a_card_asks_for_is_drawn_filled(browser, base, suggestions, filled):
    told = [
        {"label": label, "isRecommended": first, "actions": [{"type": kind, "description": label}]}
        for label, kind, first in suggestions
    ]
    card = {"summary": "a card", "indicator": "warning", "source": {"label": "x"}}
    body = json.dumps({"cards": [card | {"suggestions": told}]})
    with screen(browser, base) as shown:
        shown.answers(SELECT, status=200, body=body, content_type="application/json")
        shown.open(link(RETENTION))
        expect(shown.page.locator("#cards ul.actions button")).to_have_count(len(suggestions))
        assert shown.page.locator("#cards ul.actions button.first").all_inner_texts() == filled


def test_dismissing_a_card_sends_the_reason_and_the_comment(browser: Browser, base: str):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        page = shown.page
        page.get_by_label("Reason to dismiss").select_option("The record is wrong")
        page.get_by_label("Comment").fill("asked her")
        page.get_by_role("button", name="Dismiss").click()
        expect(page.locator("#cards")).to_contain_text("The service took the feedback.")
        expect(page.locator("article.card")).to_have_count(0)
        (entry,) = shown.feedback
        assert entry["outcome"] == "overridden"
        assert entry["overrideReason"]["reason"]["code"] == "finding-incorrect"
        assert entry["overrideReason"]["userComment"] == "asked her"
        assert len(shown.calls) == 1


def test_feedback_that_is_not_taken_is_told(browser: Browser, base: str):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        shown.answers("/feedback", status=500, body="")
        shown.page.get_by_role("button", name="Dismiss").click()
        expect(shown.page.locator("#cards")).to_contain_text("was not taken")


def test_typed_words_count_and_are_marked_as_they_were_read(browser: Browser, base: str):
    with screen(browser, base) as shown:
        shown.open(link(TEN_DAYS))
        expect(shown.page.locator("article.card.critical")).to_have_count(0)
        shown.page.get_by_label("Indication").fill("Cannot pass urine since yesterday, no fever")
        expect(shown.page.locator("article.card.critical")).to_have_count(1)
        marks = shown.page.locator("#words-marked mark")
        expect(marks.filter(has_text="Cannot pass urine")).to_have_class("stated")
        expect(marks.filter(has_text="fever")).to_have_class("denied")
        expect(shown.page.locator("#words-marked")).to_contain_text("no fever (denied)")
        shown.unfold("why-part")
        expect(shown.page.locator("#why q").first).to_contain_text("pass urine")


def test_typed_words_that_deny_a_sign_bring_no_critical_card(browser: Browser, base: str):
    with screen(browser, base) as shown:
        shown.open(link(TEN_DAYS))
        shown.page.get_by_label("Indication").fill("Low back pain, no urinary retention, no fever")
        expect(shown.page.locator("#words-marked mark.denied")).to_have_count(2)
        shown.is_answered()
        expect(shown.page.locator("article.card.critical")).to_have_count(0)
        assert "no urinary retention" in json.dumps(shown.order())


def test_words_that_nobody_understood_are_quoted(browser: Browser, base: str):
    with screen(browser, base) as shown:
        shown.open(link(TEN_DAYS))
        shown.page.get_by_label("Indication").fill("rukking tolls")
        expect(shown.page.locator("#words-marked mark.unknown")).to_have_text("rukking tolls")
        shown.unfold("why-part")
        expect(shown.page.locator("#why")).to_contain_text("as the answer names it (1)")


def test_words_that_are_being_typed_do_not_reach_the_case_that_is_opened_then(browser, base):
    with screen(browser, base) as shown:
        shown.open(link(TEN_DAYS))
        shown.page.get_by_label("Indication").fill("Cannot pass urine")
        shown.page.evaluate(
            "fragment => { location.hash = fragment; }", link(KNEE, "order-select.mri-knee")
        )
        expect(shown.page.locator("#person")).to_contain_text("45 years")
        expect(shown.page.get_by_label("Indication")).not_to_have_value("Cannot pass urine")
        shown.page.wait_for_timeout(700)
        assert "Cannot pass urine" not in json.dumps(shown.calls[-1])


def test_a_suggestion_about_the_order_before_the_last_words_is_not_applied(browser, base):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        words = "Numb where she sits"
        # In one go: a person would need to be faster than the pause that the page waits for.
        shown.page.evaluate(
            """words => {
              const field = document.getElementById("words");
              field.value = words;
              field.dispatchEvent(new Event("input"));
              document.querySelector(".card .actions button").click();
            }""",
            words,
        )
        expect(shown.page.locator("#status")).to_contain_text("had changed")
        assert shown.feedback == []
        assert words in json.dumps(shown.order())
        expect(shown.page.get_by_label("Indication")).to_have_value(words)


def test_study_priority_hook_and_reasons_of_the_order_can_be_changed(browser: Browser, base: str):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        page = shown.page
        page.get_by_label("Study").select_option("CT lumbar spine, without contrast")
        page.get_by_label("Priority").select_option("Urgent")
        page.get_by_role("button", name="Remove the reason").first.click()
        shown.is_answered()
        order = shown.order()
        assert order["code"]["coding"][0]["system"] == "http://www.ama-assn.org/go/cpt"
        assert order["priority"] == "urgent"
        assert "reasonCode" not in order
        expect(page.locator("#study option").first).to_contain_text("CT lumbar spine")
        page.get_by_label("Hook").select_option("order-dispatch")
        expect(page.locator("#request-address")).to_contain_text("order-dispatch")
        shown.is_answered()
        expect(page.locator("article.card.critical")).to_have_count(1)


def test_one_of_several_orders_is_changed_and_another_added(browser: Browser, base: str):
    with screen(browser, base) as shown:
        shown.open(link(TWO_ORDERS, "order-select.mri-lumbar-and-cervical"))
        page = shown.page
        before = shown.calls[-1]["context"]["draftOrders"]["entry"]
        page.get_by_label("Draft").select_option(index=1)
        page.get_by_label("Priority").select_option("stat")
        page.get_by_role("button", name="Add another order").click()
        shown.is_answered()
        context = shown.calls[-1]["context"]
        after = context["draftOrders"]["entry"]
        assert len(after) == len(before) + 1
        assert after[1]["resource"]["priority"] == "stat"
        assert _unrated(after[0]["resource"]) == _unrated(before[0]["resource"])
        assert context["selections"][-1] == f"ServiceRequest/{after[-1]['resource']['id']}"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"status": 500, "body": "<html>"}, "answered 500"),
        ({"status": 200, "body": "{}"}, "holds no cards"),
        ({"status": 200, "body": "not JSON"}, "holds no cards"),
        ({"status": 200, "body": '{"cards": null}'}, "holds no cards"),
    ],
)
def test_an_answer_that_is_none_is_shown_as_not_checked(browser, base, answer, why):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        shown.answers(SELECT, **answer)
        shown.page.get_by_role("button", name="Ask the service").click()
        expect(shown.page.locator("#cards")).to_contain_text("Not checked")
        expect(shown.page.locator("#cards")).to_contain_text(why)
        expect(shown.page.locator("article.card")).to_have_count(0)


def test_an_order_that_lacks_data_is_shown_as_not_checked_with_what_lacks(browser, base):
    with screen(browser, base) as shown:
        shown.open(link(NO_PROBLEM_LIST))
        expect(shown.page.locator("#cards")).to_contain_text("Not checked")
        expect(shown.page.locator("#cards")).to_contain_text("conditions")
        expect(shown.page.locator("#chart")).to_contain_text("Not sent with this call: problems.")


def test_a_service_that_is_gone_is_shown_as_not_checked_and_asked_again(browser, base):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        shown.page.route(f"**{SELECT}", lambda route: route.abort())
        shown.page.get_by_label("Priority").select_option("Urgent")
        expect(shown.page.locator("#cards")).to_contain_text("could not be reached")
        shown.page.unroute(f"**{SELECT}")
        shown.page.get_by_role("button", name="Ask again").click()
        expect(shown.page.locator("article.card")).to_have_count(1)


def test_a_slow_answer_takes_the_old_card_away_and_is_given_up_in_time(browser, base):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        held: list[Route] = []
        shown.page.route(f"**{SELECT}", lambda route: held.append(route))  # noqa: PLW0108 - as in screen.py
        shown.page.get_by_label("Priority").select_option("Urgent")
        expect(shown.page.locator("#cards")).to_contain_text("has not answered about this order")
        expect(shown.page.locator("article.card")).to_have_count(0)
        expect(shown.page.locator("#cards")).to_contain_text("within 5 seconds", timeout=15_000)
        assert held


def test_of_two_answers_the_newer_counts_whichever_comes_last(browser, base):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        held: list[Route] = []

        def first_is_held(route: Route) -> None:
            if held:
                route.continue_()
            else:
                held.append(route)

        shown.page.route(f"**{SELECT}", first_is_held)
        shown.page.get_by_label("Priority").select_option("Urgent")
        shown.page.get_by_label("Priority").select_option("Stat")
        shown.is_answered()
        newer = shown.summaries
        assert len(newer) == 1
        held[0].fulfill(status=200, json=OLD_ANSWER)
        shown.page.wait_for_timeout(300)
        assert shown.summaries == newer


def test_an_answer_about_an_order_that_is_gone_is_not_shown(browser, base):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        held: list[Route] = []
        shown.page.route(f"**{SELECT}", lambda route: held.append(route))  # noqa: PLW0108 - as in screen.py
        shown.page.get_by_label("Priority").select_option("Urgent")
        shown.unfold("own")
        open_chart(shown, json.dumps(PASTED))
        expect(shown.page.locator("#cards")).to_contain_text("No order is drafted")
        held[0].fulfill(status=200, json=OLD_ANSWER)
        shown.page.wait_for_timeout(300)
        expect(shown.page.locator("#cards")).to_contain_text("No order is drafted")


def test_an_order_that_is_not_ours_says_that_nothing_was_evaluated(browser, base):
    with screen(browser, base) as shown:
        shown.open(link(KNEE, "order-select.mri-knee"))
        expect(shown.page.locator("#cards")).to_contain_text("nothing was evaluated")


def test_a_link_opens_the_same_case_with_the_same_changes(browser, base):
    with screen(browser, base) as shown:
        shown.open(link(TEN_DAYS))
        shown.page.get_by_label("Priority").select_option("Urgent")
        shown.page.get_by_label("Indication").fill("New weakness & 50% numbness of both legs #2")
        expect(shown.page.locator("#words-marked mark").first).to_be_visible()
        shown.is_answered()
        address, order, summaries = shown.page.url, shown.order(), shown.summaries
    assert address.startswith(f"{base}/#case=")
    with screen(browser, base) as other:
        other.page.goto(address)
        other.is_answered()
        assert _unrated(other.order()) == _unrated(order)
        assert other.summaries == summaries
        assert other.page.url == address


def test_a_link_keeps_an_accepted_suggestion(browser, base):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        shown.page.get_by_label("Study").select_option("CT lumbar spine, without contrast")
        shown.is_answered()
        shown.page.locator(".card .actions button").first.click()
        expect(shown.page.locator("#status")).to_contain_text("Accepted")
        shown.is_answered()
        address, drafts = shown.page.url, shown.calls[-1]["context"]["draftOrders"]
    with screen(browser, base) as other:
        other.page.goto(address)
        other.is_answered()
        plain = [_unrated(entry["resource"]) for entry in drafts["entry"]]
        again = other.calls[-1]["context"]["draftOrders"]["entry"]
        assert [_unrated(entry["resource"]) for entry in again] == plain


@pytest.mark.parametrize(
    ("fragment", "told"),
    [
        (f"{link(RETENTION)}&changes=%7B", "This link is broken"),
        ("#case=nobody/nothing", "could not be opened"),
        (
            f"{link(RETENTION)}&changes=[{{%22order%22:%22ServiceRequest/x%22,%22patch%22:{{}}}}]",
            "does not fit",
        ),
    ],
)
def test_a_link_that_does_not_fit_is_told(browser, base, fragment, told):
    with screen(browser, base) as shown:
        shown.page.goto(f"{base}/{fragment}")
        expect(shown.page.locator("#problem")).to_contain_text(told)


def test_a_chart_of_ones_own_is_read_and_never_enters_an_address(browser, base, tmp_path: Path):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        page = shown.page
        shown.unfold("own")
        page.get_by_label("Or text").fill(json.dumps(PASTED))
        page.get_by_role("button", name="Open", exact=True).click()
        expect(page.locator("#person")).to_have_text("Zoe Zebra, female, 36 years")
        expect(page.locator("#cards")).to_contain_text("No order is drafted")
        page.get_by_label("Study").select_option("MRI lumbar spine, without contrast")
        page.get_by_label("Indication").fill("Zebra words")
        expect(page.locator("#words-marked")).to_contain_text("Zebra")
        shown.is_answered()
        assert shown.calls[-1]["context"]["patientId"] == "zz-secret-1"
        assert page.url == f"{base}/"
        expect(page.get_by_role("button", name="Copy the link")).to_be_disabled()
        addresses = " ".join(request.url for request in shown.requests)
        assert not re.search("zebra|secret", addresses, re.IGNORECASE)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        download.value.save_as(tmp_path / "case.json")
        kept = json.loads((tmp_path / "case.json").read_text(encoding="utf-8"))
        assert kept["as_of"] < "2026-04-01"
        assert "2026-08-20" not in json.dumps(kept)
        assert "1990-02-03" not in json.dumps(kept)


def test_calls_of_every_shape_that_clients_send_are_opened(browser, base):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        shown.unfold("own")
        files = sorted((FIXTURES / "hooks").glob("*.json"))
        assert files
        for file in files:
            patient = json.loads(file.read_text(encoding="utf-8"))["context"]["patientId"]
            open_chart(shown, file.read_text(encoding="utf-8"))
            expect(shown.page.locator("#paste-error"), file.name).to_have_text("")
            about = f'"patientId": "{patient}"'
            expect(shown.page.locator("#request"), file.name).to_contain_text(about)
            shown.is_answered()
            expect(shown.page.locator("#person"), file.name).not_to_contain_text("not stated")
            expect(shown.page.locator("#problem"), file.name).to_have_text("")


def test_a_chart_of_odd_resources_is_shown_row_by_row(browser, base):
    odd = [
        json.loads(file.read_text(encoding="utf-8"))
        for file in sorted((FIXTURES / "resources").glob("*.json"))
        if not file.name.startswith("Patient.")
    ]
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "name": {"text": "no list"},
        "birthDate": 1980,
    }
    worse = [
        {"resourceType": "Condition", "id": 1, "code": "words", "onsetPeriod": {"start": 5}},
        {"resourceType": "Observation", "component": [None], "code": {"text": {"deep": 1}}},
    ]
    entries = [{"resource": resource} for resource in (patient, *odd, *worse)]
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        shown.unfold("own")
        open_chart(shown, json.dumps({"resourceType": "Bundle", "entry": entries}))
        expect(shown.page.locator("#person")).to_contain_text("Name not stated, sex not stated")
        conditions = sum(one["resourceType"] == "Condition" for one in (*odd, *worse))
        expect(shown.page.locator("#chart summary").first).to_have_text(f"Problems ({conditions})")
        expect(shown.page.locator("#chart")).to_contain_text(
            "in a shape that this page does not show"
        )


def test_a_file_is_opened_and_what_is_no_chart_is_told_beside_its_field(browser, base, tmp_path):
    (tmp_path / "kept.json").write_text(json.dumps(PASTED), encoding="utf-8")
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        page = shown.page
        shown.unfold("own")
        page.get_by_label("Or text").fill("{}")
        page.get_by_role("button", name="Open", exact=True).click()
        expect(page.locator("#paste-error")).to_contain_text("Expected a FHIR Bundle")
        expect(page.get_by_label("Or text")).to_be_focused()
        page.get_by_label("File").set_input_files(tmp_path / "kept.json")
        expect(page.get_by_label("Or text")).to_have_value(json.dumps(PASTED))
        page.get_by_label("Day of the chart").fill("2026-08-25")
        page.get_by_role("button", name="Open", exact=True).click()
        expect(page.locator("#about")).to_contain_text("moved by 7 days")
        expect(page.locator("#paste-error")).to_have_text("")


def test_a_card_cannot_bring_markup_scripts_or_pictures_into_the_page(browser, base):
    hostile = (
        "<img src=x onerror=alert(1)><script>alert(1)</script> [a](javascript:alert(1)) **bold**"
    )
    card = {
        "summary": "<b>summary</b>",
        "detail": hostile,
        "indicator": "warning",
        "source": {"label": "<i>source</i>", "url": "javascript:alert(1)"},
        "links": [{"label": "link", "url": "data:text/html,x", "type": "absolute"}],
    }
    made = [
        {"tag": "iframe", "children": ["x"]},
        {"tag": "script", "children": []},
        {"tag": "a", "children": [{"tag": "b", "children": ["y"]}], "href": "javascript:alert(1)"},
    ]
    with screen(browser, base) as shown:
        shown.answers(SELECT, status=200, json={"cards": [card]})
        shown.open(link(RETENTION))
        expect(shown.page.locator(".detail strong")).to_have_text("bold")
        expect(shown.page.locator(".summary")).to_contain_text("<b>summary</b>")
        inside = "article.card :is(img, script, iframe, i, b, a)"
        expect(shown.page.locator(inside)).to_have_count(0)
        shown.answers("/playground/markdown", status=200, json={"trees": [made]})
        shown.page.get_by_role("button", name="Ask the service").click()
        expect(shown.page.locator(".detail")).to_have_text("xy")
        expect(shown.page.locator(inside)).to_have_count(0)


def open_chart(shown: Screen, text: str) -> None:
    """Opens what somebody pasted."""
    shown.page.get_by_label("Or text").fill(text)
    with shown.page.expect_response("**/playground/paste"):
        shown.page.get_by_role("button", name="Open", exact=True).click()
    expect(shown.page.locator("#about")).to_contain_text("Your own chart")


def _unrated(order: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in order.items() if name != "extension"}
