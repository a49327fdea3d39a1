"""Which study is preferred, and which study may be offered to this patient at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from msgspec import Struct

from cds_service.assessment.chart import Chart
from cds_service.assessment.levels import is_at_least
from cds_service.assessment.modalities import IONIZING
from cds_service.assessment.model import CriterionResult, OrderSafety
from cds_service.assessment.ratings import RatingTable
from cds_service.assessment.regions import REGION_ORDER, expanded
from cds_service.assessment.rules import Rules
from cds_service.evidence.model import ImagingOrder, StudyProcedure
from cds_service.knowledge.members import APPROPRIATE, MAY_BE_APPROPRIATE, NOT_APPROPRIATE, POSSIBLE
from cds_service.knowledge.model import Contrast, Group, Level, Modality, Rating, Study
from cds_service.knowledge.table import COLUMN, Region

_GADOLINIUM: frozenset[str] = frozenset(("with", "without-and-with"))


class StudyQuestion(Struct, frozen=True):
    """What the choice of a study for one order depends on.

    Known to the garbage collector, unlike most values here: its table knows the case that keeps it.
    """

    rules: Rules
    chart: Chart
    order: ImagingOrder
    table: RatingTable
    scenario: str
    group: Group | None
    """The group that the primary scenario speaks of, or a child's first serious group."""
    trauma_active: bool
    fall_found: bool
    """The criterion trauma-low-velocity was found."""
    fracture_confirmed: bool
    safety: OrderSafety
    coded_regions: tuple[Region, ...]
    """Levels that the findings of the cord group name."""
    is_child: bool
    needs_whole_spine: bool
    """Cord signs and cauda equina signs together: one level does not answer both."""

    def rating(self, study: StudyProcedure) -> Rating:
        """Rating of a study in the primary scenario."""
        return self.table.rate(study, self.scenario)[0]


def pediatric_group(rules: Rules, level_of: Mapping[str, Level]) -> Group | None:
    """The first of a child's serious groups that is at least possible."""
    for name in rules.guideline.combination.pediatric_groups:
        if is_at_least(level_of[name], POSSIBLE):
            return rules.group_by_id[name]
    return None


def preferred_study(question: StudyQuestion) -> StudyProcedure | None:
    """The study that is usually first, before the safety of suggestions; None: there is none."""
    group = question.group
    if group is not None:
        if group.none_if_confirmed and question.fracture_confirmed:
            return None
        placed = [placed_study(question, study, group) for study in _group_studies(question, group)]
        for wanted in (APPROPRIATE, MAY_BE_APPROPRIATE) if question.is_child else (APPROPRIATE,):
            for study in placed:
                if question.rating(study) is wanted:
                    return study
        if question.is_child:
            # a child with a serious finding is never offered a radiograph in exchange
            return None
    columns = _columns(question)
    appropriate = next((study for study in columns if question.rating(study) is APPROPRIATE), None)
    if appropriate is not None or group is None:
        return appropriate
    return _best_possible(question, (*placed, *columns))


def _columns(question: StudyQuestion) -> list[StudyProcedure]:
    """Every study of the rating tables at the ordered level."""
    regions = question.order.procedure.regions
    return [
        StudyProcedure(cast("Modality", modality), regions, cast("Contrast", contrast or "without"))
        for modality, contrast in question.rules.column_studies
    ]


def _best_possible(
    question: StudyQuestion, studies: Iterable[StudyProcedure]
) -> StudyProcedure | None:
    """Where no study is appropriate and the order is not: the first that may be."""
    if question.rating(question.order.procedure) is not NOT_APPROPRIATE:
        return None
    return next((s for s in studies if question.rating(s) is MAY_BE_APPROPRIATE), None)


def _group_studies(question: StudyQuestion, group: Group) -> list[Study]:
    """A group's studies in the order in which they are tried."""
    first = group.preferred
    if (
        group.preferred_cervical is not None
        and question.fall_found
        and question.order.procedure.regions == ("cervical",)
    ):
        first = group.preferred_cervical
    return [study for study in (first, *group.also_ok, *group.then) if study is not None]


def placed_study(question: StudyQuestion, study: Study, group: Group) -> StudyProcedure:
    """A group's study at its level: the ordered regions that lie in the group's, else those of the symptoms."""
    if question.needs_whole_spine and group.scenario == question.scenario:
        return StudyProcedure(study.modality, ("whole",), study.contrast)
    if study.region in ("level", "any"):
        return StudyProcedure(study.modality, _level_regions(question, group), study.contrast)
    return StudyProcedure(study.modality, (cast("Region", study.region),), study.contrast)


