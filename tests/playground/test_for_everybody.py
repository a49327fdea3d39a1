"""The playground for everybody: by keyboard alone, in light and dark, on a narrow screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import (
    IS_MISSING,
    SCHEMES,
    WHAT_IT_NEEDS,
    barriers,
    is_wider_than_the_screen,
)
from tests.playground.screen import NO_PROBLEM_LIST, RETENTION, TWO_ORDERS, Screen, link, screen

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(IS_MISSING, reason=WHAT_IT_NEEDS),  # Chromium; never under CI
]
MOST_STEPS = 60
PARTS = ("own", "words-part", "why-part", "request-part", "response-part", "feedback-part")


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_on_the_page_keeps_anybody_out(browser: Browser, base: str, scheme, width):
    with screen(browser, base, scheme=scheme, width=width) as shown:
        shown.open(link(RETENTION))
        shown.page.get_by_label("Indication").fill(
            "Cannot pass urine, no fever, ?discitis, rukking tolls; mother had breast cancer"
        )
        expect(shown.page.locator("#words-marked mark.unknown")).to_have_count(1)
        shown.is_answered()
        shown.unfold(*PARTS)
        assert barriers(shown.page) == []
        assert not is_wider_than_the_screen(shown.page)
        shown.page.get_by_role("button", name="Dismiss").first.click()
        expect(shown.page.locator("#cards .panel")).to_be_focused()
        assert barriers(shown.page) == []
        shown.open(link(TWO_ORDERS, "order-select.mri-lumbar-and-cervical"))
        assert not is_wider_than_the_screen(shown.page)
        shown.open(link(NO_PROBLEM_LIST))
        expect(shown.page.locator("#cards")).to_contain_text("Not checked")
        assert barriers(shown.page) == []


def test_an_order_is_drafted_answered_and_shared_by_keyboard_alone(browser: Browser, base: str):
    with screen(browser, base, grants=("clipboard-read", "clipboard-write")) as shown:
        shown.open(link(RETENTION))
        keys = shown.page.keyboard
        step_to(shown.page, "a.skip")
        keys.press("Enter")
        step_to(shown.page, "#words")
        keys.type("Numb where she sits")
        expect(shown.page.locator("#words-marked mark").first).to_be_visible()
        shown.is_answered()
        step_to(shown.page, "#priority")
        keys.press("u")
        shown.is_answered()
        assert shown.order()["priority"] == "urgent"
        step_to(shown.page, ".card .actions button")
        keys.press("Enter")
        expect(shown.page.locator("#status")).to_contain_text("Accepted: Change priority to stat")
        expect(shown.page.locator("#answer-heading")).to_be_focused()
        step_to(shown.page, "#words-part summary")
        keys.press("Enter")
        expect(shown.page.locator("#words-read")).to_be_visible()
        step_to(shown.page, "#copy")
        keys.press("Enter")
        expect(shown.page.locator("#keep-status")).to_have_text("The link is copied.")
        assert "Numb+where" in shown.page.evaluate("navigator.clipboard.readText()")


def test_every_step_of_the_keyboard_is_seen(browser: Browser, base: str):
    with screen(browser, base) as shown:
        shown.open(link(RETENTION))
        stops = steps(shown)
        assert len(stops) > 20
        assert [focused for focused, is_seen in stops if not is_seen] == []


def step_to(page: Page, selector: str) -> None:
    """Presses Tab until the element has the focus."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} cannot be reached by keyboard")


def steps(shown: Screen) -> list[tuple[str, bool]]:
    """Each element that Tab stops at, and whether an outline shows it."""
    found: list[tuple[str, bool]] = []
    for _ in range(MOST_STEPS):
        shown.page.keyboard.press("Tab")
        name, width = shown.page.evaluate(
            "() => [document.activeElement.outerHTML.slice(0, 90),"
            " parseFloat(getComputedStyle(document.activeElement).outlineWidth)]"
        )
        if (name, True) in found or name.startswith("<body"):
            return found
        found.append((name, width >= 2))
    return found
