"""Where the documentation stands once it is built: by `make serve` and `make docs`, and in every wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SITE: Final = Path(__file__).with_name("site")
FIRST_PAGE: Final = "index.html"


def is_built(site: Path = SITE) -> bool:
    """Whether there is anything to show at `/docs`. Looked up anew each time: it may be built while a service runs."""
    return (site / FIRST_PAGE).is_file()
