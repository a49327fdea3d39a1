"""What replayed cases share."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.advice import AdviceOptions, CompiledGuideline
from cds_service.cds_hooks.profiles import PROFILES
from cds_service.replay.runner import Engine

FIXTURES = Path(__file__).parents[2] / "fhir_fixtures"


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
