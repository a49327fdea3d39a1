"""Why an order was placed: its reason codes, reason references and free text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from cds_service.evidence.codes.certainty import letters_of, surest
from cds_service.evidence.codes.codeable import Concept, read_concept, read_concepts
from cds_service.evidence.codes.concepts import NO_CONCEPT, ConceptReader, ConceptReading
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.codes.references import local_reference, split_reference
from cds_service.evidence.codes.statuses import (
    Verification,
    is_past,
    status_words,
    verification,
    with_certainty,
)
from cds_service.evidence.loose_json import as_object, as_text, each, shortened, texts_of
from cds_service.evidence.model import Answer, ImagingOrder, Reason, StatedDuration, Via
from cds_service.evidence.orders.answers import (
    answer_reasons,
    is_reason,
    read_answers,
    split_answers,
)
from cds_service.evidence.orders.catalog import Catalog
from cds_service.evidence.text.model import Care, Statement, TextReading
from cds_service.evidence.text.name_words import words_of

DISPLAY_LENGTH: Final = 60
"""Characters of a text of the order on a card."""


class OrderReasons(Struct, frozen=True, gc=False):
    """What an order says about its why."""

    reasons: tuple[Reason, ...]
    concepts: tuple[Concept, ...]
    """The reason codes as they stand."""
    has_reason: bool
    texts: tuple[str, ...]
    """All free text: of reasons, notes, order details and the code."""
    words: tuple[tuple[str, ...], ...]
    """The words of each of the texts."""
    readings: tuple[TextReading, ...]
    """What each of the texts says."""
    not_understood: tuple[str, ...]
    """Reason codes whose words were not understood, as written."""
    answers: tuple[Answer, ...]
    """What the orderer answered on a card."""
    unread_notes: tuple[str, ...]
    """The same of notes and details: named, but what is asked does not rest on them."""

    @property
    def value_sets(self) -> frozenset[str]:
        """Value sets that any reason code or reference is in."""
        return frozenset(
            value_set
            for reason in self.reasons
            if reason.kind != "text"
            for value_set in reason.value_sets
        )

    @property
    def duration(self) -> StatedDuration | None:
        """The longest duration of the pain that one of the texts states."""
        stated = [found.duration for found in self.readings if found.duration is not None]
        longest = max(stated, key=lambda found: (found.least, found.most), default=None)
        if longest is None:
            return None
        return StatedDuration(longest.least, longest.most, longest.quote)

    @property
    def care(self) -> Care | None:
        """Care that one of the texts says was tried; the first that says that it failed or is done."""
        found = [reading.care for reading in self.readings if reading.care is not None]
        return next((care for care in found if care.has_failed), found[0] if found else None)


class ReasonWords:
    """Reads the words of one order, each text once."""

    __slots__ = ("_catalog", "_codes", "_read", "_written_on")

    def __init__(self, catalog: Catalog, codes: CodeIndex, written_on: date) -> None:
        self._catalog = catalog
        self._codes = codes
        self._written_on = written_on
        self._read: dict[str, TextReading] = {}

    def reading(self, text: str) -> TextReading:
        """What a text says, less its words of contrast."""
        found = self._read.get(text)
        if found is None:
            plain = self._catalog.words.without_contrast_words(text)
            found = self._read[text] = self._codes.reader.read(plain, self._written_on)
        return found

    def counted(self, text: str, coded: tuple[str, ...] = ()) -> tuple[Statement, ...]:
        """What a text states or asks, less what a code beside it says too exactly."""
        return tuple(
            statement
            for statement in self.reading(text).statements
            if self._codes.reader.counts(statement)
            and not any(
                self._codes.is_text_settled_by_code(value_set, coded)
                for value_set in self.value_sets(statement)
            )
        )

    def left_beside_findings(self, texts: tuple[str, ...]) -> Iterator[str]:
        """Of texts in which something was found the words that were not understood: they may say more of it."""
        reader = self._codes.reader
        for text in filter(None, texts):
            reading = self.reading(text)
            if not reading.is_unread and any(map(reader.is_telling, reading.statements)):
                yield from dict.fromkeys(reading.left_over)

    def is_not_understood(self, concept: Concept) -> bool:
        """True when the words of a reason were not understood; of the title of a code no word may be left over."""
        reading = self.reading(concept.label_in_words)
        if reading.is_unread or not concept.codings:
            return reading.is_unread
        is_telling = self._codes.reader.is_telling
        return bool(reading.left_over) and not any(map(is_telling, reading.statements))

    @property
    def histories(self) -> Mapping[str, str]:
        """Value set of a past disease by that of the disease."""
        return self._codes.histories

    def value_sets(self, statement: Statement) -> tuple[str, ...]:
        """Value sets that a statement is in."""
        return self._codes.reader.value_sets(statement)


def read_reasons(
    body: Mapping[str, object],
    code_texts: tuple[str, ...],
    catalog: Catalog,
    codes: CodeIndex,
    written_on: date,
) -> OrderReasons:
    """The reasons of an order, in any FHIR version's shape.

    `code_texts` are the texts of what is ordered: "MRI lumbar spine for cauda equina" is a reason too.
    `written_on` is the day from which the texts count back.
    """
    reader = ConceptReader(codes, catalog.words.without_contrast_words)
    given, answers = split_answers(
        (
            concept
            for key in ("reasonCode", "reasonCodeableConcept", "reason")
            for concept in read_concepts(body.get(key))
        ),
        codes.answers,
    )
    meanings = {concept: reader.read_concept(concept) for concept in dict.fromkeys(given)}
    concepts = tuple(meanings)
    references = tuple(_references(body))
    contained = _contained_by_id(body)
    own_texts = tuple(filter(None, dict.fromkeys((*code_texts, *_own_texts(body)))))
    texts = tuple(dict.fromkeys((*(c.label_in_words for c in concepts), *own_texts)))
    words = ReasonWords(catalog, codes, written_on)
    unread = [
        _label(concept)
        for concept, meaning in meanings.items()
        if _is_not_understood(concept, meaning, reader, words)
    ]
    return OrderReasons(
        not_understood=tuple(dict.fromkeys(unread)),
        unread_notes=(
            *(t for t in dict.fromkeys(_own_texts(body)) if t and words.reading(t).is_unread),
            *words.left_beside_findings(texts),
        ),
        reasons=(
            *(_code_reason(concept, meaning, words) for concept, meaning in meanings.items()),
            *(_reference_reason(entry, contained, (reader, words), codes) for entry in references),
            *(reason for text in own_texts for reason in _text_reasons(text, words)),
            *answer_reasons(answers, codes.answers),
        ),
        concepts=concepts,
        has_reason=bool(concepts)
        or bool(references)
        or any(is_reason(codes.answers[code]) for code in answers),
        texts=texts,
        words=tuple(words_of(text) for text in texts),
        readings=tuple(words.reading(text) for text in texts if text),
        answers=read_answers(answers, codes.answers),
    )


def has_lost_reason(order: ImagingOrder, conditions: frozenset[str]) -> bool:
    """True when the order gives as its reason what neither came with it nor stands on record.

    `conditions` are the references of all Conditions that were read. A name that says what it is, is enough.
    """
    return any(_is_lost(reason, conditions) for reason in order.reasons)


def with_lost_reasons(order: ImagingOrder, conditions: frozenset[str]) -> ImagingOrder:
    """The order, with its lost reasons among what was not understood."""
    lost = (reason.display for reason in order.reasons if _is_lost(reason, conditions))
    return replace(order, not_understood=(*order.not_understood, *lost))


def _is_lost(reason: Reason, conditions: frozenset[str]) -> bool:
    return reason.is_only_pointed_at and reason.reference not in conditions


def _label(concept: Concept) -> str:
    """What a reason is called: its words, else its first code."""
    codes = (coding.code for coding in concept.codings if coding.code)
    return concept.label_in_words or concept.label or next(codes, "")


def _is_not_understood(
    concept: Concept, meaning: ConceptReading, reader: ConceptReader, words: ReasonWords
) -> bool:
    """True for a reason whose codes are in no value set, and whose words were not understood, or that has none.

    Words that say no more than pain do not make a word beside them understood.

    A code of a disease that lies far from the spine is understood by its chapter.
    """
    if any(hit.via == "code" for hit in meaning.hits) or meaning.is_family:
        return False
    if meaning.certainty == "refuted":
        return False
    if reader.has_no_bearing(meaning):
        return False
    if not concept.label_in_words:
        return bool(_label(concept))
    return words.is_not_understood(concept)


def without_retracted(order: ImagingOrder, retracted: frozenset[str]) -> ImagingOrder:
    """The order without what a reason says of a Condition that the record refutes or calls an error."""
    if retracted.isdisjoint(reason.reference for reason in order.reasons):
        return order
    return replace(
        order,
        reasons=tuple(
            replace(reason, value_sets={}) if reason.reference in retracted else reason
            for reason in order.reasons
        ),
    )


def detail_texts(body: Mapping[str, object]) -> tuple[str, ...]:
    """Texts of the order's details (R4 concepts, R5 parameters)."""
    return tuple(_detail_texts(body))


