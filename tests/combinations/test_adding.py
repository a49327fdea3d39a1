"""A finding more never makes an answer less urgent, and a finding less or refuted never makes it more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from random import Random

import pytest

from tests.combinations.facts import LONG_STANDING, NOW, SAID, Fact, refuted
from tests.combinations.verdicts import orders, verdict_of, verdicts

SEED = 20_261_128
TRIPLES = 20_000
SLICE = 15


def lowered(base: tuple[Fact, ...], added: Fact) -> Iterator[str]:
    """Where the answer to more is less than the answer to `base`, with the order."""
    more, less = verdicts((*base, added)), verdicts(base)
    if more is None or less is None:
        return
    for order, with_it, without in zip(orders(), more, less, strict=True):
        fall = with_it.falls_from(without)
        if fall:
            yield f"{order['id']}: {[fact.id for fact in base]} + {added.id}: {fall}"


def of_pairs(pairs: Iterable[tuple[Fact, Fact]]) -> list[str]:
    return [
        line for one, other in pairs for line in (*lowered((one,), other), *lowered((other,), one))
    ]


def some(facts: tuple[Fact, ...], others: tuple[Fact, ...]) -> list[tuple[Fact, Fact]]:
    random = Random(SEED)  # noqa: S311 - a sample, no secret
    return [(random.choice(facts), random.choice(others)) for _ in range(SLICE)]


@pytest.mark.parametrize("facts", [NOW, SAID], ids=["recorded", "said"])
@pytest.mark.parametrize("others", [NOW, LONG_STANDING], ids=["today", "long ago"])
def test_of_some_pairs_none_is_less_urgent_than_either(
    facts: tuple[Fact, ...], others: tuple[Fact, ...]
) -> None:
    assert of_pairs(some(facts, others)) == []


def test_an_entry_of_long_ago_never_hides_the_same_thing_of_today() -> None:
    older = {fact.id.removesuffix(" (long ago)"): fact for fact in LONG_STANDING}
    same = [
        (fact, older[name])
        for fact in (*NOW, *SAID)
        if (name := fact.id.removesuffix(" (said)")) in older
    ]
    assert of_pairs(same) == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("fact", [*NOW, *SAID], ids=lambda fact: fact.id)
def test_no_finding_more_lowers_an_answer(fact: Fact) -> None:
    assert of_pairs((fact, other) for other in (*NOW, *LONG_STANDING) if other is not fact) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_third_finding_lowers_an_answer() -> None:
    random, done, found = Random(SEED), 0, []  # noqa: S311 - a sample, no secret
    while done < TRIPLES:
        facts = tuple(random.sample((*NOW, *LONG_STANDING), 3))
        order = random.choice(orders())
        of_all = verdict_of(facts, order)
        if of_all is None:
            continue
        done += 1
        for two in combinations(facts, 2):
            of_two = verdict_of(two, order)
            assert of_two is not None
            fall = of_all.falls_from(of_two)
            if fall:
                (third,) = set(facts) - set(two)
                found.append(f"{order['id']}: {[fact.id for fact in two]} + {third.id}: {fall}")
    assert found == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "fact", [fact for fact in NOW if "conditions" in fact.entries], ids=lambda fact: fact.id
)
def test_refuting_a_finding_never_raises_an_answer(fact: Fact) -> None:
    found = []
    for other in (None, *NOW):
        if other is fact:
            continue
        beside = () if other is None else (other,)
        present, absent = verdicts((fact, *beside)), verdicts((refuted(fact), *beside))
        if present is None or absent is None:
            continue
        for order, with_it, without in zip(orders(), present, absent, strict=True):
            fall = with_it.falls_from(without)
            if fall:
                found.append(f"{order['id']}: {fact.id} refuted beside {beside}: {fall}")
    assert found == []
