"""The words of all languages in one table, and how a word that is not in it is understood.

Classes are bits of a whole number, so that what a word may mean is one value and every question about it one `&`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from cds_service.evidence.text.folding import folded
from cds_service.evidence.text.tokens import GAPS, LEVEL, words_of
from cds_service.knowledge.anchors import WordClasses
from cds_service.knowledge.language import BUILT_IN, Flag, Language, Role

ENGLISH: Final = "en"

PLAIN: Final = 0
"""A known word without a class."""
WORD: Final = 1
SIGN: Final = 2
ODD: Final = 3
"""Not understood, or two words written as one."""

_SIGNED: Final = frozenset("+-")
_SHORT_WORD: Final = 8
_SHORT_STEM: Final = 9
"""Letters up to which a foreign word or stem may be an English word by chance."""
_SHORTEST_TYPO: Final = 5
_SHORTEST_CORRECTED: Final = 6
_SHORTEST_CORRECTED_PART: Final = 7
"""Letters of a word that is only known in phrases."""
_SHORTEST_PART: Final = 4
"""Letters of each half of two words written as one."""
_SHORTEST_BASE: Final = 3
_SHORTEST_PLAIN_STEM: Final = 4
_SHARE_OF_STEM: Final = 0.6
"""Of a word: a shorter stem of an ordinary word does not keep it from being a misspelled finding."""
_START: Final = 3
"""Letters by which phrases that may match one another are looked up."""
_LETTERS_BESIDE_INFIX: Final = 2
_YEARS: Final = range(1950, 2100)
_LONGEST_LEVEL: Final = 8


_Stem = tuple[int, Mapping[int, int] | None, int]
"""Its classes in every text, those in texts of one language, and the languages that list it."""
_NO_STEM: Final[_Stem] = (0, None, 0)


class Phrase:
    """Words that mean something together."""

    __slots__ = ("has_stem", "is_cue", "is_open", "kept", "length", "mask", "tail", "words")

    def __init__(self, words: tuple[str, ...], mask: int, *, is_open: bool, is_cue: bool) -> None:
        self.words = words
        self.length = len(words)
        self.tail = list(words[2:])
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
        self.stem_phrases = phrases.get("") if phrases else None
        """Those whose second word is a stem."""
        self.is_doubtful = False
        """Means its class only in capitals, or not in every language: the lexicon knows which."""
        self.languages = languages
        """The languages that list it, as bits."""
        self.is_known = is_known
        self.is_part = is_part
        """By itself it is not understood, only in a listed phrase or in a text of the language that lists it."""
        self.known_in = known_in
        """Languages in whose texts alone it is known: the stem of an ordinary word."""
        self.gap = gap
        """For signs that stand between words: their flags; -1 for words."""
        self.parts = parts
        """The words that were written as one."""
        if gap >= 0:
            self.kind = SIGN
        elif parts is not None or not is_known:
            self.kind = ODD
        elif mask or extra is not None or phrases is not None or is_part or word in _SIGNED:
            self.kind = WORD
        else:
            self.kind = PLAIN


class ClassBits:
    """The bit of every word class."""

    __slots__ = ("_language", "bits")

    def __init__(self, language: Language) -> None:
        cues = [name for name, entry in language.classes.items() if entry.role == "cue"]
        names = dict.fromkeys((*cues, *BUILT_IN, *language.classes))
        self.bits = {name: 1 << number for number, name in enumerate(names)}
        self._language = language

    def mask(self, *names: str) -> int:
        """The bits of these classes."""
        found = 0
        for name in names:
            found |= self.bits[name]
        return found

    def of_role(self, *roles: Role) -> int:
        """The bits of all classes of these roles."""
        return self.mask(*(n for n, entry in self._language.classes.items() if entry.role in roles))

    def with_flag(self, flag: Flag) -> int:
        """The bits of all classes with a flag."""
        return self.mask(*(n for n, entry in self._language.classes.items() if flag in entry.flags))


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
        "_stems",
        "_trap",
        "abbreviations",
        "bits",
        "capitals",
        "foreign",
        "language_bits",
        "ordinary",
        "table",
    )

    def __init__(self, language: Language) -> None:
        self.bits = ClassBits(language)
        self.language_bits = {code: 1 << number for number, code in enumerate(language.words)}
        self.capitals = frozenset(
            folded(word) for tongue in language.tongues.values() for word in tongue.capitals
        )
        self.ordinary = {
            self.language_bits[code]: frozenset(folded(word) for word in tongue.ordinary)
            for code, tongue in language.tongues.items()
        }
        self._number = {
            "fraction": self.bits.mask(WordClasses.FRACTION),
            "year": self.bits.mask(WordClasses.NUMBER, WordClasses.YEAR),
            "number": self.bits.mask(WordClasses.NUMBER),
            "level": self.bits.mask(WordClasses.LEVEL),
        }
        self._trap = self.bits.of_role("trap")
        self._endings = tuple(
            (ending, instead, keeps, self.language_bits[code])
            for code, tongue in language.tongues.items()
            for endings, keeps in ((tongue.endings, True), (tongue.loose_endings, False))
            for ending, instead in endings
        )
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
        self.abbreviations = frozenset(
            folded(word) for tongue in language.tongues.values() for word in tongue.abbreviations
        )
        """Words behind which a full stop ends no sentence."""
        words = _Collected(language, self.bits, self.language_bits)
        self._stems = words.stems
        self._first_stems = words.first_stems
        self._plain_stems = words.plain_stems
        self._stem_lengths = tuple(
            sorted(
                {len(stem) for stem in (*words.stems, *words.first_stems, *words.plain_stems)},
                reverse=True,
            )
        )
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
        self._similar = _Similar(
            word
            for word in words.listed
            if len(word) >= _SHORTEST_CORRECTED
            and word.isalpha()
            and (self.table[word].mask or self.table[word].extra)
        )
        self._similar_parts = _Similar(
            word
            for word in words.parts - words.listed
            if len(word) >= _SHORTEST_CORRECTED_PART and word.isalpha()
        )

    def _keep_classes(self, words: _Collected) -> None:
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

    def _table(self, words: _Collected) -> dict[str, Entry]:
        table = {sign: Entry(sign, gap=flags) for sign, flags in GAPS.items()}
        for word in words.listed | words.known | words.first_words.keys():
            stem_mask, stem_extra, languages = (
                _NO_STEM if word in self._infixes else self._stem(word)
            )
            mask, extra = words.masks(word)
            is_trap = self._is_trap(mask, extra)
            if is_trap:
                stem_mask, stem_extra, languages = _NO_STEM
            if word[0].isdecimal():
                mask |= self._number[_kind_of_number(word)]
            elif LEVEL.match(word):
                mask |= self._number["level"]
            elif (mask or extra is not None) and not is_trap:
                # a compound that a list names as a whole still says what it is made of
                infix_mask, infix_extra, _ = self._infix(word)
                mask, extra = mask | infix_mask, _merged(extra, infix_extra)
            mask |= stem_mask
            table[word] = Entry(
                word,
                mask,
                is_part=not mask and word not in words.ordinary and word not in _SIGNED,
                extra=_merged(extra, stem_extra),
                phrases=_by_second_word(
                    (*words.first_words.get(word, ()), *self._phrases_of(word))
                ),
                languages=words.languages.get(word, 0) | languages,
            )
        return table

    def _is_trap(self, mask: int, extra: Mapping[int, int] | None) -> bool:
        return bool(mask & self._trap) or any(
            listed & self._trap for listed in (extra or {}).values()
        )

    def _stem(self, word: str) -> _Stem:
        """What the longest listed stem of a word means."""
        for length in self._stem_lengths:
            if length <= len(word):
                found = self._stems.get(word[:length])
                if found is not None:
                    return found
        return _NO_STEM

    def _infix(self, word: str) -> _Stem:
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
        for length in self._stem_lengths:
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
        phrases = _by_second_word(tuple(self._phrases_of(word)))
        if mask or extra is not None:
            return Entry(
                word, mask, extra=extra, phrases=phrases, languages=languages, is_part=not mask
            )
        base = self._by_ending(word)
        if base is None or not (base.mask or base.extra):
            known_in, length = self._plain_stem(word)
            if length < _SHARE_OF_STEM * len(word):
                base = self._by_correction(word) or base
            if known_in and not (base is not None and (base.mask or base.extra)):
                return Entry(
                    word, phrases=phrases, languages=known_in, is_known=False, known_in=known_in
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
        for length in self._stem_lengths:
            known_in = self._plain_stems.get(word[:length], 0) if length <= len(word) else 0
            if known_in:
                return known_in, length
        return 0, 0

    def _by_ending(self, word: str) -> Entry | None:
        part: Entry | None = None
        for ending, instead, keeps, language in self._endings:
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
                if found is not None and found.languages & language and not found.known_in:
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


class _Collected:
    """The words of all languages, sorted by how they are looked up."""

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
        self.stems: dict[str, _Stem] = {}
        self.plain_stems: dict[str, int] = defaultdict(int)
        """Stems of ordinary words, and the languages that list them."""
        self.first_words: dict[str, list[Phrase]] = defaultdict(list)
        self.first_stems: dict[str, list[Phrase]] = defaultdict(list)
        """Phrases that begin with a stem."""
        self._words: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._english = language_bits[ENGLISH]
        self._open = bits.with_flag("open")
        cues = bits.of_role("cue", "trap", "plain")
        stems: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        infixes: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        phrases: dict[tuple[str, ...], int] = defaultdict(int)
        plain = bits.mask(WordClasses.PLAIN)
        for code, classes in language.words.items():
            for name, words in classes.items():
                for word in words:
                    if word.startswith("*"):
                        infixes[folded(word.strip("*"))][language_bits[code]] |= bits.bits[name]
                    else:
                        self._add(word, bits.bits[name], language_bits[code], stems, phrases, plain)
        self.stems = self._parts(stems)
        self.infixes = self._parts(infixes)
        for words_, mask in _with_masks_of_stems(phrases).items():
            is_open = not mask & ~self._open
            phrase = Phrase(words_, mask, is_open=is_open, is_cue=not mask & ~cues)
            if words_[0].endswith("*"):
                self.first_stems[words_[0][:-1]].append(phrase)
            else:
                self.first_words[words_[0]].append(phrase)

    def _parts(self, listed: Mapping[str, Mapping[int, int]]) -> dict[str, _Stem]:
        """Parts of words, each with what it means and the languages that list it: a bit each."""
        return {
            part: (*self._gated(part, by_language, _SHORT_STEM), sum(by_language))
            for part, by_language in listed.items()
        }

    def _add(
        self,
        word: str,
        bit: int,
        language: int,
        stems: dict[str, dict[int, int]],
        phrases: dict[tuple[str, ...], int],
        plain: int,
    ) -> None:
        words = words_of(folded(word.replace("*", "")))
        if not words:
            return
        if bit == plain:
            for part in words:
                if not LEVEL.match(part):
                    self.known.add(part)
                    self.ordinary.add(part)
                    self.languages[part] |= language
            if word.endswith("*") and len(words) == 1 and len(words[0]) >= _SHORTEST_PLAIN_STEM:
                self.plain_stems[words[0]] |= language
            return
        if len(words) == 1:
            (stems if word.endswith("*") else self._words)[words[0]][language] |= bit
            if not word.endswith("*"):
                self.listed.add(words[0])
                self.languages[words[0]] |= language
        else:
            phrase = _with_stems(word, words)
            phrases[phrase] |= bit
            for part in phrase:
                if not (part.endswith("*") or LEVEL.match(part) or part[0].isdecimal()):
                    self.known.add(part)
                    self.parts.add(part)
                    self.languages[part] |= language

    def masks(self, word: str) -> tuple[int, Mapping[int, int] | None]:
        """The classes of a listed word."""
        return self._gated(word, self._words.get(word, {}), _SHORT_WORD)

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


def _by_second_word(phrases: Sequence[Phrase]) -> Mapping[str, tuple[Phrase, ...]] | None:
    """The longest first; under no word those whose second word is a stem."""
    found: dict[str, list[Phrase]] = defaultdict(list)
    for phrase in sorted(phrases, key=lambda phrase: -len(phrase.words)):
        second = phrase.words[1]
        found["" if second.endswith("*") else second].append(phrase)
    return {second: tuple(listed) for second, listed in found.items()} or None


def _with_stems(word: str, words: list[str]) -> tuple[str, ...]:
    """The words of a phrase, a star behind those that are stems."""
    written = word.split()
    if len(written) != len(words):
        is_stem = [False] * (len(words) - 1) + [word.endswith("*")]
    else:
        is_stem = [part.endswith("*") for part in written]
    return tuple(part + "*" * stem for part, stem in zip(words, is_stem, strict=True))


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
        return "fraction"
    return "year" if len(word) == 4 and word.isdecimal() and int(word) in _YEARS else "number"  # noqa: PLR2004


class _Similar:
    """Words by their halves: one edit leaves one half as it is."""

    __slots__ = ("_by_end", "_by_start", "_words")

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        by_start: dict[str, list[str]] = defaultdict(list)
        by_end: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._words):
            half = len(word) // 2
            by_start[word[:half]].append(word)
            by_end[word[half:]].append(word)
        self._by_start = {part: tuple(listed) for part, listed in by_start.items()}
        self._by_end = {part: tuple(listed) for part, listed in by_end.items()}

    def to(self, word: str) -> set[str]:
        """Listed words with the same first letter that are one edit away."""
        found = set()
        for length in range(len(word) - 1, len(word) + 2):
            half = length // 2
            swapped = (
                word[: half - 1] + word[half : half + 1] + word[half - 1 : half] + word[half + 1 :]
            )
            if swapped in self._words:
                found.add(swapped)
            for candidate in (
                *self._by_start.get(word[:half], ()),
                *self._by_end.get(word[half - length :], ()),
            ):
                if (
                    len(candidate) == length
                    and candidate[0] == word[0]
                    and is_one_edit(word, candidate)
                ):
                    found.add(candidate)
        return found


def is_one_edit(one: str, other: str) -> bool:
    """At most one letter put in, left out or changed, or two neighbours swapped."""
    if len(one) == len(other):
        different = [at for at in range(len(one)) if one[at] != other[at]]
        if len(different) < 2:  # noqa: PLR2004 - one changed letter
            return True
        first, second = different[0], different[-1]
        return (
            len(different) == 2  # noqa: PLR2004 - two swapped letters
            and second == first + 1
            and one[first] == other[second]
            and one[second] == other[first]
        )
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    at = 0
    while at < len(one) and one[at] == other[at]:
        at += 1
    return one[at:] == other[at + 1 :]
