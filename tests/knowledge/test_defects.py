"""Each deliberate mistake of defects.toml in the guideline is noticed by at least one clinical scenario."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cds_service.advice import CompiledGuideline, compile_guideline
from cds_service.errors import KnowledgeError
from cds_service.knowledge.loader import load_guideline
from tests.scenarios.test_scenarios import CASES, Case
from tests.scenarios.test_scenarios import test_scenario as check_scenario

_ROOT = Path(__file__).parents[2] / "cds_service" / "knowledge" / "spine_imaging"
_DEFECTS: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("defects.toml").read_text(encoding="utf-8")
)["defect"]


def _notices(case: Case, compiled: CompiledGuideline) -> bool:
    try:
        check_scenario(case, compiled)
    except Exception:  # noqa: BLE001 - any way of failing is noticing
        return True
    return False


def _nearest_first(file: str) -> list[Case]:
    """Cases about the file that was changed first: most mistakes are noticed there."""
    stem = Path(file).stem
    return sorted(CASES, key=lambda case: (case.file != stem, case.file))


@pytest.mark.parametrize("defect", _DEFECTS, ids=[item["what"] for item in _DEFECTS])
def test_a_scenario_notices_that(defect: dict[str, Any], tmp_path: Path) -> None:
    root = tmp_path / "guideline"
    shutil.copytree(_ROOT, root)
    changed = root / defect["file"]
    text = changed.read_text(encoding="utf-8")
    count = text.count(defect["old"])
    assert count == 1 or (count > 1 and defect.get("nth") == "all"), "the text to change has moved"
    changed.write_text(text.replace(defect["old"], defect["new"]), encoding="utf-8")
    try:
        compiled = compile_guideline(load_guideline(root))
    except KnowledgeError as error:
        pytest.fail(f"the mistake has to load, so that only a scenario can notice it: {error}")
    assert any(_notices(case, compiled) for case in _nearest_first(defect["file"]))


def test_there_are_enough_mistakes_to_mean_something() -> None:
    assert len(_DEFECTS) >= 40
