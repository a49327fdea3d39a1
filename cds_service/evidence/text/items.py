"""A text as items: the words and phrases that have a class, in their clauses and sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from cds_service.evidence.text.entries import ODD, SIGN, Entry, Phrase
from cds_service.evidence.text.folding import folded
from cds_service.evidence.text.forms import Forms
from cds_service.evidence.text.lexicon import Lexicon
from cds_service.evidence.text.tokens import (
    BREAKS_PHRASE,
    DASH,
    ENDS_CLAUSE,
    RANGE,
    SENTENCE,
    WORD,
    is_dash,
    is_range,
    without_dots,
)
from cds_service.evidence.text.word_lists import ENGLISH
from cds_service.knowledge.anchors import WordClasses

_CAPITALS: Final = re.compile(r"\b[A-Z]{2,5}\b")
_BEHIND_A_WORD: Final = r"(?:(?<=[A-Za-z&)\]]\s)|(?<=[A-Za-z&)\]]\s\s))"
_ANSWER: Final = re.compile(_BEHIND_A_WORD + r"[NY](?=\s*(?:[/|,;.\n]|$)|\s+[A-Z&])")
"""A letter that answers the word before it, in a form: `Fever N / Trauma N / Gait Y`."""
_ANSWER_IN_CAPITALS: Final = re.compile(_BEHIND_A_WORD + r"[NY](?=\s*(?:[/|,;.\n]|$))")
"""The same in a text that is all capitals, where the next word says nothing."""
_ANSWER_BEFORE_ANY: Final = re.compile(_BEHIND_A_WORD + r"[NY](?=\s*(?:[/|,;.\n]|$)|\s+[A-Za-z&])")
"""The same before any word, where there are so many that they can be nothing else."""
_PLUS_ITEM: Final = re.compile(r"(?:^|[,;:(\n])\s*\+\s*[^\W\d_]")
_MINUS_ITEM: Final = re.compile(r"((?:^|[,;:(\n])\s*)- (?=[^\W\d_])")
"""A dash before an item of a list. In a list with `+` before others it denies; else it may be a bullet."""
_SIGNED: Final = (["(-)"], ["(+)"])
"""What signs the word before it, though that is an abbreviation of any language: `inkont. (-)`."""
_ANSWERED: Final = {"N": "\u0274", "Y": "\u028f"}
"""The sign that stands for each: a small capital, which the English list has as a word."""
_FEWEST_ANSWERS: Final = 2
_FEWEST_LOOSE: Final = 3
_FEWEST_HITS: Final = 2
"""Words of a language that make a text one of it, unless its letters are not English."""
_FARTHEST_OVER_FILLERS: Final = 8
"""Words from the first of a phrase in which the rest of it may stand."""
_FEWEST_LETTERS: Final = 3
"""Of a word that is worth reporting as not understood."""


@dataclass(slots=True)
class Items:
    """One text. Lists of words have one entry a word, those of items one an item."""

    text: str
    plain: str
    """The text folded."""
    pieces: list[str]
    """What it was cut into: words and signs."""
    words: list[str]
    gaps: list[int]
    """What stands before each word."""
    piece_of: list[int]
    """Which piece each word comes from."""
    unknown: list[int]
    """Places of the words that were not understood."""
    language: str
    everything: int = 0
    """All classes of all items."""
    masks: list[int] = field(default_factory=list)
    """Classes of each item."""
    firsts: list[int] = field(default_factory=list)
    """Place of its first word."""
    ends: list[int] = field(default_factory=list)
    """Place behind its last word."""
    clauses: list[int] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)
    """Both counted from 0 through the text."""

    def word(self, item: int) -> str:
        """The first word of an item."""
        return self.words[self.firsts[item]]


_Candidate = tuple[int, Entry, int, int]
"""A word that may mean something: its place, its entry, its clause and sentence."""


class Itemizer:
    """Cuts texts into items. Built once; pure."""

    __slots__ = ("_forms", "_language_of_bit", "_lexicon", "_minus", "_open", "_signs")

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._forms = Forms(lexicon.bits, lexicon.table)
        self._open = lexicon.bits.with_flag("open")
        self._signs = {
            "+": lexicon.bits.mask(WordClasses.TURN),
            "-": lexicon.bits.mask(WordClasses.DENIAL),
        }
        """What a sign before a word says when no list has it."""
        self._minus = lexicon.bits.mask(WordClasses.LOST)
        """Before an amount: `-9 kg`."""
        self._language_of_bit = {bit: code for code, bit in lexicon.language_bits.items()}

    def items(self, text: str) -> Items:
        """The items of a text, from left to right."""
        plain = self._forms.plain(text, _with_answers(text, folded(text)))
        if "+" in plain and "- " in plain and _PLUS_ITEM.search(plain):
            plain = _MINUS_ITEM.sub(r"\1 -", plain)
        pieces: list[str] = WORD.findall(plain)
        found, candidates, elsewhere = self._found(text, plain, pieces, self._lexicon.abbreviations)
        if found.language != ENGLISH and not self._lexicon.clipped.isdisjoint(found.words):
            found, candidates, elsewhere = self._found(text, plain, pieces, self._lexicon.clipped)
        if elsewhere:
            language = self._lexicon.language_bits[found.language]
            found.unknown.extend(at for at, known_in in elsewhere if not known_in & language)
        self._grouped(found, candidates)
        found.unknown.sort()
        return found

    def _found(
        self, text: str, plain: str, pieces: list[str], abbreviations: frozenset[str]
    ) -> tuple[Items, list[_Candidate], list[tuple[int, int]]]:
        """A text with its sentences, its words looked up, its own language."""
        found = Items(text, plain, pieces, [], [], [], [], ENGLISH)
        elsewhere: list[tuple[int, int]] = []
        candidates, languages = self._looked_up(found, elsewhere, abbreviations)
        if languages is not None:
            found.language = self._language(text, languages)
        return found, candidates, elsewhere

    def _looked_up(  # noqa: C901, PLR0912, PLR0915 - one loop over every word: calls would cost more than the work
        self, found: Items, elsewhere: list[tuple[int, int]], abbreviations: frozenset[str]
    ) -> tuple[list[_Candidate], list[int] | None]:
        """The words that may mean something, and the languages of all words when any is foreign.

        Fills the words and what stands between them, and in `elsewhere` the places of the words that are known in
        some languages only, with these.
        """
        table = self._lexicon.table
        full_stop, clipped = table["."], self._lexicon.clipped
        words, gaps, piece_of = found.words, found.gaps, found.piece_of
        candidates: list[_Candidate] = []
        met: dict[str, Entry] = {}
        gap = clause = sentence = 0
        number = -1
        for listed in map(table.get, found.pieces):
            number += 1
            entry = listed
            if entry is None:
                piece = found.pieces[number]
                if piece[0] == "-" and len(piece) > 1:
                    if is_dash(piece):
                        gap |= DASH
                        continue
                    if is_range(piece):
                        gap |= RANGE
                        piece = piece[1:]
                entry = self._odd(piece, met)
            kind = entry.kind
            if not kind and not gap:
                words.append(entry.word)
                gaps.append(0)
                piece_of.append(number)
                continue
            if kind == SIGN:
                if not (
                    entry is full_stop
                    and words
                    and (
                        words[-1] in abbreviations
                        or (
                            words[-1] in clipped
                            and found.pieces[number + 1 : number + 2] in _SIGNED
                        )
                    )
                ):
                    gap |= entry.gap
                continue
            if gap:
                if gap & SENTENCE:
                    sentence += 1
                    clause += 1
                elif gap & ENDS_CLAUSE:
                    clause += 1
            if kind == ODD:
                if entry.parts is not None:
                    for part in entry.parts:
                        candidates.append((len(words), table[part], clause, sentence))
                        words.append(part)
                        gaps.append(gap)
                        piece_of.append(number)
                        gap = 0
                    continue
                if entry.known_in:
                    elsewhere.append((len(words), entry.known_in))
                    candidates.append((len(words), entry, clause, sentence))
                else:
                    found.unknown.append(len(words))
            elif kind:
                candidates.append((len(words), entry, clause, sentence))
            words.append(entry.word)
            gaps.append(gap)
            piece_of.append(number)
            gap = 0
        return candidates, self._languages(found, met)

    def _odd(self, piece: str, met: dict[str, Entry]) -> Entry:
        """What a piece means that is not in the table, each worked out once a text."""
        piece = without_dots(piece)
        entry = self._lexicon.table.get(piece) or met.get(piece)
        if entry is None:
            entry = met[piece] = self._lexicon.resolved(piece)
        return entry

    def _languages(self, found: Items, met: dict[str, Entry]) -> list[int] | None:
        """The languages that list each word; None for a text whose words are all English."""
        english = self._lexicon.language_bits[ENGLISH]
        if (
            found.text.isascii()
            and self._lexicon.foreign.isdisjoint(found.pieces)
            and not any(entry.languages & ~english for entry in met.values())
        ):
            return None
        table = self._lexicon.table
        resolved = {entry.word: entry for entry in met.values()}
        listed = []
        for word in found.words:
            entry = table.get(word) or resolved.get(word)
            # The stem of an ordinary word is no sign of a language: it may begin a name of any.
            if entry is not None and entry.languages and (entry.is_part or not entry.known_in):
                listed.append(entry.languages)
        return listed

    def _language(self, text: str, listed: list[int]) -> str:
        """The language that most words are of."""
        hits = dict.fromkeys(self._language_of_bit, 0)
        for languages in listed:
            for bit in hits:
                if languages & bit:
                    hits[bit] += 1
        english = self._lexicon.language_bits[ENGLISH]
        best = max(hits, key=lambda bit: (hits[bit], bit == english))
        is_enough = hits[best] >= _FEWEST_HITS or not hits[english] or not text.isascii()
        if hits[best] > hits[english] and is_enough:
            return self._language_of_bit[best]
        return ENGLISH

    def _capitals_in(self, text: str) -> frozenset[str]:
        """Words in capitals; of a text that is all capitals those that are hardly ever another word."""
        if text == text.upper():
            return self._lexicon.capitals - self._lexicon.capitals_or_not
        return frozenset(word.lower() for word in _CAPITALS.findall(text))

    def _grouped(  # noqa: C901, PLR0912, PLR0915 - the same
        self, found: Items, candidates: list[_Candidate]
    ) -> None:
        """Fills the items: the longest phrase at each word, else the word itself."""
        words, gaps = found.words, found.gaps
        language = self._lexicon.language_bits[found.language]
        ordinary = self._lexicon.ordinary.get(language, frozenset())
        masks, firsts, ends = found.masks, found.firsts, found.ends
        clauses, sentences = found.clauses, found.sentences
        is_english = found.language == ENGLISH
        written_in_capitals: frozenset[str] | None = None
        everything = end = 0
        last = len(words) - 1
        has_fillers = not self._lexicon.fillers.isdisjoint(words)
        for at, entry, clause, sentence in candidates:
            if at < end:
                continue
            phrase = None
            if entry.phrases is not None and at < last:
                second = words[at + 1]
                phrases = entry.phrases.get(second)
                if entry.stem_phrases is not None and second[0] in entry.stem_phrases:
                    phrases = _longest_first(phrases, entry.stem_phrases[second[0]])
                if phrases is not None and not gaps[at + 1] & BREAKS_PHRASE:
                    phrase = _first_of(phrases, words, gaps, at)
                    if phrase is not None and phrase.is_cue:
                        phrase = self._less_findings(phrase, words, gaps, at)
                reach = 0 if phrase is None else phrase.length
                if phrase is None and has_fillers:
                    phrase, reach = self._over_fillers(entry, words, gaps, at)
            if phrase is not None:
                end = at + reach
                mask = phrase.mask
                if reach > phrase.length:
                    mask |= self._of_fillers(words, at, end)
                if phrase.kept >= 0:
                    mask |= phrase.kept
                elif phrase.is_open:
                    mask |= self._open_classes(words, at, end, language, ordinary)
            else:
                end = at + 1
                mask = entry.mask
                if entry.is_doubtful:
                    if entry.word in ordinary:
                        mask = 0
                    elif entry.word in self._lexicon.capitals:
                        if written_in_capitals is None:
                            written_in_capitals = self._capitals_in(found.text)
                        if entry.word not in written_in_capitals:
                            continue
                if entry.extra is not None:
                    mask |= entry.extra.get(language, 0)
                if not mask:
                    mask = self._signs.get(entry.word, 0)
                    if entry.word == "-" and at < last and words[at + 1][0].isdecimal():
                        mask = self._minus
                    if not mask and is_english and (entry.known_in or entry.extra is not None):
                        mask = self._lexicon.corrected_mask(entry.word)
                    if not mask:
                        if entry.is_part and not entry.known_in & language:
                            found.unknown.append(at)
                        continue
            everything |= mask
            masks.append(mask)
            firsts.append(at)
            ends.append(end)
            clauses.append(clause)
            sentences.append(sentence)
        found.everything = everything

    def _over_fillers(
        self, entry: Entry, words: list[str], gaps: list[int], at: int
    ) -> tuple[Phrase | None, int]:
        """A finding whose phrase is parted by words that change nothing, and how many words it takes."""
        fillers = self._lexicon.fillers
        places = [at]
        for place in range(at + 1, min(len(words), at + _FARTHEST_OVER_FILLERS)):
            if gaps[place] & BREAKS_PHRASE:
                break
            if words[place] not in fillers:
                places.append(place)
        if len(places) < 2 or entry.phrases is None:  # noqa: PLR2004
            return None, 0
        closer = [words[place] for place in places]
        phrases = entry.phrases.get(closer[1])
        if phrases is None:
            return None, 0
        phrase = _first_of(phrases, closer, [0] * len(closer), 0)
        if phrase is None or phrase.is_cue or phrase.length > len(closer):
            return None, 0
        return phrase, places[phrase.length - 1] + 1 - at

    def _of_fillers(self, words: list[str], first: int, end: int) -> int:
        """What the words that a phrase is read across say beside it: `suddenly`, `now`."""
        mask = 0
        for word in words[first:end]:
            if word in self._lexicon.fillers:
                entry = self._lexicon.table.get(word)
                mask |= 0 if entry is None else entry.mask
        return mask & self._open

    def _less_findings(
        self, phrase: Phrase, words: list[str], gaps: list[int], at: int
    ) -> Phrase | None:
        """A cue, unless its last word begins a finding: "and no" in "and no feeling when wiping"."""
        last = at + phrase.length - 1
        entry = self._lexicon.table.get(words[last])
        if (
            entry is None
            or entry.phrases is None
            or last + 1 >= len(words)
            or gaps[last + 1] & BREAKS_PHRASE
        ):
            return phrase
        found = _first_of(entry.phrases.get(words[last + 1], ()), words, gaps, last)
        return phrase if found is None or found.is_cue else None

    def _open_classes(
        self, words: list[str], first: int, end: int, language: int, ordinary: frozenset[str]
    ) -> int:
        """The classes that a phrase keeps of its words."""
        mask = 0
        for at in range(first, end):
            entry = self._lexicon.table.get(words[at])
            if entry is not None:
                if words[at] not in ordinary:
                    mask |= entry.mask
                if entry.extra is not None:
                    mask |= entry.extra.get(language, 0)
        return mask & self._open


def _with_answers(text: str, plain: str) -> str:
    """The folded text with signs in place of letters that answer: `n` may be `and`, `y` many things."""
    if ("N" not in text and "Y" not in text) or len(plain) != len(text):
        return plain
    pattern = _ANSWER_IN_CAPITALS if text.isupper() else _ANSWER
    answers = [match.start() for match in pattern.finditer(text)]
    if not text.isupper():
        loose = [match.start() for match in _ANSWER_BEFORE_ANY.finditer(text)]
        answers = loose if len(loose) >= _FEWEST_LOOSE else answers
    if len(answers) < _FEWEST_ANSWERS:
        return plain
    letters = list(plain)
    for at in answers:
        letters[at] = _ANSWERED[text[at]]
    return "".join(letters)


def _longest_first(
    listed: tuple[Phrase, ...] | None, with_stems: tuple[Phrase, ...]
) -> tuple[Phrase, ...]:
    if listed is None:
        return with_stems
    return tuple(sorted((*listed, *with_stems), key=lambda phrase: -len(phrase.words)))


def _first_of(
    phrases: tuple[Phrase, ...], words: list[str], gaps: list[int], at: int
) -> Phrase | None:
    """The first that stands at a place. They were looked up by their second word; nothing parts it from the first."""
    for phrase in phrases:
        length = phrase.length
        if phrase.has_stem:
            if not _has_stems_at(phrase, words, at):
                continue
        elif length > 2 and words[at + 2 : at + length] != phrase.tail:  # noqa: PLR2004
            continue
        for inner in range(at + 2, at + length):
            if gaps[inner] & BREAKS_PHRASE:
                break
        else:
            return phrase
    return None


def _has_stems_at(phrase: Phrase, words: list[str], at: int) -> bool:
    if at + phrase.length > len(words):
        return False
    for inner in range(1, phrase.length):
        wanted, word = phrase.words[inner], words[at + inner]
        if word != wanted and not (wanted[-1] == "*" and word.startswith(wanted[:-1])):
            return False
    return True


def left_over(found: Items) -> list[int]:
    """Places of the words that are worth reporting as not understood."""
    return [
        at
        for at in found.unknown
        if len(found.words[at]) >= _FEWEST_LETTERS or not found.words[at].isascii()
    ]
