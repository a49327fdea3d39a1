"""The playground as somebody uses it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Request, expect

from tests.browser import opened

RETENTION = "34-woman-cauda-equina-signs-coded"
TEN_DAYS = "41-woman-ten-days-of-back-pain"
TWO_ORDERS = "55-woman-two-orders-in-one-call"
NO_PROBLEM_LIST = "37-woman-problem-list-not-sent"
KNEE = "45-man-knee-mri"
SELECT = "/cds-services/spine-imaging-order-select"

_CALL = re.compile(r"/cds-services/[a-z-]+$")
Json = dict[str, Any]


def link(story: str, call: str = "order-select.mri-lumbar") -> str:
    """The fragment of a case as it comes."""
    return f"#case={story}/{call}"


class Screen:
    """One open playground. `calls` are the hook calls that it made, in their order."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.requests: list[Request] = []
        page.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108 - it names its handler

    def open(self, fragment: str) -> None:
        """Opens a case and waits for the answer about it."""
        self.page.goto(f"{self.base}/{fragment}")
        self.is_answered()

    def is_answered(self) -> None:
        """Waits until there is something about the order as it is."""
        expect(self.page.locator("#cards > *").first).to_be_visible()
        expect(self.page.locator("#cards[aria-busy]")).to_have_count(0)

    @property
    def calls(self) -> list[Json]:
        """Bodies of the hook calls."""
        return [_body(one) for one in self.requests if _CALL.search(one.url)]

    @property
    def feedback(self) -> list[Json]:
        """Entries of the feedback that was sent."""
        sent = [_body(one) for one in self.requests if one.url.endswith("/feedback")]
        return [entry for body in sent for entry in body["feedback"]]

    @property
    def summaries(self) -> list[str]:
        """What the cards say, first line."""
        return self.page.locator("article.card .summary").all_inner_texts()

    def order(self) -> Json:
        """The only order of the last call."""
        (entry,) = self.calls[-1]["context"]["draftOrders"]["entry"]
        order: Json = entry["resource"]
        return order

    def unfold(self, *parts: str) -> None:
        """Opens folded parts."""
        for part in parts:
            self.page.locator(f"#{part}").evaluate("part => { part.open = true; }")

    def answers(self, path: str, **answer: Any) -> None:
        """From now on calls of a path are answered so, and not by the service."""
        self.page.route(f"**{path}", lambda route: route.fulfill(**answer))


@contextmanager
def screen(browser: Browser, base: str, **page: Any) -> Iterator[Screen]:
    """A playground in a profile of its own."""
    with opened(browser, **page) as empty:
        yield Screen(empty, base)


def _body(request: Request) -> Json:
    text = request.post_data
    assert text is not None
    body: Json = json.loads(text)
    return body
