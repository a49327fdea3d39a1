"""Condition to entry: what it is, since when, and how sure the record is of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from cds_service.evidence.codes.certainty import Certainty, certainty_of
from cds_service.evidence.codes.concepts import ConceptHit, ConceptReading
from cds_service.evidence.codes.dates import at_age, read_date
from cds_service.evidence.codes.index import CONTRAST_AGENTS
from cds_service.evidence.codes.statuses import (
    Verification,
    is_past,
    status_words,
    verification,
    with_certainty,
)
from cds_service.evidence.codes.units import read_number
from cds_service.evidence.loose_json import as_object, as_text, each, texts_of
from cds_service.evidence.model import ConditionEntry, ConditionHit, DateSpan, NotUnderstood
from cds_service.evidence.raw import NOTHING, is_there, plain
from cds_service.evidence.record.asides import keep_said
from cds_service.evidence.record.intake import Intake, reference
from cds_service.evidence.record.person import is_true
from cds_service.evidence.record.shapes import ConditionShape, read_quantity

_MAX_AGE: Final = 150
_MONTHS_A_YEAR: Final = 12
_DAYS_A_YEAR: Final = 365
_WEEKS_A_YEAR: Final = 52
_NO_NAME: Final = "an entry without code or words"
_ASSERTED: Final = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
_NOWHERE: Final = frozenset[str]()
_CAME_BACK: Final = frozenset({"recurrence", "relapse"})


class _Standing(Struct, frozen=True, gc=False):
    """What was looked up of a Condition before it is known whether it becomes an entry."""

    stated: Verification
    certainty: Certainty
    """By the letter that stands beside the code, or on the Condition."""
    recorded: DateSpan | None


def read_conditions(intake: Intake, kind: str) -> None:
    """Every Condition of our patient: a hit in each value set that its code is in.

    One that was entered in error, and the code of a family history, are none.
    """
    conditions, certainties = intake.conditions, intake.index.compiled.certainties
    for shape, code in intake.coded(kind):
        name = reference(kind, shape.id)
        intake.known_conditions.add(name)
        recorded = _recorded(shape)
        if _is_later(shape, recorded, intake):
            continue
        certainty = code.certainty or certainty_of(shape.extension, certainties)
        stated = _sureness(shape, certainty, intake)
        if stated is None or stated == "refuted":
            intake.retracted.add(name)
        if stated in ("confirmed", "suspected"):
            _keep_beside(shape, name, recorded, intake)
        hits = code.hits
        if not hits:
            hits = _told_by_words(shape, code, stated, intake)
        elif stated is not None:
            hits += intake.concepts.sharper_words(code)
        if stated is None or not hits:
            continue
        entry = _entry(shape, code, _Standing(stated, certainty, recorded), intake)
        past = intake.concepts.told_as_past(code) if code.hits else _NOWHERE
        for hit in hits:
            if not _is_meant(hit, code, intake):
                continue
            said = replace(entry, clinical="past") if hit.value_set in past else entry
            conditions[hit.value_set].append(
                ConditionHit(said, hit.via, hit.system, hit.code, hit.seventh)
            )


def _keep_beside(
    shape: ConditionShape, name: str, recorded: DateSpan | None, intake: Intake
) -> None:
    """What the notes and the evidence of a Condition say, of the day that it was recorded."""
    if shape.note is NOTHING and shape.evidence is NOTHING:
        return
    if _course(shape, intake)[0] != "current":
        return
    when = recorded or _onset(shape, intake)
    if shape.note is not NOTHING:
        keep_said(intake, name, when, concepts=NOTHING, texts=texts_of(plain(shape.note)))
    for shown in map(as_object, each(plain(shape.evidence))):
        concepts = shown.get("code") or shown.get("concept")
        details = [as_object(d) for d in (*each(shown.get("detail")), shown.get("reference"))]
        raw = Raw(msgspec.json.encode(concepts)) if concepts is not None else NOTHING
        words = [as_text(detail.get("display")) for detail in details]
        keep_said(intake, name, when, concepts=raw, texts=words)


def _told_by_words(
    shape: ConditionShape, code: ConceptReading, stated: Verification | None, intake: Intake
) -> tuple[ConceptHit, ...]:
    """What the words say of a Condition that no value set holds; one that they do not tell either is kept by name.

    A code of ICD-10 has said what it is: our sets take its codes by whole branches and leave out on purpose, and the
    titles of what they leave out hold the same words. Its words only show whether it was understood, unless the code
    names no disease.
    """
    if stated is None or code.is_family or intake.concepts.has_no_bearing(code):
        return ()
    found = intake.concepts.read_words(code)
    if found is None:
        if stated != "refuted" and _course(shape, intake)[0] == "current":
            name = code.display or _NO_NAME
            intake.unread_problems.append(NotUnderstood(reference("Condition", shape.id), name))
        return ()
    is_classified = code.is_classified and not intake.concepts.names_nothing(code)
    return () if is_classified else found


def _is_later(shape: ConditionShape, recorded: DateSpan | None, intake: Intake) -> bool:
    """True for what nobody knew on the day: recorded later, or begun later and recorded nobody says when.

    A beginning ahead of its own recording is a slip of the pen: the entry stays, without that date.
    """
    known = recorded or _onset(shape, intake)
    return known is not None and intake.is_ahead(known)


def _recorded(shape: ConditionShape) -> DateSpan | None:
    written = read_date(shape.recorded_date) if shape.recorded_date is not None else None
    written = written or _first_date(shape.asserted_date, shape.date_recorded)
    if written is not None or shape.extension is NOTHING:
        return written
    extensions = map(as_object, each(plain(shape.extension)))
    return _first_date(
        *(item.get("valueDateTime") for item in extensions if item.get("url") == _ASSERTED)
    )


def _is_meant(hit: ConceptHit, code: ConceptReading, intake: Intake) -> bool:
    """False for the name of a contrast agent in a problem list, but for one beside a word of reaction."""
    if hit.via == "code" or hit.value_set not in CONTRAST_AGENTS:
        return True
    words = intake.index.compiled.reaction_words
    return words is not None and words.search(code.text) is not None


def by_reference(
    conditions: Mapping[str, list[ConditionHit]],
) -> dict[str, tuple[tuple[str, ConditionHit], ...]]:
    """(value set id, hit) by the reference of its Condition."""
    found: dict[str, list[tuple[str, ConditionHit]]] = {}
    for value_set, hits in conditions.items():
        for hit in hits:
            if hit.entry.reference:
                found.setdefault(hit.entry.reference, []).append((value_set, hit))
    return {name: tuple(hits) for name, hits in found.items()}


def _entry(
    shape: ConditionShape,
    code: ConceptReading,
    standing: _Standing,
    intake: Intake,
) -> ConditionEntry:
    clinical, status_recorded, abated = _course(shape, intake)
    if standing.certainty == "past" and not _has_come_back(shape, intake):
        clinical = "past"
    return ConditionEntry(
        reference("Condition", shape.id),
        code.display,
        clinical,
        status_recorded,
        standing.stated,
        _onset(shape, intake),
        standing.recorded,
        abated,
        code.text,
        code.codings,
        _body_sites(shape.body_site, intake),
    )


def _sureness(shape: ConditionShape, certainty: Certainty, intake: Intake) -> Verification | None:
    """How sure the record is; without a status that is stated, as the letter beside the code says."""
    stated = _verification(shape.verification_status, intake)
    if not certainty or stated is None:
        return stated
    return with_certainty(stated, certainty, is_stated=is_there(shape.verification_status))


def _has_come_back(shape: ConditionShape, intake: Intake) -> bool:
    return not _CAME_BACK.isdisjoint(_status(shape.clinical_status, intake))


def _verification(raw: Raw, intake: Intake) -> Verification | None:
    written = bytes(raw)
    known = intake.verifications
    if written in known:
        return known[written]
    found = known[written] = verification(status_words(plain(raw)), intake.index.compiled)
    return found


def _status(raw: Raw, intake: Intake) -> tuple[str, ...]:
    if raw is NOTHING:
        return ()
    written = bytes(raw)
    words = intake.status_words.get(written)
    if words is None:
        words = intake.status_words[written] = status_words(plain(raw))
    return words


def _course(
    shape: ConditionShape, intake: Intake
) -> tuple[Literal["current", "past"], bool, DateSpan | None]:
    """Current or past, whether a status says so, and when it ended.

    An abatement on or before the day wins over every status; one that lies ahead has not happened, and then the
    status that came with it had not been set either.
    """
    rules = intake.index.compiled
    words = _status(shape.clinical_status, intake)
    is_over = is_past(words, rules)
    recorded = is_over or not rules.condition_current.isdisjoint(words)
    if not _has_abatement(shape):
        return ("past" if is_over else "current"), recorded, None
    abated = _abated(shape, intake)
    if abated is not None:
        return ("current" if intake.is_ahead(abated) else "past"), recorded, abated
    is_over = is_over or _is_said_to_have_abated(shape)
    return ("past" if is_over else "current"), recorded, abated


def _abated(shape: ConditionShape, intake: Intake) -> DateSpan | None:
    found = read_date(shape.abatement_date_time)
    if found is None and shape.abatement_period is not NOTHING:
        period = as_object(plain(shape.abatement_period))
        found = read_date(period.get("end")) or read_date(period.get("start"))
    if found is None and shape.abatement_age is not NOTHING:
        found = _at_age(shape.abatement_age, intake.birth)
    if found is None and shape.abatement_string is not NOTHING:
        found = intake.index.word_dates.read(plain(shape.abatement_string))
    return found


def _onset(shape: ConditionShape, intake: Intake) -> DateSpan | None:
    found = read_date(shape.onset_date_time)
    if found is None and shape.onset_period is not NOTHING:
        found = read_date(as_object(plain(shape.onset_period)).get("start"))
    if found is None and shape.onset_age is not NOTHING:
        found = _at_age(shape.onset_age, intake.birth)
    return found or intake.index.word_dates.read(shape.onset_string)


def _at_age(raw: Raw, birth: DateSpan | None) -> DateSpan | None:
    """The days of an age in years, months, weeks or days; None without a birth date or a usable age."""
    age = read_quantity(raw)
    number = read_number(as_text(plain(age.value)))
    if birth is None or number is None or number < 0:
        return None
    match as_text(age.code) or as_text(age.unit):
        case "" | "a" | "yr" | "year" | "years":
            per_year = 1
        case "mo" | "month" | "months":
            per_year = _MONTHS_A_YEAR
        case "wk" | "week" | "weeks":
            per_year = _WEEKS_A_YEAR
        case "d" | "day" | "days":
            per_year = _DAYS_A_YEAR
        case _:
            return None
    years = int(number / per_year)
    return at_age(birth, years) if years <= _MAX_AGE else None


def _body_sites(raw: Raw, intake: Intake) -> frozenset[str]:
    if raw is NOTHING:
        return _NOWHERE
    return frozenset(hit.value_set for site in intake.concepts.read_each(raw) for hit in site.hits)


def _first_date(*values: object) -> DateSpan | None:
    for value in values:
        if value is not None and (span := read_date(value)) is not None:
            return span
    return None


def _has_abatement(shape: ConditionShape) -> bool:
    return not (
        shape.abatement_date_time is None
        and shape.abatement_period is NOTHING
        and shape.abatement_age is NOTHING
        and shape.abatement_range is NOTHING
        and shape.abatement_string is NOTHING
        and shape.abatement_boolean is NOTHING
    )


def _is_said_to_have_abated(shape: ConditionShape) -> bool:
    """True for an abatement without a day: a text, a range, an age of unknown birth, or a plain yes."""
    return (
        bool(as_text(shape.abatement_date_time))
        or is_there(shape.abatement_period)
        or is_there(shape.abatement_age)
        or is_there(shape.abatement_range)
        or is_there(shape.abatement_string)
        or is_true(plain(shape.abatement_boolean))
    )
