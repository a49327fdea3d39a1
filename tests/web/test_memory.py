"""What a call leaves behind in memory: nothing."""

from __future__ import annotations

import gc
from collections import Counter

from tests.web.real_service import BACK_PAIN, RETENTION, SELECT, call, service


def ours() -> Counter[str]:
    """How many values of each of our types the collector knows and cannot take away."""
    gc.collect()
    return Counter(
        f"{type(one).__module__}.{type(one).__qualname__}"
        for one in gc.get_objects()
        if str(type(one).__module__).startswith("cds_service")
    )


def test_a_call_leaves_nothing_of_itself_behind():
    client = service()
    bodies = [call(case, hookInstance=f"i{n}") for n, case in enumerate((BACK_PAIN, RETENTION))]
    for body in bodies:
        client.post(SELECT, json=body)
    before = ours()
    for _ in range(5):
        for body in bodies:
            assert client.post(SELECT, json=body).status_code == 200
    assert ours() - before == Counter()
