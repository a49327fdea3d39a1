"""The discovery document: which services there are, for which hook, and which data they would like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

CDS_HOOKS: Final = "2.0.1"
"""The published version that is met in full; what the ballot of 3.0 adds stands beside it."""


@dataclass(frozen=True, slots=True)
class HookService:
    """One service as discovery shows it. Its URL is `{base}/cds-services/{id}`."""

    id: str
    hook: str
    title: str
    description: str
    usage_requirements: str


def discovery_json(
    services: tuple[HookService, ...],
    templates: Mapping[str, Mapping[str, str]],
    extension: Mapping[str, object] | None = None,
    *,
    tells_version: bool,
) -> bytes:
    """The discovery response. `templates` are the prefetch templates by hook, then by key.

    `extension` stands on every service. `tells_version` is for clients later than 1.0, which ignore fields that they
    do not know.
    """
    version = {"version": CDS_HOOKS} if tells_version else {}
    return msgspec.json.encode(
        {
            "services": [
                _service_json(service, templates.get(service.hook, {}), extension or {}) | version
                for service in services
            ]
        }
    )


def _service_json(
    service: HookService, prefetch: Mapping[str, str], extension: Mapping[str, object]
) -> dict[str, object]:
    fields: dict[str, object] = {
        "hook": service.hook,
        "title": service.title,
        "description": service.description,
        "id": service.id,
        "usageRequirements": service.usage_requirements,
    }
    optional = {"prefetch": dict(prefetch), "extension": dict(extension)}
    return fields | {name: value for name, value in optional.items() if value}
