"""Names that the program knows and the guideline files use: a file that misses one, or names another, is wrong."""

from __future__ import annotations

from typing import Final

PARAMETERS: Final = {
    "aaa-new-pain-days": "aaa_new_pain",
    "ankylosed-trauma-window": "ankylosed_with_trauma",
    "cancer-history-days": "cancer_history_recent_or_avid and cancer_history_remote",
    "care-last-within": "conservative_care_6w",
    "care-min-days": "conservative_care_6w",
    "pain-rise": "pain_score_rising",
    "pain-rise-window": "pain_score_rising",
    "recovery-window": "the duration of symptoms",
    "weight-loss-fraction": "weight_loss_5pct_180d",
    "weight-loss-window": "weight_loss_5pct_180d",
    "young-onset-age": "young_onset_chronic",
    "young-onset-duration": "young_onset_chronic",
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
