"""The words of all languages, sorted by how they are looked up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.entries import Phrase, Stem
from cds_service.evidence.text.folding import folded
from cds_service.evidence.text.tokens import is_level, words_of
from cds_service.knowledge.anchors import WordClasses
from cds_service.knowledge.language import Language

ENGLISH: Final = "en"

_SHORT_WORD: Final = 8
_SHORT_STEM: Final = 9
"""Letters up to which a foreign word or stem may be an English word by chance."""
_SHORTEST_PLAIN_STEM: Final = 4
_START: Final = 3
"""Letters by which phrases that may match one another are looked up."""


class WordLists:
    """All words of the guideline, before the table is made of them."""

    def __init__(
        self, language: Language, bits: ClassBits, language_bits: Mapping[str, int]
    ) -> None:
        self.listed: set[str] = set()
        """Single words with a class other than plain."""
        self.known: set[str] = set()
        """Words that are in the table: ordinary ones and those of phrases."""
        self.parts: set[str] = set()
        """Words of phrases with a class other than plain."""
        self.ordinary: set[str] = set()
        """Words that are understood by themselves, without bearing."""
        self.languages: dict[str, int] = defaultdict(int)
        self.stems: dict[str, Stem] = {}
        self.plain_stems: dict[str, int] = defaultdict(int)
        """Stems of ordinary words, and the languages that list them."""
        self.first_words: dict[str, list[Phrase]] = defaultdict(list)
        self.first_stems: dict[str, list[Phrase]] = defaultdict(list)
        """Phrases that begin with a stem."""
        self._words: dict[int, dict[str, int]] = {
            language: defaultdict(int) for language in language_bits.values()
        }
        """The classes of the words of each language."""
        self._english = language_bits[ENGLISH]
        self._open = bits.with_flag("open")
        self._plain = bits.mask(WordClasses.PLAIN)
        self._stems: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._phrases: dict[tuple[str, ...], int] = defaultdict(int)
        self._one: dict[str, str] = {}
        """Each word once, however many phrases have it: there are a hundred thousand."""
        infixes: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for code, classes in language.words.items():
            language_bit = language_bits[code]
            for name, words in classes.items():
                bit = bits.bits[name]
                self._add_simple([word for word in words if _is_simple(word)], bit, language_bit)
                for word in _as_typed([word for word in words if not _is_simple(word)], code):
                    if word.startswith("*"):
                        infixes[folded(word.strip("*"))][language_bit] |= bit
                    else:
                        self._add(word, bit, language_bit)
        self.stems = self._parts(self._stems)
        self.infixes = self._parts(infixes)
        self._make_phrases(bits.of_role("cue", "trap", "plain"))

    def _make_phrases(self, cues: int) -> None:
        one: dict[int, int] = {}
        for words, merged in _with_masks_of_stems(self._phrases).items():
            mask = one.setdefault(merged, merged)
            is_open = not mask & ~self._open
            phrase = Phrase(words, mask, is_open=is_open, is_cue=not mask & ~cues)
            if words[0].endswith("*"):
                self.first_stems[words[0][:-1]].append(phrase)
            else:
                self.first_words[words[0]].append(phrase)
        self._phrases.clear()
        self._one.clear()

    def _parts(self, listed: Mapping[str, Mapping[int, int]]) -> dict[str, Stem]:
        """Parts of words, each with what it means and the languages that list it: a bit each."""
        return {
            part: (*self._gated(part, by_language, _SHORT_STEM), sum(by_language))
            for part, by_language in listed.items()
        }

    def _add_simple(self, words: list[str], bit: int, language: int) -> None:
        """Adds words that are written as they are looked up: most are."""
        one, languages = self._one, self.languages
        words = [one.setdefault(word, word) for word in words]
        for word in words:
            languages[word] |= language
        if bit == self._plain:
            self.known.update(words)
            self.ordinary.update(words)
            return
        self.listed.update(words)
        listed = self._words[language]
        for word in words:
            listed[word] |= bit

    def _add(self, word: str, bit: int, language: int) -> None:
        words = words_of(folded(word.replace("*", "")))
        if not words:
            return
        words = [self._one.setdefault(part, part) for part in words]
        if bit == self._plain:
            for part in words:
                if not is_level(part):
                    self.known.add(part)
                    self.ordinary.add(part)
                    self.languages[part] |= language
            if word.endswith("*") and len(words) == 1 and len(words[0]) >= _SHORTEST_PLAIN_STEM:
                self.plain_stems[words[0]] |= language
        elif len(words) > 1:
            phrase = _with_stems(word, words) if "*" in word else tuple(words)
            self._phrases[phrase] |= bit
            for part in phrase:
                if not (part.endswith("*") or part[0].isdecimal() or is_level(part)):
                    self.known.add(part)
                    self.parts.add(part)
                    self.languages[part] |= language
        elif word.endswith("*"):
            self._stems[words[0]][language] |= bit
        else:
            self._words[language][words[0]] |= bit
            self.listed.add(words[0])
            self.languages[words[0]] |= language

    def masks(self, word: str) -> tuple[int, Mapping[int, int] | None]:
        """The classes of a listed word."""
        by_language = {
            language: words[word] for language, words in self._words.items() if word in words
        }
        return self._gated(word, by_language, _SHORT_WORD)

    def _gated(
        self, word: str, by_language: Mapping[int, int], short: int
    ) -> tuple[int, Mapping[int, int] | None]:
        """A short foreign word means something in a text of its language only: others use the same letters."""
        everywhere = 0
        extra: dict[int, int] = {}
        may_be_chance = len(word) <= short and word.isascii()
        for language, mask in by_language.items():
            if language == self._english or not may_be_chance:
                everywhere |= mask
            else:
                extra[language] = mask
        return everywhere, extra or None


def _is_simple(word: str) -> bool:
    return word.isascii() and word.isalpha() and word.islower()


def _as_typed(words: Iterable[str], code: str) -> Iterator[str]:
    """The words of a list, in English with and without the apostrophe of a denial: `won't`, `wont`."""
    for word in words:
        yield word
        if code == ENGLISH and "n't" in word:
            yield word.replace("n't", "nt")


def _with_masks_of_stems(phrases: Mapping[tuple[str, ...], int]) -> dict[tuple[str, ...], int]:
    """A phrase that another with a stem matches means what that one means too."""
    merged = dict(phrases)
    by_start: dict[tuple[str, int], list[tuple[str, ...]]] = defaultdict(list)
    for words in phrases:
        if any(word.endswith("*") for word in words):
            by_start[words[0].rstrip("*")[:_START], len(words)].append(words)
    for words in phrases:
        for stems in by_start.get((words[0].rstrip("*")[:_START], len(words)), ()):
            if stems != words and all(map(_is_matched, words, stems)):
                merged[words] |= phrases[stems]
    return merged


def _is_matched(word: str, wanted: str) -> bool:
    return word == wanted or (wanted.endswith("*") and word.rstrip("*").startswith(wanted[:-1]))


def _with_stems(word: str, words: list[str]) -> tuple[str, ...]:
    """The words of a phrase, a star behind those that are stems."""
    written = word.split()
    if len(written) != len(words):
        is_stem = [False] * (len(words) - 1) + [word.endswith("*")]
    else:
        is_stem = [part.endswith("*") for part in written]
    return tuple(part + "*" * stem for part, stem in zip(words, is_stem, strict=True))
