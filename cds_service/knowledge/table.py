"""What every table of the guideline files is, and words that several of them use."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

Region = Literal["cervical", "thoracic", "lumbar", "sacroiliac", "sacrum", "whole"]
COLUMN: Final[frozenset[Region]] = frozenset(("cervical", "thoracic", "lumbar"))
"""What `whole` counts as."""


class Table(BaseModel):
    """Base of every table: frozen, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
