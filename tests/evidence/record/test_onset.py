"""Since when a condition has been there: a date, a period or an age."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.model import PatientRecord

ReadRecord = Callable[..., PatientRecord]


ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def condition(**elements: Any) -> Any:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": ICD, "code": "R33.9"}]},
        "subject": {"reference": "Patient/p1"},
    } | elements


@pytest.mark.parametrize(
    ("age", "first", "last"),
    [
        ({"value": 60}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 60, "unit": "years"}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 60, "unit": "year"}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 60, "unit": "yr"}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 60, "code": "a"}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 60, "code": "a", "unit": "mo"}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 720, "code": "mo"}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 719, "unit": "months"}, date(2019, 5, 20), date(2020, 5, 19)),
        ({"value": 12, "unit": "month"}, date(1961, 5, 20), date(1962, 5, 19)),
        ({"value": 52, "code": "wk"}, date(1961, 5, 20), date(1962, 5, 19)),
        ({"value": 51, "unit": "weeks"}, date(1960, 5, 20), date(1961, 5, 19)),
        ({"value": 104, "unit": "week"}, date(1962, 5, 20), date(1963, 5, 19)),
        ({"value": 365, "code": "d"}, date(1961, 5, 20), date(1962, 5, 19)),
        ({"value": 364, "unit": "days"}, date(1960, 5, 20), date(1961, 5, 19)),
        ({"value": 730, "unit": "day"}, date(1962, 5, 20), date(1963, 5, 19)),
        ({"value": 0}, date(1960, 5, 20), date(1961, 5, 19)),
    ],
)
def test_an_age_at_onset_is_a_year_of_days(
    read: ReadRecord, age: Any, first: date, last: date
) -> None:
    (found,) = read(condition(onsetAge=age)).conditions["urinary-retention"]
    assert found.entry.onset is not None
    assert (found.entry.onset.first, found.entry.onset.last) == (first, last)


@pytest.mark.parametrize(
    "age",
    [
        {"value": 151},
        {"value": -1},
        {"value": 60, "code": "h"},
        {"value": 60, "unit": "XXXX"},
        {"unit": "years"},
        {"value": "old"},
        {},
    ],
)
def test_an_age_that_cannot_be_is_no_onset(read: ReadRecord, age: Any) -> None:
    (found,) = read(condition(onsetAge=age)).conditions["urinary-retention"]
    assert found.entry.onset is None


def test_a_date_of_onset_is_taken_before_a_period_and_a_period_before_an_age(
    read: ReadRecord,
) -> None:
    age = {"onsetAge": {"value": 60}}
    period = {"onsetPeriod": {"start": "2025-02-01"}}
    for elements, day in (
        (age | period | {"onsetDateTime": "2025-01-01"}, "2025-01-01"),
        (age | {"onsetDateTime": "2025-01-01"}, "2025-01-01"),
        (age | period, "2025-02-01"),
        (period | {"onsetDateTime": "soon"}, "2025-02-01"),
    ):
        (found,) = read(condition(**elements)).conditions["urinary-retention"]
        assert found.entry.onset == read_date(day)
