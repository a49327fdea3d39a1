"""All that is read of one resource, and nothing else. The resources are in resources.toml."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.conftest import ReadRecord
from tests.evidence.record.whole import lines_of

_CASES = tomllib.loads(Path(__file__).with_name("resources.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["title"])
def test_of_a_resource_this_is_read_and_nothing_more(
    case: dict[str, Any], read: ReadRecord
) -> None:
    assert list(lines_of(read(json.loads(case["resource"]), key=case.get("key")))) == case["reads"]
