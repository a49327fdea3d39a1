"""How often one trusted client may call: `SPINE_CDS_RATE_LIMIT`, such as 600/minute.

Not Flask-Limiter: a client is known only after its token was checked, in the middle of a request, and that
library decides before. Never by address: a hospital calls from one.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cds_service.errors import SettingsError, TooManyRequests

_RATE: Final = re.compile(r"([1-9][0-9]{0,6})/(second|minute|hour|day)")
_ROUNDING: Final = 1e-6
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in so many seconds."""

    count: int
    seconds: int


def parse_rate(text: str) -> Rate:
    """A rate such as 600/minute. Raises SettingsError."""
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise SettingsError(
            ("SPINE_CDS_RATE_LIMIT: expected a count for a time, such as 600/minute",)
        )
    return Rate(int(match[1]), _SECONDS[match[2]])


class RateLimit:
    """A bucket of calls for each client, refilled steadily: a client that was quiet may call `count` times at once.

    Each worker process has its own buckets, so with several workers a client may get more than its rate,
    never less: a call refused too early is worse than one too many.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}
        """Calls left and when that was so, by client: there are only as many as trusted clients."""

    def count_call(self, client_id: str) -> None:
        """Counts one call of a client. Raises TooManyRequests, and then the call costs nothing."""
        per_second = self._rate.count / self._rate.seconds
        with self._lock:
            now = self._clock()
            left, since = self._buckets.get(client_id, (float(self._rate.count), now))
            left = min(float(self._rate.count), left + (now - since) * per_second)
            is_allowed = left >= 1 - _ROUNDING
            self._buckets[client_id] = (left - 1 if is_allowed else left, now)
        if not is_allowed:
            raise TooManyRequests(
                f"{client_id}: more than {self._rate.count} calls in {self._rate.seconds} s",
                retry_after=max(1, math.ceil((1 - left) / per_second)),
            )
