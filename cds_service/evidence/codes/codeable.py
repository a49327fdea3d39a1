"""A CodeableConcept as it is written: its text and codings, in whatever shape they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from cds_service.coding import plain_code, system_name
from cds_service.evidence.codes.certainty import letters_of
from cds_service.evidence.loose_json import as_object, as_text, each


class CodingRead(Struct, frozen=True, gc=False):
    """One Coding. `system` is our short word, None for a system that is not ours."""

    system: str | None
    uri: str
    code: str
    """In the spelling of the knowledge files; may be empty."""
    display: str


class Concept(Struct, frozen=True, gc=False):
    """One CodeableConcept, or several read as one."""

    text: str
    codings: tuple[CodingRead, ...]
    certainty_letters: tuple[str, ...] = ()
    """How sure the coder was, as written beside the code (`certainty`)."""

    @property
    def label(self) -> str:
        """The concept in the record's own words: text, else a display, else a code, else empty."""
        if self.text:
            return self.text
        return next((c.display for c in self.codings if c.display), "") or next(
            (c.code for c in self.codings if c.code), ""
        )

    @property
    def label_in_words(self) -> str:
        """The same without the code; empty when there are only codes."""
        return self.text or next((c.display for c in self.codings if c.display), "")

    @property
    def known_codings(self) -> tuple[tuple[str, str], ...]:
        """(system word, plain code) of the codings in systems that we know."""
        return tuple((c.system, c.code) for c in self.codings if c.system and c.code)


def read_concepts(value: object) -> tuple[Concept, ...]:
    """Every CodeableConcept of a value, empty ones left out.

    Reads a list or one alone, a plain text, R5's CodeableReference by its `concept`, and a Coding
    where a CodeableConcept belongs.
    """
    return tuple(_concepts(value))


def read_concept(value: object) -> Concept:
    """All CodeableConcepts of a value read as one; empty when there is none."""
    found = read_concepts(value)
    if len(found) == 1:
        return found[0]
    texts = dict.fromkeys(concept.text for concept in found if concept.text)
    return Concept(
        "; ".join(texts),
        tuple(c for concept in found for c in concept.codings),
        tuple(letter for concept in found for letter in concept.certainty_letters),
    )


def read_coding_list(value: object) -> tuple[CodingRead, ...]:
    """The codings of a `coding` element, those with neither code nor display left out."""
    return tuple(c for c in map(_coding, each(value)) if c.code or c.display)


def _concepts(value: object) -> Iterator[Concept]:
    for entry in each(value):
        if isinstance(entry, dict):
            concept = _concept(entry)
        elif isinstance(entry, str):
            concept = Concept(as_text(entry), ())
        else:
            continue
        if concept.text or concept.codings:
            yield concept


def _concept(entry: dict[str, object]) -> Concept:
    inner = entry.get("concept")
    if inner is not None and "coding" not in entry:
        return _plain_concept(as_object(inner))
    return _plain_concept(entry)


def _plain_concept(entry: Mapping[str, object]) -> Concept:
    text = as_text(entry.get("text"))
    coding = entry.get("coding")
    letters = letters_of(entry)
    if coding is None and "code" in entry:
        return Concept(text, read_coding_list(entry), letters)
    return Concept(text, read_coding_list(coding), letters)


def _coding(entry: object) -> CodingRead:
    if not isinstance(entry, dict):
        return CodingRead(None, "", "", as_text(entry))
    uri = as_text(entry.get("system"))
    system = system_name(uri)
    code = plain_code(system, as_text(entry.get("code")))
    return CodingRead(system, uri, code, as_text(entry.get("display")))
