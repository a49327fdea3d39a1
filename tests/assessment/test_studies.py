"""When two studies are the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cds_service.assessment.studies import same_study
from cds_service.evidence.model import StudyProcedure


@pytest.mark.parametrize("modality", ["XR", "CTM", "RF", "NM", "PET"])
def test_where_contrast_is_no_choice_a_phase_makes_no_other_study(modality: Any) -> None:
    one = StudyProcedure(modality, ("lumbar",), "without")
    other = StudyProcedure(modality, ("lumbar",), "with")
    assert same_study(one, other)
    assert not same_study(one, msgspec.structs.replace(other, regions=("cervical",)))


@pytest.mark.parametrize("modality", ["MR", "CT", None])
def test_where_contrast_is_a_choice_a_phase_makes_another_study(modality: Any) -> None:
    one = StudyProcedure(modality, ("lumbar", "thoracic"), "without")
    assert same_study(one, msgspec.structs.replace(one, regions=("thoracic", "lumbar")))
    assert not same_study(one, msgspec.structs.replace(one, contrast="with"))
    assert not same_study(one, msgspec.structs.replace(one, modality="XR"))
