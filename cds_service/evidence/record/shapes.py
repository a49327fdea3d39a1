"""The FHIR resources of a record, with only the elements that are read.

Scalars and dates are `object` and everything else is left as JSON text: an odd shape of one element never loses the
resource around it, and what no value set asks for is never decoded. Elements of STU3, DSTU2 and R5 stand
beside those of R4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from cds_service.evidence.loose_json import read_json
from cds_service.evidence.raw import NOTHING, READ_ERRORS, plain


class PatientShape(Struct, rename="camel"):
    """Patient."""

    resource_type: object = None
    id: object = None
    birth_date: object = None
    gender: object = None
    deceased_boolean: object = None
    deceased_date_time: object = None
    address: Raw = NOTHING


class ConditionShape(Struct, rename="camel", gc=False):
    """Condition. DSTU2 has `patient` and `dateRecorded`, STU3 `assertedDate`."""

    resource_type: object = None
    id: object = None
    clinical_status: Raw = NOTHING
    verification_status: Raw = NOTHING
    code: Raw = NOTHING
    subject: Raw = NOTHING
    patient: Raw = NOTHING
    body_site: Raw = NOTHING
    onset_date_time: object = None
    onset_period: Raw = NOTHING
    onset_age: Raw = NOTHING
    recorded_date: object = None
    asserted_date: object = None
    date_recorded: object = None
    abatement_date_time: object = None
    abatement_period: Raw = NOTHING
    abatement_age: Raw = NOTHING
    abatement_range: Raw = NOTHING
    abatement_string: Raw = NOTHING
    abatement_boolean: Raw = NOTHING


class ComponentShape(Struct, rename="camel", gc=False):
    """Observation.component."""

    code: Raw = NOTHING
    value_quantity: Raw = NOTHING
    value_codeable_concept: Raw = NOTHING
    value_string: Raw = NOTHING
    value_boolean: Raw = NOTHING
    value_integer: Raw = NOTHING
    value_range: Raw = NOTHING
    value_ratio: Raw = NOTHING
    value_date_time: Raw = NOTHING
    value_period: Raw = NOTHING
    value_time: Raw = NOTHING
    data_absent_reason: Raw = NOTHING
    interpretation: Raw = NOTHING


class ObservationShape(Struct, rename="camel", gc=False):
    """Observation."""

    resource_type: object = None
    id: object = None
    status: object = None
    code: Raw = NOTHING
    subject: Raw = NOTHING
    patient: Raw = NOTHING
    effective_date_time: object = None
    effective_period: Raw = NOTHING
    effective_instant: object = None
    issued: object = None
    component: Raw = NOTHING
    value_quantity: Raw = NOTHING
    value_codeable_concept: Raw = NOTHING
    value_string: Raw = NOTHING
    value_boolean: Raw = NOTHING
    value_integer: Raw = NOTHING
    value_range: Raw = NOTHING
    value_ratio: Raw = NOTHING
    value_date_time: Raw = NOTHING
    value_period: Raw = NOTHING
    value_time: Raw = NOTHING
    data_absent_reason: Raw = NOTHING
    interpretation: Raw = NOTHING


class QuantityShape(Struct, gc=False):
    """Quantity; the value keeps its own digits."""

    value: Raw = NOTHING
    comparator: object = None
    unit: object = None
    code: object = None


class MedicationOrderShape(Struct, rename="camel", gc=False):
    """MedicationRequest, MedicationStatement, and MedicationOrder of DSTU2."""

    resource_type: object = None
    id: object = None
    status: object = None
    do_not_perform: object = None
    medication_codeable_concept: Raw = NOTHING
    medication_reference: Raw = NOTHING
    medication: Raw = NOTHING
    """CodeableReference of R5."""
    subject: Raw = NOTHING
    patient: Raw = NOTHING
    authored_on: object = None
    date_written: object = None
    effective_period: Raw = NOTHING
    effective_date_time: object = None
    dispense_request: Raw = NOTHING
    dosage_instruction: Raw = NOTHING
    dosage: Raw = NOTHING
    contained: Raw = NOTHING


class MedicationShape(Struct, rename="camel", gc=False):
    """Medication, included or contained."""

    resource_type: object = None
    id: object = None
    code: Raw = NOTHING
    form: Raw = NOTHING
    dose_form: Raw = NOTHING
    ingredient: Raw = NOTHING


class ProcedureShape(Struct, rename="camel", gc=False):
    """Procedure. R5 has `occurrence[x]`."""

    resource_type: object = None
    id: object = None
    status: object = None
    not_performed: object = None
    code: Raw = NOTHING
    subject: Raw = NOTHING
    patient: Raw = NOTHING
    performed_date_time: object = None
    performed_period: Raw = NOTHING
    occurrence_date_time: object = None
    occurrence_period: Raw = NOTHING


class DeviceShape(Struct, rename="camel", gc=False):
    """Device."""

    resource_type: object = None
    id: object = None
    status: object = None
    status_reason: Raw = NOTHING
    type: Raw = NOTHING
    device_name: Raw = NOTHING
    name: Raw = NOTHING
    model_number: Raw = NOTHING
    safety: Raw = NOTHING
    property: Raw = NOTHING
    note: Raw = NOTHING
    subject: Raw = NOTHING
    patient: Raw = NOTHING


class AllergyShape(Struct, rename="camel", gc=False):
    """AllergyIntolerance. DSTU2 has `substance` and one `status` for everything."""

    resource_type: object = None
    id: object = None
    status: object = None
    clinical_status: Raw = NOTHING
    verification_status: Raw = NOTHING
    code: Raw = NOTHING
    substance: Raw = NOTHING
    reaction: Raw = NOTHING
    subject: Raw = NOTHING
    patient: Raw = NOTHING
    onset_date_time: object = None
    onset: object = None
    recorded_date: object = None
    asserted_date: object = None


class EncounterShape(Struct, rename="camel", gc=False):
    """Encounter: only whether it is hospice care."""

    resource_type: object = None
    id: object = None
    status: object = None
    type: Raw = NOTHING
    service_type: Raw = NOTHING
    reason_code: Raw = NOTHING
    reason: Raw = NOTHING
    hospitalization: Raw = NOTHING
    subject: Raw = NOTHING
    patient: Raw = NOTHING


class ImagingShape(Struct, rename="camel", gc=False):
    """ServiceRequest, DiagnosticReport, ImagingStudy and their forerunners: read elsewhere, only whose it is."""

    resource_type: object = None
    id: object = None
    subject: Raw = NOTHING
    patient: Raw = NOTHING


Shape = (
    PatientShape
    | ConditionShape
    | ObservationShape
    | MedicationOrderShape
    | MedicationShape
    | ProcedureShape
    | DeviceShape
    | AllergyShape
    | EncounterShape
    | ImagingShape
)

SHAPES: Final[Mapping[str, type[Shape]]] = {
    "Patient": PatientShape,
    "Condition": ConditionShape,
    "Observation": ObservationShape,
    "MedicationRequest": MedicationOrderShape,
    "MedicationStatement": MedicationOrderShape,
    "MedicationOrder": MedicationOrderShape,
    "Medication": MedicationShape,
    "Procedure": ProcedureShape,
    "Device": DeviceShape,
    "AllergyIntolerance": AllergyShape,
    "Encounter": EncounterShape,
    "ServiceRequest": ImagingShape,
    "ProcedureRequest": ImagingShape,
    "DiagnosticOrder": ImagingShape,
    "DiagnosticReport": ImagingShape,
    "ImagingStudy": ImagingShape,
}
"""The resource types that are read; all others are passed over."""

USUAL_TYPE: Final[Mapping[str, str]] = {
    "patient": "Patient",
    "conditions": "Condition",
    "observations": "Observation",
    "medications": "MedicationRequest",
    "procedures": "Procedure",
    "orders": "ServiceRequest",
    "reports": "DiagnosticReport",
    "allergies": "AllergyIntolerance",
    "devices": "Device",
}
"""What a prefetch key usually holds: tried first. Any key may hold any type."""


class _TypeOnly(Struct, rename="camel", gc=False):
    resource_type: object = None


_DECODE_TYPE: Final = msgspec.json.Decoder(_TypeOnly).decode
_DECODE: Final[Mapping[str, Callable[[Raw | bytes], Any]]] = {
    name: msgspec.json.Decoder(shape).decode for name, shape in SHAPES.items()
}
_DECODE_QUANTITY: Final = msgspec.json.Decoder(QuantityShape).decode
_DECODE_COMPONENTS: Final = msgspec.json.Decoder(list[ComponentShape]).decode
_DECODE_COMPONENT: Final = msgspec.json.Decoder(ComponentShape).decode
_DECODE_MEDICATION: Final = msgspec.json.Decoder(MedicationShape).decode


def usual_decoder(key: str) -> Callable[[Raw | bytes], Any]:
    """The decoder to try first on the resources of a prefetch key."""
    return _DECODE.get(USUAL_TYPE.get(key, ""), _DECODE_TYPE)


def read_resource(raw: Raw) -> Shape | str | None:
    """A resource by its own type; the type's name for one that is not read, None for what can't be read."""
    try:
        kind = _DECODE_TYPE(raw).resource_type
        decode = _DECODE.get(kind) if isinstance(kind, str) else None
        shape: Shape | None = decode(raw) if decode else None
    except READ_ERRORS:
        return _read_damaged(raw)
    if shape is not None:
        return shape
    return kind if isinstance(kind, str) and kind else None


def _read_damaged(raw: Raw) -> Shape | str | None:
    """A resource whose JSON is not quite JSON, such as one with a byte that is not UTF-8."""
    plainly = read_json(raw)
    kind = plainly.get("resourceType") if plainly is not None else None
    if plainly is None or not isinstance(kind, str) or not kind:
        return None
    decode = _DECODE.get(kind)
    if decode is None:
        return kind
    try:
        shape: Shape = decode(msgspec.json.encode(plainly))
    except READ_ERRORS:
        return None
    return shape


def read_quantity(raw: Raw) -> QuantityShape:
    """A Quantity, empty when there is none; a bare number or text is its value."""
    try:
        return _DECODE_QUANTITY(raw)
    except READ_ERRORS:
        value = plain(raw)
    if isinstance(value, list):
        value = next((entry for entry in value if isinstance(entry, dict)), None)
    if isinstance(value, dict):
        return _DECODE_QUANTITY(msgspec.json.encode(value))
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        return QuantityShape(value=Raw(msgspec.json.encode(value)))
    return QuantityShape()


def read_components(raw: Raw) -> list[ComponentShape]:
    """The components of an Observation; entries that are no objects are left out."""
    if raw is NOTHING:
        return []
    try:
        return _DECODE_COMPONENTS(raw)
    except READ_ERRORS:
        value = plain(raw)
    entries = value if isinstance(value, list) else [value]
    return [
        _DECODE_COMPONENT(msgspec.json.encode(entry))
        for entry in entries
        if isinstance(entry, dict)
    ]


def read_medication(value: object) -> MedicationShape | None:
    """A contained Medication."""
    if not isinstance(value, dict) or value.get("resourceType") != "Medication":
        return None
    return _DECODE_MEDICATION(msgspec.json.encode(value))
