"""The queue never makes a caller wait, and never loses a row silently."""

import threading
from collections.abc import Sequence

from cds_service.history.write_queue import WriteQueue


def test_items_are_written_in_their_order() -> None:
    written: list[int] = []
    queue = WriteQueue[int](written.extend)
    assert all(queue.put(number) for number in range(500))
    assert queue.close(5)
    assert written == list(range(500))


def test_a_full_queue_drops_at_once_and_counts() -> None:
    gate = threading.Event()
    written: list[int] = []

    def write(batch: Sequence[int]) -> None:
        gate.wait(5)
        written.extend(batch)

    queue = WriteQueue[int](write, capacity=3)
    queue.put(0)
    # The first may be with the writer by now or still wait: then there is room for two or three more.
    accepted = [queue.put(number) for number in range(1, 10)]
    assert not all(accepted)
    assert queue.dropped == accepted.count(False)
    gate.set()
    assert queue.close(5)
    assert len(written) == 1 + accepted.count(True)


def test_flush_says_when_there_is_still_something_to_write() -> None:
    gate = threading.Event()

    def write(_batch: Sequence[int]) -> None:
        gate.wait(5)

    queue = WriteQueue[int](write)
    queue.put(1)
    assert not queue.flush(0.01)
    gate.set()
    assert queue.flush(5)
    assert queue.close(5)


def test_a_write_that_fails_once_is_done_again() -> None:
    attempts: list[list[int]] = []

    def write(batch: Sequence[int]) -> None:
        attempts.append(list(batch))
        if len(attempts) == 1:
            raise OSError("locked")

    queue = WriteQueue[int](write)
    queue.put(7)
    assert queue.close(5)
    assert (attempts, queue.lost) == ([[7], [7]], 0)


def test_one_bad_row_does_not_cost_the_others() -> None:
    written: list[int] = []
    gate = threading.Event()

    def write(batch: Sequence[int]) -> None:
        gate.wait(5)
        if 2 in batch:
            raise ValueError("refused")
        written.extend(batch)

    queue = WriteQueue[int](write)
    for number in range(5):
        queue.put(number)
    gate.set()
    assert queue.close(5)
    assert sorted(written) == [0, 1, 3, 4]
    assert queue.lost == 1


def test_the_thread_lives_on_after_a_failure() -> None:
    written: list[int] = []

    def write(batch: Sequence[int]) -> None:
        if 0 in batch:
            raise RuntimeError
        written.extend(batch)

    queue = WriteQueue[int](write)
    queue.put(0)
    assert queue.flush(5)
    queue.put(1)
    assert queue.close(5)
    assert written == [1]


def test_a_closed_queue_takes_nothing_more() -> None:
    queue = WriteQueue[int](lambda _: None)
    assert queue.close(1)
    assert queue.close(1)
    assert not queue.put(1)
    assert queue.dropped == 1
