"""Observation to entries: one for itself, one for each component. Values are read when a value set is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from msgspec import Raw, Struct
from msgspec.structs import replace

from cds_service.evidence.codes.codeable import read_concepts
from cds_service.evidence.codes.concepts import ConceptHit, ConceptReading
from cds_service.evidence.codes.dates import days_after, read_date
from cds_service.evidence.codes.index import PREGNANCY, PREGNANCY_STATUS, CodeIndex
from cds_service.evidence.codes.observation_names import NamedObservation, Verdict, read_grade
from cds_service.evidence.codes.units import Converted, UnitTable, amounts_in
from cds_service.evidence.loose_json import as_object, as_text
from cds_service.evidence.model import (
    DateSpan,
    ObservationEntry,
    ObservationHit,
    Observations,
    UnreadValue,
)
from cds_service.evidence.raw import NOTHING, plain
from cds_service.evidence.record.intake import Intake, reference
from cds_service.evidence.record.shapes import ComponentShape, ObservationShape, read_components
from cds_service.evidence.record.values import (
    ObservedValue,
    Polarity,
    is_called_normal,
    measured,
    read_value,
)
from cds_service.knowledge.anchors import ValueSets

_DAY_LENGTH: Final = 10
_FULL_POWER: Final = 5
_ABNORMAL: Final = frozenset({"A", "AA", "L", "LL", "ABN"})
_NORMAL: Final = frozenset({"N"})
"""HL7 v3 ObservationInterpretation: abnormal, critically abnormal, low, critically low; normal."""
_VERDICTS: Final[Mapping[Polarity, Verdict]] = {
    "positive": "found",
    "negative": "normal",
    "unknown": "unknown",
}
_POLARITIES: Final[Mapping[Verdict, Polarity]] = {
    verdict: polarity for polarity, verdict in _VERDICTS.items()
}
_KIDNEYS: Final = frozenset((ValueSets.OBS_EGFR, ValueSets.OBS_CREATININE))
_NO_HIT: Final = ConceptHit("", "text", "", "")


class Observed(Struct, frozen=True, gc=False):
    """One Observation or component that is in a value set, its value not yet read."""

    parent: ObservationShape
    part: ObservationShape | ComponentShape
    code: ConceptReading
    hit: ConceptHit
    polarity: Polarity | None = None
    """As the value of a finding that only its name tells; None: as the value itself says."""
    told: float | None = None
    """A number that was read from words, in the unit of its set: muscle power, the amount of a protein."""


def read_observations(intake: Intake, kind: str) -> None:
    """Every Observation of our patient whose status counts, by the value sets of its code and its components."""
    observed, named_of, latest = intake.observed, intake.named, intake.latest_text
    counting = intake.index.compiled.observation_counts
    for shape, code in intake.coded(kind):
        hits, has_parts = code.hits, shape.component is not NOTHING
        named = named_of[id(code)] if id(code) in named_of else _named(code, intake)
        if not (hits or has_parts or named):
            _keep_nameless(shape, code, intake)
            continue
        # the usual status and a date that sorts before the day are seen at once: most come here by the hundred
        status, day = shape.status, shape.effective_date_time
        if not ((type(status) is str and status in counting) or _counts(status, counting)):
            continue
        is_before = type(day) is str and day[:_DAY_LENGTH] <= latest and day[:1].isdecimal()
        if not is_before and intake.is_ahead(when_observed(shape)):
            continue
        if named is not None:
            _keep_named(shape, shape, code, named, intake)
        else:
            for hit in hits:
                observed[hit.value_set].append(Observed(shape, shape, code, hit))
        if has_parts:
            _read_parts(shape, named, intake)


def _keep_nameless(shape: ObservationShape, code: ConceptReading, intake: Intake) -> None:
    """A result flagged as abnormal of which only a site's own code came: it may be any examination."""
    if code.text or code.codings or not code.display:
        return
    if _interpreted(shape.interpretation) != "found" or intake.is_ahead(when_observed(shape)):
        return
    if _counts(shape.status, intake.index.compiled.observation_counts):
        value = read_value(shape, intake.index, intake.concepts)
        _keep_unread(shape, code, value, intake, is_finding=True)


def _read_parts(shape: ObservationShape, named: NamedObservation | None, intake: Intake) -> None:
    """The components of an Observation whose own name means `named`."""
    for component in read_components(shape.component):
        part = intake.concepts.read(component.code)
        of_part = _named(part, intake)
        if of_part is None and named is not None and named.grades and not part.hits:
            # why: a chart of muscle power names the muscle alone in each part
            of_part = named
        if of_part is not None:
            _keep_named(shape, component, part, of_part, intake)
            continue
        for hit in part.hits:
            intake.observed[hit.value_set].append(Observed(shape, component, part, hit))


