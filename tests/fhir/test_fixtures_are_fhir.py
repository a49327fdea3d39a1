"""Every fixture is FHIR R4B, but for those that say why they are not."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

FIXTURES = Path(__file__).parents[2] / "fhir_fixtures"
EXCEPTIONS: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("not_valid.toml").read_text(encoding="utf-8")
)


def resources(value: Any) -> Iterator[dict[str, Any]]:
    """Every resource in a JSON value that is no Bundle; contained ones belong to theirs."""
    if isinstance(value, dict):
        kind = value.get("resourceType")
        if isinstance(kind, str) and kind != "Bundle":
            yield value
            return
        for inner in value.values():
            yield from resources(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from resources(inner)


def is_valid(resource: dict[str, Any]) -> bool:
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate_json(json.dumps(resource))
    except (KeyError, ValueError):
        return False
    return True


def test_every_resource_of_the_patients_is_valid() -> None:
    files = sorted((FIXTURES / "patients").rglob("*.json"))
    found = [
        (path, resource)
        for path in files
        for resource in resources(json.loads(path.read_text(encoding="utf-8")))
    ]
    # record.json is a Bundle as a whole
    bundles = [path for path in files if path.name == "record.json"]
    assert len(bundles) >= 40
    for path in bundles:
        get_fhir_model_class("Bundle").model_validate_json(path.read_text(encoding="utf-8"))
    assert len(found) > 200
    assert [f"{path}: {item['resourceType']}" for path, item in found if not is_valid(item)] == []


@pytest.mark.parametrize("folder", ["hooks", "resources"])
def test_what_is_not_valid_says_why(folder: str) -> None:
    not_valid = {
        path.name
        for path in sorted((FIXTURES / folder).rglob("*.json"))
        if not all(
            is_valid(item) for item in resources(json.loads(path.read_text(encoding="utf-8")))
        )
    }
    assert not_valid == EXCEPTIONS[folder].keys()
    assert all(EXCEPTIONS[folder].values())


def test_a_resource_with_a_mistake_is_not_valid() -> None:
    condition = {"resourceType": "Condition", "subject": {"reference": "Patient/1"}}
    assert is_valid(condition)
    assert not is_valid(condition | {"severity": "bad"})
    assert not is_valid({"resourceType": "Complaint"})
