"""Orders, statements, dispenses and administrations to exposures: which drug, from when until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from cds_service.evidence.codes.codeable import Concept, read_concept, read_concepts
from cds_service.evidence.codes.concepts import NO_CONCEPT, ConceptReader, ConceptReading
from cds_service.evidence.codes.dates import days_after, read_date
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.codes.references import local_reference
from cds_service.evidence.codes.statuses import status_words
from cds_service.evidence.codes.units import read_number
from cds_service.evidence.loose_json import as_object, as_text, each
from cds_service.evidence.model import DateSpan, Exposure, Via
from cds_service.evidence.raw import NOTHING, plain
from cds_service.evidence.record.asides import keep_said
from cds_service.evidence.record.intake import Intake, reference
from cds_service.evidence.record.person import is_true
from cds_service.evidence.record.shapes import (
    MedicationShape,
    MedicationUseShape,
    read_medication,
)

_ACTIVE: Final = "active"
_NEVER_MEANT: Final = ("entered-in-error", "cancelled", "draft", "unknown")
_RECORDED: Final = "recorded"
"""MedicationStatement of R5, which has its adherence beside it."""
_IN_PROGRESS: Final = "in-progress"
_NOT_TAKEN: Final = "n"
_NOT_TAKING: Final = "not-taking"
_DISPENSE: Final = "MedicationDispense"
_ADMINISTRATION: Final = "MedicationAdministration"
_DAYS_A_WEEK: Final = 7
_DAYS_A_YEAR: Final = 365
_HOURS_A_DAY: Final = 24
_MAX_DAYS: Final = 100 * _DAYS_A_YEAR

_Json = Mapping[str, object]


class _Drug(Struct, frozen=True, gc=False):
    """What was given: its concepts, and the words that tell by which way it reaches the body."""

    display: str
    concepts: tuple[ConceptReading, ...]
    words: str
    titles: tuple[str, ...] = ()
    """What the codes are called, where a text stands before them."""


class _Course(Struct, frozen=True, gc=False):
    """From when until when, as the record says it; the end is not yet cut at the day of reading."""

    start: DateSpan | None
    last: date | None


def keep_medications(intake: Intake, kind: str) -> None:
    """Medication resources, by every reference that may name them."""
    for batch in intake.batches.get(kind, ()):
        for shape, url in zip(batch.resources, batch.full_urls, strict=True):
            intake.medications[f"{kind}/{as_text(shape.id)}"] = shape
            if url:
                intake.medications[url] = shape


def read_medications(intake: Intake, kind: str) -> None:
    """The exposures that orders, statements, dispenses and administrations speak of."""
    reader = MedicationReader(intake)
    for key, resources in intake.ours(kind):
        for shape in resources:
            hits, is_named = reader.read(kind, shape)
            if shape.reason_code is not NOTHING:
                _keep_reason(intake, kind, shape)
            if not is_named:
                intake.tally.unnamed_drugs[key] += 1
            for value_set, exposure in hits:
                intake.exposures[value_set].append(exposure)


def _keep_reason(intake: Intake, kind: str, shape: MedicationUseShape) -> None:
    """Why a drug was ordered: zoledronic acid for bone metastases says that there are some."""
    ordered = read_date(shape.authored_on) or read_date(shape.date_written)
    never = as_text(shape.status).lower() in _NEVER_MEANT or is_true(shape.do_not_perform)
    if not never and not intake.is_ahead(ordered):
        keep_said(intake, reference(kind, shape.id), ordered, concepts=shape.reason_code)


class MedicationReader(Struct, frozen=True, gc=False):
    """Reads what says that our patient was given a drug."""

    intake: Intake

    @property
    def index(self) -> CodeIndex:
        """The compiled guideline."""
        return self.intake.index

    @property
    def concepts(self) -> ConceptReader:
        """Reader of the drugs' concepts."""
        return self.intake.concepts

    def read(
        self, kind: str, shape: MedicationUseShape
    ) -> tuple[tuple[tuple[str, Exposure], ...], bool]:
        """((value set id, exposure)…, whether the record says at all which drug it is)."""
        status = as_text(shape.status).lower()
        if not self._counts(kind, shape, status):
            return (), True
        drug = self._drug(shape)
        if drug is None:
            return (), False
        matched = self._matched(drug, shape)
        if not matched:
            return (), True
        by_code = self._exposure(kind, shape, drug, status)
        by_text = replace(by_code, via="text")
        disputed = replace(by_text, names_disagree=True)
        is_other = self._is_named_otherwise(drug)
        return tuple(
            (value_set, by_text if via == "text" else disputed if is_other else by_code)
            for value_set, via in matched.items()
        ), True

    def _counts(self, kind: str, shape: MedicationUseShape, status: str) -> bool:
        """False for what never reached the patient; a missing status counts."""
        rules = self.index.compiled
        counting = {
            _DISPENSE: rules.dispense_counts,
            _ADMINISTRATION: rules.administration_counts,
        }.get(kind, rules.medication_counts)
        if status and status not in counting:
            return False
        never = (shape.do_not_perform, shape.not_given, shape.was_not_given, shape.was_not_taken)
        return not any(map(is_true, never)) and as_text(shape.taken).lower() != _NOT_TAKEN

    def _exposure(self, kind: str, shape: MedicationUseShape, drug: _Drug, status: str) -> Exposure:
        as_of = self.intake.as_of
        is_given = kind == _ADMINISTRATION
        course = self._administered(shape, status) if is_given else self._course(kind, shape)
        if course.start is not None and not is_given and self._is_single_dose(shape):
            course = self._one_day(course.start)
        is_active = status == _ACTIVE or (status == _RECORDED and _is_taking(shape))
        last, open_since = course.last, None
        if last is None and is_active:
            last = as_of
            open_since = _renewed(course, shape)
        ongoing = (is_active or kind == _DISPENSE) and last is not None and last >= as_of
        latest = days_after(as_of, self.index.rules.future_days)
        if course.start is not None and course.start.first > latest:
            # why: a course that begins later has no day of exposure yet; its own date says so
            last, ongoing = None, False
        return Exposure(
            reference=reference(kind, shape.id),
            display=drug.display,
            via="code",
            start=course.start,
            end=min(last, as_of) if last is not None else None,
            ongoing=ongoing,
            open_since=open_since,
        )

    def _is_single_dose(self, shape: MedicationUseShape) -> bool:
        """True when every dosage is given once, by its count or by its words."""
        dosages = list(_dosages(shape))
        return bool(dosages) and all(map(self._is_once, dosages))

    def _is_once(self, dosage: _Json) -> bool:
        repeat = as_object(as_object(dosage.get("timing")).get("repeat"))
        if "count" in repeat:
            return as_text(repeat["count"]) == "1" and "countMax" not in repeat
        if "frequency" in repeat or "period" in repeat:
            return False
        words = self.index.compiled.single_dose
        texts = (as_text(dosage.get("text")), as_text(dosage.get("patientInstruction")))
        return words is not None and any(words.search(text) is not None for text in texts)

    # which drug

    def _drug(self, shape: MedicationUseShape) -> _Drug | None:
        """The drug of the order; None when the record names none that could be found."""
        concept = self.concepts.read(shape.medication_codeable_concept)
        target = ""
        label = ""
        if shape.medication is not NOTHING:
            either = plain(shape.medication)
            concept = self.concepts.read(shape.medication)
            link = as_object(as_object(either).get("reference"))
            target, label = as_text(link.get("reference")), as_text(link.get("display"))
        elif shape.medication_reference is not NOTHING:
            link = as_object(plain(shape.medication_reference))
            target, label = as_text(link.get("reference")), as_text(link.get("display"))
        if concept.codings or concept.text or concept.display:
            return _Drug(concept.display, (concept,), concept.text, _titles(shape, concept))
        found = self._referenced(target, shape)
        if found is not None:
            return self._from_medication(found, label)
        if label:
            return _Drug(label, (self.concepts.read_text(label),), label)
        return None

    def _referenced(self, target: str, shape: MedicationUseShape) -> MedicationShape | None:
        if not target.startswith("#"):
            return self.intake.medications.get(local_reference(target)) if target else None
        for entry in each(plain(shape.contained)):
            medication = read_medication(entry)
            if medication is not None and as_text(medication.id).lstrip("#") == target[1:]:
                return medication
        return None

    def _from_medication(self, medication: MedicationShape, label: str) -> _Drug | None:
        concepts = [self.concepts.read(medication.code)]
        for entry in each(plain(medication.ingredient)):
            ingredient = as_object(entry)
            item = ingredient.get("itemCodeableConcept") or ingredient.get("item")
            concepts.append(self.concepts.read_plain(item) if item is not None else NO_CONCEPT)
        if label:
            concepts.append(self.concepts.read_text(label))
        named = tuple(concept for concept in concepts if concept.display or concept.codings)
        if not named:
            return None
        forms = [*_words(plain(medication.form)), *_words(plain(medication.dose_form))]
        words = " ; ".join([*(concept.text for concept in named), *forms])
        return _Drug(named[0].display, named, words)

    def _matched(self, drug: _Drug, shape: MedicationUseShape) -> dict[str, Via]:
        """Value sets of the drug. Codes of whole drugs count directly, all else by a systemic route or form."""
        found: dict[str, Via] = {}
        hits = [hit for concept in drug.concepts for hit in concept.hits]
        if not hits:
            # a brand, beside a code that names the ingredient in its display alone
            hits = [hit for name in drug.titles for hit in self.concepts.read_text(name).hits]
        if not hits:
            # a brand or another spelling, that no code and no list of ours has
            hits = list(self.concepts.words_of(Concept(drug.display, ())) or ())
        if not hits:
            return found
        is_local = self._is_local(drug, shape)
        for hit in hits:
            is_whole_drug = (hit.value_set, hit.code) in self.index.drug_codes
            if is_local and not is_whole_drug:
                continue
            if hit.via == "code" or hit.value_set not in found:
                found[hit.value_set] = hit.via
        return found

    def _is_named_otherwise(self, drug: _Drug) -> bool:
        """The words name a drug of another set than every code: one of the two is a mistake, and nobody knows which."""
        coded = {hit.value_set for c in drug.concepts for hit in c.hits if hit.via == "code"}
        words = self.concepts.words_of(Concept(drug.display, ())) or ()
        named = {hit.value_set for c in drug.concepts for hit in c.hits if hit.via == "text"}
        # a drug of cancer is read as a cancer too: only what names a drug can disagree
        named.update(hit.value_set for hit in words)
        named &= self.index.drug_sets
        return bool(named) and named.isdisjoint(coded)

    def _is_local(self, drug: _Drug, shape: MedicationUseShape) -> bool:
        """True when name or form say so, or every route that is stated."""
        local = self.index.compiled.local_use
        if local is None:
            return False
        if local.search(drug.words):
            return True
        routes = [" ; ".join(_words(d.get("route"))) for d in _dosages(shape)]
        stated = [route for route in routes if route]
        return bool(stated) and all(local.search(route) for route in stated)

    def _administered(self, shape: MedicationUseShape, status: str) -> _Course:
        """One administration is one day; only a period with both ends, or one under way, is longer."""
        for element in (
            shape.effective_period,
            shape.effective_time_period,
            shape.occurence_period,
        ):
            period = as_object(plain(element))
            start, end = read_date(period.get("start")), read_date(period.get("end"))
            if end is not None:
                return _Course(start, end.last)
            if start is not None and status == _IN_PROGRESS:
                return _Course(start, self.intake.as_of)
            if start is not None:
                return self._one_day(start)
        given = _first_date(
            shape.effective_date_time, shape.effective_time_date_time, shape.occurence_date_time
        )
        return self._one_day(given) if given is not None else _Course(None, None)

    def _one_day(self, span: DateSpan) -> _Course:
        """The latest day that a date may mean, for a single dose of which no more than the month is known."""
        day = max(span.first, min(span.last, self.intake.as_of))
        return _Course(DateSpan(day, day), day)

    def _course(self, kind: str, shape: MedicationUseShape) -> _Course:
        dispense = as_object(plain(shape.dispense_request))
        effective = as_object(plain(shape.effective_period))
        bounds = _first_bounds(shape)
        period = as_object(bounds.get("boundsPeriod"))
        start = _first_date(
            shape.when_handed_over,
            shape.when_prepared,
            as_object(dispense.get("validityPeriod")).get("start"),
            effective.get("start"),
            shape.effective_date_time,
            period.get("start"),
            shape.authored_on,
            shape.date_written,
            shape.date_asserted,
        )
        ended = read_date(effective.get("end"))
        if ended is not None:
            return _Course(start, ended.last)
        days = self._days(plain(shape.days_supply)) if kind == _DISPENSE else None
        if (
            days is None
            and (days := self._days(dispense.get("expectedSupplyDuration"))) is not None
        ):
            days *= 1 + _repeats(dispense.get("numberOfRepeatsAllowed"))
        if days is None:
            ended = read_date(period.get("end"))
            if ended is not None:
                return _Course(start, ended.last)
            days = self._days(bounds.get("boundsDuration"))
        if days is None or start is None:
            return _Course(start, None)
        return _Course(start, days_after(start.first, min(days, _MAX_DAYS) - 1))

    def _days(self, value: object) -> int | None:
        """Whole days of a Duration, at least one; None for none or for a unit that is no length of time."""
        duration = as_object(value)
        number = read_number(as_text(duration.get("value")))
        if number is None or number <= 0:
            return None
        days_per_month = self.index.rules.days_per_month
        for word in (as_text(duration.get("code")), as_text(duration.get("unit")).lower()):
            match word:
                case "d" | "day" | "days":
                    return max(round(number), 1)
                case "wk" | "week" | "weeks":
                    return max(round(number * _DAYS_A_WEEK), 1)
                case "mo" | "month" | "months":
                    return max(round(number * days_per_month), 1)
                case "a" | "year" | "years":
                    return max(round(number * _DAYS_A_YEAR), 1)
                case "h" | "hour" | "hours":
                    return max(round(number / _HOURS_A_DAY), 1)
        return None


