"""Whether the orders that a call is about are imaging of the spine, and whether one was lost on the way.

A draft that cannot be read is not one that asks for something else. What is known for certain to be no spine
imaging is left; everything else that was meant and not read is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from cds_service.cds_hooks.json_object import read_members
from cds_service.cds_hooks.model import DraftOrder
from cds_service.evidence.codes.codeable import read_concept
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.loose_json import as_object, each, read_json
from cds_service.evidence.orders.catalog import Catalog
from cds_service.evidence.orders.orders import ORDER_TYPES, Selections, asked_studies
from cds_service.evidence.orders.resource_types import RESOURCE_TYPES

_SAYS_WHAT: Final = frozenset({"code", "item", "status", "doNotPerform"})
"""Members that say whether an order is imaging of the spine: without one of them, it may be."""

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
        return _scope_of(drafts, asks, look_up)
    if not selections:
        return DraftScope(asks_for_spine=False, meant=(), loss=None)
    wanted = Selections(selections)
    named = [wanted.naming(draft) for draft in drafts]
    meant = [draft for draft, numbers in zip(drafts, named, strict=True) if numbers]
    if not meant:
        is_harmless = not any(asks(draft) or may_ask(draft, look_up) for draft in drafts)
        return DraftScope(
            asks_for_spine=False,
            meant=(),
            loss=None if is_harmless else Loss("selections_unmatched", ""),
        )
    if len(frozenset().union(*named)) < wanted.count:
        # The one that nothing seems to answer to may be the one whose name could not be read.
        meant = [
            draft for draft, numbers in zip(drafts, named, strict=True) if numbers or not draft.id
        ]
    return _scope_of(tuple(meant), asks, look_up)


def _scope_of(
    drafts: tuple[DraftOrder, ...], asks: Asks, look_up: tuple[Catalog, CodeIndex]
) -> DraftScope:
    found = False
    for draft in drafts:
        if draft.flaw is None and draft.resource_type in ORDER_TYPES and asks(draft):
            found = True
        elif may_ask(draft, look_up):
            loss = Loss("order_unreadable", draft.place)
            return DraftScope(asks_for_spine=found, meant=drafts, loss=loss)
    return DraftScope(asks_for_spine=found, meant=drafts, loss=None)


def may_ask(draft: DraftOrder, look_up: tuple[Catalog, CodeIndex]) -> bool:
    """Whether a draft that was not read as a spine order could be one all the same.

    So it is when it cannot be decoded in full, has a type that FHIR does not know, or says what is ordered in a
    shape that cannot be read.
    """
    if draft.resource_type in RESOURCE_TYPES - ORDER_TYPES and draft.flaw != "too-deep":
        return False
    if draft.flaw is not None:
        return True
    body = read_json(draft.raw)
    if body is None:
        return _may_ask_in_part(draft.raw, look_up)
    if draft.resource_type not in ORDER_TYPES and asked_studies(body, look_up):
        return True
    return any(_is_odd(code) for code in _codes(body))


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
