"""Condition to entry: what it is, since when, and how sure the record is of it."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from msgspec import Raw, Struct

from cds_service.evidence.codes.concepts import ConceptReader, ConceptReading
from cds_service.evidence.codes.dates import at_age, days_after, read_date
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.codes.units import read_number
from cds_service.evidence.loose_json import as_object, as_text, each
from cds_service.evidence.model import ConditionEntry, ConditionHit, DateSpan
from cds_service.evidence.raw import NOTHING, is_there, plain
from cds_service.evidence.record.person import is_true
from cds_service.evidence.record.shapes import ConditionShape, read_quantity

_REFUTED: Final = "refuted"
_MAX_AGE: Final = 150
_MONTHS_A_YEAR: Final = 12
_DAYS_A_YEAR: Final = 365
_WEEKS_A_YEAR: Final = 52


class ConditionReader(Struct, frozen=True, gc=False):
    """Reads the Conditions of one patient on one day."""

    index: CodeIndex
    concepts: ConceptReader
    as_of: date
    birth: DateSpan | None
    _words: dict[bytes, tuple[str, ...]]
    """Words of each distinct status that was met; starts empty."""

    def is_meant(self, shape: ConditionShape) -> bool:
        """False for a Condition that was entered in error or refuted."""
        dropped = self.index.compiled.verification_dropped
        return dropped.isdisjoint(self._status(shape.verification_status))

    def read(self, shape: ConditionShape, code: ConceptReading) -> ConditionEntry | None:
        """The entry of a Condition; None when it was entered in error or otherwise never meant."""
        verification = self._verification(shape)
        if verification is None:
            return None
        clinical, status_recorded, abated = self._course(shape)
        return ConditionEntry(
            reference=reference("Condition", shape.id),
            display=code.display,
            clinical=clinical,
            status_recorded=status_recorded,
            verification=verification,
            onset=self._onset(shape),
            recorded=_first_date(shape.recorded_date, shape.asserted_date, shape.date_recorded),
            abated=abated,
            text=code.text,
            codings=code.codings,
            body_sites=self._body_sites(shape.body_site),
        )

    def _status(self, raw: Raw) -> tuple[str, ...]:
        written = bytes(raw)
        words = self._words.get(written)
        if words is None:
            words = self._words[written] = status_words(raw)
        return words

    def _verification(
        self, shape: ConditionShape
    ) -> Literal["confirmed", "suspected", "refuted"] | None:
        rules = self.index.compiled
        for status in self._status(shape.verification_status):
            if status == _REFUTED:
                return "refuted"
            if status in rules.verification_dropped:
                return None
            if status in rules.verification_suspected:
                return "suspected"
        return "confirmed"

    def _course(
        self, shape: ConditionShape
    ) -> tuple[Literal["current", "past"], bool, DateSpan | None]:
        """Current or past, whether a status says so, and when it ended.

        An abatement on or before the day wins over every status; one that lies ahead has not happened.
        """
        rules = self.index.compiled
        words = self._status(shape.clinical_status)
        is_past = any(word in rules.condition_past for word in words)
        recorded = is_past or any(word in rules.condition_current for word in words)
        if not _has_abatement(shape):
            return ("past" if is_past else "current"), recorded, None
        abated = self._abated(shape)
        if abated is not None:
            latest = days_after(self.as_of, self.index.rules.future_days)
            is_past = is_past or abated.first <= latest
        else:
            is_past = is_past or _is_said_to_have_abated(shape)
        return ("past" if is_past else "current"), recorded, abated

    def _abated(self, shape: ConditionShape) -> DateSpan | None:
        found = read_date(shape.abatement_date_time)
        if found is None and shape.abatement_period is not NOTHING:
            period = as_object(plain(shape.abatement_period))
            found = read_date(period.get("end")) or read_date(period.get("start"))
        if found is None and shape.abatement_age is not NOTHING:
            found = self._at_age(shape.abatement_age)
        return found

    def _onset(self, shape: ConditionShape) -> DateSpan | None:
        found = read_date(shape.onset_date_time)
        if found is None and shape.onset_period is not NOTHING:
            found = read_date(as_object(plain(shape.onset_period)).get("start"))
        if found is None and shape.onset_age is not NOTHING:
            found = self._at_age(shape.onset_age)
        return found

    def _at_age(self, raw: Raw) -> DateSpan | None:
        """The days of an age in years, months, weeks or days; None without a birth date or a usable age."""
        age = read_quantity(raw)
        number = read_number(as_text(plain(age.value)))
        if self.birth is None or number is None or number < 0:
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
        return at_age(self.birth, years) if years <= _MAX_AGE else None

    def _body_sites(self, raw: Raw) -> frozenset[str]:
        if raw is NOTHING:
            return frozenset()
        return frozenset(
            hit.value_set for site in self.concepts.read_each(raw) for hit in site.hits
        )


def condition_hits(
    entry: ConditionEntry, code: ConceptReading
) -> tuple[tuple[str, ConditionHit], ...]:
    """(value set id, hit) for every value set that the Condition's code is in."""
    return tuple(
        (hit.value_set, ConditionHit(entry, hit.via, hit.system, hit.code, hit.seventh))
        for hit in code.hits
    )


def reference(kind: str, resource_id: object) -> str:
    """`Type/id`, empty for a resource without an id."""
    return f"{kind}/{resource_id}" if isinstance(resource_id, str) and resource_id else ""


def status_words(raw: Raw) -> tuple[str, ...]:
    """The words of a status, lower case: a CodeableConcept, or the bare code of STU3 and DSTU2."""
    if raw is NOTHING:
        return ()
    found: list[str] = []
    for entry in each(plain(raw)):
        if isinstance(entry, str):
            found.append(entry)
        elif isinstance(entry, dict):
            found += [
                as_text(as_object(coding).get("code")) for coding in each(entry.get("coding"))
            ]
            found += [as_text(entry.get("code")), as_text(entry.get("text"))]
    return tuple(word.strip().lower() for word in found if word)


def _first_date(*values: object) -> DateSpan | None:
    return next((span for value in values if (span := read_date(value)) is not None), None)


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
