"""Each deliberate mistake of defects.toml in the guideline is noticed by the clinical scenario that it names."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cds_service.advice import CompiledGuideline
from cds_service.errors import KnowledgeError
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.parts import Tables
from tests.knowledge.parsed import parsed
from tests.scenarios.cases import CASES, advice_of, answered
from tests.scenarios.expectations import check
from tests.shipped import compiled_like

_ROOT = Path(__file__).parents[2] / "cds_service" / "knowledge" / "spine_imaging"
_DEFECTS: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("defects.toml").read_text(encoding="utf-8")
)["defect"]
_SCENARIOS = {case.id: case for case in CASES}


def damaged(defect: dict[str, Any]) -> CompiledGuideline:
    """The shipped guideline with one mistake in one of its files."""
    intact = (_ROOT / defect["file"]).read_text(encoding="utf-8")
    count = intact.count(defect["old"])
    assert count == 1 or (count > 1 and defect.get("nth") == "all"), "the text to change has moved"
    changed = intact.replace(defect["old"], defect["new"])

    def parse(text: str) -> Tables:
        return parsed(changed if text == intact else text)

    try:
        return compiled_like(load_guideline(parse=parse))
    except KnowledgeError as error:
        pytest.fail(f"the mistake has to load, so that only a scenario can notice it: {error}")


@pytest.mark.parametrize("defect", _DEFECTS, ids=[item["what"] for item in _DEFECTS])
def test_a_scenario_notices_that(defect: dict[str, Any]) -> None:
    case = _SCENARIOS[defect["noticed_by"]]
    check(case, answered)
    compiled = damaged(defect)
    with pytest.raises(AssertionError):
        check(case, lambda found: advice_of(found, compiled))


def test_there_are_enough_mistakes_to_mean_something() -> None:
    assert len(_DEFECTS) >= 40
