"""The language of the guideline as frozen values: word classes, patterns, concepts, and the words of each language.

Each class is the shape of one table of the TOML files in `spine_imaging/language/`; `docs/language.md` says how words
are written there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from cds_service.knowledge.kinds import (
    Cited,
    ConceptId,
    CriterionId,
    Sentence,
    ValueSetMention,
    WordClassId,
)
from cds_service.knowledge.table import Region, Table

Role = Literal["finding", "part", "modifier", "context", "care", "value", "cue", "trap", "plain"]
Flag = Literal[
    "open",
    "limb",
    "neuro",
    "function",
    "anchors",
    "pain",
    "topic",
    "event",
    "lasting",
    "habit",
    "watched",
]
Unit = Literal["hour", "day", "week", "fortnight", "month", "year"]

BUILT_IN: Final = ("level", "number", "year", "fraction", "pressure")
"""Classes of numbers: they have no words. A level is `L4`, a fraction `3/5`, a pressure of the blood `80/50`."""


class WordClass(Table):
    """A kind of words, and its part in reading."""

    id: str
    title: str
    role: Role
    flags: tuple[Flag, ...] = ()


class Pattern(Table):
    """Classes of words that mean a concept when they stand together."""

    concept: ConceptId
    all: tuple[tuple[WordClassId, ...], ...]
    """One word of every list."""
    window: int = 0
    """Words of any class from the first to the last of them, at most; 0 for a pattern of one list."""
    near: int = 3
    none: tuple[WordClassId, ...] = ()
    """None of these classes within `near` words."""
    ordered: bool = False
    comma: bool = False
    """May reach over commas."""
    sentences: bool = False
    """May reach over the ends of sentences, and commas too."""
    asked: bool = False
    """Only where the text asks for it."""


class Value(Table):
    """A number that means a concept when it stands behind the word of a measurement. Bounds in the usual unit."""

    concept: ConceptId
    of: WordClassId
    """Class of the words of the measurement; `fraction` for grades of power, `number` for a bare number."""
    at_least: float | None = None
    above: float | None = None
    below: float | None = None
    at_most: float | None = None
    magnitude: bool = False
    """The sign does not matter: T-scores are written with and without it."""
    beside: tuple[WordClassId, ...] = ()
    """Needs a word of these classes nearby in its sentence."""
    beside_too: tuple[WordClassId, ...] = ()
    """And one of these."""
    not_beside: tuple[WordClassId, ...] = ()
    units: tuple[str, ...] = ()
    """One of these follows the number."""
    sources: Cited


class Limits(Table):
    """Numbers that the reading of amounts rests on."""

    chronic_days: int
    """Pain that is called chronic has lasted so many days at least."""
    past_days: int
    """What was more than so many days ago is past, and no length of the pain."""
    recent_days: int
    """What has lasted for longer, as its words say, is not recent (`as_recent` and `as_new` of a concept)."""
    fell: ConceptId
    """What power is that was of a better grade before."""
    fell_recently: ConceptId
    """The same within `recent_days`."""
    fell_to_severe: ConceptId
    """And what it is beside that when no more than `severe_grade` is left, of a toe not."""
    severe_grade: int
    known_days: int
    """What is told to have lasted so many days is known, where nothing is new or worse (`as_known`)."""
    sudden_days: int
    """What began within so many days came suddenly (`as_sudden` of a concept)."""
    fahrenheit_from: float
    """A temperature from here to `fahrenheit_to` can only be in °F."""
    fahrenheit_to: float
    degree_words: tuple[str, ...] = ()
    """Behind a number they make it a temperature, where the word for it follows."""
    sources: Cited


class Concept(Table):
    """What words can mean, and what that is in the guideline."""

    id: str
    short: Sentence
    value_sets: tuple[ValueSetMention, ...] = ()
    criteria: tuple[CriterionId, ...] = ()
    """Stated with it in an order, suspected at most."""
    course: Literal["acute", "chronic"]
    """Acute: told as past it does not count."""
    as_history: ConceptId | None = None
    """The concept that it is when told as past."""
    as_recent: ConceptId | None = None
    """The concept that it is unless its words say that it has lasted."""
    as_new: ConceptId | None = None
    """The concept that it is where its words call it new or say when it began, within `recent_days`."""
    as_sudden: ConceptId | None = None
    """The concept that it is where its words say that it began within `sudden_days`."""
    as_known: ConceptId | None = None
    """The concept that it is where its words call it chronic or years old, and nothing is new or worse."""
    as_unchanged: ConceptId | None = None
    """The concept that it is where its words say that it is as it was for a year, or there since an earlier year."""
    regions: Mapping[Region, ValueSetMention] = {}
    """Its value set when the words name the region."""
    leaves_open: bool = False
    """What it means for the spine is not judged: where nothing else was found, the text is not called understood."""
    only_in_orders: bool = False
    """Too general to mean anything in the title of a problem or a procedure."""
    slight: bool = False
    """Alone it is nothing that a card would name."""


class TimeWords(Table):
    """Words around an amount of time."""

    since: tuple[str, ...] = ()
    lasting: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    almost: tuple[str, ...] = ()
    at_least: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    ago: tuple[str, ...] = ()
    ago_before: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    not_before_fraction: tuple[str, ...] = ()
    looking_back: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    plurals: tuple[str, ...] = ()
    vague: Mapping[str, tuple[float, float]] = {}
    days: Mapping[str, tuple[int, int]] = {}
    past: Mapping[str, tuple[int, int]] = {}


class GradeWords(Table):
    """Words around two grades of power that say which was first."""

    before: tuple[str, ...] = ()
    now: tuple[str, ...] = ()
    fall: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    """A power without a number that is a grade of 5."""
    to: tuple[str, ...] = ()
    of_five: tuple[str, ...] = ()
    """What makes the number before it a grade: `3 out of 5`."""
    units: tuple[str, ...] = ()
    """What makes the number before it no grade but another amount."""


class Tongue(Table):
    """What a language has beside its words."""

    name: str
    capitals: tuple[str, ...] = ()
    """Short words that mean their class only when written in capitals."""
    capitals_or_not: tuple[str, ...] = ()
    """Of these, what nobody can tell in a text that is all capitals."""
    ordinary: tuple[str, ...] = ()
    """Words of other languages' lists that are ordinary words of this one."""
    verb_last: bool = False
    """Conditionals stand at the end of the sentence and reach back over its commas."""
    endings: tuple[tuple[str, str], ...] = ()
    """Inflection: an ending, and what stands in its place in the listed word."""
    loose_endings: tuple[tuple[str, str], ...] = ()
    """The same, for words that are known by it but need not mean what the listed word means."""
    spellings: tuple[tuple[str, str], ...] = ()
    """What writers without the letters of the language type, and the folded letter: `ae` for `ä`."""
    misspelt: Mapping[str, str] = {}
    """Short words as they are often mistyped, and the listed word: one edit in a long word needs no list."""
    fillers: tuple[str, ...] = ()
    """Words that may stand inside a listed phrase and change nothing: `just` in "legs just quit"."""
    opens_inability: tuple[str, ...] = ()
    """How a clause begins that says what is not possible: behind "denies fever, " it is denied no more."""
    abbreviations: tuple[str, ...] = ()
    """A full stop behind them ends no sentence."""
    prefixes: tuple[str, ...] = ()
    """Short words that are written together with the next one."""
    beside_names: tuple[str, ...] = ()
    """Beside them an unknown word is the name of a disease or drug: `disease`, `taking`."""
    name_endings: tuple[str, ...] = ()
    """Endings of the names of diseases and drugs: `-itis`, `-mab`."""
    joined: tuple[str, ...] = ()
    """Denials that some write together with what they deny."""
    therapy_before: tuple[str, ...] = ()
    """Directly before PT they make it physiotherapy, not the patient."""
    therapy_after: tuple[str, ...] = ()
    units: Mapping[Unit, tuple[str, ...]] = {}
    numbers: Mapping[str, float] = {}
    months: Mapping[str, int] = {}
    time: TimeWords = TimeWords()
    grades: GradeWords = GradeWords()


Words = Mapping[str, tuple[str, ...]]
"""Words by class."""


class Language(Table):
    """All that is known of how clinicians write."""

    classes: Mapping[str, WordClass]
    patterns: tuple[Pattern, ...]
    values: tuple[Value, ...]
    limits: Limits
    concepts: Mapping[str, Concept]
    tongues: Mapping[str, Tongue]
    """By two-letter code."""
    words: Mapping[str, Words]
    """By two-letter code."""
