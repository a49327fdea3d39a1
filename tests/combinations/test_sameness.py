"""How a record is sent changes nothing: order, ids, further codings, narrative, duplicates, dates, FHIR versions."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest

from tests.combinations.amounts import TIMEOUT, most, seeded, some
from tests.combinations.facts import DAY, NOTHING, NOW, SAID, Fact, together
from tests.combinations.sameness import WAYS, YEARS, four_years_later
from tests.combinations.verdicts import answer, call_of, orders, whole_answer
from tests.compact import hook_request

PAIRS = 250
SLICE = 12
MANY = 100
Way = Callable[[dict[str, Any]], dict[str, Any]]


def groups() -> list[tuple[Fact, ...]]:
    """Every single finding, and some pairs."""
    random = seeded()
    return [(fact,) for fact in (*NOW, *NOTHING, *SAID)] + [
        tuple(random.sample(NOW, 2)) for _ in range(PAIRS)
    ]


def check(way: Way, facts: tuple[Fact, ...], number: int) -> None:
    data = together(facts)
    if data is None:
        return
    call = hook_request(call_of(data, (orders()[number % len(orders())],)))
    is_later = way is four_years_later
    day = date(DAY.year + YEARS, DAY.month, DAY.day) if is_later else DAY
    other = answer(msgspec.json.encode(way(copy.deepcopy(call))), day)
    usual = answer(msgspec.json.encode(call))
    # Summaries hold dates.
    assert whole_answer(other, with_words=not is_later) == whole_answer(
        usual, with_words=not is_later
    ), [fact.id for fact in facts]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_same_record_sent_in_another_way_gets_the_same_answer(way: Way) -> None:
    for number, facts in enumerate(some(groups(), SLICE)):
        check(way, facts, number)


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_finding_sent_in_another_way_gets_the_same_answer(way: Way) -> None:
    for number, facts in enumerate(most(groups(), MANY)):
        check(way, facts, number)


def test_what_is_sent_differs_indeed() -> None:
    data = together(NOW[:2])
    assert data is not None
    call = hook_request(call_of(data, orders()[:1]))
    sent = {msgspec.json.encode(way(copy.deepcopy(call))) for way in WAYS.values()}
    assert len(sent | {msgspec.json.encode(call)}) == len(WAYS) + 1