def _references(body: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    entries = list(each(body.get("reasonReference")))
    for entry in each(body.get("reason")):
        if isinstance(entry, dict):
            entries.extend(each(entry.get("reference")))
    for entry in entries:
        reference: object = {"reference": entry} if isinstance(entry, str) else entry
        if isinstance(reference, dict) and (
            as_text(reference.get("reference"))
            or as_text(reference.get("display"))
            or as_object(reference.get("identifier"))
        ):
            yield reference


def _own_texts(body: Mapping[str, object]) -> Iterator[str]:
    for key in ("note", "notes"):
        yield from texts_of(body.get(key))
    yield from _detail_texts(body)


def _detail_texts(body: Mapping[str, object]) -> Iterator[str]:
    for detail in each(body.get("orderDetail")):
        yield from texts_of(detail)
        for concept in read_concepts(detail):
            if not concept.text and concept.label_in_words:
                yield concept.label_in_words
        for parameter in each(as_object(detail).get("parameter")):
            text = as_text(as_object(parameter).get("valueString"))
            if text:
                yield text
            yield from texts_of(as_object(parameter).get("valueCodeableConcept"))


def _code_reason(concept: Concept, meaning: ConceptReading, words: ReasonWords) -> Reason:
    display = shortened(concept.label, DISPLAY_LENGTH)
    if meaning.certainty in ("past", "refuted"):
        return Reason("code", display, _of_the_past(meaning, words), codings=meaning.codings)
    statements = _statements(concept, meaning, words)
    return Reason(
        kind="code",
        display=display,
        value_sets=_value_sets(meaning, statements, words),
        codings=meaning.codings,
        later_encounter=_later_encounter(meaning),
        is_suspected=meaning.certainty == "suspected",
        statements=statements,
    )


def _of_the_past(meaning: ConceptReading, words: ReasonWords) -> dict[str, Via]:
    """What is left of a reason that is over: a history where the guideline has one; nothing of what is ruled out."""
    if meaning.certainty == "refuted":
        return {}
    histories = words.histories
    return {
        histories.get(hit.value_set, hit.value_set): hit.via
        for hit in meaning.hits
        if hit.value_set in histories or hit.value_set in histories.values()
    }


def _reference_reason(
    entry: Mapping[str, object],
    contained_by_id: Mapping[str, Mapping[str, object]],
    readers: tuple[ConceptReader, ReasonWords],
    codes: CodeIndex,
) -> Reason:
    reader, words = readers
    reference = as_text(entry.get("reference"))
    display = as_text(entry.get("display"))
    kind, _ = split_reference(reference)
    meaning = NO_CONCEPT
    label, is_suspected = "", False
    statements: tuple[Statement, ...] = ()
    if reference.startswith("#"):
        contained = contained_by_id.get(reference[1:], {})
        named = read_concept(contained.get("code"))
        label = named.label
        if as_text(contained.get("resourceType")) == "Condition":
            stated, is_over = _state_of(contained, codes)
            is_suspected = stated == "suspected"
            if stated in ("confirmed", "suspected") and not is_over:
                meaning = reader.read_concept(named)
                statements = _statements(named, meaning, words)
    elif display and kind in ("", "Condition"):
        # The name of an observation or a report says what was looked at, not what was found.
        meaning = reader.read_text(display)
        statements = _statements(Concept(display, ()), meaning, words)
    return Reason(
        kind="reference",
        display=shortened(display or label or reference, DISPLAY_LENGTH),
        value_sets=_value_sets(meaning, statements, words),
        reference=local_reference(reference) or None,
        codings=meaning.codings,
        later_encounter=_later_encounter(meaning),
        is_suspected=is_suspected,
        statements=statements,
        is_only_pointed_at=not (display or label),
    )


def _state_of(
    contained: Mapping[str, object], codes: CodeIndex
) -> tuple[Verification | None, bool]:
    """How sure a Condition is that came inside the order, and whether it is over."""
    rules = codes.compiled
    written = contained.get("verificationStatus")
    stated = verification(status_words(written), rules)
    letters = letters_of(contained.get("code")) or letters_of(contained.get("extension"))
    certainty = surest(letters, rules.certainties)
    is_over = certainty == "past" or is_past(status_words(contained.get("clinicalStatus")), rules)
    if stated is not None:
        stated = with_certainty(stated, certainty, is_stated=bool(written))
    return stated, is_over


def _contained_by_id(body: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    """The contained resources by their ids; of two with the same the first."""
    found: dict[str, Mapping[str, object]] = {}
    for entry in each(body.get("contained")):
        resource = as_object(entry)
        found.setdefault(as_text(resource.get("id")).removeprefix("#"), resource)
    return found


def _value_sets(
    meaning: ConceptReading, statements: tuple[Statement, ...], words: ReasonWords
) -> dict[str, Via]:
    """By code first, then by words."""
    found: dict[str, Via] = {hit.value_set: "code" for hit in meaning.hits if hit.via == "code"}
    for statement in statements:
        for value_set in words.value_sets(statement):
            found.setdefault(value_set, "text")
    return found


def _statements(
    concept: Concept, meaning: ConceptReading, words: ReasonWords
) -> tuple[Statement, ...]:
    """What the text and every display of a concept state, less what its code says too exactly."""
    if meaning.is_family:
        return ()
    coded = tuple(hit.value_set for hit in meaning.hits if hit.via == "code")
    texts = dict.fromkeys((concept.text, *(coding.display for coding in concept.codings)))
    return tuple(
        dict.fromkeys(
            statement for text in texts if text for statement in words.counted(text, coded)
        )
    )


def _later_encounter(meaning: ConceptReading) -> frozenset[str]:
    return frozenset(
        [hit.value_set for hit in meaning.hits if hit.seventh in ("subsequent", "sequela")]
    )


def _text_reasons(text: str, words: ReasonWords) -> Iterator[Reason]:
    """One reason for each quote in a free text; none for a text in which nothing was found."""
    quotes: dict[str, list[Statement]] = {}
    for statement in words.counted(text):
        quotes.setdefault(statement.quote, []).append(statement)
    for quote, statements in quotes.items():
        yield Reason(
            kind="text",
            display=quote,
            value_sets={
                value_set: "text"
                for statement in statements
                for value_set in words.value_sets(statement)
            },
            statements=tuple(statements),
        )
