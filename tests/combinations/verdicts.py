"""What is concluded about orders of every region and modality, in a form that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

from cds_service.advice import Advice, AdviceOptions, advise
from cds_service.assessment.model import OrderAssessment
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.evidence.record.types import requirements_for
from cds_service.fhir.complete import complete
from cds_service.knowledge.model import Level, Rating, Urgency
from tests import shipped
from tests.combinations.facts import DAY, Fact, together
from tests.compact import body

_PAIN: Final = {
    "cervical": "M54.2",
    "thoracic": "M54.6",
    "lumbar": "M54.50",
    "sacrum": "M53.3",
    "sacroiliac": "M53.3",
    "whole": "M54.9",
}
_MODALITIES: Final = ("MR", "CT", "XR")
_URGENCIES: Final = (Urgency.ROUTINE, Urgency.URGENT, Urgency.EMERGENCY)
_LEVELS: Final = (Level.NONE, Level.NOTED, Level.POSSIBLE, Level.ACTIVE)
_NOTHING_FOUND: Final = ("no red flag", "no newer red flag", "none found in the data read")
OPTIONS: Final = AdviceOptions(
    jurisdiction="us",
    site_country=None,
    is_quiet=False,
    pama=False,
    qcdsm_id=None,
    explain=False,
    card_on_missing_data=True,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is concluded about one order."""

    urgency: int
    groups: Mapping[str, int]
    """Level of each serious group that is at least noted."""

    def falls_from(self, other: Verdict) -> str:
        """How this is less than the other; empty when it is not."""
        if self.urgency < other.urgency:
            return f"urgency {_URGENCIES[other.urgency]} to {_URGENCIES[self.urgency]}"
        for group, level in other.groups.items():
            if level >= _LEVELS.index(Level.POSSIBLE) and self.groups.get(group, 0) < level:
                return f"{group} {_LEVELS[level]} to {_LEVELS[self.groups.get(group, 0)]}"
        return ""


@dataclass(frozen=True, slots=True)
class Comfort:
    """What of an answer may reassure; more of it is more reassuring."""

    offers_to_cancel: bool
    finds_nothing: bool
    rates_not_appropriate: bool
    urgency: int

    def exceeds(self, other: Comfort) -> str:
        """In what this reassures and the other does not; empty for nothing."""
        if self.offers_to_cancel and not other.offers_to_cancel:
            return "offers to cancel"
        if self.finds_nothing and not other.finds_nothing:
            return "says that nothing was found"
        if self.rates_not_appropriate and not other.rates_not_appropriate:
            return "is rated not appropriate"
        return ""


@cache
def orders() -> tuple[Mapping[str, Any], ...]:
    """One order of each region and modality."""
    found: dict[str, Mapping[str, Any]] = {}
    for study in shipped.guideline().catalog.procedure:
        if study.modality in _MODALITIES and len(study.regions) == 1:
            (region,) = study.regions
            code = next(
                (s, study.preferred[s]) for s in ("loinc", "cpt", "snomed") if s in study.preferred
            )
            found.setdefault(
                f"{study.modality}-{region}",
                {
                    "id": f"{study.modality}-{region}",
                    code[0]: code[1],
                    "icd10_reason": _PAIN[region],
                },
            )
    return tuple(found.values())


def call_of(
    data: Mapping[str, Any], wanted: tuple[Mapping[str, Any], ...], **changes: Any
) -> dict[str, Any]:
    """The case of a hook call for these orders."""
    drafts = [
        {
            **{key: value for key, value in order.items() if key != "icd10_reason"},
            "reason": [*data["reasons"], {"icd10": order["icd10_reason"]}],
        }
        for order in wanted
    ]
    case = {key: value for key, value in data.items() if key != "reasons"}
    return {**case, "orders": drafts, "hook": "order-sign", **changes}


def answer(sent: bytes, day: date = DAY) -> Advice:
    """The answer to a call as it is sent."""
    request = parse_hook_request("spine-imaging-order-sign", sent)
    sources = complete(request, requirements_for(request.hook), None)
    return advise(request, sources, shipped.compiled(), day, OPTIONS)


_JUDGED: dict[frozenset[str], tuple[Verdict, ...] | None] = {}
_VERDICTS: dict[tuple[object, ...], Verdict] = {}
"""One object for equal ones: of a million verdicts a few hundred differ."""


def verdicts(facts: tuple[Fact, ...]) -> tuple[Verdict, ...] | None:
    """What is concluded about each of `orders()`; None when the facts are of different patients."""
    key = frozenset(fact.id for fact in facts)
    if key not in _JUDGED:
        _JUDGED[key] = _verdicts(facts)
    return _JUDGED[key]


def _verdicts(facts: tuple[Fact, ...]) -> tuple[Verdict, ...] | None:
    data = together(facts)
    if data is None:
        return None
    advice = answer(body(call_of(data, orders())))
    assert advice.assessment is not None
    return tuple(map(_verdict, advice.assessment.orders))


def verdict_of(facts: tuple[Fact, ...], order: Mapping[str, Any]) -> Verdict | None:
    """What is concluded about one order; None when the facts are of different patients."""
    data = together(facts)
    if data is None:
        return None
    advice = answer(body(call_of(data, (order,))))
    assert advice.assessment is not None
    return _verdict(advice.assessment.orders[0])


def _verdict(assessment: OrderAssessment) -> Verdict:
    urgency = _URGENCIES.index(assessment.urgency)
    groups = {
        result.group.id: _LEVELS.index(result.level)
        for result in assessment.groups
        if result.group.serious
    }
    return _VERDICTS.setdefault((urgency, *groups.items()), Verdict(urgency, groups))


def comfort(advice: Advice) -> Comfort:
    """How reassuring an answer about one order is."""
    assert advice.assessment is not None
    (order,) = advice.assessment.orders
    offered = {suggestion.id for card in advice.cards for suggestion in card.suggestions}
    said = " ".join(f"{card.summary} {card.detail}" for card in advice.cards).casefold()
    return Comfort(
        offers_to_cancel=any(name.startswith("cancel") for name in offered),
        finds_nothing=any(words in said for words in _NOTHING_FOUND),
        rates_not_appropriate=order.appropriateness is Rating.NOT,
        urgency=_URGENCIES.index(order.urgency),
    )


def whole_answer(advice: Advice, *, with_words: bool = True) -> Any:
    """Everything that may not depend on how a record is sent."""
    assert advice.assessment is not None
    cards = [
        (
            card.id,
            card.indicator,
            card.summary if with_words else "",
            [(item.id, item.is_recommended) for item in card.suggestions],
        )
        for card in advice.cards
    ]
    orders = [
        (
            order.scenario,
            order.rating,
            order.appropriateness,
            order.urgency,
            sorted((found.criterion.id, found.state) for found in order.criteria),
            sorted((found.group.id, found.level) for found in order.groups),
        )
        for order in advice.assessment.orders
    ]
    return cards, orders
