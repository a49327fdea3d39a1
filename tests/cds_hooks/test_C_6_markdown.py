"""C-6: text of a record can't become markup, in any client."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cds_service.cds_hooks.markdown import escaped

GITHUB = MarkdownIt("gfm-like", {"html": True, "linkify": False}).disable("linkify")


def rendered(text: str) -> str:
    return str(GITHUB.render(f"* {escaped(text)}"))


@pytest.mark.parametrize(
    "text",
    [
        "Low back pain",
        "Pain (left), 3/10; worse at night",
        "T-score -2.6",
        "Retention of urine, 1,200 ml",
        "L4/5 disc, 3.5 mg q.i.d. by Ph.D. Miller. Then rest.",
    ],
)
def test_ordinary_words_stay_readable(text):
    assert escaped(text) == text


def test_markup_is_shown_and_not_obeyed():
    assert escaped("a*b*_c_`d`~e~#f!") == r"a\*b\*\_c\_\`d\`\~e\~\#f\!"
    assert escaped("<b>x</b> & y") == "&lt;b&gt;x&lt;/b&gt; &amp; y"
    assert escaped("[x](y)|z") == r"\[x\](y)\|z"


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\nb", "a\u2028b", "a\tb", "a\x00b", "a\x0bb", " a   b "]
)
def test_a_text_is_one_line(text):
    assert escaped(text) == "a b"


def test_direction_marks_and_invisible_letters_go():
    assert escaped("a\u202eb\u2066c\ufeffd\u200be") == "abcde"


@pytest.mark.parametrize("text", ["- x", "+ x", "1. x", "1) x", "=== x", "# x", "> x", "--- x"])
def test_a_line_does_not_begin_a_list_heading_or_quote(text):
    assert rendered(text).count("<li>") == 1
    assert "<h" not in rendered(text)
    assert "<blockquote>" not in rendered(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/x",
        "HTTP://evil.example",
        "www.evil.example",
        "mail me@evil.example now",
        "mailto:me@evil.example",
        "ftp://evil.example",
        "<https://evil.example>",
        "[click](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "[a]: https://evil.example",
        "http&colon;//evil.example",
        "//evil.example/x",
        "evil.example",
        "see a.b.evil.co.uk/x today",
        "git@evil.example:x/y",
    ],
)
def test_no_client_can_make_a_link_of_it(text):
    shown = escaped(text)
    assert "//" not in shown
    assert "www." not in shown.lower()
    assert not re.search(r"\w@|@\w", shown)
    assert not re.search(r"\w\.[a-z]{2}", shown)
    assert "<a" not in rendered(text)
    assert "<img" not in rendered(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<!-- x -->",
        "&lt;script&gt;",
        "</li></ul><iframe>",
        "<\n/p>",
        "&#60;b&#62;",
    ],
)
def test_no_tag_comes_through(text):
    assert "<" not in escaped(text)
    assert ">" not in escaped(text)
    inside = rendered(text).removeprefix("<ul>\n<li>").removesuffix("</li>\n</ul>\n")
    assert "<" not in inside


@given(st.text())
def test_any_text_is_one_harmless_line(text):
    shown = escaped(text)
    assert not set('<>\n\r"') & set(shown)
    assert "//" not in shown


@given(st.text(alphabet=st.sampled_from("*_`~[]()<>#!|-+=.1\\& a\n:/@w")))
def test_any_markup_is_shown_as_text(text):
    inside = rendered(text).removeprefix("<ul>\n<li>").removesuffix("</li>\n</ul>\n")
    assert "<" not in inside
