"""A running service that is asked the same: over HTTP, with prefetch as clients spoil it, at a steady rate.

Both doors have to give the same bytes. How long the service took is kept.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final, Literal, get_args

import msgspec
from msgspec import Raw

from cds_service.errors import CaseError
from cds_service.evidence.raw import READ_ERRORS, plain
from cds_service.evidence.record.types import REQUIREMENTS
from cds_service.replay.cases import SavedCase
from cds_service.replay.runner import Engine, RunningService

PrefetchMode = Literal["on", "off", "null", "paged", "outcome"]
MODES: Final = get_args(PrefetchMode)
RANDOM: Final = "random"
EVERY: Final = "all"
_KEYS: Final = tuple(need.key for need in REQUIREMENTS)
_MOST_AT_ONCE: Final = 32
_PERCENTILES: Final = (50, 90, 95, 99)
_NEXT: Final = "https://fhir.example.org/next-page"
_OUTCOME: Final = Raw(
    b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception"}]}'
)


def parse_prefetch(texts: tuple[str, ...], seed: int) -> PrefetchChoice:
    """`off`, `observations=outcome`, `random`: the later beats the earlier. Raises CaseError for anything else."""
    modes: dict[str, PrefetchMode] = {}
    is_random = False
    for text in texts:
        key, equals, wanted = text.rpartition("=")
        key = key or EVERY
        mode = next((one for one in MODES if one == wanted), None)
        if wanted == RANDOM and not equals:
            is_random = True
        elif mode is None or key not in (EVERY, *_KEYS):
            raise CaseError(
                f"--prefetch {text}: expected one of {', '.join(MODES)} for all keys, KEY=MODE for one, or {RANDOM}. "
                f"Keys: {', '.join(_KEYS)}."
            )
        else:
            modes |= dict.fromkeys(_KEYS if key == EVERY else (key,), mode)
    return PrefetchChoice(modes, Random(seed) if is_random else None)  # noqa: S311 - a choice that can be repeated


@dataclass(slots=True)
class PrefetchChoice:
    """How the prefetch of a call is spoiled."""

    modes: Mapping[str, PrefetchMode]
    """By key; a key that is not there stays as it is."""
    random: Random | None = None
    """Chooses for the keys that no mode is given for."""
    used: Counter[str] = field(default_factory=Counter)
    """`key mode`: how often each was sent."""

    def spoiled(self, case: SavedCase) -> SavedCase:
        """The case with its prefetch as the service gets it."""
        try:
            body = msgspec.json.decode(case.body, type=dict[str, Raw])
            prefetch = msgspec.json.decode(body["prefetch"], type=dict[str, Raw])
        except (*READ_ERRORS, KeyError):
            return case
        sent: dict[str, Raw] = {}
        for key, value in prefetch.items():
            mode = self._mode(key)
            self.used[f"{key} {mode}"] += 1
            spoiled = _spoiled(value, mode)
            if spoiled is not None:
                sent[key] = spoiled
        body["prefetch"] = Raw(msgspec.json.encode(sent))
        return replace(case, body=msgspec.json.encode(body), expected=None)

    def _mode(self, key: str) -> PrefetchMode:
        if key in self.modes or self.random is None:
            return self.modes.get(key, "on")
        chosen: PrefetchMode = self.random.choice(MODES)
        return chosen


@dataclass(slots=True)
class FrontDoor:
    """Sends cases to a service and compares its answers with ours."""

    service: RunningService
    prefetch: PrefetchChoice
    rate: float | None = None
    """Calls a second, whether or not the ones before are answered; None: one after the other."""
    seconds: list[float] = field(default_factory=list)
    """How long each answer took."""
    different: int = 0
    _pool: ThreadPoolExecutor | None = None
    _next: float = 0.0
    _sent: list[tuple[str, Future[list[str]]]] = field(default_factory=list)

    def compare(self, case: SavedCase, engine: Engine) -> Iterator[str]:
        """How the service's answer differs from ours; with a rate that is told at the end (`late`)."""
        spoiled = self.prefetch.spoiled(case)
        if self.rate is None:
            yield from self._compared(spoiled, engine)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_MOST_AT_ONCE)
            self._next = time.monotonic()
        time.sleep(max(self._next - time.monotonic(), 0))
        self._next += 1 / self.rate
        asked = self._pool.submit(lambda: list(self._compared(spoiled, engine)))
        self._sent.append((case.name, asked))

    def late(self) -> Iterator[tuple[str, str]]:
        """(case, difference) of the calls that were sent at a rate, when all are answered."""
        for name, asked in self._sent:
            for difference in asked.result():
                yield name, difference
        self._sent.clear()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def lines(self) -> Iterator[str]:
        """What was sent and how long answers took, in a few lines."""
        if not self.seconds:
            return
        ordered = sorted(self.seconds)
        shares = (f"{share} % {_within(ordered, share) * 1000:.1f} ms" for share in _PERCENTILES)
        yield (
            f"{self.service.url}: {len(ordered)} calls, {self.different} answered otherwise than here; "
            f"answered within: {', '.join(shares)}, all {ordered[-1] * 1000:.1f} ms"
        )
        spoiled = {name: n for name, n in self.prefetch.used.items() if not name.endswith(" on")}
        if spoiled:
            listed = ", ".join(f"{name} {number}" for name, number in sorted(spoiled.items()))
            yield f"prefetch sent otherwise: {listed}"

    def _compared(self, case: SavedCase, engine: Engine) -> Iterator[str]:
        differences = list(self.service.compare(case, engine, self.seconds))
        self.different += bool(differences)
        yield from differences


def _spoiled(value: Raw, mode: PrefetchMode) -> Raw | None:
    """One value as a client sends it; None for a key that is left out."""
    match mode:
        case "off":
            return None
        case "null":
            return Raw(b"null")
        case "outcome":
            return _OUTCOME
        case "paged":
            return _first_page(value)
        case "on":
            return value


def _first_page(value: Raw) -> Raw:
    """The first half of a Bundle, with a link to the rest; anything else as it is."""
    bundle = plain(value)
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    if not isinstance(entries, list):
        return value
    first = entries[: (len(entries) + 1) // 2]
    links = [{"relation": "next", "url": _NEXT}]
    page = {**bundle, "total": len(entries) + 1, "entry": first, "link": links}
    return Raw(msgspec.json.encode(page))


def _within(ordered: list[float], share: int) -> float:
    """The time within which so many percent were answered."""
    return ordered[min(len(ordered) * share // 100, len(ordered) - 1)]
