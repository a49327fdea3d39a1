"""How long symptoms have lasted, as a text states it.

Most lengths of time in an order's text are not the symptom's: care, follow-up, surgery, age. A length counts when it
belongs to a symptom, or stands there with nothing else that it could belong to; the rest is not read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final, Literal

from cds_service.evidence.model import StatedDuration
from cds_service.evidence.text import duration_words as lexicon
from cds_service.evidence.text.lengths import (
    MAX_DURATION,
    Length,
    Token,
    lengths,
    tokens_of,
    word_at,
)
from cds_service.evidence.text.words import folded

MAX_QUOTE: Final = 60
"""Characters of a quote."""

_WINDOW: Final = 15
"""Words before and after a length that are looked at: more belongs to something else, and keeps reading linear."""
_NEAR: Final = 6
_HARD_STOPS: Final = frozenset((".", ";", "!", "?", "\n", "but"))
_SOFT_STOPS: Final = frozenset((",", ":", "(", ")", "[", "]"))
_HINT: Final = re.compile(
    r"[0-9]|\b(?:days?|weeks?|wks?|months?|mths?|years?|yrs?|fortnight|hours?|since|onset|began|started|"
    r"yesterday|today|tonight|morning|night)\b",
    re.IGNORECASE,
)
"""The quick look: most problem titles have neither a digit nor a unit nor an onset."""

_Topic = Literal["symptom", "worse", "other", "unknown", "nothing"]


def read_duration(text: str, written_on: date | None) -> StatedDuration | None:
    """The longest duration of symptoms that the text states; None when it states none.

    `written_on` turns `since March` into days; without it only lengths that need no date are read. A number of
    units means at least as many and less than one more: `3 weeks` is 21 to 27 days. `about` changes nothing, for
    nobody counts days. What has no upper end (`over six weeks`, `worse for a week`) has `MAX_DURATION` as its most.
    """
    plain = folded(text)
    if _HINT.search(plain) is None:
        return None
    tokens = tokens_of(plain)
    stated: StatedDuration | None = None
    for length in lengths(tokens, written_on):
        topic = _topic_of(tokens, length)
        if topic not in ("symptom", "worse"):
            continue
        most = MAX_DURATION if topic == "worse" else length.most
        if stated is None or (length.least, most) > (stated.least, stated.most):
            quote = " ".join(plain[tokens[length.first].start : tokens[length.end - 1].end].split())
            stated = StatedDuration(length.least, most, quote[:MAX_QUOTE])
    return stated


def _topic_of(tokens: Sequence[Token], length: Length) -> _Topic:
    """What the length is the length of."""
    if _is_no_length(tokens, length):
        return "other"
    if length.kind == "day":
        cue = _onset_before(tokens, length.first)
        if cue is None:
            is_alone = len(tokens) == length.end - length.first and length.least + length.most > 0
            return "symptom" if is_alone else "other"
        return _before(tokens, cue) if _before(tokens, cue) != "nothing" else "symptom"
    named, is_of = _named_after(tokens, length.end)
    before = _before(tokens, length.first)
    if is_of:
        return named
    if before in ("symptom", "worse") and (
        named == "nothing" or _is_adjacent(tokens, length.first)
    ):
        return before
    if named != "nothing":
        return named
    if before == "nothing":
        return _rest_of_clause(tokens, length.end)
    return before


def _is_no_length(tokens: Sequence[Token], length: Length) -> bool:
    """Ages, rates and dates to come: `45 years old`, `3 days a week`, `in 6 weeks`, `6 weeks after surgery`."""
    before, after = word_at(tokens, length.first - 1), word_at(tokens, length.end)
    if length.kind != "amount":
        return before in lexicon.NEVER_BEFORE
    if after in lexicon.AGE_AFTER or (after == "of" and word_at(tokens, length.end + 1) == "age"):
        return True
    if after in lexicon.RATE_AFTER or (
        after == "a" and word_at(tokens, length.end + 1) in lexicon.UNIT_OF_WORD
    ):
        return True
    is_bound = not lexicon.BINDING_PREFIXES.isdisjoint(length.prefix)
    if after in lexicon.EVENT_AFTER and not is_bound:
        return True
    is_a_rate = before in lexicon.UNIT_OF_WORD and word_at(tokens, length.first) in ("a", "an")
    if is_a_rate or before in lexicon.NEVER_BEFORE:
        return True
    if before in ("in", "after") and lexicon.LOOKING_BACK.isdisjoint(length.prefix):
        return before == "in" or _before(tokens, length.first - 1) != "symptom"
    return False


def _class_of(word: str) -> _Topic:
    if word in lexicon.OTHER_TOPICS:
        return "other"
    if word in lexicon.SYMPTOMS or word in lexicon.COURSE:
        return "symptom"
    if word in lexicon.WORSENING:
        return "worse"
    if word in lexicon.NEUTRAL or not word.isalpha():
        return "nothing"
    return "unknown"


def _before(tokens: Sequence[Token], first: int) -> _Topic:
    """The nearest topic before a length, in its clause, or before that when the clause names nothing at all."""
    is_unknown = False
    for at in range(first - 1, max(first - 1 - _WINDOW, -1), -1):
        word = tokens[at].word
        if word in _HARD_STOPS:
            break
        if word in _SOFT_STOPS:
            if is_unknown:
                break
            continue
        topic = _class_of(word)
        if topic == "unknown":
            is_unknown = True
        elif topic != "nothing":
            return "other" if _is_denied(tokens, at) else topic
    return "unknown" if is_unknown else "nothing"


def _is_denied(tokens: Sequence[Token], at: int) -> bool:
    """`no pain for 3 weeks`; `no relief for 3 weeks` speaks of pain all the same."""
    if tokens[at].word not in lexicon.SYMPTOMS:
        return False
    return any(
        word_at(tokens, before) in lexicon.NEGATIONS
        and word_at(tokens, before + 1) not in lexicon.COURSE
        for before in range(at - 3, at)
    )


def _is_adjacent(tokens: Sequence[Token], first: int) -> bool:
    """True when nothing but words without a topic stands between the topic and the length."""
    for at in range(first - 1, max(first - 1 - _NEAR, -1), -1):
        topic = _class_of(tokens[at].word)
        if topic != "nothing":
            return topic in ("symptom", "worse")
    return False


def _named_after(tokens: Sequence[Token], end: int) -> tuple[_Topic, bool]:
    """The topic named directly after a length, and whether the words tie it to it (`of`, `history`)."""
    is_of = False
    for at in range(end, min(end + _NEAR, len(tokens))):
        word = tokens[at].word
        if word in lexicon.TIES:
            is_of = True
            continue
        if word in lexicon.ADJECTIVES or word in "/-":
            continue
        topic = _class_of(word)
        if topic in ("symptom", "other"):
            return topic, is_of
        if word in _HARD_STOPS or word in _SOFT_STOPS or not is_of:
            break
    # weeks of something that we don't know are not weeks of pain
    return ("unknown", True) if is_of and word_at(tokens, end) == "of" else ("nothing", False)


def _rest_of_clause(tokens: Sequence[Token], end: int) -> _Topic:
    """For a length that nothing stands before: a symptom after it, or nothing at all, makes it the symptom's."""
    for at in range(end, min(end + _WINDOW, len(tokens))):
        word = tokens[at].word
        if word in _HARD_STOPS or word in _SOFT_STOPS:
            break
        topic = _class_of(word)
        if topic != "nothing":
            return topic
    return "symptom"


def _onset_before(tokens: Sequence[Token], first: int) -> int | None:
    """Where the word of onset stands that a named day belongs to: `woke yesterday with`, `acute onset today`."""
    for at in range(first - 1, max(first - 1 - _NEAR, -1), -1):
        word = tokens[at].word
        if word in lexicon.ONSETS:
            return at
        if word in _HARD_STOPS or word in _SOFT_STOPS or _class_of(word) == "other":
            return None
    return None
