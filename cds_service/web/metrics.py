"""Counters and times for Prometheus. No label holds anything that a caller chose, so their number is bounded.

With several workers each counts for itself, and a scrape meets one of them. Set PROMETHEUS_MULTIPROC_DIR to an
empty directory before the start, and `metrics_response` adds all of them up.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Literal, get_args

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from cds_service.cds_hooks.model import Card, GapReason, ReadCause
from cds_service.cds_hooks.request import HOOKS
from cds_service.fhir.connection import ReplyWord
from cds_service.web.trust import Refusal

Stage = Literal["parse", "fetch", "assess", "render"]
PrefetchState = Literal["hit", "miss", "partial", "failed"]
FeedbackOutcome = Literal["accepted", "overridden", "repeated", "bad"]

OTHER: Final = "other"
"""Stands for every word that is not in the list of its label."""
_STATUSES: Final = frozenset(
    {200, 204, 400, 401, 403, 404, 405, 406, 408, 412, 413, 414, 415, 422, 429, 431, 500, 503}
)
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The specification asks for an answer within about 500 ms."""


class Metrics:
    """The metrics of one app. Ids of services, keys, cards and clients are known when it is made."""

    def __init__(
        self,
        *,
        services: Iterable[str],
        prefetch_keys: Iterable[str],
        card_ids: Iterable[str],
        clients: Iterable[str],
    ) -> None:
        self._services = frozenset(services)
        self._keys = frozenset(prefetch_keys)
        self._card_ids = frozenset(card_ids)
        self._clients = frozenset(clients)
        self._registry = CollectorRegistry()
        self._make_call_metrics()
        self._make_source_metrics()
        self._make_client_metrics()

    def call_answered(self, service: str, hook: str, status: int, seconds: float) -> None:
        """One hook call, whatever became of it."""
        labels = (_known(service, self._services), _known(hook, HOOKS))
        self._calls.labels(*labels, str(status) if status in _STATUSES else OTHER).inc()
        self._call_seconds.labels(*labels).observe(seconds)

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Times one stage of a call, failed ones too."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._stage_seconds.labels(stage).observe(time.perf_counter() - started)

    def prefetch_read(self, key: str, state: PrefetchState) -> None:
        """What prefetch gave for one key."""
        self._prefetch.labels(_known(key, self._keys), state).inc()

    def fhir_called(self, outcome: ReplyWord, seconds: float) -> None:
        """One question to a FHIR server, its repetitions included."""
        self._fhir_calls.labels(_known(outcome, ("ok", *get_args(ReadCause)))).inc()
        self._fhir_seconds.observe(seconds)

    def read_failed(self, source: str, cause: ReadCause) -> None:
        """Why one prefetch key could be had neither way, or in part only."""
        word = _known(cause, get_args(ReadCause))
        self._read_failures.labels(_known(source, self._keys), word).inc()

    def cards_answered(self, cards: Iterable[Card]) -> None:
        """The cards of one answer."""
        for card in cards:
            self._cards.labels(_known(card.id, self._card_ids), card.indicator).inc()

    def gap_found(self, source: str, reason: GapReason) -> None:
        """Something needed that could not be read; criteria that failed count as one source."""
        name = source if source in self._keys else "criterion" if reason == "failed" else OTHER
        self._gaps.labels(name, _known(reason, get_args(GapReason))).inc()

    def caller_refused(self, reason: str) -> None:
        """One refusal, by the `reason` of ClientNotTrusted."""
        self._refused.labels(_known(reason, get_args(Refusal))).inc()

    def caller_limited(self, client_id: str) -> None:
        """One call above a client's rate."""
        self._limited.labels(_known(client_id, self._clients)).inc()

    def feedback_read(self, outcome: FeedbackOutcome, count: int = 1) -> None:
        """Feedback entries; `bad` ones were left out, `repeated` ones had been stored before."""
        self._feedback.labels(outcome).inc(count)

    def call_to_record(self) -> None:
        """A call that the history shall keep, told before it is answered."""
        self._to_record.inc()

    def call_recorded(self, count: int = 1) -> None:
        """Calls that the history has written."""
        self._recorded.inc(count)

    def history_gone(self) -> None:
        """The database's file was deleted or replaced, with all that it held."""
        self._history_gone.inc()

    def call_not_recorded(self, count: int = 1) -> None:
        """Calls that the history lost. The clinician's answer was not touched."""
        self._not_recorded.inc(count)

    def metrics_response(self) -> tuple[bytes, str]:
        """Body and content type of `GET /metrics`."""
        registry = self._registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def _make_call_metrics(self) -> None:
        self._calls = self._counter("calls", "Hook calls by answer.", ("service", "hook", "status"))
        self._call_seconds = self._histogram(
            "call_seconds", "Time from request to answer.", ("service", "hook")
        )
        self._stage_seconds = self._histogram(
            "stage_seconds", "Time of one stage of a call.", ("stage",)
        )
        self._cards = self._counter("cards", "Cards answered.", ("card", "indicator"))

    def _make_source_metrics(self) -> None:
        self._prefetch = self._counter("prefetch", "Prefetch keys by state.", ("key", "state"))
        self._fhir_calls = self._counter("fhir_requests", "FHIR requests we made.", ("outcome",))
        self._fhir_seconds = self._histogram("fhir_seconds", "Time of one FHIR request.", ())
        self._read_failures = self._counter(
            "read_failures", "Prefetch keys not read in full, by cause.", ("source", "cause")
        )
        self._gaps = self._counter("gaps", "Data that could not be read.", ("source", "reason"))

    def _make_client_metrics(self) -> None:
        self._refused = self._counter("refused", "Callers not trusted.", ("reason",))
        self._limited = self._counter("rate_limited", "Calls above the rate.", ("client",))
        self._feedback = self._counter("feedback", "Feedback entries.", ("outcome",))
        self._to_record = self._counter("to_record", "Calls the history shall keep.", ())
        self._recorded = self._counter("recorded", "Calls the history has written.", ())
        self._not_recorded = self._counter("not_recorded", "Calls the history lost.", ())
        self._history_gone = self._counter(
            "history_gone", "Times that the database's file was deleted or replaced.", ()
        )

    def _counter(self, name: str, text: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"spine_cds_{name}", text, labels, registry=self._registry)

    def _histogram(self, name: str, text: str, labels: tuple[str, ...]) -> Histogram:
        return Histogram(
            f"spine_cds_{name}", text, labels, buckets=_SECONDS, registry=self._registry
        )


def register_metrics(app: Flask, metrics: Metrics) -> None:
    """Count every hook call of the app, and answer `GET /metrics`."""

    def scrape() -> Response:
        body, content_type = metrics.metrics_response()
        return Response(body, 200, content_type=content_type)

    def count(response: Response) -> Response:
        if request.endpoint == "hooks.call" and request.method == "POST":
            metrics.call_answered(
                str(g.facts.get("service", OTHER)),
                str(g.facts.get("hook", OTHER)),
                response.status_code,
                time.perf_counter() - g.started,
            )
        return response

    app.add_url_rule("/metrics", "metrics", scrape)
    app.after_request(count)


def _known(word: str, words: Iterable[str]) -> str:
    return word if word in words else OTHER
