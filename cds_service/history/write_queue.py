"""A bounded queue with one writing thread, so that no answer ever waits for the history."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

import structlog

Item = TypeVar("Item")

_BATCH: Final = 100
_GATHER_SECONDS: Final = 0.1
_PAUSES: Final = (0.5, 1.0, 2.0)
"""Seconds before each further try of a batch."""
_TRIED_ALONE: Final = 3
"""So many rows that fail one by one, from the first on, are no fault of the rows."""
_log: Final = structlog.get_logger(__name__)


class WriteQueue(Generic[Item]):
    """Hands items to `write` in order, in batches, from a thread that starts with the first item.

    What doesn't fit is dropped and counted; a batch that can't be written twice is lost and counted.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], None],
        *,
        capacity: int = 1000,
        on_loss: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._write = write
        self._on_loss = on_loss
        self._is_failing = False
        self._capacity = capacity
        self._waiting: deque[Item] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._in_hand = 0
        self._flushing = 0
        self._closed = False
        self._dropped = 0
        self._lost = 0

    @property
    def dropped(self) -> int:
        """Items refused because the queue was full or closed."""
        return self._dropped

    @property
    def lost(self) -> int:
        """Items that the database would not take."""
        return self._lost

    def put(self, item: Item) -> bool:
        """Queues an item and returns at once. False: dropped."""
        with self._changed:
            if self._closed or len(self._waiting) >= self._capacity:
                self._dropped += 1
                is_full = True
            else:
                is_full = False
                self._take(item)
        if is_full:
            self._on_loss(1)
        return not is_full

    def _take(self, item: Item) -> None:
        self._waiting.append(item)
        count = len(self._waiting)
        # Started here and not by the constructor: a server may fork between the two.
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="history-writer", daemon=True)
            self._thread.start()
        # Between the first and a full batch there is nothing to wake up for.
        if count == 1 or count >= _BATCH:
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Waits until all that was put is written. False: there is still some after `timeout` seconds."""
        with self._changed:
            self._flushing += 1
            self._changed.notify_all()
            try:
                return self._changed.wait_for(
                    lambda: not self._waiting and not self._in_hand, timeout=timeout
                )
            finally:
                self._flushing -= 1

    def close(self, timeout: float) -> bool:
        """Takes no more items, and waits for the rest as `flush` does. What is left then is lost, and counted."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        is_done = self.flush(timeout)
        if thread is not None and is_done:
            thread.join(timeout)
        with self._changed:
            # What is being written may yet arrive; nobody will know.
            left = len(self._waiting) + self._in_hand
            self._waiting.clear()
        if left:
            self._lost += left
            _log.error("history.lost", rows=left, error="closed")
            self._on_loss(left)
        return is_done

    def _run(self) -> None:
        while batch := self._next_batch():
            try:
                self._write(batch)
                self._is_failing = False
            except Exception as error:  # noqa: BLE001 - whatever went wrong, the thread has to live on
                self._write_again(batch, error)
            with self._changed:
                self._in_hand = 0
                self._changed.notify_all()

    def _next_batch(self) -> list[Item]:
        """Waits for items. Empty when the queue is closed and all is written."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            # A moment for more: under load a batch costs hardly more than one item.
            self._changed.wait_for(
                lambda: len(self._waiting) >= _BATCH or self._closed or self._flushing,
                timeout=_GATHER_SECONDS,
            )
            batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            self._in_hand = len(batch)
            return batch

    def _write_again(self, batch: Sequence[Item], error: Exception) -> None:
        """Most failures pass: a database that another process holds, or that starts again."""
        for pause in _PAUSES:
            if not self._pause(pause):
                break
            try:
                self._write(batch)
            except Exception as again:  # noqa: BLE001 - the same
                error = again
            else:
                self._is_failing = False
                return
        # If it is a row, it is alone now: one that the database refuses doesn't cost the others.
        lost = 0
        for number, item in enumerate(batch):
            try:
                self._write([item])
            except Exception as again:  # noqa: BLE001 - the same
                lost, error = lost + 1, again
                if lost == _TRIED_ALONE and lost == number + 1:
                    # It is not the rows.
                    lost = len(batch)
                    break
        self._is_failing = lost == len(batch)
        if lost:
            self._lost += lost
            # The text of a database error holds the row, so only its type is logged.
            _log.error("history.lost", rows=lost, error=type(error).__name__)
            self._on_loss(lost)

    def _pause(self, seconds: float) -> bool:
        """Waits before another try. False when there is no time: the last batch failed too, or the queue ends."""
        with self._changed:
            if self._is_failing:
                return False
            self._changed.wait_for(lambda: self._closed, timeout=seconds)
            return not self._closed or seconds == _PAUSES[0]
