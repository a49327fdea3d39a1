"""Reading of made-up records with the guideline as shipped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.cds_hooks.model import Source
from cds_service.evidence.model import PatientRecord
from cds_service.evidence.record.record import read_record
from tests import shipped

ReadRecord = Callable[..., PatientRecord]

KEYS = {
    "Patient": "patient",
    "Condition": "conditions",
    "Observation": "observations",
    "MedicationRequest": "medications",
    "Procedure": "procedures",
    "ServiceRequest": "orders",
    "DiagnosticReport": "reports",
    "AllergyIntolerance": "allergies",
    "Device": "devices",
}
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1960-05-20", "gender": "female"}


@pytest.fixture
def read() -> ReadRecord:
    """Reads resources, each under the key of its type, as the record of patient p1 on 15 June 2026."""

    def read_resources(
        *resources: Any,
        as_of: str = "2026-06-15",
        patient: Any = PATIENT,
        key: str | None = None,
    ) -> PatientRecord:
        by_key: dict[str, list[msgspec.Raw]] = {name: [] for name in KEYS.values()}
        for resource in (*(() if patient is None else (patient,)), *resources):
            if isinstance(resource, bytes):
                by_key.setdefault(key or "conditions", []).append(msgspec.Raw(resource))
                continue
            usual = KEYS.get(resource.get("resourceType", ""), "conditions")
            name = usual if resource is patient else (key or usual)
            by_key.setdefault(name, []).append(msgspec.Raw(msgspec.json.encode(resource)))
        sources = {name: Source(name, tuple(raws), None) for name, raws in by_key.items()}
        return read_record(
            sources, "p1", shipped.index(), shipped.catalog(), date.fromisoformat(as_of)
        )

    return read_resources
