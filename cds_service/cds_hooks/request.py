"""A hook call's body to `HookRequest`: strict about the envelope, lenient about what clients really send.

Resources stay undecoded here. Whether they can be read is found out one by one, by their readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cds_service.cds_hooks.envelope import parse_envelope
from cds_service.cds_hooks.json_object import (
    is_absent,
    parse_members,
    read_items,
    read_members,
    read_string,
)
from cds_service.cds_hooks.model import DraftOrder, FhirAuthorization, HookContext, HookRequest
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
    return tuple(text for item in items if (text := _read_reference(item)) is not None)


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
    if is_absent(bundle.get("entry")):
        return ()
    items = read_items(bundle["entry"])
    if items is None:
        if read_members(bundle["entry"]) is None:
            raise HookRequestError(
                f"{expression}.entry has to be an array.", expression=f"{expression}.entry"
            )
        items = [bundle["entry"]]
    drafts = (
        _parse_entry(entry, f"{expression}.entry[{index}]") for index, entry in enumerate(items)
    )
    return tuple(draft for draft in drafts if draft is not None)


def _parse_entry(entry: msgspec.Raw, expression: str) -> DraftOrder | None:
    """One draft order; None for an entry that holds no resource, which is left out."""
    members = read_members(entry)
    resource = members.get("resource") if members is not None else None
    if members is None or resource is None or read_members(resource) is None:
        return None
    # A key twice would be read one way here and perhaps another way by the EHR that gets it back.
    fields = parse_members(resource, f"{expression}.resource")
    return DraftOrder(
        raw=resource,
        resource_type=read_string(fields.get("resourceType")) or "",
        id=read_string(fields.get("id")) or "",
        full_url=read_string(members.get("fullUrl")),
    )


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
