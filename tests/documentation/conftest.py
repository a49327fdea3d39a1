"""The site, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.documentation.build import build


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The documentation as `make docs` builds it, in a folder of its own."""
    folder: Path = tmp_path_factory.mktemp("documentation")
    build(folder / "work", folder / "site")
    return folder / "site"
