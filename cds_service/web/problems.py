"""The one table from errors to answers. Every answer that is no 200 is an OperationOutcome made here.

No body repeats what the client sent, and all 401 bodies are the same bytes.
"""

from __future__ import annotations

import secrets
import traceback
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec
import structlog
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from cds_service.cds_hooks.feedback import FeedbackBatch
from cds_service.errors import (
    ClientNotTrusted,
    HookRequestError,
    PatientDataUnavailable,
    ServiceUnavailable,
    TooManyRequests,
)
from cds_service.web.read_failures import READ_FAILURE, READ_FAILURES

_log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong."""

    text: str
    expressions: tuple[str, ...] = ()
    cause: str | None = None
    """A code of READ_FAILURE; None: nothing that could not be read."""
    code: str | None = None
    """FHIR issue-type code; None: that of the problem."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One error as a client sees it."""

    status: int
    code: str
    """FHIR issue-type code."""
    text: str
    expressions: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    issues: tuple[Issue, ...] = ()
    """Empty: one issue with the text and the expressions."""


_HTTP: Final = MappingProxyType(
    {
        400: ("invalid", "The request could not be read."),
        404: (
            "not-found",
            "There is nothing at this address. GET /cds-services lists the services.",
        ),
        405: ("not-supported", "This address does not take this method. See the Allow header."),
        406: ("not-supported", "Answers are JSON."),
        408: ("timeout", "The request took too long to arrive."),
        413: ("too-long", "The body is larger than this service takes."),
        414: ("too-long", "The address is too long."),
        415: ("not-supported", "Send JSON: Content-Type: application/json, not compressed."),
        429: ("throttled", "Too many requests. Try again later."),
        431: ("too-long", "The headers are too large."),
    }
)
_MOST_ISSUES: Final = 100
"""In one answer; more of them are counted."""
_UNTRUSTED: Final = Problem(
    401, "login", "A valid token is needed.", headers=(("WWW-Authenticate", "Bearer"),)
)
_FORBIDDEN: Final = Problem(403, "forbidden", "This client may not make this call.")


def error_statuses() -> dict[int, str]:
    """Every status that a call can end with beside 200, and what it means."""
    others = {
        401: _UNTRUSTED.text,
        403: _FORBIDDEN.text,
        412: "Required data could be had neither by prefetch nor from a FHIR server.",
        500: "A mistake of the service; nothing was evaluated.",
        503: "The service gives no advice at the moment.",
    }
    return dict(sorted((others | {status: text for status, (_, text) in _HTTP.items()}).items()))


def problem_of(error: Exception) -> Problem:
    """What a client is told about an error. Anything unforeseen is a 500 with an incident id, which is logged."""
    match error:
        case HookRequestError():
            where = (error.expression,) if error.expression else ()
            return Problem(error.status, error.code, str(error), where)
        case ClientNotTrusted():
            return _FORBIDDEN if error.status == 403 else _UNTRUSTED  # noqa: PLR2004 - HTTP status
        case TooManyRequests():
            wait = (("Retry-After", str(error.retry_after)),)
            return Problem(429, "throttled", "Too many requests. Try again later.", headers=wait)
        case PatientDataUnavailable():
            return _missing_data(error)
        case ServiceUnavailable():
            return Problem(
                503,
                "transient",
                "The service gives no advice at the moment.",
                headers=(("Retry-After", "60"),),
            )
        case HTTPException():
            return _http_problem(error)
        case RecursionError():
            return Problem(400, "structure", "The JSON is nested too deeply.")
        case _:
            return _incident(error)


def problem_json(problem: Problem) -> bytes:
    """The OperationOutcome for a problem."""
    issues = [_issue_json(problem.code, issue) for issue in problem.issues] or [
        _issue_json(problem.code, Issue(problem.text, problem.expressions))
    ]
    return msgspec.json.encode({"resourceType": "OperationOutcome", "issue": issues})


def problem_response(problem: Problem) -> Response:
    """The answer that tells a problem."""
    response = Response(problem_json(problem), problem.status, mimetype="application/json")
    response.headers.extend(dict(problem.headers))
    return response


def _issue_json(code: str, issue: Issue) -> dict[str, object]:
    details: dict[str, object] = {"text": issue.text}
    if issue.cause is not None:
        coding = {
            "system": READ_FAILURES,
            "code": issue.cause,
            "display": READ_FAILURE[issue.cause][0],
        }
        details = {"coding": [coding], **details}
    body: dict[str, object] = {
        "severity": "error",
        "code": issue.code or code,
        "details": details,
    }
    return body | ({"expression": list(issue.expressions)} if issue.expressions else {})


def feedback_problem(batch: FeedbackBatch) -> Problem:
    """What is told about a batch of feedback of which entries were left out: each by its place."""
    issues = tuple(
        Issue(
            f"This entry was not taken: {problem.expected}.",
            (problem.expression,),
            code=problem.code,
        )
        for problem in batch.problems[:_MOST_ISSUES]
    )
    if len(batch.problems) > _MOST_ISSUES:
        more = len(batch.problems) - _MOST_ISSUES
        issues += (Issue(f"{more} more entries were not taken.", ("feedback",)),)
    taken = f"{len(batch.entries)} entries were taken, {len(batch.problems)} were not."
    return Problem(200 if batch.entries else 400, "value", taken, issues=issues)


def told_problem(error: Exception, facts: dict[str, object]) -> Problem:
    """What a client is told. The log is told why a caller was not trusted; `facts` of the call, what was wrong."""
    problem = problem_of(error)
    if isinstance(error, ClientNotTrusted):
        # The reason is for us alone; the client is told nothing that would help to forge a token.
        _log.warning("client not trusted", status=problem.status, reason=str(error))
    elif isinstance(error, HookRequestError):
        # Our own words and places: they repeat nothing of what was sent.
        facts |= {"problem": str(error), "expression": error.expression or None}
    return problem


def register_problems(app: Flask) -> None:
    """Every error that leaves a view is answered from the table above."""

    def answer(error: Exception) -> Response:
        return problem_response(told_problem(error, g.setdefault("facts", {})))

    app.register_error_handler(Exception, answer)


def _missing_data(error: PatientDataUnavailable) -> Problem:
    issues = tuple(
        Issue(
            f"Required data could not be read: {key}. Nothing was evaluated. {READ_FAILURE[cause][1]}",
            (f"prefetch.{key}",),
            cause,
        )
        for key, cause in zip(error.keys, error.causes, strict=True)
    )
    return Problem(412, "incomplete", str(error), issues=issues)


def _http_problem(error: HTTPException) -> Problem:
    status = error.code or 500
    if status not in _HTTP:
        return _incident(error) if status >= 500 else Problem(status, "invalid", "Not possible.")  # noqa: PLR2004
    code, text = _HTTP[status]
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers = (("Allow", ", ".join(sorted(error.valid_methods))),)
    return Problem(status, code, text, headers=headers)


def _incident(error: Exception) -> Problem:
    incident = secrets.token_hex(6)
    # Type and places only: the message of an unforeseen error may quote the record.
    frames = traceback.extract_tb(error.__traceback__)
    _log.error(
        "incident",
        incident=incident,
        error=type(error).__name__,
        where=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
    )
    return Problem(
        500,
        "exception",
        f"The service failed, and nothing was evaluated. Please report incident {incident}.",
    )
