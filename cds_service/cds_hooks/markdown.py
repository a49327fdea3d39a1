"""Text of a record made harmless for a card's detail, which clients render as Markdown, some with raw HTML."""

from __future__ import annotations

import re
import string
import unicodedata
from typing import Final

_BREAK: Final = "\u200b"
"""Zero-width space: parts an address, so that no client makes a link of it. Renderers link bare addresses after all
escapes are resolved, so escapes alone would not do."""

_JOINERS: Final = "\u200c\u200d"
"""Part of the spelling in some scripts, and harmless."""

_SPECIAL: Final = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        **{character: "\\" + character for character in "\\`*_[]|~!#"},
    }
)
_ADDRESS: Final = re.compile(r"@|/(?=/)|www(?=\.)|(?<=\w)\.(?=[^\W\d_]{2})", re.IGNORECASE)
"""Where to part: a mail address, a double slash with or without a scheme, a host that nothing announces."""
_PLAIN: Final = frozenset(string.ascii_letters + string.digits + " ,%()-+")
"""Most texts hold nothing else: without a full stop, a colon or a slash they hold no address."""
_LINE_START: Final = re.compile(r"^([0-9]+)?([-+=.)])")


def escaped(text: str) -> str:
    """`text` as one line of Markdown that shows exactly these words.

    Line breaks and runs of white space become one space; control and direction marks go.
    """
    one_line = " ".join(_visible(text).split())
    if _PLAIN.issuperset(one_line) and one_line[:1].isalpha():
        return one_line
    parted = _ADDRESS.sub(_part, one_line)
    return _LINE_START.sub(_escape_mark, parted.translate(_SPECIAL))


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if unicodedata.category(character)[0] != "C" else _blank(character)
        for character in text
    )


def _blank(character: str) -> str:
    if character in _JOINERS:
        return character
    # Cc holds tab and line break; the others (direction marks, zero width) leave no gap.
    return " " if unicodedata.category(character) == "Cc" else ""


def _escape_mark(match: re.Match[str]) -> str:
    # A function, because a template would be taken apart at every call, match or no match.
    return f"{match[1] or ''}\\{match[2]}"


def _part(match: re.Match[str]) -> str:
    found = match.group()
    # Of a mail address both sides: what follows a break may itself look like a host.
    return f"{_BREAK}@{_BREAK}" if found == "@" else found + _BREAK
