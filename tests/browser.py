"""A real browser, and a service for it: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
IS_MISSING: Final = CHROMIUM is None and os.environ.get("CI") != "true"
"""Under CI nothing is skipped: a Chromium that is missing there fails the tests."""
WHAT_IT_NEEDS: Final = "no Chromium; install it: apt-get install chromium"
PATIENCE_MS: Final = 30_000
SCHEMES: Final = ("light", "dark")


@contextmanager
def launched() -> Iterator[Browser]:
    """The browser, for as long as it is needed."""
    assert CHROMIUM is not None, WHAT_IT_NEEDS
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        # Its sandbox needs rights that a container does not have; it sees our own pages alone.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of an application that is served from this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def opened(
    browser: Browser, *, width: int = 1280, scheme: str = "light", grants: tuple[str, ...] = ()
) -> Iterator[Page]:
    """An empty page in a profile of its own. What fails inside the page fails the test."""
    assert scheme in SCHEMES
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        permissions=list(grants),
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on(
        "console",
        # A failed request is told as one too; that is for each test to judge.
        lambda message: (
            failures.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    try:
        yield page
    finally:
        context.close()
    assert failures == []


def barriers(page: Page) -> list[str]:
    """What axe finds on a page that keeps somebody out."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']}: {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


def is_wider_than_the_screen(page: Page) -> bool:
    """Whether the page as a whole scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))
