"""What replayed cases share."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cds_service.advice import AdviceOptions, CompiledGuideline
from cds_service.cds_hooks.profiles import PROFILES
from cds_service.replay.cases import Day, SavedCase, Unread, find_cases
from cds_service.replay.runner import Engine

DAY = date(2026, 6, 15)
FIXTURES = Path(__file__).parents[2] / "fhir_fixtures"


def cases_below(path: Path, day: date = DAY) -> list[SavedCase]:
    """The cases of a folder or file; `day` is for those that tell none."""
    found = list(find_cases(path, Day(day, "option")))
    assert not [item for item in found if isinstance(item, Unread)]
    return [item for item in found if isinstance(item, SavedCase)]


@pytest.fixture(scope="session")
def engine(compiled: CompiledGuideline) -> Engine:
    """The packaged guideline with the defaults of a service in open mode."""
    options = AdviceOptions(
        jurisdiction="us",
        site_country=None,
        is_quiet=False,
        pama=True,
        qcdsm_id=None,
        explain=True,
        card_on_missing_data=False,
    )
    return Engine(compiled, options, PROFILES["generic"])
