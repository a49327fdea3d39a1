"""One hook call at the door: one straight line in `HookCalls.answer`, for whoever took the request.

No error becomes an empty answer: whatever is raised in the line leaves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog
from msgspec import Struct

from cds_service.cds_hooks.discovery import HookService
from cds_service.cds_hooks.feedback import FeedbackBatch
from cds_service.cds_hooks.model import Action, Card, HookRequest, Source
from cds_service.cds_hooks.profiles import PROFILES, ClientProfile
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.cds_hooks.response import response_json
from cds_service.errors import ServiceUnavailable
from cds_service.settings import Settings
from cds_service.web.bodies import json_body
from cds_service.web.edge import CALLED_PATH, STRICT_HEADER, uuid_or_none
from cds_service.web.metrics import Metrics
from cds_service.web.pacing import LARGE_BODY, MANY_RESOURCES, turn
from cds_service.web.receiving import AFTER
from cds_service.web.trust import Caller

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

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
    def strict_count(self) -> int | None:
        """How many things in the call are not valid FHIR, or None when nobody asked."""

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


class Answer(Struct, frozen=True, gc=False):
    """A 200 of ours."""

    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    """Beside those of every answer."""


class HookCalls:
    """Answers calls of all services of one app."""

    def __init__(
        self, steps: Steps, settings: Settings, today: Callable[[], date], metrics: Metrics
    ) -> None:
        self._steps = steps
        self._settings = settings
        self._today = today
        self._metrics = metrics

    def answer(
        self, service: HookService, environ: WSGIEnvironment, facts: dict[str, object]
    ) -> Answer:
        """The answer of a 200. `facts` get what the log and the metrics say about the call, failed ones too.

        Raises what `problems` knows an answer for.
        """
        steps, settings, metrics = self._steps, self._settings, self._metrics
        caller = self.begin(service, environ, facts)
        if settings.mode == "off":
            raise ServiceUnavailable("SPINE_CDS_MODE=off")
        body = json_body(environ, settings.max_body)
        with metrics.stage("parse"), turn(is_large=len(body) > LARGE_BODY):
            hook_request = parse_hook_request(service.id, body)
            _note_call(hook_request, service, facts)
            is_ours = steps.in_scope(hook_request)
        profile = self._profile(caller)
        if not is_ours:
            facts["in_scope"] = False
            return Answer(response_json((), (), None, profile))
        with metrics.stage("fetch"):
            sources = steps.complete(hook_request, caller)
            _note_causes(sources, facts)
        read = sum(source.count for source in sources.values())
        is_large = len(body) > LARGE_BODY or read > MANY_RESOURCES
        as_of = self._today()
        with metrics.stage("assess"), turn(is_large=is_large):
            advice = steps.advise(hook_request, sources, as_of, caller)
        with metrics.stage("render"):
            answer = _answer(advice, profile, is_silent=settings.mode == "silent")
        gaps = [(source.key, source.gap) for source in sources.values() if source.gap is not None]
        facts["in_scope"] = True
        facts["cards"] = [card.id for card in advice.cards]
        facts["gaps"] = [f"{key}:{reason}" for key, reason in gaps]

        for key, reason in gaps:
            metrics.gap_found(key, reason)
        if settings.mode == "live":
            metrics.cards_answered(advice.cards)
        do_after(environ, lambda: _record(steps, hook_request, advice, as_of, caller))
        if advice.strict_count is None:
            return Answer(answer)
        return Answer(answer, ((STRICT_HEADER, str(advice.strict_count)),))

    def begin(
        self, service: HookService, environ: WSGIEnvironment, facts: dict[str, object]
    ) -> Caller:
        """Who calls: what comes before the body is looked at. Raises ClientNotTrusted or TooManyRequests."""
        facts["service"] = service.id
        caller = self._steps.authenticate(
            environ.get("HTTP_AUTHORIZATION"), environ.get(CALLED_PATH) or environ["PATH_INFO"]
        )
        facts["client"] = caller.client_id
        return caller

    def _profile(self, caller: Caller) -> ClientProfile:
        named = caller.client.profile if caller.client is not None else None
        return PROFILES[named or self._settings.profile]


def do_after(environ: WSGIEnvironment, rest: Callable[[], None]) -> None:
    """Does something once the answer is on its way; at once where the server has no place for it."""
    after: list[Callable[[], None]] | None = environ.get(AFTER)
    if after is None:
        rest()
    else:
        after.append(rest)


def _answer(advice: Advised, profile: ClientProfile, *, is_silent: bool) -> bytes:
    if is_silent:
        return response_json((), (), None, profile)
    return response_json(advice.cards, advice.system_actions, advice.extension_json, profile)


def _record(
    steps: Steps, hook_request: HookRequest, advice: Advised, as_of: date, caller: Caller
) -> None:
    try:
        steps.record_advice(hook_request, advice, as_of, caller)
    except Exception as error:  # noqa: BLE001 - keeping a record never costs the clinician the answer
        _log.error("advice not recorded", error=type(error).__name__)


def _note_causes(sources: Mapping[str, Source], facts: dict[str, object]) -> None:
    """Before anything is made of them: a call that ends here for want of data is looked up by its cause."""
    causes = {key: source.cause for key, source in sources.items() if source.cause is not None}
    if causes:
        facts["not_read"] = causes


def _note_call(hook_request: HookRequest, service: HookService, facts: dict[str, object]) -> None:
    facts["hook"] = hook_request.hook
    facts["hook_instance"] = uuid_or_none(hook_request.hook_instance)
    if hook_request.hook != service.hook:
        # Some clients send the hook of the tab that is open. The orders are what counts.
        _log.info("hook of another service", service=service.id, hook=hook_request.hook)
