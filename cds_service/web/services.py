"""The three services as discovery shows them. Their ids are promises to clients."""

from __future__ import annotations

from typing import Final

from cds_service.cds_hooks.discovery import HookService

_DESCRIPTION: Final = (
    "Weighs each imaging order of the spine against red flags, earlier imaging and safety in the patient's "
    "record, and says what the published criteria suggest. Silent about all other orders."
)
_REQUIREMENTS: Final = (
    "Needs the patient and the conditions, by prefetch or from a FHIR server that was agreed on; answers 412 "
    "without them. With less of the rest it still answers, and the card names what it could not read."
)

SERVICES: Final = (
    HookService(
        id="spine-imaging-order-select",
        hook="order-select",
        title="Spine imaging: when an order is selected",
        description=_DESCRIPTION,
        usage_requirements=_REQUIREMENTS,
    ),
    HookService(
        id="spine-imaging-order-sign",
        hook="order-sign",
        title="Spine imaging: when orders are signed",
        description=_DESCRIPTION,
        usage_requirements=_REQUIREMENTS,
    ),
    HookService(
        id="spine-imaging-order-dispatch",
        hook="order-dispatch",
        title="Spine imaging: when orders are sent to a performer",
        description=_DESCRIPTION,
        usage_requirements=_REQUIREMENTS,
    ),
)
"""One id a hook: a widely used client keys services by their URL."""
