"""What a CodeableConcept means to the guideline: its value sets, by code and by phrase."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from cds_service.coding import written_code
from cds_service.evidence.codes.certainty import Certainty, certainty_of, surest
from cds_service.evidence.codes.codeable import Concept, read_concept
from cds_service.evidence.codes.index import (
    CONTRAST_AGENTS,
    IMPLANTS,
    SPINE_SURGERY,
    CodeIndex,
    CodeMeaning,
    Seventh,
)
from cds_service.evidence.codes.observation_names import NamedObservation
from cds_service.evidence.loose_json import each
from cds_service.evidence.model import Via
from cds_service.evidence.raw import NOTHING, READ_ERRORS, plain
from cds_service.evidence.text.model import Statement
from cds_service.evidence.text.word_lists import ENGLISH
from cds_service.knowledge.anchors import ValueSets

_CLAUSE_MARKS: Final = frozenset(".;,\n\r")
_SIMPLE_TYPES: Final = (dict, list, str)


class ConceptHit(Struct, frozen=True, gc=False):
    """One value set that a concept is in."""

    value_set: str
    via: Via
    system: str
    """System word of the code that matched; empty for a text match."""
    code: str
    """The plain code; for a text match the phrase."""
    seventh: Seventh = ""


class ConceptReading(Struct, frozen=True):
    """One CodeableConcept as it was read."""

    display: str = ""
    """text, else a display, else a code."""
    text: str = ""
    """All of its text, lower case."""
    codings: tuple[tuple[str, str], ...] = ()
    hits: tuple[ConceptHit, ...] = ()
    """One a value set at most; none for a family history."""
    is_family: bool = False
    is_unreadable: bool = False
    """Something stands there that is no concept in any shape."""
    certainty: Certainty = ""
    """How sure the coder was, where a letter beside the code says so."""
    texts: tuple[str, ...] = ()
    """Its text and every display as they are written, each once."""

    @property
    def is_classified(self) -> bool:
        """A code of ICD-10 says what it is: our sets take its codes by whole branches, and leave out on purpose."""
        return any(system in _ICD for system, _ in self.codings)

    @property
    def value_sets(self) -> frozenset[str]:
        """Ids of its value sets."""
        return frozenset(hit.value_set for hit in self.hits)

    def is_in(self, value_set: str) -> bool:
        """Whether it is in one value set."""
        for hit in self.hits:  # noqa: SIM110 - asked for every observation; a generator takes twice as long
            if hit.value_set == value_set:
                return True
        return False


_SIZE_IN_WORDS: Final = frozenset({ValueSets.AAA_KNOWN})
"""Value sets whose codes do not say what decides: how large an aneurysm is stands in words."""
_AS_ALLERGY: Final = "allergy: {}"
"""A list of allergies names the substance alone: it is read as an order would put it."""
_ICD: Final = ("icd10cm", "icd10")
_IN_TITLE: Final = re.compile(r"[^\W\d_]+")
"""One word behind the last comma."""
_LONGEST_PART: Final = 4
"""Words between the commas of a title."""


def _without_title_commas(text: str) -> str:
    """`Radiculopathy, lumbar region, bilateral`: the commas of a title part one thing from what it is like."""
    parts = text.split(", ")
    is_title = len(parts) > 1 and _IN_TITLE.fullmatch(parts[-1]) is not None
    if not is_title or any(len(part.split()) > _LONGEST_PART for part in parts):
        return text
    return " ".join(parts)


def _distinct(text: str, displays: list[str]) -> tuple[str, ...]:
    """The text and the displays of a concept, each once."""
    return tuple(dict.fromkeys(filter(None, (text, *displays))))


NO_CONCEPT: Final = ConceptReading()
_UNREADABLE: Final = ConceptReading(is_unreadable=True)


class _CodingShape(Struct, gc=False):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class _ConceptShape(Struct, gc=False):
    coding: list[_CodingShape] = []
    text: str | None = None
    concept: Raw = NOTHING
    """CodeableReference of R5."""


_DECODE: Final = msgspec.json.Decoder(_ConceptShape).decode
_Codings = list[tuple[CodeMeaning, str]]
"""(what the code means, display)"""


class Readings:
    """What was read so far of codes and names."""

    __slots__ = ("concepts", "in_texts", "named", "other_studies", "past")

    def __init__(self) -> None:
        self.concepts: dict[bytes, ConceptReading] = {b"": NO_CONCEPT, b"null": NO_CONCEPT}
        """By JSON text."""
        self.in_texts: dict[tuple[str, ...], tuple[ConceptHit, ...] | None] = {}
        """By its texts: what all words of a concept in no value set mean."""
        self.named: dict[str, NamedObservation | None] = {}
        """What the names of observations mean that no value set holds."""
        self.past: dict[tuple[str, ...], frozenset[str]] = {}
        """By its texts: what the words of a coded concept tell as past."""
        self.other_studies: set[tuple[bytes, bytes, bytes]] = set()
        """(code, body site, category) of what is known to be no study of the spine."""

    @property
    def size(self) -> int:
        """Entries of the fullest of them."""
        return max(len(getattr(self, name)) for name in self.__slots__)


class ConceptReader:
    """Reads the concepts of one record or one order, each distinct one once.

    Nothing of it outlives the call, but for an index that keeps readings (`kept_readings`).
    """

    __slots__ = ("_bare", "_in_texts", "_index", "_prepare", "known", "readings")

    def __init__(self, index: CodeIndex, prepare: Callable[[str], str] | None = None) -> None:
        """`prepare` makes a text ready for reading: an order's words of contrast deny nothing."""
        self._index = index
        self._prepare = prepare
        self.readings = (
            Readings() if index.kept_readings is None else index.kept_readings.of(prepare)
        )
        """What was read so far."""
        self.known = self.readings.concepts
        """The concepts among it, by JSON text."""
        self._bare = index.everyday | _SIZE_IN_WORDS
        self._in_texts = self.readings.in_texts

    def read(self, raw: Raw) -> ConceptReading:
        """What the concept means; `NO_CONCEPT` when there is none.

        Reads a CodeableConcept, several as one, R5's CodeableReference, a Coding, and plain text.
        """
        written = bytes(raw)
        known = self.known.get(written)
        if known is None:
            known = self.known[written] = self._first_read(raw)
        return known

    def read_words(self, code: ConceptReading) -> tuple[ConceptHit, ...] | None:
        """What all words of a concept in no value set mean, its text and every display; None: not understood.

        Asked of what only its words can tell; the same words are read once.
        """
        return self._words_of(code.texts)

    def words_of(self, concept: Concept) -> tuple[ConceptHit, ...] | None:
        """The same of a concept that is decoded already."""
        return self._words_of(_distinct(concept.text, [c.display for c in concept.codings]))

    def _words_of(self, texts: tuple[str, ...]) -> tuple[ConceptHit, ...] | None:
        if texts not in self._in_texts:
            self._in_texts[texts] = self._meant_by(texts)
        return self._in_texts[texts]

    def _meant_by(self, texts: tuple[str, ...]) -> tuple[ConceptHit, ...] | None:
        reader = self._index.reader
        found: dict[str, ConceptHit] = {}
        is_understood = False
        for text in texts:
            if self._is_family_clause(text):
                is_understood = True
                continue
            reading = reader.read(_without_title_commas(text))
            # a title needs nothing that says what it is about: it is what it names
            is_known = not (reading.left_over or reading.is_only_a_place or reading.names_unjudged)
            is_old = self._index.is_said_to_be_old(text)
            for statement in reading.statements:
                if not reader.counts_in_titles(statement):
                    continue
                value_sets = reader.value_sets(statement)
                # what only an order can state is no part of the record, but the title says it
                is_known = is_known and bool(value_sets or not reader.is_telling(statement))
                for value_set in value_sets:
                    if value_set in CONTRAST_AGENTS or self._is_called_other(value_set, text):
                        continue
                    if is_old and self._index.is_acute(value_set):
                        continue
                    found.setdefault(value_set, ConceptHit(value_set, "text", "", statement.quote))
            is_understood = is_understood or is_known
        return tuple(found.values()) if found or is_understood else None

    def only_asked(self, concept: Concept) -> frozenset[str]:
        """Value sets that the words of a concept ask for ("?CES", "rule out") and do not state."""
        counts = self._index.reader.counts
        said = self._said_of(concept.text, *(coding.display for coding in concept.codings))
        return frozenset(
            value_set
            for value_set, statements in said.items()
            if {one.state for one in statements if counts(one)} == {"asked"}
        )

    def _said_of(self, *texts: str) -> Mapping[str, list[Statement]]:
        """What texts say of each value set that they speak of."""
        reader = self._index.reader
        said: dict[str, list[Statement]] = {}
        for text in dict.fromkeys(filter(None, texts)):
            for statement in reader.read(text).statements:
                for value_set in reader.value_sets(statement):
                    said.setdefault(value_set, []).append(statement)
        return said

    def _is_called_other(self, value_set: str, text: str) -> bool:
        """A TENS unit is a stimulator and no implant, and the fusion of an ankle no surgery of the spine."""
        if value_set in SPINE_SURGERY:
            return self._index.is_operated_elsewhere(text)
        return value_set in IMPLANTS and value_set in self._index.phrases.cancelled(text)

    def agents_of(self, concept: Concept) -> tuple[ConceptHit, ...]:
        """The contrast agents that the words of an allergy mean, the general name only where no other stands."""
        reader = self._index.reader
        found: dict[str, ConceptHit] = {}
        for text in dict.fromkeys((concept.text, *(c.display for c in concept.codings))):
            if not text or self._is_of_a_relative(text):
                continue
            for statement in reader.read(_AS_ALLERGY.format(text)).statements:
                if reader.counts(statement):
                    for value_set in reader.value_sets(statement):
                        hit = ConceptHit(value_set, "text", "", statement.quote)
                        found.setdefault(value_set, hit)
        agents = [found[name] for name in CONTRAST_AGENTS if name in found]
        named = [hit for hit in agents if hit.value_set != ValueSets.CONTRAST_AGENT_UNSPECIFIED]
        return tuple(named or agents)

    def sharper_words(self, code: ConceptReading) -> tuple[ConceptHit, ...]:
        """What the words of a concept add that no code says, or one that is of a spine complaint and no more.

        `Low back pain` is the code under which saddle numbness is written too. Of what only words say every word
        counts: `new weakness of both legs`, `myeloma on daratumumab`. To every other code they add nothing: it says
        more exactly what it means.
        """
        for hit in code.hits:
            if hit.via != "text" and hit.value_set not in self._bare:
                return ()
        everyday = self._index.everyday
        return tuple(
            [
                hit
                for hit in (code.hits and self.read_words(code)) or ()
                if hit.value_set not in everyday and not code.is_in(hit.value_set)
            ]
        )

    def told_as_past(self, code: ConceptReading) -> frozenset[str]:
        """Acute value sets that the words of a coded concept tell as past: `History of cauda equina syndrome`."""
        known = self.readings.past.get(code.texts)
        if known is None:
            known = self.readings.past[code.texts] = self._past(code.texts)
        return known

    def _past(self, texts: tuple[str, ...]) -> frozenset[str]:
        if not any(map(self._index.is_said_to_be_old, texts)):
            return frozenset()
        return frozenset(
            value_set
            for value_set, statements in self._said_of(*texts).items()
            if self._index.is_acute(value_set)
            and {one.state for one in statements} == {"historical"}
        )

    def names_nothing(self, code: ConceptReading) -> bool:
        """A code of ICD-10 that names a part of the body and no disease: only its words can tell."""
        bare = self._index.rules.icd10_without_disease
        return any(system in _ICD and written.startswith(bare) for system, written in code.codings)

    def has_no_bearing(self, code: ConceptReading) -> bool:
        """A code of ICD-10 says so: of a chapter or range in which no disease of the spine has its codes."""
        for system, written in code.codings:
            if system not in _ICD or not written:
                continue
            rules = self._index.rules
            if not written.startswith(rules.icd10_chapters_near_the_spine):
                return True
            if written.startswith(rules.icd10_without_bearing):
                return True
        return False

    def read_each(self, raw: Raw) -> Iterator[ConceptReading]:
        """The concepts of a list, one at a time; also reads one that stands alone."""
        if raw is NOTHING:
            return
        for entry in each(plain(raw)):
            yield self.read_plain(entry)

    def read_plain(self, value: object) -> ConceptReading:
        """A concept that is decoded already."""
        return self._read_loosely(value)

    def read_text(self, text: str) -> ConceptReading:
        """A text that stands for a concept, such as the name of a device."""
        return self._reading([], text) if text else NO_CONCEPT

    def _first_read(self, raw: Raw) -> ConceptReading:
        try:
            shape = _DECODE(raw)
        except READ_ERRORS:
            return self._read_loosely(plain(raw))
        if not shape.coding and not shape.text:
            # why: a Coding, R5's CodeableReference and an empty concept all look like this
            return self._read_loosely(plain(raw))
        meaning = self._index.meaning
        codings = [
            (meaning(coding.system, coding.code or ""), (coding.display or "").strip())
            for coding in shape.coding
        ]
        reading = self._reading(codings, (shape.text or "").strip())
        certainty = certainty_of(raw, self._index.compiled.certainties)
        return replace(reading, certainty=certainty) if certainty else reading

    def _read_loosely(self, value: object) -> ConceptReading:
        if value is None:
            return NO_CONCEPT
        if not isinstance(value, _SIMPLE_TYPES):
            return _UNREADABLE
        return self.read_concept(read_concept(value))

    def read_concept(self, concept: Concept) -> ConceptReading:
        """A concept as it is written."""
        meaning = self._index.meaning
        reading = self._reading(
            [(meaning(c.uri, c.code), c.display) for c in concept.codings], concept.text
        )
        if not concept.certainty_letters:
            return reading
        certainty = surest(concept.certainty_letters, self._index.compiled.certainties)
        return replace(reading, certainty=certainty)

    def _reading(self, codings: _Codings, text: str) -> ConceptReading:
        displays = [display for _, display in codings if display]
        words = text or "; ".join(displays)
        known = [code for code, _ in codings if code.system is not None and code.code]
        label = text or (displays[0] if displays else "")
        if not label:
            label = next(
                (written_code(code.system, code.code) for code, _ in codings if code.code), ""
            )
        if not known and not words:
            return ConceptReading(label)
        every = _distinct(text, displays)
        lowered = words.lower()
        texts = [text] if text else displays
        is_family, has_family_words = self._family(known, displays, text, lowered)
        hits: tuple[ConceptHit, ...] = ()
        if not is_family:
            hits = self._hits(known, texts, has_family_words=has_family_words)
            if hits and any(map(self._is_of_a_relative, texts)):
                hits = tuple([hit for hit in hits if self._index.is_acute(hit.value_set)])
                is_family = not hits
        codes = tuple([(code.system or "", code.code) for code in known])
        return ConceptReading(label, lowered, codes, hits, is_family, texts=every)

    def _hits(
        self, codings: list[CodeMeaning], texts: list[str], *, has_family_words: bool
    ) -> tuple[ConceptHit, ...]:
        found: dict[str, ConceptHit] = {}
        for code in codings:
            for value_set in code.value_sets:
                earlier = found.get(value_set)
                # why: a SNOMED code beside an ICD-10-CM one has no 7th character, and that says what is over
                if earlier is None or (code.seventh and not earlier.seventh):
                    found[value_set] = ConceptHit(
                        value_set, "code", code.system or "", code.code, code.seventh
                    )
        coded = tuple(found)
        for text in texts:
            if has_family_words and self._is_family_clause(text):
                continue
            # what the code says already needs no reading
            phrases = self._index.phrases.read(
                self._prepare(text) if self._prepare else text, settled=found
            )
            new = [
                phrase
                for phrase in phrases
                if not self._index.is_text_settled_by_code(phrase.value_set, coded)
            ]
            denied = self._denied_abroad(text) if new else frozenset()
            for phrase in new:
                if phrase.value_set not in denied:
                    found[phrase.value_set] = ConceptHit(
                        phrase.value_set, "text", "", phrase.phrase
                    )
        return tuple(found.values())

    def _denied_abroad(self, text: str) -> frozenset[str]:
        """Value sets that a text in another language says are not there: phrases know denials in English."""
        reader = self._index.reader
        if reader.language(text) == ENGLISH:
            return frozenset()
        return frozenset(
            value_set
            for value_set, statements in self._said_of(text).items()
            if not any(map(reader.counts, statements))
        )

    def _family(
        self, codings: list[CodeMeaning], displays: list[str], text: str, lowered: str
    ) -> tuple[bool, bool]:
        """Whether it is a family history, and whether any of its words speak of one at all.

        It is one by its code, by a display that says so, or by a text that begins so. A coded cancer whose text
        goes on about a mother's is still the patient's.
        """
        rules = self._index.compiled
        by_code = False
        for code in codings:
            by_code = by_code or code.is_family
        if text and displays and displays.count(text) < len(displays):
            lowered = "; ".join((text, *displays)).lower()
        words = rules.family_words
        for mark in rules.family_marks:
            if mark in lowered and words is not None:
                by_words = words.match(text) is not None or any(map(words.search, displays))
                return by_code or by_words, True
        return by_code, False

    def _is_of_a_relative(self, text: str) -> bool:
        """True for a text that begins with a relative who has what follows."""
        opening = self._index.compiled.relative_first
        return opening is not None and opening.match(text) is not None

    def _is_family_clause(self, text: str) -> bool:
        """True for a text of one clause that speaks of a family history anywhere."""
        words = self._index.compiled.family_words
        return (
            words is not None and _CLAUSE_MARKS.isdisjoint(text) and words.search(text) is not None
        )
