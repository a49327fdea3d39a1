"""Observation to entries: one for itself, one for each component. Values are read when a value set is asked for."""

from __future__ import annotations

from msgspec import Struct

from cds_service.evidence.codes.concepts import ConceptHit, ConceptReading
from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.codes.index import PREGNANCY, PREGNANCY_STATUS
from cds_service.evidence.loose_json import as_object, as_text
from cds_service.evidence.model import DateSpan, ObservationEntry, ObservationHit
from cds_service.evidence.raw import NOTHING, plain
from cds_service.evidence.record.intake import Intake, reference
from cds_service.evidence.record.shapes import ComponentShape, ObservationShape, read_components
from cds_service.evidence.record.values import Polarity, Value, measured, read_value


class Observed(Struct, frozen=True, gc=False):
    """One Observation or component that is in a value set, its value not yet read."""

    parent: ObservationShape
    part: ObservationShape | ComponentShape
    code: ConceptReading
    hit: ConceptHit


def read_observations(intake: Intake, kind: str) -> None:
    """Every Observation of our patient whose status counts, by the value sets of its code and its components."""
    observed = intake.observed
    counting = intake.index.compiled.observation_counts
    for shape, code in intake.coded(kind):
        hits, has_parts = code.hits, shape.component is not NOTHING
        if not (hits or has_parts) or not _counts(shape.status, counting):
            continue
        for hit in hits:
            observed[hit.value_set].append(Observed(shape, shape, code, hit))
        if has_parts:
            for component in read_components(shape.component):
                part = intake.concepts.read(component.code)
                for hit in part.hits:
                    observed[hit.value_set].append(Observed(shape, component, part, hit))


def read_observed(intake: Intake, observed: Observed) -> ObservationHit:
    """The value of one that was kept."""
    shape, hit = observed.part, observed.hit
    value = read_value(shape, intake.index, intake.concepts)
    polarity = value.polarity
    if polarity == "unknown" and observed.code.is_in(PREGNANCY_STATUS):
        polarity = _pregnancy(shape, value, intake)
    entry = ObservationEntry(
        reference("Observation", observed.parent.id),
        observed.code.display,
        when_observed(observed),
        value.text,
        polarity,
        observed.code.codings,
        value.codings,
        value.date,
    )
    table = intake.index.units.get(hit.value_set)
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


def when_observed(observed: Observed) -> DateSpan | None:
    """effectiveDateTime, effectivePeriod.end (its start while it lasts), effectiveInstant, else issued."""
    shape = observed.parent
    span = read_date(shape.effective_date_time)
    if span is not None:
        return span
    if shape.effective_period is not NOTHING:
        period = as_object(plain(shape.effective_period))
        span = read_date(period.get("end")) or read_date(period.get("start"))
    return span or read_date(shape.effective_instant) or read_date(shape.issued)


def _counts(status: object, counting: frozenset[str]) -> bool:
    """A missing status counts: the measurement is there, only its status was not recorded."""
    if isinstance(status, str) and status in counting:
        return True
    word = as_text(status).lower()
    return not word or word in counting


def _pregnancy(shape: ObservationShape | ComponentShape, value: Value, intake: Intake) -> Polarity:
    """A pregnancy status answers with the state itself instead of yes or no."""
    concepts = intake.concepts
    stated = concepts.read(shape.value_codeable_concept).value_sets
    stated = stated or concepts.read_text(value.text).value_sets
    is_on, is_over = (name in stated for name in PREGNANCY)
    if is_on == is_over:
        return "unknown"
    return "positive" if is_on else "negative"
