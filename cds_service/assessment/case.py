"""One order before its record: every question about it, answered when first asked for and then kept.

Stays inside assessment: what comes out is an `OrderAssessment`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct

from cds_service.assessment.chart import Chart
from cds_service.assessment.criteria import CriteriaResult
from cds_service.assessment.follow_up import is_called_check, is_known_disease, is_nothing_else
from cds_service.assessment.groups import GroupContext, group_levels, group_urgency, is_neuro
from cds_service.assessment.kept import kept
from cds_service.assessment.model import (
    PRESENT,
    Choices,
    CriterionResult,
    Duration,
    GroupResult,
    OrderSafety,
    Risk,
)
from cds_service.assessment.open_studies import OpenStudies
from cds_service.assessment.ratings import Rated, RatingTable
from cds_service.assessment.regions import covers_whole, expanded
from cds_service.assessment.safety import contrast_risk
from cds_service.assessment.studies import (
    StudyQuestion,
    mri_alternative,
    named_levels,
    offered_study,
    pediatric_group,
    preferred_study,
    same_study,
    single_phase,
    symptom_regions,
)
from cds_service.assessment.symptoms import regions_present
from cds_service.assessment.timing import least_age
from cds_service.assessment.urgencies import (
    asking_group,
    is_older_than,
    latest_onset,
    required_urgency,
)
from cds_service.evidence.model import EarlierStudy, ImagingOrder, StudyProcedure
from cds_service.knowledge.anchors import Cards, Criteria, Groups, Scenarios
from cds_service.knowledge.members import (
    ACTIVE,
    APPROPRIATE,
    EMERGENCY,
    MAY_BE_APPROPRIATE,
    NO_LEVEL,
    NOT_APPROPRIATE,
    NOTED,
    ROUTINE,
    UNDETERMINED,
)
from cds_service.knowledge.model import FollowUp, Group, Level, Rating, Urgency
from cds_service.knowledge.table import Region

_CHILD = Scenarios.S_PED
_IMAGED, _PLANNED = "imaged-since", "planned-check"
"""`by` of the exceptions."""
_NO_CRITERIA: tuple[CriterionResult, ...] = ()


class OrderingCall(Struct, frozen=True, gc=False):
    """What all orders of one call share."""

    orders: tuple[ImagingOrder, ...]
    """The selected spine imaging orders."""
    open_studies: OpenStudies
    """These, and the other spine imaging orders on record that are still open and of the look-back."""
    safety: OrderSafety
    choices: Choices


class Case:
    """One order, and what was found for it."""

    def __init__(
        self, chart: Chart, order: ImagingOrder, call: OrderingCall, found: CriteriaResult
    ) -> None:
        self.chart = chart
        self.rules = chart.rules
        self.age = chart.age
        self.order = order
        self.call = call
        self.found = found
        self.by_id = {result.criterion.id: result for result in found.found}
        by_group: dict[str, list[CriterionResult]] = {}
        for result in found.found:
            by_group.setdefault(result.group, []).append(result)
        self._by_group = {group: tuple(results) for group, results in by_group.items()}
        self.levels: Mapping[str, Level] = group_levels(by_group, self.rules)
        self.stated_sets = frozenset(name for reason in order.reasons for name in reason.value_sets)
        """Value sets of the reasons that stand on the order itself."""

    def criterion(self, criterion: str) -> CriterionResult | None:
        """A criterion that was found."""
        return self.by_id.get(criterion)

    def criteria_of(self, group: str) -> tuple[CriterionResult, ...]:
        """The criteria of a group that were found."""
        return self._by_group.get(group, _NO_CRITERIA)

    @kept
    def neuro(self) -> bool:
        """Cord or cauda equina active, or a neurological deficit at least possible."""
        return is_neuro(self.levels, self.rules)

    @kept
    def region_set(self) -> frozenset[Region]:
        """Ordered regions; `whole` counts as cervical, thoracic and lumbar too."""
        return expanded(self.order.procedure.regions)

    @kept
    def newest_onset_days(self) -> int | None:
        """Days since the newest symptom began; None when nothing tells, or one that has no date may be newer."""
        return self.chart.newest_onset_days(self.order)

    @kept
    def duration(self) -> Duration:
        """Of the ordered region's symptoms, else of any region's; unknown when neither has an onset."""
        return self.chart.order_duration(self.order)

    def is_on_order_or_symptom(self, value_set: str) -> bool:
        """A current spine symptom, or a reason on the order, is in the set."""
        return value_set in self.stated_sets or bool(self.chart.current(value_set))

    @kept
    def lacks_data(self) -> bool:
        """Data that decide were not read, or a criterion could not be evaluated."""
        return bool(self.chart.unread_keys or self.found.failed)

    @property
    def lacks_understanding(self) -> bool:
        """A reason or a problem was not understood."""
        return bool(self.order.not_understood or self.chart.record.not_understood)

    @property
    def states_pain(self) -> bool:
        """A spine symptom is among the order's reasons."""
        return not self.stated_sets.isdisjoint(self.rules.symptom_sets["any"])

    @kept
    def is_planned_check(self) -> bool:
        """The planned check of a known disease, and nothing else counts."""
        if _PLANNED not in self.rules.exceptions:
            return False
        rules = self.rules.guideline.combination.follow_up
        has_disease = is_known_disease(self.by_id, rules) or self._has_followed(rules)
        return is_called_check(self.order, rules, has_disease=has_disease) and is_nothing_else(
            (
                result
                for group, level in self.levels.items()
                if level not in (NO_LEVEL, NOTED)
                for result in self.criteria_of(group)
            ),
            rules,
            states_pain=self.states_pain,
        )

    def _has_followed(self, rules: FollowUp) -> bool:
        """A disease or operation that is checked is on record; without pain on the order an earlier study is enough."""
        record = self.chart.record
        return (
            any(self.chart.conditions(name).hits for name in rules.value_sets)
            or any(record.procedures.get(name) for name in rules.value_sets)
            or (bool(self.earlier_studies) and not self.states_pain)
        )

    @kept
    def has_symptom(self) -> bool:
        """A current spine symptom is in the data or on the order."""
        return bool(self.chart.symptoms) or self.states_pain

    @kept
    def regions_present(self) -> frozenset[Region]:
        """Regions that have a symptom or an active group."""
        return regions_present(self.chart, self.stated_sets, self.levels)

    @kept
    def scenario(self) -> str:
        """The first scenario of the guideline's order that holds."""
        return next(name for name, holds in self.rules.scenario_rules if holds(self))

    @kept
    def scenario_subject(self) -> Group | None:
        """The group that the primary scenario speaks of."""
        return self.rules.scenario_group.get(self.scenario)

    @kept
    def study_group(self) -> Group | None:
        """The group that names the study: the scenario's, or a child's first serious group."""
        if self.scenario == _CHILD:
            return pediatric_group(self.rules, self.levels)
        return self.scenario_subject

    @kept
    def table(self) -> RatingTable:
        """The rating tables as they hold for this order."""
        return RatingTable(self.rules, self, self.call.choices.jurisdiction)

    def rating_of(self, study: StudyProcedure) -> Rating:
        """Rating of a study in the primary scenario."""
        return self.table.rate(study, self.scenario)[0]

    @kept
    def rated(self) -> Rated:
        """Rating of the order in the primary scenario, and its citations; a study that no table knows has none."""
        if self.order.kind != "known":
            return UNDETERMINED, ()
        return self.table.rate(self._rated_procedure(), self.scenario)

    def _rated_procedure(self) -> StudyProcedure:
        """What the order is rated as: three regional orders of one modality are one whole-spine study."""
        procedure = self.order.procedure
        if (
            "whole" not in procedure.regions
            and ("whole", self.scenario) in self.rules.rating_rows
            and self.is_whole_spine
        ):
            return StudyProcedure(procedure.modality, ("whole",), procedure.contrast)
        return procedure

    @property
    def rating(self) -> Rating:
        """The order's rating in the primary scenario."""
        return self.rated[0]

    @kept
    def is_whole_spine(self) -> bool:
        """Whole spine by its code, or together with the selected and open orders of its modality."""
        procedure = self.order.procedure
        if covers_whole(procedure.regions):
            return True
        return bool(procedure.regions) and covers_whole(
            self.call.open_studies.regions(procedure.modality)
        )

    @kept
    def question(self) -> StudyQuestion:
        """What the choice of a study depends on."""
        return StudyQuestion(
            rules=self.rules,
            chart=self.chart,
            order=self.order,
            table=self.table,
            scenario=self.scenario,
            group=self.study_group,
            trauma_active=self.levels[Groups.TRAUMA] is ACTIVE,
            fall_found=Criteria.TRAUMA_LOW_VELOCITY in self.by_id,
            fracture_confirmed=self.has_confirmed_fracture,
            safety=self.call.safety,
            coded_regions=self.coded_regions,
            is_child=self.scenario == _CHILD,
            needs_whole_spine=all(
                self.levels[name] is ACTIVE for name in (Groups.CORD, Groups.CAUDA_EQUINA)
            ),
        )

    @kept
    def has_confirmed_fracture(self) -> bool:
        """A current vertebral fracture by code, in its window, verification confirmed or missing."""
        result = self.by_id.get(Criteria.VERTEBRAL_FRACTURE_SUSPECTED)
        return result is not None and any(
            finding.state is PRESENT
            and not finding.from_order_text
            and finding.reference != self.order.reference
            for finding in result.findings
        )

    @kept
    def usual_study(self) -> StudyProcedure | None:
        """The study that is usually first, whoever the patient is."""
        return preferred_study(self.question)

    @kept
    def appropriate_phase(self) -> StudyProcedure | None:
        """The ordered modality in another contrast phase that is appropriate."""
        return single_phase(self.question, ("without", "without-and-with"))

    @kept
    def phase_study(self) -> StudyProcedure | None:
        """The ordered modality in a single appropriate phase, as it may be offered."""
        offered = offered_study(self.question, self.appropriate_phase)
        if offered is None or offered.modality != self.order.procedure.modality:
            return None
        return offered

    @kept
    def preferred(self) -> StudyProcedure | None:
        """The preferred study as it may be offered to this patient."""
        study = offered_study(self.question, self.usual_study)
        if study is not None and not study.regions:
            return None
        return study

    @kept
    def alternative(self) -> StudyProcedure | None:
        """What is done instead of an MRI when a device is on record."""
        return mri_alternative(self.question)

    @kept
    def is_good_enough(self) -> bool:
        """Rated appropriate; or, beside an MRI device, the group's alternative or a CT that may be appropriate."""
        if self.rating is APPROPRIATE:
            return True
        if not self.call.safety.devices:
            return False
        if self.alternative is not None and same_study(self.order.procedure, self.alternative):
            return True
        return self.order.procedure.modality in ("CT", "CTM") and self.rating is MAY_BE_APPROPRIATE

    @kept
    def mr_without(self) -> StudyProcedure:
        """An MRI without contrast of the ordered region."""
        return StudyProcedure("MR", self.order.procedure.regions, "without")

    @kept
    def is_mr_without_offered(self) -> bool:
        """MRI without contrast is another study than the order, not inappropriate, and no device is on record."""
        return (
            not self.call.safety.devices
            and self.order.procedure != self.mr_without
            and self.rating_of(self.mr_without) is not NOT_APPROPRIATE
        )

    @kept
    def contrast_risk(self) -> Risk | None:
        """The first reason for care with the contrast that the order asks for."""
        return contrast_risk(self.order.procedure, self.call.safety)

    @kept
    def earlier_studies(self) -> tuple[EarlierStudy, ...]:
        """Completed studies on record that image an ordered region."""
        return tuple(
            study
            for study in self.chart.record.studies
            if study.procedure.regions
            and not expanded(study.procedure.regions).isdisjoint(self.region_set)
        )

    @kept
    def _suitable_study_day(self) -> date | None:
        """When the newest recent study of the ordered region that is suitable began; None: there is none."""
        limit = self.rules.guideline.safety_limits.imaged_since_days
        days = [
            study.when.first
            for study in self.earlier_studies
            if study.when is not None
            and least_age(study.when, self.chart.as_of) <= limit
            and self.rating_of(study.procedure) is APPROPRIATE
        ]
        return max(days, default=None)

    def _is_imaged_since(self, criteria: Sequence[CriterionResult]) -> bool:
        """A suitable study of the ordered region is recent, and later than every finding and the symptoms' onset."""
        if not criteria or not self.earlier_studies or _IMAGED not in self.rules.exceptions:
            return False
        onset, day = latest_onset(self.chart.onsets), self._suitable_study_day
        return (
            onset is not None and day is not None and onset < day and is_older_than(day, criteria)
        )

    @kept
    def group_results(self) -> tuple[GroupResult, ...]:
        """Groups that are at least noted, with what each asks for."""
        return tuple(
            [
                self._group_result(group, level)
                for name, group in self.rules.groups
                if (level := self.levels[name]) is not NO_LEVEL
            ]
        )

    def _group_result(self, group: Group, level: Level) -> GroupResult:
        criteria = self.criteria_of(group.id)
        if level is NOTED or self.is_planned_check:
            return GroupResult(group, level, ROUTINE, imaged_since=False, criteria=criteria)
        if self._is_imaged_since(criteria):
            return GroupResult(group, level, ROUTINE, imaged_since=True, criteria=criteria)
        holds = self.rules.possible_urgency.get(group.id)
        urgent = self.rules.urgent.get(group.id)
        context = GroupContext(
            levels=self.levels,
            neuro=self.neuro,
            possible_urgency_holds=holds is None or holds(self),
            urgent_holds=urgent is not None and urgent(self),
        )
        wanted = group_urgency(group, criteria, context)
        return GroupResult(group, level, wanted, imaged_since=False, criteria=criteria)

    def group_result(self, group: Group | None) -> GroupResult | None:
        """The result of a group that is at least noted."""
        if group is None:
            return None
        return next((item for item in self.group_results if item.group.id == group.id), None)

    @kept
    def urgency(self) -> Urgency:
        """Required urgency: the highest over the groups."""
        return required_urgency(self.group_results)

    @kept
    def urgency_group(self) -> GroupResult | None:
        """The group that asks for the highest urgency; on a tie the primary scenario's, then the first."""
        own = self.scenario_subject
        return asking_group(self.group_results, self.urgency, own.id if own is not None else "")

    @property
    def is_spine_emergency_beside_aorta(self) -> bool:
        """The aorta comes first, and a group of the spine asks for the same day too: a hematoma pains like an aorta."""
        return self.scenario == Scenarios.S_AAA and any(
            result.urgency is EMERGENCY and result.group.id != Groups.VASCULAR
            for result in self.group_results
        )

    @property
    def leaves_out_cauda_equina(self) -> bool:
        """Active signs of the cauda equina are taken for the cord by the order's region, and no order images both."""
        is_cord = self.scenario == Scenarios.S_CORD and self.levels[Groups.CAUDA_EQUINA] is ACTIVE
        if not is_cord or self.levels[Groups.CORD] is ACTIVE or self.is_whole_spine:
            return False
        regions = self.rules.group_by_id[Groups.CAUDA_EQUINA].regions
        return all(
            expanded(other.procedure.regions).isdisjoint(regions)
            for other in self.call.orders
            if other.procedure.modality == self.order.procedure.modality
        )

    def is_above_priority(self, urgency: Urgency) -> bool:
        """An urgency asks for more than the order's priority."""
        accepted = self.rules.guideline.combination.urgency[urgency].accept
        return self.order.priority not in accepted

    @kept
    def primary_card(self) -> str | None:
        """The first card rule that holds; None when another selected order carries the card."""
        if self.order.kind == "unmapped":
            return Cards.UNMAPPED_ORDER
        name = next(card for card, holds in self.rules.card_rules if holds(self))
        return None if name == "none" else name

    @kept
    def suggested_regions(self) -> tuple[Region, ...]:
        """Where the findings point: lumbar for cauda equina; for the cord the level named, else whole."""
        if self.scenario == Scenarios.S_CES:
            return ("lumbar",)
        if Criteria.CORD_HAND_CLUMSINESS in self.by_id:
            return ("cervical",)
        if self.coded_regions:
            return self.coded_regions
        inside = tuple(
            region for region in symptom_regions(self.chart) if region in ("cervical", "thoracic")
        )
        return inside or ("whole",)

    @kept
    def coded_regions(self) -> tuple[Region, ...]:
        """Levels that the findings of the cord group name in their words."""
        return named_levels(self.criteria_of(Groups.CORD))
