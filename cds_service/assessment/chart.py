"""The record as it is weighed on one day: conflicts settled once per value set, symptoms and durations found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from cds_service.assessment.model import Duration
from cds_service.assessment.rules import Rules
from cds_service.assessment.timing import completed_years, days_before, least_age, settled
from cds_service.assessment.weighing import Scale, Settled, settle_conflicts
from cds_service.evidence.model import ConditionHit, DateSpan, ImagingOrder, PatientRecord
from cds_service.knowledge.anchors import Parameters
from cds_service.knowledge.model import Group, Strength


class Chart:
    """One patient's record on one day. Shared by all orders of a call; holds nothing that changes meaning."""

    def __init__(self, record: PatientRecord, rules: Rules, as_of: date) -> None:
        self.record = record
        self.rules = rules
        self.as_of = as_of
        self._settled: dict[str, Settled] = {}
        self.value_sets = frozenset(
            (*record.conditions, *record.observations, *record.exposures, *record.procedures)
        )
        """Value sets that anything on record is in."""

    def conditions(self, value_set: str) -> Settled:
        """Hits of a value set after conflicts between confirmed and refuted entries were settled."""
        found = self._settled.get(value_set)
        if found is None:
            found = settle_conflicts(self.record.conditions.get(value_set, ()))
            self._settled[value_set] = found
        return found

    def scale(self, strength: Strength, value_set: str, group: Group) -> Scale:
        """What a finding of this value set is weighed on for a criterion of this strength and group."""
        return Scale(
            strength=strength,
            acute=value_set in self.rules.acute,
            fading=group.fading,
            emergency_group=group.emergency,
            as_of=self.as_of,
            rules=self.rules.guideline.evidence,
        )

    @property
    def age(self) -> int | None:
        """Completed years; None when the birth date is not known or lies ahead."""
        person = self.record.person
        if person is None or person.birth is None:
            return None
        years = completed_years(person.birth, self.as_of)
        return years if years >= 0 else None

    def age_on(self, day: date) -> int | None:
        """Completed years on an earlier day."""
        person = self.record.person
        if person is None or person.birth is None:
            return None
        return completed_years(person.birth, day)

    def current_symptoms(self, value_sets: Iterable[str]) -> list[tuple[str, ConditionHit]]:
        """Current entries of these symptom sets."""
        return [
            (value_set, hit)
            for value_set in value_sets
            for hit in self.conditions(value_set).hits
            if hit.entry.clinical == "current" and hit.seventh != "sequela"
        ]

    def onset(self, hit: ConditionHit) -> DateSpan | None:
        """When a symptom began; None when not recorded or when the date lies ahead."""
        span, _ = settled(hit.entry.onset, self.as_of, self.rules.guideline.evidence.future_days)
        return span

    def order_symptom_sets(self, order: ImagingOrder) -> tuple[str, ...]:
        """Symptom value sets of the ordered regions."""
        regions = order.procedure.regions or ("any",)
        return tuple(
            dict.fromkeys(name for region in regions for name in self.rules.symptom_sets[region])
        )

    def order_duration(self, order: ImagingOrder) -> Duration:
        """Of the ordered region's symptoms, else of any region's; unknown when neither has an onset."""
        sets = self.order_symptom_sets(order)
        own = self.duration(sets, order)
        if own.is_known or self.current_symptoms(sets) or self._is_new_on_order(sets, order):
            return own
        return self.duration(self.rules.symptom_sets["any"], order)

    def _is_new_on_order(self, own_sets: Iterable[str], order: ImagingOrder) -> bool:
        """A symptom of the ordered region stands on the order alone: pain elsewhere does not date it."""
        sets = self.rules.symptom_sets
        everywhere = set(sets["cervical"]) & set(sets["thoracic"]) & set(sets["lumbar"])
        named = set(own_sets) - everywhere
        return any(not named.isdisjoint(reason.value_sets) for reason in order.reasons)

    def duration(self, value_sets: Iterable[str], order: ImagingOrder) -> Duration:
        """Days since the earliest onset among current symptoms of these sets, or as the order's text states.

        Counts from onset only. A recorded date is a lower bound: at least the recovery window since it
        means at least that long, less means nothing.
        """
        recovery = int(self.rules.parameters[Parameters.RECOVERY_WINDOW])
        least, most, is_known = 0, 0, False
        recorded_least = 0
        for _, hit in self.current_symptoms(value_sets):
            span = self.onset(hit)
            if span is not None:
                is_known = True
                least = max(least, least_age(span, self.as_of))
                most = max(most, days_before(span.first, self.as_of))
                continue
            recorded, _ = settled(
                hit.entry.recorded, self.as_of, self.rules.guideline.evidence.future_days
            )
            if recorded is not None and (days := least_age(recorded, self.as_of)) >= recovery:
                recorded_least = max(recorded_least, days)
        quote = ""
        stated = order.duration
        if stated is not None:
            is_known = True
            if stated.most >= most:
                quote = stated.quote
            least, most = max(least, stated.least), max(most, stated.most)
        if recorded_least > least:
            return Duration(recorded_least, None)
        return Duration(least, most, quote) if is_known else Duration(0, None)
