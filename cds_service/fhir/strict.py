"""What of the resources of a call is not valid FHIR R4B or R5 (`SPINE_CDS_STRICT_FHIR`).

Charts are read tolerantly whatever is found here: no card changes and nothing is refused. Imported only where the
setting is on, for the models are heavy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from fhir.resources import get_fhir_model_class as r5_model  # noqa: TID251 - the one place that reads R5
from fhir.resources.R4B import get_fhir_model_class as r4b_model
from pydantic import BaseModel, ValidationError

from cds_service.cds_hooks.model import HookRequest, Source, StrictFinding, StrictKind

_DRAFTS: Final = "order"
_NO_TYPE: Final = "Resource"
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{0,63}")
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_ELEMENT: Final = re.compile(r"_?[a-z][A-Za-z0-9]{0,63}")
_KINDS: Final[Mapping[str, StrictKind]] = {
    "extra_forbidden": "unknown-element",
    "json_invalid": "wrong-type",
    "missing": "missing",
    "model_field_validation.missing": "missing",
    "recursion_loop": "unreadable",
}


class _Named(msgspec.Struct):
    """What a resource is called by."""

    resource_type: Any = msgspec.field(name="resourceType", default=None)
    id: Any = None


def strict_findings(
    request: HookRequest, sources: Mapping[str, Source]
) -> tuple[StrictFinding, ...]:
    """Everything that neither R4B nor R5 allows, draft orders first; no value of the record is in it.

    A resource that is valid in one of the two releases has no finding; of another, those of the nearer release.
    """
    found: dict[StrictFinding, None] = {}
    for draft in request.context.draft_orders:
        found |= dict.fromkeys(_findings(_DRAFTS, draft.raw))
    for key, source in sources.items():
        for raw in source.resources:
            found |= dict.fromkeys(_findings(key, raw))
    return tuple(found)


def _findings(source: str, raw: msgspec.Raw) -> Iterator[StrictFinding]:
    try:
        named = msgspec.json.decode(raw, type=_Named)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        yield StrictFinding(source, _NO_TYPE, "", "unreadable")
        return
    kind = named.resource_type
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        yield StrictFinding(source, _NO_TYPE, "resourceType", "missing")
        return
    is_id = isinstance(named.id, str) and _ID.fullmatch(named.id)
    reference = f"{kind}/{named.id}" if is_id else kind
    nearest: tuple[tuple[str, StrictKind], ...] | None = None
    for model in (r4b_model, r5_model):
        problems = _problems(model, kind, raw)
        if not problems:
            return
        if nearest is None or len(problems) < len(nearest):
            nearest = problems
    for path, word in nearest or ():
        yield StrictFinding(source, reference, path, word)


def _problems(
    model: Callable[[str], type[BaseModel]], kind: str, raw: msgspec.Raw
) -> tuple[tuple[str, StrictKind], ...]:
    """(path, kind) of each problem of a resource in one release; empty for a valid one."""
    try:
        shape = model(kind)
    except (KeyError, ValueError):
        return (("resourceType", "unknown-type"),)
    try:
        shape.model_validate_json(bytes(raw))
    except ValidationError as error:
        return tuple(
            (_path(problem["loc"]), _kind(problem["type"]))
            for problem in error.errors(
                include_url=False, include_input=False, include_context=False
            )
        )
    except Exception:  # noqa: BLE001 - a model that fails on odd JSON is a finding, never a failed call
        return (("", "unreadable"),)
    return ()


def _kind(word: str) -> StrictKind:
    known = _KINDS.get(word)
    if known is not None:
        return known
    return "wrong-type" if word.endswith("_type") else "wrong-value"


def _path(place: Iterable[int | str]) -> str:
    """`code.coding[0].code`; a name that could not be one of FHIR is a question mark."""
    path = ""
    for step in place:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            name = step if _ELEMENT.fullmatch(step) else "?"
            path += f".{name}" if path else name
    return path
