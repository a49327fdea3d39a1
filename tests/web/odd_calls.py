"""Hook calls as no client should send them: odd values at any place, and calls bent out of shape.

Drawn as a few numbers each, and built from them by plain code: thousands of calls have to fit into a test run.
"""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

from cds_service.knowledge.model import CodeEntry, Guideline
from tests.compact import hook_request

Json = dict[str, Any]
_SYSTEMS = {
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "snomed": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
    "rxnorm_ingredient": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "rxnorm_drug": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "cpt": "http://www.ama-assn.org/go/cpt",
}


_DEEP = {f"nested {depth} deep": depth for depth in (40, 900, 3_000)}
"""Words that stand for a list in a list in a list, because Python copies and writes none so deep."""

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, -(10**400), 1e308,
    "", " ", "\x00", "\ud800", "\u202egnp.exe", "腰痛", "é" * 300, "x" * 3_000, "🦴" * 50, "<script>alert(1)</script>",
    "[a](javascript:alert(1))", "{{context.patientId}}", "{summary}", "%s%n", "null", "NaN", "72148", "M54.50",
    "2026", "2026-06", "2026-06-15", "2026-13-45", "0000-00-00", "0001-01-01", "9999-12-31T23:59:60+14:00",
    "2026-06-15T25:61:00Z", "2026-06-15T10:00:00", "15/06/2026", "yesterday", "-2026-06-15",
    "Patient/somebody-else", "Patient/", "/", "#", "#c1", "urn:uuid:1", "https://ehr.example.org/fhir/Condition/c1",
    [], {}, [None], [[]], [{}], [1, "two", None], {"": ""}, {"value": None}, {"value": "1e400", "unit": "mg/L"},
    {"reference": "Patient/somebody-else"}, {"reference": None}, {"reference": 7}, {"reference": "#"},
    {"coding": None}, {"coding": {}}, {"coding": [None, 3, {}, {"code": 5}, {"system": [], "code": {}}]},
    {"coding": [{"system": "http://snomed.info/sct", "code": "x" * 2_000}]}, {"text": ["a"]}, {"text": {"a": "b"}},
    {"start": "2027-01-01", "end": "1900-01-01"}, {"start": None}, {"end": "2026-06-15T"},
    {"value": 5e-324, "unit": "µg/L", "code": "{score}"}, {"value": -40, "unit": "Cel", "comparator": "<>"},
    {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Condition"}}]},
    {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]},
    {"concept": {"coding": [{"code": "1"}]}}, {"concept": []}, [{"reference": {"reference": "Condition/c0"}}],
    *_DEEP,
)  # fmt: skip
"""What may stand anywhere."""

_NO_JSON = (float("nan"), float("-inf"))
"""What Python writes although it is no JSON."""

