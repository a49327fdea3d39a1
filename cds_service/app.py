"""The wiring: one Flask app from settings, a guideline and a clock. Nothing is configured at import."""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Final, TextIO, cast

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from cds_service.advice import (
    Advice,
    AdviceOptions,
    CompiledGuideline,
    advise,
    compile_guideline,
    in_scope,
)
from cds_service.cards.explanation import vocabulary_origin
from cds_service.cards.ids import topic
from cds_service.cds_hooks.client_options import CardKind, options_extension, read_client_options
from cds_service.cds_hooks.discovery import discovery_json
from cds_service.cds_hooks.feedback import FeedbackBatch
from cds_service.cds_hooks.model import GapReason, HookRequest, Source, StrictFinding
from cds_service.cds_hooks.profiles import PROFILES
from cds_service.collecting import uncollected
from cds_service.errors import (
    ClientNotTrusted,
    HistoryUnavailable,
    SettingsError,
    TooManyRequests,
)
from cds_service.evidence.record.types import REQUIREMENTS, prefetch_templates, requirements_for
from cds_service.fhir.client import fhir_access
from cds_service.fhir.complete import complete
from cds_service.history.recording import CallOccasion, call_record
from cds_service.history.records import QuietTimes, Viewer
from cds_service.history.shown import ShownBefore
from cds_service.history.store import HistoryStore, Listeners
from cds_service.knowledge.anchors import Cards
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.model import Content
from cds_service.knowledge.vocabulary import load_vocabulary
from cds_service.playground.pages import Playing, playground_blueprint
from cds_service.settings import Settings, load_settings, start_warnings
from cds_service.web.calls import Advised, HookCalls, Steps
from cds_service.web.directions import directions_blueprint
from cds_service.web.documentation import documentation_blueprint
from cds_service.web.edge import plain_cors_headers, register_edge
from cds_service.web.frame import register_frame
from cds_service.web.health import health_blueprint
from cds_service.web.hooks import hooks_blueprint
from cds_service.web.limits import RateLimit, parse_rate
from cds_service.web.metrics import Metrics, PrefetchState, register_metrics
from cds_service.web.openapi import openapi_blueprint, openapi_document
from cds_service.web.problems import register_problems
from cds_service.web.receiving import Receiver
from cds_service.web.replay_guard import HostTokens, ReplayGuard, SeenBefore
from cds_service.web.server import end_with_parent, received, shared_folder
from cds_service.web.services import SERVICES
from cds_service.web.short_cut import short_cut
from cds_service.web.trust import OPEN_CALLER, Caller, Trust, trust_from_settings

SHOWN_SECONDS: Final = 0.05
"""For the look at what was shown before, from the start of the call's other reads."""
Clock = Callable[[], datetime]
_log: Final = structlog.get_logger()


StrictReader = Callable[[HookRequest, Mapping[str, Source]], tuple[StrictFinding, ...]]


@dataclass(frozen=True, slots=True)
class Frame:
    """What the steps of all calls share."""

    settings: Settings
    clock: Clock
    compiled: CompiledGuideline
    metrics: Metrics
    history: HistoryStore | None
    trust: Trust | None
    """None in open mode."""
    hideable: frozenset[str]
    """Ids of the kinds of cards that a client may switch off."""
    strict: StrictReader | None
    """What is not valid FHIR in a call; None where the site does not ask."""


def utc_now() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    compiled: CompiledGuideline | None = None,
    clock: Clock = utc_now,
    steps: Steps | None = None,
    history: HistoryStore | None = None,
    used_tokens: SeenBefore | None = None,
) -> Flask:
    """A service ready to be called. `compiled` is the packaged guideline, `steps` the real ones, unless given.

    Without a history nothing is recorded. `used_tokens` is where the workers of a host agree on them.
    Raises SettingsError or KnowledgeError.
    """
    app = Flask(__name__, static_folder=None)
    warnings = start_warnings(settings)
    compiled = compiled or compiled_for(settings)
    _check_jurisdiction(settings, compiled.guideline.content)
    metrics = _metrics(settings, compiled)
    if history is not None:
        history.tell(
            Listeners(metrics.call_recorded, metrics.call_not_recorded, metrics.history_gone)
        )
    stores = (used_tokens, history.seen_jti if history is not None else None)
    guard = ReplayGuard(*(store for store in stores if store is not None))
    trust = None if settings.is_open else trust_from_settings(settings, guard, clock)
    kinds = _switchable_cards(compiled)
    hideable = frozenset(kind.id for kind in kinds)
    frame = Frame(
        settings, clock, compiled, metrics, history, trust, hideable, _strict_reader(settings)
    )
    register_edge(app, settings.cors_origins)
    register_problems(app)
    register_metrics(app, metrics)
    register_frame(app)
    app.register_blueprint(
        directions_blueprint(SERVICES, warnings, has_playground=settings.is_playground_on)
    )
    app.register_blueprint(documentation_blueprint())
    app.register_blueprint(openapi_blueprint(openapi_document(SERVICES, compiled.guideline)))
    app.register_blueprint(health_blueprint(warnings, _checks(frame), _told(compiled)))
    steps = steps or real_steps(frame)
    calls = HookCalls(steps, settings, lambda: as_of(settings, clock), metrics)
    app.register_blueprint(
        hooks_blueprint(calls, steps, settings, SERVICES, _discovery(settings, kinds))
    )
    if settings.is_playground_on:
        playing = Playing(settings, compiled, SERVICES, lambda: as_of(settings, clock))
        app.register_blueprint(playground_blueprint(playing))
    plain = plain_cors_headers(settings.cors_origins)
    app.wsgi_app = short_cut(app.wsgi_app, calls, SERVICES, metrics, plain)  # type: ignore[method-assign, assignment]  # as WSGI middleware is put on
    return app


