"""All that is concluded of a call, and nothing else. The scenarios are in conclusions.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.assessment.whole import lines_of
from tests.scenarios.cases import CASES, answered

_WHOLE = tomllib.loads(Path(__file__).with_name("conclusions.toml").read_text("utf-8"))["whole"]
_BY_ID = {case.id: case for case in CASES}


@pytest.mark.parametrize("whole", _WHOLE, ids=lambda whole: whole["case"])
def test_of_a_scenario_this_is_concluded_and_nothing_more(whole: dict[str, Any]) -> None:
    assessment = answered(_BY_ID[whole["case"]]).assessment
    assert assessment is not None
    assert list(lines_of(assessment)) == whole["concludes"]
