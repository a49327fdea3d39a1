"""Small charts for the tests of replay, as files of a bulk export hold them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1985-03-01"}


def coded(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def icd(code: str, display: str) -> dict[str, Any]:
    return coded("http://hl7.org/fhir/sid/icd-10-cm", code, display)


BACK_PAIN = icd("M54.50", "Low back pain, unspecified")
RETENTION = icd("R33.9", "Retention of urine, unspecified")
MRI = coded("http://loinc.org", "24968-3", "MR Lumbar spine WO contrast")


def of(patient: str, kind: str, name: str, **elements: Any) -> dict[str, Any]:
    subject = {"subject": {"reference": f"Patient/{patient}"}}
    return {"resourceType": kind, "id": name, **subject, **elements}


def condition(name: str, code: dict[str, Any], recorded: str, **elements: Any) -> dict[str, Any]:
    status = {"coding": [{"code": "active"}]}
    return (
        of("p1", "Condition", name, code=code, recordedDate=recorded, clinicalStatus=status)
        | elements
    )


def order(name: str, authored: str, **elements: Any) -> dict[str, Any]:
    plain = {"status": "completed", "intent": "order", "code": MRI, "authoredOn": authored}
    return of("p1", "ServiceRequest", name, **plain, reasonCode=[BACK_PAIN]) | elements


def study(kind: str, name: str, when: str, **elements: Any) -> dict[str, Any]:
    dates: dict[str, dict[str, Any]] = {
        "ImagingStudy": {"started": when, "status": "available", "procedureCode": [MRI]},
        "Procedure": {"performedDateTime": when, "status": "completed", "code": MRI},
        "DiagnosticReport": {"effectiveDateTime": when, "status": "final", "code": MRI},
    }
    return of("p1", kind, name, **dates[kind]) | elements


def export(folder: Path, resources: Iterable[dict[str, Any]]) -> Path:
    """A bulk export: one file a type."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in resources:
        with (folder / f"{one['resourceType']}.ndjson").open("a") as file:
            file.write(json.dumps(one) + "\n")
    return folder
