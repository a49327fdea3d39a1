"""A hook call's body to `HookRequest`: strict about the envelope, lenient about what clients really send.

Resources stay undecoded here. Whether they can be read is found out one by one, by their readers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from cds_service.cds_hooks.envelope import parse_envelope
from cds_service.cds_hooks.json_object import (
    NULL,
    has_key_twice,
    is_absent,
    parse_members,
    read_items,
    read_members,
    read_string,
)
from cds_service.cds_hooks.model import (
    DraftFlaw,
    DraftOrder,
    FhirAuthorization,
    HookContext,
    HookRequest,
)
from cds_service.errors import HookRequestError

HOOKS: Final = ("order-select", "order-sign", "order-dispatch", "order-review")
"""Hooks that are understood. `order-review` is what order-sign was called before CDS Hooks 1.0."""

_DISPATCHED: Final = (
    "dispatchedOrders",
    "dispatched-orders",  # the examples of the hook's own page
    "orders",
    "order",  # version 1.0 of the hook
)
_UNSIGNED_ORDERS: Final = (
    "Send the unsigned orders as a Bundle. (Some EHRs leave it out unless the app has the scopes for "
    "unsigned orders.)"
)

_WITHOUT_RESOURCE: Final = frozenset(("DELETE", "GET", "HEAD"))
"""Methods of an entry's request that come without a resource."""

_DEEPEST_BUNDLE: Final = 3
"""Bundles within Bundles that are opened; no client is known to need more than one."""
_NO_RESOURCE: Final = msgspec.Raw(NULL)

_Members = Mapping[str, msgspec.Raw]


def parse_hook_request(service_id: str, body: bytes) -> HookRequest:
    """One hook call.

    Raises HookRequestError (400) for what CDS Hooks 2.0 forbids and no client is known to need
    (section Calling a CDS Service). Unknown fields are ignored; optional fields may be `null`.
    """
    envelope = parse_envelope(body)
    members = envelope.members
    hook = _required_string(members, "hook", "")
    if hook not in HOOKS:
        raise HookRequestError(
            f"This hook is not served here. Expected one of {', '.join(HOOKS)}.",
            expression="hook",
            code="not-supported",
        )
    hook_instance = _required_string(members, "hookInstance", "")
    fhir_server = _optional_string(members, "fhirServer")
    return HookRequest(
        service_id=service_id,
        hook=hook,
        hook_instance=hook_instance,
        context=_parse_context(hook, members),
        prefetch=envelope.prefetch,
        fhir_server=fhir_server,
        fhir_authorization=_parse_authorization(members, fhir_server),
        extension=_read_extension(members),
    )


def _parse_context(hook: str, members: _Members) -> HookContext:
    context = parse_members(_required(members, "context", ""), "context")
    patient_id = _parse_patient_id(context)
    drafts_key = {"order-dispatch": None, "order-review": "orders"}.get(hook, "draftOrders")
    return HookContext(
        patient_id=patient_id,
        user_id=read_string(context.get("userId")),
        encounter_id=_bare_id(read_string(context.get("encounterId")), "Encounter"),
        selections=_parse_selections(context) if hook == "order-select" else None,
        draft_orders=() if drafts_key is None else _parse_drafts(context, drafts_key),
        dispatched_orders=_parse_dispatched(context) if drafts_key is None else (),
        performer=read_string(context.get("performer")),
    )


def _parse_patient_id(context: _Members) -> str:
    patient_id = _bare_id(_required_string(context, "patientId", "context."), "Patient")
    if patient_id is None or "/" in patient_id or not patient_id.isprintable():
        raise HookRequestError(
            "context.patientId has to be the id of one Patient, such as 123.",
            expression="context.patientId",
            code="value",
        )
    return patient_id


def _bare_id(reference: str | None, resource_type: str) -> str | None:
    """The logical id of `123`, `Patient/123` or `https://ehr.example.org/fhir/Patient/123`."""
    if reference is None:
        return None
    before, separator, after = reference.rpartition(f"{resource_type}/")
    return after or None if separator and (not before or before.endswith("/")) else reference


