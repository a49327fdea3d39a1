"""Clinical cases in compact notation, made into hook calls; see tests/scenarios/README.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cds_service.coding import STATED_SYSTEM, SYSTEM_URIS

PATIENT = "p1"
_SYSTEMS = {
    "icd10": SYSTEM_URIS["icd10cm"],
    "snomed": SYSTEM_URIS["snomed"],
    "loinc": SYSTEM_URIS["loinc"],
    "rxnorm": SYSTEM_URIS["rxnorm"],
    "cpt": SYSTEM_URIS["cpt"],
    "atc": SYSTEM_URIS["atc"],
    "who_icd10": SYSTEM_URIS["icd10"],
}
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
Json = dict[str, Any]


def concept(case: Mapping[str, Any]) -> Json:
    """A CodeableConcept from the code and text keys of an entry."""
    found: Json = {}
    codings = [
        {"system": system, "code": case[key]} for key, system in _SYSTEMS.items() if key in case
    ]
    if "answer" in case:
        codings.append({"system": STATED_SYSTEM, "code": case["answer"]})
    if codings:
        found["coding"] = codings
    if "text" in case:
        found["text"] = case["text"]
    return found


def _subject() -> Json:
    return {"subject": {"reference": f"Patient/{PATIENT}"}}


def patient(case: Mapping[str, Any]) -> Json:
    found: Json = {
        "resourceType": "Patient",
        "id": PATIENT,
        "name": [{"family": "Example", "given": ["Case"]}],
    }
    for ours, theirs in (
        ("sex", "gender"),
        ("birthDate", "birthDate"),
        ("birth", "birthDate"),
        ("deceased", "deceasedBoolean"),
        ("died", "deceasedDateTime"),
    ):
        if ours in case:
            found[theirs] = case[ours]
    if "country" in case:
        found["address"] = [{"country": case["country"]}]
    return found


def condition(case: Mapping[str, Any], id_: str) -> Json:
    found: Json = {"resourceType": "Condition", "id": id_, "code": concept(case), **_subject()}
    if case.get("clinical", "active") != "":
        found["clinicalStatus"] = {
            "coding": [{"system": _CLINICAL, "code": case.get("clinical", "active")}]
        }
    if case.get("verification", "confirmed") != "":
        found["verificationStatus"] = {
            "coding": [{"system": _VERIFICATION, "code": case.get("verification", "confirmed")}]
        }
    for ours, theirs in (
        ("onset", "onsetDateTime"),
        ("recorded", "recordedDate"),
        ("abated", "abatementDateTime"),
    ):
        if ours in case:
            found[theirs] = case[ours]
    if "onset_age" in case:
        found["onsetAge"] = {"value": case["onset_age"], "unit": "a"}
    if "body_site" in case:
        found["bodySite"] = [
            {"coding": [{"system": _SYSTEMS["snomed"], "code": case["body_site"]}]}
        ]
    return found


def observation(case: Mapping[str, Any], id_: str) -> Json:
    found: Json = {
        "resourceType": "Observation",
        "id": id_,
        "status": case.get("status", "final"),
        "code": concept(case),
        **_subject(),
    }
    if "date" in case:
        found["effectiveDateTime"] = case["date"]
    if "value_date" in case:
        found["valueDateTime"] = case["value_date"]
    value = case.get("value")
    if isinstance(value, bool):
        found["valueBoolean"] = value
    elif isinstance(value, int | float):
        quantity: Json = {"value": value}
        if "unit" in case:
            quantity["unit"] = case["unit"]
        if "comparator" in case:
            quantity["comparator"] = case["comparator"]
        found["valueQuantity"] = quantity
    elif isinstance(value, str):
        found["valueString"] = value
    if "value_snomed" in case:
        found["valueCodeableConcept"] = {
            "coding": [{"system": _SYSTEMS["snomed"], "code": case["value_snomed"]}]
        }
    if "absent" in case:
        found["dataAbsentReason"] = {"text": case["absent"]}
    return found


def medication(case: Mapping[str, Any], id_: str) -> Json:
    found: Json = {
        "resourceType": "MedicationRequest",
        "id": id_,
        "status": case.get("status", "active"),
        "intent": "order",
        "medicationCodeableConcept": concept(case),
        **_subject(),
    }
    if "start" in case:
        found["authoredOn"] = case["start"]
    dispense: Json = {}
    if "days" in case:
        dispense["expectedSupplyDuration"] = {"value": case["days"], "unit": "d", "code": "d"}
    if "refills" in case:
        dispense["numberOfRepeatsAllowed"] = case["refills"]
    if dispense:
        found["dispenseRequest"] = dispense
    if "route" in case:
        found["dosageInstruction"] = [{"route": {"text": case["route"]}}]
    return found


def procedure(case: Mapping[str, Any], id_: str) -> Json:
    found: Json = {
        "resourceType": "Procedure",
        "id": id_,
        "status": case.get("status", "completed"),
        "code": concept(case),
        **_subject(),
    }
    if "date" in case:
        found["performedDateTime"] = case["date"]
    return found


def report(case: Mapping[str, Any], id_: str) -> Json:
    found: Json = {
        "resourceType": "DiagnosticReport",
        "id": id_,
        "status": case.get("status", "final"),
        "code": concept(case),
        **_subject(),
    }
    if "date" in case:
        found["effectiveDateTime"] = case["date"]
    if "based_on" in case:
        found["basedOn"] = [{"reference": name} for name in case["based_on"]]
    return found


def imaging_study(case: Mapping[str, Any], id_: str) -> Json:
    """What was stored of a study: DICOM modality, description, body site."""
    found: Json = {
        "resourceType": "ImagingStudy",
        "id": id_,
        "status": case.get("status", "available"),
        "description": case.get("text", ""),
        **_subject(),
    }
    if "dicom" in case:
        found["modality"] = [{"system": _DICOM, "code": case["dicom"]}]
    if "date" in case:
        found["started"] = case["date"]
    if "based_on" in case:
        found["basedOn"] = [{"reference": name} for name in case["based_on"]]
    return found


def encounter(case: Mapping[str, Any], id_: str) -> Json:
    return {
        "resourceType": "Encounter",
        "id": id_,
        "status": case.get("status", "in-progress"),
        "class": {"code": "IMP"},
        "type": [concept(case)],
        **_subject(),
    }


def device(case: Mapping[str, Any], id_: str) -> Json:
    found: Json = {
        "resourceType": "Device",
        "id": id_,
        "status": case.get("status", "active"),
        "type": concept(case),
        "patient": {"reference": f"Patient/{PATIENT}"},
    }
    if "safety" in case:
        found["safety"] = [{"text": case["safety"]}]
    return found


def allergy(case: Mapping[str, Any], id_: str) -> Json:
    found: Json = {
        "resourceType": "AllergyIntolerance",
        "id": id_,
        "code": concept(case),
        "patient": {"reference": f"Patient/{PATIENT}"},
    }
    if "recorded" in case:
        found["recordedDate"] = case["recorded"]
    if "verification" in case:
        found["verificationStatus"] = {"coding": [{"code": case["verification"]}]}
    return found


def order(case: Mapping[str, Any], *, status: str | None = None) -> Json:
    found: Json = {
        "resourceType": "ServiceRequest",
        "id": case["id"],
        "status": status or case.get("status", "draft"),
        "intent": "order",
        "code": concept(case),
        **_subject(),
    }
    if "priority" in case:
        found["priority"] = case["priority"]
    if "reason" in case:
        found["reasonCode"] = [concept(reason) for reason in case["reason"]]
    if "reason_reference" in case:
        found["reasonReference"] = [{"reference": item} for item in case["reason_reference"]]
    if "note" in case:
        found["note"] = [{"text": case["note"]}]
    if "body_site" in case:
        found["bodySite"] = [
            {"coding": [{"system": _SYSTEMS["snomed"], "code": case["body_site"]}]}
        ]
    if "authored" in case:
        found["authoredOn"] = case["authored"]
    for key, element in (("based_on", "basedOn"), ("replaces", "replaces")):
        if key in case:
            found[element] = [{"reference": name} for name in case[key]]
    return found


def family_history(case: Mapping[str, Any], id_: str) -> Json:
    return {
        "resourceType": "FamilyMemberHistory",
        "id": id_,
        "status": "completed",
        "patient": {"reference": f"Patient/{PATIENT}"},
        "relationship": {"text": case.get("relation", "mother")},
        "condition": [{"code": concept(case)}],
    }


def _bundle(resources: list[Json]) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(resources),
        "entry": [{"resource": resource} for resource in resources],
    }


_MAKERS = {
    "conditions": ("conditions", condition),
    "observations": ("observations", observation),
    "medications": ("medications", medication),
    "procedures": ("procedures", procedure),
    "reports": ("reports", report),
    "devices": ("devices", device),
    "allergies": ("allergies", allergy),
}


def prefetch(case: Mapping[str, Any]) -> Json:
    """All nine keys, empty where the case says nothing; keys of `not_provided` are left out."""
    found: Json = {"patient": patient(case["patient"])}
    for name, (key, make) in _MAKERS.items():
        found[key] = _bundle(
            [
                make(entry, entry.get("id", f"{key}-{i}"))
                for i, entry in enumerate(case.get(name, ()))
            ]
        )
    found["orders"] = _bundle(
        [
            order(entry, status=entry.get("status", "active"))
            for entry in case.get("open_orders", ())
        ]
    )
    for i, entry in enumerate(case.get("family_history", ())):
        found["conditions"]["entry"].append({"resource": family_history(entry, f"family-{i}")})
    for i, entry in enumerate(case.get("studies", ())):
        found["reports"]["entry"].append({"resource": imaging_study(entry, f"study-{i}")})
    for i, entry in enumerate(case.get("encounters", ())):
        found["conditions"]["entry"].append({"resource": encounter(entry, f"encounter-{i}")})
    for key in case.get("not_provided", ()):
        del found[key]
    for key in case.get("cut_short", ()):
        found[key]["link"] = [{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]
    return found


def hook_request(case: Mapping[str, Any]) -> Json:
    """A whole hook call for a case."""
    hook = case.get("hook", "order-select")
    drafts = [order(entry) for entry in case["orders"]]
    context: Json = {
        "userId": "Practitioner/dr1",
        "patientId": PATIENT,
        "draftOrders": _bundle(drafts) | {"type": "collection"},
    }
    if hook == "order-select":
        context["selections"] = [
            f"ServiceRequest/{entry['id']}"
            for entry in case["orders"]
            if entry.get("selected", True)
        ]
    return {
        "hook": hook,
        "hookInstance": "8a0a5b7e-3b0b-4c59-9a43-1d0f4ea4c9aa",
        "context": context,
        "prefetch": prefetch(case),
    }


def body(case: Mapping[str, Any]) -> bytes:
    """The hook call as bytes."""
    return msgspec.json.encode(hook_request(case))
