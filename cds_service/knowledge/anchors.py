"""Names of the guideline that the program itself reads. A rename in the files needs the same rename here.

Most names are only read by other files of the guideline. These few stand in the code too, so loading refuses a
guideline that misses one: a card, value set or group that silently is not found would be a rule that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


class ValueSets:
    """Value sets that computed criteria and the checks of an order read."""

    AAA_KNOWN: Final = "aaa-known"
    ACUTE_KIDNEY_INJURY: Final = "acute-kidney-injury"
    ANKYLOSED_SPINE: Final = "ankylosed-spine"
    ANTICOAGULANT: Final = "anticoagulant"
    AORTA_PRONE: Final = "aorta-prone"
    BODY_SITE_SADDLE: Final = "body-site-saddle"
    CKD_STAGE_4_5: Final = "ckd-stage-4-5"
    CANCER_HORMONE_DRUG: Final = "cancer-hormone-drug"
    CLAUSTROPHOBIA: Final = "claustrophobia"
    CONSERVATIVE_DRUG: Final = "conservative-drug"
    CONTRAST_AGENT_UNSPECIFIED: Final = "contrast-agent-unspecified"
    DIALYSIS: Final = "dialysis"
    FOOT_DROP: Final = "foot-drop"
    GADOLINIUM_AGENT: Final = "gadolinium-agent"
    HIGH_ENERGY_TRAUMA: Final = "high-energy-trauma"
    HOSPICE: Final = "hospice"
    IODINATED_AGENT: Final = "iodinated-agent"
    LIMB_WEAKNESS: Final = "limb-weakness"
    LOW_BACK_PAIN: Final = "low-back-pain"
    LOW_VELOCITY_TRAUMA: Final = "low-velocity-trauma"
    MGUS: Final = "mgus"
    MALIGNANCY: Final = "malignancy"
    MALIGNANCY_BONE_AVID: Final = "malignancy-bone-avid"
    MALIGNANCY_HISTORY: Final = "malignancy-history"
    MALIGNANCY_HISTORY_BONE_AVID: Final = "malignancy-history-bone-avid"
    MALIGNANCY_REMISSION: Final = "malignancy-remission"
    MOTOR_DEFICIT: Final = "motor-deficit"
    MOTOR_DEFICIT_PROGRESSIVE: Final = "motor-deficit-progressive"
    MRI_CAUTION_DEVICE: Final = "mri-caution-device"
    MRI_UNSAFE_DEVICE: Final = "mri-unsafe-device"
    NUMBNESS: Final = "numbness"
    OBS_CALCIUM: Final = "obs-calcium"
    OBS_CREATININE: Final = "obs-creatinine"
    OBS_DUE_DATE: Final = "obs-due-date"
    OBS_EGFR: Final = "obs-egfr"
    OBS_ESR: Final = "obs-esr"
    OBS_HEMOGLOBIN: Final = "obs-hemoglobin"
    OBS_INR: Final = "obs-inr"
    OBS_HCG: Final = "obs-hcg"
    OBS_PAIN_SCORE: Final = "obs-pain-score"
    OBS_PREGNANCY_STATUS: Final = "obs-pregnancy-status"
    OBS_WEIGHT: Final = "obs-weight"
    PARAPARESIS: Final = "paraparesis"
    PHYSIOTHERAPY: Final = "physiotherapy"
    PREGNANCY: Final = "pregnancy"
    PREGNANCY_ENDED: Final = "pregnancy-ended"
    RADICULOPATHY: Final = "radiculopathy"
    SCIATICA_LEFT: Final = "sciatica-left"
    SCIATICA_RIGHT: Final = "sciatica-right"
    SPINE_SURGERY_CERVICAL: Final = "spine-surgery-cervical"
    SPINE_SURGERY_LUMBAR: Final = "spine-surgery-lumbar"
    SPINE_SURGERY_THORACIC: Final = "spine-surgery-thoracic"
    SPINE_SURGERY_UNSPECIFIED: Final = "spine-surgery-unspecified"


class Criteria:
    """Criteria that facts, facts of the order and cards ask for by name."""

    ANKYLOSED_SPINE_TRAUMA: Final = "ankylosed-spine-trauma"
    CANCER_SPINAL_METASTASIS: Final = "cancer-spinal-metastasis"
    CORD_HAND_CLUMSINESS: Final = "cord-hand-clumsiness"
    EPIDURAL_ABSCESS: Final = "epidural-abscess"
    FEVER: Final = "fever"
    PAIN_WORSENING: Final = "pain-worsening"
    SPINAL_CORD_INJURY: Final = "spinal-cord-injury"
    SPINAL_INFECTION_DIAGNOSED: Final = "spinal-infection-diagnosed"
    TRAUMA_LOW_VELOCITY: Final = "trauma-low-velocity"
    VERTEBRAL_FRACTURE_SUSPECTED: Final = "vertebral-fracture-suspected"


class Groups:
    """Groups whose level decides more than their own card."""

    CAUDA_EQUINA: Final = "cauda-equina"
    CORD: Final = "cord"
    MALIGNANCY: Final = "malignancy"
    MSCC: Final = "mscc"
    NEURO_DEFICIT: Final = "neuro-deficit"
    PERSISTENT: Final = "persistent"
    PRIOR_SURGERY: Final = "prior-surgery"
    TRAUMA: Final = "trauma"
    VASCULAR: Final = "vascular"


class Scenarios:
    """Scenarios that are treated in a way of their own."""

    S_AAA: Final = "S-AAA"
    S_CA: Final = "S-CA"
    S_CES: Final = "S-CES"
    S_CORD: Final = "S-CORD"
    S_INF: Final = "S-INF"
    S_NEURO: Final = "S-NEURO"
    S_PED: Final = "S-PED"


class Cards:
    """Cards that are added to the primary card, or are filled in a way of their own."""

    APPROPRIATE: Final = "appropriate"
    CONFLICTING_DATA: Final = "conflicting-data"
    CONTRAST_CONSIDER: Final = "contrast-consider"
    CONTRAST_PHASE: Final = "contrast-phase"
    CONTRAST_SAFETY: Final = "contrast-safety"
    DUPLICATE_PENDING: Final = "duplicate-pending"
    DUPLICATE_RECENT: Final = "duplicate-recent"
    EMERGENCY_ESCALATE: Final = "emergency-escalate"
    MISSING_INDICATION: Final = "missing-indication"
    MRI_SAFETY: Final = "mri-safety"
    NON_SPINAL_CAUSE: Final = "non-spinal-cause"
    PARTIAL_DATA: Final = "partial-data"
    PATIENT_DECEASED: Final = "patient-deceased"
    PEDIATRIC: Final = "pediatric"
    PREGNANCY: Final = "pregnancy"
    RADIOGRAPH_FIRST: Final = "radiograph-first"
    TRAUMA_CT_FIRST: Final = "trauma-ct-first"
    UNMAPPED_ORDER: Final = "unmapped-order"
    URGENT_ESCALATE: Final = "urgent-escalate"
    WHOLE_SPINE: Final = "whole-spine"
    WRONG_REGION: Final = "wrong-region"


class Forms:
    """Forms of cards that are filled in a way of their own."""

    FEVER: Final = "fever"
    NOTED: Final = "noted"
    NOTED_SIGN: Final = "noted_sign"
    POSSIBLE: Final = "possible"
    SERIOUS: Final = "serious"
    SERIOUS_FEVER: Final = "serious_fever"
    TRAUMA: Final = "trauma"


SERIOUS_FORMS: Final = (Forms.SERIOUS, Forms.SERIOUS_FEVER)
"""Forms for a child with a serious finding."""

NOTED_FORMS: Final = (Forms.NOTED, Forms.NOTED_SIGN)
"""Forms that name a finding which decides nothing alone."""


class WordClasses:
    """Word classes that the reader of text treats in a way of their own; the last five are of numbers."""

    ABLE: Final = "able"
    ADVICE: Final = "advice"
    ADVICE_BEHIND: Final = "advice-behind"
    ADVICE_TOPIC: Final = "advice-topic"
    PLANNED: Final = "planned"
    AFFIRMED: Final = "affirmed"
    AND_OR: Final = "and-or"
    ANSWERS_NO: Final = "answers-no"
    ANSWERS_YES: Final = "answers-yes"
    BOTH: Final = "both"
    BRINGS: Final = "brings"
    CANNOT: Final = "cannot"
    CERVICAL: Final = "cervical"
    CONDITION: Final = "condition"
    CONSERVATIVE: Final = "conservative"
    DENIAL: Final = "denial"
    DENIAL_BEHIND: Final = "denial-behind"
    DENIAL_OF_ALL: Final = "denial-of-all"
    DENIES_ANY: Final = "denies-any"
    DENIES_FIRST: Final = "denies-first"
    DENIES_ENOUGH: Final = "denies-enough"
    DENIES_NEXT: Final = "denies-next"
    DENIES_LIST: Final = "denies-list"
    AT_RISK: Final = "at-risk"
    LOW_CHANCE: Final = "low-chance"
    WEIGHS_CHANCE: Final = "weighs-chance"
    DISMISSED: Final = "dismissed"
    EASED_BY_REST: Final = "eased-by-rest"
    FALL: Final = "fall"
    FAMILY_HISTORY: Final = "family-history"
    FEAR: Final = "fear"
    FRESH: Final = "fresh"
    HIGH_ENERGY: Final = "high-energy"
    HISTORY: Final = "history"
    HISTORY_BEHIND: Final = "history-behind"
    IF: Final = "if"
    INFORMANT: Final = "informant"
    INJECTION: Final = "injection"
    INJURY: Final = "injury"
    LAX: Final = "lax"
    LEFT: Final = "left"
    LISTS: Final = "lists"
    LONG_LASTING: Final = "long-lasting"
    LOSS: Final = "loss"
    LUMBAR: Final = "lumbar"
    NEW: Final = "new"
    NOT_ABLE: Final = "not-able"
    NO_DENIAL: Final = "no-denial"
    NOW: Final = "now"
    ON_EXERTION: Final = "on-exertion"
    OPENS_CLAUSE: Final = "opens-clause"
    OR: Final = "or"
    ORDINARY_REASON: Final = "ordinary-reason"
    OTHER_TOPIC: Final = "other-topic"
    OVER: Final = "over"
    PAIN: Final = "pain"
    PAIN_DRUG: Final = "pain-drug"
    PATIENT: Final = "patient"
    PHYSIOTHERAPY: Final = "physiotherapy"
    PLAIN: Final = "plain"
    PROGRESSIVE: Final = "progressive"
    PT: Final = "pt"
    QUESTION: Final = "question"
    QUESTION_BEHIND: Final = "question-behind"
    RAPID: Final = "rapid"
    RELATIVE: Final = "relative"
    RIGHT: Final = "right"
    ROAD_CRASH: Final = "road-crash"
    SACRAL: Final = "sacral"
    SAYS_LITTLE: Final = "says-little"
    SOFT_TURN: Final = "soft-turn"
    BUT: Final = "but"
    EXCEPTS: Final = "excepts"
    LOST: Final = "lost"
    SPEAKS_FOR: Final = "speaks-for"
    SPINE: Final = "spine"
    SPINAL_PROCEDURE: Final = "spinal-procedure"
    STEADY: Final = "steady"
    TELLS: Final = "tells"
    TEMPERATURE: Final = "temperature"
    THORACIC: Final = "thoracic"
    TOLD: Final = "told"
    SINCE: Final = "since"
    TRIED: Final = "tried"
    TURN: Final = "turn"
    UNABLE: Final = "unable"
    WITH: Final = "with"
    POWER: Final = "power"
    STRENGTH: Final = "strength"
    LEG: Final = "leg"
    ARM: Final = "arm"
    TOE: Final = "toe"
    WEEKDAY: Final = "weekday"
    GRADE: Final = "grade"
    FRACTION: Final = "fraction"
    MUSCLE: Final = "muscle"
    PRESSURE: Final = "pressure"
    LEVEL: Final = "level"
    NUMBER: Final = "number"
    YEAR: Final = "year"


class Suggestions:
    """Suggestions, each of which one function makes."""

    ADD_BRING_RECORDS: Final = "add-bring-records"
    ADD_ORDER: Final = "add-order"
    ADD_REASON: Final = "add-reason"
    ANSWER_NEW_BLADDER_BOWEL_SADDLE: Final = "answer-new-bladder-bowel-saddle"
    ANSWER_NEW_WEAKNESS: Final = "answer-new-weakness"
    ANSWER_NONE_OF_THESE: Final = "answer-none-of-these"
    ANSWER_OVER_SIX_WEEKS_DESPITE_CARE: Final = "answer-over-six-weeks-despite-care"
    ANSWER_UNDER_SIX_WEEKS: Final = "answer-under-six-weeks"
    CANCEL_AND_PHYSIO: Final = "cancel-and-physio"
    CANCEL_ORDER: Final = "cancel-order"
    ORDER_BLOOD_CULTURES: Final = "order-blood-cultures"
    ORDER_EGFR: Final = "order-egfr"
    ORDER_ESR_CRP: Final = "order-esr-crp"
    ORDER_HCG: Final = "order-hcg"
    REPLACE_WITH_MR_NONCONTRAST: Final = "replace-with-mr-noncontrast"
    REPLACE_WITH_MRI_ALTERNATIVE: Final = "replace-with-mri-alternative"
    REPLACE_WITH_NONCONTRAST: Final = "replace-with-noncontrast"
    REPLACE_WITH_PREFERRED: Final = "replace-with-preferred"
    REPLACE_WITH_XR: Final = "replace-with-xr"
    SET_PRIORITY_STAT: Final = "set-priority-stat"
    SET_PRIORITY_URGENT: Final = "set-priority-urgent"


class AdviceLines:
    """Lines of advice that the order or the call adds to those of its card."""

    BRING_RECORDS: Final = "bring-records"
    TRAVEL: Final = "travel"


class Parameters:
    """Numbers that computed criteria and the symptom rules read."""

    AAA_NEW_PAIN_DAYS: Final = "aaa-new-pain-days"
    ANKYLOSED_TRAUMA_WINDOW: Final = "ankylosed-trauma-window"
    CANCER_HORMONE_AGE: Final = "cancer-hormone-age"
    CANCER_HISTORY_DAYS: Final = "cancer-history-days"
    CARE_DRUG_DAYS: Final = "care-drug-days"
    CARE_LAST_WITHIN: Final = "care-last-within"
    CARE_MIN_DAYS: Final = "care-min-days"
    HEMATOMA_DEFICIT_DAYS: Final = "hematoma-deficit-days"
    INR_RAISED: Final = "inr-raised"
    MYELOMA_AGE: Final = "myeloma-age"
    MYELOMA_CALCIUM: Final = "myeloma-calcium"
    MYELOMA_CREATININE: Final = "myeloma-creatinine"
    MYELOMA_ESR: Final = "myeloma-esr"
    MYELOMA_HEMOGLOBIN: Final = "myeloma-hemoglobin"
    LIFELONG_DAYS: Final = "lifelong-days"
    OLDEST_AGE: Final = "oldest-age"
    OPEN_COURSE_CONFIRMED_DAYS: Final = "open-course-confirmed-days"
    OPEN_COURSE_NOTED_DAYS: Final = "open-course-noted-days"
    PAIN_RISE: Final = "pain-rise"
    PAIN_RISE_WINDOW: Final = "pain-rise-window"
    RECOVERY_WINDOW: Final = "recovery-window"
    WEIGHT_LOSS_FRACTION: Final = "weight-loss-fraction"
    WEIGHT_LOSS_IMPLAUSIBLE: Final = "weight-loss-implausible"
    WEIGHT_LOSS_WINDOW: Final = "weight-loss-window"
    YOUNG_ONSET_AGE: Final = "young-onset-age"
    YOUNG_ONSET_DURATION: Final = "young-onset-duration"


class Citations:
    """Citations that stand where nothing else is cited."""

    POLICY: Final = "policy"


ANCHORS: Final[Mapping[str, type]] = {
    "value set": ValueSets,
    "criterion": Criteria,
    "group": Groups,
    "scenario": Scenarios,
    "card": Cards,
    "form of a card": Forms,
    "suggestion": Suggestions,
    "advice line": AdviceLines,
    "parameter": Parameters,
    "citation": Citations,
}
"""The constants above by the kind of thing that they name."""


def anchored(anchors: type) -> tuple[str, ...]:
    """The names that one of the classes above holds."""
    return tuple(name for key, name in vars(anchors).items() if key.isupper())
