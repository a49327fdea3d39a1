"""Names that the program knows and the guideline files use: a file that misses one, or names another, is wrong."""

from __future__ import annotations

from typing import Final

from cds_service.knowledge.anchors import Parameters

PARAMETERS: Final = {
    Parameters.AAA_NEW_PAIN_DAYS: "aaa_new_pain",
    Parameters.ANKYLOSED_TRAUMA_WINDOW: "ankylosed_with_trauma",
    Parameters.CANCER_HISTORY_DAYS: "cancer_history_recent_or_avid and cancer_history_remote",
    Parameters.CARE_LAST_WITHIN: "conservative_care_6w",
    Parameters.CARE_MIN_DAYS: "conservative_care_6w",
    Parameters.PAIN_RISE: "pain_score_rising",
    Parameters.PAIN_RISE_WINDOW: "pain_score_rising",
    Parameters.RECOVERY_WINDOW: "the duration of symptoms",
    Parameters.WEIGHT_LOSS_FRACTION: "weight_loss_5pct_180d",
    Parameters.WEIGHT_LOSS_WINDOW: "weight_loss_5pct_180d",
    Parameters.YOUNG_ONSET_AGE: "young_onset_chronic",
    Parameters.YOUNG_ONSET_DURATION: "young_onset_chronic",
}
"""Parameters that a computed criterion or the symptom rules read, and which of them does."""

SUMMARY_WORDS: Final = frozenset(
    {
        "advice",
        "age",
        "alternative",
        "basis",
        "concept",
        "date",
        "days",
        "device",
        "finding",
        "group",
        "missing",
        "modality",
        "ordered",
        "ordered_region",
        "other_order",
        "preferred",
        "priority",
        "reason_short",
        "risk",
        "suggested_region",
        "symptom",
        "value",
    }
)
"""Placeholders of summaries, labels and action descriptions."""

DETAIL_WORDS: Final = SUMMARY_WORDS | {
    "count",
    "duration",
    "key",
    "quote",
    "rating",
    "scenario",
    "urgency",
    "version",
}
"""Placeholders of the detail."""

NO_CARD: Final = "none"
"""What a card rule names when the advice is on another order of the call."""

PRIMARY: Final = "primary"
"""Stands for the primary card in `keep_first`."""
