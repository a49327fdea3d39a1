"""The order of levels and urgencies."""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.knowledge.members import (
    ACTIVE,
    EMERGENCY,
    NO_LEVEL,
    NOTED,
    POSSIBLE,
    ROUTINE,
    URGENT,
)
from cds_service.knowledge.model import Level, Urgency

_LEVELS = (ACTIVE, POSSIBLE, NOTED, NO_LEVEL)
_AT_LEAST = {level: _LEVELS[: position + 1] for position, level in enumerate(_LEVELS)}
_URGENCIES = (ROUTINE, URGENT, EMERGENCY)


def levels_from(least: Level) -> tuple[Level, ...]:
    """The levels that are this one or higher."""
    return _AT_LEAST[least]


def is_at_least(level: Level, wanted: Level) -> bool:
    """True when the level is the wanted one or higher."""
    return level in _AT_LEAST[wanted]


def highest_urgency(urgencies: Iterable[Urgency]) -> Urgency:
    """The most urgent of them; routine when there is none."""
    return max(urgencies, key=_URGENCIES.index, default=ROUTINE)