def _level_regions(question: StudyQuestion, group: Group) -> tuple[Region, ...]:
    ordered = question.order.procedure.regions
    if "any" in group.regions:
        return ordered or symptom_regions(question.chart) or ()
    allowed = frozenset(cast("tuple[Region, ...]", group.regions))
    if "whole" in ordered and not allowed.isdisjoint(expanded(("whole",))):
        return ("whole",)
    inside = tuple(region for region in ordered if region in allowed)
    if inside:
        return inside
    symptomatic = tuple(region for region in symptom_regions(question.chart) if region in allowed)
    if symptomatic:
        return symptomatic
    coded = tuple(region for region in question.coded_regions if region in allowed)
    if coded:
        return coded
    if group.level_unknown is not None:
        return (group.level_unknown,)
    return ordered


def symptom_regions(chart: Chart) -> tuple[Region, ...]:
    """Regions named by current symptoms; pain whose level is not stated names none."""
    return tuple(
        region
        for region in REGION_ORDER
        if region in COLUMN and chart.has_current(chart.rules.own_symptom_sets[region])
    )


def named_levels(criteria: Iterable[CriterionResult]) -> tuple[Region, ...]:
    """Levels that findings name in their words."""
    text = " ".join(
        finding.display.casefold() for result in criteria for finding in result.findings
    )
    regions: list[Region] = []
    if "cervic" in text:
        regions.append("cervical")
    if "thorac" in text:
        regions.append("thoracic")
    return tuple(regions)


def mri_alternative(question: StudyQuestion) -> StudyProcedure | None:
    """The primary group's study for a patient who may not have an MRI, when it may be offered."""
    group = question.group
    if group is None or group.if_mri_unsafe is None:
        return None
    return _without_contrast_risk(question, placed_study(question, group.if_mri_unsafe, group))


def offered_study(question: StudyQuestion, study: StudyProcedure | None) -> StudyProcedure | None:
    """The study as it may be offered to this patient, or None when only text can be said.

    Every suggested study passes the checks of the order itself: no MRI beside a device on record, no
    gadolinium or iodine beside a caution, no radiation in pregnancy outside trauma; never a study that is
    not appropriate in the primary scenario.
    """
    if study is None:
        return None
    safety = question.safety
    if study.modality == "MR" and safety.devices:
        return mri_alternative(question)
    if safety.pregnancy is not None and not question.trauma_active:
        if study.modality in IONIZING:
            study = StudyProcedure("MR", study.regions, "without")
            if safety.devices:
                return None
        elif study.contrast in _GADOLINIUM:
            study = without_contrast(study)
    return _without_contrast_risk(question, study)


def _without_contrast_risk(question: StudyQuestion, study: StudyProcedure) -> StudyProcedure | None:
    safety = question.safety
    if study.modality == "MR" and study.contrast in _GADOLINIUM and safety.gadolinium:
        study = without_contrast(study)
    if study.modality == "CT" and study.contrast in _GADOLINIUM and safety.iodine:
        study = without_contrast(study)
    if study.modality in ("CTM", "RF") and safety.iodine_reaction:
        return None
    if safety.pregnancy is not None and not question.trauma_active and study.modality in IONIZING:
        return None
    return None if question.rating(study) is NOT_APPROPRIATE else study


def without_contrast(study: StudyProcedure) -> StudyProcedure:
    """The same study without contrast."""
    return StudyProcedure(study.modality, study.regions, "without")


def same_study(one: StudyProcedure, other: StudyProcedure) -> bool:
    """True when a change from one to the other would change nothing on the order."""
    if one.modality != other.modality or set(one.regions) != set(other.regions):
        return False
    return one.contrast == other.contrast or one.modality in ("XR", "CTM", "RF", "NM", "PET")


def single_phase(question: StudyQuestion, phases: Sequence[Contrast]) -> StudyProcedure | None:
    """The ordered modality in another contrast phase that is appropriate; None when there is none."""
    ordered = question.order.procedure
    for contrast in phases:
        study = StudyProcedure(ordered.modality, ordered.regions, contrast)
        if question.rating(study) is APPROPRIATE:
            return study
    return None
