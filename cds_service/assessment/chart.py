"""The record as it is weighed on one day: conflicts settled once per value set, symptoms and durations found.

Whatever does not depend on an order is worked out once for all orders of a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, TypeVar

from cds_service.assessment.kept import kept
from cds_service.assessment.model import Duration
from cds_service.assessment.rules import Rules
from cds_service.assessment.timing import (
    ANY_TIME,
    completed_years,
    days_before,
    days_earlier,
    least_age,
    settled,
)
from cds_service.assessment.weighing import (
    NOTHING_SETTLED,
    Scale,
    Settled,
    is_current,
    settle_conflicts,
)
from cds_service.evidence.model import (
    ConditionHit,
    DateSpan,
    ImagingOrder,
    ObservationHit,
    PatientRecord,
    StatedDuration,
)
from cds_service.evidence.record.types import REQUIRED_KEYS
from cds_service.knowledge.anchors import Parameters
from cds_service.knowledge.model import Group, Strength

_Answer = TypeVar("_Answer")


class Chart:
    """One patient's record on one day. Shared by all orders of a call; holds nothing that changes meaning."""

    def __init__(self, record: PatientRecord, rules: Rules, as_of: date) -> None:
        self.record = record
        self.rules = rules
        self.as_of = as_of
        self.future_days = rules.guideline.evidence.future_days
        self.age = self._age()
        """Completed years; None when the birth date is not known or cannot be right."""
        self.value_sets = frozenset(
            (*record.conditions, *record.observations, *record.exposures, *record.procedures)
        )
        """Value sets that anything on record is in."""
        self._settled: dict[str, Settled] = {}
        self._current: dict[str, tuple[ConditionHit, ...]] = {}
        self._once: dict[Any, Any] = {}
        self.outcomes: dict[int, Any] = {}
        """What became of the criteria of the record alone, by their position: kept by `criteria.py`."""

    def once(self, key: Any, work_out: Callable[[], _Answer]) -> _Answer:
        """An answer of the record alone, worked out for the first order that asks."""
        if key not in self._once:
            self._once[key] = work_out()
        answer: _Answer = self._once[key]
        return answer

    def conditions(self, value_set: str) -> Settled:
        """Hits of a value set after conflicts between confirmed and refuted entries were settled."""
        found = self._settled.get(value_set)
        if found is None:
            hits = self.record.conditions.get(value_set)
            if not hits:
                return NOTHING_SETTLED
            found = self._settled[value_set] = settle_conflicts(hits)
        return found

    def observations(self, value_set: str, days: int) -> tuple[ObservationHit, ...]:
        """Observations of a value set of at most so many days ago, of later days, and without a date."""
        return self.record.observations.since(value_set, days_earlier(self.as_of, days))

    def scale(self, strength: Strength, value_set: str, group: Group) -> Scale:
        """What a finding of this value set is weighed on for a criterion of this strength and group."""
        return Scale(
            strength=strength,
            acute=value_set in self.rules.acute,
            fading=group.fading,
            event=value_set in self.rules.events,
            emergency_group=group.emergency,
            as_of=self.as_of,
            rules=self.rules.guideline.evidence,
        )

    def _age(self) -> int | None:
        person = self.record.person
        if person is None or person.birth is None:
            return None
        years = completed_years(person.birth, self.as_of)
        return years if 0 <= years <= self.rules.parameters[Parameters.OLDEST_AGE] else None

    @property
    def has_impossible_birth(self) -> bool:
        """There is a birth date, and nobody of that age lives."""
        person = self.record.person
        return person is not None and person.birth is not None and self.age is None

    def age_on(self, day: date) -> int | None:
        """Completed years on an earlier day."""
        person = self.record.person
        if person is None or person.birth is None:
            return None
        return completed_years(person.birth, day)

    def settled(self, span: DateSpan | None) -> DateSpan | None:
        """The span as it may be used on the day; None for no date and for one that lies too far ahead."""
        return settled(span, self.as_of, self.future_days)[0]

    def current(self, value_set: str) -> tuple[ConditionHit, ...]:
        """Current entries of a symptom set."""
        if value_set not in self.record.conditions:
            return ()
        found = self._current.get(value_set)
        if found is None:
            found = tuple([hit for hit in self.conditions(value_set).hits if is_current(hit)])
            self._current[value_set] = found
        return found

    def current_symptoms(self, value_sets: Iterable[str]) -> list[ConditionHit]:
        """Current entries of these symptom sets."""
        return [hit for value_set in value_sets for hit in self.current(value_set)]

    def has_current(self, value_sets: Iterable[str]) -> bool:
        """True when there is a current entry of one of these sets."""
        of_record = self.record.conditions
        return any(name in of_record and self.current(name) for name in value_sets)

    @kept
    def unread_keys(self) -> frozenset[str]:
        """Prefetch keys that decide and were not fully read; a gap that the wording has a sentence for is none."""
        rules = self.rules
        deciding = (*REQUIRED_KEYS, *rules.guideline.card_limits.softening_keys)
        return frozenset(
            [
                gap.source
                for gap in self.record.gaps
                if gap.source in deciding and gap.note not in rules.gap_notes
            ]
        )

    @kept
    def symptoms(self) -> list[ConditionHit]:
        """Current entries of every symptom set."""
        return self.current_symptoms(self.rules.symptom_sets["any"])

    @kept
    def has_context(self) -> bool:
        """A symptom or degenerative finding of the spine is current."""
        return self.has_current(self.rules.context_sets)

    @kept
    def onsets(self) -> tuple[DateSpan | None, ...]:
        """When each current symptom began."""
        return tuple(self.onset(hit) for hit in self.symptoms)

    def onset(self, hit: ConditionHit) -> DateSpan | None:
        """When a symptom began; None when not recorded or when the date lies ahead."""
        return self.settled(hit.entry.onset)

    def dated_match(self, value_set: str) -> ConditionHit | None:
        """The newest current entry of a set that has a date; None when there is none."""
        return self.once(("dated match", value_set), lambda: self._dated_match(value_set))

    def _dated_match(self, value_set: str) -> ConditionHit | None:
        newest: tuple[date, ConditionHit] | None = None
        for hit in self.current(value_set):
            span = self.settled(hit.entry.onset or hit.entry.recorded)
            if span is not None and (newest is None or span.last > newest[0]):
                newest = (span.last, hit)
        return newest[1] if newest is not None else None

    def order_duration(self, order: ImagingOrder) -> Duration:
        """Of the ordered region's symptoms, else of any region's; unknown when neither has an onset."""
        sets = self.rules.order_symptom_sets(order.procedure.regions)
        own = self.duration(sets, order)
        if own.is_known or self.has_current(sets) or self._is_new_on_order(sets, order):
            return own
        return self.duration(self.rules.symptom_sets["any"], order)

    def newest_onset_days(self, order: ImagingOrder) -> int | None:
        """Days since the newest symptom began, by the record's dates or as the order's text states.

        None when nothing tells, or when the order states no duration and a symptom on record has no onset.
        """
        ages = [stated.least for stated in self._stated(order)]
        if ages or None not in self.onsets:
            ages += [least_age(span, self.as_of) for span in self.onsets if span is not None]
        return min(ages, default=None)

    def _is_new_on_order(self, own_sets: Iterable[str], order: ImagingOrder) -> bool:
        """A symptom of the ordered region stands on the order alone: pain elsewhere does not date it."""
        named = [name for name in own_sets if name not in self.rules.everywhere_sets]
        return any(name in reason.value_sets for reason in order.reasons for name in named)

    def duration(self, value_sets: tuple[str, ...], order: ImagingOrder) -> Duration:
        """Days since the earliest onset among current symptoms of these sets, or as the order's text states.

        Counts from onset only. A recorded date is a lower bound: at least the recovery window since it
        means at least that long, less means nothing.
        """
        least, most, is_known, recorded_least = self._of_record(value_sets)
        quote = ""
        for stated in self._stated(order):
            is_known = True
            if stated.most >= most:
                quote = stated.quote
            least, most = max(least, stated.least), max(most, stated.most)
        if recorded_least > least:
            return Duration(recorded_least, None)
        care = order.care
        if not is_known and care is not None and care.has_failed and care.days:
            # what was treated for so long without success has lasted as long
            return Duration(care.days, ANY_TIME, care.quote)
        return Duration(least, most, quote) if is_known else Duration(0, None)

    def _stated(self, order: ImagingOrder) -> Iterator[StatedDuration]:
        """How long the symptoms have lasted, as the order says: by its words, and by what was answered on a card."""
        if order.duration is not None:
            yield order.duration
        window = int(self.rules.parameters[Parameters.RECOVERY_WINDOW])
        for answer in order.answers:
            if answer.lasts == "under":
                yield StatedDuration(0, window - 1, answer.quote)
            elif answer.lasts == "over" and not self.is_newer_on_record(order):
                yield StatedDuration(window, ANY_TIME, answer.quote)

    def is_newer_on_record(self, order: ImagingOrder) -> bool:
        """Every onset on record lies within the recovery window, and no words of the order say that it lasts longer.

        "Over six weeks" cannot be then, whoever answers so.
        """
        window = int(self.rules.parameters[Parameters.RECOVERY_WINDOW])
        if order.duration is not None and order.duration.most >= window:
            return False
        sets = self.rules.order_symptom_sets(order.procedure.regions)
        if not self.has_current(sets):
            if self._is_new_on_order(sets, order):
                return False
            sets = self.rules.symptom_sets["any"]
        _, most, is_known, recorded_least = self._of_record(sets)
        return is_known and most < window and recorded_least < window

    def _of_record(self, value_sets: tuple[str, ...]) -> tuple[int, int, bool, int]:
        return self.once(("duration", value_sets), lambda: self._recorded(value_sets))

    def _recorded(self, value_sets: Iterable[str]) -> tuple[int, int, bool, int]:
        """What the record alone says: least and most days, whether an onset is known, days since it was recorded."""
        recovery = int(self.rules.parameters[Parameters.RECOVERY_WINDOW])
        least, most, is_known, recorded_least = 0, 0, False, 0
        for hit in self.current_symptoms(value_sets):
            span = self.onset(hit)
            if span is not None:
                is_known = True
                least = max(least, least_age(span, self.as_of))
                most = max(most, days_before(span.first, self.as_of))
                continue
            recorded = self.settled(hit.entry.recorded)
            if recorded is not None and (days := least_age(recorded, self.as_of)) >= recovery:
                recorded_least = max(recorded_least, days)
        return least, most, is_known, recorded_least
