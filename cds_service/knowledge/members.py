"""Members of the guideline's enumerations under names of their own.

Before Python 3.12 to look a member up on its class costs as much as five calls, and a hook call does it by the hundred.
"""

from __future__ import annotations

from typing import Final

from cds_service.knowledge.model import Level, Rating, Strength, Urgency

DEFINITIVE: Final = Strength.DEFINITIVE
STRONG: Final = Strength.STRONG
MODERATE: Final = Strength.MODERATE
WEAK: Final = Strength.WEAK

ACTIVE: Final = Level.ACTIVE
POSSIBLE: Final = Level.POSSIBLE
NOTED: Final = Level.NOTED
NO_LEVEL: Final = Level.NONE

EMERGENCY: Final = Urgency.EMERGENCY
URGENT: Final = Urgency.URGENT
ROUTINE: Final = Urgency.ROUTINE

APPROPRIATE: Final = Rating.APPROPRIATE
MAY_BE_APPROPRIATE: Final = Rating.MAY_BE
NOT_APPROPRIATE: Final = Rating.NOT
UNDETERMINED: Final = Rating.UNDETERMINED
