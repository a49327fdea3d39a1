"""One hook call from start to end. Read `advise` first: it makes the same calls in a row for web and replay.

request, sources → orders → record → assessment → cards. No input or output, no clock: the day is `as_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import msgspec

from cds_service.assessment.assess import AssessedCall, assess_call
from cds_service.assessment.model import CallAssessment
from cds_service.assessment.rules import Rules, compile_rules
from cds_service.cards.explanation import explanation_json
from cds_service.cards.options import AdviceOptions, Answering
from cds_service.cards.order_changes import StudyCodes, study_codes
from cds_service.cards.pama import rating_action
from cds_service.cards.render import render_cards
from cds_service.cds_hooks.model import Action, Card, DraftOrder, HookRequest, Source
from cds_service.errors import HookRequestError, PatientDataUnavailable
from cds_service.evidence.codes.index import CodeIndex, compile_index
from cds_service.evidence.model import Gap, ImagingOrder, PatientRecord
from cds_service.evidence.orders.catalog import Catalog, compile_catalog
from cds_service.evidence.orders.orders import (
    asks_for_spine,
    order_subject,
    read_orders,
    selected_orders,
)
from cds_service.evidence.record.record import read_record
from cds_service.knowledge.model import Guideline, Rating

__all__ = [
    "Advice",
    "AdviceOptions",
    "CompiledGuideline",
    "advise",
    "compile_guideline",
    "in_scope",
]

_REQUIRED = ("patient", "conditions")
_DISPATCHED = "dispatchedOrders"


@dataclass(frozen=True, slots=True)
class CompiledGuideline:
    """A guideline with its look-ups: made once at start, shared by every call."""

    guideline: Guideline
    index: CodeIndex
    catalog: Catalog
    rules: Rules
    codes: StudyCodes


def compile_guideline(guideline: Guideline) -> CompiledGuideline:
    """Compile a loaded guideline."""
    return CompiledGuideline(
        guideline=guideline,
        index=compile_index(guideline),
        catalog=compile_catalog(guideline),
        rules=compile_rules(guideline),
        codes=study_codes(guideline),
    )


@dataclass(frozen=True, slots=True)
class Advice:
    """What is answered to one call, and why. No cards and no orders: nothing in the call is spine imaging."""

    orders: tuple[ImagingOrder, ...]
    cards: tuple[Card, ...]
    """Most serious first."""
    system_actions: tuple[Action, ...]
    extension_json: dict[str, Any] | None
    """The explanation; None when it is not wanted or nothing was in scope."""
    assessment: CallAssessment | None
    record: PatientRecord | None
    as_of: date


def in_scope(request: HookRequest, compiled: CompiledGuideline) -> bool:
    """True when a selected order is spine imaging, or may be: dispatched orders are only known once read."""
    if request.context.dispatched_orders:
        return True
    return asks_for_spine(
        request.context.draft_orders, request.context.selections, compiled.catalog, compiled.index
    )


def advise(
    request: HookRequest,
    sources: Mapping[str, Source],
    compiled: CompiledGuideline,
    as_of: date,
    options: AdviceOptions,
) -> Advice:
    """Advice on every selected spine imaging order of one call.

    `sources` are the prefetch keys as they were had, by key; a key that is not there was not provided.
    `as_of` is today for every look-back.

    Raises HookRequestError when an order is for another patient, and PatientDataUnavailable when required data
    is missing, unless what was read already makes a serious group active or the site wants a card instead.
    """
    orders = _spine_orders(request, request.context.draft_orders, compiled, as_of)
    orders += _dispatched_spine_orders(request, sources, compiled, as_of, first=len(orders))
    if not orders:
        _check_dispatched(request, sources)
        return Advice((), (), (), None, None, None, as_of)
    _check_subjects(orders, request.context.patient_id)
    record = read_record(
        {key: source for key, source in sources.items() if key != _DISPATCHED},
        request.context.patient_id,
        compiled.index,
        compiled.catalog,
        as_of,
    )
    record = replace(record, gaps=(*record.gaps, *_dispatch_gaps(request, sources)))
    assessed = assess_call(orders, record, compiled.rules, as_of, options.jurisdiction)
    _check_required(record, sources, assessed, options)
    answering = Answering(request, options, compiled.codes)
    rendered = render_cards(assessed, answering)
    explanation = None
    if options.explain:
        explanation = explanation_json(
            assessed.assessment, rendered, compiled.guideline.content, as_of
        )
    return Advice(
        orders=orders,
        cards=_within_client_limit(rendered.cards, options.max_cards),
        system_actions=_ratings(request, assessed, compiled, options) if options.pama else (),
        extension_json=explanation,
        assessment=assessed.assessment,
        record=record,
        as_of=as_of,
    )


def _spine_orders(
    request: HookRequest,
    drafts: tuple[DraftOrder, ...],
    compiled: CompiledGuideline,
    as_of: date,
) -> tuple[ImagingOrder, ...]:
    orders = read_orders(drafts, compiled.catalog, compiled.index, as_of)
    return selected_orders(orders, request.context.selections)


def _dispatched_spine_orders(
    request: HookRequest,
    sources: Mapping[str, Source],
    compiled: CompiledGuideline,
    as_of: date,
    *,
    first: int,
) -> tuple[ImagingOrder, ...]:
    """The spine imaging orders among those that the call dispatches; whatever else came with them is left."""
    wanted = request.context.dispatched_orders
    source = sources.get(_DISPATCHED)
    if not wanted or source is None:
        return ()
    orders = read_orders(_dispatched(source), compiled.catalog, compiled.index, as_of)
    return tuple(
        replace(order, instance=first + position)
        for position, order in enumerate(selected_orders(orders, wanted))
    )


def _dispatch_gaps(request: HookRequest, sources: Mapping[str, Source]) -> tuple[Gap, ...]:
    """A dispatched order that could not be read may be spine imaging too: that is said beside the advice."""
    source = sources.get(_DISPATCHED)
    if not request.context.dispatched_orders or source is None or source.gap is None:
        return ()
    return (Gap(_DISPATCHED, source.gap),)


class _Named(msgspec.Struct):
    """What a draft order is known by."""

    resource_type: str = msgspec.field(name="resourceType", default="")
    id: str = ""


def _dispatched(source: Source) -> tuple[DraftOrder, ...]:
    """The dispatched orders as they were read, in the form of draft orders."""
    drafts = []
    for raw in source.resources:
        try:
            named = msgspec.json.decode(raw, type=_Named)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            continue
        drafts.append(DraftOrder(raw, named.resource_type, named.id))
    return tuple(drafts)


def _check_dispatched(request: HookRequest, sources: Mapping[str, Source]) -> None:
    """Dispatched orders that could not be read may be spine imaging: that is an error, not an empty answer."""
    if not request.context.dispatched_orders:
        return
    source = sources.get(_DISPATCHED)
    if source is None or source.gap is not None:
        raise PatientDataUnavailable((_DISPATCHED,))


def _check_subjects(orders: tuple[ImagingOrder, ...], patient_id: str) -> None:
    """An order for another patient gets no advice: the record that was read is not that patient's."""
    for order in orders:
        subject = order_subject(order.raw)
        if subject is not None and subject != patient_id:
            raise HookRequestError(
                "A selected spine imaging order is for another patient than context.patientId. "
                "Send the orders of one patient, with that patient's id in the context.",
                expression=f"context.draftOrders.entry[{order.instance}].resource.subject",
                code="invariant",
            )


