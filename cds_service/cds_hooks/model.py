"""Values of one hook call: what came in, and what goes out. Field names follow CDS Hooks in snake_case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from cds_service.cds_hooks.bundles import bundle_resources

Indicator = Literal["info", "warning", "critical"]
ActionType = Literal["create", "update", "delete"]
DraftFlaw = Literal["not-an-object", "key-twice", "too-deep"]
GapReason = Literal["not-provided", "failed", "partial", "unreadable"]
ReadCause = Literal[
    "not-provided", "misspelled-key", "outcome", "list", "not-fhir",
    "not-allowed", "refused", "401", "403", "not-found", "throttled", "server-error", "redirect",
    "timeout", "tls", "too-large", "failed",
]  # fmt: skip
"""Why data could not be read: in prefetch (first line) and at a FHIR server. A closed list, told to clients."""


class DraftOrder(Struct, frozen=True, gc=False):
    """One resource of `draftOrders` (or of the dispatched orders), as the client wrote it."""

    raw: msgspec.Raw
    """The resource's own JSON text: what goes back in an action is made from this."""
    resource_type: str
    id: str
    """Empty when the client gave none, or when it could not be read."""
    full_url: str | None = None
    place: str = ""
    """Where it stands in the request: `context.draftOrders.entry[0].resource`."""
    flaw: DraftFlaw | None = None
    """Why it is no resource that can be read one way only; None for one that is."""
    names: tuple[str, ...] = ()
    """Further references that mean it: those of the resource that it stands in, and its own in there."""


class FhirAuthorization(Struct, frozen=True, gc=False):
    """`fhirAuthorization`: lives for one call, is never stored, logged or shown."""

    access_token: str
    token_type: str
    expires_in: int | None
    scope: str
    subject: str
    patient: str | None = None

    def __repr__(self) -> str:
        return "FhirAuthorization(access_token=<not shown>)"


class HookContext(Struct, frozen=True, gc=False):
    """`context`, the same for every order hook.

    `selections` is None where the hook has none (order-sign, order-dispatch, order-review): then every
    draft order is meant. References are given as the client wrote them.
    """

    patient_id: str
    """Bare logical id: a leading `Patient/` is removed."""
    user_id: str | None
    encounter_id: str | None
    selections: tuple[str, ...] | None
    draft_orders: tuple[DraftOrder, ...]
    dispatched_orders: tuple[str, ...] = ()
    performer: str | None = None


class HookRequest(Struct, frozen=True, gc=False):
    """One parsed hook call."""

    service_id: str
    """The service whose URL was called, e.g. `spine-imaging-order-select`."""
    hook: str
    """The hook that the body names; evaluated as what it says."""
    hook_instance: str
    context: HookContext
    prefetch: Mapping[str, msgspec.Raw]
    """JSON text by key, undecoded. A key that the client did not send is not there; `null` is `b"null"`."""
    fhir_server: str | None = None
    fhir_authorization: FhirAuthorization | None = None
    extension: Mapping[str, Any] = {}


StrictKind = Literal[
    "missing", "unknown-element", "unknown-type", "unreadable", "wrong-type", "wrong-value"
]


class StrictFinding(Struct, frozen=True, gc=False):
    """One thing in a resource of a call that FHIR does not allow; without its value."""

    source: str
    """A prefetch key, or `order`."""
    reference: str
    """`Condition/c1`; the type alone where there is no usable id."""
    path: str
    """The element, as in `code.coding[0].code`; empty for the resource as a whole."""
    kind: StrictKind


class Source(Struct, frozen=True, gc=False):
    """What came for one prefetch key, by prefetch or from the FHIR server."""

    key: str
    raws: tuple[msgspec.Raw, ...]
    """JSON text of each resource, OperationOutcome entries removed; empty is a known-empty answer."""
    gap: GapReason | None
    """None: read in full (possibly empty). With `partial` the resources are good, and more exist."""
    note: str = ""
    """Why, for log and explanation, without patient data."""
    full_urls: tuple[str | None, ...] = ()
    """`fullUrl` of each resource, in the same order; empty or None where the Bundle gave none."""
    decoded: tuple[object, ...] | None = None
    """The resources of an ordinary value, decoded with it in one pass; then `raws` is empty."""
    value: msgspec.Raw | None = None
    """The value that `decoded` was made from."""
    cause: ReadCause | None = None
    """Why there is a gap, in one word."""
    is_cut: bool = False
    """The gap is that later pages were not read, and nothing else."""

    @property
    def count(self) -> int:
        """How many resources came."""
        return len(self.raws if self.decoded is None else self.decoded)

    @property
    def resources(self) -> tuple[msgspec.Raw, ...]:
        """JSON text of each resource; found again in `value` when it was decoded in one pass."""
        return self.raws if self.value is None else bundle_resources(self.value)


class Coding(Struct, frozen=True, gc=False):
    """A FHIR Coding as we write it."""

    system: str
    code: str
    display: str
    equivalent: Coding | None = None
    """The same in another code system."""


class Action(Struct, frozen=True, gc=False):
    """One action of a suggestion, or one system action."""

    type: ActionType
    description: str
    resource: msgspec.Raw | None = None
    """create, update: the whole resource."""
    resource_id: str | None = None
    """delete: relative reference such as `ServiceRequest/o1`."""


class Suggestion(Struct, frozen=True, gc=False):
    """One button on a card. Actions are never empty."""

    id: str
    """The stable id of the suggestion, e.g. `set-priority-stat`."""
    uuid: str
    label: str
    actions: tuple[Action, ...]
    is_recommended: bool = False


class Link(Struct, frozen=True, gc=False):
    """A link of a card."""

    label: str
    url: str
    type: Literal["absolute", "smart"] = "absolute"


class Card(Struct, frozen=True, gc=False):
    """One card. Texts are final; the wire format adds nothing to them."""

    id: str
    """The stable id of the card, e.g. `not-yet-indicated`; on the wire it is `source.topic`."""
    uuid: str
    summary: str
    detail: str
    indicator: Indicator
    source_label: str
    source_url: str | None
    topic: Coding
    suggestions: tuple[Suggestion, ...] = ()
    override_reasons: tuple[Coding, ...] = ()
    links: tuple[Link, ...] = ()
    order: str | None = None
    """Reference of the order that the card is about; None for a card about the whole call."""
    also: tuple[str, ...] = ()
    """References of further orders that it asks the same about."""
    facts: str = ""
    """Hash of what it rests on: the same for a card that tells nothing new."""

    def is_about(self, order: str) -> bool:
        """Whether it speaks of the order with this reference."""
        return order == self.order or order in self.also
