"""A record larger than any chart: the newest is read, and what was left out is named."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from cds_service.cds_hooks.model import Source
from cds_service.evidence.model import PatientRecord
from cds_service.evidence.record.limits import MOST_CHARACTERS, MOST_ENTRIES, MOST_TEXTS
from cds_service.evidence.record.record import read_record
from tests import shipped

DAY = date(2026, 6, 15)


def condition(number: int, text: str, day: date | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "Condition",
        "id": f"c{number}",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": text},
    }
    return made if day is None else made | {"recordedDate": day.isoformat()}


def bundle(key: str, *resources: dict[str, Any]) -> Source:
    return Source(key, tuple(msgspec.Raw(msgspec.json.encode(one)) for one in resources), None)


def read(*sources: Source) -> PatientRecord:
    compiled = shipped.compiled()
    return read_record(
        {source.key: source for source in sources}, "p1", compiled.index, compiled.catalog, DAY
    )


def left_out(record: PatientRecord) -> dict[str, str]:
    return {gap.source: gap.reason for gap in record.gaps if "more than" in gap.note}


def old(number: int) -> date:
    return DAY - timedelta(days=400 + number % 300)


def test_of_too_many_texts_the_newest_are_read_and_the_rest_is_a_gap() -> None:
    many = [condition(n, f"Verruca {n}", old(n)) for n in range(MOST_TEXTS + 1)]
    record = read(bundle("conditions", *many, condition(-1, "Foot drop", DAY)))
    assert "foot-drop" in record.conditions
    assert left_out(record) == {"conditions": "partial"}
    record = read(bundle("conditions", *many, condition(-1, "Foot drop", date(2020, 1, 1))))
    assert "foot-drop" not in record.conditions
    assert left_out(record) == {"conditions": "partial"}


def test_what_has_no_date_is_not_left_out_for_what_is_old() -> None:
    many = [condition(n, f"Verruca {n}", old(n)) for n in range(MOST_TEXTS + 1)]
    record = read(bundle("conditions", *many, condition(-1, "Foot drop", None)))
    assert "foot-drop" in record.conditions


def test_as_many_texts_as_may_be_are_all_read() -> None:
    many = [condition(n, f"Verruca {n}", old(n)) for n in range(MOST_TEXTS - 1)]
    record = read(bundle("conditions", *many, condition(-1, "Foot drop", date(2020, 1, 1))))
    assert "foot-drop" in record.conditions
    assert not left_out(record)


@pytest.mark.parametrize("is_first", [True, False])
def test_notes_of_megabytes_cost_no_condition(is_first: bool) -> None:
    reports = bundle(
        "reports",
        *[
            {
                "resourceType": "DiagnosticReport",
                "id": f"r{n}",
                "status": "final",
                "subject": {"reference": "Patient/p1"},
                "effectiveDateTime": DAY.isoformat(),
                "code": {"text": "MRI lumbar spine"},
                "conclusion": f"{n} " + "no fracture, " * 1_000,
            }
            for n in range(2 * MOST_CHARACTERS // 12_000)
        ],
    )
    conditions = bundle("conditions", condition(1, "Foot drop", date(2020, 1, 1)))
    record = read(*((reports, conditions) if is_first else (conditions, reports)))
    assert "foot-drop" in record.conditions
    assert left_out(record) == {"reports": "partial"}


def test_the_same_words_many_times_cost_nothing() -> None:
    text = "Low back pain, " * 60
    many = [condition(n, text, old(n)) for n in range(MOST_CHARACTERS // len(text) * 3)]
    record = read(bundle("conditions", *many))
    assert len(record.conditions["low-back-pain"]) == len(many)
    assert not left_out(record)


def test_of_too_many_entries_the_newest_are_read_in_whatever_order_they_come() -> None:
    many = [condition(n, "Low back pain", old(n)) for n in range(MOST_ENTRIES)]
    new = condition(-1, "Foot drop", DAY)
    for entries in ([new, *many], [*many, new]):
        record = read(bundle("conditions", *entries))
        assert "foot-drop" in record.conditions
        assert left_out(record) == {"conditions": "partial"}
