"""Scales and closed lists: how strong, how sure, how soon, how fitting, and what kind of study."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class Strength(StrEnum):
    """How much one criterion says, strongest first."""

    DEFINITIVE = "definitive"
    STRONG = "strong"
    MODERATE = "moderate"
    WEAK = "weak"


class Level(StrEnum):
    """How far a group is established by its criteria, highest first."""

    ACTIVE = "active"
    POSSIBLE = "possible"
    NOTED = "noted"
    NONE = "none"


class Urgency(StrEnum):
    """How soon the imaging is needed, most urgent first. Never called priority, which is FHIR's."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"


class Rating(StrEnum):
    """Appropriateness of a study, best first; undetermined is no rating at all."""

    APPROPRIATE = "appropriate"
    MAY_BE = "may-be-appropriate"
    NOT = "not-appropriate"
    UNDETERMINED = "undetermined"


Modality = Literal["XR", "CT", "CTM", "MR", "NM", "PET", "RF"]
Contrast = Literal["without", "with", "without-and-with", "unspecified"]
Provenance = Literal["v", "s", "i", "m", "p"]
"""v read in a copy of the source, s secondary source, i inferred from a verified list, m memory, p own policy."""
Tier = Literal["A", "B", "C", "D"]
"""A published value set or vocabulary export, B curated data, C two or more public lists, D one public list."""
CodeSystem = Literal["snomed", "icd10cm", "icd10", "icd9cm", "loinc", "rxnorm", "cpt", "atc"]
Priority = Literal["routine", "urgent", "asap", "stat"]
RegionWord = Literal[
    "cervical", "thoracic", "lumbar", "sacroiliac", "sacrum", "whole", "level", "any"
]
"""A region, or `level`: the level of the finding or of the order; `any`: wherever the order is."""
