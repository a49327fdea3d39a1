"""One hook call from start to end. Read `advise` first: it makes the same calls in a row for web and replay.

request, sources → orders → record → assessment → cards. No input or output, no clock: the day is `as_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import zip_longest
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from cds_service.assessment.assess import assess_call
from cds_service.assessment.compiling import compile_rules
from cds_service.assessment.model import CallAssessment
from cds_service.assessment.rules import Rules
from cds_service.cards.explanation import explanation_json
from cds_service.cards.lost_orders import lost_orders_card, lost_orders_json
from cds_service.cards.options import AdviceOptions, Answering
from cds_service.cards.render import render_cards, without_known
from cds_service.cards.words import CardWords
from cds_service.cds_hooks.model import Action, Card, DraftOrder, HookRequest, Source
from cds_service.errors import HookRequestError, OrdersNotRead, PatientDataUnavailable
from cds_service.evidence.codes.index import CodeIndex, compile_index
from cds_service.evidence.loose_json import read_json
from cds_service.evidence.model import Gap, ImagingOrder, PatientRecord
from cds_service.evidence.orders.catalog import Catalog, compile_catalog
from cds_service.evidence.orders.groups import with_held_orders
from cds_service.evidence.orders.orders import (
    asked_studies,
    order_subject,
    read_orders,
)
from cds_service.evidence.orders.reasons import (
    has_lost_reason,
    with_lost_reasons,
    without_retracted,
)
from cds_service.evidence.orders.scope import Loss, draft_scope
from cds_service.evidence.record.devices import implants_on_orders
from cds_service.evidence.record.observations import doubtful_values
from cds_service.evidence.record.record import read_record
from cds_service.evidence.record.types import REQUIRED_KEYS
from cds_service.knowledge.model import Guideline
from cds_service.knowledge.vocabulary import Vocabulary

__all__ = [
    "Advice",
    "AdviceOptions",
    "CompiledGuideline",
    "advise",
    "compile_guideline",
    "in_scope",
]

_DISPATCHED = "dispatchedOrders"
_LOST_REASON = Gap("order", "not-provided", "a reason that the order points to")


@dataclass(frozen=True, slots=True)
class CompiledGuideline:
    """A guideline with its look-ups: made once at start, shared by every call."""

    guideline: Guideline
    index: CodeIndex
    catalog: Catalog
    rules: Rules
    words: CardWords
    vocabulary: Vocabulary | None = None
    """The site's own."""


