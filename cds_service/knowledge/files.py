"""The files of the guideline: which there are, and the shape of those that hold more than one kind of table."""

from __future__ import annotations

from typing import Final, get_args

from cds_service.knowledge.model import CardLimits, CardRule, OrderCheck, RatingRow, SafetyLimits
from cds_service.knowledge.table import Region, Table

SINGLE_FILES: Final = (
    "guideline.toml",
    "citations.toml",
    "disagreements.toml",
    "parameters.toml",
    "units.toml",
    "observations.toml",
    "evidence.toml",
    "combination.toml",
    "exceptions.toml",
    "procedures.toml",
    "order_checks.toml",
    "cards.toml",
    "wording.toml",
)
FOLDERS: Final = ("groups", "value_sets", "ratings")
RATING_REGIONS: Final = (*get_args(Region), "any")
RATING_WHEN: Final = "when"
"""Name of the one file in `ratings/` that is no region."""


class RatingFile(Table):
    """`ratings/<region>.toml`."""

    region: str
    columns: tuple[str, ...]
    row: tuple[RatingRow, ...]


class OrderChecksFile(Table):
    """`order_checks.toml`."""

    suggestion_safety: tuple[str, ...]
    safety_limits: SafetyLimits
    order_check: tuple[OrderCheck, ...]


class CardsFile(Table):
    """`cards.toml`."""

    card_limits: CardLimits
    card_rule: tuple[CardRule, ...]
