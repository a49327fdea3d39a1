"""The documentation in a real browser: it runs under its policy, is read at any width, and its search finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from cds_service.web.documentation import documentation_blueprint
from cds_service.web.edge import register_edge
from cds_service.web.problems import register_problems
from tests.browser import (
    IS_MISSING,
    SCHEMES,
    WHAT_IT_NEEDS,
    barriers,
    is_wider_than_the_screen,
    launched,
    opened,
    served,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(IS_MISSING, reason=WHAT_IT_NEEDS),  # Chromium; never under CI
]
OF_THE_THEME = ("scrollable-region-focusable", "landmark-unique")
"""Its script wraps each table in a box that scrolls, and puts a menu of one button on each block of code."""
PAGES = ("index", "tutorial", "clients", "reference/criteria")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def base(site: Path) -> Iterator[str]:
    app = Flask(__name__)
    register_edge(app, ())
    register_problems(app)
    app.register_blueprint(documentation_blueprint(site))
    with served(app) as address:
        yield address


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_keeps_nobody_out(browser, base, page, scheme):
    with opened(browser, scheme=scheme) as screen:
        screen.goto(f"{base}/docs/{page}.html")
        expect(screen.locator("h1")).to_be_visible()
        assert [one for one in barriers(screen) if not one.startswith(OF_THE_THEME)] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_narrow_screen_scrolls_tables_and_not_the_page(browser, base, page):
    with opened(browser, width=400) as screen:
        screen.goto(f"{base}/docs/{page}.html")
        expect(screen.locator("h1")).to_be_visible()
        assert not is_wider_than_the_screen(screen)


def test_the_search_finds(browser, base):
    with opened(browser) as screen:
        # The list of results is closed to the test; what opens on Enter is the first of them.
        for seconds in (2, 6, 18):
            screen.goto(f"{base}/docs/index.html")
            screen.get_by_role("button", name="Search").click()
            screen.keyboard.type("rollback")
            screen.wait_for_timeout(1000 * seconds)
            screen.keyboard.press("Enter")
            screen.wait_for_timeout(1000)
            if "/operations.html" in screen.url:
                return
        pytest.fail(f"the search opened {screen.url}")
