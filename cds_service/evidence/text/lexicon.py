"""The words of all languages in one table, and how a word that is not in it is understood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.entries import NO_STEM, SIGNED, Entry, Phrase, Stem, by_second_word
from cds_service.evidence.text.folding import folded
from cds_service.evidence.text.similar_words import SimilarWords
from cds_service.evidence.text.tokens import GAPS, LEVEL, PRESSURE, is_level
from cds_service.evidence.text.word_lists import ENGLISH, WordLists
from cds_service.knowledge.anchors import WordClasses
from cds_service.knowledge.language import Language

_SHORTEST_TYPO: Final = 5
_SHORTEST_CORRECTED: Final = 6
_SHORTEST_CORRECTED_PART: Final = 7
"""Letters of a word that is only known in phrases."""
_SHORTEST_PART: Final = 4
"""Letters of each half of two words written as one."""
_SHORTEST_BASE: Final = 3
_SHARE_OF_STEM: Final = 0.6
"""Of a word: a shorter stem of an ordinary word does not keep it from being a misspelled finding."""
_LEAST_OF_STEM: Final = 0.4
"""Of a word: a shorter stem of an ordinary word says nothing of the rest, which may be a disease."""
_LETTERS_BESIDE_INFIX: Final = 2
_YEARS: Final = range(1950, 2100)
_LONGEST_LEVEL: Final = 8


class Lexicon:
    """All words. Built once; looking up is pure."""

    __slots__ = (
        "_endings",
        "_first_stems",
        "_infixes",
        "_joined",
        "_longest",
        "_number",
        "_plain_stems",
        "_prefixes",
        "_similar",
        "_similar_parts",
        "_spellings",
        "_stem_lengths",
        "_stem_start",
        "_stems",
        "_trap",
        "abbreviations",
        "bits",
        "capitals",
        "capitals_or_not",
        "clipped",
        "fillers",
        "foreign",
        "language_bits",
        "ordinary",
        "table",
    )

    def __init__(self, language: Language) -> None:
        self.bits = ClassBits(language)
        self.language_bits = {code: 1 << number for number, code in enumerate(language.words)}
        self.capitals_or_not = frozenset(
            folded(word) for tongue in language.tongues.values() for word in tongue.capitals_or_not
        )
        self.capitals = frozenset(
            folded(word) for tongue in language.tongues.values() for word in tongue.capitals
        )
        self.ordinary = {
            self.language_bits[code]: frozenset(folded(word) for word in tongue.ordinary)
            for code, tongue in language.tongues.items()
        }
        self._number = {
            "fraction": self.bits.mask(WordClasses.FRACTION),
            "pressure": self.bits.mask(WordClasses.FRACTION, WordClasses.PRESSURE),
            "year": self.bits.mask(WordClasses.NUMBER, WordClasses.YEAR),
            "number": self.bits.mask(WordClasses.NUMBER),
            "level": self.bits.mask(WordClasses.LEVEL),
        }
        self._trap = self.bits.of_role("trap")
        self._endings: dict[str, list[tuple[str, str, bool, int]]] = defaultdict(list)
        """By their last letter: a word is tried with no others."""
        for code, tongue in language.tongues.items():
            for endings, keeps in ((tongue.endings, True), (tongue.loose_endings, False)):
                for ending, instead in endings:
                    listed = (ending, instead, keeps, self.language_bits[code])
                    self._endings[ending[-1:]].append(listed)
        self._prefixes = tuple(
            folded(prefix) for tongue in language.tongues.values() for prefix in tongue.prefixes
        )
        self._joined = tuple(
            folded(word) for tongue in language.tongues.values() for word in tongue.joined
        )
        self._spellings = tuple(
            (self.language_bits[code], tongue.spellings)
            for code, tongue in language.tongues.items()
            if tongue.spellings
        )
        self.abbreviations = frozenset(map(folded, language.tongues[ENGLISH].abbreviations))
        """English words behind which a full stop ends no sentence."""
        self.clipped = self.abbreviations.union(
            folded(word) for tongue in language.tongues.values() for word in tongue.abbreviations
        )
        """Words of all languages behind which it ends none where the text is not English."""
        self.fillers = frozenset(
            folded(word) for tongue in language.tongues.values() for word in tongue.fillers
        )
        """Words that a phrase is read across."""
        words = WordLists(language, self.bits, self.language_bits)
        self._stems = words.stems
        self._first_stems = words.first_stems
        self._plain_stems = words.plain_stems
        stems = {*words.stems, *words.first_stems, *words.plain_stems}
        self._stem_start = min(map(len, stems), default=1)
        self._stem_lengths = {
            start: tuple(sorted(lengths, reverse=True))
            for start, lengths in _lengths_by_start(stems, self._stem_start).items()
        }
        """How long stems are that begin with the same letters, the longest first."""
        self._infixes = words.infixes
        self.table = self._table(words)
        for tongue in language.tongues.values():
            for written, meant in tongue.misspelt.items():
                self.table.setdefault(folded(written), self.table[folded(meant)])
        self._longest = max(map(len, self.table))
        for word in self.capitals.union(*self.ordinary.values()) & self.table.keys():
            self.table[word].is_doubtful = True
        self._keep_classes(words)
        english = self.language_bits[ENGLISH]
        self.foreign = frozenset(
            word
            for word, entry in self.table.items()
            if entry.languages and not entry.languages & english
        )
        """Words that no English list has."""
        self._similar = SimilarWords(
            word
            for word in words.listed
            if len(word) >= _SHORTEST_CORRECTED
            and word.isalpha()
            and (self.table[word].mask or self.table[word].extra)
        )
        self._similar_parts = SimilarWords(
            word
            for word in words.parts - words.listed
            if len(word) >= _SHORTEST_CORRECTED_PART and word.isalpha()
        )

    def _keep_classes(self, words: WordLists) -> None:
        """Works out what open phrases keep of their words, where it is the same in every text."""
        kept = self.bits.with_flag("open")
        for phrase in chain.from_iterable(words.first_words.values()):
            entries = [self.table.get(word) for word in phrase.words]
            if phrase.is_open and not any(
                entry is None or entry.extra is not None or entry.is_doubtful for entry in entries
            ):
                phrase.kept = 0
                for entry in entries:
                    phrase.kept |= entry.mask & kept if entry is not None else 0

    def _table(self, words: WordLists) -> dict[str, Entry]:
        table = {sign: Entry(sign, gap=flags) for sign, flags in GAPS.items()}
        for word in words.listed | words.known | words.first_words.keys():
            # what every compound ends with is no form of a shorter stem, but of one of its own it is
            stem_mask, stem_extra, languages = (
                self._stems.get(word, NO_STEM) if word in self._infixes else self._stem(word)
            )
            mask, extra = words.masks(word)
            is_trap = self._is_trap(mask, extra)
            if is_trap:
                stem_mask, stem_extra, languages = NO_STEM
            if word[0].isdecimal():
                mask |= self._number[_kind_of_number(word)]
            elif is_level(word):
                mask |= self._number["level"]
            elif (mask or extra is not None) and not is_trap:
                # a compound that a list names as a whole still says what it is made of
                infix_mask, infix_extra, _ = self._infix(word)
                mask, extra = mask | infix_mask, _merged(extra, infix_extra)
            mask |= stem_mask
            is_part = not mask and word not in words.ordinary and word not in SIGNED
            table[word] = Entry(
                word,
                mask,
                is_part=is_part,
                known_in=self._plain_stem(word)[0] if is_part else 0,
                extra=_merged(extra, stem_extra),
                phrases=by_second_word((*words.first_words.get(word, ()), *self._phrases_of(word))),
                languages=words.languages.get(word, 0) | languages,
            )
        return table

    def _is_trap(self, mask: int, extra: Mapping[int, int] | None) -> bool:
        return bool(mask & self._trap) or any(
            listed & self._trap for listed in (extra or {}).values()
        )

    def _stem(self, word: str) -> Stem:
        """What the longest listed stem of a word means."""
        for length in self._stem_lengths.get(word[: self._stem_start], ()):
            if length <= len(word):
                found = self._stems.get(word[:length])
                if found is not None:
                    return found
        return NO_STEM

    def _infix(self, word: str) -> Stem:
        """What the listed parts of a compound mean."""
        mask = languages = 0
        extra: Mapping[int, int] | None = None
        for infix, (infix_mask, infix_extra, infix_languages) in self._infixes.items():
            if infix in word and len(word) > len(infix) + _LETTERS_BESIDE_INFIX:
                mask |= infix_mask
                extra = _merged(extra, infix_extra)
                languages |= infix_languages
        return mask, extra, languages

    def _phrases_of(self, word: str) -> Iterator[Phrase]:
        """Phrases that begin with a stem of a word."""
        for length in self._stem_lengths.get(word[: self._stem_start], ()):
            if length <= len(word):
                yield from self._first_stems.get(word[:length], ())

    def resolved(self, word: str) -> Entry:
        """What a word means that is not in the table."""
        first = word[0]
        if first.isdecimal():
            return Entry(word, self._number[_kind_of_number(word)])
        if first in "cdlts" and len(word) <= _LONGEST_LEVEL and LEVEL.match(word):
            return Entry(word, self._number["level"])
        if not first.isalpha():
            return Entry(word)
        return (
            self._by_spelling(word)
            or self._by_stem(word)
            or self._by_ending(word)
            or self._by_prefix(word)
            or self._by_joining(word)
            or self._by_correction(word)
            or self._by_parting(word)
            or Entry(word, is_known=False)
        )

    def corrected_mask(self, word: str) -> int:
        """Classes of the English word that a word is when its stem means something in another language only."""
        if word in self.table:
            return 0
        found = self._by_ending(word) or self._by_correction(word)
        return found.mask if found is not None else 0

    def _by_stem(self, word: str) -> Entry | None:
        mask, extra, languages = self._stem(word)
        if not self._is_trap(mask, extra):
            infix_mask, infix_extra, infix_languages = self._infix(word)
            mask, extra = mask | infix_mask, _merged(extra, infix_extra)
            languages |= infix_languages
        phrases = by_second_word(tuple(self._phrases_of(word)))
        if mask or extra is not None:
            return Entry(
                word,
                mask,
                extra=extra,
                phrases=phrases,
                languages=languages,
                is_part=not mask,
                known_in=0 if mask else self._plain_stem(word)[0],
            )
        base = self._by_ending(word)
        if base is None or not (base.mask or base.extra):
            known_in, length = self._plain_stem(word)
            if length < _SHARE_OF_STEM * len(word):
                base = self._by_correction(word) or base
            elif base is None:
                near = self._by_correction(word)
                base = near if near is not None and near.is_part and near.extra is None else None
            if known_in and base is None:
                return Entry(
                    word, phrases=phrases, languages=known_in, is_known=False, known_in=known_in
                )
            if known_in and base is not None and base.is_part and base.extra is None:
                # in a text of another language it may still be a part of a phrase of that one
                return Entry(
                    base.word,
                    phrases=base.phrases or phrases,
                    languages=base.languages,
                    is_part=True,
                    known_in=known_in,
                )
        if base is None:
            return None if phrases is None else Entry(word, phrases=phrases, is_part=True)
        if phrases is None:
            return base
        return Entry(
            word,
            base.mask,
            extra=base.extra,
            phrases=phrases,
            languages=base.languages,
            is_part=base.is_part,
        )

    def _plain_stem(self, word: str) -> tuple[int, int]:
        """The languages in which the longest listed stem of an ordinary word is one, and its letters."""
        for length in self._stem_lengths.get(word[: self._stem_start], ()):
            known_in = self._plain_stems.get(word[:length], 0) if length <= len(word) else 0
            if known_in and length >= _LEAST_OF_STEM * len(word):
                return known_in, length
        return 0, 0

    def _by_ending(self, word: str) -> Entry | None:
        part: Entry | None = None
        for ending, instead, keeps, language in self._endings.get(word[-1], ()):
            if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_BASE:
                base = self.table.get(word[: -len(ending)] + instead)
                if base is None or not base.languages & language:
                    continue
                if not base.is_part or base.extra is not None:
                    return base if keeps else Entry(word, languages=base.languages)
                if keeps and part is None:
                    part = base
        return part

    def _by_prefix(self, word: str) -> Entry | None:
        for prefix in self._prefixes:
            if word.startswith(prefix) and len(word) - len(prefix) >= _SHORTEST_BASE:
                rest = word[len(prefix) :]
                base = self.table.get(rest) or self.table.get("\u0627\u0644" + rest)
                if base is not None:
                    return base
                found = self._by_stem(rest) or self._by_ending(rest)
                if found is not None:
                    return found
        return None

    def _by_joining(self, word: str) -> Entry | None:
        """`nofever`: a denial written together with what it denies."""
        for denial in self._joined:
            rest = word[len(denial) :]
            if not word.startswith(denial) or len(rest) < _SHORTEST_PART:
                continue
            entry = self.table.get(rest)
            if entry is not None and entry.mask:
                return Entry(word, parts=(denial, rest))
            parted = self._by_parting(rest)
            if parted is not None and parted.parts is not None:
                return Entry(word, parts=(denial, *parted.parts))
        return None

    def _by_spelling(self, word: str) -> Entry | None:
        """A word typed without the letters of its language: `Laehmung` for `Lähmung`."""
        for language, spellings in self._spellings:
            respelled = word
            for written, letter in spellings:
                respelled = respelled.replace(written, letter)
            if respelled != word:
                found = (
                    self.table.get(respelled)
                    or self._by_stem(respelled)
                    or self._by_ending(respelled)
                )
                if (
                    found is not None
                    and found.languages & language
                    and (found.is_part or not found.known_in)
                ):
                    return found
        return None

    def _by_correction(self, word: str) -> Entry | None:
        if len(word) < _SHORTEST_TYPO or not word.isalpha():
            return None
        near = self._similar.to(word) or self._similar_parts.to(word)
        if not near:
            return None
        best = max(
            near,
            key=lambda candidate: (
                bool(self.table[candidate].mask),
                candidate[:3] == word[:3],
                -len(candidate),
                candidate,
            ),
        )
        return self.table[best]

    def _by_parting(self, word: str) -> Entry | None:
        if len(word) < 2 * _SHORTEST_PART or not word.isalpha():
            return None
        # Neither part is longer than the longest word of the table: else a word of 70,000 letters takes seconds.
        first = max(_SHORTEST_PART, len(word) - self._longest)
        last = min(self._longest, len(word) - _SHORTEST_PART)
        for at in range(first, last + 1):
            left, right = self.table.get(word[:at]), self.table.get(word[at:])
            if left is not None and right is not None and (left.mask or right.mask):
                return Entry(word, parts=(word[:at], word[at:]))
        return None


def _lengths_by_start(stems: Iterable[str], start: int) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for stem in stems:
        found[stem[:start]].add(len(stem))
    return found


def _merged(
    one: Mapping[int, int] | None, other: Mapping[int, int] | None
) -> Mapping[int, int] | None:
    if one is None or other is None:
        return one if other is None else other
    return {
        language: one.get(language, 0) | other.get(language, 0) for language in {**one, **other}
    }


def _kind_of_number(word: str) -> str:
    if "/" in word:
        return "pressure" if PRESSURE.fullmatch(word) else "fraction"
    return "year" if len(word) == 4 and word.isdecimal() and int(word) in _YEARS else "number"  # noqa: PLR2004
