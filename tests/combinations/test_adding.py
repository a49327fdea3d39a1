"""A finding more never makes an answer less urgent, and a finding less or refuted never makes it more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product
from typing import Any

import pytest

from tests.combinations.amounts import ALL, PART, TIMEOUT, most, part_of, seeded, some
from tests.combinations.facts import (
    ENDED,
    LONG_STANDING,
    NOW,
    SAID,
    Fact,
    refuted,
    together,
    unlisted,
)
from tests.combinations.verdicts import orders, verdict_of, verdicts

pytestmark = pytest.mark.usefixtures("nothing_is_read_twice")
SLICE = 15
PAIRS = 250
REFUTED = 250
TRIPLES = 20_000 if ALL else 1_500
Pair = tuple[Fact, Fact]
Triple = tuple[tuple[Fact, ...], Mapping[str, Any]]
KINDS = {"today": NOW, "long ago": LONG_STANDING, "over": ENDED}


def lowered(base: tuple[Fact, ...], added: Fact) -> Iterator[str]:
    """Where the answer to more is less than the answer to `base`, with the order."""
    more, less = verdicts((*base, added)), verdicts(base)
    if more is None or less is None:
        return
    for order, with_it, without in zip(orders(), more, less, strict=True):
        fall = with_it.falls_from(without)
        if fall:
            yield f"{order['id']}: {[fact.id for fact in base]} + {added.id}: {fall}"


def of_pairs(pairs: Iterable[Pair]) -> list[str]:
    return [
        line for one, other in pairs for line in (*lowered((one,), other), *lowered((other,), one))
    ]


def every_pair(facts: tuple[Fact, ...], others: tuple[Fact, ...]) -> list[Pair]:
    return [(one, other) for one, other in product(facts, others) if one is not other]


def each_pair_once(facts: tuple[Fact, ...], others: tuple[Fact, ...]) -> list[Pair]:
    """A pair is the same whichever of the two comes first."""
    return list(combinations(facts, 2)) if facts is others else every_pair(facts, others)


@pytest.mark.parametrize("facts", [NOW, SAID], ids=["recorded", "said"])
@pytest.mark.parametrize("others", KINDS.values(), ids=KINDS)
def test_of_some_pairs_none_is_less_urgent_than_either(
    facts: tuple[Fact, ...], others: tuple[Fact, ...]
) -> None:
    assert of_pairs(some(each_pair_once(facts, others), SLICE)) == []


@pytest.mark.parametrize("others", [LONG_STANDING, ENDED], ids=["never closed", "over"])
def test_an_entry_of_long_ago_never_hides_the_same_thing_of_today(others: tuple[Fact, ...]) -> None:
    older = {fact.of: fact for fact in others}
    same = [(fact, older[fact.of]) for fact in (*NOW, *SAID) if fact.of in older]
    assert len(same) > len(NOW)
    assert of_pairs(same) == []


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT)
@pytest.mark.parametrize("facts", [NOW, SAID], ids=["recorded", "said"])
@pytest.mark.parametrize("others", KINDS.values(), ids=KINDS)
def test_no_finding_more_lowers_an_answer(
    facts: tuple[Fact, ...], others: tuple[Fact, ...]
) -> None:
    assert of_pairs(most(each_pair_once(facts, others), PAIRS)) == []


def triples() -> list[Triple]:
    """Three findings of one patient, and an order: so many of them, or a part of these."""
    random = seeded()
    found: list[Triple] = []
    while len(found) < TRIPLES:
        facts = tuple(random.sample((*NOW, *LONG_STANDING, *SAID), 3))
        order = random.choice(orders())
        if together(facts) is not None:
            found.append((facts, order))
    return found if PART is None else part_of(found, PART)


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT)
def test_no_third_finding_lowers_an_answer() -> None:
    found = []
    for facts, order in triples():
        of_all = verdict_of(facts, order)
        assert of_all is not None
        for two in combinations(facts, 2):
            of_two = verdict_of(two, order)
            assert of_two is not None
            fall = of_all.falls_from(of_two)
            if fall:
                (third,) = (fact for fact in facts if fact not in two)
                found.append(f"{order['id']}: {[fact.id for fact in two]} + {third.id}: {fall}")
    assert found == []


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT)
def test_refuting_a_finding_never_raises_an_answer_above_that_with_it_and_that_without() -> None:
    found = []
    listed = [fact for fact in NOW if "conditions" in fact.entries]
    for fact, other in most(every_pair(tuple(listed), NOW), REFUTED):
        denied, there, gone = (
            verdicts((refuted(fact), other)),
            verdicts((fact, other)),
            verdicts((unlisted(fact), other)),
        )
        if denied is None or there is None or gone is None:
            continue
        for order, answer, *below in zip(orders(), denied, there, gone, strict=True):
            for kind, less in zip(("with it", "without it"), below, strict=True):
                rise = less.falls_from(answer)
                if rise:
                    found.append(f"{order['id']}: {other.id}, {fact.id} refuted, {kind}: {rise}")
    assert found == []