def _check_required(
    record: PatientRecord,
    sources: Mapping[str, Source],
    assessed: AssessedCall,
    options: AdviceOptions,
) -> None:
    """Required data that could be had neither way is an error, unless something serious was found all the same."""
    lacking = {key for key in _REQUIRED if _is_lacking(sources.get(key))}
    if record.person is None:
        lacking.add("patient")
    missing = tuple(key for key in _REQUIRED if key in lacking)
    if missing and not options.card_on_missing_data and not assessed.assessment.serious_active:
        raise PatientDataUnavailable(missing)


def _is_lacking(source: Source | None) -> bool:
    """Nothing usable came for a key; a part of it, or an empty answer, is something."""
    return source is None or source.gap in ("not-provided", "failed", "unreadable")


def _ratings(
    request: HookRequest,
    assessed: AssessedCall,
    compiled: CompiledGuideline,
    options: AdviceOptions,
) -> tuple[Action, ...]:
    """One system action for every order whose appropriateness is determined."""
    description = compiled.guideline.wording.detail["pama_action"]
    actions = [
        rating_action(
            item.order,
            item.appropriateness,
            patient_id=request.context.patient_id,
            qcdsm_id=options.qcdsm_id,
            description=description,
        )
        for item in assessed.assessment.orders
        if item.appropriateness is not Rating.UNDETERMINED
    ]
    return tuple(action for action in actions if action is not None)


def _within_client_limit(cards: tuple[Card, ...], limit: int | None) -> tuple[Card, ...]:
    """The client's own limit, kept except for critical cards: those are always shown."""
    if limit is None or len(cards) <= limit:
        return cards
    critical = sum(card.indicator == "critical" for card in cards)
    return cards[: max(limit, critical)]
