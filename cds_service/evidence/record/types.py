"""What the guideline needs to read: discovery, the prefetch answers and our own FHIR reads are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_ORDER_HOOKS: Final = ("order-select", "order-sign", "order-dispatch", "order-review")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One prefetch key."""

    key: str
    template: str
    """A prefetch template: no parameter twice, tokens of root-level context fields only."""
    resource_type: str
    """The type that the template asks for."""
    also: tuple[str, ...] = ()
    """Types that answer it as well: what other FHIR versions and hand-made Bundles bring."""
    is_required: bool = False
    """Without it no answer is given, unless what was read is already serious."""
    hooks: tuple[str, ...] = _ORDER_HOOKS

    @property
    def is_read(self) -> bool:
        """True for the read of one resource, which exists; false for a search, which may find none."""
        return "?" not in self.template


REQUIREMENTS: Final = (
    Requirement("patient", "Patient/{{context.patientId}}", "Patient", is_required=True),
    Requirement(
        "conditions",
        "Condition?patient={{context.patientId}}",
        "Condition",
        is_required=True,
    ),
    Requirement(
        "observations",
        "Observation?patient={{context.patientId}}"
        "&category=vital-signs,laboratory,exam,survey,social-history&_sort=-date&_count=200",
        "Observation",
    ),
    Requirement(
        "medications",
        "MedicationRequest?patient={{context.patientId}}&_sort=-authoredon&_count=100",
        "MedicationRequest",
        (
            "MedicationStatement",
            "MedicationOrder",
            "MedicationAdministration",
            "MedicationDispense",
        ),
    ),
    Requirement(
        "procedures",
        "Procedure?patient={{context.patientId}}&_sort=-date&_count=100",
        "Procedure",
    ),
    Requirement(
        "orders",
        "ServiceRequest?patient={{context.patientId}}&_sort=-authored&_count=50",
        "ServiceRequest",
        ("ProcedureRequest", "DiagnosticOrder", "DiagnosticRequest"),
    ),
    Requirement(
        "reports",
        "DiagnosticReport?patient={{context.patientId}}&category=RAD,LP29684-5&_sort=-date&_count=50",
        "DiagnosticReport",
        ("ImagingStudy",),
    ),
    Requirement(
        "allergies", "AllergyIntolerance?patient={{context.patientId}}", "AllergyIntolerance"
    ),
    Requirement("devices", "Device?patient={{context.patientId}}", "Device"),
    Requirement(
        "dispatchedOrders",
        "ServiceRequest?_id={{context.dispatchedOrders}}",
        "ServiceRequest",
        ("ProcedureRequest", "DiagnosticOrder", "DiagnosticRequest"),
        hooks=("order-dispatch",),
    ),
)
"""In the order of the discovery document."""


def requirements_for(hook: str) -> tuple[Requirement, ...]:
    """What is needed to answer one hook; empty for a hook that is none of ours."""
    return tuple([need for need in REQUIREMENTS if hook in need.hooks])


def prefetch_templates(hook: str) -> dict[str, str]:
    """The `prefetch` of a service in the discovery document."""
    return {need.key: need.template for need in requirements_for(hook)}
