"""What the screen lets somebody choose from, and the criteria that an explanation is held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cds_service.advice import CompiledGuideline
from cds_service.cds_hooks.discovery import HookService
from cds_service.coding import SYSTEM_URIS
from cds_service.playground.stories import Story
from cds_service.replay.explain import needed_sources


def choices_json(
    compiled: CompiledGuideline, stories: Iterable[Story], services: Iterable[HookService]
) -> dict[str, Any]:
    """Patients with their calls, studies with their codes, hooks with their services, all criteria."""
    return {
        "stories": [
            {
                "name": story.name,
                "title": story.title,
                "calls": {name: _call_label(call) for name, call in story.calls.items()},
            }
            for story in stories
        ],
        "studies": list(_studies(compiled)),
        "services": [
            {"id": service.id, "hook": service.hook, "when": service.title.partition(": ")[2]}
            for service in services
        ],
        "criteria": [
            {
                "id": criterion.id,
                "name": criterion.name,
                "group": group.name,
                "needs": sorted(needed_sources(criterion)),
            }
            for criterion, group in compiled.rules.criteria
        ],
        "groups": {group.id: group.name for group in compiled.guideline.groups},
    }


def _studies(compiled: CompiledGuideline) -> Iterator[dict[str, Any]]:
    """Those of one region: who wants to try another can paste an order for it."""
    names = compiled.guideline.wording.short_names.modality
    for procedure in compiled.guideline.catalog.procedure:
        codes = [
            {"system": SYSTEM_URIS[system], "code": code, "display": procedure.display}
            for system, code in procedure.preferred.items()
        ]
        if codes and len(procedure.regions) == 1:
            yield {
                "id": "-".join(
                    (procedure.modality, *procedure.regions, procedure.contrast)
                ).lower(),
                "name": procedure.display,
                "modality": names[procedure.modality],
                "codings": codes,
            }


def _call_label(call: Mapping[str, Any]) -> str:
    """`order-select: MRI lumbar spine, urgent`."""
    entries = call["context"].get("draftOrders", {}).get("entry", [])
    selected = call["context"].get("selections")
    orders = [
        entry["resource"]
        for entry in entries
        if selected is None
        or f"{entry['resource']['resourceType']}/{entry['resource']['id']}" in selected
    ]
    return f"{call['hook']}: {'; '.join(map(_order_label, orders))}"


def _order_label(order: Mapping[str, Any]) -> str:
    code = order.get("code", {})
    name = code.get("text") or next(
        (coding["display"] for coding in code.get("coding", ())), "order"
    )
    priority = order.get("priority", "routine")
    return f"{name}, {priority}"