def read_observed(intake: Intake, observed: Observed) -> ObservationHit:
    """The value of one that was kept."""
    shape, hit = observed.part, observed.hit
    value = read_value(shape, intake.index, intake.concepts)
    polarity = observed.polarity or value.polarity
    if polarity == "unknown" and observed.code.is_in(PREGNANCY_STATUS):
        polarity = _pregnancy(shape, value, intake)
    entry = ObservationEntry(
        reference("Observation", observed.parent.id),
        observed.code.display,
        when_observed(observed.parent),
        value.text,
        polarity,
        observed.code.codings,
        value.codings,
        value.date,
    )
    table = intake.index.units.get(hit.value_set)
    if table is None:
        return ObservationHit(entry, hit.via, hit.code, None)
    amount = measured(value, table) if observed.told is None else Converted(observed.told)
    if _is_settled(amount, shape, value):
        amount = Converted(None)
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


def _is_settled(
    amount: Converted, shape: ObservationShape | ComponentShape, value: ObservedValue
) -> bool:
    """True where who measured says that the value is normal, or that there is none: nothing is to be asked about."""
    if amount.problem == "no-value":
        return value.polarity == "negative"
    return amount.problem in ("unit-missing", "unit-unknown") and is_called_normal(shape, value)


def _named(code: ConceptReading, intake: Intake) -> NamedObservation | None:
    """What the name of an observation means whose code no value set holds."""
    # why by id: each distinct code is one reading, which lives as long as the call
    if id(code) in intake.named:
        return intake.named[id(code)]
    found = None
    if not any(hit.via == "code" for hit in code.hits):
        words = f"{code.text} ; {code.display}" if code.text else code.display
        known = intake.concepts.readings.named
        if words not in known:
            known[words] = intake.index.observation_names.match(words)
        found = known[words]
    intake.named[id(code)] = found
    return found


def _keep_named(
    parent: ObservationShape,
    part: ObservationShape | ComponentShape,
    code: ConceptReading,
    named: NamedObservation,
    intake: Intake,
) -> None:
    """An observation that its name tells: numbers are read when asked for, words now."""
    if named.measures is not None:
        hit = ConceptHit(named.measures, "text", "", named.name)
        if named.needs_unit and not _is_in_unit(part, intake.index.units[named.measures], intake):
            return
        intake.observed[hit.value_set].append(Observed(parent, part, code, hit))
        return
    value = read_value(part, intake.index, intake.concepts)
    if named.letters:
        _keep_letter(Observed(parent, part, code, _NO_HIT), value, named, intake)
        return
    table = intake.index.units.get(named.grades or "")
    grade = _grade(value, table) if named.grades is not None else None
    if grade is not None and named.grades is not None:
        hit = ConceptHit(named.grades, "text", "", named.name)
        intake.observed[hit.value_set].append(Observed(parent, part, code, hit, told=grade))
        return
    if named.means is None:
        return
    verdict = _verdict(Observed(parent, part, code, _NO_HIT), value, named, intake)
    if verdict == "unknown" and value.text:
        _keep_unread(parent, code, value, intake, is_finding=not named.is_aside)
    hit = ConceptHit(named.means, "text", "", named.name)
    polarity = _POLARITIES[verdict]
    intake.observed[hit.value_set].append(Observed(parent, part, code, hit, polarity))


def _verdict(
    observed: Observed, value: ObservedValue, named: NamedObservation, intake: Intake
) -> Verdict:
    """What a value says of a finding: its amount, its number or its words, else who measured, else yes or no."""
    verdict = named.verdict(value.text)
    if named.found_above is not None and value.number is not None:
        verdict = _above(named.found_above, value)
    if named.amount is not None:
        verdict = _keep_amount(observed, value, named, intake) or verdict
    if verdict == "unknown":
        verdict = _interpreted(observed.part.interpretation)
    if verdict == "unknown" and not named.is_function and named.is_stated:
        verdict = _VERDICTS[value.polarity]
    return verdict


def _keep_letter(
    observed: Observed, value: ObservedValue, named: NamedObservation, intake: Intake
) -> None:
    """A grade by a letter: the finding that it means is there, and those of the other letters are not."""
    letter = named.letter_of(value.text)
    if letter is None:
        if value.text:
            _keep_unread(observed.parent, observed.code, value, intake, is_finding=True)
        return
    for value_set in dict.fromkeys(named.letters.values()):
        is_it = named.letters.get(letter) == value_set
        hit = ConceptHit(value_set, "text", "", named.name)
        intake.observed[value_set].append(
            replace(observed, hit=hit, polarity="positive" if is_it else "negative")
        )


