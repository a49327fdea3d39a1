"""Procedures: done or being done, with their date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cds_service.evidence.model import PatientRecord, ProcedureHit

ReadRecord = Callable[..., PatientRecord]

EXERCISE = {
    "coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "97110"}],
    "text": "Exercise",
}


def procedure(**elements: Any) -> Any:
    """A completed session of therapeutic exercise."""
    return {
        "resourceType": "Procedure",
        "id": "x1",
        "status": "completed",
        "code": EXERCISE,
        "subject": {"reference": "Patient/p1"},
        "performedDateTime": "2026-05-10",
    } | elements


SURGERY = {
    "spine-surgery-cervical",
    "spine-surgery-thoracic",
    "spine-surgery-lumbar",
    "spine-surgery-unspecified",
}


def hit(record: PatientRecord) -> ProcedureHit:
    """The only session."""
    (found,) = record.procedures["physiotherapy"]
    return found


@pytest.mark.parametrize("status", ["completed", "in-progress", "Completed", None])
def test_a_procedure_that_was_done_counts(read: ReadRecord, status: Any) -> None:
    """Or is being done, or has no status at all."""
    found = hit(read(procedure(status=status)))
    assert (found.reference, found.display, found.via, found.code) == (
        "Procedure/x1",
        "Exercise",
        "code",
        "97110",
    )


@pytest.mark.parametrize("status", ["not-done", "entered-in-error", "preparation", "stopped"])
def test_a_procedure_that_was_not_done_does_not(read: ReadRecord, status: str) -> None:
    """Nor one that was only planned."""
    assert read(procedure(status=status)).procedures == {}


def test_a_procedure_not_performed_in_dstu2_does_not(read: ReadRecord) -> None:
    """notPerformed."""
    assert read(procedure(notPerformed=True)).procedures == {}


@pytest.mark.parametrize(
    ("elements", "day"),
    [
        ({}, "2026-05-10"),
        ({"performedPeriod": {"start": "2026-05-01", "end": "2026-05-20"}}, "2026-05-20"),
        ({"performedPeriod": {"start": "2026-05-01"}}, "2026-05-01"),
        ({"occurrenceDateTime": "2026-05-02T10:00:00Z"}, "2026-05-02"),
        ({"occurrencePeriod": {"end": "2026-05-03"}}, "2026-05-03"),
    ],
)
def test_the_date_is_read_in_every_form(read: ReadRecord, elements: Any, day: str) -> None:
    """R4 and R5; a period by its end, or its start while it lasts."""
    written = {"performedDateTime": None} | elements if elements else {}
    when = hit(read(procedure(**written))).when
    assert when is not None
    assert when.first == when.last == date.fromisoformat(day)


def test_another_procedure_is_none_of_ours(read: ReadRecord) -> None:
    """The near-miss."""
    assert read(procedure(code={"text": "Tooth extraction"})).procedures == {}


def test_a_session_that_only_its_words_name_counts(read: ReadRecord) -> None:
    assert hit(read(procedure(code={"text": "PT evaluation & treatment"}))).via == "text"


@pytest.mark.parametrize(
    "name", ["HIV antigen test", "Medication reconciliation", "Referral to transplant surgeon"]
)
def test_a_test_or_a_review_is_no_finding(read: ReadRecord, name: str) -> None:
    assert not read(procedure(code={"text": name})).procedures


@pytest.mark.parametrize(
    "name",
    [
        "Right ankle fusion",
        "Carpal tunnel decompression",
        "Sprunggelenksarthrodese",
        "Leistenhernienoperation",
        "Arthrodèse de cheville droite",
        "Décompression du nerf médian au poignet",
        "Cirugía de hernia inguinal",
        "Stabilizzazione della spalla",
        "Artrodese do tornozelo",
        "Kasık fıtığı ameliyatı (sağ)",
        "Katarakt ameliyatı",
        "Артродез голеностопного сустава",
        "عملية فتق إربي",
    ],
)
def test_an_operation_of_another_part_of_the_body_is_none_of_the_spine(
    read: ReadRecord, name: str
) -> None:
    assert not SURGERY & set(read(procedure(code={"text": name})).procedures)


@pytest.mark.parametrize(
    "name",
    [
        "Lumbar fusion with bone graft from the hip",
        "Knee replacement and ACDF",
        "Fusion",
        "Percutaneous decompression",
        "Decompression L4/5, hip replacement",
        "Bandscheiben-OP",
        "Arthrodèse lombaire",
        "Cirugía de hernia discal",
        "Bel fıtığı ameliyatı",
        "Операция на позвоночнике",
    ],
)
def test_where_the_spine_stands_beside_it_it_is_one(read: ReadRecord, name: str) -> None:
    """And where no part of the body is named at all."""
    assert SURGERY & set(read(procedure(code={"text": name})).procedures)