_DATES = (
    "2026-06-14", "2026-06-01T08:30:00Z", "2026-05", "2026", "2019-03-01", "1958", "2026-06-15T23:59:59.999+14:00",
    "2027-01-01", "1800-01-01", "2026-02-30", "2024-02-29",
)  # fmt: skip
_STATUSES = (
    "active", "resolved", "final", "completed", "draft", "stopped", "entered-in-error", "preliminary",
    "remission", "banana", "ACTIVE", "unknown",
)  # fmt: skip
_UNITS = ("Cel", "[degF]", "mg/L", "mm/h", "kg", "[lb_av]", "mL", "10*9/L", "g", "°C", "", "score")
_TEXTS = (
    "Low back pain for 3 weeks", "no saddle anesthesia", "r/o cauda equina", "MRI L-spine", "CT c spine w/o contrast",
    "Nackenschmerzen", "fall from 3 m yesterday", "pain since 2019", "X-ray thoracic spine 2 views", "not detected",
    "? fracture", "worse, 6/52, nil neuro", "hx ca breast", "> 10", "1.234,5 mg/L",
)  # fmt: skip
_STUDIES = (
    "72148", "72125", "72070", "72146", "72158", "72131", "72100", "72141", "72052", "72195", "73721",
)  # fmt: skip
_KINDS = {
    "conditions": "Condition",
    "observations": "Observation",
    "medications": "MedicationRequest",
    "procedures": "Procedure",
    "orders": "ServiceRequest",
    "reports": "DiagnosticReport",
    "allergies": "AllergyIntolerance",
    "devices": "Device",
}
_ALSO = ("MedicationStatement", "ImagingStudy", "Encounter", "FamilyMemberHistory", "Medication")
_DATE_FIELDS = (
    "onsetDateTime", "abatementDateTime", "recordedDate", "effectiveDateTime", "issued", "authoredOn",
    "performedDateTime", "started", "assertedDate", "dateWritten",
)  # fmt: skip
_OTHER_FIELDS = (
    "onsetAge", "onsetPeriod", "onsetString", "abatementBoolean", "effectivePeriod", "performedPeriod", "component",
    "hasMember", "interpretation", "dataAbsentReason", "valueRange", "valueRatio", "valueCodeableConcept",
    "valueString", "valueBoolean", "valueDateTime", "valueInteger", "bodySite", "category", "reasonCode",
    "reasonReference", "reason", "contained", "dispenseRequest", "dosageInstruction", "medicationReference",
    "note", "orderDetail", "supportingInfo", "encounter", "requester", "priority", "locationCode", "extension",
    "safety", "property", "reaction", "modality", "series", "procedureCode", "stage", "evidence", "severity",
    "item", "basedOn", "doNotPerform", "quantityQuantity", "udiCarrier", "type", "substance", "serviceType", "id",
    "patientInstruction", "identifier", "supportingInformation", "asNeededCodeableConcept", "statusReason", "context",
)  # fmt: skip


def known_codes(guideline: Guideline) -> tuple[tuple[str, str], ...]:
    """(system, code) of everything that the guideline knows."""
    found: dict[tuple[str, str], None] = {}
    for value_set in guideline.value_sets.values():
        for field, uri in _SYSTEMS.items():
            entries: tuple[CodeEntry, ...] = getattr(value_set, field)
            found |= {(uri, entry.code): None for entry in entries}
    return tuple(found)


def odd_call(seed: int, codes: tuple[tuple[str, str], ...]) -> Json:
    """A hook call with the right outline and anything inside."""
    random = Random(seed)  # noqa: S311 - the seed is what hypothesis draws
    hook = random.choice(("order-select",) * 4 + ("order-sign", "order-dispatch", "order-review"))
    drafts = [_order(random, codes, number) for number in range(random.choice((1, 1, 1, 2, 3)))]
    bundle = _bundle(random, drafts)
    context: Json = {"patientId": "p1", "userId": "Practitioner/dr1", "draftOrders": bundle}
    if hook == "order-select":
        context["selections"] = [f"ServiceRequest/{draft.get('id')}" for draft in drafts]
    if hook == "order-dispatch":
        context["dispatchedOrders"] = [f"ServiceRequest/{draft.get('id')}" for draft in drafts]
    if hook == "order-review":
        context["orders"] = bundle
    prefetch: Json = {"patient": _patient(random), "dispatchedOrders": bundle}
    for key, kind in _KINDS.items():
        prefetch[key] = _answer(random, codes, key, kind)
    call: Json = {
        "hook": hook,
        "hookInstance": "7d3a1c52-9c7f-4a36-9c1b-0e9f6a2f1b11",
        "context": context,
        "prefetch": prefetch,
    }
    if random.random() < 0.1:
        part = random.choice((call, context, prefetch))
        part[random.choice(list(part))] = random.choice(ODD + _NO_JSON)
    return call


def bent(call: Json, seed: int) -> Json:
    """The call with one to four places deleted, doubled, emptied or replaced."""
    random = Random(seed)  # noqa: S311 - the seed is what hypothesis draws
    changed: Json = json.loads(json.dumps(call))
    for _ in range(random.choice((1, 1, 2, 4))):
        places: list[tuple[Any, Any]] = []
        _add_places(changed, places)
        if not places:
            break
        _bend(random, *random.choice(places))
    return changed


