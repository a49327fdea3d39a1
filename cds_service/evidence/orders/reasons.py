"""Why an order was placed: its reason codes, reason references and free text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from cds_service.evidence.codes.codeable import Concept, read_concept, read_concepts
from cds_service.evidence.codes.concepts import NO_CONCEPT, ConceptReader, ConceptReading
from cds_service.evidence.codes.index import CodeIndex, CompiledRules
from cds_service.evidence.codes.references import local_reference, split_reference
from cds_service.evidence.codes.statuses import is_past, status_words, verification
from cds_service.evidence.loose_json import as_object, as_text, each, shortened, texts_of
from cds_service.evidence.model import ImagingOrder, Reason, StatedDuration, Via
from cds_service.evidence.orders.catalog import Catalog
from cds_service.evidence.text.durations import read_duration
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

    @property
    def value_sets(self) -> frozenset[str]:
        """Value sets that any reason code or reference is in."""
        return frozenset(
            value_set
            for reason in self.reasons
            if reason.kind != "text"
            for value_set in reason.value_sets
        )


def read_reasons(
    body: Mapping[str, object], code_texts: tuple[str, ...], catalog: Catalog, codes: CodeIndex
) -> OrderReasons:
    """The reasons of an order, in any FHIR version's shape.

    `code_texts` are the texts of what is ordered: "MRI lumbar spine for cauda equina" is a reason too.
    """
    reader = ConceptReader(codes, catalog.words.without_contrast_words)
    concepts = tuple(
        concept
        for key in ("reasonCode", "reasonCodeableConcept", "reason")
        for concept in read_concepts(body.get(key))
    )
    references = tuple(_references(body))
    own_texts = tuple(filter(None, dict.fromkeys((*code_texts, *_own_texts(body)))))
    texts = tuple(dict.fromkeys((*(c.label_in_words for c in concepts), *own_texts)))
    return OrderReasons(
        reasons=(
            *(_code_reason(concept, reader) for concept in concepts),
            *(_reference_reason(entry, body, reader, codes.compiled) for entry in references),
            *(reason for text in own_texts for reason in _text_reasons(text, catalog, codes)),
        ),
        concepts=concepts,
        has_reason=bool(concepts) or bool(references),
        texts=texts,
        words=tuple(words_of(text) for text in texts),
    )


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


def longest_duration(texts: tuple[str, ...], written_on: date) -> StatedDuration | None:
    """The longest duration that one of the texts states."""
    stated = [found for text in texts if (found := read_duration(text, written_on)) is not None]
    return max(stated, key=lambda found: (found.least, found.most), default=None)


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


def _code_reason(concept: Concept, reader: ConceptReader) -> Reason:
    meaning = reader.read_concept(concept)
    return Reason(
        kind="code",
        display=shortened(concept.label, DISPLAY_LENGTH),
        value_sets=_value_sets(meaning),
        codings=meaning.codings,
        later_encounter=_later_encounter(meaning),
    )


def _reference_reason(
    entry: Mapping[str, object],
    body: Mapping[str, object],
    reader: ConceptReader,
    rules: CompiledRules,
) -> Reason:
    reference = as_text(entry.get("reference"))
    display = as_text(entry.get("display"))
    kind, _ = split_reference(reference)
    meaning = NO_CONCEPT
    label, is_suspected = "", False
    if reference.startswith("#"):
        contained = _contained(body, reference[1:])
        named = read_concept(contained.get("code"))
        label = named.label
        if as_text(contained.get("resourceType")) == "Condition":
            stated = verification(status_words(contained.get("verificationStatus")), rules)
            is_suspected = stated == "suspected"
            is_over = is_past(status_words(contained.get("clinicalStatus")), rules)
            if stated in ("confirmed", "suspected") and not is_over:
                meaning = reader.read_concept(named)
    elif display and kind in ("", "Condition"):
        # The name of an observation or a report says what was looked at, not what was found.
        meaning = reader.read_text(display)
    return Reason(
        kind="reference",
        display=shortened(display or label or reference, DISPLAY_LENGTH),
        value_sets=_value_sets(meaning),
        reference=local_reference(reference) or None,
        codings=meaning.codings,
        later_encounter=_later_encounter(meaning),
        is_suspected=is_suspected,
    )


def _contained(body: Mapping[str, object], id_: str) -> Mapping[str, object]:
    for entry in each(body.get("contained")):
        resource = as_object(entry)
        if as_text(resource.get("id")).removeprefix("#") == id_:
            return resource
    return {}


def _value_sets(meaning: ConceptReading) -> dict[str, Via]:
    return {hit.value_set: hit.via for hit in meaning.hits}


def _later_encounter(meaning: ConceptReading) -> frozenset[str]:
    return frozenset(
        [hit.value_set for hit in meaning.hits if hit.seventh in ("subsequent", "sequela")]
    )


def _text_reasons(text: str, catalog: Catalog, codes: CodeIndex) -> Iterator[Reason]:
    """One reason for each quote in a free text; none for a text in which nothing was found."""
    quotes: dict[str, dict[str, Via]] = {}
    for hit in codes.phrases.read(catalog.words.without_contrast_words(text)):
        quotes.setdefault(hit.quote, {})[hit.value_set] = "text"
    for quote, value_sets in quotes.items():
        yield Reason(kind="text", display=shortened(quote, DISPLAY_LENGTH), value_sets=value_sets)
