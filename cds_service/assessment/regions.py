"""Regions of orders, studies and symptoms."""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.knowledge.table import COLUMN, Region

REGION_ORDER: tuple[Region, ...] = (
    "cervical",
    "thoracic",
    "lumbar",
    "sacrum",
    "sacroiliac",
    "whole",
)


def expanded(regions: Iterable[Region]) -> frozenset[Region]:
    """The regions, with `whole` also as cervical, thoracic and lumbar."""
    found = frozenset(regions)
    return found | COLUMN if "whole" in found else found


def sorted_regions(regions: Iterable[Region]) -> tuple[Region, ...]:
    """In the order of the interface, each once."""
    found = set(regions)
    return tuple(region for region in REGION_ORDER if region in found)


def covers_whole(regions: Iterable[Region]) -> bool:
    """True when cervical, thoracic and lumbar are all there."""
    return expanded(regions) >= COLUMN
