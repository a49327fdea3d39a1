"""Whether the orders that a call is about are imaging of the spine, and whether one was lost on the way.

A draft that cannot be read is not one that asks for something else. What is known for certain to be no spine
imaging is left; everything else that was meant and not read is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from cds_service.cds_hooks.json_object import read_members
from cds_service.cds_hooks.model import DraftOrder
from cds_service.evidence.codes.codeable import read_concept
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.codes.references import split_reference
from cds_service.evidence.loose_json import as_object, each, read_json
from cds_service.evidence.orders.catalog import Catalog
from cds_service.evidence.orders.groups import (
    GROUPS,
    HOLDING,
    POINTING,
    asked_for_itself,
    pointed_to,
)
from cds_service.evidence.orders.orders import (
    ORDER_TYPES,
    Selections,
    asked_studies,
    is_order_any_more,
)
from cds_service.evidence.orders.resource_types import RESOURCE_TYPES

_SAYS_WHAT: Final = frozenset({"code", "item", "status", "doNotPerform"})
"""Members that say whether an order is imaging of the spine: without one of them, it may be."""

_NEVER_IMAGING: Final = RESOURCE_TYPES - ORDER_TYPES - HOLDING
_SAYS_NOTHING: Final = frozenset(
    (
        "resourceType",
        "id",
        "meta",
        "implicitRules",
        "language",
        "text",
        "status",
        "intent",
        "subject",
    )
)
_SAYS_WHY: Final = frozenset(
    (
        "reasonCode",
        "reasonReference",
        "reasonCodeableConcept",
        "reason",
        "note",
        "notes",
        "comment",
        "contained",
    )
)
"""Earlier imaging may be named there."""

_FEWEST_WORDS: Final = 2
"""A single one may as well be a code."""

Asks = Callable[[DraftOrder], bool]
"""Whether a draft that can be read asks for imaging of the spine."""


@dataclass(frozen=True, slots=True)
class Loss:
    """An order that was meant, may be spine imaging, and cannot be evaluated."""

    kind: Literal["order_unreadable", "selections_unmatched"]
    place: str
    """Of the draft; empty for selections."""


@dataclass(frozen=True, slots=True)
class DraftScope:
    """What the drafts of one call come to."""

    asks_for_spine: bool
    """A draft that was meant asks for imaging of the spine."""
    meant: tuple[DraftOrder, ...]
    """The drafts that the call is about, in their own order."""
    loss: Loss | None
    """The first that was lost; whatever else is in the call, advice would be about less than was meant."""


def draft_scope(
    drafts: tuple[DraftOrder, ...],
    selections: tuple[str, ...] | None,
    asks: Asks,
    look_up: tuple[Catalog, CodeIndex],
) -> DraftScope:
    """The scope of the drafts that the selections name; None means all drafts.

    An empty tuple of selections names nothing on purpose. Selections that name no draft at all are a loss
    when a draft is spine imaging, or may be.
    """
    if selections is None:
        return _scope_of(drafts, drafts, asks, look_up)
    if not selections:
        return DraftScope(asks_for_spine=False, meant=(), loss=None)
    wanted = Selections(selections)
    named = [wanted.naming(draft) for draft in drafts]
    meant = [draft for draft, numbers in zip(drafts, named, strict=True) if numbers]
    matched = frozenset().union(*named)
    unmatched = [text for number, text in enumerate(wanted.texts) if number not in matched]
    if meant and unmatched:
        # The one that nothing seems to answer to may be the one whose name could not be read.
        meant = [
            draft for draft, numbers in zip(drafts, named, strict=True) if numbers or not draft.id
        ]
    meant = _with_pointed_to(meant, drafts)
    if unmatched and (not meant or any(map(_may_name_an_order, unmatched))):
        ids = {id(draft) for draft in meant}
        left = [draft for draft in drafts if id(draft) not in ids]
        if any(
            asks(draft) or may_ask(draft, look_up) or _lacks_an_order(draft, drafts)
            for draft in left
        ):
            return DraftScope(
                asks_for_spine=False, meant=tuple(meant), loss=Loss("selections_unmatched", "")
            )
    return _scope_of(tuple(meant), drafts, asks, look_up, are_named=True)


def _may_name_an_order(selection: str) -> bool:
    return split_reference(selection)[0] not in _NEVER_IMAGING


def _with_pointed_to(meant: list[DraftOrder], drafts: tuple[DraftOrder, ...]) -> list[DraftOrder]:
    """The drafts that were meant and, in a group or a plan among them, those that it points to; in their own order."""
    ids = {id(draft) for draft in meant}
    groups = [draft for draft in meant if draft.resource_type in POINTING]
    while groups:
        wanted = Selections(tuple(text for group in groups for text in pointed_to(group)))
        added = [draft for draft in drafts if id(draft) not in ids and wanted.naming(draft)]
        ids |= {id(draft) for draft in added}
        groups = [draft for draft in added if draft.resource_type in POINTING]
    return [draft for draft in drafts if id(draft) in ids]


def _scope_of(
    meant: tuple[DraftOrder, ...],
    drafts: tuple[DraftOrder, ...],
    asks: Asks,
    look_up: tuple[Catalog, CodeIndex],
    *,
    are_named: bool = False,
) -> DraftScope:
    found = False
    for draft in meant:
        if draft.flaw is None and draft.resource_type in ORDER_TYPES and asks(draft):
            found = True
        elif may_ask(draft, look_up) or _lacks_an_order(draft, drafts, are_named=are_named):
            loss = Loss("order_unreadable", draft.place)
            return DraftScope(asks_for_spine=found, meant=meant, loss=loss)
    return DraftScope(asks_for_spine=found, meant=meant, loss=None)


def _lacks_an_order(
    draft: DraftOrder, drafts: tuple[DraftOrder, ...], *, are_named: bool = False
) -> bool:
    """Whether a group points to an order that did not come: it may be imaging of the spine.

    A plan or a task that nobody selected points to what was ordered before, too.
    """
    if draft.resource_type not in (POINTING if are_named else GROUPS):
        return False
    wanted = Selections(pointed_to(draft))
    missing = set(range(len(wanted.texts))).difference(*map(wanted.naming, drafts))
    return any(_may_name_an_order(wanted.texts[number]) for number in missing)


def may_ask(draft: DraftOrder, look_up: tuple[Catalog, CodeIndex]) -> bool:
    """Whether a draft that was not read as a spine order could be one all the same.

    So it is when it cannot be decoded in full, has a type that FHIR does not know, or says what is ordered in a
    shape that cannot be read.
    """
    kind = draft.resource_type
    if kind in _NEVER_IMAGING and draft.flaw != "too-deep":
        return False
    if draft.flaw is not None:
        return True
    body = read_json(draft.raw)
    if kind in HOLDING:
        return body is None or _asks_in(asked_for_itself(body), look_up)
    if body is None:
        return _may_ask_in_part(draft.raw, look_up)
    if kind not in ORDER_TYPES and asked_studies(body, look_up):
        return True
    if any(_is_odd(code) for code in _codes(body)):
        return True
    says_nothing = not any(read_concept(code).label for code in _codes(body))
    return says_nothing and _says_it_elsewhere(body, kind, look_up)


def _asks_in(codes: Iterable[object], look_up: tuple[Catalog, CodeIndex]) -> bool:
    return any(asked_studies({"code": code}, look_up) for code in codes)


def _says_it_elsewhere(
    body: Mapping[str, object], kind: str, look_up: tuple[Catalog, CodeIndex]
) -> bool:
    """Whether an order without a code may be imaging of the spine by what else it says.

    An order that was only just begun says nothing yet; a resource without a known type is no such order.
    """
    if kind not in ORDER_TYPES:
        return not body.keys() <= _SAYS_NOTHING
    if not is_order_any_more(body):
        return False
    if body.get("instantiatesCanonical") or body.get("instantiatesUri"):
        return True
    if any(as_object(code).get("reference") for code in _codes(body)):
        return True
    others = (value for name, value in body.items() if name not in _SAYS_WHY)
    return _asks_in(others, look_up)


def _may_ask_in_part(raw: msgspec.Raw, look_up: tuple[Catalog, CodeIndex]) -> bool:
    """The same of a draft of which some members cannot be decoded."""
    members = read_members(raw)
    if members is None:
        return True
    body = {
        name: value for name, member in members.items() if (value := _decoded(member)) is not _LOST
    }
    if not _SAYS_WHAT.isdisjoint(members.keys() - body.keys()):
        return True
    return bool(asked_studies(body, look_up)) or any(_is_odd(code) for code in _codes(body))


_LOST: Final = object()


def _decoded(member: msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(member)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _LOST


def _codes(body: Mapping[str, object]) -> Iterator[object]:
    yield body.get("code")
    for item in each(body.get("item")):
        yield as_object(item).get("code")


def _is_odd(code: object) -> bool:
    """Whether what is ordered stands in a shape that is no CodeableConcept, and has no words to know it by."""
    is_odd = any(map(_is_odd_concept, each(code)))
    if not is_odd:
        return False
    read = read_concept(code)
    words = " ".join((read.text, *(coding.display for coding in read.codings)))
    return sum(word.isalpha() for word in words.split()) < _FEWEST_WORDS


def _is_odd_concept(concept: object) -> bool:
    if not isinstance(concept, dict):
        return True
    inner = concept.get("concept", concept)
    if not isinstance(inner, dict):
        return True
    return any(
        not isinstance(coding, dict) or isinstance(coding.get("code"), dict | list)
        for coding in each(inner.get("coding"))
    )
