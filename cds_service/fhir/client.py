"""One answer from a FHIR server: the query, its pages, and a Page that says what is missing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from cds_service.cds_hooks.model import FhirAuthorization, HookContext, HookRequest
from cds_service.cds_hooks.prefetch import Page, cut_short, joined, page_source, read_page
from cds_service.evidence.record.types import Requirement
from cds_service.fhir.allow_list import allowed_base, page_target
from cds_service.fhir.connection import Deadline, FhirServer, Question, Reply, fhir_server

MAX_PAGES: Final = 20
ATTEMPTS: Final = 3
_PAGE_SIZE: Final = "200"
_LONGEST_TARGET: Final = 1800
"""Longer than this, a search goes by POST: some proxies cut URLs at 2,000 characters."""
_ASK_BY_POST: Final = frozenset({405, 414, 431})
_ID: Final = re.compile(r"[A-Za-z0-9._\-]{1,512}")
_TOKEN: Final = re.compile(r"[!-~]{1,16384}")
"""What can stand in a header; anything else could not be sent, or would end up in an error's text."""

Progress = Callable[[Page], None]
Answered = Callable[[Reply, float], None]
"""Told of each question to the FHIR server: how it ended, and after how many seconds."""


@dataclass(frozen=True, slots=True)
class FhirAccess:
    """What one hook call may read: a server, the token for it, and the moment when reading ends."""

    server: FhirServer
    authorization: FhirAuthorization | None
    deadline: Deadline
    on_reply: Answered | None = None

    @property
    def token(self) -> str | None:
        """The bearer token; None for a server that is open."""
        return None if self.authorization is None else self.authorization.access_token


@dataclass(frozen=True, slots=True)
class FhirQuery:
    """A read (`Patient/1`, no parameters) or a search, relative to the base."""

    path: str
    parameters: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return "FhirQuery(<not shown: it names the patient>)"


def fhir_access(
    servers: tuple[str, ...],
    request: HookRequest,
    *,
    seconds: float,
    on_reply: Answered | None = None,
) -> FhirAccess | None:
    """What this call may read from its `fhirServer`; None when that base is not one of `servers`.

    The deadline starts now, and all reads of the call share it.
    """
    if not request.fhir_server or seconds <= 0:
        return None
    base = allowed_base(request.fhir_server, servers)
    authorization = request.fhir_authorization
    if base is None:
        return None
    if authorization is not None and not _TOKEN.fullmatch(authorization.access_token):
        return None
    return FhirAccess(fhir_server(base), authorization, Deadline.after(seconds), on_reply)


def query_for(need: Requirement, context: HookContext) -> FhirQuery | None:
    """The query that a prefetch template stands for; None when the patient's id could mean another one."""
    if not is_plain_id(context.patient_id):
        return None
    filled = need.template.replace("{{context.patientId}}", context.patient_id)
    path, _, search = filled.partition("?")
    if not search:
        return FhirQuery(path)
    pairs = (parameter.partition("=") for parameter in search.split("&"))
    parameters = {name: value for name, _, value in pairs}
    # Fewer pages, fewer round trips; a server that wants smaller ones makes them smaller.
    parameters.setdefault("_count", _PAGE_SIZE)
    return FhirQuery(path, tuple(parameters.items()))


def is_plain_id(text: str) -> bool:
    """An id that stays one id in a URL and in a search: no slash, no comma, no dots alone."""
    return _ID.fullmatch(text) is not None and text not in {".", ".."}


def read_answer(
    access: FhirAccess,
    query: FhirQuery,
    need: Requirement,
    *,
    attempts: int = ATTEMPTS,
    on_page: Progress | None = None,
) -> Page:
    """Ask for one key and follow its pages. Never raises; what could not be read is said in the Page."""
    page = _read(_ask(access, query, attempts), need)
    return read_further_pages(access, page, need, on_page=on_page)


def read_further_pages(
    access: FhirAccess, page: Page, need: Requirement, *, on_page: Progress | None = None
) -> Page:
    """Follow the `next` links of a page, on the same server and under its base only."""
    seen: set[str] = set()
    while page.next_url is not None:
        if on_page is not None:
            on_page(page)
        target = page_target(access.server.base, page.next_url)
        if target is None:
            return cut_short(page, "the next page is on another server", "not-allowed")
        if target in seen or len(seen) + 1 >= MAX_PAGES:
            return cut_short(page, "there are more pages than are read")
        seen.add(target)
        question = Question(target, token=access.token, attempts=ATTEMPTS)
        following = _read(_asked(access, question), need)
        if following.failure is not None and not following.resources:
            return cut_short(page, page_source("", following).note, following.cause)
        page = joined(page, following)
    return page


def _ask(access: FhirAccess, query: FhirQuery, attempts: int) -> Reply:
    path = f"{access.server.base.path}/{quote(query.path)}"
    search = urlencode(query.parameters, safe=",:-", quote_via=quote)
    target = f"{path}?{search}" if search else path
    by_post = Question(f"{path}/_search", search.encode(), access.token, attempts)
    if search and len(target) > _LONGEST_TARGET:
        return _asked(access, by_post)
    reply = _asked(access, Question(target, None, access.token, attempts))
    if search and reply.status in _ASK_BY_POST:
        return _asked(access, by_post)
    return reply


def _asked(access: FhirAccess, question: Question) -> Reply:
    began = time.monotonic()
    reply = access.server.ask(question, access.deadline)
    if access.on_reply is not None:
        access.on_reply(reply, time.monotonic() - began)
    return reply


def _read(reply: Reply, need: Requirement) -> Page:
    if reply.body is None:
        return Page(failure=reply.failure, problems=(reply.note,), cause=reply.cause)
    return read_page(reply.body, expected_type=need.resource_type, also=need.also)
