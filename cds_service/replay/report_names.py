"""Of what a report is made, and how its parts are told in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from cds_service.cards.ids import topic_code
from cds_service.knowledge.model import AgeEvidence, Guideline
from cds_service.replay.comparison_texts import words_of
from cds_service.replay.report_counts import RowCounts

INDICATORS: Final = ("critical", "warning", "info")
IN_PLOT: Final = 20
"""Bars of one plot; its table has all."""
NOT_NAMED: Final = "not named"
"""In the details, what the data do not name."""
MODALITIES: Final = {
    "xr": "Radiograph",
    "ct": "CT",
    "ctm": "CT myelography",
    "mr": "MRI",
    "nm": "Bone scan",
    "pet": "PET",
    "rf": "Fluoroscopy",
    "unknown": "Not known",
}
_BLANK: Final = re.compile(r"\{[^{}]*\}")
"""A place of a card's summary that the case fills."""


class RunFacts:
    """The counts of a run, with the guideline's names for what they count."""

    def __init__(self, counts: RowCounts, details: Mapping[str, Any], guideline: Guideline) -> None:
        self.counts = counts
        self.details = details
        self.summaries = {
            topic_code(card.id): _BLANK.sub("[…]", card.summary) for card in guideline.wording.card
        }
        self.indicators = {topic_code(card.id): card.indicator for card in guideline.wording.card}
        self.criteria = {
            criterion.id: criterion.short or criterion.name
            for group in guideline.groups
            for criterion in group.criterion
        }
        self.ages = {
            criterion.id
            for group in guideline.groups
            for criterion in group.criterion
            if criterion.evidence
            and all(isinstance(one, AgeEvidence) for one in criterion.evidence)
        }
        """Criteria that go by the birth date alone."""
        self.groups = {group.id: group.name for group in guideline.groups}


def study_text(study: str) -> str:
    """`mr-lumbar+thoracic-without` as `MRI lumbar and thoracic, without contrast`."""
    if not study:
        return "Order not read"
    modality, regions, *contrast = study.split("-", 2)
    text = f"{MODALITIES.get(modality, modality)} {' and '.join(regions.split('+'))}"
    return f"{text}, {contrast[0].replace('-', ' ')} contrast" if contrast else text


def region_text(name: str) -> str:
    """A region, or that there is none."""
    return "Not stated or not known" if name == "unknown" else words_of(name)
