"""The wiring: one Flask app from settings, a guideline and a clock. Nothing is configured at import."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Final

import structlog
from flask import Flask

from cds_service.advice import AdviceOptions, advise, compile_guideline, in_scope
from cds_service.cds_hooks.feedback import FeedbackBatch
from cds_service.cds_hooks.model import HookRequest, Source
from cds_service.evidence.requirements import prefetch_templates, requirements_for
from cds_service.fhir.client import fhir_access
from cds_service.fhir.complete import complete
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.model import Guideline
from cds_service.settings import Settings, load_settings, start_warnings
from cds_service.web.directions import directions_blueprint
from cds_service.web.edge import register_edge
from cds_service.web.health import health_blueprint
from cds_service.web.hooks import Advised, Steps, hooks_blueprint
from cds_service.web.limits import RateLimit, parse_rate
from cds_service.web.problems import register_problems
from cds_service.web.replay_guard import ReplayGuard
from cds_service.web.services import SERVICES
from cds_service.web.trust import OPEN_CALLER, Caller, trust_from_settings

Clock = Callable[[], datetime]
_log: Final = structlog.get_logger()


def utc_now() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    guideline: Guideline | None = None,
    clock: Clock = utc_now,
    steps: Steps | None = None,
) -> Flask:
    """A service ready to be called. `guideline` is the packaged one, `steps` the real ones, unless given.

    Raises SettingsError or KnowledgeError.
    """
    app = Flask(__name__, static_folder=None)
    warnings = start_warnings(settings)
    register_edge(app, settings.cors_origins)
    register_problems(app)
    app.register_blueprint(directions_blueprint(SERVICES, warnings))
    app.register_blueprint(health_blueprint(warnings, {}))
    app.register_blueprint(
        hooks_blueprint(
            steps or real_steps(settings, guideline, clock),
            settings,
            SERVICES,
            {service.hook: prefetch_templates(service.hook) for service in SERVICES},
            lambda: as_of(settings, clock),
        )
    )
    return app


def as_of(settings: Settings, clock: Clock) -> date:
    """The day that records are judged on: SPINE_CDS_AS_OF, else today where the service runs."""
    return settings.as_of or clock().astimezone().date()


def real_steps(settings: Settings, guideline: Guideline | None, clock: Clock) -> Steps:
    """The steps of a call as they run in a service. Without a guideline, the packaged one."""
    compiled = compile_guideline(guideline or load_guideline(cpt=settings.cpt))
    return Steps(
        authenticate=_authentication(settings, clock),
        in_scope=lambda request: in_scope(request, compiled),
        complete=lambda request, caller: _complete(settings, request, caller),
        advise=lambda request, sources, day, caller: advise(
            request, sources, compiled, day, advice_options(settings, caller, request)
        ),
        record_advice=_record_nothing,
        record_feedback=_count_feedback,
    )


def wsgi() -> Flask:
    """The app of one worker process, from its environment."""
    settings = load_settings(os.environ)
    configure_logs(settings.log_level)
    app = create_app(settings)
    for warning in start_warnings(settings):
        _log.warning("start", note=warning)
    # What was made so far lives as long as the process; the collector need not look at it again.
    gc.collect()
    gc.freeze()
    return app


def configure_logs(level: str) -> None:
    """One JSON line an event, on standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Their messages hold addresses, and a FHIR search names the patient in its address.
    for name in ("urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


# ------------------------------------------------------------------------------- the steps


def _authentication(settings: Settings, clock: Clock) -> Callable[[str | None, str], Caller]:
    if settings.is_open:
        return lambda _authorization, _path: OPEN_CALLER
    trust = trust_from_settings(settings, ReplayGuard(), clock)
    limit = RateLimit(parse_rate(settings.rate_limit)) if settings.rate_limit else None

    def authenticate(authorization: str | None, path: str) -> Caller:
        caller = trust.caller(authorization, path)
        if limit is not None:
            limit.count_call(caller.client_id)
        return caller

    return authenticate


def _complete(settings: Settings, request: HookRequest, caller: Caller) -> Mapping[str, Source]:
    servers = settings.fhir_servers + (caller.client.fhir_servers if caller.client else ())
    access = fhir_access(servers, request, seconds=settings.fhir_deadline)
    return complete(request, requirements_for(request.hook), access)


def advice_options(settings: Settings, caller: Caller, request: HookRequest) -> AdviceOptions:
    """What of the configuration changes an answer."""
    pama = caller.client.pama if caller.client is not None else None
    return AdviceOptions(
        is_quiet=settings.show == "actionable",
        explain=settings.explain,
        pama=settings.is_pama_on if pama is None else pama and settings.pama != "off",
        qcdsm_id=settings.qcdsm_id,
        card_on_missing_data=settings.on_missing_data == "card",
        jurisdiction=settings.jurisdiction,
        site_country=settings.site_country,
        max_cards=_max_cards(request),
    )


def _max_cards(request: HookRequest) -> int | None:
    """The client's own limit (Da Vinci CRD, configuration options)."""
    configuration = request.extension.get("davinci-crd.configuration")
    limit = configuration.get("max-cards") if isinstance(configuration, dict) else None
    return limit if type(limit) is int and limit >= 0 else None


def _record_nothing(_request: HookRequest, _advice: Advised, _day: date, _caller: Caller) -> None:
    """Stands where the history will be told of a call."""


def _count_feedback(service_id: str, batch: FeedbackBatch, caller: Caller) -> None:
    _log.info(
        "feedback",
        service=service_id,
        client=caller.client_id,
        accepted=sum(entry.outcome == "accepted" for entry in batch.entries),
        overridden=sum(entry.outcome == "overridden" for entry in batch.entries),
    )
