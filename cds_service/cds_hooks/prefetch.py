"""What stands under one prefetch key, and what it means: unknown is never read as absent.

The states are those of CDS Hooks, "Prefetch Template", with what clients really send: an OperationOutcome
among the entries of an empty search, one page of many, a bare resource, an error page.
The body of a FHIR answer has the same shapes, so the FHIR client reads its pages here too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cds_service.cds_hooks.bundles import (
    BundleEnvelope,
    count_matches,
    read_envelope,
    resource_type,
    sorted_entries,
    unwrapped,
)
from cds_service.cds_hooks.model import GapReason, ReadCause, Source
from cds_service.cds_hooks.outcomes import OutcomeSummary, read_outcome

Refetch = Literal["never", "once", "freely"]
"""May the FHIR server be asked: not at all, with a single try, or with retries."""


class Page(Struct, frozen=True, gc=False):
    """One prefetch value, or one page of a FHIR answer."""

    resources: tuple[msgspec.Raw, ...] = ()
    full_urls: tuple[str | None, ...] = ()
    matches: int = 0
    """Entries that count towards `total`: included resources do not."""
    total: int | None = None
    next_url: str | None = None
    """As the server wrote it; nothing about it has been checked."""
    failure: GapReason | None = None
    """What to call it when no resource of the type asked for could be read, though some should have been."""
    problems: tuple[str, ...] = ()
    """Why resources may be missing, besides further pages."""
    remarks: tuple[str, ...] = ()
    """Warnings that take nothing away from the resources."""
    refetch: Refetch = "never"
    cause: ReadCause | None = None
    """Why resources may be missing, in one word."""


_NOTHING: Final = Page()
_FREELY: Final = Page(refetch="freely")

Decode: TypeAlias = Callable[
    [msgspec.Raw], tuple[tuple[object, ...], tuple[str | None, ...]] | None
]
"""An ordinary value to (its resources, their fullUrls); None for every other value."""


class PrefetchAnswer(Struct, frozen=True, gc=False):
    """What a prefetch key says, and whether asking the FHIR server would be right."""

    source: Source
    page: Page

    @property
    def refetch(self) -> Refetch:
        """`never` for an answer in full, known-empty included, and for a refusal."""
        return self.page.refetch

    @property
    def next_url(self) -> str | None:
        """Where the rest is, when this is the first page of several."""
        return self.page.next_url


def read_prefetch(
    key: str,
    value: msgspec.Raw | None,
    *,
    expected_type: str,
    also: tuple[str, ...] = (),
    decode: Decode | None = None,
) -> PrefetchAnswer:
    """Read the value of one prefetch key; None when the client did not send it. Never raises.

    `expected_type` is the resource type that the template asks for; `also` are types that answer it as well.
    `decode` reads an ordinary value in one pass, its resources included.
    """
    if value is None:
        note = "not among the prefetch of this call"
        source = Source(key, (), "not-provided", note, cause="not-provided")
        return PrefetchAnswer(source, _FREELY)
    if _is_null(value):
        return PrefetchAnswer(Source(key, (), None, "the client has none"), _NOTHING)
    if decode is not None and (found := decode(value)) is not None:
        decoded, full_urls = found
        return PrefetchAnswer(Source(key, (), None, "", full_urls, decoded, value), _NOTHING)
    page = read_page(value, expected_type=expected_type, also=also)
    return PrefetchAnswer(page_source(key, page), page)


def read_page(value: msgspec.Raw, *, expected_type: str, also: tuple[str, ...] = ()) -> Page:
    """Read a Bundle, a single resource or an OperationOutcome. Never raises; `null` is unreadable here."""
    expected = (expected_type, *also)
    envelope = read_envelope(value)
    if envelope is None:
        is_list = bytes(memoryview(value)[:64]).lstrip().startswith(b"[")
        return _unusable("unreadable", "not a JSON object", "list" if is_list else "not-fhir")
    wrapped = unwrapped(envelope)
    if wrapped is None:
        return _read_resource(value, envelope, expected)
    status, inner = wrapped
    if status and not status.startswith("2"):
        return _unusable("failed", "the client could not read it itself", "outcome")
    inside = read_envelope(inner)
    if inside is None:
        return _unusable("unreadable", "a response without a resource", "not-fhir")
    return _read_resource(inner, inside, expected)


def _read_resource(value: msgspec.Raw, envelope: BundleEnvelope, expected: tuple[str, ...]) -> Page:
    if envelope.resourceType == "OperationOutcome":
        return _refused(read_outcome(value))
    if envelope.resourceType == "Bundle":
        return _bundle_page(envelope, expected)
    if envelope.resourceType in expected:
        return Page(resources=(value,), full_urls=(None,), matches=1)
    return _unusable("unreadable", f"neither a Bundle nor a {expected[0]}", "not-fhir")


def page_source(key: str, page: Page) -> Source:
    """The pages read so far as the answer for one key."""
    problems = page.problems
    is_whole = not problems and page.failure is None
    if page.next_url is not None:
        problems = (*problems, "further pages were not read")
    elif page.total is not None and page.total > page.matches:
        problems = (*problems, "it holds fewer entries than the total that it states")
    gap: GapReason | None = None
    if problems or page.failure is not None:
        gap = page.failure or ("partial" if page.resources else "failed")
    note = "; ".join(dict.fromkeys((*problems, *page.remarks)))
    cause = None if gap is None else page.cause or "failed"
    is_cut = gap == "partial" and is_whole
    return Source(key, page.resources, gap, note, page.full_urls, cause=cause, is_cut=is_cut)


def joined(first: Page, following: Page) -> Page:
    """Two pages of one answer as one page; what is said about further pages comes from the second."""
    resources = first.resources + following.resources
    problems = first.problems + following.problems
    return Page(
        resources=resources,
        full_urls=first.full_urls + following.full_urls,
        matches=first.matches + following.matches,
        total=first.total if first.total is not None else following.total,
        next_url=following.next_url,
        failure=first.failure if following.failure is not None else None,
        problems=problems,
        remarks=first.remarks + following.remarks,
        refetch="freely" if problems else "never",
        cause=following.cause or first.cause,
    )


def cut_short(page: Page, why: str, cause: ReadCause | None = None) -> Page:
    """The page as an answer that ends too early: its resources are good, and more may exist."""
    return replace(
        page, problems=(*page.problems, why), refetch="freely", cause=cause or page.cause
    )


def _is_null(value: msgspec.Raw) -> bool:
    # By its start, so that a megabyte is not copied for the question.
    return bytes(memoryview(value)[:64]).strip() == b"null"


def _unusable(failure: GapReason, why: str, cause: ReadCause, refetch: Refetch = "freely") -> Page:
    return Page(failure=failure, problems=(why,), refetch=refetch, cause=cause)


def _refused(outcome: OutcomeSummary) -> Page:
    """A bare OperationOutcome: sent so that nobody asks again, unless the trouble passes by itself."""
    may_ask = outcome.is_passing or not outcome.is_error
    refetch: Refetch = "once" if may_ask and not outcome.is_refusal else "never"
    return _unusable("failed", f"no resources but an {outcome.words}", "outcome", refetch)


def _bundle_page(envelope: BundleEnvelope, expected: tuple[str, ...]) -> Page:
    kept, outcome_entries, lacking = sorted_entries(envelope.entry)
    outcomes = [read_outcome(entry.resource) for entry in outcome_entries]
    problems = tuple([o.words for o in outcomes if o.is_error or o.is_incomplete])
    failure: GapReason | None = "failed" if problems and not kept else None
    cause: ReadCause | None = "outcome" if problems else None
    if lacking:
        problems = (*problems, "entries without a resource")
        failure = failure or (None if kept else "unreadable")
        cause = cause or "not-fhir"
    if kept and not any(resource_type(entry.resource) in expected for entry in kept):
        problems = (*problems, f"no entry is a {expected[0]}")
        failure = "unreadable"
        cause = "not-fhir"
    page = Page(
        resources=tuple([entry.resource for entry in kept]),
        full_urls=tuple([entry.fullUrl for entry in kept]),
        matches=len(kept) if envelope.total is None else count_matches(kept),
        total=envelope.total,
        next_url=envelope.next_url,
        failure=failure,
        problems=problems,
        remarks=tuple([o.words for o in outcomes if not (o.is_error or o.is_incomplete)]),
        cause=cause,
    )
    is_whole = page_source("", page).gap is None
    return page if is_whole else replace(page, refetch="freely")
