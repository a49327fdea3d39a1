"""How far negation, family history and old history reach in a text.

A guard word cancels what follows it in its clause. Three kinds reach further or less far, as `TextRules` says;
what a rule leaves open is decided for the finding: a missed red flag costs more than one question too many.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cds_service.evidence.text.words import (
    CLOSE,
    COLON,
    ENDS_CLAUSE,
    ENDS_SENTENCE,
    OPEN,
    Words,
    phrase_words,
    word_set,
)
from cds_service.knowledge.model import TextRules

TIME_UNITS: Final = word_set(
    "h hr hrs hour hours d day days night nights wk wks w week weeks fortnight mo mos mth mths "
    "month months y yr yrs year years"
)
_AMOUNTS: Final = word_set(
    "a an few several couple one two three four five six seven eight nine ten eleven twelve"
)
_ALTERNATIVES: Final = frozenset(("or", "nor"))
_COPULAS: Final = frozenset(("is", "are", "was", "were", "has", "have", "been"))
_LONGEST_ITEM: Final = 4
"""Words of the next item in a list like `Fever: no Chills: yes`."""

_Phrases = Mapping[str, Sequence[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Reach:
    """What the guards of one text reach: word i is negated when `negated[i]`, old when `old[i]`."""

    negated: tuple[bool, ...]
    old: tuple[bool, ...]
    suspicion_ends: frozenset[int]
    """Words directly before which a word of suspicion stands."""


@dataclass(frozen=True, slots=True)
class GuardRules:
    """`TextRules` as look-ups by first word."""

    guard: _Phrases
    guard_acute: _Phrases
    guard_after: _Phrases
    breaks: _Phrases
    acute_breaks: _Phrases
    not_guard: _Phrases
    suspicion: _Phrases
    to_sentence_end: frozenset[tuple[str, ...]]
    over_commas: frozenset[tuple[str, ...]]
    question_is_suspicion: bool
    first_words: frozenset[str]
    """Of everything above that reaches forward: a text with none of these words guards nothing."""


def compile_guards(rules: TextRules) -> GuardRules:
    """Index the guard words once, at start."""
    to_sentence_end = _sequences(rules.to_sentence_end)
    over_commas = _sequences(rules.over_commas)
    guard = _by_first_word((*_sequences(rules.guard), *to_sentence_end, *over_commas))
    guard_acute = _by_first_word(_sequences(rules.guard_acute))
    suspicion = _by_first_word(_sequences(rules.suspicion))
    return GuardRules(
        guard=guard,
        guard_acute=guard_acute,
        guard_after=_by_first_word(_sequences(rules.guard_after)),
        breaks=_by_first_word(_sequences(rules.clause_breaks)),
        acute_breaks=_by_first_word(_sequences(rules.guard_acute_breaks)),
        not_guard=_by_first_word(_sequences(rules.not_guard)),
        suspicion=suspicion,
        to_sentence_end=to_sentence_end,
        over_commas=over_commas,
        question_is_suspicion=any(word.strip() == "?" for word in rules.suspicion),
        first_words=frozenset((*guard, *guard_acute, *suspicion)),
    )


def _sequences(phrases: Sequence[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(words for phrase in phrases if (words := phrase_words(phrase)[1]))


def _by_first_word(sequences: Sequence[tuple[str, ...]] | frozenset[tuple[str, ...]]) -> _Phrases:
    index: dict[str, list[tuple[str, ...]]] = {}
    for words in sorted(set(sequences), key=lambda words: (-len(words), words)):
        index.setdefault(words[0], []).append(words)
    return index


def found_at(words: Sequence[str], at: int, phrases: _Phrases) -> tuple[str, ...]:
    """The longest of the phrases that begins at this word; empty when none does."""
    for phrase in phrases.get(words[at], ()):
        if tuple(words[at : at + len(phrase)]) == phrase:
            return phrase
    return ()


def reach_of_guards(text: Words, rules: GuardRules, phrase_spans: Sequence[range]) -> Reach:
    """Where the guards of the text reach. Guards inside the phrases themselves guard nothing.

    One pass for the ends of clauses and sentences, one for the guards: linear in the words of the text.
    """
    words = text.words
    if rules.first_words.isdisjoint(words):
        nowhere = (False,) * len(words)
        return Reach(nowhere, nowhere, frozenset())
    inert = _inert_words(words, rules, phrase_spans)
    breaks, suspicion_ends = _breaks(words, rules)
    limits = _Limits.of(text, breaks)
    acute_breaks = _positions(words, rules.acute_breaks)
    negated, old = [False] * len(words), [False] * len(words)
    negated_until = old_until = 0
    for at in range(len(words)):
        negated[at] = at < negated_until
        old[at] = at < old_until
        if at in inert:
            continue
        guard = found_at(words, at, rules.guard)
        if guard:
            negated_until = max(negated_until, limits.reach(at, guard, rules))
        guard = found_at(words, at, rules.guard_acute)
        if guard and not _speaks_of_time(words, at, guard):
            end = limits.clause_end[at + len(guard) - 1]
            nearer = bisect_right(acute_breaks, at + len(guard) - 1)
            if nearer < len(acute_breaks):
                end = min(end, acute_breaks[nearer])
            old_until = max(old_until, min(end, limits.bracket_end[at]))
    return Reach(tuple(negated), tuple(old), suspicion_ends)


def is_denied_after(text: Words, end: int, rules: GuardRules) -> bool:
    """True when the words directly after a phrase deny it: `fever: absent`, `saddle numbness has resolved`.

    `end` is the first word after the phrase. A word that also negates what follows (`no`) counts only
    where its clause ends, or where the list goes on: in `back pain - no fever` it belongs to the fever.
    """
    words, between = text.words, text.between
    first = end
    while end < len(words) and words[end] in _COPULAS and not between[end]:
        end += 1
    if end >= len(words) or between[end] & ENDS_CLAUSE:
        return False
    denial = found_at(words, end, rules.guard_after)
    if not denial:
        return False
    after = end + len(denial)
    if denial not in rules.over_commas or between[after] & (ENDS_CLAUSE | CLOSE):
        return True
    if after >= len(words):
        return True
    following = between[after + 1 : after + 1 + _LONGEST_ITEM]
    return bool(between[first] & COLON) and any(gap & COLON for gap in following)


def _inert_words(words: Sequence[str], rules: GuardRules, spans: Sequence[range]) -> set[int]:
    inert = {at for span in spans for at in span}
    for at in range(len(words)):
        phrase = found_at(words, at, rules.not_guard)
        inert.update(range(at, at + len(phrase)))
    return inert


def _breaks(words: Sequence[str], rules: GuardRules) -> tuple[set[int], frozenset[int]]:
    breaks: set[int] = set()
    suspicion_ends: set[int] = set()
    guard_ends: set[int] = set()
    for at in range(len(words)):
        guard = found_at(words, at, rules.guard)
        if guard:
            guard_ends.add(at + len(guard))
        # "no reports of fever" denies the fever, "denies trauma, reports fever" does not
        if at not in guard_ends and found_at(words, at, rules.breaks):
            breaks.add(at)
        suspicion = found_at(words, at, rules.suspicion)
        if suspicion:
            # what is asked for is not denied: in "denies fever, r/o acute discitis" a new statement begins
            breaks.add(at)
            suspicion_ends.add(at + len(suspicion))
    return breaks, frozenset(suspicion_ends)


def _positions(words: Sequence[str], phrases: _Phrases) -> list[int]:
    return [at for at in range(len(words)) if found_at(words, at, phrases)]


def _speaks_of_time(words: Sequence[str], at: int, guard: tuple[str, ...]) -> bool:
    """`65 year old`, `past 3 weeks`, `2 day history of`: a length of time, not something that is over."""
    before = words[at - 1] if at else ""
    if before in TIME_UNITS or (before.isdigit() and len(guard) > 1):
        return True
    after = words[at + len(guard) : at + len(guard) + 2]
    return any(word in TIME_UNITS for word in after[:1]) or (
        len(after) > 1 and (after[0].isdigit() or after[0] in _AMOUNTS) and after[1] in TIME_UNITS
    )


@dataclass(frozen=True, slots=True)
class _Limits:
    """For each word the first word that is no longer in its clause, sentence, bracket."""

    clause_end: tuple[int, ...]
    sentence_end: tuple[int, ...]
    bracket_end: tuple[int, ...]
    last_alternative: tuple[int, ...]
    """The last `or`/`nor` in the sentence, from this word on; -1: none follows."""

    @classmethod
    def of(cls, text: Words, breaks: set[int]) -> _Limits:
        count = len(text.words)
        clause, sentence, alternative = [count] * count, [count] * count, [-1] * count
        for at in range(count - 2, -1, -1):
            gap = text.between[at + 1]
            stops = bool(gap & ENDS_SENTENCE) or at + 1 in breaks
            clause[at] = at + 1 if stops or gap & ENDS_CLAUSE else clause[at + 1]
            sentence[at] = at + 1 if stops else sentence[at + 1]
            if not stops:
                alternative[at] = alternative[at + 1]
                if alternative[at] < 0 and text.words[at + 1] in _ALTERNATIVES:
                    alternative[at] = at + 1
        return cls(tuple(clause), tuple(sentence), tuple(_bracket_ends(text)), tuple(alternative))

    def reach(self, at: int, guard: tuple[str, ...], rules: GuardRules) -> int:
        last = at + len(guard) - 1
        end = self.clause_end[last]
        if guard in rules.to_sentence_end:
            end = self.sentence_end[last]
        elif guard in rules.over_commas and self.last_alternative[last] >= 0:
            end = self.clause_end[self.last_alternative[last]]
        return min(end, self.bracket_end[at])


def _bracket_ends(text: Words) -> Iterator[int]:
    """Where the bracket around each word ends: `(no trauma) leg weakness` denies the trauma alone."""
    count = len(text.words)
    ends = [count] * count
    closing: list[int] = []
    for at in range(count - 1, -1, -1):
        if text.between[at + 1] & CLOSE:
            closing.append(at + 1)
        ends[at] = closing[-1] if closing else count
        if text.between[at] & OPEN and closing:
            closing.pop()
    yield from ends
