"""Hook calls to measure with, always the same bytes. Made-up data of nobody.

small: 5 Conditions and 10 Observations, about 17 kB; large: 200 and 800, about 1 MB.
Run it to write both to a folder: bodies.py FOLDER
"""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

AS_OF: Final = date(2026, 6, 15)
_PATIENT: Final = "bench-1"
_SNOMED: Final = "http://snomed.info/sct"
_ICD: Final = "http://hl7.org/fhir/sid/icd-10-cm"
_LOINC: Final = "http://loinc.org"
_UCUM: Final = "http://unitsofmeasure.org"
_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"
_US_CORE: Final = "http://hl7.org/fhir/us/core/StructureDefinition"

_ORDINARY: Final = (
    ("38341003", "I10", "Hypertension"),
    ("44054006", "E11.9", "Type 2 diabetes"),
    ("55822004", "E78.5", "Raised blood lipids"),
    ("195967001", "J45.909", "Asthma"),
    ("235595009", "K21.9", "Reflux disease"),
    ("396275006", "M19.90", "Osteoarthritis"),
    ("35489007", "F32.A", "Depression"),
    ("444814009", "J01.90", "Sinusitis"),
    ("271737000", "D64.9", "Anemia"),
)
_FLAGS: Final = (
    ("64859006", "M81.0", "Osteoporosis"),
    ("363346000", "C50.911", "Cancer of the right breast"),
)
"""At the end of the list, so that all of it has to be read."""
_PAIN: Final = ("279039007", "M54.50", "Low back pain")
_MEASURED: Final = (
    ("8310-5", "Body temperature", "Cel", 364, "vital-signs"),
    ("8867-4", "Heart rate", "/min", 720, "vital-signs"),
    ("39156-5", "Body mass index", "kg/m2", 265, "vital-signs"),
    ("72514-3", "Pain severity, 0 to 10", "{score}", 50, "survey"),
    ("1988-5", "C-reactive protein", "mg/L", 21, "laboratory"),
    ("4537-7", "Sedimentation rate", "mm/h", 120, "laboratory"),
    ("6690-2", "White blood cells", "10*3/uL", 71, "laboratory"),
    ("718-7", "Hemoglobin", "g/dL", 132, "laboratory"),
    ("2160-0", "Creatinine", "mg/dL", 9, "laboratory"),
    ("2345-7", "Glucose", "mg/dL", 960, "laboratory"),
)
"""Code, words, unit, usual value in tenths, category."""

Json = dict[str, Any]


SMALL: Final = 15
LARGE: Final = 1000


def small() -> bytes:
    """A short record."""
    return of_size(SMALL)


def large() -> bytes:
    """The record of somebody who has been ill for long."""
    return of_size(LARGE)


BODIES: Final = {"small": small, "large": large}
SIZES: Final = {"small": SMALL, "large": LARGE}


def of_size(resources: int) -> bytes:
    """A record of so many resources: conditions are a third of short ones, and a fifth of longer ones."""
    conditions = max(3, resources // (3 if resources <= SMALL else 5))
    return _body(conditions, resources - conditions)


def _body(conditions: int, observations: int) -> bytes:
    listed = [_PAIN, *(_ORDINARY[i % len(_ORDINARY)] for i in range(conditions - 3)), *_FLAGS]
    call = {
        "hook": "order-select",
        "hookInstance": "3a1c7d52-7c9f-4a36-9c1b-1f2ee9f6a2b1",
        "context": {
            "userId": "Practitioner/bench",
            "patientId": _PATIENT,
            "encounterId": "e0",
            "selections": ["ServiceRequest/draft-1"],
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": _order()}],
            },
        },
        "prefetch": {
            "patient": _patient(),
            "conditions": _bundle([_condition(i, *entry) for i, entry in enumerate(listed)]),
            "observations": _bundle(
                [_observation(i, *_MEASURED[i % len(_MEASURED)]) for i in range(observations)]
            ),
        },
    }
    return json.dumps(call, separators=(",", ":")).encode()


