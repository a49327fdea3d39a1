"""Names of studies as order lists and clinicians write them, short and in several languages."""

from __future__ import annotations

import pytest

from cds_service.evidence.codes.codeable import Concept
from cds_service.evidence.orders.studies import StudyRead, StudySource, read_study
from tests import shipped


def named(text: str) -> StudyRead | None:
    return read_study(StudySource(code=Concept(text, ())), shipped.catalog())


@pytest.mark.parametrize(
    ("text", "modality", "regions", "contrast"),
    [
        ("XR spine lumb 2-3V", "XR", ("lumbar",), "without"),
        ("MR L SP WO/W", "MR", ("lumbar",), "without-and-with"),
        ("LSP XR AP/LAT", "XR", ("lumbar",), "without"),
        ("DX SPINE LUMBAR", "XR", ("lumbar",), "without"),
        ("RAD LUMBOSACRAL SPINE MIN 4 VIEWS", "XR", ("lumbar",), "without"),
        ("MR Thor Spine wo", "MR", ("thoracic",), "without"),
        ("CT T-SP W/O", "CT", ("thoracic",), "without"),
        ("XR C-SP FLEX/EXT", "XR", ("cervical",), "without"),
        ("XR SCOLIOSIS 2-3 VIEWS", "XR", ("whole",), "without"),
        ("MR LUMBAR SP C-", "MR", ("lumbar",), "without"),
        ("MR LUMBAR SP C+/C-", "MR", ("lumbar",), "without-and-with"),
        ("MRI cervical spine, L arm pain", "MR", ("cervical",), "unspecified"),
        ("MRT LWS nativ", "MR", ("lumbar",), "without"),
        ("Röntgen BWS in 2 Ebenen", "XR", ("thoracic",), "without"),
        ("RM columna lumbar sin contraste", "MR", ("lumbar",), "without"),
        ("IRM du rachis lombaire sans injection", "MR", ("lumbar",), "without"),
        ("RM rachide lombosacrale senza mdc", "MR", ("lumbar",), "without"),
        ("RM coluna lombar sem contraste", "MR", ("lumbar",), "without"),
        ("LOMBER MR KONTRASTSIZ", "MR", ("lumbar",), "without"),
        ("МРТ шейного отдела с контрастом", "MR", ("cervical",), "with"),
        ("رنين مغناطيسي للعمود الفقري القطني", "MR", ("lumbar",), "unspecified"),
        ("MRI LUM SPN W WO", "MR", ("lumbar",), "without-and-with"),
        ("LUMBOSACRAL SPINE COMPLETE MIN 4 VIEWS", "XR", ("lumbar",), "without"),
        ("XR SPINE COMPLETE", "XR", ("whole",), "without"),
        ("Spine scoliosis EOS", "XR", ("whole",), "without"),
        ("Wirbelsäulenganzaufnahme im Stehen", "XR", ("whole",), "without"),
        ("Scanner lombo-sacré", "CT", ("lumbar",), "unspecified"),
        ("IRM médullaire", "MR", ("whole",), "unspecified"),
        ("RNM de columna dorsal con gadolinio", "MR", ("thoracic",), "with"),
        ("RM DA COLUNA CERVICAL", "MR", ("cervical",), "unspecified"),
        ("تصوير مقطعي للعمود الفقري الصدري", "CT", ("thoracic",), "unspecified"),
        ("BEL MR", "MR", ("lumbar",), "unspecified"),
        ("腰椎MRI", "MR", ("lumbar",), "unspecified"),
        ("全脊椎MRI 造影", "MR", ("whole",), "with"),
    ],
)
def test_a_name_of_a_study_is_read(
    text: str, modality: str, regions: tuple[str, ...], contrast: str
) -> None:
    study = named(text)
    assert study is not None
    assert study.kind == "known"
    assert (study.procedure.modality, study.procedure.regions, study.procedure.contrast) == (
        modality,
        regions,
        contrast,
    )


@pytest.mark.parametrize(
    "text",
    [
        "MR ANKLE L WO",
        "EPIDURAL STEROID INJ LUMBAR XR GUIDED",
        "MRT Oberschenkel links",
        "IRM cérébrale",
        "RM tobillo",
        "CT CHEST WO",
        "CT THOR W CON",
        "MRT Knie links",
        "RM de rodilla",
        "胸部CT",
        "XR DEXA LUMBAR SPINE",
        "DXA bone density, spine and hip",
        "Knochendichtemessung LWS",
        "RAD ONC CONSULT SPINE METS",
        "Dx: low back pain, physical therapy",
    ],
)
def test_other_parts_of_the_body_and_measurements_of_bone_are_no_spine_study(text: str) -> None:
    assert named(text) is None


def test_a_spine_study_whose_modality_stays_open_is_still_seen() -> None:
    study = named("Lumbar spine imaging")
    assert study is not None
    assert study.kind == "unmapped"
