"""Counts of the rows of a run, made in one pass: what a report tells beside the details that no row can hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar

from cds_service.evidence.codes.dates import read_date
from cds_service.replay.rows import Evidence, FoundCriterion, Row

LISTED: Final = 300
"""Emergencies that are listed; all are counted."""
_MONTH: Final = 7
_EMERGENCY: Final = "emergency"
_Name = TypeVar("_Name")


@dataclass(slots=True)
class Slice:
    """Orders that have something in common."""

    orders: int = 0
    with_card: int = 0
    cards: Counter[str] = field(default_factory=Counter)

    def count(self, row: Row) -> None:
        """Count one row."""
        self.orders += 1
        self.with_card += bool(row.cards)
        self.cards.update(row.cards)


@dataclass(slots=True)
class RowCounts:
    """What all rows together come to."""

    all: Slice = field(default_factory=Slice)
    advised: int = 0
    first_day: str = ""
    last_day: str = ""
    patients: set[int] = field(default_factory=set)
    """Hashes of those with an order."""
    by_month: dict[str, Slice] = field(default_factory=dict)
    by_modality: dict[str, Slice] = field(default_factory=dict)
    by_region: dict[str, Slice] = field(default_factory=dict)
    """An order of two regions counts in both."""
    urgency: Counter[str] = field(default_factory=Counter)
    urgency_cards: Counter[tuple[str, tuple[str, ...]]] = field(default_factory=Counter)
    """Orders by urgency and their cards."""
    appropriateness: Counter[str] = field(default_factory=Counter)
    criteria: Counter[str] = field(default_factory=Counter)
    """Orders by criterion; stale ones do not count."""
    by_criterion: dict[str, Slice] = field(default_factory=dict)
    """The same orders with their cards."""
    states: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Orders by criterion and state."""
    gaps: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Orders by what was not read, and why."""
    not_advised: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The same of orders without advice."""
    words: Counter[str] = field(default_factory=Counter)
    """Orders by where words were not understood."""
    with_words: int = 0
    emergencies: list[Row] = field(default_factory=list)
    """The newest."""
    patient_cards: Counter[str] = field(default_factory=Counter)
    """Cards, each patient once for each kind of card."""
    day_cards: Counter[str] = field(default_factory=Counter)
    """The same, each patient and day once."""
    _seen: set[int] = field(default_factory=set)

    def count(self, row: Row) -> None:
        """Count one row."""
        self.all.count(row)
        self.patients.add(hash(row.case))
        self.first_day = min(self.first_day or row.as_of, row.as_of)
        self.last_day = max(self.last_day, row.as_of)
        modality, regions = parts_of(row.study)
        self.by_month.setdefault(row.as_of[:_MONTH], Slice()).count(row)
        self.by_modality.setdefault(modality, Slice()).count(row)
        for region in regions:
            self.by_region.setdefault(region, Slice()).count(row)
        reasons = {(gap.source, gap.reason) for gap in row.gaps}
        if row.urgency is None:
            self.not_advised.update(reasons or {("order", "failed")})
            return
        self.advised += 1
        self.urgency[row.urgency] += 1
        self.urgency_cards[row.urgency, row.cards] += 1
        self.appropriateness[row.appropriateness or "undetermined"] += 1
        self.gaps.update(reasons)
        sources = {found.source for found in row.not_understood}
        self.words.update(sources)
        self.with_words += bool(sources)
        for name, state in {(found.id, found.state) for found in row.criteria}:
            self.states[name, state] += 1
        found_here = {found.id for found in row.criteria if found.state != "stale"}
        self.criteria.update(found_here)
        for name in found_here:
            self.by_criterion.setdefault(name, Slice()).count(row)
        self._count_repeats(row)
        if row.urgency == _EMERGENCY:
            self._keep(row)

    def _count_repeats(self, row: Row) -> None:
        for card in set(row.cards):
            for counter, key in (
                (self.patient_cards, (row.case, card)),
                (self.day_cards, (row.case, card, row.as_of)),
            ):
                name = hash(key)
                if name not in self._seen:
                    self._seen.add(name)
                    counter[card] += 1

    def _keep(self, row: Row) -> None:
        self.emergencies.append(row)
        if len(self.emergencies) > 2 * LISTED:
            self.emergencies = newest(self.emergencies)


def count_rows(rows: Iterable[Row]) -> RowCounts:
    """Count all rows."""
    counts = RowCounts()
    for row in rows:
        counts.count(row)
    counts.emergencies = newest(counts.emergencies)
    return counts


def newest(rows: Iterable[Row]) -> list[Row]:
    """The newest of these, as many as are listed."""
    return sorted(rows, key=lambda row: (row.as_of, row.case, row.order), reverse=True)[:LISTED]


def parts_of(study: str) -> tuple[str, tuple[str, ...]]:
    """(modality, regions) of a study as a row has it; `unknown` for what it does not say."""
    modality, _, rest = study.partition("-")
    regions = rest.split("-", 1)[0]
    return modality or "unknown", tuple((regions or "unknown").split("+"))


def deciding(row: Row) -> tuple[FoundCriterion, ...]:
    """The criteria of the row's strongest groups; all that count where no group has a level."""
    counting = tuple(found for found in row.criteria if found.state != "stale")
    for level in ("active", "possible"):
        chosen = tuple(found for found in counting if row.groups.get(found.group) == level)
        if chosen:
            return chosen
    return counting


def days_old(evidence: Evidence, as_of: str) -> int | None:
    """Days from the evidence to the day of the order, by the last day that its date may mean; None: undated."""
    span = read_date(evidence.date)
    if span is None:
        return None
    return max((date.fromisoformat(as_of) - span.last).days, 0)


def merged(slices: Iterable[Slice]) -> Slice:
    """Several together."""
    together = Slice()
    for one in slices:
        together.orders += one.orders
        together.with_card += one.with_card
        together.cards.update(one.cards)
    return together


def most_frequent(counts: Counter[_Name]) -> list[tuple[_Name, int]]:
    """Most frequent first, then by name: a report is the same in whatever order rows come."""
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))


def slices_of(
    orders: Mapping[str, int], cards: Mapping[str, Mapping[str, int]]
) -> dict[str, Slice]:
    """Slices from the counts of a run by one dimension; how many orders had a card is not known there."""
    return {
        value: Slice(number, 0, Counter(cards.get(value, {}))) for value, number in orders.items()
    }
