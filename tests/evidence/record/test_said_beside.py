"""What a resource says beside its own code: the text of a report, the evidence of a problem."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from cds_service.evidence.model import PatientRecord

ReadRecord = Callable[..., PatientRecord]


def report(text: str, content_type: str = "text/plain", **elements: Any) -> Any:
    return {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-06-01",
        "code": {"text": "CT abdomen"},
        "presentedForm": [
            {"contentType": content_type, "data": base64.b64encode(text.encode()).decode()}
        ],
    } | elements


def problem(**elements: Any) -> Any:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/p1"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "recordedDate": "2026-06-10",
        "code": {"text": "Low back pain"},
    } | elements


@pytest.mark.parametrize(
    "text",
    [
        "Lytic lesion of L3, suspicious for metastasis.",
        "INDICATION: pain\nFINDINGS: liver normal.\nIMPRESSION: Lytic lesion of L3.",
        "Fragestellung: Schmerzen\nBeurteilung: Knochenmetastasen LWK 3.",
        "Findings: Lytic lesion of L3.",
    ],
)
def test_a_report_in_plain_text_is_read_and_at_most_suspected(read: ReadRecord, text: str) -> None:
    conditions = read(report(text)).conditions

    found = [
        hit
        for value_set in ("spinal-malignancy", "spine-destructive-lesion", "malignancy")
        for hit in conditions.get(value_set, ())
    ]
    assert found
    assert {hit.entry.verification for hit in found} == {"suspected"}


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("INDICATION: cauda equina?\nIMPRESSION: No acute abnormality.", "text/plain"),
        ("Indication: cauda equina?\nFindings: degenerative changes.", "text/plain"),
        ("IMPRESSION: No cauda equina compression.", "text/plain; charset=utf-8"),
        ("Cauda equina syndrome", "application/pdf"),
        ("Cauda equina syndrome", "text/html"),
    ],
)
def test_what_a_report_was_asked_for_and_what_it_denies_is_no_finding(
    read: ReadRecord, text: str, content_type: str
) -> None:
    assert "cauda-equina-syndrome" not in read(report(text, content_type)).conditions


def test_a_conclusion_of_its_own_stands_for_the_whole_text(read: ReadRecord) -> None:
    record = read(report("Cauda equina syndrome.", conclusion="No acute abnormality."))

    assert "cauda-equina-syndrome" not in record.conditions


@pytest.mark.parametrize("data", ["%%%", "", 7, None, ["x"]])
def test_a_text_that_cannot_be_decoded_loses_nothing_else_of_the_report(
    read: ReadRecord, data: Any
) -> None:
    odd = report("") | {"presentedForm": [{"contentType": "text/plain", "data": data}]}
    record = read(odd | {"conclusionCode": [{"text": "Foot drop"}]})

    assert "foot-drop" in record.conditions


def test_a_text_in_another_charset_is_read(read: ReadRecord) -> None:
    body = report("") | {
        "presentedForm": [
            {
                "contentType": "text/plain; charset=iso-8859-1",
                "data": base64.b64encode("Fußheberparese".encode("latin-1")).decode(),
            }
        ]
    }
    assert "foot-drop" in read(body).conditions


@pytest.mark.parametrize(
    "evidence",
    [
        [{"code": [{"text": "Foot drop"}]}],
        [{"code": [{"coding": [{"system": "http://snomed.info/sct", "code": "6077001"}]}]}],
        [{"detail": [{"reference": "Observation/o1", "display": "Foot drop"}]}],
        [{"concept": {"text": "Foot drop"}}],
    ],
)
def test_the_evidence_of_a_problem_is_read_by_code_and_by_words(
    read: ReadRecord, evidence: Any
) -> None:
    (hit,) = read(problem(evidence=evidence)).conditions["foot-drop"]

    assert hit.entry.verification == "suspected"


@pytest.mark.parametrize(
    "elements",
    [
        {"evidence": [{"code": [{"text": "No foot drop"}]}]},
        {
            "evidence": [{"code": [{"text": "Foot drop"}]}],
            "clinicalStatus": {"coding": [{"code": "resolved"}]},
        },
        {
            "evidence": [{"code": [{"text": "Foot drop"}]}],
            "verificationStatus": {"coding": [{"code": "refuted"}]},
        },
        {"evidence": "Foot drop"},
    ],
)
def test_evidence_that_is_denied_or_of_a_problem_that_is_over_is_none(
    read: ReadRecord, elements: dict[str, Any]
) -> None:
    assert "foot-drop" not in read(problem(**elements)).conditions
