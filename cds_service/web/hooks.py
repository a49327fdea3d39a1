"""The CDS Hooks endpoints: discovery, hook calls, feedback. One call is one straight line in `call`.

No error becomes an empty answer: whatever is raised in the line leaves the view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol

import structlog
from flask import Blueprint, Response, request

from cds_service.cds_hooks.discovery import HookService
from cds_service.cds_hooks.feedback import FeedbackBatch, parse_feedback
from cds_service.cds_hooks.model import Action, Card, HookRequest, Source
from cds_service.cds_hooks.profiles import PROFILES, ClientProfile
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.cds_hooks.response import response_json
from cds_service.errors import HookRequestError, ServiceUnavailable
from cds_service.settings import Settings
from cds_service.web.bodies import json_body
from cds_service.web.edge import CALLED_PATH, json_response, note, uuid_or_none
from cds_service.web.metrics import Metrics
from cds_service.web.pacing import LARGE_BODY, MANY_RESOURCES, turn
from cds_service.web.trust import Caller

_log: Final = structlog.get_logger()


class Advised(Protocol):
    """What the core says about one call, as far as the wire needs it."""

    @property
    def cards(self) -> tuple[Card, ...]:
        """Cards in the order in which they are shown."""

    @property
    def system_actions(self) -> tuple[Action, ...]:
        """Actions that the client applies by itself."""

    @property
    def extension_json(self) -> dict[str, Any] | None:
        """The explanation, or None when it is not wanted."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one call, wired once by `app.create_app`."""

    authenticate: Callable[[str | None, str], Caller]
    """From the Authorization header and the path as called. Raises ClientNotTrusted, TooManyRequests."""
    in_scope: Callable[[HookRequest], bool]
    complete: Callable[[HookRequest, Caller], Mapping[str, Source]]
    advise: Callable[[HookRequest, Mapping[str, Source], date, Caller], Advised]
    record_advice: Callable[[HookRequest, Advised, date, Caller], None]
    """Returns at once, and never raises for anything but a bug."""
    record_feedback: Callable[[str, FeedbackBatch, Caller], None]
    """Gets the service id too. What it raises fails the feedback call."""


def hooks_blueprint(
    steps: Steps,
    settings: Settings,
    services: tuple[HookService, ...],
    discovery: bytes,
    today: Callable[[], date],
    metrics: Metrics,
) -> Blueprint:
    """Discovery, and the endpoints of every service."""
    blueprint = Blueprint("hooks", __name__, url_prefix="/cds-services")
    by_id = {service.id: service for service in services}

    @blueprint.get("")
    def discover() -> Response:
        return json_response(discovery)

    @blueprint.post("/<service_id>")
    def call(service_id: str) -> Response:
        service = _known(service_id, by_id)
        caller = _begin_call(service, steps)
        if settings.mode == "off":
            raise ServiceUnavailable("SPINE_CDS_MODE=off")
        body = json_body(settings.max_body)
        with metrics.stage("parse"), turn(is_large=len(body) > LARGE_BODY):
            hook_request = parse_hook_request(service.id, body)
            _note_call(hook_request, service)
            is_ours = steps.in_scope(hook_request)
        profile = _profile(settings, caller)
        if not is_ours:
            note(in_scope=False)
            return json_response(response_json((), (), None, profile))
        with metrics.stage("fetch"):
            sources = steps.complete(hook_request, caller)
        read = sum(len(source.resources) for source in sources.values())
        is_large = len(body) > LARGE_BODY or read > MANY_RESOURCES
        as_of = today()
        with metrics.stage("assess"), turn(is_large=is_large):
            advice = steps.advise(hook_request, sources, as_of, caller)
        _note_advice(advice, sources, metrics)
        with metrics.stage("render"):
            answer = _answer(advice, profile, is_silent=settings.mode == "silent")
        if settings.mode == "live":
            metrics.cards_answered(advice.cards)
        _record(steps, hook_request, advice, as_of, caller)
        return json_response(answer)

    @blueprint.post("/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        service = _known(service_id, by_id)
        caller = _begin_call(service, steps)
        batch = parse_feedback(json_body(settings.max_body))
        note(entries=len(batch.entries), problems=len(batch.problems))
        if not batch.entries:
            first = batch.problems[0]
            raise HookRequestError(first.expected, expression=first.expression)
        steps.record_feedback(service.id, batch, caller)
        return json_response(b"{}")

    return blueprint


def _answer(advice: Advised, profile: ClientProfile, *, is_silent: bool) -> bytes:
    if is_silent:
        return response_json((), (), None, profile)
    return response_json(advice.cards, advice.system_actions, advice.extension_json, profile)


def _note_advice(advice: Advised, sources: Mapping[str, Source], metrics: Metrics) -> None:
    gaps = [(source.key, source.gap) for source in sources.values() if source.gap is not None]
    for key, reason in gaps:
        metrics.gap_found(key, reason)
    note(
        in_scope=True,
        cards=[card.id for card in advice.cards],
        gaps=[f"{key}:{reason}" for key, reason in gaps],
    )


def _record(
    steps: Steps, hook_request: HookRequest, advice: Advised, as_of: date, caller: Caller
) -> None:
    try:
        steps.record_advice(hook_request, advice, as_of, caller)
    except Exception as error:  # noqa: BLE001 - keeping a record never costs the clinician the answer
        _log.error("advice not recorded", error=type(error).__name__)


def _begin_call(service: HookService, steps: Steps) -> Caller:
    """What comes before the body is read."""
    note(service=service.id)
    caller = steps.authenticate(
        request.headers.get("Authorization"), request.environ.get(CALLED_PATH, request.path)
    )
    note(client=caller.client_id)
    return caller


def _known(service_id: str, by_id: Mapping[str, HookService]) -> HookService:
    service = by_id.get(service_id)
    if service is None:
        raise HookRequestError(
            f"There is no such service. Expected one of {', '.join(by_id)}.",
            status=404,
            code="not-found",
        )
    return service


def _note_call(hook_request: HookRequest, service: HookService) -> None:
    note(hook=hook_request.hook, hook_instance=uuid_or_none(hook_request.hook_instance))
    if hook_request.hook != service.hook:
        # Some clients send the hook of the tab that is open. The orders are what counts.
        _log.info("hook of another service", service=service.id, hook=hook_request.hook)


def _profile(settings: Settings, caller: Caller) -> ClientProfile:
    named = caller.client.profile if caller.client is not None else None
    return PROFILES[named or settings.profile]
