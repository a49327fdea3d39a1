"""The words that say who, when and whether, as bits, and what can be said of a finding, as flags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.folding import folded
from cds_service.evidence.text.tokens import words_of
from cds_service.knowledge.anchors import WordClasses
from cds_service.knowledge.language import Language

DENIED: Final = 1
UNCLEAR: Final = 2
"""The second half of a bare pair behind `no`: "no trauma, leg weakness" may deny both."""
PAST: Final = 4
OTHER: Final = 8
"""Of another person."""
MIGHT: Final = 16
"""Advice, risk, worry: it may come."""
ASKED: Final = 32
ENDED: Final = 128
"""Past, and told to be over: long ago, in an earlier year, given up."""
SINCE: Final = 512
"""There since an earlier year: known, and not over."""
GONE: Final = 256
"""Denied by a word that says it was there: cleared, resolved."""
STEADY: Final = 64
"""Known and as it was: what begins within days is not that, what lasts is."""


class Cues:
    """The classes by which a text says something of its findings. Built once."""

    __slots__ = (
        "advice",
        "advice_behind",
        "advice_topic",
        "affirmed",
        "and_or",
        "ask",
        "ask_behind",
        "at_risk",
        "began",
        "behind",
        "brings",
        "but",
        "cannot",
        "condition",
        "cues",
        "denial",
        "denial_of_all",
        "denies_any",
        "denies_enough",
        "denies_first",
        "denies_list",
        "denies_next",
        "dismissed",
        "excepts",
        "family",
        "fear",
        "finding",
        "fresh",
        "function",
        "happened",
        "history",
        "history_behind",
        "if_",
        "imaging",
        "lists",
        "lost",
        "low_chance",
        "named",
        "nerves",
        "neuro",
        "no_denial",
        "now",
        "number",
        "numbers",
        "of_dismissal",
        "opens_clause",
        "opens_inability",
        "or_",
        "over",
        "pain",
        "patient",
        "quiet",
        "relative",
        "says_more",
        "since",
        "soft_turn",
        "speaks_for",
        "spine_pain",
        "steady",
        "tells",
        "told",
        "triggers",
        "turn",
        "units",
        "verb_last",
        "weighs",
        "with_",
        "year",
    )

    def __init__(  # noqa: PLR0915 - one mask each
        self, bits: ClassBits, language: Language, units: frozenset[str]
    ) -> None:
        self.units = units
        """Units of time: before a cue of history they make it a length."""
        self.verb_last = frozenset(
            code for code, tongue in language.tongues.items() if tongue.verb_last
        )
        """Languages whose conditionals stand at the end of the sentence."""
        self.opens_inability = _by_first_word(
            beginning
            for tongue in language.tongues.values()
            for beginning in tongue.opens_inability
        )
        """Beginnings of clauses as words, by their first word."""
        self.opens_clause = bits.mask(WordClasses.OPENS_CLAUSE)
        self.tells = bits.mask(WordClasses.TELLS)
        self.fresh = bits.mask(WordClasses.FRESH)
        self.now = bits.mask(WordClasses.NOW)
        self.denies_first = bits.mask(WordClasses.DENIES_FIRST)
        self.denies_enough = bits.mask(WordClasses.DENIES_ENOUGH)
        self.weighs = bits.mask(WordClasses.WEIGHS_CHANCE)
        self.low_chance = bits.mask(WordClasses.LOW_CHANCE)
        self.denies_next = bits.mask(WordClasses.DENIES_NEXT)
        self.denies_list = bits.mask(WordClasses.DENIES_LIST)
        self.with_ = bits.mask(WordClasses.WITH)
        self.but = bits.mask(WordClasses.BUT)
        self.excepts = bits.mask(WordClasses.EXCEPTS)
        self.denial = bits.mask(WordClasses.DENIAL)
        self.denial_of_all = bits.mask(WordClasses.DENIAL_OF_ALL)
        self.behind = bits.mask(WordClasses.DENIAL_BEHIND, WordClasses.DENIES_LIST)
        self.history = bits.mask(WordClasses.HISTORY)
        self.history_behind = bits.mask(WordClasses.HISTORY_BEHIND)
        self.family = bits.mask(WordClasses.FAMILY_HISTORY)
        self.brings = bits.mask(WordClasses.BRINGS)
        self.speaks_for = bits.mask(WordClasses.SPEAKS_FOR)
        self.relative = bits.mask(WordClasses.RELATIVE)
        self.patient = bits.mask(WordClasses.PATIENT)
        self.advice = bits.mask(WordClasses.ADVICE)
        self.at_risk = bits.mask(WordClasses.AT_RISK)
        self.fear = bits.mask(WordClasses.FEAR)
        self.began = bits.mask(
            WordClasses.NEW, WordClasses.RAPID, WordClasses.NOW, WordClasses.WEEKDAY
        )
        """Words that say when something began, or that it is there."""
        self.advice_behind = bits.mask(WordClasses.ADVICE_BEHIND)
        self.advice_topic = bits.mask(WordClasses.ADVICE_TOPIC)
        self.lists = bits.mask(WordClasses.LISTS)
        self.if_ = bits.mask(WordClasses.IF)
        self.told = bits.mask(WordClasses.TOLD)
        self.over = bits.mask(WordClasses.OVER)
        self.dismissed = bits.mask(WordClasses.DISMISSED)
        self.of_dismissal = bits.of_role("cue", "trap", "plain") | bits.mask(
            WordClasses.YEAR, WordClasses.NUMBER, WordClasses.OTHER_TOPIC
        )
        """What may stand beside such a word: by which images, when."""
        self.steady = bits.mask(WordClasses.STEADY)
        self.imaging = bits.mask(WordClasses.OTHER_TOPIC)
        self.condition = bits.mask(WordClasses.CONDITION)
        self.turn = bits.mask(WordClasses.TURN)
        self.soft_turn = bits.mask(WordClasses.SOFT_TURN)
        self.affirmed = bits.mask(WordClasses.AFFIRMED)
        self.no_denial = bits.mask(WordClasses.NO_DENIAL)
        self.quiet = bits.mask(WordClasses.INFORMANT) | bits.of_role("trap")
        self.and_or = bits.mask(WordClasses.AND_OR)
        self.or_ = bits.mask(WordClasses.OR)
        self.ask = bits.mask(WordClasses.QUESTION)
        self.ask_behind = bits.mask(WordClasses.QUESTION_BEHIND)
        self.year = bits.mask(WordClasses.YEAR)
        self.since = bits.mask(WordClasses.SINCE)
        self.number = bits.mask(WordClasses.NUMBER)
        self.numbers = bits.mask(WordClasses.NUMBER, WordClasses.FRACTION, WordClasses.YEAR)
        self.pain = bits.mask(WordClasses.PAIN)
        self.cannot = bits.mask(WordClasses.CANNOT)
        self.lost = bits.mask(WordClasses.LOSS, WordClasses.LAX)
        self.denies_any = bits.mask(WordClasses.DENIES_ANY)
        self.spine_pain = bits.with_flag("pain") & bits.with_flag("anchors") & ~self.pain
        self.spine_pain |= bits.mask(
            WordClasses.SPINE, WordClasses.CERVICAL, WordClasses.THORACIC, WordClasses.LUMBAR
        )
        self.finding = bits.of_role("finding", "part")
        self.named = bits.of_role("finding")
        """Says what is wrong by itself."""
        self.function = bits.with_flag("function")
        self.neuro = bits.with_flag("neuro")
        self.nerves = self.neuro | self.function | bits.mask(WordClasses.CANNOT, WordClasses.LOSS)
        """What the nerves do, and words that say that it is lost."""
        self.happened = bits.mask(
            WordClasses.ROAD_CRASH,
            WordClasses.HIGH_ENERGY,
            WordClasses.FALL,
            WordClasses.INJURY,
            WordClasses.SPINAL_PROCEDURE,
        )
        self.triggers = (
            bits.of_role("cue", "trap")
            & ~(self.affirmed | self.and_or | self.or_ | self.quiet | self.told | self.lists)
        ) | bits.mask(WordClasses.YEAR)
        """A sentence without one of these, and without an amount of time long ago, only states."""
        self.says_more = (
            self.turn
            | self.affirmed
            | self.numbers
            | self.cannot
            | bits.mask(
                WordClasses.LEFT,
                WordClasses.RIGHT,
                WordClasses.LEVEL,
                WordClasses.NEW,
                WordClasses.RAPID,
                WordClasses.PROGRESSIVE,
            )
        ) & ~self.with_
        """Words by which an item of a list is more than denied."""
        self.cues = (bits.of_role("cue", "trap") & ~self.affirmed & ~self.and_or) | bits.mask(
            WordClasses.PAIN, WordClasses.YEAR, WordClasses.NUMBER
        )


def _by_first_word(beginnings: Iterable[str]) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for beginning in beginnings:
        words = tuple(words_of(folded(beginning)))
        found[words[0]].append(words)
    return {word: tuple(listed) for word, listed in found.items()}
