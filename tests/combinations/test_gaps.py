"""What was not read or not understood never makes an answer more reassuring."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import product
from typing import Any, Final

import msgspec
import pytest

from cds_service.errors import PatientDataUnavailable
from tests.combinations.amounts import TIMEOUT, most, some
from tests.combinations.facts import NOTHING, NOW, SAID, Fact, together
from tests.combinations.verdicts import answer, call_of, comfort, orders
from tests.compact import hook_request

Json = dict[str, Any]
KEYS: Final = (
    "patient", "conditions", "observations", "medications", "procedures", "orders", "reports", "devices", "allergies",
)  # fmt: skip
SLICE = 8
CASES = 250
UNKNOWN = {"text": "Morbus Xylander"}
NEXT = [{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]
FAILURE: Json = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "exception"}],
}


def gapped(call: Json) -> Iterator[tuple[str, Json]]:
    """The call with one thing not had or not understood, each in turn."""

    def changed() -> Json:
        return copy.deepcopy(call)

    for key in KEYS:
        missing = changed()
        del missing["prefetch"][key]
        yield f"{key} missing", missing
        failed = changed()
        failed["prefetch"][key] = FAILURE
        yield f"{key} failed", failed
        if key != "patient":
            for kept in (1, 0):
                cut = changed()
                bundle = cut["prefetch"][key]
                bundle |= {"link": NEXT, "total": 99, "entry": bundle["entry"][:kept]}
                yield f"{key} cut after {kept}", cut
    beside = changed()
    _draft(beside)["reasonCode"].append(UNKNOWN)
    yield "a reason beside others not understood", beside
    only = changed()
    _draft(only)["reasonCode"] = [UNKNOWN]
    yield "the only reason not understood", only
    unresolved = changed()
    _draft(unresolved)["reasonReference"] = [{"reference": "Condition/elsewhere"}]
    yield "a reason that cannot be found", unresolved
    problem = changed()
    status = {"coding": [{"code": "active"}]}
    entry = {"resourceType": "Condition", "id": "q", "clinicalStatus": status, "code": UNKNOWN}
    problem["prefetch"]["conditions"]["entry"].append({"resource": entry})
    yield "a problem not understood", problem


def _draft(call: Json) -> Json:
    found: Json = call["context"]["draftOrders"]["entry"][0]["resource"]
    return found


def comforting(facts: tuple[Fact, ...], number: int) -> Iterator[str]:
    """The gaps that make the answer more reassuring, and in what."""
    data = together(facts)
    if data is None:
        return
    order = orders()[number]
    call = hook_request(call_of(data, (order,)))
    whole = comfort(answer(msgspec.json.encode(call)))
    for what, sent in gapped(call):
        try:
            more = comfort(answer(msgspec.json.encode(sent))).exceeds(whole)
        except PatientDataUnavailable:
            continue  # an error reassures nobody
        if more:
            yield f"{order['id']}: {[fact.id for fact in facts]}, {what}: {more}"


def every_case() -> list[tuple[tuple[Fact, ...], int]]:
    """Every finding beside each kind of pain, and pain alone, with every order by its number."""
    alone: list[tuple[Fact, ...]] = [(fact,) for fact in NOTHING]
    beside = [(fact, pain) for fact in (*NOW, *SAID) for pain in NOTHING]
    return list(product((*alone, *beside), range(len(orders()))))


def reassured(cases: list[tuple[tuple[Fact, ...], int]]) -> list[str]:
    return [line for facts, number in cases for line in comforting(facts, number)]


def test_in_some_cases_no_gap_reassures() -> None:
    assert reassured(some(every_case(), SLICE)) == []


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT)
def test_no_gap_reassures() -> None:
    assert reassured(most(every_case(), CASES)) == []
