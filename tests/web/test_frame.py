"""Style and script of the pages, as the service gives them out."""

from __future__ import annotations

import re

import pytest

from tests.web.service import client


def test_what_a_page_links_is_there():
    service = client()
    page = service.get("/", headers={"Accept": "text/html"}).text
    linked = re.findall(r'(?:src|href)="(/frame/[^"]*)"', page)
    assert len(linked) == 2
    for address in linked:
        response = service.get(address)
        assert response.status_code == 200
        assert response.mimetype in ("text/css", "text/javascript")


@pytest.mark.parametrize("name", ["frame.py", "../frame.py", "%2e%2e/frame.py", "templates"])
def test_nothing_else_is_given_out(name):
    response = client().get(f"/frame/{name}")
    assert response.status_code == 404


def test_the_page_names_itself_in_the_navigation():
    page = client().get("/", headers={"Accept": "text/html"}).text
    assert '<a href="/" aria-current="page">' in page
