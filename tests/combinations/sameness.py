"""Other ways to send the same record: none of them may change what is answered."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

Json = dict[str, Any]
_DATE: Final = re.compile(r"\d{4}(-\d{2}(-\d{2}.*)?)?")
_CONCEPTS: Final = ("code", "type", "medicationCodeableConcept")
YEARS: Final = 4
"""Of a shift in time: every fourth year has the same days and leap days."""


def _bundles(call: Json) -> Iterator[Json]:
    yield from (item for item in call["prefetch"].values() if item.get("resourceType") == "Bundle")


def _resources(call: Json) -> Iterator[Json]:
    for bundle in _bundles(call):
        for entry in bundle["entry"]:
            yield entry["resource"]


def reversed_order(call: Json) -> Json:
    """Every Bundle of the record, last entry first."""
    for bundle in _bundles(call):
        bundle["entry"].reverse()
    return call


def other_ids(call: Json) -> Json:
    """Other ids for everything but the patient and the orders."""
    for position, resource in enumerate(_resources(call)):
        resource["id"] = f"z{97 * position % 89}-{position}"
    return call


def more_codings(call: Json) -> Json:
    """A code of the site beside those that were sent."""
    for resource in _resources(call):
        for key in _CONCEPTS:
            if isinstance(resource.get(key), dict):
                coding = {"system": "https://site.example/codes", "code": "X-1"}
                resource[key].setdefault("coding", []).append(coding)
    return call


def narrative(call: Json) -> Json:
    """A generated text for people to read."""
    for resource in _resources(call):
        words = str(resource.get("code", {}).get("text", "Entry of the record"))
        resource["text"] = {"status": "generated", "div": f"<div>{words}</div>"}
    return call


def duplicates(call: Json) -> Json:
    """Everything twice, as pages that overlap send it."""
    for bundle in _bundles(call):
        bundle["entry"] += copy.deepcopy(bundle["entry"])
    return call


def copies(call: Json) -> Json:
    """Everything twice under two ids, as records that were merged hold it."""
    for bundle in _bundles(call):
        again = copy.deepcopy(bundle["entry"])
        for entry in again:
            entry["resource"]["id"] += "-copy"
        bundle["entry"] += again
    return call


def four_years_later(call: Json) -> Json:
    """Every date moved with the day that the call is judged on."""
    found: Json = _moved(call, "")
    return found


def _moved(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _moved(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, key) for item in value]
    # A code of four digits is no year.
    if isinstance(value, str) and key != "code" and _DATE.fullmatch(value):
        return f"{int(value[:4]) + YEARS}{value[4:]}"
    return value


def _status(concept: Any) -> str:
    return str(concept["coding"][0]["code"])


def stu3(call: Json) -> Json:
    """The same in FHIR STU3."""
    for resource in (*_resources(call), *_drafts(call)):
        for key in ("clinicalStatus", "verificationStatus"):
            if key in resource:
                resource[key] = _status(resource[key])
        if resource["resourceType"] == "ServiceRequest":
            resource["resourceType"] = "ProcedureRequest"
        if "recordedDate" in resource and resource["resourceType"] == "Condition":
            resource["assertedDate"] = resource.pop("recordedDate")
    return call


def dstu2(call: Json) -> Json:
    """The same in FHIR DSTU2."""
    for resource in _resources(call):
        for key in ("clinicalStatus", "verificationStatus"):
            if key in resource:
                resource[key] = _status(resource[key])
        match resource["resourceType"]:
            case "Condition":
                resource["patient"] = resource.pop("subject")
                if "recordedDate" in resource:
                    resource["dateRecorded"] = resource.pop("recordedDate")
            case "MedicationRequest":
                resource["resourceType"] = "MedicationOrder"
                resource["patient"] = resource.pop("subject")
                resource.pop("intent", None)
                if "authoredOn" in resource:
                    resource["dateWritten"] = resource.pop("authoredOn")
    for draft in _drafts(call):
        draft["resourceType"] = "DiagnosticOrder"
        draft.pop("intent", None)
        draft["item"] = [{"code": draft.pop("code")}]
        draft["reason"] = draft.pop("reasonCode", [])
        draft["status"] = "draft"
    return call


def _drafts(call: Json) -> Iterator[Json]:
    for entry in call["context"]["draftOrders"]["entry"]:
        yield entry["resource"]


WAYS: Final[dict[str, Callable[[Json], Json]]] = {
    way.__name__: way
    for way in (
        reversed_order, other_ids, more_codings, narrative, duplicates, copies, four_years_later, stu3, dstu2,
    )
}  # fmt: skip
