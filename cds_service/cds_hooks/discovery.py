"""The discovery document: which services there are, for which hook, and which data they would like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec


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
) -> bytes:
    """The discovery response. `templates` are the prefetch templates by hook, then by key.

    `extension` stands on every service.
    """
    return msgspec.json.encode(
        {
            "services": [
                _service_json(service, templates.get(service.hook, {}), extension or {})
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
