"""What a check says about the guideline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to look at. An error fails the check, a warning does not."""

    severity: Literal["error", "warning"]
    where: str
    """File, and what in it."""
    message: str
    """What, why, what to do."""
