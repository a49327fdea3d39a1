"""Free text as words, and what stands between them.

Phrases and guard words are compared as whole words, so all of them and every text are cut by the same rule:
a word is a run of letters and digits; `-`, `/`, `_` and apostrophes part words without ending anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_TEXT: Final = 20_000
"""Characters of one text that are read. Of a longer one the first and the last half of this are read and the
middle is not: who calls must say so (`is_cut`), because what was not read is not absent."""

# What stands between two words, as flags.
COMMA: Final = 1
STOP: Final = 2
"""One of `. ; ! ?`, an empty line, or a line break beside other punctuation (a list)."""
LINE: Final = 4
COLON: Final = 8
DASH: Final = 16
QUESTION: Final = 32
"""A question mark directly before the next word."""
OPEN: Final = 64
CLOSE: Final = 128
UNTICKED: Final = 256
"""An empty check box directly before the next word."""

ENDS_CLAUSE: Final = COMMA | STOP | LINE
ENDS_SENTENCE: Final = STOP | LINE
BREAKS_PHRASE: Final = COMMA | STOP | COLON | OPEN | CLOSE
"""A lone line break is not in it: notes wrapped at a fixed width break phrases in two."""

_FLAG_OF: Final = {
    ",": COMMA,
    ".": STOP,
    ";": STOP,
    "!": STOP,
    "?": STOP,
    ":": COLON,
    "-": DASH,
    "(": OPEN,
    "[": OPEN,
    ")": CLOSE,
    "]": CLOSE,
}
_QUIET: Final = frozenset(("", " ", "/", "_", "'"))
_WORD: Final = re.compile(r"[^\W_]+")
_UNTICKED_AT_END: Final = re.compile(r"(?:\[ {0,3}\]|\( {0,3}\)|\u2610)\s*\Z")

_FOLD: Final = (
    dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u02bc\u2032\u00b4\u0060"), "'")
    | dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033"), '"')
    | dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"), "-")
    | dict.fromkeys(map(ord, "\u00a0\u1680\u202f\u205f\u3000\t"), " ")
    | dict.fromkeys(range(0x2000, 0x200B), " ")
    | dict.fromkeys(map(ord, "\u2028\u2029\u0085\u000b\u000c\r"), "\n")
    # invisible characters inside a word must not hide it
    | dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), "")
    | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # full-width forms
    | {
        ord("\u2022"): ";",  # a bullet begins a new statement
        ord("\u2026"): ".",
        ord("\u00bd"): ".5",
        ord("\u2044"): "/",
        ord("\u2265"): ">=",
        ord("\u2264"): "<=",
        ord("\u2248"): "~",
        ord("\ufb01"): "fi",
        ord("\ufb02"): "fl",
        ord("\ufb00"): "ff",
    }
)

_NEGATED_STEMS: Final = frozenset(
    ("don", "doesn", "didn", "isn", "wasn", "aren", "weren", "hasn", "haven", "hadn")
)
"""`n't` after these says that something is absent; `can't` and `won't` say what a patient is unable to do."""
_CONTRACTIONS: Final = frozenset(f"{stem}t" for stem in _NEGATED_STEMS)
_SIGNS: Final = {"-": "negative", "+": "positive"}
"""`-ve` and `+ve`."""
CHANGED_WORDS: Final = _CONTRACTIONS | {"t", "ve"}
"""Words that `words_of` may make other words of."""


@dataclass(frozen=True, slots=True)
class Words:
    """One text, cut. `between[i]` is what stands before word i; the last one is what stands after all words."""

    text: str
    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    between: tuple[int, ...]


def word_set(words: str) -> frozenset[str]:
    """The words of a list written as one line."""
    return frozenset(words.split())


def is_cut(text: str) -> bool:
    """True for a text that is too long to be read in full."""
    return len(text) > MAX_TEXT


def folded(text: str) -> str:
    """The text within `MAX_TEXT`, with typographic quotes, dashes, spaces and full-width letters made plain."""
    if len(text) > MAX_TEXT:
        text = f"{text[: MAX_TEXT // 2]}\n\n{text[-(MAX_TEXT // 2) :]}"
    if text.isascii() and "\r" not in text and "\t" not in text:
        return text
    return text.replace("\r\n", "\n").translate(_FOLD)


def bare_words(text: str) -> list[str]:
    """The lower-case words of a folded text, and nothing else: the quick look before `words_of`."""
    lowered = text.lower()
    if lowered.isascii() and lowered.replace(" ", "").isalnum():
        return (
            lowered.split()
        )  # the same, for the plain titles that most entries have, in a quarter of the time
    return _WORD.findall(lowered)


def phrase_words(phrase: str) -> tuple[bool, tuple[str, ...]]:
    """A phrase of the guideline as words, and whether a question mark has to stand directly before it."""
    plain = folded(phrase).strip()
    return plain.startswith("?"), tuple(bare_words(plain))


def words_of(text: str) -> Words:
    """Cut a folded text into words, keeping where each one stands."""
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    between: list[int] = []
    end = 0
    for match in _WORD.finditer(text):
        start = match.start()
        gap = text[end:start]
        between.append(_between(gap, text, end, start))
        words.append(_plain_word(match.group().lower(), gap, words[-1] if words else ""))
        starts.append(start)
        end = match.end()
        ends.append(end)
    between.append(_between(text[end:], text, end, len(text)) & ~(QUESTION | UNTICKED))
    return Words(text, tuple(words), tuple(starts), tuple(ends), tuple(between))


def _plain_word(word: str, gap: str, before: str) -> str:
    if word == "t" and gap == "'" and before in _NEGATED_STEMS:
        return "not"
    if word in _CONTRACTIONS:
        return "not"
    if word == "ve" and gap[-1:] in _SIGNS:
        return _SIGNS[gap[-1:]]
    return word


def _between(gap: str, text: str, end: int, start: int) -> int:
    if gap in _QUIET:
        return 0
    if gap in (".", ",") and text[end - 1 : end].isdigit() and text[start : start + 1].isdigit():
        return 0  # 38.5
    flags = 0
    for sign in gap:
        flags |= _FLAG_OF.get(sign, 0)
    lines = gap.count("\n")
    if lines:
        flags |= LINE if lines == 1 and not flags else LINE | STOP
    if "?" in gap and gap.rstrip(" \n\"'(").endswith("?"):
        flags |= QUESTION
    if _UNTICKED_AT_END.search(gap[-12:]):
        flags |= UNTICKED
    return flags
