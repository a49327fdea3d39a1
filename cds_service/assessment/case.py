"""One order before its record: every question about it, answered when first asked for and then kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cds_service.assessment.chart import Chart
from cds_service.assessment.criteria import CriteriaResult
from cds_service.assessment.groups import (
    GroupContext,
    group_levels,
    group_urgency,
    is_neuro,
)
from cds_service.assessment.levels import highest_urgency, is_at_least
from cds_service.assessment.model import (
    CriterionResult,
    Duration,
    GroupResult,
    OrderSafety,
    Risk,
)
from cds_service.assessment.ratings import RatingTable
from cds_service.assessment.regions import ORDER, covers_whole, expanded
from cds_service.assessment.rules import Rules
from cds_service.assessment.studies import (
    StudyQuestion,
    mri_alternative,
    offered_study,
    pediatric_group,
    preferred_study,
    same_study,
    single_phase,
    symptom_regions,
)
from cds_service.assessment.timing import least_age
from cds_service.evidence.model import (
    EarlierStudy,
    ImagingOrder,
    OpenOrder,
    StudyProcedure,
)
from cds_service.knowledge.anchors import Cards, Criteria, Groups, Scenarios
from cds_service.knowledge.model import Group, Level, Rating, Region, Urgency


@dataclass(frozen=True, slots=True)
class Call:
    """What all orders of one call share."""

    orders: tuple[ImagingOrder, ...]
    """The selected spine imaging orders."""
    open_orders: tuple[OpenOrder, ...]
    """Other open spine imaging orders on record."""
    safety: OrderSafety
    jurisdiction: str
    reports_read: bool


class Case:
    """One order. Satisfies `predicates.Situation`."""

    def __init__(
        self,
        chart: Chart,
        order: ImagingOrder,
        call: Call,
        found: CriteriaResult,
        facts: Mapping[str, Callable[[Case], bool]],
    ) -> None:
        self.chart = chart
        self.order = order
        self.call = call
        self.found = found
        self._by_id = {result.criterion.id: result for result in found.found}
        self._fact_functions = facts
        self._facts: dict[str, bool] = {}

    @property
    def rules(self) -> Rules:
        """The compiled guideline."""
        return self.chart.rules

    @property
    def age(self) -> int | None:
        """Completed years."""
        return self.chart.age

    def criterion(self, criterion: str) -> CriterionResult | None:
        """A criterion that was found."""
        return self._by_id.get(criterion)

    def has_any_criterion(self) -> bool:
        """Anything was found at all."""
        return bool(self._by_id)

    def criteria_of(self, group: str) -> tuple[CriterionResult, ...]:
        """The criteria of a group that were found."""
        return tuple(result for result in self.found.found if result.group == group)

    def found_in_domains(self, group: str, domains: tuple[str, ...]) -> bool:
        """A criterion of the group in one of these domains was found."""
        return any(result.criterion.domain in domains for result in self.criteria_of(group))

    @cached_property
    def levels(self) -> dict[str, Level]:
        """Level of every group."""
        return group_levels(self.found.found, self.rules)

    def level(self, group: str) -> Level:
        """Level of a group."""
        return self.levels[group]

    @cached_property
    def neuro(self) -> bool:
        """Cord or cauda equina active, or a neurological deficit at least possible."""
        return is_neuro(self.levels, self.rules)

    @cached_property
    def region_set(self) -> frozenset[Region]:
        """Ordered regions; `whole` counts as cervical, thoracic and lumbar too."""
        return expanded(self.order.procedure.regions)

    @cached_property
    def symptom_sets(self) -> tuple[str, ...]:
        """Symptom value sets of the ordered regions."""
        return self.chart.order_symptom_sets(self.order)

    @cached_property
    def duration(self) -> Duration:
        """Of the ordered region's symptoms, else of any region's; unknown when neither has an onset."""
        return self.chart.order_duration(self.order)

    def is_on_order_or_symptom(self, value_set: str) -> bool:
        """A current spine symptom, or a reason on the order, is in the set."""
        if any(value_set in reason.value_sets for reason in self.order.reasons):
            return True
        return bool(self.chart.current_symptoms((value_set,)))

    @cached_property
    def has_symptom(self) -> bool:
        """A current spine symptom is in the data or on the order."""
        symptoms = self.rules.symptom_sets["any"]
        return bool(self.chart.current_symptoms(symptoms)) or any(
            name in symptoms for reason in self.order.reasons for name in reason.value_sets
        )

    @cached_property
    def regions_present(self) -> frozenset[Region]:
        """Regions that have a symptom or an active group.

        A red flag group of any level is everywhere; failed care and earlier surgery are where the symptoms are.
        """
        present: set[Region] = set()
        for region in ORDER[:5]:
            sets = self.rules.symptom_sets[region]
            if self.chart.current_symptoms(sets) or any(
                name in sets for reason in self.order.reasons for name in reason.value_sets
            ):
                present.add(region)
        for group in self.rules.guideline.groups:
            if self.levels[group.id] is not Level.ACTIVE:
                continue
            if "any" not in group.regions:
                present |= {region for region in ORDER if region in group.regions}
            elif group.red_flag:
                present |= set(ORDER)
        return frozenset(present)

    @cached_property
    def scenario(self) -> str:
        """The first scenario of the guideline's order that holds."""
        return next(name for name, holds in self.rules.scenario_rules if holds(self))

    @cached_property
    def scenario_group(self) -> Group | None:
        """The group that the primary scenario speaks of."""
        return self.rules.scenario_group.get(self.scenario)

    @cached_property
    def study_group(self) -> Group | None:
        """The group that names the study: the scenario's, or a child's first serious group."""
        if self.scenario == Scenarios.S_PED:
            return pediatric_group(self.rules, self.levels)
        return self.scenario_group

    @cached_property
    def table(self) -> RatingTable:
        """The rating tables as they hold for this order."""
        return RatingTable(self.rules, self, self.call.jurisdiction, self.regions_present)

    @cached_property
    def rated(self) -> tuple[Rating, tuple[str, ...]]:
        """Rating of the order in the primary scenario, and its citations; a study that no table knows has none."""
        if self.order.kind != "known":
            return Rating.UNDETERMINED, ()
        return self.table.rate(self.rated_procedure, self.scenario)

    @cached_property
    def rated_procedure(self) -> StudyProcedure:
        """What the order is rated as: three regional orders of one modality are one whole-spine study."""
        procedure = self.order.procedure
        if (
            self.is_whole_spine
            and "whole" not in procedure.regions
            and ("whole", self.scenario) in self.rules.rating_rows
        ):
            return StudyProcedure(procedure.modality, ("whole",), procedure.contrast)
        return procedure

    @property
    def rating(self) -> Rating:
        """The order's rating in the primary scenario."""
        return self.rated[0]

    @cached_property
    def is_whole_spine(self) -> bool:
        """Whole spine by its code, or together with the selected and open orders of its modality."""
        procedure = self.order.procedure
        if covers_whole(procedure.regions):
            return True
        days = self.rules.guideline.safety_limits.pending_days
        regions = set(procedure.regions)
        for other in self.call.orders:
            if other.procedure.modality == procedure.modality:
                regions |= set(other.procedure.regions)
        for pending in self.call.open_orders:
            if (
                pending.procedure.modality == procedure.modality
                and pending.authored is not None
                and least_age(pending.authored, self.chart.as_of) <= days
            ):
                regions |= set(pending.procedure.regions)
        return bool(procedure.regions) and covers_whole(regions)

    @cached_property
    def question(self) -> StudyQuestion:
        """What the choice of a study depends on."""
        return StudyQuestion(
            rules=self.rules,
            chart=self.chart,
            order=self.order,
            table=self.table,
            scenario=self.scenario,
            group=self.study_group,
            trauma_active=self.levels[Groups.TRAUMA] is Level.ACTIVE,
            fall_found=self.criterion(Criteria.TRAUMA_LOW_VELOCITY) is not None,
            fracture_confirmed=self.fact("confirmed-fracture"),
            safety=self.call.safety,
            coded_regions=self.coded_regions,
            is_child=self.scenario == Scenarios.S_PED,
            needs_whole_spine=all(
                self.levels[name] is Level.ACTIVE for name in (Groups.CORD, Groups.CAUDA_EQUINA)
            ),
        )

    @cached_property
    def usual_study(self) -> StudyProcedure | None:
        """The study that is usually first, whoever the patient is."""
        return preferred_study(self.question)

    @cached_property
    def phase_study(self) -> StudyProcedure | None:
        """The ordered modality in a single appropriate phase, as it may be offered."""
        study = single_phase(self.question, ("without", "without-and-with"))
        offered = offered_study(self.question, study) if study is not None else None
        if offered is None or offered.modality != self.order.procedure.modality:
            return None
        return offered

    @cached_property
    def preferred(self) -> StudyProcedure | None:
        """The preferred study as it may be offered to this patient."""
        study = offered_study(self.question, self.usual_study)
        if study is not None and not study.regions:
            return None
        return study

    @cached_property
    def alternative(self) -> StudyProcedure | None:
        """What is done instead of an MRI when a device is on record."""
        return mri_alternative(self.question)

    @cached_property
    def is_good_enough(self) -> bool:
        """Rated appropriate; or, beside an MRI device, the group's alternative or a CT that may be appropriate."""
        if self.rating is Rating.APPROPRIATE:
            return True
        if not self.call.safety.devices:
            return False
        if self.alternative is not None and same_study(self.order.procedure, self.alternative):
            return True
        return self.order.procedure.modality in ("CT", "CTM") and self.rating is Rating.MAY_BE

    @cached_property
    def contrast_risk(self) -> Risk | None:
        """The first reason for care with the contrast that the order asks for.

        Nothing is said of an order that does not state its contrast. For CT myelography and myelography only
        an earlier reaction counts: the contrast goes into the spinal canal.
        """
        procedure = self.order.procedure
        safety = self.call.safety
        with_contrast = procedure.contrast in ("with", "without-and-with")
        if procedure.modality == "MR" and with_contrast:
            return next(iter(safety.gadolinium), None)
        if procedure.modality == "CT" and with_contrast:
            return next(iter(safety.iodine), None)
        if procedure.modality in ("CTM", "RF"):
            return next(iter(safety.iodine_reaction), None)
        return None

    @cached_property
    def group_results(self) -> tuple[GroupResult, ...]:
        """Groups that are at least noted, with what each asks for."""
        results = []
        for group in self.rules.guideline.groups:
            level = self.levels[group.id]
            if level is Level.NONE:
                continue
            criteria = self.criteria_of(group.id)
            imaged = is_at_least(level, Level.POSSIBLE) and self._is_imaged_since(criteria)
            holds = self.rules.possible_urgency.get(group.id)
            context = GroupContext(
                levels=self.levels,
                neuro=self.neuro,
                possible_urgency_holds=holds is None or holds(self),
            )
            wanted = Urgency.ROUTINE if imaged else group_urgency(group, criteria, context)
            results.append(GroupResult(group, level, wanted, imaged, criteria))
        return tuple(results)

    def group_result(self, group: str) -> GroupResult | None:
        """The result of a group that is at least noted."""
        return next((item for item in self.group_results if item.group.id == group), None)

    def _is_imaged_since(self, criteria: Sequence[CriterionResult]) -> bool:
        """A suitable study of the ordered region is recent, and later than every finding and the symptoms' onset.

        A finding without a date may be newer than any study; age has no date and does not count.
        """
        limit = self.rules.guideline.safety_limits.imaged_since_days
        onset = self._latest_onset
        if not criteria or onset is None:
            return False
        for study in self.earlier_studies:
            if study.when is None or least_age(study.when, self.chart.as_of) > limit:
                continue
            if self.table.rate(study.procedure, self.scenario)[0] is not Rating.APPROPRIATE:
                continue
            day = study.when.first
            if onset < day.toordinal() and all(
                finding.when is not None and finding.when.last < day
                for result in criteria
                for finding in result.findings
                if finding.value_set != "age"
            ):
                return True
        return False

    @cached_property
    def _latest_onset(self) -> int | None:
        """Latest onset among current symptoms, as an ordinal; None when one of them, or all, has none."""
        spans = [
            self.chart.onset(hit)
            for _, hit in self.chart.current_symptoms(self.rules.symptom_sets["any"])
        ]
        known = [span.last.toordinal() for span in spans if span is not None]
        return max(known) if known and len(known) == len(spans) else None

    @cached_property
    def earlier_studies(self) -> tuple[EarlierStudy, ...]:
        """Completed studies on record that image an ordered region."""
        return tuple(
            study
            for study in self.chart.record.studies
            if study.procedure.regions
            and not expanded(study.procedure.regions).isdisjoint(self.region_set)
        )

    @cached_property
    def urgency(self) -> Urgency:
        """Required urgency: the highest over the groups."""
        return highest_urgency([result.urgency for result in self.group_results])

    @cached_property
    def urgency_group(self) -> GroupResult | None:
        """The group that asks for the highest urgency; on a tie the primary scenario's, then the first."""
        if self.urgency is Urgency.ROUTINE:
            return None
        asking = [result for result in self.group_results if result.urgency is self.urgency]
        own = self.scenario_group
        for result in asking:
            if own is not None and result.group.id == own.id:
                return result
        return asking[0]

    def is_above_priority(self, urgency: Urgency) -> bool:
        """An urgency asks for more than the order's priority."""
        accepted = self.rules.guideline.combination.urgency[urgency].accept
        return self.order.priority not in accepted

    def other_group_asks_for_more(self) -> bool:
        """A group beside the primary scenario's requires more than the order's priority."""
        own = self.scenario_group
        return any(
            self.is_above_priority(result.urgency)
            for result in self.group_results
            if own is None or result.group.id != own.id
        )

    def fact(self, name: str) -> bool:
        """One of the named facts of the guideline."""
        known = self._facts.get(name)
        if known is None:
            known = self._fact_functions[name](self)
            self._facts[name] = known
        return known

    @cached_property
    def primary_card(self) -> str | None:
        """The first card rule that holds; None when another selected order carries the card."""
        if self.order.kind == "unmapped":
            return Cards.UNMAPPED_ORDER
        name = next(card for card, holds in self.rules.card_rules if holds(self))
        return None if name == "none" else name

    @cached_property
    def suggested_regions(self) -> tuple[Region, ...]:
        """Where the findings point: lumbar for cauda equina; for the cord the level named, else whole."""
        if self.scenario == Scenarios.S_CES:
            return ("lumbar",)
        if self.criterion(Criteria.CORD_HAND_CLUMSINESS) is not None:
            return ("cervical",)
        inside = tuple(
            region for region in symptom_regions(self.chart) if region in ("cervical", "thoracic")
        )
        return self.coded_regions or inside or ("whole",)

    @cached_property
    def coded_regions(self) -> tuple[Region, ...]:
        """Levels that the findings of the cord group name in their words."""
        text = " ".join(
            finding.display.casefold()
            for result in self.criteria_of(Groups.CORD)
            for finding in result.findings
        )
        regions: list[Region] = []
        if "cervic" in text:
            regions.append("cervical")
        if "thorac" in text:
            regions.append("thoracic")
        return tuple(regions)
