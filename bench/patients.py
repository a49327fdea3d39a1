"""Patients a CPU second by replay, in this process: one order for each patient of a folder of NDJSON files.

patients.py FOLDER [ROUNDS]. Every file below FOLDER counts; the best round is printed. To compare two versions,
run it with PYTHONPATH at the one and at the other, in turn.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any, Final

from cds_service.advice import AdviceOptions, compile_guideline
from cds_service.cds_hooks.profiles import PROFILES
from cds_service.knowledge.loader import load_guideline
from cds_service.replay.cases import SavedCase, with_record
from cds_service.replay.runner import Engine, replay_case

_DAY: Final = date(2026, 6, 15)
_OPTIONS: Final = AdviceOptions(
    jurisdiction="us",
    site_country=None,
    is_quiet=False,
    pama=True,
    qcdsm_id=None,
    explain=True,
    card_on_missing_data=False,
)
_HOW_MANY: Final = 2

Json = dict[str, Any]


def main(folder: Path, rounds: int) -> None:
    """Replay all of them, several times over."""
    cases = [_case(patient, entries) for patient, entries in sorted(_records(folder).items())]
    engine = Engine(compile_guideline(load_guideline()), _OPTIONS, PROFILES["generic"])
    size = sum(len(case.body) for case in cases)
    print(f"{len(cases)} patients, {size / 1e6:.1f} MB")
    statuses = [replay_case(case, engine).status for case in cases]
    print({status: statuses.count(status) for status in sorted(set(statuses))})
    gc.collect()
    gc.freeze()
    seconds = [_round(cases, engine) for _ in range(rounds)]
    print(f"{len(cases) / min(seconds):.0f} patients a CPU second")


def _round(cases: list[SavedCase], engine: Engine) -> float:
    start = time.process_time()
    for case in cases:
        replay_case(case, engine)
    return time.process_time() - start


def _records(folder: Path) -> dict[str, list[Json]]:
    """Resources by the folder and the id of their patient."""
    found: dict[str, list[Json]] = defaultdict(list)
    for file in sorted(folder.rglob("*.ndjson")):
        for line in file.read_text(encoding="utf-8").splitlines():
            resource = json.loads(line) if line.strip() else {}
            patient = _patient_of(resource)
            if patient:
                found[f"{file.parent}/{patient}"].append(resource)
    return {name: kept for name, kept in found.items() if _has_patient(kept)}


def _patient_of(resource: Json) -> str:
    if resource.get("resourceType") == "Patient":
        return str(resource.get("id", ""))
    owner = resource.get("subject") or resource.get("patient") or {}
    reference = owner.get("reference", "") if isinstance(owner, dict) else ""
    return str(reference).rpartition("/")[2].rpartition(":")[2]


def _has_patient(resources: list[Json]) -> bool:
    return any(resource.get("resourceType") == "Patient" for resource in resources)


def _case(name: str, resources: list[Json]) -> SavedCase:
    patient = name.rpartition("/")[2]
    order = {
        "resourceType": "ServiceRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "code": {
            "coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "72148"}],
            "text": "MRI lumbar spine",
        },
        "subject": {"reference": f"Patient/{patient}"},
        "authoredOn": _DAY.isoformat(),
        "reasonCode": [{"text": "Low back pain for 2 weeks"}],
    }
    request = {
        "hook": "order-select",
        "hookInstance": "3a1c7d52-7c9f-4a36-9c1b-1f2ee9f6a2b1",
        "context": {
            "userId": "Practitioner/bench",
            "patientId": patient,
            "selections": ["ServiceRequest/draft-1"],
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]},
        },
    }
    record = {"entry": [{"resource": resource} for resource in resources]}
    body = json.dumps(with_record(request, record), separators=(",", ":")).encode()
    return SavedCase(
        name=name, service_id="spine-imaging-order-select", as_of=_DAY, body=body, expected=None
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > _HOW_MANY else 3)
