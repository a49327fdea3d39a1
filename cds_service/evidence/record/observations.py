"""Observation to entries: one for itself, one for each component."""

from __future__ import annotations

from msgspec import Struct

from cds_service.evidence.codes.concepts import ConceptHit, ConceptReader, ConceptReading
from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.codes.index import PREGNANCY, PREGNANCY_STATUS, CodeIndex
from cds_service.evidence.loose_json import as_object, as_text
from cds_service.evidence.model import DateSpan, ObservationEntry, ObservationHit
from cds_service.evidence.raw import NOTHING, plain
from cds_service.evidence.record.conditions import reference
from cds_service.evidence.record.shapes import ComponentShape, ObservationShape, read_components
from cds_service.evidence.record.values import Polarity, Value, measured, read_value

_Hits = list[tuple[str, ObservationHit]]


class ObservationReader(Struct, frozen=True, gc=False):
    """Reads the Observations of one patient."""

    index: CodeIndex
    concepts: ConceptReader

    def read(self, shape: ObservationShape, code: ConceptReading) -> _Hits:
        """(value set id, hit) of an Observation and its components; empty for a status that does not count."""
        if not code.hits and shape.component is NOTHING:
            return []
        if not self._counts(shape.status):
            return []
        found: _Hits = []
        when = _when(shape)
        if code.hits:
            self._add(found, shape, shape, code, when)
        if shape.component is NOTHING:
            return found
        for component in read_components(shape.component):
            part = self.concepts.read(component.code)
            if part.hits:
                self._add(found, shape, component, part, when)
        return found

    def _counts(self, status: object) -> bool:
        """A missing status counts: the measurement is there, only its status was not recorded."""
        counting = self.index.compiled.observation_counts
        if isinstance(status, str) and status in counting:
            return True
        word = as_text(status).lower()
        return not word or word in counting

    def _add(
        self,
        found: _Hits,
        parent: ObservationShape,
        shape: ObservationShape | ComponentShape,
        code: ConceptReading,
        when: DateSpan | None,
    ) -> None:
        value = read_value(shape, self.index, self.concepts)
        polarity = value.polarity
        if polarity == "unknown" and code.is_in(PREGNANCY_STATUS):
            polarity = self._pregnancy(shape, value)
        entry = ObservationEntry(
            reference("Observation", parent.id),
            code.display,
            when,
            value.text,
            polarity,
            code.codings,
            value.codings,
            value.date,
        )
        found.extend([(hit.value_set, self._hit(entry, hit, value)) for hit in code.hits])

    def _pregnancy(self, shape: ObservationShape | ComponentShape, value: Value) -> Polarity:
        """A pregnancy status answers with the state itself instead of yes or no."""
        stated = self.concepts.read(shape.value_codeable_concept).value_sets
        stated = stated or self.concepts.read_text(value.text).value_sets
        is_on, is_over = (name in stated for name in PREGNANCY)
        if is_on == is_over:
            return "unknown"
        return "positive" if is_on else "negative"

    def _hit(self, entry: ObservationEntry, hit: ConceptHit, value: Value) -> ObservationHit:
        table = self.index.units.get(hit.value_set)
        if table is None:
            return ObservationHit(entry, hit.via, hit.code, None)
        amount = measured(value, table)
        return ObservationHit(
            entry,
            hit.via,
            hit.code,
            amount.number,
            value.comparator if amount.number is not None else "",
            amount.problem,
            amount.inferred_unit,
            table.canonical,
        )


def _when(shape: ObservationShape) -> DateSpan | None:
    """effectiveDateTime, effectivePeriod.end (its start while it lasts), effectiveInstant, else issued."""
    span = read_date(shape.effective_date_time)
    if span is not None:
        return span
    if shape.effective_period is not NOTHING:
        period = as_object(plain(shape.effective_period))
        span = read_date(period.get("end")) or read_date(period.get("start"))
    return span or read_date(shape.effective_instant) or read_date(shape.issued)
