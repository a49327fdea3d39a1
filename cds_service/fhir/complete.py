"""Every prefetch key of a call answered as far as it can be: by the client, else by the FHIR server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Final

import msgspec
from msgspec.structs import replace

from cds_service.cds_hooks.model import GapReason, HookRequest, Source
from cds_service.cds_hooks.prefetch import (
    Page,
    PrefetchAnswer,
    cut_short,
    joined,
    page_source,
    read_prefetch,
)
from cds_service.evidence.record.types import REQUIREMENTS, Requirement
from cds_service.fhir.allow_list import page_target
from cds_service.fhir.client import (
    ATTEMPTS,
    FhirAccess,
    FhirQuery,
    Progress,
    is_plain_id,
    query_for,
    read_answer,
    read_further_pages,
)
from cds_service.fhir.misspelled import resembles_another

_DISPATCHED: Final = next(need for need in REQUIREMENTS if need.key == "dispatchedOrders")
_MOST_ORDERS: Final = 20
_OTHER_ORDERS: Final = frozenset(
    {
        "MedicationRequest",
        "MedicationOrder",
        "DeviceRequest",
        "DeviceUseRequest",
        "NutritionOrder",
        "VisionPrescription",
        "CommunicationRequest",
        "SupplyRequest",
        "ImmunizationRecommendation",
    }
)
"""Orders that are never for imaging."""
_VERSION: Final = re.compile(r"/_history/[^/]*$")
_LATE: Final = "the FHIR server did not answer in time"

Job = Callable[[Progress], Page]


class _Named(msgspec.Struct, gc=False):
    resourceType: str = ""  # noqa: N815  # FHIR's own name
    id: str = ""


def complete(
    request: HookRequest,
    requirements: Iterable[Requirement],
    access: FhirAccess | None,
    on_prefetch: Callable[[Source], None] | None = None,
) -> Mapping[str, Source]:
    """What came for each requirement, in their order: from prefetch, and what that lacks from the FHIR server.

    All reads run at once and end at the deadline of `access`. Never raises: a failed read is a gap.
    `on_prefetch` is told what prefetch gave for each.
    """
    needs = tuple(requirements)
    answers = {need.key: _prefetched(request, need) for need in needs}
    if on_prefetch is not None:
        for answer in answers.values():
            on_prefetch(answer.source)
    jobs: dict[tuple[str, int], Job] = {}
    for need in needs:
        if need.key == _DISPATCHED.key:
            missing = _missing_orders(request, answers[need.key].source)
            jobs |= _order_jobs(missing, access)
        else:
            job = _job(request, need, answers[need.key], access)
            jobs |= {(need.key, 0): job} if job is not None else {}
    pages = _run(jobs, access)
    sources: dict[str, Source] = {}
    for need in needs:
        read = [page for (key, _), page in pages.items() if key == need.key] if pages else []
        if need.key == _DISPATCHED.key:
            sources[need.key] = _orders_source(request, answers[need.key], read)
        else:
            sources[need.key] = _source(need, answers[need.key], read[0] if read else None)
    return {key: _explained(source, request, access) for key, source in sources.items()}


def _explained(source: Source, request: HookRequest, access: FhirAccess | None) -> Source:
    """The source, with a better cause where the key was simply not there."""
    if source.cause != "not-provided":
        return source
    if resembles_another(source.key, request.prefetch):
        return replace(source, cause="misspelled-key")
    if request.fhir_server and access is None:
        return replace(source, cause="not-allowed")
    return source


def _prefetched(request: HookRequest, need: Requirement) -> PrefetchAnswer:
    value = request.prefetch.get(need.key)
    return read_prefetch(
        need.key, value, expected_type=need.resource_type, also=need.also, decode=need.decode
    )


def _job(
    request: HookRequest, need: Requirement, answer: PrefetchAnswer, access: FhirAccess | None
) -> Job | None:
    """What to ask the FHIR server for one key, if anything."""
    if access is None or answer.refetch == "never":
        return None
    next_url = answer.next_url
    if next_url is not None and page_target(access.server.base, next_url) is not None:
        return lambda on_page: read_further_pages(access, answer.page, need, on_page=on_page)
    query = query_for(need, request.context)
    if query is None:
        why = "the patient's id fits in no FHIR URL"
        return lambda _: Page(failure="failed", problems=(why,), cause="failed")
    attempts = 1 if answer.refetch == "once" else ATTEMPTS
    return lambda on_page: read_answer(access, query, need, attempts=attempts, on_page=on_page)


def _source(need: Requirement, answer: PrefetchAnswer, read: Page | None) -> Source:
    """The better of what the client sent and what the FHIR server gave."""
    source = answer.source
    if read is not None:
        fetched = page_source(need.key, read)
        # Never fewer resources than the client sent: its token may see less than the client itself.
        is_better = fetched.count >= source.count or source.gap == "unreadable"
        if is_better and fetched.gap is None:
            source = fetched
        else:
            kept = fetched if is_better else source
            note = f"prefetch: {source.note}; FHIR server: {fetched.note or 'fewer resources'}"
            source = replace(kept, note=note)
    if need.is_read and not source.count and source.gap is None:
        # The one resource exists: "none" is no answer to a read, as it is to a search.
        return replace(source, gap="not-provided", cause="not-provided")
    return source


def _missing_orders(request: HookRequest, brought: Page | Source) -> tuple[str, ...]:
    """References of dispatched orders that are not among the resources and may be for imaging."""
    found = {_named(raw) for raw in brought.resources}
    found |= {_VERSION.sub("", url) for url in brought.full_urls if url is not None}
    base = (request.fhir_server or "").rstrip("/")
    wanted = dict.fromkeys(
        _relative(_VERSION.sub("", reference), base)
        for reference in request.context.dispatched_orders
    )
    return tuple(
        reference
        for reference in wanted
        if reference not in found and reference.split("/")[-2] not in _OTHER_ORDERS
    )


def _relative(reference: str, base: str) -> str:
    """`ServiceRequest/o1` for an order on the client's own server; one on another server keeps its URL.

    A bare id is taken for that of a ServiceRequest.
    """
    if base:
        reference = reference.removeprefix(f"{base}/")
    return reference if "/" in reference else f"ServiceRequest/{reference}"


def _order_jobs(missing: tuple[str, ...], access: FhirAccess | None) -> dict[tuple[str, int], Job]:
    if access is None:
        return {}
    return {
        (_DISPATCHED.key, number): _order_job(reference, access)
        for number, reference in enumerate(missing[:_MOST_ORDERS])
    }


def _order_job(reference: str, access: FhirAccess) -> Job:
    query = _order_query(reference, access)
    if query is None:
        why = "an order's reference leads to no resource of this FHIR server"
        return lambda _: Page(failure="failed", problems=(why,), cause="not-allowed")
    return lambda _: read_answer(access, query, _DISPATCHED)


def _order_query(reference: str, access: FhirAccess) -> FhirQuery | None:
    relative = reference.removeprefix(f"{access.server.base.url}/")
    resource_type, _, logical_id = relative.partition("/")
    if not (resource_type.isalpha() and resource_type.isascii() and is_plain_id(logical_id)):
        return None
    return FhirQuery(f"{resource_type}/{logical_id}")


def _orders_source(request: HookRequest, answer: PrefetchAnswer, read: list[Page]) -> Source:
    source = answer.source
    page = Page(resources=source.resources, full_urls=source.full_urls)
    for one in read:
        page = joined(page, one)
    if not _missing_orders(request, page):
        # Each order that was asked for is there, whatever else the prefetch may lack.
        return Source(source.key, page.resources, None, full_urls=page.full_urls)
    if not read:
        gap: GapReason = "partial" if source.count else source.gap or "not-provided"
        return replace(source, gap=gap, cause=source.cause or "not-provided")
    return page_source(source.key, cut_short(page, "not all orders that were dispatched were read"))


def _named(resource: msgspec.Raw) -> str:
    try:
        named = msgspec.json.decode(resource, type=_Named)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return f"{named.resourceType}/{named.id}"


def _run(
    jobs: Mapping[tuple[str, int], Job], access: FhirAccess | None
) -> dict[tuple[str, int], Page]:
    """The pages of all jobs, run at once; one that is late gives the pages that it has read so far."""
    if access is None or not jobs:
        return {}
    so_far: dict[tuple[str, int], Page] = {}
    futures: dict[tuple[str, int], Future[Page]] = {}
    for name, job in jobs.items():
        # No thread to be had, or the service is stopping.
        with suppress(RuntimeError):
            futures[name] = access.server.threads.submit(job, _recorder(so_far, name))
    wait(futures.values(), timeout=access.deadline.remaining)
    return {name: _result(futures.get(name), so_far.get(name)) for name in jobs}


def _recorder(so_far: dict[tuple[str, int], Page], name: tuple[str, int]) -> Progress:
    def record(page: Page) -> None:
        so_far[name] = page

    return record


def _result(future: Future[Page] | None, so_far: Page | None) -> Page:
    if future is None:
        why = "this service has no thread left to read with"
        return Page(failure="failed", problems=(why,), cause="failed")
    if not future.done():
        future.cancel()
        late = Page(failure="failed", problems=(_LATE,), cause="timeout")
        return late if so_far is None else cut_short(so_far, _LATE, "timeout")
    # A bug in one read must not cost the answers of the others; its text may hold patient data.
    if future.exception() is not None:
        why = "the read failed inside this service"
        return Page(failure="failed", problems=(why,), cause="failed")
    return future.result()
