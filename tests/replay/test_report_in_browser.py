"""The report in a browser: drawn, sorted, readable for everybody, and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from cds_service.knowledge.model import Guideline
from cds_service.replay.report import report_page
from tests.browser import (
    IS_MISSING,
    SCHEMES,
    WHAT_IT_NEEDS,
    barriers,
    is_wider_than_the_screen,
    launched,
    opened,
)
from tests.replay.a_run import DETAILS, ROWS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(IS_MISSING, reason=WHAT_IT_NEEDS),  # Chromium; never under CI
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as started:
        yield started


@pytest.fixture(scope="module")
def address(guideline: Guideline, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_page(ROWS, DETAILS, guideline), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_on_the_report_keeps_anybody_out(browser, address, scheme, width):
    with opened(browser, scheme=scheme, width=width) as page:
        page.goto(address)
        expect(page.locator("figure.plot svg.main-svg").first).to_be_visible()
        assert not is_wider_than_the_screen(page)
        assert barriers(page) == []


def test_plots_are_drawn_in_the_colors_of_the_page_and_fit_it(browser, address):
    with opened(browser, width=400) as page:
        page.goto(address)
        widths = page.locator("figure.plot .canvas svg.main-svg:first-child").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect().width)"
        )
        assert len(widths) > 5
        assert max(widths) <= 368
        bar = page.locator("figure.plot .bars path").first
        assert bar.evaluate("one => getComputedStyle(one).fill") == "rgb(163, 18, 31)"


def test_a_table_is_sorted_by_its_head(browser, address):
    with opened(browser) as page:
        page.goto(address)
        table = page.locator("table", has_text="Orders with advice, by published rating")
        table.get_by_role("button", name="Orders").click()
        expect(table.locator("tbody tr").first).to_contain_text("Not appropriate")
        table.get_by_role("button", name="Rating").focus()
        page.keyboard.press("Space")
        expect(table.locator("tbody tr").first).to_contain_text("Appropriate")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_on_paper_plots_fit_and_are_black_on_white(browser, address, scheme):
    with opened(browser, scheme=scheme) as page:
        page.goto(address)
        expect(page.locator("figure.plot svg.main-svg").first).to_be_visible()
        drawn = page.locator("figure.plot .canvas svg.main-svg:first-child")
        wide = "all => Math.max(...all.map(one => one.getBoundingClientRect().width))"
        label = page.locator("figure.plot .ytick text").first
        on_screen = drawn.evaluate_all(wide)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert drawn.evaluate_all(wide) <= 640 < on_screen
        assert label.evaluate("one => getComputedStyle(one).fill") == "rgb(0, 0, 0)"
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert drawn.evaluate_all(wide) == on_screen


def test_on_paper_the_figures_stand_as_tables_too(browser, address):
    with opened(browser) as page:
        page.goto(address)
        page.emulate_media(media="print")
        table = page.locator("figure.plot table").first
        assert table.evaluate("one => one.getBoundingClientRect().height") > 20
        assert page.locator(".skip").evaluate("one => getComputedStyle(one).display") == "none"
