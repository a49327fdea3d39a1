"""Names that the program knows and the guideline files use: a file that misses one, or names another, is wrong."""

from __future__ import annotations

from typing import Final

from cds_service.knowledge.anchors import Parameters

PARAMETERS: Final = {
    Parameters.AAA_NEW_PAIN_DAYS: "aaa_new_pain",
    Parameters.ANKYLOSED_TRAUMA_WINDOW: "ankylosed_with_trauma",
    Parameters.CANCER_HISTORY_DAYS: "cancer_history_recent_or_avid and cancer_history_remote",
    Parameters.CANCER_HORMONE_AGE: "cancer_hormone_drug",
    Parameters.CARE_LAST_WITHIN: "conservative_care_6w",
    Parameters.CARE_DRUG_DAYS: "conservative_care_6w",
    Parameters.CARE_MIN_DAYS: "conservative_care_6w",
    Parameters.PAIN_RISE: "pain_score_rising",
    Parameters.PAIN_RISE_WINDOW: "pain_score_rising",
    Parameters.HEMATOMA_DEFICIT_DAYS: "deficit_on_anticoagulant",
    Parameters.INR_RAISED: "deficit_on_anticoagulant",
    Parameters.MYELOMA_AGE: "myeloma_values",
    Parameters.MYELOMA_CALCIUM: "myeloma_values",
    Parameters.MYELOMA_CREATININE: "myeloma_values",
    Parameters.MYELOMA_ESR: "myeloma_values",
    Parameters.MYELOMA_HEMOGLOBIN: "myeloma_values",
    Parameters.LIFELONG_DAYS: "the reach of a page that was cut",
    Parameters.OLDEST_AGE: "the age of the patient",
    Parameters.OPEN_COURSE_CONFIRMED_DAYS: "the weighing of drug courses",
    Parameters.OPEN_COURSE_NOTED_DAYS: "the weighing of drug courses",
    Parameters.RECOVERY_WINDOW: "the duration of symptoms",
    Parameters.WEIGHT_LOSS_FRACTION: "weight_loss_5pct_180d",
    Parameters.WEIGHT_LOSS_IMPLAUSIBLE: "weight_loss_5pct_180d",
    Parameters.WEIGHT_LOSS_WINDOW: "weight_loss_5pct_180d",
    Parameters.YOUNG_ONSET_AGE: "young_onset_chronic",
    Parameters.YOUNG_ONSET_DURATION: "young_onset_chronic",
}
"""Parameters that a computed criterion or the symptom rules read, and which of them does."""