def _day(number: int) -> str:
    """A day within the ten years before, always the same for a number."""
    return f"{AS_OF - timedelta(days=7 + number * 911 % 3650)}T08:{number % 60:02d}:00+00:00"


def _concept(*codings: tuple[str, str], text: str) -> Json:
    return {
        "coding": [{"system": system, "code": code, "display": text} for system, code in codings],
        "text": text,
    }


def _status(system: str, code: str) -> Json:
    return {"coding": [{"system": f"{_TERMINOLOGY}/{system}", "code": code}]}


def _meta(when: str, profile: str) -> Json:
    return {"versionId": "1", "lastUpdated": when, "profile": [f"{_US_CORE}/{profile}"]}


def _subject() -> Json:
    return {"reference": f"Patient/{_PATIENT}"}


def _bundle(resources: list[Json]) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(resources),
        "entry": [
            {
                "fullUrl": f"https://ehr.example.org/fhir/R4/{item['resourceType']}/{item['id']}",
                "resource": item,
                "search": {"mode": "match"},
            }
            for item in resources
        ],
    }


def _patient() -> Json:
    return {
        "resourceType": "Patient",
        "id": _PATIENT,
        "meta": {"profile": [f"{_US_CORE}/us-core-patient"]},
        "identifier": [{"system": "https://ehr.example.org/mrn", "value": "bench"}],
        "active": True,
        "name": [{"use": "official", "family": "Bench", "given": ["Synthetic"]}],
        "gender": "female",
        "birthDate": "1958-04-11",
        "address": [{"line": ["1 Loopback Way"], "city": "Anytown", "country": "US"}],
    }


def _order() -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "category": [_concept((_SNOMED, "363679005"), text="Imaging")],
        "priority": "routine",
        "code": _concept(("http://www.ama-assn.org/go/cpt", "72148"), text="MRI lumbar spine"),
        "subject": _subject(),
        "encounter": {"reference": "Encounter/e0"},
        "authoredOn": f"{AS_OF}T08:00:00+00:00",
        "requester": {"reference": "Practitioner/bench"},
        "reasonCode": [_concept((_SNOMED, _PAIN[0]), text="Low back pain for 2 weeks")],
    }


def _condition(number: int, snomed: str, icd: str, text: str) -> Json:
    when = _day(number)
    is_listed = number % 3 or (snomed, icd, text) in _FLAGS
    return {
        "resourceType": "Condition",
        "id": f"condition-{number}",
        "meta": _meta(when, "us-core-condition-problems-health-concerns"),
        "clinicalStatus": _status("condition-clinical", "active" if is_listed else "resolved"),
        "verificationStatus": _status("condition-ver-status", "confirmed"),
        "category": [_status("condition-category", "problem-list-item") | {"text": "Problem list"}],
        "code": _concept((_SNOMED, snomed), (_ICD, icd), text=text),
        "subject": _subject(),
        "encounter": {"reference": f"Encounter/e{number // 3}"},
        "onsetDateTime": when,
        "recordedDate": when,
    }


def _observation(number: int, code: str, text: str, unit: str, tenths: int, category: str) -> Json:
    when = _day(number)
    value = (tenths + number * 7 % 5) / 10
    return {
        "resourceType": "Observation",
        "id": f"observation-{number}",
        "meta": _meta(when, f"us-core-{'lab' if category == 'laboratory' else 'vital-signs'}"),
        "status": "final",
        "category": [_status("observation-category", category) | {"text": category}],
        "code": _concept((_LOINC, code), text=text),
        "subject": _subject(),
        "encounter": {"reference": f"Encounter/e{number // 8}"},
        "effectiveDateTime": when,
        "issued": when,
        "valueQuantity": {"value": value, "unit": unit, "system": _UCUM, "code": unit},
        "referenceRange": [
            {
                "low": {"value": tenths / 20, "unit": unit},
                "high": {"value": tenths / 5, "unit": unit},
            }
        ],
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, make in BODIES.items():
        (folder / f"{name}.json").write_bytes(make())
        print(f"{name}: {len(make())} bytes")
