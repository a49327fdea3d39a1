"""What came in one call, sorted by resource type, whatever key it came under; and what could not be read.

Ordinary Bundles were decoded in one pass with their resources. All others are read resource by resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from cds_service.cds_hooks.model import Source
from cds_service.evidence.loose_json import read_json
from cds_service.evidence.raw import READ_ERRORS
from cds_service.evidence.record.intake import Batch, Intake
from cds_service.evidence.record.types import TYPES


class _TypeOnly(Struct, rename="camel", gc=False):
    resource_type: object = None


_DECODE_TYPE: Final = msgspec.json.Decoder(_TypeOnly).decode
_DECODE: Final[Mapping[str, Callable[[Raw | bytes], Any]]] = {
    one.name: msgspec.json.Decoder(one.shape).decode for one in TYPES
}


def sort_resources(sources: Mapping[str, Source], intake: Intake) -> None:
    """Put every readable resource of a type that we read with its type, in the order in which they came."""
    for key, source in sources.items():
        decoded = source.decoded
        intake.tally.read[key] = len(source.raws if decoded is None else decoded)
        if decoded:
            _keep_decoded(key, decoded, source.full_urls, intake)
        elif source.raws:
            _keep_each(key, source, intake)


def _keep_decoded(
    key: str, resources: tuple[Any, ...], full_urls: tuple[str | None, ...], intake: Intake
) -> None:
    kinds = {shape.resource_type for shape in resources}
    if len(kinds) == 1:
        intake.batches.setdefault(kinds.pop(), []).append(Batch(key, resources, full_urls))
        return
    for kind in kinds:
        pairs = zip(resources, full_urls, strict=True)
        kept = [(shape, url) for shape, url in pairs if shape.resource_type == kind]
        batch = Batch(key, tuple([s for s, _ in kept]), tuple([url for _, url in kept]))
        intake.batches.setdefault(kind, []).append(batch)


def _keep_each(key: str, source: Source, intake: Intake) -> None:
    urls = source.full_urls
    has_urls = len(urls) == len(source.raws)
    found: dict[str, list[tuple[Any, str | None]]] = {}
    for position, raw in enumerate(source.raws):
        shape = _read_resource(raw)
        if shape is None:
            intake.tally.unreadable[key] += 1
        elif not isinstance(shape, str):
            url = urls[position] if has_urls else None
            found.setdefault(shape.resource_type, []).append((shape, url))
    for kind, kept in found.items():
        batch = Batch(key, tuple([s for s, _ in kept]), tuple([url for _, url in kept]))
        intake.batches.setdefault(kind, []).append(batch)


def _read_resource(raw: Raw) -> Any | str | None:
    """A resource in the shape of its type; the type's name for one that is not read, None for what can't be read."""
    try:
        kind = _DECODE_TYPE(raw).resource_type
        decode = _DECODE.get(kind) if isinstance(kind, str) else None
        if decode is not None:
            return decode(raw)
    except READ_ERRORS:
        return _read_damaged(raw)
    return kind if isinstance(kind, str) and kind else None


def _read_damaged(raw: Raw) -> Any | str | None:
    """A resource whose JSON is not quite JSON, such as one with a byte that is not UTF-8."""
    plainly = read_json(raw)
    kind = plainly.get("resourceType") if plainly is not None else None
    if plainly is None or not isinstance(kind, str) or not kind:
        return None
    decode = _DECODE.get(kind)
    if decode is None:
        return kind
    try:
        return decode(msgspec.json.encode(plainly))
    except READ_ERRORS:
        return None
