"""What a computed criterion is asked about, and what its functions share."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from cds_service.assessment.chart import Chart
from cds_service.assessment.model import STALE, SUSPECTED, Finding
from cds_service.assessment.reasons import AskedOrder, reason_findings
from cds_service.assessment.weighing import STRENGTH_ORDER, rank, weigh_condition, with_conflict
from cds_service.evidence.model import ImagingOrder
from cds_service.knowledge.model import Criterion, Group


class ComputedQuestion(Struct, frozen=True, gc=False):
    """One computed criterion about one order."""

    asked: AskedOrder
    criterion: Criterion
    group: Group
    days: int | None

    @property
    def chart(self) -> Chart:
        """The record on the day."""
        return self.asked.chart

    @property
    def order(self) -> ImagingOrder:
        """The order that is asked about."""
        return self.asked.order

    def parameter(self, name: str) -> float:
        """A number of `parameters.toml`."""
        return self.chart.rules.parameters[name]

    def whole(self, name: str) -> int:
        """A parameter that is a number of days or years."""
        return int(self.chart.rules.parameters[name])


def weighed(
    question: ComputedQuestion, value_set: str, days: int, *, historical: bool = False
) -> list[Finding]:
    """Condition entries of a set that count in a window, and what the order says of the set."""
    chart = question.chart
    is_on_record = value_set in chart.record.conditions
    if not is_on_record and value_set not in question.asked.value_sets:
        return []
    scale = chart.scale(question.criterion.strength, value_set, question.group)

    def on_record() -> list[Finding]:
        entries = chart.conditions(value_set)
        return [
            with_conflict(finding, hit, entries, scale)
            for hit in entries.hits
            if (
                finding := weigh_condition(
                    hit,
                    scale,
                    value_set=value_set,
                    days=days,
                    historical=historical,
                    peers=entries.active_since,
                )
            )
            is not None
            and finding.state is not STALE
        ]

    key = (question.criterion.id, value_set, days, historical)
    found = chart.once(key, on_record) if is_on_record else []
    stated = reason_findings(question.asked, value_set, scale, days=days)
    return found + [finding for finding in stated if finding.state is not STALE]


def weakest(*sides: list[Finding]) -> list[Finding]:
    """The best of each side, the newest on a tie, all with the certainty and strength of the least certain one."""
    chosen = [min(side, key=rank) for side in sides]
    is_suspected = any(item.state is SUSPECTED for item in chosen)
    least = max((item.strength for item in chosen), key=STRENGTH_ORDER.__getitem__)
    return [
        replace(item, state=SUSPECTED if is_suspected else item.state, strength=least)
        for item in chosen
    ]
