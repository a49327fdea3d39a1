"""Reading of made-up records with the guideline as shipped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.cds_hooks.model import Source
from cds_service.evidence.codes.index import CodeIndex, compile_index
from cds_service.evidence.model import PatientRecord
from cds_service.evidence.record.record import read_record
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.model import CodeEntry, Guideline, ValueSet
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


@pytest.fixture(scope="session")
def guideline() -> Guideline:
    """The guideline as shipped, with a value set for hospice care."""
    shipped = load_guideline()
    hospice = ValueSet(
        id="hospice",
        title="Hospice or palliative care",
        purpose="No low-value cards",
        version="test",
        course="chronic",
        text=("hospice",),
        icd10cm=(CodeEntry(code="Z51.5", display="Palliative care", verified="A"),),
    )
    return shipped.model_copy(
        update={"value_sets": {"hospice": hospice} | dict(shipped.value_sets)}
    )


@pytest.fixture(scope="session")
def index(guideline: Guideline) -> CodeIndex:
    """The guideline compiled."""
    return compile_index(guideline)


@pytest.fixture
def read(index: CodeIndex) -> ReadRecord:
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
        return read_record(sources, "p1", index, shipped.catalog(), date.fromisoformat(as_of))

    return read_resources
