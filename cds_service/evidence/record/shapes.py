"""The FHIR resources of a record, with only the elements that are read.

Scalars and dates are `object` and everything else is left as JSON text: an odd shape of one element never loses the
resource around it, and what no value set asks for is never decoded. Elements of STU3, DSTU2 and R5 stand
beside those of R4.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
from msgspec import Raw, Struct

from cds_service.evidence.raw import NOTHING, READ_ERRORS, plain


class ReferenceShape(Struct, gc=False):
    """Reference."""

    reference: object = None


Whose = ReferenceShape | str | list[Any] | bool | int | float | None
"""`subject`, and `patient` of DSTU2: a Reference, or whatever else stands there."""


class PatientShape(Struct, rename="camel", gc=False):
    """Patient."""

    resource_type: Literal["Patient"]
    id: object = None
    birth_date: object = None
    gender: object = None
    deceased_boolean: object = None
    deceased_date_time: object = None
    address: Raw = NOTHING


class ConditionShape(Struct, rename="camel", gc=False):
    """Condition. DSTU2 has `patient` and `dateRecorded`, STU3 `assertedDate`."""

    resource_type: Literal["Condition"]
    id: object = None
    clinical_status: Raw = NOTHING
    verification_status: Raw = NOTHING
    code: Raw = NOTHING
    subject: Whose = None
    patient: Whose = None
    body_site: Raw = NOTHING
    evidence: Raw = NOTHING
    onset_date_time: object = None
    onset_period: Raw = NOTHING
    onset_age: Raw = NOTHING
    onset_string: object = None
    note: Raw = NOTHING
    recorded_date: object = None
    asserted_date: object = None
    date_recorded: object = None
    extension: Raw = NOTHING
    """May hold `condition-assertedDate`, as US Core has it."""
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
    reference_range: Raw = NOTHING


class ObservationShape(Struct, rename="camel", gc=False):
    """Observation."""

    resource_type: Literal["Observation"]
    id: object = None
    status: object = None
    code: Raw = NOTHING
    subject: Whose = None
    patient: Whose = None
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
    reference_range: Raw = NOTHING


class QuantityShape(Struct, gc=False):
    """Quantity; the value keeps its own digits."""

    value: Raw = NOTHING
    comparator: object = None
    unit: object = None
    code: object = None


class MedicationUseShape(Struct, rename="camel", gc=False):
    """An order, a statement, a dispense or an administration of a drug."""

    resource_type: Literal[
        "MedicationRequest",
        "MedicationStatement",
        "MedicationOrder",
        "MedicationDispense",
        "MedicationAdministration",
    ]
    id: object = None
    status: object = None
    reason_code: Raw = NOTHING
    do_not_perform: object = None
    not_given: object = None
    """Administration of STU3."""
    was_not_given: object = None
    """Administration of DSTU2."""
    was_not_taken: object = None
    """Statement of DSTU2."""
    taken: object = None
    """Statement of STU3: y, n, unk or na."""
    adherence: Raw = NOTHING
    """Statement of R5."""
    medication_codeable_concept: Raw = NOTHING
    medication_reference: Raw = NOTHING
    medication: Raw = NOTHING
    """CodeableReference of R5."""
    subject: Whose = None
    patient: Whose = None
    authored_on: object = None
    date_written: object = None
    date_asserted: object = None
    effective_period: Raw = NOTHING
    effective_date_time: object = None
    effective_time_period: Raw = NOTHING
    """Administration of DSTU2."""
    effective_time_date_time: object = None
    occurence_period: Raw = NOTHING
    """Administration of R5, which spells it so."""
    occurence_date_time: object = None
    when_handed_over: object = None
    when_prepared: object = None
    days_supply: Raw = NOTHING
    dispense_request: Raw = NOTHING
    dosage_instruction: Raw = NOTHING
    dosage: Raw = NOTHING
    contained: Raw = NOTHING


class MedicationShape(Struct, rename="camel", gc=False):
    """Medication, included or contained."""

    resource_type: Literal["Medication"]
    id: object = None
    code: Raw = NOTHING
    form: Raw = NOTHING
    dose_form: Raw = NOTHING
    ingredient: Raw = NOTHING


class ProcedureShape(Struct, rename="camel", gc=False):
    """Procedure. R5 has `occurrence[x]`."""

    resource_type: Literal["Procedure"]
    id: object = None
    status: object = None
    not_performed: object = None
    based_on: Raw = NOTHING
    request: Raw = NOTHING
    """Of DSTU2, as is `order` of an ImagingStudy."""
    category: Raw = NOTHING
    code: Raw = NOTHING
    body_site: Raw = NOTHING
    subject: Whose = None
    patient: Whose = None
    reason_code: Raw = NOTHING
    performed_date_time: object = None
    performed_period: Raw = NOTHING
    occurrence_date_time: object = None
    occurrence_period: Raw = NOTHING


class DeviceShape(Struct, rename="camel", gc=False):
    """Device."""

    resource_type: Literal["Device"]
    id: object = None
    status: object = None
    status_reason: Raw = NOTHING
    type: Raw = NOTHING
    device_name: Raw = NOTHING
    name: Raw = NOTHING
    model_number: Raw = NOTHING
    manufacture_date: object = None
    safety: Raw = NOTHING
    property: Raw = NOTHING
    note: Raw = NOTHING
    subject: Whose = None
    patient: Whose = None


class AllergyShape(Struct, rename="camel", gc=False):
    """AllergyIntolerance. DSTU2 has `substance` and one `status` for everything."""

    resource_type: Literal["AllergyIntolerance"]
    id: object = None
    status: object = None
    clinical_status: Raw = NOTHING
    verification_status: Raw = NOTHING
    code: Raw = NOTHING
    substance: Raw = NOTHING
    reaction: Raw = NOTHING
    subject: Whose = None
    patient: Whose = None
    onset_date_time: object = None
    onset: object = None
    recorded_date: object = None
    asserted_date: object = None


class EncounterShape(Struct, rename="camel", gc=False):
    """Encounter: only whether it is hospice care."""

    resource_type: Literal["Encounter"]
    id: object = None
    status: object = None
    type: Raw = NOTHING
    service_type: Raw = NOTHING
    reason_code: Raw = NOTHING
    reason: Raw = NOTHING
    hospitalization: Raw = NOTHING
    subject: Whose = None
    patient: Whose = None


class StudyShape(Struct, rename="camel", gc=False):
    """DiagnosticReport and ImagingStudy: which study was done, and what a report concludes."""

    resource_type: Literal["DiagnosticReport", "ImagingStudy"]
    id: object = None
    status: object = None
    conclusion: object = None
    presented_form: Raw = NOTHING
    conclusion_code: Raw = NOTHING
    coded_diagnosis: Raw = NOTHING
    """Of STU3 and DSTU2."""
    availability: object = None
    """ImagingStudy of STU3 and DSTU2, which has no status."""
    based_on: Raw = NOTHING
    request: Raw = NOTHING
    order: Raw = NOTHING
    category: Raw = NOTHING
    code: Raw = NOTHING
    body_site: Raw = NOTHING
    procedure_code: Raw = NOTHING
    procedure: Raw = NOTHING
    description: Raw = NOTHING
    modality: Raw = NOTHING
    modality_list: Raw = NOTHING
    series: Raw = NOTHING
    subject: Whose = None
    patient: Whose = None
    effective_date_time: object = None
    effective_period: Raw = NOTHING
    started: object = None
    issued: object = None


class OrderShape(Struct, rename="camel", gc=False):
    """ServiceRequest and its forerunners: only as far as they say what is ordered, and whether it still is."""

    resource_type: Literal["ServiceRequest", "ProcedureRequest", "DiagnosticOrder"]
    id: object = None
    status: object = None
    do_not_perform: object = None
    category: Raw = NOTHING
    code: Raw = NOTHING
    body_site: Raw = NOTHING
    item: Raw = NOTHING
    """Of a DiagnosticOrder, which has no code of its own."""
    order_detail: Raw = NOTHING
    reason_code: Raw = NOTHING
    reason: Raw = NOTHING
    """Of R5, and of DSTU2."""
    subject: Whose = None
    patient: Whose = None
    based_on: Raw = NOTHING
    replaces: Raw = NOTHING
    authored_on: object = None
    ordered_on: object = None
    event: Raw = NOTHING


_DECODE_QUANTITY: Final = msgspec.json.Decoder(QuantityShape).decode
_DECODE_COMPONENTS: Final = msgspec.json.Decoder(list[ComponentShape]).decode
_DECODE_COMPONENT: Final = msgspec.json.Decoder(ComponentShape).decode
_DECODE_MEDICATION: Final = msgspec.json.Decoder(MedicationShape).decode


def body_of(shape: Struct) -> dict[str, object]:
    """The elements of a resource that are there, as plain values by their FHIR names."""
    names = zip(shape.__struct_fields__, shape.__struct_encode_fields__, strict=True)
    found = ((name, getattr(shape, field)) for field, name in names)
    return {
        name: plain(value) if type(value) is Raw else value
        for name, value in found
        if value is not NOTHING and value is not None
    }


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
