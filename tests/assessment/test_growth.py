"""Records of many like entries: what a call does grows with their number and not with its square.

Counted are the calls of functions, which no other work of the machine changes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.web.real_service import BACK_PAIN, SELECT, TODAY, Json, call, service

FEW, MANY = 250, 1_000
MOST_TIMES = 6.0
"""Four is linear, sixteen the square."""


def entries(count: int, *codes: str, **fields: Any) -> list[Json]:
    """Conditions of the last year; codes, because words are read one by one whatever they lead to."""
    return [
        {
            "icd10": codes[number % len(codes)],
            "onset": (TODAY - timedelta(days=number % 300)).isoformat(),
            **fields,
        }
        for number in range(count)
    ]


def studies(count: int) -> list[Json]:
    return [
        {"text": "MRI lumbar spine", "date": (TODAY - timedelta(days=n % 300)).isoformat()}
        for n in range(count)
    ]


DROP, PAIN, CANCER, FUSION = "M21.371", "M54.50", "C50.911", "Z98.1"
RECORDS: dict[str, Callable[[int], Json]] = {
    "one finding": lambda n: {"conditions": entries(n, DROP)},
    "one symptom": lambda n: {"conditions": entries(n, PAIN)},
    "half refuted": lambda n: {
        "conditions": [*entries(n // 2, DROP), *entries(n // 2, DROP, verification="refuted")]
    },
    "past cancers": lambda n: {"conditions": entries(n, CANCER, clinical="resolved")},
    "surgery and symptoms": lambda n: {"conditions": entries(n, FUSION, PAIN)},
    "earlier studies": lambda n: {"reports": studies(n)},
    "orders": lambda n: {
        "orders": [BACK_PAIN["orders"][0] | {"id": f"o{number}"} for number in range(n // 10)]
    },
}


def calls_made(body: Json) -> int:
    """How many functions were called for the answer, generators going on included."""
    client = service()
    count = 0

    def see(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    client.post(SELECT, json=body)
    sys.setprofile(see)
    try:
        response = client.post(SELECT, json=body)
    finally:
        sys.setprofile(None)
    assert response.status_code == 200
    assert response.get_json()["cards"]
    return count


@pytest.mark.parametrize("kind", RECORDS)
def test_the_work_of_a_call_grows_with_the_record_and_not_with_its_square(kind: str) -> None:
    few, many = (calls_made(call(BACK_PAIN | RECORDS[kind](count))) for count in (FEW, MANY))
    assert many < MOST_TIMES * few