def as_body(call: Json) -> bytes:
    """The call as bytes, lone surrogates and all."""
    text = json.dumps(call)
    for words, depth in _DEEP.items():
        if words in text:
            text = text.replace(f'"{words}"', "[" * depth + "]" * depth)
    return text.encode()


def broken_body(body: bytes, seed: int) -> bytes:
    """Bytes with a few of them changed, doubled or cut off."""
    random = Random(seed)  # noqa: S311 - the seed is what hypothesis draws
    at, other = random.randrange(len(body)), random.randrange(len(body))
    match random.randrange(5):
        case 0:
            return body[:at]
        case 1:
            return body[:at] + bytes([random.randrange(256)]) + body[at + 1 :]
        case 2:
            return body[:at] + body[min(at, other) : max(at, other)] + body[at:]
        case 3:
            return body[:at] + random.choice((b"\xff\xfe", b"\\ud800", b'"', b"{", b"]", b"\x00"))
        case _:
            return b"\xef\xbb\xbf" + body


def rich_case() -> Json:
    """A call that holds every kind of resource, for `bent`."""
    return hook_request(
        {
            "patient": {"sex": "female", "birthDate": "1957-02-03", "country": "US"},
            "orders": [
                {
                    "id": "o1", "cpt": "72148", "text": "MRI lumbar", "priority": "routine", "note": "6 weeks",
                    "reason": [{"icd10": "M54.50", "text": "Low back pain"}], "body_site": "122496007",
                    "reason_reference": ["Condition/c1"], "authored": "2026-06-15",
                }
            ],
            "conditions": [
                {"id": "c1", "icd10": "R33.9", "text": "Retention of urine", "onset": "2026-06-14"},
                {"id": "c2", "icd10": "C50.911", "snomed": "254837009", "recorded": "2019-03-01"},
                {"id": "c3", "icd10": "M54.31", "onset_age": 68},
            ],
            "observations": [
                {"loinc": "8310-5", "value": 38.4, "unit": "Cel", "date": "2026-06-13"},
                {"loinc": "1988-5", "value": 44, "unit": "mg/L", "date": "2026-06-10"},
                {"text": "Post-void residual", "value": "450 mL", "date": "2026-06-14"},
            ],
            "medications": [{"rxnorm": "8640", "text": "prednisone", "start": "2026-01-01", "days": 120}],
            "procedures": [{"cpt": "97110", "date": "2026-04-01"}],
            "reports": [{"cpt": "72100", "text": "XR lumbar", "date": "2026-05-01"}],
            "devices": [{"snomed": "14106009", "text": "Cardiac pacemaker"}],
            "allergies": [{"text": "gadolinium", "recorded": "2020-01-01"}],
            "open_orders": [{"id": "o9", "cpt": "72148", "text": "MRI lumbar", "authored": "2026-06-01"}],
        }
    )  # fmt: skip


def _answer(random: Random, codes: tuple[tuple[str, str], ...], key: str, kind: str) -> Any:
    if random.random() < 0.06:
        return random.choice(ODD)
    count = random.choice((0, 1, 1, 2, 4)) if key != "conditions" else random.randrange(5)
    kinds = (kind,) * 9 + _ALSO
    return _bundle(
        random,
        [_resource(random, codes, random.choice(kinds), n) for n in range(count)],
    )


def _bundle(random: Random, resources: list[Json]) -> Json:
    bundle: Json = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": resource} for resource in resources],
    }
    if random.random() < 0.05:
        bundle[random.choice(("entry", "total", "link", "type"))] = random.choice(ODD)
    return bundle


