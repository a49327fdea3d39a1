"""The FHIR types of a record: which prefetch key each answers, in what shape it is read, and by which reader.

Discovery, the prefetch answers and our own FHIR reads are made from these two tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from cds_service.cds_hooks.bundles import OrdinaryBundle
from cds_service.cds_hooks.request import HOOKS
from cds_service.evidence.raw import READ_ERRORS
from cds_service.evidence.record.allergies import read_allergies
from cds_service.evidence.record.conditions import read_conditions
from cds_service.evidence.record.devices import read_devices
from cds_service.evidence.record.hospice import read_encounters
from cds_service.evidence.record.intake import Intake
from cds_service.evidence.record.medications import keep_medications, read_medications
from cds_service.evidence.record.observations import read_observations
from cds_service.evidence.record.person import read_patients
from cds_service.evidence.record.procedures import read_procedures
from cds_service.evidence.record.shapes import (
    AllergyShape,
    ConditionShape,
    DeviceShape,
    EncounterShape,
    MedicationShape,
    MedicationUseShape,
    ObservationShape,
    OrderShape,
    PatientShape,
    ProcedureShape,
    StudyShape,
)
from cds_service.evidence.record.studies import read_other_orders, read_studies

_DISPATCH_HOOKS: Final = ("order-dispatch",)
_ORDERS: Final = ("orders", "dispatchedOrders")

Decoded = tuple[tuple[object, ...], tuple[str | None, ...]]
"""(resources, their fullUrls)."""
Decode = Callable[[Raw], Decoded | None]


class FhirType(Struct, frozen=True):
    """One resource type that is read. Any prefetch key may hold any type."""

    name: str
    shape: type[Any]
    read: Callable[[Intake, str], None]
    """Takes what it finds from the resources of the type that it is told."""
    answers: tuple[str, ...] = ()
    """Prefetch keys that it answers; none: it is read where another key brings it along."""


TYPES: Final = (
    FhirType("Patient", PatientShape, read_patients, ("patient",)),
    FhirType("Medication", MedicationShape, keep_medications),
    FhirType("Condition", ConditionShape, read_conditions, ("conditions",)),
    FhirType("Observation", ObservationShape, read_observations, ("observations",)),
    FhirType("MedicationRequest", MedicationUseShape, read_medications, ("medications",)),
    FhirType("MedicationStatement", MedicationUseShape, read_medications, ("medications",)),
    FhirType("MedicationOrder", MedicationUseShape, read_medications, ("medications",)),
    FhirType("MedicationAdministration", MedicationUseShape, read_medications, ("medications",)),
    FhirType("MedicationDispense", MedicationUseShape, read_medications, ("medications",)),
    FhirType("DiagnosticReport", StudyShape, read_studies, ("reports",)),
    FhirType("ImagingStudy", StudyShape, read_studies, ("reports",)),
    FhirType("Procedure", ProcedureShape, read_procedures, ("procedures",)),
    FhirType("ServiceRequest", OrderShape, read_other_orders, _ORDERS),
    FhirType("ProcedureRequest", OrderShape, read_other_orders, _ORDERS),
    FhirType("DiagnosticOrder", OrderShape, read_other_orders, _ORDERS),
    FhirType("AllergyIntolerance", AllergyShape, read_allergies, ("allergies",)),
    FhirType("Device", DeviceShape, read_devices, ("devices",)),
    FhirType("Encounter", EncounterShape, read_encounters),
)
"""In the order of reading: who it is and what others refer to come first. FamilyMemberHistory is left out on purpose:
a relative's disease is no finding of the patient."""


def _decode_resource(shape: type[Any]) -> Decode:
    decode = msgspec.json.Decoder(shape).decode

    def decoded(value: Raw) -> Decoded | None:
        try:
            return (decode(value),), (None,)
        except READ_ERRORS:
            return None

    return decoded


def _decode_bundle(shape: type[Any]) -> Decode:
    decode = msgspec.json.Decoder(OrdinaryBundle[shape]).decode  # type: ignore[valid-type]  # made at start

    def decoded(value: Raw) -> Decoded | None:
        try:
            bundle = decode(value)
        except READ_ERRORS:
            return None
        if not bundle.is_whole:
            return None
        entries = bundle.entry
        return tuple([e.resource for e in entries]), tuple([e.fullUrl for e in entries])

    return decoded


class Requirement(Struct, frozen=True):
    """One prefetch key."""

    key: str
    template: str
    """A prefetch template: no parameter twice, tokens of root-level context fields only."""
    is_required: bool
    """Without it no answer is given, unless what was read is already serious."""
    hooks: tuple[str, ...]
    resource_type: str
    """The type that the template asks for."""
    also: tuple[str, ...]
    """Types that answer it as well: what other FHIR versions and hand-made Bundles bring."""
    is_read: bool
    """True for the read of one resource, which exists; false for a search, which may find none."""
    decode: Decode | None
    """Reads an ordinary value with all its resources in one pass; None for a key that is read otherwise."""


def _requirement(
    key: str,
    template: str,
    *,
    is_required: bool = False,
    hooks: tuple[str, ...] = HOOKS,
) -> Requirement:
    asked = template.partition("?")[0].partition("/")[0]
    answering = {one.name: one.shape for one in TYPES if key in one.answers}
    is_read = "?" not in template
    decode = (_decode_resource if is_read else _decode_bundle)(answering[asked])
    return Requirement(
        key=key,
        template=template,
        is_required=is_required,
        hooks=hooks,
        resource_type=asked,
        also=tuple(name for name in answering if name != asked),
        is_read=is_read,
        decode=decode if hooks == HOOKS else None,
    )


REQUIREMENTS: Final = (
    _requirement("patient", "Patient/{{context.patientId}}", is_required=True),
    _requirement("conditions", "Condition?patient={{context.patientId}}", is_required=True),
    _requirement(
        "observations",
        "Observation?patient={{context.patientId}}"
        "&category=vital-signs,laboratory,exam,survey,social-history&_sort=-date&_count=200",
    ),
    _requirement(
        "medications",
        "MedicationRequest?patient={{context.patientId}}&_sort=-authoredon&_count=100",
    ),
    _requirement("procedures", "Procedure?patient={{context.patientId}}&_sort=-date&_count=100"),
    _requirement(
        "orders", "ServiceRequest?patient={{context.patientId}}&_sort=-authored&_count=50"
    ),
    _requirement(
        "reports",
        "DiagnosticReport?patient={{context.patientId}}&category=RAD,LP29684-5&_sort=-date&_count=50",
    ),
    _requirement("allergies", "AllergyIntolerance?patient={{context.patientId}}"),
    _requirement("devices", "Device?patient={{context.patientId}}"),
    _requirement(
        "dispatchedOrders", "ServiceRequest?_id={{context.dispatchedOrders}}", hooks=_DISPATCH_HOOKS
    ),
)
"""In the order of the discovery document."""
REQUIRED_KEYS: Final = tuple(need.key for need in REQUIREMENTS if need.is_required)
"""Prefetch keys without which nothing can be said."""


def requirements_for(hook: str) -> tuple[Requirement, ...]:
    """What is needed to answer one hook; empty for a hook that is none of ours."""
    return _BY_HOOK.get(hook, ())


def prefetch_templates(hook: str) -> dict[str, str]:
    """The `prefetch` of a service in the discovery document."""
    return {need.key: need.template for need in requirements_for(hook)}


_BY_HOOK: Final = {
    hook: tuple(need for need in REQUIREMENTS if hook in need.hooks) for hook in HOOKS
}
