"""Large bodies take turns; small ones wait for nobody."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cds_service.web.pacing import turn


def test_two_large_stretches_never_run_at_once():
    inside, seen = [0], []
    lock = threading.Lock()

    def stretch(_number: int) -> None:
        with turn(is_large=True):
            with lock:
                inside[0] += 1
                seen.append(inside[0])
            threading.Event().wait(0.002)
            with lock:
                inside[0] -= 1

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(stretch, range(30)))
    assert seen == [1] * 30


def test_small_ones_run_beside_a_large_one_and_beside_each_other():
    with turn(is_large=True), ThreadPoolExecutor(3) as threads:
        together = threading.Barrier(3)

        def stretch(_number: int) -> None:
            with turn(is_large=False):
                together.wait(30)

        list(threads.map(stretch, range(3)))


def test_the_collector_rests_while_a_large_one_runs_and_works_again_after_an_error():
    assert gc.isenabled()
    seen = []

    def fails() -> None:
        with turn(is_large=True):
            seen.append(gc.isenabled())
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fails()
    assert seen == [False]
    assert gc.isenabled()
    with turn(is_large=False):
        assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with turn(is_large=True):
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
