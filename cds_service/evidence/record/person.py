"""Patient to person: birth, gender, death, country of the home. Nothing else of it is read."""

from __future__ import annotations

from datetime import date
from typing import Literal

from cds_service.evidence.codes.dates import days_after, read_date
from cds_service.evidence.loose_json import as_text, each
from cds_service.evidence.model import Person
from cds_service.evidence.raw import plain
from cds_service.evidence.record.intake import Intake
from cds_service.evidence.record.shapes import PatientShape
from cds_service.evidence.record.subjects import Subjects

_Gender = Literal["female", "male", "other", "unknown"]


def read_patients(intake: Intake, kind: str) -> None:
    """Our patient: the first that has a birth date, else the first. Its fullUrls name it in other resources."""
    batches = intake.batches.get(kind, ())
    of_id = intake.subjects.is_our_patient
    intake.subjects = Subjects(
        intake.patient_id,
        [
            url
            for batch in batches
            for shape, url in zip(batch.resources, batch.full_urls, strict=True)
            if url and of_id(shape.id)
        ],
    )
    for batch in batches:
        for shape in batch.resources:
            if not of_id(shape.id):
                intake.tally.other_patients += 1
                continue
            person = read_person(
                shape, intake.patient_id, intake.as_of, intake.index.rules.future_days
            )
            known = intake.person
            if known is None or (known.birth is None and person.birth is not None):
                intake.person = person


def read_person(shape: PatientShape, patient_id: str, as_of: date, future_days: int) -> Person:
    """The person of a Patient, alive or not on the day `as_of`."""
    is_deceased = _is_deceased(shape, days_after(as_of, future_days))
    return Person(
        reference=f"Patient/{patient_id}",
        birth=read_date(shape.birth_date),
        gender=_gender(shape.gender),
        is_deceased=is_deceased,
        country=_country(plain(shape.address)),
        died=read_date(shape.deceased_date_time) if is_deceased else None,
    )


def _gender(value: object) -> _Gender:
    match as_text(value).lower():
        case "female" | "f":
            return "female"
        case "male" | "m":
            return "male"
        case "other":
            return "other"
        case _:
            return "unknown"


def _is_deceased(shape: PatientShape, latest: date) -> bool:
    """A death after the day that the record is read for has not happened yet."""
    died = read_date(shape.deceased_date_time)
    if died is not None:
        return died.first <= latest
    return bool(as_text(shape.deceased_date_time)) or is_true(shape.deceased_boolean)


def is_true(value: object) -> bool:
    """True for a JSON true, also one written as text."""
    return value is True or as_text(value).lower() == "true"


def _country(addresses: object) -> str:
    """Country of the home address; of any other address that is not an old one where no home is named."""
    found = ""
    for address in each(addresses):
        if not isinstance(address, dict) or address.get("use") == "old":
            continue
        country = as_text(address.get("country"))
        if country and address.get("use") == "home":
            return country
        found = found or country
    return found
