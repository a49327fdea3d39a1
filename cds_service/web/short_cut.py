"""Hook calls past Flask: what comes again and again is answered without its routing and request objects.

What is answered is the same: one line answers (`calls`), one table tells errors (`problems`). Whatever is not
plainly a hook call, and all that browsers send, goes the way of everything else.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import structlog

from cds_service.cds_hooks.discovery import HookService
from cds_service.web.calls import HookCalls, do_after
from cds_service.web.edge import ANSWER_HEADERS, logged_id, milliseconds, request_id_of
from cds_service.web.metrics import OTHER, Metrics
from cds_service.web.problems import problem_json, told_problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ROUTE: Final = "/cds-services/<service_id>"
_STATUS: Final = {status.value: f"{status.value} {status.phrase.upper()}" for status in HTTPStatus}
_log: Final = structlog.get_logger()


def short_cut(
    application: WSGIApplication,
    calls: HookCalls,
    services: Iterable[HookService],
    metrics: Metrics,
    cors_headers: Mapping[str, str],
) -> WSGIApplication:
    """The application, with a shorter way for the hook calls of these services.

    `cors_headers` are those of an answer to a request without an Origin.
    """
    by_path = {f"/cds-services/{service.id}": service for service in services}
    common = [("Content-Type", "application/json"), *ANSWER_HEADERS, *cors_headers.items()]

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        service = by_path.get(environ["PATH_INFO"])
        if service is None or environ["REQUEST_METHOD"] != "POST" or "HTTP_ORIGIN" in environ:
            return application(environ, start_response)
        started = time.perf_counter()
        facts: dict[str, object] = {}
        request_id = request_id_of(environ)
        headers = [*common, ("X-Request-Id", request_id)]
        try:
            answered = calls.answer(service, environ, facts)
            status, body = 200, answered.body
            headers += answered.headers
        except Exception as error:  # noqa: BLE001 - the table has an answer for all of them
            problem = told_problem(error, facts)
            status, body = problem.status, problem_json(problem)
            headers += problem.headers
        seconds = time.perf_counter() - started

        named = str(facts.get("service", OTHER)), str(facts.get("hook", OTHER))
        # Before the answer: who was answered finds the call in the counts.
        metrics.call_answered(*named, status, seconds)

        def tell() -> None:
            _log.info(
                "request",
                request_id=logged_id(request_id),
                method="POST",
                route=_ROUTE,
                status=status,
                ms=milliseconds(seconds),
                **facts,
            )

        do_after(environ, tell)
        headers.append(("Content-Length", str(len(body))))
        start_response(_STATUS[status], headers)
        return [body]

    return answer
