"""Which reason for care with contrast an order meets, by its modality and phase."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.assessment.model import OrderSafety, Risk
from cds_service.assessment.safety import contrast_risk
from cds_service.evidence.model import StudyProcedure

_KIDNEY = Risk("egfr_gadolinium", "20 u", None, "Observation/e", "eGFR")
_KIDNEY_TOO = Risk("egfr_iodinated", "20 u", None, "Observation/e", "eGFR")
_GADOLINIUM = Risk("gadolinium_reaction", "", None, "AllergyIntolerance/g", "gadolinium")
_IODINE = Risk("iodinated_reaction", "", None, "AllergyIntolerance/i", "iodine")
_SAFETY = OrderSafety(
    devices=(),
    gadolinium=(_KIDNEY, _GADOLINIUM),
    iodine=(_KIDNEY_TOO, _IODINE),
    iodine_reaction=(_IODINE,),
    pregnancy=None,
    pregnancy_unknown=False,
    claustrophobia=False,
    egfr_is_fresh=True,
    creatinine=None,
)
_NONE = OrderSafety(
    devices=(),
    gadolinium=(),
    iodine=(),
    iodine_reaction=(),
    pregnancy=None,
    pregnancy_unknown=False,
    claustrophobia=False,
    egfr_is_fresh=True,
    creatinine=None,
)


@pytest.mark.parametrize(
    ("modality", "contrast", "expected"),
    [
        ("MR", "with", _KIDNEY),
        ("MR", "without-and-with", _KIDNEY),
        ("MR", "without", None),
        ("MR", "unspecified", None),
        ("CT", "with", _KIDNEY_TOO),
        ("CT", "without-and-with", _KIDNEY_TOO),
        ("CT", "without", None),
        ("CT", "unspecified", None),
        ("CTM", "with", _IODINE),
        ("CTM", "without", _IODINE),
        ("RF", "unspecified", _IODINE),
        ("XR", "with", None),
        ("NM", "with", None),
        ("PET", "without-and-with", None),
        (None, "with", None),
    ],
)
def test_contrast_meets_the_first_reason_for_care_of_its_kind(
    modality: Any, contrast: Any, expected: Risk | None
) -> None:
    study = StudyProcedure(modality, ("lumbar",), contrast)
    assert contrast_risk(study, _SAFETY) is expected
    assert contrast_risk(study, _NONE) is None
