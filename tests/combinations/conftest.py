"""What holds for all combinations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.combinations.reading import read_once


@pytest.fixture
def nothing_is_read_twice() -> Iterator[None]:
    with read_once():
        yield
