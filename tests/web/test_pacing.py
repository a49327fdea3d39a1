"""Large bodies take turns; small ones wait for nobody."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cds_service.web.pacing import MOST_WAIT, turn


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


def test_a_large_one_waits_for_its_turn_no_longer_than_is_stated():
    entered = threading.Event()

    def waits() -> None:
        with turn(is_large=True, most_wait=0.05):
            entered.set()

    with turn(is_large=True), ThreadPoolExecutor(1) as threads:
        threads.submit(waits)
        assert entered.wait(30)
    assert gc.isenabled()
    assert 0 < MOST_WAIT <= 0.5


def test_the_collector_rests_until_the_last_large_one_is_done():
    inside, leave = threading.Event(), threading.Event()

    def second() -> None:
        with turn(is_large=True, most_wait=0):
            inside.set()
            leave.wait(30)

    with ThreadPoolExecutor(1) as threads:
        with turn(is_large=True):
            threads.submit(second)
            assert inside.wait(30)
        assert not gc.isenabled()
        leave.set()
    assert gc.isenabled()
