"""All that is read of one resource, and nothing else. The resources are in resources.toml and patients.toml."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.conftest import ReadRecord
from tests.evidence.record.whole import line_of, lines_of

_HERE = Path(__file__).parent
_CASES = tomllib.loads((_HERE / "resources.toml").read_text("utf-8"))["case"]
_PATIENTS = tomllib.loads((_HERE / "patients.toml").read_text("utf-8"))["patient"]


def _without_reference(line: str) -> str:
    return line.rpartition(" <")[0] if line.endswith(">") else line


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["title"])
def test_of_a_resource_this_is_read_and_nothing_more(
    case: dict[str, Any], read: ReadRecord
) -> None:
    assert list(lines_of(read(json.loads(case["resource"]), key=case.get("key")))) == case["reads"]


@pytest.mark.parametrize("case", _PATIENTS, ids=lambda case: case["title"])
def test_of_a_patient_this_is_read_and_nothing_more(case: dict[str, Any], read: ReadRecord) -> None:
    record = read(json.loads(case["resource"]), patient=None)
    assert [line_of(record.person), *lines_of(record)] == case["reads"]


@pytest.mark.parametrize("step", [1, -1], ids=["forwards", "backwards"])
def test_many_resources_are_read_as_each_of_them_alone(step: int, read: ReadRecord) -> None:
    cases = [case for case in _CASES if "key" not in case][::step]
    resources = [json.loads(case["resource"]) | {"id": f"n{n}"} for n, case in enumerate(cases)]
    together = Counter(map(_without_reference, lines_of(read(*resources))))
    alone = Counter(_without_reference(line) for case in cases for line in case["reads"])
    # what is counted over the record is said once, with the sum
    in_sum = ("gap ", "retracted ", "of others ", "in hospice")
    for counted in (together, alone):
        for line in list(counted):
            if line.startswith(in_sum):
                del counted[line]
    assert together == alone
    record = read(*resources)
    assert len(record.retracted) == sum(
        any(line.startswith("retracted ") for line in case["reads"]) for case in cases
    )
    assert {(gap.source, gap.note) for gap in record.gaps} == {
        (
            "observations",
            "4 findings of the examination have values that were not understood",
        ),
        ("medications", "1 of 39 name no medication"),
    }
