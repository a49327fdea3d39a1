"""What may lower an answer stands in the guideline: each by one step, and never beside what makes it serious."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from cds_service.knowledge.model import AllowedException, Context
from tests import shipped
from tests.combinations.amounts import TIMEOUT, most
from tests.combinations.facts import NOW, Fact
from tests.combinations.verdicts import Verdict, orders, verdicts

pytestmark = pytest.mark.usefixtures("nothing_is_read_twice")
BESIDE = 45
_MASS: Final = "29463-7"
_WEIGHTS: Final = (
    {"loinc": _MASS, "value": 100, "unit": "kg", "date": "2026-02-01"},
    {"loinc": _MASS, "value": 91, "unit": "kg", "date": "2026-06-10"},
)
LOSS: Final = Fact("loss of weight, measured", {"observations": _WEIGHTS})
RESIDUE: Final = Fact(
    "residual of today",
    {
        "observations": (
            {"text": "Post-void residual", "value": 400, "unit": "mL", "date": "2026-06-14"},
        )
    },
)
CONTEXTS: Final[Mapping[str, tuple[Fact, Fact]]] = {
    "retention-known": (
        RESIDUE,
        Fact("retention", {"conditions": ({"icd10": "R33.9", "onset": "2024-01-01"},)}),
    ),
    "retention-prostate": (
        Fact("retention of yesterday", {"conditions": ({"icd10": "R33.9", "onset": "2026-06-14"},)}),
        Fact("prostate", {"conditions": ({"icd10": "N40.1", "onset": "2019-01-01"},)}),
    ),
    "fever-explained": (
        Fact("fever", {"conditions": ({"icd10": "R50.9", "onset": "2026-06-13"},)}),
        Fact("influenza", {"conditions": ({"icd10": "J10.1", "onset": "2026-06-11"},)}),
    ),
    "hiv-controlled": (
        Fact("HIV", {"conditions": ({"icd10": "B20", "onset": "2015-01-01"},)}),
        Fact("CD4", {"observations": ({"loinc": "24467-3", "value": 650, "unit": "/uL", "date": "2026-03-10"},)}),
    ),
    "weight-loss-intended": (
        LOSS,
        Fact("semaglutide", {"medications": ({"text": "Wegovy 1 mg", "start": "2026-01-05", "days": 180},)}),
    ),
    "weight-loss-childbirth": (
        LOSS,
        Fact("birth", {"conditions": ({"icd10": "O80", "onset": "2026-02-03", "clinical": "resolved"},)}),
    ),
    "weight-loss-fluid": (
        LOSS,
        Fact("furosemide", {"medications": ({"text": "furosemide 40 mg", "start": "2026-02-10", "days": 180},)}),
    ),
}  # fmt: skip
"""By exception: what it lowers, and what explains it."""


def by_context() -> dict[str, Context]:
    exceptions = shipped.guideline().exceptions
    return {name: item.context for name, item in exceptions.items() if item.context is not None}


def steps(lower: Verdict, higher: Verdict) -> int:
    """By how many steps the urgency or a serious group falls at most."""
    falls = [level - lower.groups.get(group, 0) for group, level in higher.groups.items()]
    return max(higher.urgency - lower.urgency, *falls, 0)


def falls(base: tuple[Fact, ...], explained: Fact) -> Iterator[int]:
    with_it, without = verdicts((*base, explained)), verdicts(base)
    if with_it is not None and without is not None:
        yield from map(steps, with_it, without)


def test_every_context_of_the_guideline_is_tried() -> None:
    assert set(CONTEXTS) == set(by_context())


@pytest.mark.parametrize(("finding", "explains"), CONTEXTS.values(), ids=CONTEXTS)
def test_a_context_lowers_what_it_explains_by_one_step(finding: Fact, explains: Fact) -> None:
    assert max(falls((finding,), explains)) == 1


@pytest.mark.parametrize("name", CONTEXTS)
@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT)
def test_a_context_lowers_nothing_beside_a_second_finding_a_deficit_or_a_cancer(name: str) -> None:
    finding, explains = CONTEXTS[name]
    rules = shipped.compiled().rules
    of_group = {criterion.id: group.id for criterion, group in rules.criteria}
    (lowered,) = by_context()[name].criteria
    groups = {of_group[lowered], "cord", "cauda-equina", "neuro-deficit", "malignancy"}
    silent = {*shipped.guideline().card_limits.says_nothing_alone, *by_context()[name].beside}
    found = [
        f"{order['id']}: {other.id}"
        for other in most(NOW, BESIDE)
        if of_group[other.of] in groups - ({"malignancy"} - {of_group[lowered]})
        and other.of not in {lowered, *silent}
        for order, fall in zip(orders(), falls((finding, other), explains), strict=False)
        if fall > 0
    ]
    assert found == []


@pytest.mark.parametrize("name", CONTEXTS)
@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT)
def test_a_context_lowers_nothing_but_what_it_explains(name: str) -> None:
    _, explains = CONTEXTS[name]
    criteria = by_context()[name].criteria
    found = [
        f"{order['id']}: {other.id}"
        for other in most(NOW, BESIDE)
        if other.of not in criteria
        for order, fall in zip(orders(), falls((other,), explains), strict=False)
        if fall > 0
    ]
    assert found == []


def test_each_exception_says_what_it_lowers_and_why() -> None:
    exceptions: Mapping[str, AllowedException] = shipped.guideline().exceptions
    assert {item.by for item in exceptions.values()} == {
        "death",
        "end-of-life",
        "imaged-since",
        "planned-check",
        "context",
    }
    for item in exceptions.values():
        assert (item.by == "context") is (item.context is not None)
