"""How far back a page of a record has to go before what lies behind it can be left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cds_service.knowledge.anchors import Parameters
from cds_service.knowledge.model import Evidence, Guideline

OBSERVATIONS: Final = "observations"
MEDICATIONS: Final = "medications"
PROCEDURES: Final = "procedures"
"""Prefetch keys of what is looked back at for a time; the rest of a record is looked back at for a lifetime."""


def longest_look_backs(guideline: Guideline) -> Mapping[str, int]:
    """Days of the longest look-back at each of these keys, what counts for a lifetime apart.

    A prescription without an end counts as long as it is not too old to count: that is its look-back. Explanations of
    a finding are left out: one that is not seen leaves the finding as it is.
    """
    parameters = {name: found.value for name, found in guideline.parameters.items()}
    limits = guideline.safety_limits
    found = {
        OBSERVATIONS: [
            limits.egfr_max_age_days,
            int(parameters[Parameters.WEIGHT_LOSS_WINDOW]),
            int(parameters[Parameters.PAIN_RISE_WINDOW]),
        ],
        MEDICATIONS: [
            int(parameters[Parameters.OPEN_COURSE_NOTED_DAYS]),
            int(parameters[Parameters.CARE_LAST_WITHIN]),
        ],
        PROCEDURES: [
            limits.egfr_max_age_days,
            limits.pregnancy_window_days,
            limits.duplicate_days,
            limits.imaged_since_days,
            limits.radiograph_recent_days,
            limits.sacroiliac_radiograph_days,
            int(parameters[Parameters.CARE_LAST_WITHIN]),
        ],
    }
    for group in guideline.groups:
        for criterion in group.criterion:
            for evidence in criterion.evidence:
                for key, days in _looked_back(evidence):
                    if days < parameters[Parameters.LIFELONG_DAYS]:
                        found[key].append(days)
    return {key: max(days) for key, days in found.items()}


def _looked_back(evidence: Evidence) -> Iterator[tuple[str, int]]:
    if evidence.type in ("observation", "observation-positive"):
        yield OBSERVATIONS, evidence.days
    elif evidence.type == "medication":
        yield MEDICATIONS, evidence.days
    elif evidence.type == "medication-days":
        yield MEDICATIONS, evidence.window_days
    elif evidence.type == "procedure":
        yield PROCEDURES, evidence.days
