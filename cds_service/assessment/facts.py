"""The named facts of the guideline that take more than a look-up, one function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cds_service.assessment.case import Case
from cds_service.assessment.computed.care import has_begun_care
from cds_service.assessment.naming import noted_signs
from cds_service.assessment.regions import expanded
from cds_service.assessment.timing import least_age
from cds_service.knowledge.anchors import Criteria, Groups, Scenarios
from cds_service.knowledge.members import ACTIVE, DEFINITIVE, POSSIBLE, WEAK


def _cord_or_root_injury(case: Case) -> bool:
    return Criteria.SPINAL_CORD_INJURY in case.by_id or case.neuro


def _regions_exclude_order(case: Case) -> bool:
    """No ordered region is in the regions of the primary scenario's group."""
    group = case.scenario_subject
    if group is None or "any" in group.regions or not case.order.procedure.regions:
        return False
    regions = case.region_set
    if regions & {"sacrum", "sacroiliac"}:
        regions = regions | {"lumbar"}
    return regions.isdisjoint(group.regions)


def _covered_by_other_order(case: Case) -> bool:
    """Another selected order of the modality images a region of the primary scenario's group."""
    group = case.scenario_subject
    if group is None:
        return False
    return any(
        other.procedure.modality == case.order.procedure.modality
        and not expanded(other.procedure.regions).isdisjoint(group.regions)
        for other in case.call.orders
        if other.instance != case.order.instance
    )


def _group_only_possible(case: Case) -> bool:
    """The primary scenario's group is only possible; for cord signs the possible group may be cauda equina."""
    group = case.scenario_subject
    if group is None or case.levels[group.id] is ACTIVE:
        return False
    return case.scenario != Scenarios.S_CORD or case.levels[Groups.CAUDA_EQUINA] is not ACTIVE


def _radiograph_recent(case: Case) -> bool:
    days = case.rules.guideline.safety_limits.radiograph_recent_days
    return any(
        study.procedure.modality == "XR"
        and study.when is not None
        and least_age(study.when, case.chart.as_of) <= days
        for study in case.earlier_studies
    )


def _sacroiliac_radiograph_done(case: Case) -> bool:
    """A completed radiograph that covers the sacroiliac joints, within the look-back."""
    days = case.rules.guideline.safety_limits.sacroiliac_radiograph_days
    return any(
        study.procedure.modality == "XR"
        and "sacroiliac" in study.procedure.regions
        and study.when is not None
        and least_age(study.when, case.chart.as_of) <= days
        for study in case.chart.record.studies
    )


def _contrast_passes(case: Case) -> bool:
    """MRI without and with contrast may be offered to this patient."""
    safety = case.call.safety
    return not safety.gadolinium and safety.pregnancy is None and not safety.devices


def _no_indication(case: Case) -> bool:
    return not case.order.has_reason and not case.has_symptom


def _noted_acute(case: Case) -> bool:
    """Something asks for an examination before any "not yet".

    That is a weak finding of an acute value set (weak as defined, or after lowering), or a possible aortic cause:
    beside that warning no card may say that nothing was found (own policy).
    """
    return case.levels[Groups.VASCULAR] is POSSIBLE or any(
        result.strength in (WEAK, None) and any(finding.acute for finding in result.findings)
        for result in case.found.found
    )


def _conditional_devices(case: Case) -> bool:
    devices = case.call.safety.devices
    return bool(devices) and all(device.safety == "conditional" for device in devices)


def _other_group_asks_for_more(case: Case) -> bool:
    """A group beside the primary scenario's requires more than the order's priority."""
    own = case.scenario_subject
    return any(
        case.is_above_priority(result.urgency)
        for result in case.group_results
        if own is None or result.group.id != own.id
    )


_KNOWN_DISEASE = (
    Criteria.VERTEBRAL_FRACTURE_SUSPECTED,
    Criteria.SPINAL_INFECTION_DIAGNOSED,
    Criteria.EPIDURAL_ABSCESS,
    Criteria.CANCER_SPINAL_METASTASIS,
)


def _follow_up(case: Case) -> bool:
    """A known fracture, infection or metastasis, or earlier surgery: another study is a planned check."""
    return case.levels[Groups.PRIOR_SURGERY] is ACTIVE or any(
        result.strength is DEFINITIVE
        for name in _KNOWN_DISEASE
        if (result := case.criterion(name)) is not None
    )


FACTS: Mapping[str, Callable[[Case], bool]] = {
    "always": lambda _: True,
    "care-begun": lambda case: has_begun_care(case.chart),
    "cauda-equina-left-out": lambda case: case.leaves_out_cauda_equina,
    "confirmed-fracture": lambda case: case.has_confirmed_fracture,
    "contrast-addition-passes-safety": _contrast_passes,
    "cord-or-root-injury": _cord_or_root_injury,
    "emergency-group-conflict": lambda case: any(
        conflict.in_emergency_group for conflict in case.found.conflicts
    ),
    "data-not-read": lambda case: case.lacks_data,
    "every-device-mr-conditional": _conditional_devices,
    "follow-up-known-disease": _follow_up,
    "group-only-possible": _group_only_possible,
    "group-regions-exclude-order": _regions_exclude_order,
    "mr-unsafe-device": lambda case: any(
        device.safety == "unsafe" for device in case.call.safety.devices
    ),
    "mr-without-not-offered": lambda case: not case.is_mr_without_offered,
    "neuro": lambda case: case.neuro,
    "no-indication": _no_indication,
    "no-mri-alternative": lambda case: case.alternative is None,
    "no-preferred-study": lambda case: case.preferred is None,
    "no-single-phase": lambda case: case.phase_study is None,
    "no-value": lambda case: case.contrast_risk is not None and not case.contrast_risk.value,
    "noted-acute-finding": _noted_acute,
    "noted-sign": lambda case: bool(noted_signs(case)),
    "order-is-whole-spine": lambda case: case.is_whole_spine,
    "order-region-unknown": lambda case: not case.order.procedure.regions,
    "other-group-asks-for-more": _other_group_asks_for_more,
    "radiograph-of-region-recent": _radiograph_recent,
    "sacroiliac-radiograph-done": _sacroiliac_radiograph_done,
    "problem-not-understood": lambda case: bool(case.chart.record.not_understood),
    "planned-follow-up": lambda case: case.is_planned_check,
    "reason-not-understood": lambda case: bool(case.order.not_understood),
    "same-modality-phase-appropriate": lambda case: case.appropriate_phase is not None,
    "study-good-enough": lambda case: case.is_good_enough,
    "urgency-above-priority": lambda case: case.is_above_priority(case.urgency),
    "wrong-region-covered-by-other-order": _covered_by_other_order,
}
"""By the names that the guideline may use (`knowledge.model.Fact`)."""
