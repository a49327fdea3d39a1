"""What one word may mean, and the phrases that begin with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

PLAIN: Final = 0
"""A known word without a class."""
WORD: Final = 1
SIGN: Final = 2
ODD: Final = 3
"""Not understood, or two words written as one."""

SIGNED: Final = frozenset("+-")

Stem = tuple[int, Mapping[int, int] | None, int]
"""Its classes in every text, those in texts of one language, and the languages that list it."""
NO_STEM: Final[Stem] = (0, None, 0)


_NO_WORDS: Final[list[str]] = []


class Phrase:
    """Words that mean something together."""

    __slots__ = ("has_stem", "is_cue", "is_open", "kept", "length", "mask", "tail", "words")

    def __init__(self, words: tuple[str, ...], mask: int, *, is_open: bool, is_cue: bool) -> None:
        self.words = words
        self.length = len(words)
        self.tail = list(words[2:]) if len(words) > 2 else _NO_WORDS  # noqa: PLR2004
        """The words behind the second."""
        self.mask = mask
        self.has_stem = any(word.endswith("*") for word in words)
        self.is_open = is_open
        self.is_cue = is_cue
        """Of classes of cues, traps and ordinary words alone."""
        self.kept = -1
        """The classes that an open phrase keeps of its words; -1 where that depends on the text."""


class Entry:
    """What one word may mean, or what a sign between words does."""

    __slots__ = (
        "extra",
        "gap",
        "is_doubtful",
        "is_known",
        "is_part",
        "kind",
        "known_in",
        "languages",
        "mask",
        "parts",
        "phrases",
        "stem_phrases",
        "word",
    )

    def __init__(  # noqa: PLR0913 - one slot each; made once a listed word
        self,
        word: str,
        mask: int = 0,
        *,
        extra: Mapping[int, int] | None = None,
        phrases: Mapping[str, tuple[Phrase, ...]] | None = None,
        languages: int = 0,
        is_known: bool = True,
        is_part: bool = False,
        known_in: int = 0,
        gap: int = -1,
        parts: tuple[str, ...] | None = None,
    ) -> None:
        self.word = word
        self.mask = mask
        """Its classes in every text."""
        self.extra = extra
        """Classes that it has in a text of one language only, by the bit of that language."""
        self.phrases = phrases
        """Phrases that begin with it, by their second word."""
        self.stem_phrases = _by_letter(phrases.get("", ())) if phrases else None
        """Those whose second word is a stem, by its first letter."""
        self.is_doubtful = False
        """Means its class only in capitals, or not in every language: the lexicon knows which."""
        self.languages = languages
        """The languages that list it, as bits."""
        self.is_known = is_known
        self.is_part = is_part
        """By itself it is not understood, only in a listed phrase or in a text of the language that lists it."""
        self.known_in = known_in
        """Languages in whose texts it is known although it is a part, or odd: the stem of an ordinary word."""
        self.gap = gap
        """For signs that stand between words: their flags; -1 for words."""
        self.parts = parts
        """The words that were written as one."""
        if gap >= 0:
            self.kind = SIGN
        elif parts is not None or not is_known:
            self.kind = ODD
        elif mask or extra is not None or phrases is not None or is_part or word in SIGNED:
            self.kind = WORD
        else:
            self.kind = PLAIN

    @property
    def in_any_language(self) -> int:
        """Its classes in every text, and those that it has in texts of one language."""
        mask = self.mask
        for listed in (self.extra or {}).values():
            mask |= listed
        return mask


def by_second_word(phrases: Sequence[Phrase]) -> Mapping[str, tuple[Phrase, ...]] | None:
    """The longest first; under no word those whose second word is a stem. None for no phrases."""
    if not phrases:
        return None
    found: dict[str, list[Phrase]] = defaultdict(list)
    for phrase in sorted(phrases, key=lambda phrase: -len(phrase.words)):
        second = phrase.words[1]
        found["" if second.endswith("*") else second].append(phrase)
    return {second: tuple(listed) for second, listed in found.items()}


def _by_letter(phrases: Sequence[Phrase]) -> Mapping[str, tuple[Phrase, ...]] | None:
    """In their order, by the first letter of the second word."""
    found: dict[str, list[Phrase]] = defaultdict(list)
    for phrase in phrases:
        found[phrase.words[1][0]].append(phrase)
    return {letter: tuple(listed) for letter, listed in found.items()} or None