def compiled_for(settings: Settings) -> CompiledGuideline:
    """The packaged guideline with the vocabulary of the site, once in a process: workers have it from their parent.

    Raises KnowledgeError.
    """
    return _compiled(settings.terminology, cpt=settings.cpt)


@cache
def _compiled(terminology: Path | None, *, cpt: bool) -> CompiledGuideline:
    loaded = load_guideline(cpt=cpt)
    if terminology is None:
        return compile_guideline(loaded)
    return compile_guideline(loaded, load_vocabulary(terminology, loaded))


def as_of(settings: Settings, clock: Clock) -> date:
    """The day that records are judged on: SPINE_CDS_AS_OF, else today where the service runs."""
    return settings.as_of or clock().astimezone().date()


def real_steps(frame: Frame) -> Steps:
    """The steps of a call as they run in a service."""
    return Steps(
        authenticate=_authentication(frame),
        in_scope=lambda request: in_scope(
            request,
            frame.compiled,
            card_on_missing_data=frame.settings.on_missing_data == "card",
        ),
        complete=lambda request, caller: _complete(frame, request, caller),
        advise=lambda request, sources, day, caller: _advise(frame, request, sources, day, caller),
        record_advice=lambda request, advice, _day, caller: _record_advice(
            frame, request, advice, caller
        ),
        record_feedback=lambda service_id, batch, caller: _record_feedback(
            frame, service_id, batch, caller
        ),
    )


def open_history(settings: Settings) -> HistoryStore:
    """The history of this process, its tables brought up to date.

    Raises SettingsError for a database URL that can't be used. A database that doesn't answer, or of another version,
    a disk that is full or read-only are no reason not to start: advice is given without a history, the readiness check
    says so, what can't be written is counted, and it is tried again all the time.
    """
    store = HistoryStore(settings.database_url, settings.history_key)
    try:
        store.upgrade()
    except (SQLAlchemyError, HistoryUnavailable) as error:
        _log.error("history.not_upgraded", error=type(error).__name__)
    return store


def prepare_workers(settings: Settings) -> None:
    """What all workers have in common, made before they are: they start at once, and share its memory."""
    compiled_for(settings)
    gc.collect()
    gc.freeze()


def worker() -> Receiver:
    """The service of one worker process, from its environment."""
    end_with_parent()
    with uncollected():
        receiver = _started()
        # What was made so far lives as long as the process; the collector need not look at it again.
        gc.collect()
        gc.freeze()
    # One small call makes some 2,500 objects and no cycles: looking for them after every 700 cost a sixth of it.
    gc.set_threshold(20_000, 20, 50)
    return receiver


def _started() -> Receiver:
    settings = load_settings(os.environ)
    configure_logs(settings.log_level)
    history = open_history(settings)
    # The server's workers are forked: they end without atexit, but not without this.
    Finalize(None, history.close, exitpriority=0)
    shared = shared_folder()
    tokens = HostTokens(shared / "tokens.sqlite") if shared is not None else None
    app = create_app(settings, history=history, used_tokens=tokens.seen if tokens else None)
    for warning in start_warnings(settings):
        _log.warning("start", note=warning)
    return received(app, settings)


