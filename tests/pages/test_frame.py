"""The frame of all pages: readable colors, text that stays text, and one file that loads nothing."""

from __future__ import annotations

import re
from html import unescape

import pytest
from jinja2 import UndefinedError

from cds_service.pages.frame import STATES, frame_style, page_environment, page_html
from cds_service.pages.numbers import counted, per_thousand, share

STATE_COLORS = ("critical", "warning", "info", "ok", "unknown")


def colors(scheme: str) -> dict[str, str]:
    style = str(frame_style()).split("@media print")[0]
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    text = light if scheme == "light" else dark.split("\n}\n")[0]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text))


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *((ink, ground) for ink in ("ink", "ink-soft", "accent") for ground in ("paper", "panel")),
        *((state, f"{state}-bg") for state in STATE_COLORS),
        *((state, "paper") for state in STATE_COLORS),
        *(("ink", f"{state}-bg") for state in STATE_COLORS),
        ("accent-ink", "accent"),
    ],
)
def test_text_has_a_contrast_of_4_5_in_light_and_dark(scheme, ink, ground):
    found = colors(scheme)
    assert contrast(found[ink], found[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_of_fields_have_a_contrast_of_3(scheme):
    found = colors(scheme)
    assert contrast(found["edge"], found["paper"]) >= 3


def rendered(body: str, *, is_inline: bool = True, **values: object) -> str:
    environment = page_environment("cds_service.web")
    template = environment.from_string(
        '{% extends "frame/page.html" %}{% import "frame/parts.html" as parts %}'
        "{% block title %}Test{% endblock %}{% block main %}<h1>Test</h1>" + body + "{% endblock %}"
    )
    return page_html(environment, template, is_inline=is_inline, version="1", **values)


def test_every_state_is_told_by_an_icon_and_a_word_beside_its_color():
    page = rendered("{% for kind in states %}{{ parts.state(kind) }}{% endfor %}")
    for kind, (icon, word) in STATES.items():
        assert re.search(rf'class="state {kind}"><span[^>]*>{re.escape(icon)}</span> {word}<', page)


def test_text_of_others_stays_text():
    cell = "<script>alert(1)</script>"
    page = rendered(
        "{{ parts.table('Orders', ['Word'], [[cell]]) }}{{ parts.empty(cell) }}", cell=cell
    )
    assert cell not in page
    assert "&lt;script&gt;" in page


def test_a_page_in_one_file_loads_nothing():
    page = rendered("")
    assert not re.findall(r"(?:src|href)=[\"'](?!#)|url\(|@import", page)
    assert "default-src 'none'" in unescape(page)


def test_a_page_of_the_service_loads_from_the_service_alone():
    page = rendered("", is_inline=False)
    for address in re.findall(r"(?:src|href)=\"([^\"]*)\"", page):
        assert address.startswith(("/", "#", "data:,"))


def test_a_page_has_a_language_one_heading_landmarks_and_a_way_past_the_head():
    page = rendered("")
    assert '<html lang="en">' in page
    assert page.count("<h1") == 1
    assert '<a class="skip" href="#main">' in page
    for landmark in ("<header", "<main", "<footer"):
        assert page.count(landmark) == 1


def test_an_empty_table_says_why():
    assert "Nobody ordered." in rendered(
        "{{ parts.table('Orders', ['x'], [], 'Nobody ordered.') }}"
    )


def test_a_value_that_was_not_given_is_an_error_not_a_blank():
    with pytest.raises(UndefinedError):
        rendered("{{ missing }}")


def test_numbers_have_denominators():
    assert share(12, 345) == "12 of 345 (3.5\N{NARROW NO-BREAK SPACE}%)"
    assert share(0, 0) == "0 of 0"
    assert per_thousand(3, 1000) == "3.0"
    assert per_thousand(3, 0) == "–"
    assert counted(1234567) == "1,234,567"
