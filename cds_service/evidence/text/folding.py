"""Text and words brought to one spelling: lower case, no accents, plain signs.

Every character is folded by itself, so that a place in the folded text can be traced back to the text as written.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_SIGNS: Final = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u2032\u00b4\u0060", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63", "-"),
    **dict.fromkeys("\u2028\u2029\u0085\u000b\u000c\r", "\n"),
    # invisible characters inside a word must not hide it
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\u0640", ""),
    # signs for "none" and "there" before the items of a list
    **dict.fromkeys("\u2205\u2298\u2349\u00d8\u2300", " \u00f8 "),
    **dict.fromkeys("\u2296\u229d", " (-) "),
    "\u2295": " (+) ",
    **dict.fromkeys("\u2610\u25a1\u25fb", "[ ]"),
    **dict.fromkeys("\u2611\u2612\u25a0\u25fc", "[x]"),
    "\t": " ",
    "\u0131": "i",
    "\u00df": "ss",
    **dict.fromkeys("\u2192\u27f6\u2794\u21d2", ">"),
    "\u2022": "\n",
    "\u2026": ".",
    "\u2044": "/",
    "\u00bd": ".5",
    "\u2265": ">=",
    "\u2264": "<=",
    "\u060c": ",",
    "\u061b": ";",
    "\u061f": "?",
    "\u00bf": "?",
    "\u00a1": " ",
    # Arabic letters that writers interchange
    **dict.fromkeys("\u0623\u0625\u0622", "\u0627"),
    "\u0649": "\u064a",
    "\u06cc": "\u064a",
    "\u06a9": "\u0643",
    "\u0629": "\u0647",
}


def _folded_character(character: str) -> str:
    sign = _SIGNS.get(character)
    if sign is not None:
        return sign
    plain = unicodedata.normalize("NFKD", character.casefold())
    plain = "".join(part for part in plain if not unicodedata.combining(part))
    return " " if plain.isspace() and plain != "\n" else plain


class _Folds(dict[int, str]):
    """Characters by code point, each folded when it is first met."""

    def __missing__(self, code: int) -> str:
        fold = self[code] = _folded_character(chr(code))
        return fold


_FOLDS: Final = _Folds()


def folded(text: str) -> str:
    """The text in one spelling."""
    return text.lower() if text.isascii() else text.translate(_FOLDS)


def original_places(text: str) -> list[int] | None:
    """For every place in the folded text, and its end, the place in `text`; None when they are the same."""
    if text.isascii() or all(len(_FOLDS[ord(character)]) == 1 for character in set(text)):
        return None
    places: list[int] = []
    for at, character in enumerate(text):
        places.extend([at] * len(_FOLDS[ord(character)]))
    places.append(len(text))
    return places