def _titles(shape: MedicationUseShape, concept: ConceptReading) -> tuple[str, ...]:
    if concept.hits or not concept.text:
        return ()
    written = (shape.medication_codeable_concept, shape.medication)
    return tuple(
        coding.display
        for raw in written
        if raw is not NOTHING
        for coding in read_concept(plain(raw)).codings
        if coding.display and coding.display.lower() != concept.text
    )


def _renewed(course: _Course, shape: MedicationUseShape) -> date | None:
    """Last day on which somebody ordered the drug, or said that it is taken."""
    days = [course.start, read_date(shape.authored_on), read_date(shape.date_asserted)]
    known = [span.last for span in days if span is not None]
    return max(known) if known else None


def _is_taking(shape: MedicationUseShape) -> bool:
    """False for a statement of R5 that says that the drug is not taken, or not any more."""
    adherence = status_words(as_object(plain(shape.adherence)).get("code"))
    return not any(word.startswith(_NOT_TAKING) for word in adherence)


def _first_bounds(shape: MedicationUseShape) -> _Json:
    """`timing.repeat` of the first dosage that bounds its time."""
    for dosage in _dosages(shape):
        repeat = as_object(as_object(dosage.get("timing")).get("repeat"))
        if as_object(repeat.get("boundsPeriod")) or as_object(repeat.get("boundsDuration")):
            return repeat
    return {}


def _dosages(shape: MedicationUseShape) -> Iterator[_Json]:
    for element in (shape.dosage_instruction, shape.dosage):
        for entry in each(plain(element)):
            if isinstance(entry, dict):
                yield entry


def _first_date(*values: object) -> DateSpan | None:
    return next((span for value in values if (span := read_date(value)) is not None), None)


def _repeats(value: object) -> int:
    number = read_number(as_text(value))
    return int(number) if number is not None and number > 0 else 0


def _words(value: object) -> Iterator[str]:
    """Text and displays of a concept."""
    for concept in read_concepts(value):
        if concept.text:
            yield concept.text
        yield from (coding.display for coding in concept.codings if coding.display)