def _parse_selections(context: _Members) -> tuple[str, ...]:
    items = read_items(_required(context, "selections", "context."))
    if items is None:
        raise HookRequestError(
            "context.selections has to be an array of references into draftOrders.",
            expression="context.selections",
        )
    # What cannot be read selects something too, that we cannot tell: it stays, as a text that names no draft.
    return tuple(_read_reference(item) or "" for item in items)


_BUNDLE: Final = frozenset({
    "resourceType", "id", "meta", "implicitRules", "language", "identifier", "type", "timestamp", "total", "link",
    "signature", "issues", "extension", "text", "fhir_comments",
})  # fmt: skip
"""What a Bundle may say beside its entries, in any version of FHIR."""
_ENTRY: Final = frozenset({
    "id", "extension", "modifierExtension", "link", "fullUrl", "resource", "search", "request", "response",
})  # fmt: skip
"""What an entry may say; whatever else stands there may be the order."""


def _parse_drafts(context: _Members, key: str) -> tuple[DraftOrder, ...]:
    expression = f"context.{key}"
    if is_absent(context.get(key)):
        raise HookRequestError(
            f"{expression} is missing. {_UNSIGNED_ORDERS}", expression=expression, code="required"
        )
    bundle = parse_members(context[key], expression)
    # Bundle.type, and even resourceType, are often left out.
    if (read_string(bundle.get("resourceType")) or "Bundle") != "Bundle":
        raise HookRequestError(
            f"{expression} has to be a Bundle. {_UNSIGNED_ORDERS}", expression=expression
        )
    return tuple(_parse_bundle(bundle, expression, depth=0))


def _parse_bundle(bundle: _Members, expression: str, *, depth: int) -> Iterator[DraftOrder]:
    """The drafts of a Bundle. One that says something else beside no entries is not an empty one."""
    entries = bundle.get("entry")
    is_empty = entries is None or is_absent(entries) or not read_items(entries)
    says_more = not bundle.keys() <= _BUNDLE | {"entry"}
    if is_empty and says_more and (entries is None or read_members(entries) is None):
        raise HookRequestError(f"{expression} has no `entry`.", expression=f"{expression}.entry")
    yield from _parse_entries(entries, expression, depth=depth)


def _parse_entries(
    entries: msgspec.Raw | None, expression: str, *, depth: int
) -> Iterator[DraftOrder]:
    """The drafts of a Bundle, those of a Bundle among its entries too, each with its place."""
    if entries is None or is_absent(entries):
        return
    items = read_items(entries)
    if items is None:
        if read_members(entries) is None:
            raise HookRequestError(
                f"{expression}.entry has to be an array.", expression=f"{expression}.entry"
            )
        items = [entries]
    for index, entry in enumerate(items):
        yield from _parse_entry(entry, f"{expression}.entry[{index}]", depth=depth)


def _parse_entry(entry: msgspec.Raw, expression: str, *, depth: int) -> Iterator[DraftOrder]:
    """The draft of one entry. Only an entry that says nothing holds none: anything else may be an order."""
    members = read_members(entry)
    if members is None:
        if not is_absent(entry):
            yield DraftOrder(entry, "", "", place=expression, flaw="not-an-object")
        return
    resource = members.get("resource")
    full_url = read_string(members.get("fullUrl"))
    place = f"{expression}.resource"
    if resource is None and "resourceType" in members:
        # A resource where its entry belongs.
        resource, place = entry, expression
    if resource is None or is_absent(resource):
        says_more = full_url is not None or not members.keys() <= _ENTRY
        if says_more or b'"resourceType"' in bytes(entry) or _is_written(members.get("request")):
            yield DraftOrder(_NO_RESOURCE, "", "", full_url, place, "not-an-object")
        return
    fields = read_members(resource)
    if fields is None:
        is_object = bytes(resource).startswith(b"{")
        flaw: DraftFlaw = "too-deep" if is_object else "not-an-object"
        yield DraftOrder(resource, "", "", full_url, place, flaw)
        return
    resource_type = read_string(fields.get("resourceType")) or ""
    if resource_type == "Bundle" and depth < _DEEPEST_BUNDLE:
        yield from _parse_bundle(fields, place, depth=depth + 1)
        return
    # A key twice would be read one way here and perhaps another way by the EHR that gets it back.
    repeated: DraftFlaw | None = "key-twice" if has_key_twice(resource, fields) else None
    yield DraftOrder(
        raw=resource,
        resource_type=resource_type,
        id=read_string(fields.get("id")) or "",
        full_url=full_url,
        place=place,
        flaw="too-deep" if resource_type == "Bundle" else repeated,
    )


