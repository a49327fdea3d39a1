"""What charts hold of what the guideline needs, and what of them it cannot read: counted once a chart, for mapping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import compress
from typing import Final

from msgspec import Raw, Struct

from cds_service.advice import CompiledGuideline
from cds_service.cds_hooks.model import Source
from cds_service.evidence.codes.codeable import read_concept
from cds_service.evidence.codes.concepts import ConceptReader
from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.model import ObservationHit, PatientRecord
from cds_service.evidence.raw import plain
from cds_service.evidence.record.observations import doubtful_values
from cds_service.evidence.record.record import read_record
from cds_service.evidence.record.types import REQUIREMENTS
from cds_service.replay.chart_resources import Name, Resource, are_dated, names_of
from cds_service.replay.charts import Chart
from cds_service.replay.details import Details, count

_KEY_OF: Final = {
    kind: need.key
    for need in reversed(REQUIREMENTS)
    for kind in (
        need.resource_type,
        *need.also,
        *(("Medication",) if need.key == "medications" else ()),
    )
}
_CODED: Final = frozenset(
    (
        *("Condition", "Observation", "Procedure", "AllergyIntolerance", "MedicationRequest"),
        *("MedicationStatement", "MedicationOrder", "MedicationDispense"),
        *("MedicationAdministration", "Medication"),
    )
)
"""Types whose code names something that the guideline may look for."""
_MOST: Final = 20_000
"""Different codes, or texts, that one part of a run keeps; beyond that the rarest are dropped."""
_MOST_KNOWN: Final = 200_000
_NO_DAY: Final = date(1900, 1, 1)


class _Meaning(Struct, eq=False, gc=False):
    """What one resource is to the guideline; the same for all that differ in nothing but dates and numbers."""

    code: tuple[str, bytes] | None
    """(type, JSON text of the code); None for what is coded as nothing."""
    sets: tuple[tuple[str, bool], ...] = ()
    """(value set, whether by a code)."""
    values: tuple[tuple[str, str], ...] = ()
    """(value set, `valued` or what is wrong with the value)."""
    words: tuple[tuple[str, str], ...] = ()
    """(prefetch key, words that were not understood)."""

    @property
    def is_any(self) -> bool:
        """False for what the guideline does not look for, and understands."""
        return bool(self.sets or self.values or self.words)


_UNCODED: Final = _Meaning(None)


class Meanings:
    """What codes and units mean: read once, however many charts hold them."""

    def __init__(self, compiled: CompiledGuideline) -> None:
        self._compiled = compiled
        self._known: dict[Name, _Meaning] = {}
        self._labels: dict[bytes, str | None] = {}

    def of(self, names: list[Name], every: list[Resource], patient: str) -> list[_Meaning]:
        """What each of some resources is to the guideline, by its name."""
        known = list(map(self._known.get, names))
        if None in known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            for name, one in zip(names, every, strict=True):
                if name not in self._known:
                    self._known[name] = self._first_read(name, one, patient)
            known = list(map(self._known.get, names))
        return [one for one in known if one is not None]

    def unread_label(self, written: bytes) -> str | None:
        """`system|code|display` of what is in no value set, and has no words that the guideline knows; else None."""
        if written not in self._labels:
            if len(self._labels) >= _MOST_KNOWN:
                self._labels.clear()
            self._labels[written] = self._first_label(Raw(written))
        return self._labels[written]

    def _first_label(self, raw: Raw) -> str | None:
        concepts = ConceptReader(self._compiled.index)
        reading = concepts.read(raw)
        if reading.hits or reading.is_family or concepts.has_no_bearing(reading):
            return None
        return _label(raw) if concepts.read_words(reading) is None else None

    def _first_read(self, name: Name, one: Resource, patient: str) -> _Meaning:
        """What a record of this resource alone holds."""
        kind, code, _ = name
        if not code:
            return _UNCODED
        key = _KEY_OF[kind]
        compiled = self._compiled
        day = max((span.last for text in one.dates if (span := read_date(text))), default=_NO_DAY)
        record = read_record(
            {key: Source(key, (Raw(one.raw),), None)},
            patient,
            compiled.index,
            compiled.catalog,
            day,
        )
        values = tuple(
            dict.fromkeys(
                found
                for name in record.observations
                for found in _values(name, record.observations[name])
            )
        )
        doubtful = doubtful_values(record.observations, compiled.index, day)
        words = (
            *(("conditions", found.text) for found in record.not_understood),
            *(("observations", found.text) for found in (*record.unread_values, *doubtful)),
        )
        sets = tuple(dict.fromkeys(_sets(record)))
        return _Meaning((kind, code), sets, values, tuple(dict.fromkeys(words)))


class Readiness:
    """Counts charts while they pass."""

    def __init__(self, meanings: Meanings) -> None:
        self._meanings = meanings
        self._types: Counter[tuple[str, str]] = Counter()
        self._sets: Counter[tuple[str, str]] = Counter()
        self._codes: Counter[tuple[str, bytes]] = Counter()
        self._words: Counter[tuple[str, str]] = Counter()

    def add(self, chart: Chart) -> None:
        """Count one chart, whatever the dates of its resources."""
        met: set[_Meaning] = set()
        dated_too: set[_Meaning] = set()
        for kind, every in chart.by_kind.items():
            dated = are_dated(kind, every)
            counted = {"charts": 1, "resources": len(every), "dated": sum(dated)}
            if kind in _CODED:
                meanings = self._meanings.of(names_of(kind, every), every, chart.patient)
                counted["coded"] = len(every) - meanings.count(_UNCODED)
                met.update(meanings)
                dated_too.update(compress(meanings, dated))
            for what, number in counted.items():
                if number:
                    self._types[kind, what] += number
        self._codes.update({meaning.code for meaning in met if meaning.code is not None})
        self._add_meanings([meaning for meaning in met if meaning.is_any], dated_too)

    def _add_meanings(self, meanings: list[_Meaning], dated: set[_Meaning]) -> None:
        words: set[tuple[str, str]] = set()
        facts: set[tuple[str, str]] = set()
        by_code: set[str] = set()
        for meaning in meanings:
            for name, is_coded in meaning.sets:
                facts.add((name, "charts"))
                if meaning in dated:
                    facts.add((name, "dated"))
                if is_coded:
                    by_code.add(name)
            facts.update(meaning.values)
            words.update(meaning.words)
        facts.update(
            [(name, "by_text") for name, what in facts if what == "charts" and name not in by_code]
        )
        self._sets.update(facts)
        self._words.update(words)

    def details(self) -> Details:
        """The counts so far, in the form of the details of a run."""
        details: Details = {}
        for (kind, what), number in self._types.items():
            count(details, "readiness", "types", kind, what, by=number)
        for (value_set, what), number in self._sets.items():
            count(details, "readiness", "value_sets", value_set, what, by=number)
        for (source, text), number in self._kept(self._words, details, "words"):
            count(details, "readiness", "words", source, text, by=number)
        labels = self._unread_codes()
        for (kind, label), number in self._kept(labels, details, "unread_codes"):
            count(details, "readiness", "unread_codes", kind, label, by=number)
        return details

    def _kept(
        self, counter: Counter[tuple[str, str]], details: Details, name: str
    ) -> list[tuple[tuple[str, str], int]]:
        """The most frequent entries; equal ones by name, so that a run can be repeated."""
        ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
        if len(ordered) > _MOST:
            count(details, "readiness", "cut", name, by=len(ordered) - _MOST)
        return ordered[:_MOST]

    def _unread_codes(self) -> Counter[tuple[str, str]]:
        """Codes and names in no value set, and without words that say what the guideline knows."""
        found: Counter[tuple[str, str]] = Counter()
        for (kind, written), number in self._codes.items():
            label = self._meanings.unread_label(written)
            if label is not None:
                found[kind, label] += number
        return found


def _sets(record: PatientRecord) -> Iterator[tuple[str, bool]]:
    for name, conditions in record.conditions.items():
        yield name, any(hit.via == "code" for hit in conditions)
    for name in record.observations:
        yield name, any(hit.via == "code" for hit in record.observations[name])
    for name, exposures in record.exposures.items():
        yield name, any(one.via == "code" for one in exposures)
    for name, procedures in record.procedures.items():
        yield name, any(one.via == "code" for one in procedures)
    for allergy in record.allergies:
        yield allergy.value_set, allergy.via == "code"


def _values(name: str, found: tuple[ObservationHit, ...]) -> Iterator[tuple[str, str]]:
    for hit in found:
        if hit.number is not None or hit.entry.polarity != "unknown" or hit.entry.value_codings:
            yield name, "valued"
        if hit.problem:
            yield name, hit.problem


def _label(raw: Raw) -> str:
    """`system|code|display` of the first code, else of the text alone."""
    concept = read_concept(plain(raw))
    first = next((coding for coding in concept.codings if coding.code), None)
    if first is None:
        return f"||{concept.label}"
    return f"{first.system or first.uri}|{first.code}|{first.display or concept.text}"
