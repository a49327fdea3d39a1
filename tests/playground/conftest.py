"""One service and one browser for all tests of the screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from cds_service.advice import CompiledGuideline
from cds_service.app import create_app
from cds_service.history.pseudonyms import Pseudonyms
from cds_service.history.store import HistoryStore
from cds_service.settings import Settings
from tests.browser import launched, served

TODAY = date(2026, 9, 1)
"""Not the day of the stories: their dates have to move."""


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HistoryStore]:
    """Where the calls of the screen are kept, as all others are."""
    folder: Path = tmp_path_factory.mktemp("playground")
    store = HistoryStore(f"sqlite:///{folder}/history.sqlite", Pseudonyms(b"k" * 32))
    store.upgrade()
    yield store
    store.close()


@pytest.fixture(scope="session")
def base(compiled: CompiledGuideline, history: HistoryStore) -> Iterator[str]:
    """The address of the service."""
    now = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    app = create_app(Settings(as_of=TODAY), compiled, clock=lambda: now, history=history)
    with served(app) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with launched() as chromium:
        yield chromium