def _patient(random: Random) -> Any:
    patient: Json = {"resourceType": "Patient", "id": "p1", "gender": "female"}
    patient["birthDate"] = random.choice(("1950-01-02", "1985", "2012-05-05", "2026-06-14"))
    if random.random() < 0.2:
        key = random.choice(("id", "gender", "birthDate", "deceasedDateTime", "address", "contact"))
        patient[key] = random.choice(ODD)
    return patient if random.random() > 0.03 else random.choice(ODD)


def _order(random: Random, codes: tuple[tuple[str, str], ...], number: int) -> Json:
    order = _resource(random, codes, "ServiceRequest", number)
    order |= {"status": "draft", "id": f"o{number}", "subject": {"reference": "Patient/p1"}}
    if random.random() < 0.85:
        order["code"] = {
            "coding": [{"system": _SYSTEMS["cpt"], "code": random.choice(_STUDIES)}],
            "text": random.choice(_TEXTS),
        }
    if random.random() < 0.7:
        order["reasonCode"] = [_concept(random, codes) for _ in range(random.choice((1, 1, 2)))]
    if random.random() < 0.1:
        order["resourceType"] = random.choice(("ProcedureRequest", "DiagnosticOrder", "Task"))
    if random.random() < 0.15:
        order[random.choice(list(order))] = random.choice(ODD)
    return order


def _resource(random: Random, codes: tuple[tuple[str, str], ...], kind: str, number: int) -> Json:
    resource: Json = {
        "resourceType": kind,
        "id": f"{kind[:2].lower()}{number}",
        "status": random.choice(_STATUSES),
        "code": _concept(random, codes),
    }
    owner = "patient" if kind in ("AllergyIntolerance", "Device") else "subject"
    resource[owner] = {"reference": "Patient/p1" if random.random() < 0.95 else "Patient/p2"}
    if kind.startswith("Medication"):
        resource["medicationCodeableConcept"] = _concept(random, codes)
    if kind == "Condition":
        resource["clinicalStatus"] = {"coding": [{"code": random.choice(_STATUSES)}]}
    if kind == "Observation":
        value = random.choice((38.9, 450, "12", 1e9, -3, random.choice(ODD)))
        resource["valueQuantity"] = {"value": value, "unit": random.choice(_UNITS)}
    resource[random.choice(_DATE_FIELDS)] = random.choice(_DATES)
    resource[_date_field(kind)] = random.choice(_DATES)
    for _ in range(random.choice((0, 0, 1, 3))):
        odd = random.choice(ODD)
        resource[random.choice(_OTHER_FIELDS)] = random.choice((odd, _concept(random, codes)))
    if random.random() < 0.1:
        resource[random.choice(list(resource))] = random.choice(ODD)
    return resource


def _date_field(kind: str) -> str:
    return {
        "Condition": "onsetDateTime",
        "Observation": "effectiveDateTime",
        "Procedure": "performedDateTime",
        "DiagnosticReport": "effectiveDateTime",
    }.get(kind, "authoredOn")


def _concept(random: Random, codes: tuple[tuple[str, str], ...]) -> Json:
    system, code = random.choice(codes)
    concept: Json = {"coding": [{"system": system, "code": code}]}
    if random.random() < 0.4:
        concept["text"] = random.choice(_TEXTS)
    if random.random() < 0.05:
        concept[random.choice(("coding", "text"))] = random.choice(ODD)
    return concept


def _add_places(value: Any, places: list[tuple[Any, Any]]) -> None:
    """Every (container, key) inside."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            places.append((value, key))
            if isinstance(item, dict | list):
                _add_places(item, places)


def _bend(random: Random, container: Any, key: Any) -> None:
    value = container[key]
    match random.randrange(8):
        case 0:
            del container[key]
        case 1 if isinstance(container, list):
            container.append(copy.deepcopy(value))
        case 1:
            container[f"{key}2"] = copy.deepcopy(value)
        case 2:
            container[key] = None
        case 3:
            container[key] = [value]
        case 4:
            container[key] = value[0] if isinstance(value, list) and value else str(value)
        case 5:
            container[key] = {"value": value}
        case _:
            container[key] = copy.deepcopy(random.choice(ODD))