class _StandardError:
    """Standard error, wherever it is now. One that is full or closed costs a line, never an answer."""

    def write(self, text: str) -> None:
        """Write one line."""
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Let the line go."""
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def configure_logs(level: str) -> None:
    """One JSON line an event, on standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _StandardError())),
        cache_logger_on_first_use=True,
    )
    # Their messages hold addresses, and a FHIR search names the patient in its address.
    for name in ("urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _authentication(frame: Frame) -> Callable[[str | None, str], Caller]:
    trust, metrics = frame.trust, frame.metrics
    if trust is None:
        return lambda _authorization, _path: OPEN_CALLER
    rate = frame.settings.rate_limit
    limit = RateLimit(parse_rate(rate)) if rate else None

    def authenticate(authorization: str | None, path: str) -> Caller:
        try:
            caller = trust.caller(authorization, path)
        except ClientNotTrusted as error:
            metrics.caller_refused(error.reason)
            raise
        if limit is not None:
            try:
                limit.count_call(caller.client_id)
            except TooManyRequests:
                metrics.caller_limited(caller.client_id)
                raise
        return caller

    return authenticate


class Input(dict[str, Source]):
    """The sources of a call, and what was shown before in its chart, as far as that is known in time."""

    shown: Future[ShownBefore] | None = None
    shown_until: float = 0.0
    """The clock's time up to which it is waited for."""

    def is_known(self) -> ShownBefore | None:
        """None where nothing is held back: it is not wanted, or could not be told in time."""
        if self.shown is None:
            return None
        try:
            return self.shown.result(max(0.0, self.shown_until - time.monotonic()))
        except Exception as error:  # noqa: BLE001 - whatever fails here, the card is shown
            _log.warning("cards shown before not looked up", error=type(error).__name__)
            return None


def _look_up_shown(
    frame: Frame, request: HookRequest, caller: Caller
) -> Future[ShownBefore] | None:
    if frame.settings.repeat != "suppress" or frame.history is None:
        return None
    limits = frame.compiled.guideline.card_limits
    times = QuietTimes(
        timedelta(hours=limits.repeated_hours), timedelta(days=limits.dismissed_days)
    )
    patient, instance = request.context.patient_id, request.hook_instance
    viewer = Viewer(caller.client_id, patient, instance, frame.clock())
    return frame.history.look_up_shown(viewer, times)


def _complete(frame: Frame, request: HookRequest, caller: Caller) -> Mapping[str, Source]:
    until = time.monotonic() + SHOWN_SECONDS
    shown = _look_up_shown(frame, request, caller)
    sources = Input(_sources(frame, request, caller))
    sources.shown, sources.shown_until = shown, until
    return sources


def _sources(frame: Frame, request: HookRequest, caller: Caller) -> Mapping[str, Source]:
    servers = frame.settings.fhir_servers + (caller.client.fhir_servers if caller.client else ())
    access = fhir_access(
        servers,
        request,
        seconds=frame.settings.fhir_deadline,
        on_reply=lambda reply, seconds: frame.metrics.fhir_called(reply.word, seconds),
    )
    sources = complete(
        request,
        requirements_for(request.hook),
        access,
        lambda source: frame.metrics.prefetch_read(source.key, _PREFETCH_STATES[source.gap]),
    )
    for key, source in sources.items():
        if source.cause is not None:
            frame.metrics.read_failed(key, source.cause)
    return sources


def _advise(
    frame: Frame, request: HookRequest, sources: Mapping[str, Source], day: date, caller: Caller
) -> Advice:
    options = advice_options(frame, caller, request)
    if frame.strict is not None:
        options = replace(options, strict_findings=frame.strict(request, sources))
    if isinstance(sources, Input):
        options = replace(options, is_known=sources.is_known())
    advice = advise(request, sources, frame.compiled, day, options)
    if not (advice.orders or advice.cards or request.context.dispatched_orders):
        # The scope said that there is a spine order. Whatever lost it, the answer must not be "nothing of ours".
        raise AssertionError("a call in scope, and no order was read")
    if not advice.orders and advice.cards:
        _log.warning("orders not evaluated", detail=advice.cards[0].detail)
    if advice.assessment is not None and frame.history is not None:
        # Before the answer: what a worker has in hand when it is killed shows as the difference to what was written.
        frame.metrics.call_to_record()
    failed = advice.assessment.failed_criteria if advice.assessment is not None else ()
    for criterion in failed:
        # The others still count, and a card says that one is missing.
        _log.error("incident", error="criterion failed", criterion=criterion)
        frame.metrics.gap_found(criterion, "failed")
    return advice


def _strict_reader(settings: Settings) -> StrictReader | None:
    if not settings.strict_fhir:
        return None
    from cds_service.fhir.strict import strict_findings  # noqa: PLC0415 - its models are heavy, and off by default

    return strict_findings


def _check_jurisdiction(settings: Settings, content: Content) -> None:
    """Advice by rows that the guideline does not have would be that of another country."""
    if settings.jurisdiction not in content.jurisdictions:
        known = ", ".join(content.jurisdictions)
        mistake = (
            f"SPINE_CDS_JURISDICTION is '{settings.jurisdiction}', and the guideline is written for "
            f"{known}. Choose one of these."
        )
        raise SettingsError((mistake,))


def advice_options(frame: Frame, caller: Caller, request: HookRequest) -> AdviceOptions:
    """What of the configuration and of the client's own choices changes an answer."""
    settings = frame.settings
    pama = caller.client.pama if caller.client is not None else None
    chosen = read_client_options(request.extension, frame.hideable)
    return AdviceOptions(
        is_quiet=settings.show == "actionable",
        explain=settings.explain,
        pama=settings.is_pama_on if pama is None else pama and settings.pama != "off",
        qcdsm_id=settings.qcdsm_id,
        card_on_missing_data=settings.on_missing_data == "card",
        jurisdiction=settings.jurisdiction,
        site_country=settings.site_country,
        max_orders=settings.max_orders,
        gives_links=bool(settings.public_url),
        max_cards=chosen.max_cards,
        hidden_cards=chosen.hidden_cards,
        tells_facts=settings.repeat == "suppress",
    )


def _record_advice(frame: Frame, request: HookRequest, advice: Advised, caller: Caller) -> None:
    if frame.history is None or not isinstance(advice, Advice):
        return
    occasion = CallOccasion(
        received_at=frame.clock(),
        client_id=caller.client_id,
        tenant=caller.tenant,
        is_shown=frame.settings.mode == "live",
    )
    record = call_record(request, advice, frame.compiled.guideline.content, occasion)
    if record is not None:
        frame.history.record_call(record)


def _record_feedback(frame: Frame, service_id: str, batch: FeedbackBatch, caller: Caller) -> None:
    metrics = frame.metrics
    metrics.feedback_read("bad", len(batch.problems))
    results: Mapping[int, bool] = {}
    if frame.history is not None:
        stored = frame.history.record_feedback(
            service_id, caller.client_id, batch.entries, frame.clock()
        )
        results = {result.index: result.is_new for result in stored}
    for entry in batch.entries:
        is_new = results.get(entry.index, True)
        metrics.feedback_read(entry.outcome if is_new else "repeated")


_PREFETCH_STATES: Final[Mapping[GapReason | None, PrefetchState]] = {
    None: "hit",
    "not-provided": "miss",
    "partial": "partial",
    "failed": "failed",
    "unreadable": "failed",
}


def _metrics(settings: Settings, compiled: CompiledGuideline) -> Metrics:
    return Metrics(
        services=[service.id for service in SERVICES],
        prefetch_keys=[need.key for need in REQUIREMENTS],
        card_ids=[card.id for card in compiled.guideline.wording.card],
        clients=[OPEN_CALLER.client_id, *(client.issuer for client in settings.trusted_clients)],
    )


def _told(compiled: CompiledGuideline) -> Mapping[str, object]:
    """What readiness tells beside its verdict: which vocabulary of the site is in use."""
    if compiled.vocabulary is None:
        return {}
    return {"terminology": vocabulary_origin(compiled.vocabulary)}


def _checks(frame: Frame) -> Mapping[str, Callable[[], bool]]:
    """What has to hold before calls are sent here, by name."""
    checks: dict[str, Callable[[], bool]] = {
        "knowledge": lambda: bool(frame.compiled.rules.criteria)
    }
    if frame.history is not None:
        checks["database"] = frame.history.is_ready
    if frame.trust is not None:
        checks["keys"] = frame.trust.has_keys
    return checks


def _discovery(settings: Settings, kinds: tuple[CardKind, ...]) -> bytes:
    templates = {service.hook: prefetch_templates(service.hook) for service in SERVICES}
    names = {settings.profile, *(client.profile for client in settings.trusted_clients)}
    offers = any(PROFILES[name].offers_client_options for name in names if name is not None)
    is_old = PROFILES[settings.profile].is_before_2_0
    extension = options_extension(kinds) if offers else None
    return discovery_json(SERVICES, templates, extension, tells_version=not is_old)


def _switchable_cards(compiled: CompiledGuideline) -> tuple[CardKind, ...]:
    """Kinds of cards that are not always critical. What could not be read is always told too."""
    return tuple(
        CardKind(card.id, topic(card.id).display)
        for card in compiled.guideline.wording.card
        if card.id != Cards.PARTIAL_DATA
        and any(
            indicator not in (None, "critical")
            for indicator in (card.indicator, *(variant.indicator for variant in card.variant))
        )
    )
