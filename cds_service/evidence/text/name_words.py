"""The words of a short name, as of a study or an observation: compared without case and without marks of letters."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_IDEOGRAM: Final = r"\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
WORD: Final = re.compile(rf"[{_IDEOGRAM}]|[^\W_{_IDEOGRAM}]+")
"""A run of letters and digits; of Japanese, which sets no spaces, each sign by itself."""

_INITIALS: Final = re.compile(r"(?<![\w.])(?:[^\W\d_]\.){2,}(?:[^\W\d_](?!\w))?")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in lower case: runs of letters and digits. Initials with dots are one word (`V.E.S.`)."""
    if "." in text:
        text = _INITIALS.sub(lambda found: found[0].replace(".", ""), text)
    return tuple(map(folded_word, WORD.findall(lowered(text))))


def lowered(text: str) -> str:
    """Lower case; the Turkish capital letter with a dot too, which Python would take apart into two signs."""
    return text.replace("\u0130", "i").lower()


def folded_word(word: str) -> str:
    """A lower-case word without the marks of its letters, which order names have or have not."""
    if word.isascii():
        return word
    marked = unicodedata.normalize("NFKD", word.replace("\u0131", "i"))
    return "".join(letter for letter in marked if not unicodedata.combining(letter))