def compile_guideline(
    guideline: Guideline, vocabulary: Vocabulary | None = None
) -> CompiledGuideline:
    """Compile a loaded guideline, with the vocabulary of a site where it has one."""
    return CompiledGuideline(
        guideline=guideline,
        index=compile_index(guideline, vocabulary),
        catalog=compile_catalog(guideline, vocabulary),
        rules=compile_rules(guideline),
        words=CardWords(guideline),
        vocabulary=vocabulary,
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
    strict_count: int | None = None
    """How many things in the call are not valid FHIR; None: the site does not ask."""


def in_scope(
    request: HookRequest, compiled: CompiledGuideline, *, card_on_missing_data: bool
) -> bool:
    """True when a selected order is spine imaging, or may be: dispatched orders are only known once read.

    Raises OrdersNotRead when an order that was meant and may be spine imaging is lost; where a site wants a card
    instead, the answer is True, and `advise` makes that card.
    """
    if request.context.dispatched_orders:
        return True
    context, look_up = request.context, (compiled.catalog, compiled.index)
    asks = partial(_asks, look_up)
    drafts = with_held_orders(context.draft_orders)
    scope = draft_scope(drafts, context.selections, asks, look_up)
    if scope.loss is not None and not card_on_missing_data:
        raise _orders_not_read(scope.loss, "context.selections")
    return scope.asks_for_spine or scope.loss is not None


def _asks(look_up: tuple[Catalog, CodeIndex], draft: DraftOrder) -> bool:
    return bool(asked_studies(read_json(draft.raw) or {}, look_up))


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

    Raises HookRequestError when an order is for another patient, OrdersNotRead when one is lost or there are too
    many, and PatientDataUnavailable when required data is missing, unless what was read already makes a serious group
    active. The last two are a card where the site wants one instead.
    """
    try:
        orders = _spine_orders(request, sources, compiled, as_of, options.max_orders)
        _check_number(orders, options.max_orders)
    except OrdersNotRead as error:
        if not options.card_on_missing_data:
            raise
        return _lost_orders_advice(error, request, compiled, as_of, options)
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
        frozenset([order.reference for order in orders]),
    )
    orders = tuple([without_retracted(order, record.retracted) for order in orders])
    lost = [has_lost_reason(order, record.known_conditions) for order in orders]
    if any(lost):
        orders = tuple([with_lost_reasons(order, record.known_conditions) for order in orders])
    record = replace(
        record,
        gaps=(
            *record.gaps,
            *_dispatch_gaps(request, sources),
            *((_LOST_REASON,) if any(lost) else ()),
        ),
        devices=(*record.devices, *implants_on_orders(orders, compiled.index)),
        unread_values=(
            *record.unread_values,
            *doubtful_values(record.observations, compiled.index, as_of),
        ),
    )
    assessment = assess_call(orders, record, compiled.rules, as_of, options.choices)
    _check_required(record, sources, assessment, options)
    rendered = render_cards(assessment, Answering(request, options, compiled.words))
    if options.is_known is not None:
        rendered = without_known(rendered, options.is_known)
    explanation = None
    if options.explain:
        explanation = explanation_json(
            assessment,
            rendered,
            (compiled.guideline.content, compiled.vocabulary),
            as_of,
            options.strict_findings or (),
        )
    return Advice(
        orders=orders,
        cards=_within_client_limit(rendered.cards, options.max_cards),
        system_actions=rendered.ratings,
        extension_json=explanation,
        assessment=assessment,
        record=record,
        as_of=as_of,
        strict_count=None if options.strict_findings is None else len(options.strict_findings),
    )


def _spine_orders(
    request: HookRequest,
    sources: Mapping[str, Source],
    compiled: CompiledGuideline,
    as_of: date,
    limit: int | None,
) -> tuple[ImagingOrder, ...]:
    """The spine imaging orders that the call is about. Raises OrdersNotRead when one is lost, or they are too many."""
    context = request.context
    kept = _few_enough(
        with_held_orders(context.draft_orders),
        context.selections,
        "context.selections",
        compiled,
        limit,
    )
    drafts = _read_drafts(kept, context.selections, "context.selections", compiled, as_of)
    if not context.dispatched_orders:
        return drafts
    dispatched = _few_enough(
        with_held_orders(_dispatched(request, sources.get(_DISPATCHED))),
        context.dispatched_orders,
        "context.dispatchedOrders",
        compiled,
        limit,
    )
    return drafts + tuple(
        replace(order, instance=len(drafts) + position)
        for position, order in enumerate(
            # Whatever else came with the dispatched orders is left.
            _read_drafts(
                dispatched, context.dispatched_orders, "context.dispatchedOrders", compiled, as_of
            )
        )
    )


def _few_enough(
    drafts: tuple[DraftOrder, ...],
    selections: tuple[str, ...] | None,
    selected_in: str,
    compiled: CompiledGuideline,
    limit: int | None,
) -> tuple[DraftOrder, ...]:
    """Of very many drafts those that the call is about and that ask for imaging of the spine.

    To read an order in full costs far more than to see what it asks for: what will not be evaluated is not read.
    """
    if limit is None or len(drafts) <= limit:
        return drafts
    look_up = (compiled.catalog, compiled.index)
    asking = {id(draft) for draft in drafts if draft.flaw is None and _asks(look_up, draft)}
    scope = draft_scope(drafts, selections, lambda draft: id(draft) in asking, look_up)
    if scope.loss is not None:
        raise _orders_not_read(scope.loss, selected_in)
    kept = tuple(draft for draft in scope.meant if id(draft) in asking)
    _check_number(kept, limit)
    return kept


def _read_drafts(
    drafts: tuple[DraftOrder, ...],
    selections: tuple[str, ...] | None,
    selected_in: str,
    compiled: CompiledGuideline,
    as_of: date,
) -> tuple[ImagingOrder, ...]:
    """The spine imaging orders among those selected. `selected_in` is where the request names them."""
    look_up = (compiled.catalog, compiled.index)
    _check_lengths(drafts, look_up)
    orders = read_orders(drafts, *look_up, as_of)
    read = {id(drafts[order.instance]) for order in orders}
    scope = draft_scope(drafts, selections, lambda draft: id(draft) in read, look_up)
    if scope.loss is not None:
        raise _orders_not_read(scope.loss, selected_in)
    meant = {id(draft) for draft in scope.meant}
    return tuple(order for order in orders if id(drafts[order.instance]) in meant)


_MOST_BYTES_OF_ORDERS: Final = 100_000
"""Of all orders for imaging of the spine in a call; a real one has two or three thousand."""
_LOSSES: Final[Mapping[str, str]] = {
    "order_unreadable": (
        "An order that may be for imaging of the spine could not be read: not JSON of a FHIR resource, a key twice, a "
        "number that does not fit, nested too deeply, an unknown shape, or not sent with the group that points to it. "
        "Nothing was evaluated. Send it as FHIR JSON."
    ),
    "selections_unmatched": (
        "None of the orders is named by the references that select them, and an order for imaging of the spine is "
        "among them. Nothing was evaluated. Send the references of the orders as they stand in the Bundle."
    ),
}


def _orders_not_read(loss: Loss, selected_in: str) -> OrdersNotRead:
    return OrdersNotRead(_LOSSES[loss.kind], loss.kind, expression=loss.place or selected_in)


def _check_lengths(drafts: tuple[DraftOrder, ...], look_up: tuple[Catalog, CodeIndex]) -> None:
    """Every word of an order is read: how long orders are is how long the call takes."""
    if sum(len(draft.raw) for draft in drafts) <= _MOST_BYTES_OF_ORDERS:
        return
    read = 0
    for draft in drafts:
        if len(draft.raw) <= _MOST_BYTES_OF_ORDERS and (
            draft.flaw is not None or not _asks(look_up, draft)
        ):
            continue
        read += len(draft.raw)
        if read > _MOST_BYTES_OF_ORDERS:
            raise OrdersNotRead(
                f"The orders for imaging of the spine in this call take more than {_MOST_BYTES_OF_ORDERS:,} bytes. "
                "Nothing was evaluated. Send fewer in one call, or without what nobody reads.",
                "orders_too_long",
                expression=draft.place,
                status=413,
                code="too-long",
            )


def _check_number(orders: tuple[ImagingOrder | DraftOrder, ...], limit: int | None) -> None:
    """More orders than a clinician places at once: to evaluate a part of them would leave the others without a word."""
    if limit is not None and len(orders) > limit:
        place = orders[limit].place.partition(".entry")[0]
        raise OrdersNotRead(
            f"The call asks about {len(orders)} orders for imaging of the spine; at most {limit} are evaluated in one "
            "call. Nothing was evaluated. Send fewer in one call, or raise SPINE_CDS_MAX_ORDERS.",
            "too_many_orders",
            expression=place or "context.dispatchedOrders",
            status=413,
            code="too-long",
        )


def _lost_orders_advice(
    error: OrdersNotRead,
    request: HookRequest,
    compiled: CompiledGuideline,
    as_of: date,
    options: AdviceOptions,
) -> Advice:
    """One card that says that nothing was evaluated."""
    guideline = compiled.guideline
    card = lost_orders_card(error.loss, guideline, request)
    explanation = lost_orders_json(card, guideline.content, as_of) if options.explain else None
    return Advice((), (card,), (), explanation, None, None, as_of)


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


def _dispatched(request: HookRequest, source: Source | None) -> tuple[DraftOrder, ...]:
    """The dispatched orders as they were read, in the form of draft orders."""
    if source is None:
        return ()
    place = f"prefetch.{_DISPATCHED}"
    if _DISPATCHED not in request.prefetch:
        place = "context.dispatchedOrders"
    drafts = []
    for raw, full_url in zip_longest(source.resources, source.full_urls[: len(source.resources)]):
        try:
            named = msgspec.json.decode(raw, type=_Named)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            drafts.append(DraftOrder(raw, "", "", full_url, place, "not-an-object"))
            continue
        drafts.append(DraftOrder(raw, named.resource_type, named.id, full_url, place))
    return tuple(drafts)


def _check_dispatched(request: HookRequest, sources: Mapping[str, Source]) -> None:
    """Dispatched orders that could not be read may be spine imaging: that is an error, not an empty answer."""
    if not request.context.dispatched_orders:
        return
    source = sources.get(_DISPATCHED)
    if source is None or source.gap is not None:
        raise _unavailable((_DISPATCHED,), sources)


def _check_subjects(orders: tuple[ImagingOrder, ...], patient_id: str) -> None:
    """An order for another patient gets no advice: the record that was read is not that patient's."""
    for order in orders:
        subject = order_subject(order.raw)
        if subject is not None and subject != patient_id:
            raise HookRequestError(
                "A selected spine imaging order is for another patient than context.patientId. "
                "Send the orders of one patient, with that patient's id in the context.",
                expression=f"{order.place or 'context.dispatchedOrders'}.subject",
                code="invariant",
            )


def _check_required(
    record: PatientRecord,
    sources: Mapping[str, Source],
    assessment: CallAssessment,
    options: AdviceOptions,
) -> None:
    """Required data that could be had neither way is an error, unless something serious was found all the same."""
    lacking = {key for key in REQUIRED_KEYS if _is_lacking(sources.get(key))}
    if record.person is None:
        lacking.add("patient")
    missing = tuple(key for key in REQUIRED_KEYS if key in lacking)
    if missing and not options.card_on_missing_data and not assessment.serious_active:
        raise _unavailable(missing, sources)


def _unavailable(keys: tuple[str, ...], sources: Mapping[str, Source]) -> PatientDataUnavailable:
    causes: list[str] = []
    for key in keys:
        source = sources.get(key)
        if source is None:
            causes.append("not-provided")
        else:
            # Without a cause it was read, and held nothing that this patient can be known by.
            causes.append(source.cause or "not-fhir")
    return PatientDataUnavailable(keys, tuple(causes))


def _is_lacking(source: Source | None) -> bool:
    """Nothing usable came for a key; a part of it, or an empty answer, is something."""
    return source is None or source.gap in ("not-provided", "failed", "unreadable")


def _within_client_limit(cards: tuple[Card, ...], limit: int | None) -> tuple[Card, ...]:
    """The client's own limit, kept except for critical cards: those are always shown."""
    if limit is None or len(cards) <= limit:
        return cards
    critical = sum(card.indicator == "critical" for card in cards)
    return cards[: max(limit, critical)]
