"""Earlier imaging of the spine, and open orders for it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.model import EarlierStudy, OpenOrder
from cds_service.evidence.orders.earlier import read_earlier_study, read_open_order
from tests import shipped

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
LUMBAR_MRI: dict[str, Any] = {
    "coding": [{"system": LOINC, "code": "30679-5"}],
    "text": "MRI L-spine",
}


def study(resource_type: str, **elements: Any) -> EarlierStudy | None:
    body = {"resourceType": resource_type, "id": "s1"} | elements
    return read_earlier_study(resource_type, body, shipped.catalog())


def found(resource_type: str, **elements: Any) -> EarlierStudy:
    read = study(resource_type, **elements)
    assert read is not None
    return read


def open_order(resource_type: str = "ServiceRequest", **elements: Any) -> OpenOrder | None:
    body = {"resourceType": resource_type, "id": "r1"} | elements
    return read_open_order(body, shipped.catalog())


@pytest.mark.parametrize("status", ["final", "amended", "corrected", "appended", "preliminary"])
def test_a_report_of_a_spine_study_is_an_earlier_study(status: Any) -> None:
    read = found(
        "DiagnosticReport", status=status, code=LUMBAR_MRI, effectiveDateTime="2026-03-01T10:00:00Z"
    )
    assert (read.reference, read.display) == ("DiagnosticReport/s1", "MRI L-spine")
    assert (read.procedure.modality, read.procedure.regions) == ("MR", ("lumbar",))
    assert read.when is not None
    assert read.when.first == date(2026, 3, 1)


@pytest.mark.parametrize("status", ["registered", "cancelled", "entered-in-error", "unknown", None])
def test_a_report_that_is_not_there_yet_or_wrong_is_none(status: Any) -> None:
    assert study("DiagnosticReport", status=status, code=LUMBAR_MRI) is None


def test_a_report_of_another_part_of_the_body_is_none() -> None:
    code = {"coding": [{"system": LOINC, "code": "30746-2"}], "text": "Portable XR chest views"}
    assert study("DiagnosticReport", status="final", code=code) is None


def test_a_laboratory_report_that_speaks_of_the_spine_is_none() -> None:
    assert (
        study("DiagnosticReport", status="final", code={"text": "Spinal fluid cell count"}) is None
    )


def test_a_report_without_any_date_is_kept_undated() -> None:
    assert found("DiagnosticReport", status="final", code=LUMBAR_MRI).when is None


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"effectivePeriod": {"start": "2026-01-01", "end": "2026-01-03"}}, date(2026, 1, 3)),
        ({"effectivePeriod": {"start": "2026-01-01"}}, date(2026, 1, 1)),
        ({"issued": "2026-01-05T00:00:00Z"}, date(2026, 1, 5)),
        ({"effectiveDateTime": "2026-01-02", "issued": "2026-01-05"}, date(2026, 1, 2)),
    ],
)
def test_the_date_of_a_study_is_when_it_was_done(dates: dict[str, Any], expected: Any) -> None:
    read = found("DiagnosticReport", status="final", code=LUMBAR_MRI, **dates)
    assert read.when is not None
    assert read.when.last == expected


def series(modality: str, site: str = "") -> dict[str, Any]:
    one: dict[str, Any] = {"modality": {"code": modality}}
    return one | ({"bodySite": {"system": SNOMED, "code": site}} if site else {})


@pytest.mark.parametrize(
    ("code", "expected"),
    [("MR", "MR"), ("CT", "CT"), ("DX", "XR"), ("CR", "XR"), ("NM", "NM"), ("RF", "RF")],
)
def test_an_imaging_study_has_its_modality_from_the_equipment(code: Any, expected: Any) -> None:
    read = found(
        "ImagingStudy", status="available", series=[series(code, "122496007")], started="2026-02-01"
    )
    assert (read.procedure.modality, read.procedure.regions) == (expected, ("lumbar",))


def test_an_imaging_study_is_placed_by_its_description() -> None:
    read = found(
        "ImagingStudy",
        status="available",
        modality=[{"code": "MR"}],
        description="L-SPINE W/O CONTRAST",
    )
    assert (read.procedure.regions, read.procedure.contrast) == (("lumbar",), "without")


def test_an_imaging_study_is_placed_by_the_description_of_a_series() -> None:
    one = series("MR") | {"description": "sag T2 cervical spine"}
    assert found("ImagingStudy", status="available", series=[one]).procedure.regions == (
        "cervical",
    )


def test_the_procedure_code_of_an_imaging_study_wins() -> None:
    read = found(
        "ImagingStudy",
        status="available",
        procedureCode=[LUMBAR_MRI],
        modality=[{"code": "CT"}],
    )
    assert read.procedure.modality == "MR"


def test_a_pet_with_its_ct_is_a_pet() -> None:
    parts = [series("CT", "421060004"), series("PT", "421060004")]
    assert found("ImagingStudy", status="available", series=parts).procedure.modality == "PET"


def test_an_r5_imaging_study_is_read() -> None:
    one = {
        "modality": {"coding": [{"code": "MR"}]},
        "bodySite": {"concept": {"coding": [{"system": SNOMED, "code": "122494005"}]}},
    }
    read = found("ImagingStudy", status="available", series=[one])
    assert (read.procedure.modality, read.procedure.regions) == ("MR", ("cervical",))


def test_an_stu3_imaging_study_is_there_by_its_availability() -> None:
    parts = [series("MR", "122496007")]
    assert study("ImagingStudy", availability="ONLINE", series=parts) is not None
    assert study("ImagingStudy", availability="UNAVAILABLE", series=parts) is None
    assert study("ImagingStudy", series=parts) is None


def test_a_chest_study_is_no_study_of_the_spine() -> None:
    assert study("ImagingStudy", status="available", series=[series("DX", "51185008")]) is None
    assert study("ImagingStudy", status="cancelled", series=[series("MR", "122496007")]) is None


def test_a_completed_imaging_procedure_is_an_earlier_study() -> None:
    read = found(
        "Procedure", status="completed", code=LUMBAR_MRI, performedDateTime="2026-01-10T08:00:00Z"
    )
    assert read.procedure.modality == "MR"
    assert read.when is not None


@pytest.mark.parametrize("status", ["in-progress", "not-done", "entered-in-error", "preparation"])
def test_an_imaging_procedure_that_is_not_completed_is_none(status: Any) -> None:
    assert study("Procedure", status=status, code=LUMBAR_MRI) is None


@pytest.mark.parametrize(
    "text",
    ["Lumbar laminectomy", "CT guided lumbar biopsy", "Lumbar epidural injection", "X-ray chest"],
)
def test_a_procedure_that_is_no_spine_imaging_is_none(text: str) -> None:
    assert study("Procedure", status="completed", code={"text": text}) is None


def test_mr_angiography_is_not_an_earlier_mri_of_the_region() -> None:
    code = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "72159"}]}
    assert study("Procedure", status="completed", code=code) is None


def test_an_order_is_no_earlier_study() -> None:
    assert study("ServiceRequest", status="completed", code=LUMBAR_MRI) is None


@pytest.mark.parametrize("status", ["active", "draft", "on-hold"])
def test_an_open_order_of_the_spine_is_read(status: Any) -> None:
    order = open_order(status=status, code=LUMBAR_MRI, authoredOn="2026-06-01")
    assert order is not None
    assert (order.reference, order.selected) == ("ServiceRequest/r1", False)
    assert order.authored is not None
    assert order.procedure.regions == ("lumbar",)


@pytest.mark.parametrize("status", ["completed", "revoked", "entered-in-error", "unknown", None])
def test_an_order_that_is_not_open_is_none(status: Any) -> None:
    assert open_order(status=status, code=LUMBAR_MRI) is None


def test_an_open_order_for_something_else_is_none() -> None:
    assert open_order(status="active", code={"text": "Physical therapy, lumbar"}) is None
    assert open_order(status="active", code={"text": "MRI brain"}) is None
    assert open_order("MedicationRequest", status="active", code=LUMBAR_MRI) is None


def test_an_order_not_to_do_a_study_is_not_open() -> None:
    assert open_order(status="active", code=LUMBAR_MRI, doNotPerform=True) is None


def test_an_open_order_in_words_is_read() -> None:
    order = open_order(status="active", code={"text": "Lumbar_Xray"})
    assert order is not None
    assert (order.procedure.modality, order.display) == ("XR", "Lumbar_Xray")


@pytest.mark.parametrize(
    ("description", "contrast"),
    [
        ("L-SPINE W/O CONTRAST", "without"),
        ("L-spine with contrast", "with"),
        ("L-spine without and with contrast", "without-and-with"),
    ],
)
def test_the_description_says_the_contrast_also_beside_a_text_of_the_procedure(
    index: CodeIndex, description: str, contrast: str
) -> None:
    body = {
        "resourceType": "ImagingStudy",
        "id": "s1",
        "status": "available",
        "modality": [{"code": "MR"}],
        "procedureCode": [{"text": "MRI lumbar spine"}],
        "description": description,
    }
    found = read_earlier_study("ImagingStudy", body, shipped.catalog())
    assert found is not None
    assert found.procedure.contrast == contrast
    assert found.display == "MRI lumbar spine"
