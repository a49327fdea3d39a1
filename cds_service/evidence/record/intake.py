"""What came in one call, sorted by resource type, whatever key it came under; and what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from msgspec import Raw

from cds_service.cds_hooks.model import Source
from cds_service.evidence.codes.concepts import ConceptReader, ConceptReading
from cds_service.evidence.raw import READ_ERRORS
from cds_service.evidence.record.shapes import (
    SHAPES,
    USUAL_TYPE,
    Shape,
    read_resource,
    usual_decoder,
)
from cds_service.evidence.record.subjects import Subjects

Item = tuple[str, Shape, Raw, str | None]
"""Prefetch key, resource, its JSON text, its fullUrl."""
Sorted = Mapping[str, list[Any]]
"""Items by resource type, each list with the shape of `SHAPES`."""


class _Owned(Protocol):
    """A resource that says whose it is."""

    subject: Raw
    patient: Raw


_O = TypeVar("_O", bound=_Owned)


@dataclass(slots=True)
class Tally:
    """What is counted while a record is read."""

    read: dict[str, int] = field(default_factory=dict)
    """Resources that came, by prefetch key."""
    unreadable: Counter[str] = field(default_factory=Counter)
    unnamed_drugs: Counter[str] = field(default_factory=Counter)
    """Medication orders that name no drug that came with them, by prefetch key."""
    other_patients: int = 0
    not_understood: int = 0


def sort_resources(sources: Mapping[str, Source], tally: Tally) -> Sorted:
    """Every readable resource of a type that we read, by its type."""
    found: dict[str, list[Item]] = {kind: [] for kind in SHAPES}
    for key, source in sources.items():
        tally.read[key] = len(source.resources)
        usual = USUAL_TYPE.get(key, "")
        decode = usual_decoder(key)
        urls = source.full_urls
        has_urls = len(urls) == len(source.resources)
        as_usual = found.get(usual)
        for position, raw in enumerate(source.resources):
            try:
                shape = decode(raw)
            except READ_ERRORS:
                shape = None
            url = urls[position] if has_urls else None
            if shape is not None and as_usual is not None and shape.resource_type == usual:
                as_usual.append((key, shape, raw, url))
                continue
            other = read_resource(raw)
            if other is None:
                tally.unreadable[key] += 1
            elif not isinstance(other, str):
                found[str(other.resource_type)].append((key, other, raw, url))
    return found


@dataclass(frozen=True, slots=True)
class OurResources:
    """The resources of our patient, by type. What belongs to another is counted and left out."""

    items: Sorted
    concepts: ConceptReader
    subjects: Subjects
    tally: Tally

    def of_type(self, kind: str, _: type[_O]) -> Iterator[tuple[str, _O, Raw]]:
        """(prefetch key, resource, JSON text) of every resource of a type; the shape is the one of `SHAPES`."""
        is_ours = self.subjects.is_ours
        owned: list[tuple[str, Any, Raw, str | None]] = self.items[kind]
        for key, shape, raw, _url in owned:
            if is_ours(shape.subject, shape.patient):
                yield key, shape, raw
            else:
                self.tally.other_patients += 1

    def code(self, key: str, raw: Raw) -> ConceptReading | None:
        """The code of a resource; None, and counted, when what stands there is no code in any shape."""
        concept = self.concepts.read(raw)
        if concept.is_unreadable:
            self.tally.unreadable[key] += 1
            return None
        return concept
