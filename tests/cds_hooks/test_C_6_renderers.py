"""C-6: what real renderers of clients make of the text of a record: words, and never a link or a tag."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from itertools import product
from pathlib import Path

import pytest

from cds_service.cds_hooks.markdown import escaped

FOLDER = Path(__file__).parents[1] / "renderers"
NODE = shutil.which("node")

# Under CI nothing is skipped: renderers that are missing there fail the test below.
pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(  # the renderers come from npm, which not every machine has; never under CI
        (NODE is None or not (FOLDER / "node_modules").is_dir()) and os.environ.get("CI") != "true",
        reason="no renderers; with node installed, run: npm ci --prefix tests/renderers",
    ),
]

BEFORE = (
    "", "see ", "http://", "HTTPS://", "http&colon;//", "http&#58;//", "http:&sol;/", "ftp://", "//", "www.",
    "mailto:", "mailto&colon;", "MAILTO:me@", "me@", "me&commat;", "xmpp:me@", "javascript:", "[x](", "<", "&lt;",
    "<a href=", "![x](//", "[x]: ", "\\", "\\<", "x.", "tel:+1 ", "ssh://", "¨E58E//",
)  # fmt: skip
ADDRESSES = (
    "evil.com", "evil.example/x?y=1#z", "a.b.evil.co.uk", "EVIL.COM", "localhost/x", "192.168.0.1/x", "evil.com:8080",
    "xn--e1afmkfd.com", "münchen.de", "me@evil.com", "evil。com", "evil．com",
)  # fmt: skip
AFTER = ("", ")", ">", " today", "</a>", "&gt;")
MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt;", "&#60;b&#62;", "**b** __i__ `c` ~~s~~",
    "# h", "> q", "- l", "1. l", "| a | b |", "[ ] t", "[x] t", "a\n\n# b", "<!-- x -->", "$x$", "¨Dx¨T",
    "@someone #12",
)  # fmt: skip


def rendered(texts: list[str]) -> list[dict[str, str]]:
    """What each renderer makes of each text as an item of a list, as it stands in a card."""
    assert NODE is not None, "node is not installed"
    lines = json.dumps([f"**Found:**\n\n- {escaped(text)}\n- x" for text in texts])
    answer = subprocess.run(
        [NODE, str(FOLDER / "render.mjs")],
        input=lines, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    found: list[dict[str, str]] = json.loads(answer.stdout)
    return found


def test_no_text_of_a_record_becomes_a_link_or_a_tag_in_any_renderer():
    texts = ["".join(parts) for parts in product(BEFORE, ADDRESSES, AFTER)] + list(MARKUP)
    odd = [
        (text, name, html)
        for text, each in zip(texts, rendered(texts), strict=True)
        for name, html in each.items()
        if re.search(r"<(?!/?(?:ul|li|p|strong)>)", html)
    ]
    assert odd == []


def test_the_renderers_do_make_links_of_what_is_not_escaped():
    assert NODE is not None
    answer = subprocess.run(
        [NODE, str(FOLDER / "render.mjs")],
        input='["http://evil.com", "<b>x</b>"]',
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    link, _ = json.loads(answer.stdout)
    assert len(link) == 7
    assert all("<a " in html for name, html in link.items())
