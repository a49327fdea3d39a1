"""What is tried in parts is everything, and what is read once is read the same."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest

from tests.combinations.amounts import part_of, read_part, some
from tests.combinations.facts import NOTHING, NOW, SAID, together
from tests.combinations.reading import read_once
from tests.combinations.test_gaps import gapped
from tests.combinations.verdicts import answer, call_of, orders, whole_answer
from tests.compact import hook_request


@pytest.mark.parametrize("parts", [1, 2, 3, 8, 40])
def test_the_parts_of_a_run_are_of_one_size_and_together_everything(parts: int) -> None:
    items = list(range(35))
    found = [part_of(items, (number, parts)) for number in range(1, parts + 1)]
    assert [item for part in found for item in part] == items
    assert max(map(len, found)) - min(map(len, found)) <= 1


def test_a_run_tries_a_sample_everything_or_a_part() -> None:
    assert read_part("") is None
    assert read_part("all") == (1, 1)
    assert read_part("3/8") == (3, 8)


@pytest.mark.parametrize("wanted", ["ALL", "0/8", "9/8", "3", "3/", "-1/8", "1/0", "yes"])
def test_an_amount_that_means_nothing_is_an_error_and_no_sample(wanted: str) -> None:
    with pytest.raises(ValueError, match="COMBINATIONS"):
        read_part(wanted)


def test_what_is_read_once_gives_the_answers_of_what_is_read_anew() -> None:
    calls = []
    for fact, pain in some(list(product((*NOW, *SAID), NOTHING)), 3):
        data = together((fact, pain))
        assert data is not None
        for order in some(orders(), 3):
            call = hook_request(call_of(data, ({**order, "id": "o1"},)))
            calls += [
                msgspec.json.encode(sent)
                for what, sent in gapped(call)
                if not what.startswith("patient")
            ]
    anew = [whole_answer(answer(call)) for call in calls]
    with read_once():
        assert [whole_answer(answer(call)) for call in calls] == anew
        assert [whole_answer(answer(call)) for call in reversed(calls)] == anew[::-1]
