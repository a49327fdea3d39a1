"""The CDS Hooks endpoints in Flask: discovery, hook calls, feedback."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, g, request

from cds_service.cds_hooks.discovery import HookService
from cds_service.cds_hooks.feedback import parse_feedback
from cds_service.errors import HookRequestError
from cds_service.settings import Settings
from cds_service.web.bodies import json_body
from cds_service.web.calls import HookCalls, Steps
from cds_service.web.edge import json_response, note
from cds_service.web.problems import feedback_problem, problem_response


def hooks_blueprint(
    calls: HookCalls,
    steps: Steps,
    settings: Settings,
    services: tuple[HookService, ...],
    discovery: bytes,
) -> Blueprint:
    """Discovery, and the endpoints of every service."""
    blueprint = Blueprint("hooks", __name__, url_prefix="/cds-services")
    by_id = {service.id: service for service in services}

    @blueprint.get("")
    def discover() -> Response:
        return json_response(discovery)

    @blueprint.post("/<service_id>")
    def call(service_id: str) -> Response:
        answer = calls.answer(_known(service_id, by_id), request.environ, g.facts)
        return json_response(answer.body, answer.headers)

    @blueprint.post("/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        service = _known(service_id, by_id)
        caller = calls.begin(service, request.environ, g.facts)
        batch = parse_feedback(json_body(request.environ, settings.max_body))
        note(entries=len(batch.entries), problems=len(batch.problems))
        if batch.entries:
            steps.record_feedback(service.id, batch, caller)
        if batch.problems:
            return problem_response(feedback_problem(batch))
        return json_response(b"{}")

    return blueprint


def _known(service_id: str, by_id: Mapping[str, HookService]) -> HookService:
    service = by_id.get(service_id)
    if service is None:
        raise HookRequestError(
            f"There is no such service. Expected one of {', '.join(by_id)}.",
            status=404,
            code="not-found",
        )
    return service
