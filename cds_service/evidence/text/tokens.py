"""A folded text cut into words, and what stands between them."""

from __future__ import annotations

import re
from typing import Final

# What stands before a word, as flags.
SENTENCE: Final = 1
"""One of `. ; !`, or a line break."""
COMMA: Final = 2
DASH: Final = 4
"""A dash between words: a bullet, or a new statement."""
OPEN: Final = 8
CLOSE: Final = 16
SLASH: Final = 32
COLON: Final = 64
LESS: Final = 128
MORE: Final = 256
EQUAL: Final = 512
RANGE: Final = 1024
"""A hyphen between two numbers."""

ENDS_CLAUSE: Final = COMMA | DASH | OPEN | CLOSE
BREAKS_PHRASE: Final = SENTENCE | COMMA

GAPS: Final = {
    ".": SENTENCE,
    ";": SENTENCE,
    "\n": SENTENCE,
    "\r": SENTENCE,
    "!": SENTENCE,
    ",": COMMA,
    "(": OPEN,
    "[": OPEN,
    ")": CLOSE,
    "]": CLOSE,
    "/": SLASH,
    ":": COLON,
    "&": 0,
    '"': 0,
    "~": 0,
    "<": LESS,
    ">": MORE,
    "=": EQUAL,
    "%": 0,
}

# The first alternative is the common case, a word of three letters or more with nothing glued to it. Abbreviations with
# a slash or dots are one word each and come before anything that would part them.
WORD: Final = re.compile(
    r"""
    [^\W\d_]{3,}(?![\w/'&.])
    | \([-+]\) | \(neg\) | \(pos\) | [-+]ve(?![a-z])
    | (?<![^\W_])(?:w/wo|hx/o|w/out|c/f|f/c|w/o|b/[bl]|s/p|[hrc]/o|o/e|f/u|d/t|y/o|i/o|n/v|n/t|c/a|w/(?=\s|\w)
        |p&n|b&b|\d\+/\d|a&e)(?![^\W\d_])
    | \d[+-]?/\d+(?:/\d+)? | (?<![\d/.,-])(?:[4-9]\d|[12]\d\d)/(?:[2-9]\d|1\d\d)(?![\d/]) | \d+(?:[.,]\d+)?
    | (?<![^\W_])(?:[cls]|th?|d(?=[4-9]|1[0-2]))\d{1,2}(?:\s?[-/]\s?(?:[clts]?\d{1,2}|s\d))?(?![^\W_])
    | (?<![^\W_])(?:[^\W\d_]\.){1,3}[^\W\d_](?![^\W\d_])\.?
    | (?<![^\W_])[^\W\d_]\.\ [^\W\d_]\.(?!\w)
    | (?<![^\W_'])(?:[ldnsjmtc]|qu|jusqu|lorsqu|puisqu|quelqu
        |un|all|dall|dell|nell|sull|coll|quell|nessun|senz|com|dov)'(?=[^\W\d_])
    | (?<![^\W_])x(?=\d)
    | [^\W\d_][^\W_]*(?:'[^\W\d_]+)?
    | -\s+ | (?<=\d)-\d+(?:[.,/]\d+)? | (?<![^\s,;(:/])-(?=[^\W_])
    | [?.;\n\r!,:+/&()\[\]<>=#\u2191\u2193~%"]
    """,
    re.VERBOSE,
)
LEVEL: Final = re.compile(
    r"(?:[cls]|th?|d(?=[4-9]|1[0-2]))\d{1,2}(?:\s?[-/]\s?(?:[clts]?\d{1,2}))?$"
)

PRESSURE: Final = re.compile(r"([4-9]\d|[12]\d\d)/([2-9]\d|1\d\d)")
"""Systolic and diastolic pressure of the blood; no date, grade or share of a whole looks like it."""


def is_level(word: str) -> bool:
    """A level of the spine, as `l4` or `l4/5`."""
    return not word.isalpha() and LEVEL.match(word) is not None


def is_dash(piece: str) -> bool:
    """A dash with space behind it parts statements; glued to a word it denies the word."""
    return piece[0] == "-" and piece[1:].isspace()


def is_range(piece: str) -> bool:
    """The second number of a range, as `-3` of `2-3`, with its hyphen."""
    return piece[0] == "-" and piece[-1].isdecimal()


def words_of(plain: str) -> list[str]:
    """The words of a folded phrase, without what stands between them."""
    if plain.replace(" ", "").isalpha():
        return plain.split()
    return [
        without_dots(piece.lstrip("-") if is_range(piece) else piece)
        for piece in WORD.findall(plain)
        if piece not in GAPS and not is_dash(piece)
    ]


def without_dots(word: str) -> str:
    """`a.m.` as `am`, `V. a.` as `va`; a number keeps its point."""
    return (
        word.replace(".", "").replace(" ", "") if "." in word and not word[0].isdecimal() else word
    )