def _keep_amount(
    observed: Observed, value: ObservedValue, named: NamedObservation, intake: Intake
) -> Verdict | None:
    """The amount of what is found, in words too; what it says of the finding, None without an amount."""
    table = intake.index.units[named.amount or ""]
    number = measured(value, table).number
    told = None
    if number is None and named.verdict(value.text) == "found":
        amounts = [a for part in named.telling_parts(value.text) for a in amounts_in(part, table)]
        number = told = max(amounts, default=None)
    if number is None:
        return None
    hit = ConceptHit(named.amount or "", "text", "", named.name)
    intake.observed[hit.value_set].append(replace(observed, hit=hit, told=told))
    is_it = number > (named.found_above or 0) and value.comparator not in ("<", "<=")
    return "found" if is_it else "normal"


def _is_in_unit(part: ObservationShape | ComponentShape, table: UnitTable, intake: Intake) -> bool:
    value = read_value(part, intake.index, intake.concepts)
    amount = measured(value, table)
    return bool(value.unit or value.unit_code) and amount.number is not None


def _above(limit: float, value: ObservedValue) -> Verdict:
    """Whether a number says the finding: `< 20` says nothing above 20, and is none."""
    if value.number is None:
        return "unknown"
    return "found" if value.number > limit and value.comparator not in ("<", "<=") else "normal"


def _grade(value: ObservedValue, table: UnitTable | None) -> float | None:
    """Muscle power from 0 to 5, by number or in words."""
    number = measured(value, table).number if table is not None else None
    if number is None:
        return read_grade(value.text)
    return number if 0 <= number <= _FULL_POWER else None


def _interpreted(raw: Raw) -> Verdict:
    """By the interpretation of who measured: abnormal or low is the finding, normal is none."""
    codes = {
        coding.code.upper()
        for concept in read_concepts(plain(raw))
        for coding in concept.codings
        if coding.code
    }
    if codes & _ABNORMAL:
        return "found"
    return "normal" if codes & _NORMAL else "unknown"


def _keep_unread(
    parent: ObservationShape,
    code: ConceptReading,
    value: ObservedValue,
    intake: Intake,
    *,
    is_finding: bool,
) -> None:
    when = when_observed(parent)
    first = days_after(intake.as_of, -intake.index.rules.unread_days)
    if when is not None and when.last < first:
        return
    if is_finding:
        intake.tally.unread_findings += 1
    intake.unread_values.append(
        UnreadValue(
            reference("Observation", parent.id),
            f"{code.display}: {value.text}" if value.text else code.display,
            is_finding=is_finding,
        )
    )


def doubtful_values(
    observations: Observations[Observed], index: CodeIndex, as_of: date
) -> tuple[UnreadValue, ...]:
    """The newest measurement of each kind whose unit or number says nothing that can be used; recent ones only."""
    first = days_after(as_of, -index.rules.unread_days)
    found: list[UnreadValue] = []
    for value_set in index.units:
        if value_set in _KIDNEYS:
            # why: they matter beside contrast alone, and that check says itself when no value can be used
            continue
        dated = [
            (hit.entry.when.last if hit.entry.when is not None else as_of, hit)
            for hit in observations.since(value_set, first)
        ]
        if not dated:
            continue
        day, newest = max(dated, key=lambda item: item[0])
        usable = any(when == day and hit.number is not None for when, hit in dated)
        entry = newest.entry
        if newest.problem and not usable and entry.value_text:
            text = f"{entry.display}: {entry.value_text}"
            found.append(UnreadValue(entry.reference, text, is_finding=False))
    return tuple(found)


def when_kept(observed: Observed) -> DateSpan | None:
    """When what was kept was observed."""
    shape = observed.parent
    return read_date(shape.effective_date_time) or when_observed(shape)


def when_observed(shape: ObservationShape) -> DateSpan | None:
    """effectiveDateTime, effectivePeriod.end (its start while it lasts), effectiveInstant, else issued."""
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


def _pregnancy(
    shape: ObservationShape | ComponentShape, value: ObservedValue, intake: Intake
) -> Polarity:
    """A pregnancy status answers with the state itself instead of yes or no."""
    concepts = intake.concepts
    stated = concepts.read(shape.value_codeable_concept).value_sets
    stated = stated or concepts.read_text(value.text).value_sets
    is_on, is_over = (name in stated for name in PREGNANCY)
    if is_on == is_over:
        return "unknown"
    return "positive" if is_on else "negative"
