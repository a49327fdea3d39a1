"""What is concluded about orders of every region and modality, in a form that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, Final

from cds_service.advice import Advice, AdviceOptions, advise
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.evidence.record.types import requirements_for
from cds_service.fhir.complete import complete
from tests import shipped
from tests.combinations.facts import DAY

_PAIN: Final = {
    "cervical": "M54.2",
    "thoracic": "M54.6",
    "lumbar": "M54.50",
    "sacrum": "M53.3",
    "sacroiliac": "M53.3",
    "whole": "M54.9",
}
_MODALITIES: Final = ("MR", "CT", "XR")
OPTIONS: Final = AdviceOptions(
    jurisdiction="us",
    site_country=None,
    is_quiet=False,
    pama=False,
    qcdsm_id=None,
    explain=False,
    card_on_missing_data=True,
)


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
