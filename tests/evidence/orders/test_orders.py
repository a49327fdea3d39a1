"""Which draft orders are spine imaging, and what they image."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.cds_hooks.model import DraftOrder
from cds_service.evidence.model import ImagingOrder
from cds_service.evidence.orders.orders import Selections, order_subject, read_orders
from cds_service.evidence.orders.study_words import region_order
from tests import shipped

AS_OF = date(2026, 6, 15)
CPT = "http://www.ama-assn.org/go/cpt"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
IMAGING = [{"coding": [{"system": SNOMED, "code": "363679005"}]}]


def coded(system: str | None, code: str, text: str = "") -> dict[str, Any]:
    concept: dict[str, Any] = {"coding": [{"code": code}]}
    if system:
        concept["coding"][0]["system"] = system
    return concept | ({"text": text} if text else {})


def draft(resource_type: str = "ServiceRequest", **elements: Any) -> DraftOrder:
    id_ = elements.pop("id", "o1")
    full_url = elements.pop("full_url", None)
    body = {"resourceType": resource_type, "id": id_, "status": "draft", "intent": "order"}
    raw = msgspec.Raw(json.dumps(body | elements).encode())
    return DraftOrder(raw=raw, resource_type=resource_type, id=id_, full_url=full_url)


def read(*drafts: DraftOrder) -> tuple[ImagingOrder, ...]:
    return read_orders(drafts, shipped.catalog(), shipped.index(), AS_OF)


def read_one(resource_type: str = "ServiceRequest", **elements: Any) -> ImagingOrder:
    (order,) = read(draft(resource_type, **elements))
    return order


def studied(order: ImagingOrder) -> tuple[str | None, tuple[str, ...], str]:
    return order.procedure.modality, order.procedure.regions, order.procedure.contrast


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (CPT, "72148", ("MR", ("lumbar",), "without")),
        (CPT, "72158", ("MR", ("lumbar",), "without-and-with")),
        (CPT, "72131", ("CT", ("lumbar",), "without")),
        (CPT, "72142", ("MR", ("cervical",), "with")),
        (CPT, "72080", ("XR", ("thoracic", "lumbar"), "without")),
        (CPT, "62304", ("CTM", ("lumbar",), "with")),
        (LOINC, "24968-0", ("MR", ("lumbar",), "unspecified")),
        (LOINC, "30854-4", ("MR", ("whole",), "without")),
        (SNOMED, "411571000119106", ("MR", ("thoracic", "lumbar"), "without")),
        ("urn:oid:2.16.840.1.113883.6.12", "72148", ("MR", ("lumbar",), "without")),
        ("http://snomed.info/sct/731000124108", "241645008", ("MR", (), "unspecified")),
    ],
)
def test_a_known_code_says_modality_regions_and_contrast(
    system: str, code: Any, expected: Any
) -> None:
    order = read_one(code=coded(system, code))
    assert studied(order) == expected
    assert (order.kind, order.read_from) == ("known", "code")


def test_a_study_code_without_a_system_is_known_all_the_same() -> None:
    assert studied(read_one(code=coded(None, "72148"))) == ("MR", ("lumbar",), "without")
    assert studied(read_one(code=coded(None, "30679-5"))) == ("MR", ("lumbar",), "without")


def test_the_same_number_in_a_list_of_the_site_is_no_study() -> None:
    assert read(draft(code=coded("https://ehr.example.org/codes", "72148"))) == ()


def test_a_cpt_code_with_a_modifier_is_still_that_code() -> None:
    assert studied(read_one(code=coded(CPT, "72148-26"))) == ("MR", ("lumbar",), "without")


def test_a_cpt_number_of_an_unknown_system_is_not_looked_up() -> None:
    assert read(draft(code=coded("http://example.org/local", "72148"))) == ()


def test_the_code_wins_over_text_and_body_site() -> None:
    order = read_one(
        code=coded(CPT, "72148", "MRI cervical spine with contrast"),
        bodySite=[coded(SNOMED, "122494005")],
    )
    assert (studied(order), order.read_from) == (("MR", ("lumbar",), "without"), "code")


def test_the_text_states_the_contrast_where_the_code_does_not() -> None:
    order = read_one(code=coded(LOINC, "24968-0", "MR Spine without contrast"))
    assert studied(order) == ("MR", ("lumbar",), "without")


def test_an_order_detail_states_the_contrast_where_code_and_text_do_not() -> None:
    details = [{"text": "With and without gadolinium contrast"}]
    order = read_one(code=coded(LOINC, "24968-0"), orderDetail=details)
    assert order.procedure.contrast == "without-and-with"


def test_with_or_without_contrast_states_none() -> None:
    order = read_one(code={"text": "MRI lumbar spine with or without contrast"})
    assert order.procedure.contrast == "unspecified"


def test_a_radiograph_has_no_contrast_whatever_its_text_says() -> None:
    assert read_one(code={"text": "XR lumbar spine"}).procedure.contrast == "without"


def test_a_second_coding_adds_what_the_first_leaves_open() -> None:
    codings = [{"system": LOINC, "code": "24968-0"}, {"system": CPT, "code": "72158"}]
    order = read_one(code={"coding": codings})
    assert studied(order) == ("MR", ("lumbar",), "without-and-with")
    assert order.coding_systems == ("loinc", "cpt")


def test_a_second_coding_of_another_study_changes_nothing() -> None:
    codings = [{"system": LOINC, "code": "24968-0"}, {"system": CPT, "code": "72141"}]
    assert studied(read_one(code={"coding": codings})) == ("MR", ("lumbar",), "unspecified")


def test_bone_density_of_the_lumbar_spine_is_no_spine_imaging() -> None:
    assert read(draft(code=coded(CPT, "77080", "DXA lumbar spine scan"))) == ()
    assert read(draft(code={"text": "DXA scan of the lumbar spine"})) == ()


def test_mr_angiography_of_the_spinal_canal_is_never_rated() -> None:
    order = read_one(code=coded(CPT, "72159"))
    assert (order.kind, order.procedure.modality) == ("unrated", "MR")


def test_a_body_site_gives_the_region_that_the_code_leaves_open() -> None:
    order = read_one(code=coded(LOINC, "36067-7"), bodySite=[coded(SNOMED, "122496007")])
    assert (studied(order), order.read_from) == (("MR", ("lumbar",), "unspecified"), "body-site")


def test_the_spine_as_body_site_leaves_the_region_to_the_text() -> None:
    order = read_one(
        code=coded(LOINC, "36067-7", "MRI_Lumbar"), bodySite=[coded(SNOMED, "421060004")]
    )
    assert (order.procedure.regions, order.read_from) == (("lumbar",), "text")


def test_a_body_site_in_words_is_read() -> None:
    order = read_one(code=coded(LOINC, "36067-7"), bodySite=[{"text": "Thoracic spine"}])
    assert (order.procedure.regions, order.read_from) == (("thoracic",), "body-site")


def test_a_region_stated_nowhere_stays_unknown() -> None:
    order = read_one(code=coded(LOINC, "36067-7"))
    assert (order.kind, order.procedure.regions) == ("known", ())


@pytest.mark.parametrize("site", [{"text": "Left side of lumbar spine"}, {"text": "lumbar, RIGHT"}])
def test_a_side_of_the_body_site_is_noticed(site: dict[str, Any]) -> None:
    assert read_one(code=coded(CPT, "72148"), bodySite=[site]).has_laterality


def test_a_body_site_without_a_side_has_no_laterality() -> None:
    order = read_one(code=coded(CPT, "72148"), bodySite=[{"text": "Upright lumbar spine"}])
    assert not order.has_laterality


def test_a_pelvis_counts_only_when_sacrum_or_sacroiliac_joints_are_named() -> None:
    assert read(draft(code=coded(CPT, "72195"))) == ()
    assert read(draft(code=coded(CPT, "72195", "MRI pelvis, lumbar pain"))) == ()
    named = read_one(code=coded(CPT, "72195", "MRI pelvis for SI joints"))
    assert (named.procedure.modality, named.procedure.regions) == ("MR", ("sacroiliac",))
    by_site = read_one(code=coded(CPT, "72192"), bodySite=[coded(SNOMED, "54735007")])
    assert (by_site.procedure.modality, by_site.procedure.regions) == ("CT", ("sacrum",))


def test_a_bone_scan_without_any_word_of_the_spine_is_not_ours() -> None:
    assert read(draft(code=coded(CPT, "78306"))) == ()
    assert read(draft(code=coded(CPT, "78306"), reasonCode=[{"text": "Prostate cancer"}])) == ()


def test_a_bone_scan_for_back_pain_is_ours() -> None:
    for reason in (coded(SNOMED, "279039007"), {"text": "Low back pain"}):
        order = read_one(code=coded(CPT, "78306"), reasonCode=[reason])
        assert (order.procedure.modality, order.procedure.regions) == ("NM", ("lumbar",))


def test_a_bone_scan_of_the_spine_by_its_body_site_is_ours() -> None:
    order = read_one(code=coded(CPT, "78300"), bodySite=[coded(SNOMED, "122495006")])
    assert order.procedure.regions == ("thoracic",)


def test_a_bone_scan_of_the_foot_for_back_pain_is_not_ours() -> None:
    reason = [{"text": "Low back pain"}]
    assert (
        read(draft(code=coded(CPT, "78300"), bodySite=[{"text": "Foot"}], reasonCode=reason)) == ()
    )


def test_a_pet_in_words_needs_the_spine_too() -> None:
    assert read(draft(code={"text": "PET/CT whole body"})) == ()
    assert read_one(code={"text": "PET/CT, spine"}).procedure.modality == "PET"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lumbar_Xray", ("XR", ("lumbar",), "without")),
        ("MRI_Lumbar", ("MR", ("lumbar",), "unspecified")),
        ("Spine_MRI", ("MR", (), "unspecified")),
        ("Spine_Xray_AP_Lateral", ("XR", (), "without")),
        ("Cervical_Spine_Xray", ("XR", ("cervical",), "without")),
        ("MR L-spine W/O contrast", ("MR", ("lumbar",), "without")),
        ("MRI C-SPINE WWO", ("MR", ("cervical",), "without-and-with")),
        ("mri thoracic spine without and with contrast", ("MR", ("thoracic",), "without-and-with")),
        ("CT myelogram lumbar", ("CTM", ("lumbar",), "with")),
        ("CT lumbar spine", ("CT", ("lumbar",), "unspecified")),
        ("CT lumbar spine, MRI contraindicated", ("CT", ("lumbar",), "unspecified")),
        ("Lumbar myelogram", ("RF", ("lumbar",), "with")),
        (
            "MRI cervical, thoracic and lumbar spine",
            ("MR", ("cervical", "thoracic", "lumbar"), "unspecified"),
        ),
        ("MRI whole spine", ("MR", ("whole",), "unspecified")),
        ("X-ray, thoracolumbar", ("XR", ("thoracic", "lumbar"), "without")),
        ("MRI SI joints", ("MR", ("sacroiliac",), "unspecified")),
        ("Plain films of coccyx", ("XR", ("sacrum",), "without")),
        ("MRI brain and cervical spine", ("MR", ("cervical",), "unspecified")),
        ("MRI spine for leg weakness", ("MR", (), "unspecified")),
    ],
)
def test_a_text_names_the_study(text: str, expected: Any) -> None:
    order = read_one(code={"text": text})
    assert (studied(order), order.kind, order.read_from) == (expected, "known", "text")


@pytest.mark.parametrize(
    "text",
    [
        "MRI brain",
        "MRI brain and spine",
        "MRI knee, low back pain",
        "CT chest/abdomen/pelvis, back pain",
        "MRI neck soft tissue",
        "CT thoracic aorta",
        "Transthoracic echo",
        "CT abdomen, suspected cervical cancer",
        "CT guided lumbar biopsy",
        "CT head before lumbar puncture",
        "Lumbar puncture",
        "Cervical length ultrasound",
        "Spine surgery consult",
        "Lumbar support brace",
        "Physical therapy back",
        "Nerve conduction study, lumbar",
        "MRI",
        "Chest X-ray",
        "Screening mammogram",
        "",
    ],
)
def test_an_order_that_is_no_spine_imaging_is_left_out(text: str) -> None:
    assert read(draft(code={"text": text})) == ()


def test_the_display_is_read_where_there_is_no_text() -> None:
    code = {
        "coding": [{"system": "http://example.org", "code": "X1", "display": "MR lumbar spine"}]
    }
    order = read_one(code=code)
    assert (order.procedure.modality, order.display) == ("MR", "MR lumbar spine")


def test_the_body_site_gives_the_spine_to_a_bare_modality() -> None:
    order = read_one(code={"text": "MRI"}, bodySite=[coded(SNOMED, "122496007")])
    assert (studied(order), order.read_from) == (("MR", ("lumbar",), "unspecified"), "text")


def test_a_spine_study_of_unknown_modality_is_unmapped() -> None:
    order = read_one(code={"text": "Lumbar spine scan"})
    assert (order.kind, order.procedure.modality, order.procedure.regions) == (
        "unmapped",
        None,
        ("lumbar",),
    )


def test_the_imaging_category_makes_a_spine_order_unmapped() -> None:
    assert read_one(code={"text": "Lumbar spine"}, category=IMAGING).kind == "unmapped"
    assert read(draft(code={"text": "Lumbar spine"})) == ()


def test_an_unknown_radiology_code_with_spine_in_its_text_is_unmapped() -> None:
    assert read_one(code=coded(CPT, "76999", "Spine protocol B")).kind == "unmapped"
    assert read(draft(code=coded(CPT, "97110", "Spine protocol B"))) == ()


def test_an_injection_under_the_imaging_category_is_not_imaging() -> None:
    assert read(draft(code={"text": "Lumbar epidural injection"}, category=IMAGING)) == ()


@pytest.mark.parametrize("status", ["entered-in-error", "revoked", "completed", "cancelled"])
def test_an_order_that_is_over_is_no_draft(status: Any) -> None:
    assert read(draft(code=coded(CPT, "72148"), status=status)) == ()


@pytest.mark.parametrize("status", ["draft", "active", "on-hold", "unknown", ""])
def test_any_other_status_is_evaluated(status: Any) -> None:
    assert len(read(draft(code=coded(CPT, "72148"), status=status))) == 1


def test_an_order_not_to_image_is_no_imaging_order() -> None:
    assert read(draft(code=coded(CPT, "72148"), doNotPerform=True)) == ()
    assert len(read(draft(code=coded(CPT, "72148"), doNotPerform=False))) == 1


def test_other_resources_among_the_drafts_are_left_out() -> None:
    other = draft("MedicationRequest", code=coded(CPT, "72148"))
    orders = read(other, draft(id="o2", code=coded(CPT, "72148")))
    assert [(order.id, order.instance) for order in orders] == [("o2", 1)]


def test_priority_authored_and_status_are_read() -> None:
    order = read_one(code=coded(CPT, "72148"), priority="URGENT", authoredOn="2026-06-14T10:00:00Z")
    assert (order.priority, order.priority_stated, order.status) == ("urgent", True, "draft")
    assert order.authored is not None
    assert order.authored.first == date(2026, 6, 14)


@pytest.mark.parametrize("priority", [None, "soon", 3, ""])
def test_a_priority_that_is_none_counts_as_routine_and_not_stated(priority: object) -> None:
    order = read_one(code=coded(CPT, "72148"), priority=priority)
    assert (order.priority, order.priority_stated) == ("routine", False)


def test_the_display_is_the_orders_own_text_cut_at_a_word() -> None:
    text = "MRI lumbar spine for the patient who was seen in clinic today with pain"
    order = read_one(code=coded(CPT, "72148", text))
    assert order.display == "MRI lumbar spine for the patient who was seen in clinic…"
    assert len(order.display) <= 60


def test_an_order_with_nothing_but_a_code_is_shown_in_our_words() -> None:
    assert read_one(code=coded(CPT, "72148")).display == "MRI lumbar spine, without contrast"


def test_references_of_the_order_are_kept_as_written() -> None:
    body = (
        b'{"resourceType":"ServiceRequest","code":{"text":"MRI lumbar"},'
        b'"encounter":{"reference":"Encounter/e1"},"requester":{"reference":"Practitioner/p" },'
        b'"subject":{"reference":"Patient/1","extension":[{"valueDecimal":1.10}]}}'
    )
    raw = msgspec.Raw(body)
    (order,) = read(DraftOrder(raw=raw, resource_type="ServiceRequest", id=""))
    assert order.subject is not None
    assert b"1.10" in bytes(order.subject)
    assert bytes(order.requester or b"") == b'{"reference":"Practitioner/p" }'
    assert bytes(order.encounter or b"") == b'{"reference":"Encounter/e1"}'


def test_an_order_without_id_is_named_by_its_full_url_or_its_place() -> None:
    by_url = draft(id="", full_url="urn:uuid:a1", code=coded(CPT, "72148"))
    by_place = draft(id="", code=coded(CPT, "72141"))
    assert [o.reference for o in read(by_url, by_place)] == ["urn:uuid:a1", "ServiceRequest#1"]


def three_orders() -> tuple[ImagingOrder, ...]:
    return read(
        draft(id="o1", code=coded(CPT, "72148")),
        draft(
            id="o2", code=coded(CPT, "72141"), full_url="https://ehr.example/fhir/ServiceRequest/o2"
        ),
        draft(id="o3", code=coded(CPT, "72146"), full_url="urn:uuid:3f2a"),
    )


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("ServiceRequest/o1", ["o1"]),
        ("o1", ["o1"]),
        (" ServiceRequest/o1 ", ["o1"]),
        ("ServiceRequest/o1/_history/3", ["o1"]),
        ("https://other.example/r4/ServiceRequest/o2", ["o2"]),
        ("urn:uuid:3f2a", ["o3"]),
        ("3f2a", ["o3"]),
        ("MedicationRequest/o1", []),
        ("ServiceRequest/o", []),
        ("ServiceRequest?_id=o1", []),
        ("ServiceRequest/", []),
        ("", []),
        ("#o1", []),
    ],
)
def test_a_selection_names_an_order_in_any_form_of_reference(selection: str, expected: Any) -> None:
    selections = Selections((selection,))
    assert [order.id for order in three_orders() if selections.naming(order)] == expected


def test_an_order_without_id_is_not_selected_by_an_empty_name() -> None:
    (nameless,) = read(draft(id="", code=coded(CPT, "72148")))
    assert not Selections(("", "ServiceRequest/", "ServiceRequest")).naming(nameless)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ({"reference": "Patient/p1"}, "p1"),
        ({"reference": "https://ehr.example/fhir/Patient/p1/_history/2"}, "p1"),
        ({"reference": "p1"}, "p1"),
        ("Patient/p1", "p1"),
        ([{"reference": "Patient/p1"}], "p1"),
        ({"identifier": {"value": "123"}}, None),
        ({"reference": "urn:uuid:3f2a"}, None),
        ({"reference": "#p1"}, None),
        ({"reference": "Group/g1"}, None),
        ({"reference": "Patient?identifier=1"}, None),
        (None, None),
        (17, None),
    ],
)
def test_the_patient_of_an_order_is_read_only_from_a_plain_reference(
    subject: object, expected: Any
) -> None:
    assert order_subject(draft(subject=subject).raw) == expected


def test_the_old_patient_element_names_the_patient_too() -> None:
    assert order_subject(draft(patient={"reference": "Patient/p1"}).raw) == "p1"


def test_regions_stand_in_the_order_of_the_spine_and_whole_holds_three() -> None:
    assert region_order(["lumbar", "cervical", "lumbar"]) == ("cervical", "lumbar")
    assert region_order(["whole", "lumbar", "sacroiliac"]) == ("sacroiliac", "whole")
