"""Named functions of the guideline: statements that take more than one look-up. Their numbers are parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cds_service.assessment.computed.cancer import (
    cancer_history_recent_or_avid,
    cancer_history_remote,
    cancer_hormone_drug,
)
from cds_service.assessment.computed.care import conservative_care_6w
from cds_service.assessment.computed.myeloma import myeloma_values
from cds_service.assessment.computed.pairs import (
    aaa_new_pain,
    ankylosed_with_trauma,
    aorta_prone_new_pain,
    bilateral_sciatica,
    deficit_on_anticoagulant,
    numbness_with_saddle_site,
    young_onset_chronic,
)
from cds_service.assessment.computed.question import ComputedQuestion
from cds_service.assessment.computed.series import pain_score_rising, weight_loss_5pct_180d
from cds_service.assessment.computed.surgery import prior_surgery_region
from cds_service.assessment.model import Finding

__all__ = ["FUNCTIONS", "ComputedQuestion"]

FUNCTIONS: Mapping[str, Callable[[ComputedQuestion], list[Finding]]] = {
    function.__name__: function
    for function in (
        bilateral_sciatica,
        numbness_with_saddle_site,
        aaa_new_pain,
        cancer_history_recent_or_avid,
        cancer_history_remote,
        cancer_hormone_drug,
        weight_loss_5pct_180d,
        ankylosed_with_trauma,
        young_onset_chronic,
        prior_surgery_region,
        conservative_care_6w,
        pain_score_rising,
        deficit_on_anticoagulant,
        aorta_prone_new_pain,
        myeloma_values,
    )
}
"""By the names that the guideline may use (`ComputedEvidence.fn`)."""