def _is_written(request: msgspec.Raw | None) -> bool:
    """Whether an entry asks for its resource to be written: then it is lost where it is not there."""
    if request is None or is_absent(request):
        return False
    return read_string((read_members(request) or {}).get("method")) not in _WITHOUT_RESOURCE


def _parse_dispatched(context: _Members) -> tuple[str, ...]:
    key = next((key for key in _DISPATCHED if not is_absent(context.get(key))), None)
    if key is None:
        raise HookRequestError(
            "context.dispatchedOrders is missing. Send the references of the orders.",
            expression="context.dispatchedOrders",
            code="required",
        )
    items = read_items(context[key])
    if items is None:
        reference = _read_reference(context[key])
        if reference is None and read_string(context[key]) is None and bytes(context[key]) != b'""':
            raise HookRequestError(
                f"context.{key} has to be an array of references.", expression=f"context.{key}"
            )
        items = [context[key]]
    is_blank = bool(items) and all(bytes(item) in (NULL, b'""') for item in items)
    for index, item in enumerate(items):
        if is_blank or (_read_reference(item) is None and bytes(item) not in (NULL, b'""')):
            raise HookRequestError(
                f"context.{key} holds something that is no reference.",
                expression=f"context.{key}[{index}]",
                code="value",
            )
    references = (text for item in items if (text := _read_reference(item)) is not None)
    return tuple(part.strip() for text in references for part in text.split(",") if part.strip())


def _read_reference(item: msgspec.Raw) -> str | None:
    """A reference given as text, or as a FHIR Reference object."""
    text = read_string(item)
    if text is None and (members := read_members(item)) is not None:
        text = read_string(members.get("reference"))
    return text


def _parse_authorization(members: _Members, fhir_server: str | None) -> FhirAuthorization | None:
    raw = members.get("fhirAuthorization")
    if raw is None or is_absent(raw):
        return None
    fields = parse_members(raw, "fhirAuthorization")
    if not fields:
        return None
    if fhir_server is None:
        raise HookRequestError(
            "fhirAuthorization without fhirServer. Send the base URL that the token is for.",
            expression="fhirServer",
            code="required",
        )
    return FhirAuthorization(
        access_token=_required_string(fields, "access_token", "fhirAuthorization."),
        token_type=read_string(fields.get("token_type")) or "Bearer",
        expires_in=_read_seconds(fields.get("expires_in")),
        scope=read_string(fields.get("scope")) or "",
        subject=read_string(fields.get("subject")) or "",
        patient=_bare_id(read_string(fields.get("patient")), "Patient"),
    )


def _read_seconds(raw: msgspec.Raw | None) -> int | None:
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw, type=int, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _read_extension(members: _Members) -> Mapping[str, Any]:
    """The extension object; empty when it is anything else, because no extension may be required."""
    raw = members.get("extension")
    if raw is None:
        return {}
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _required(members: _Members, key: str, prefix: str) -> msgspec.Raw:
    value = members.get(key)
    if value is None or is_absent(value):
        raise HookRequestError(
            f"{prefix}{key} is missing.", expression=prefix + key, code="required"
        )
    return value


def _required_string(members: _Members, key: str, prefix: str) -> str:
    text = read_string(_required(members, key, prefix))
    if text is None:
        raise HookRequestError(
            f"{prefix}{key} has to be a string that is not empty.",
            expression=prefix + key,
            code="value",
        )
    return text


def _optional_string(members: _Members, key: str) -> str | None:
    value = members.get(key)
    if value is None or is_absent(value) or bytes(value) == b'""':
        return None
    return _required_string(members, key, "")
