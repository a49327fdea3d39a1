"""Orders that stand inside another resource or that it points to: a group of orders, a plan, a task, parameters.

Whoever signs or selects the one means the orders as well, so they are found here as drafts of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from cds_service.cds_hooks.json_object import (
    has_key_twice,
    read_items,
    read_members,
    read_string,
)
from cds_service.cds_hooks.model import DraftOrder
from cds_service.evidence.loose_json import as_object, as_text, each, read_json
from cds_service.evidence.orders.orders import ORDER_TYPES

GROUPS: Final = frozenset(("RequestGroup", "RequestOrchestration"))
"""They are nothing but their orders."""
POINTING: Final = GROUPS | {"CarePlan", "Order", "Task"}
"""Types that point to orders which stand elsewhere."""
HOLDING: Final = POINTING | {"Appointment", "Parameters", "ReferralRequest"}
"""Types that can ask for imaging without being an order for it; one that cannot be read may do so."""

_TYPE: Final = re.compile(rb'"resourceType"|\\u')
"""What stands in the text of every resource: its key, or a letter of it in JSON's other spelling."""
_DEEPEST: Final = 12
"""Objects and lists around an order within a resource."""
_ROUTES: Final = ("action", "activity", "part")
_POINTERS: Final = (
    "resource", "reference", "plannedActivityReference", "focus", "detail", "basedOn", "reasonReference",
)  # fmt: skip
_ASKING: Final = ("code", "title", "serviceRequested", "serviceType")


def with_held_orders(drafts: tuple[DraftOrder, ...]) -> tuple[DraftOrder, ...]:
    """The drafts, each followed by the resources that stand within it when it is no order itself.

    What an order contains is about that order, and not ordered.
    """
    if not any(_may_hold(draft) for draft in drafts):
        return drafts
    return tuple(one for draft in drafts for one in (draft, *_held(draft)))


def pointed_to(group: DraftOrder) -> tuple[str, ...]:
    """The references of a group, a plan or a task to what it asks for; empty for other resources."""
    if group.resource_type not in POINTING:
        return ()
    return tuple(
        text
        for step in _steps(read_json(group.raw) or {}, _ROUTES)
        for name in _POINTERS
        for item in each(step.get(name))
        if (text := as_text(as_object(item).get("reference")))
    )


def asked_for_itself(body: Mapping[str, Any]) -> Iterator[object]:
    """The codes and titles of what a group, a plan or a task asks for without pointing to an order."""
    for step in _steps(body, (*_ROUTES, "detail")):
        if not any(_is_pointer(step.get(name)) for name in _POINTERS):
            yield from (step[name] for name in _ASKING if name in step)


def _steps(body: Mapping[str, Any], routes: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """A resource and all steps within it, however deep."""
    left = [body]
    while left:
        step = left.pop()
        yield step
        left += [as_object(inner) for route in routes for inner in each(step.get(route))]


def _may_hold(draft: DraftOrder) -> bool:
    return (
        draft.flaw is None
        and draft.resource_type not in ORDER_TYPES
        and len(_TYPE.findall(draft.raw)) > 1
    )


def _held(draft: DraftOrder) -> Iterator[DraftOrder]:
    if _may_hold(draft):
        own = (f"{draft.resource_type}/{draft.id}",) if draft.id else ()
        names = (*own, draft.full_url) if draft.full_url is not None else own
        is_wrapper = draft.resource_type == "Parameters"
        for key, member in (read_members(draft.raw) or {}).items():
            yield from _within(member, f"{draft.place}.{key}", names, 0, keeps_id=is_wrapper)


def _within(
    value: msgspec.Raw, place: str, names: tuple[str, ...], depth: int, *, keeps_id: bool
) -> Iterator[DraftOrder]:
    """The resources within a value. Only those of parameters have an id that a client knows them by."""
    if _TYPE.search(value) is None:
        return
    if depth > _DEEPEST:
        yield DraftOrder(value, "", "", place=place, flaw="too-deep", names=names)
        return
    for index, item in enumerate(read_items(value) or ()):
        yield from _within(item, f"{place}[{index}]", names, depth + 1, keeps_id=keeps_id)
    members = read_members(value)
    if members is None:
        return
    if "resourceType" in members:
        kind = read_string(members["resourceType"]) or ""
        id_ = read_string(members.get("id")) or ""
        yield DraftOrder(
            value,
            kind,
            id_ if keeps_id else "",
            place=place,
            flaw="key-twice" if has_key_twice(value, members) else None,
            names=(*names, f"{kind}/{id_}", f"#{id_}") if id_ else names,
        )
        if kind in ORDER_TYPES:
            return
    for key, member in members.items():
        yield from _within(member, f"{place}.{key}", names, depth + 1, keeps_id=keeps_id)


def _is_pointer(value: object) -> bool:
    return any(as_text(as_object(item).get("reference")) for item in each(value))
