"""What was not read or not understood never makes an answer more reassuring."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import product
from typing import Any, Final

import msgspec
import pytest

from cds_service.errors import PatientDataUnavailable
from tests.combinations.amounts import TIMEOUT, most, some
from tests.combinations.facts import NOTHING, NOW, SAID, Fact, together
from tests.combinations.verdicts import Comfort, answer, call_of, comfort, orders
from tests.compact import hook_request

pytestmark = pytest.mark.usefixtures("nothing_is_read_twice")
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
    """The call with one thing not had or not understood, each in turn. What is not changed is shared."""

    def with_record(key: str, value: Json) -> Json:
        return {**call, "prefetch": {**call["prefetch"], key: value}}

    for key in KEYS:
        kept = {name: value for name, value in call["prefetch"].items() if name != key}
        yield f"{key} missing", {**call, "prefetch": kept}
        yield f"{key} failed", with_record(key, FAILURE)
        if key != "patient":
            bundle = call["prefetch"][key]
            for number in (1, 0):
                cut = {**bundle, "link": NEXT, "total": 99, "entry": bundle["entry"][:number]}
                yield f"{key} cut after {number}", with_record(key, cut)
    reasons = _draft(call)["reasonCode"]
    yield (
        "a reason beside others not understood",
        _with_draft(call, {"reasonCode": [*reasons, UNKNOWN]}),
    )
    yield "the only reason not understood", _with_draft(call, {"reasonCode": [UNKNOWN]})
    elsewhere = [{"reference": "Condition/elsewhere"}]
    yield "a reason that cannot be found", _with_draft(call, {"reasonReference": elsewhere})
    status = {"coding": [{"code": "active"}]}
    entry = {"resourceType": "Condition", "id": "q", "clinicalStatus": status, "code": UNKNOWN}
    problems = call["prefetch"]["conditions"]
    more = {**problems, "entry": [*problems["entry"], {"resource": entry}]}
    yield "a problem not understood", with_record("conditions", more)


def _draft(call: Json) -> Json:
    found: Json = call["context"]["draftOrders"]["entry"][0]["resource"]
    return found


def _with_draft(call: Json, changes: Json) -> Json:
    entry = {"resource": _draft(call) | changes}
    drafts = {**call["context"]["draftOrders"], "entry": [entry]}
    return {**call, "context": {**call["context"], "draftOrders": drafts}}


_COMFORTS: dict[bytes, Comfort | None] = {}
"""By the digest of what was sent; None: an error, which reassures nobody."""


def comfort_of(call: Json) -> Comfort | None:
    """How reassuring the answer to a call is; None for an error.

    Many a gap leaves the same of two records, and an empty list is cut to the same twice: each call is answered once.
    """
    sent = msgspec.json.encode(call)
    key = hashlib.blake2b(sent, digest_size=16).digest()
    if key not in _COMFORTS:
        try:
            _COMFORTS[key] = comfort(answer(sent))
        except PatientDataUnavailable:
            _COMFORTS[key] = None
    return _COMFORTS[key]


def comforting(facts: tuple[Fact, ...], number: int) -> Iterator[str]:
    """The gaps that make the answer more reassuring, and in what."""
    data = together(facts)
    if data is None:
        return
    order = orders()[number]
    # Orders of one id leave the record the same.
    call = hook_request(call_of(data, ({**order, "id": "o1"},)))
    whole = comfort_of(call)
    assert whole is not None
    for what, sent in gapped(call):
        with_gap = comfort_of(sent)
        more = with_gap.exceeds(whole) if with_gap is not None else ""
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
