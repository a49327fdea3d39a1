"""Phrases of the guideline in free text: which value sets a text speaks of, unless it denies them.

Written by hand because the libraries for this (medspacy, negspacy, pyConTextNLP) bring spaCy or are no longer
maintained, and none reads a thousand problem titles within a millisecond.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from cds_service.evidence.text.guards import (
    GuardRules,
    Reach,
    compile_guards,
    found_at,
    is_denied_after,
    reach_of_guards,
)
from cds_service.evidence.text.words import (
    BREAKS_PHRASE,
    CHANGED_WORDS,
    CLOSE,
    ENDS_CLAUSE,
    OPEN,
    QUESTION,
    UNTICKED,
    Words,
    bare_words,
    folded,
    phrase_words,
    words_of,
)
from cds_service.knowledge.model import TextRules, ValueSet

MAX_QUOTE: Final = 60
"""Characters of a quote."""

_ENDS_QUOTE: Final = ENDS_CLAUSE | OPEN | CLOSE


@dataclass(frozen=True, slots=True)
class PhraseHit:
    """A text names what a value set means, and does not deny it. At most suspected, whatever the words."""

    value_set: str
    phrase: str
    """The phrase as the guideline spells it."""
    suspected_by_words: bool
    """The text itself asks (`r/o`, `query`, `?`)."""
    quote: str
    """The words of the text around the phrase, in their own case, cut at words; never empty."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    value_set: str
    spelling: str
    words: tuple[str, ...]
    needs_question: bool
    asks: bool
    """Begins with a word of suspicion."""
    is_acute: bool
    cancels: bool
    """A `text_not` phrase."""


class PhraseReader:
    """Reads phrases of value sets. Built once; reading is pure and linear in the length of the text."""

    __slots__ = ("_by_first_word", "_guards")

    def __init__(self, value_sets: Mapping[str, ValueSet], rules: TextRules) -> None:
        self._guards = compile_guards(rules)
        index: dict[str, list[_Phrase]] = {}
        for value_set in value_sets.values():
            for phrase in _phrases_of(value_set, self._guards):
                index.setdefault(phrase.words[0], []).append(phrase)
        self._by_first_word = {
            word: tuple(sorted(phrases, key=lambda phrase: -len(phrase.words)))
            for word, phrases in index.items()
        }

    def read(self, text: str, settled: Collection[str] = ()) -> tuple[PhraseHit, ...]:
        """What the text says is there or asks about: one hit a value set, in the order of the text.

        What it says of value sets that are `settled` is not asked for. A text longer than `words.MAX_TEXT` is read
        at its beginning and its end only.
        """
        plain = folded(text)
        bare = bare_words(plain)
        if self._by_first_word.keys().isdisjoint(bare):
            return ()
        if settled and not self._may_add(bare, settled):
            return ()
        cut = words_of(plain)
        places = self._places(cut)
        if settled:
            places = [place for place in places if place[1].value_set not in settled]
        if not places:
            return ()
        cancelled = {phrase.value_set for _, phrase in places if phrase.cancels}
        spans = [range(at, at + len(phrase.words)) for at, phrase in places]
        reach = reach_of_guards(cut, self._guards, spans)
        hits: dict[str, PhraseHit] = {}
        for at, phrase in places:
            if phrase.value_set in hits or phrase.value_set in cancelled:
                continue
            asks = phrase.asks or self._is_asked(cut, at, reach)
            if self._is_denied(cut, at, phrase, reach, asks=asks):
                continue
            quote = _quote(cut, at, at + len(phrase.words))
            hits[phrase.value_set] = PhraseHit(phrase.value_set, phrase.spelling, asks, quote)
        return tuple(hits.values())

    def cancelled(self, text: str) -> frozenset[str]:
        """Value sets of which the text says that what it names is none, by a phrase of their `text_not`."""
        places = self._places(words_of(folded(text)))
        return frozenset(phrase.value_set for _, phrase in places if phrase.cancels)

    def _may_add(self, bare: list[str], settled: Collection[str]) -> bool:
        """A quick look: False where every phrase whose words stand in the text is of a settled value set."""
        if not CHANGED_WORDS.isdisjoint(bare):
            return True
        for word in bare:
            for phrase in self._by_first_word.get(word, ()):
                if phrase.value_set not in settled and set(phrase.words).issubset(bare):
                    return True
        return False

    def _places(self, text: Words) -> list[tuple[int, _Phrase]]:
        """Every phrase that stands in the text, denied or not, the longest first at each word."""
        places = []
        for at, word in enumerate(text.words):
            for phrase in self._by_first_word.get(word, ()):
                end = at + len(phrase.words)
                if (
                    text.words[at:end] == phrase.words
                    and not any(gap & BREAKS_PHRASE for gap in text.between[at + 1 : end])
                    and (not phrase.needs_question or text.between[at] & QUESTION)
                ):
                    places.append((at, phrase))
        return places

    def _is_asked(self, text: Words, at: int, reach: Reach) -> bool:
        if at in reach.suspicion_ends and not text.between[at] & ENDS_CLAUSE:
            return True
        return self._guards.question_is_suspicion and bool(text.between[at] & QUESTION)

    def _is_denied(
        self, text: Words, at: int, phrase: _Phrase, reach: Reach, *, asks: bool
    ) -> bool:
        if text.between[at] & UNTICKED:
            return True
        if is_denied_after(text, at + len(phrase.words), self._guards):
            return True
        if asks:
            return False
        if reach.negated[at] or (phrase.is_acute and reach.old[at]):
            return True
        return at > 0 and text.words[at - 1] == "non" and not text.between[at] & ENDS_CLAUSE


def _phrases_of(value_set: ValueSet, guards: GuardRules) -> list[_Phrase]:
    phrases = []
    for spelling, cancels in (
        *((spelling, False) for spelling in value_set.text),
        *((spelling, True) for spelling in value_set.text_not),
    ):
        needs_question, words = phrase_words(spelling)
        if words:
            asks = needs_question or bool(found_at(words, 0, guards.suspicion))
            is_acute = value_set.course == "acute"
            phrases.append(
                _Phrase(value_set.id, spelling, words, needs_question, asks, is_acute, cancels)
            )
    return phrases


def _quote(text: Words, first: int, end: int) -> str:
    """The clause around the words `first` to `end`, as far as it fits: first to the right, then to the left."""
    start, stop = text.starts[first], text.ends[end - 1]
    while end < len(text.words) and not text.between[end] & _ENDS_QUOTE:
        if text.ends[end] - start > MAX_QUOTE:
            break
        stop = text.ends[end]
        end += 1
    while first > 0 and not text.between[first] & _ENDS_QUOTE:
        if stop - text.starts[first - 1] > MAX_QUOTE:
            break
        first -= 1
        start = text.starts[first]
    if text.between[first] & QUESTION:
        start = max(text.text.rfind("?", 0, start), 0)
    return " ".join(text.text[start : min(stop, start + 4 * MAX_QUOTE)].split())[:MAX_QUOTE].strip()
