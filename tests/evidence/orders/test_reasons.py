"""Why an order was placed: reasons, free text, durations, travel."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.cds_hooks.model import DraftOrder
from cds_service.evidence.model import ImagingOrder, Reason
from cds_service.evidence.orders.orders import read_orders
from tests import shipped

AS_OF = date(2026, 6, 15)
SNOMED = "http://snomed.info/sct"
LUMBAR_MRI: dict[str, Any] = {
    "coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "72148"}]
}


def read(**elements: Any) -> ImagingOrder:
    body = {"resourceType": "ServiceRequest", "id": "o1", "code": LUMBAR_MRI} | elements
    raw = msgspec.Raw(json.dumps(body).encode())
    drafts = (DraftOrder(raw=raw, resource_type="ServiceRequest", id="o1"),)
    (order,) = read_orders(drafts, shipped.catalog(), shipped.index(), AS_OF)
    return order


def sets(order: ImagingOrder, kind: str | None = None) -> dict[str, str]:
    found: dict[str, str] = {}
    for reason in order.reasons:
        if kind in (None, reason.kind):
            found |= reason.value_sets
    return found


def only(order: ImagingOrder) -> Reason:
    (reason,) = order.reasons
    return reason


def test_a_coded_reason_is_in_its_value_sets_by_code() -> None:
    order = read(reasonCode=[{"coding": [{"system": SNOMED, "code": "192970008"}]}])
    assert only(order).value_sets["cauda-equina-syndrome"] == "code"
    assert (only(order).kind, only(order).codings) == ("code", (("snomed", "192970008"),))
    assert order.has_reason


def test_a_reason_in_words_is_in_its_value_sets_by_text() -> None:
    order = read(reasonCode=[{"text": "R/O cauda equina syndrome"}])
    assert only(order).value_sets["cauda-equina-syndrome"] == "text"


def test_a_reason_that_is_given_many_times_is_one_reason() -> None:
    order = read(reasonCode=[{"text": "R/O cauda equina syndrome"}] * 2_000 + [{"text": "fever"}])
    assert [reason.display for reason in order.reasons] == ["R/O cauda equina syndrome", "fever"]


def test_a_code_counts_more_than_the_text_beside_it() -> None:
    coding = [{"system": SNOMED, "code": "192970008", "display": "Cauda equina syndrome"}]
    order = read(reasonCode=[{"coding": coding, "text": "cauda equina syndrome"}])
    assert only(order).value_sets["cauda-equina-syndrome"] == "code"


def test_a_denied_reason_is_in_no_value_set() -> None:
    order = read(reasonCode=[{"text": "Back pain, no cauda equina syndrome"}])
    assert "cauda-equina-syndrome" not in sets(order)


@pytest.mark.parametrize(
    "reasons",
    [
        {"reasonCode": []},
        {"reasonCode": None},
        {"reasonCode": [{}]},
        {"reasonCode": [{"coding": [{}]}]},
        {"reasonCode": [None]},
        {"reasonReference": [{}]},
        {"reasonReference": []},
        {},
    ],
)
def test_an_empty_reason_is_no_reason(reasons: dict[str, Any]) -> None:
    order = read(**reasons)
    assert (order.has_reason, order.reasons) == (False, ())


@pytest.mark.parametrize(
    "reasons",
    [
        {"reasonCode": [{"coding": [{"system": SNOMED, "code": "1"}]}]},
        {"reasonCode": {"text": "pain"}},
        {"reasonCode": ["pain"]},
        {"reasonCode": [{"coding": {"code": "X"}}]},
        {"reasonReference": [{"reference": "Condition/c1"}]},
        {"reasonReference": {"display": "Back pain"}},
        {"reasonReference": [{"identifier": {"value": "77"}}]},
        {"reason": [{"concept": {"text": "pain"}}]},
        {"reason": [{"reference": {"reference": "Condition/c1"}}]},
        {"reason": [{"text": "pain"}]},
        {"reasonCodeableConcept": {"text": "pain"}},
    ],
)
def test_a_reason_with_content_is_one_in_every_shape(reasons: dict[str, Any]) -> None:
    order = read(**reasons)
    assert order.has_reason
    assert len([reason for reason in order.reasons if reason.kind != "text"]) == 1


@pytest.mark.parametrize(
    "reference",
    ["Condition/c1", "https://ehr.example/fhir/Condition/c1", "Condition/c1/_history/4"],
)
def test_a_reason_reference_is_given_as_type_and_id(reference: str) -> None:
    order = read(reasonReference=[{"reference": reference, "display": "Sciatica"}])
    assert (only(order).kind, only(order).reference) == ("reference", "Condition/c1")
    assert only(order).display == "Sciatica"


def contained(**elements: Any) -> dict[str, Any]:
    code = {"coding": [{"system": SNOMED, "code": "192970008"}], "text": "Cauda equina syndrome"}
    condition = {"resourceType": "Condition", "id": "c1", "code": code} | elements
    return {"contained": [condition], "reasonReference": [{"reference": "#c1"}]}


def test_a_contained_condition_is_read_as_the_reason() -> None:
    order = read(**contained())
    assert only(order).value_sets["cauda-equina-syndrome"] == "code"
    assert only(order).display == "Cauda equina syndrome"


@pytest.mark.parametrize(
    "status",
    [
        {"verificationStatus": {"coding": [{"code": "refuted"}]}},
        {"verificationStatus": "entered-in-error"},
        {"clinicalStatus": {"coding": [{"code": "resolved"}]}},
    ],
)
def test_a_contained_condition_that_is_refuted_or_over_says_nothing(status: Any) -> None:
    order = read(**contained(**status))
    assert sets(order) == {}
    assert order.has_reason


def test_the_name_of_an_observation_is_not_a_finding() -> None:
    entry = {"reference": "Observation/1", "display": "Urinary retention"}
    assert sets(read(reasonReference=[entry])) == {}
    entry = {"reference": "Condition/1", "display": "Urinary retention"}
    assert "urinary-retention" in sets(read(reasonReference=[entry]))


@pytest.mark.parametrize(
    "elements",
    [
        {"code": LUMBAR_MRI | {"text": "MRI lumbar spine for cauda equina syndrome"}},
        {"note": [{"text": "concerned about cauda equina syndrome"}]},
        {"note": {"text": "r/o cauda equina syndrome"}},
        {"orderDetail": [{"text": "r/o cauda equina syndrome"}]},
        {"orderDetail": [{"parameter": [{"valueString": "r/o cauda equina syndrome"}]}]},
    ],
)
def test_the_orders_own_text_is_read_for_phrases(elements: dict[str, Any]) -> None:
    order = read(**elements)
    assert sets(order, "text")["cauda-equina-syndrome"] == "text"
    assert not order.has_reason


def test_instructions_for_the_patient_are_no_reason() -> None:
    order = read(patientInstruction="Come back if you cannot pass urine: cauda equina syndrome")
    assert order.reasons == ()


@pytest.mark.parametrize(
    "text",
    [
        "MRI lumbar without contrast r/o cauda equina syndrome",
        "MRI lumbar w/o contrast cauda equina syndrome",
        "MRI lumbar w/o r/o cauda equina syndrome",
        "MRI lumbar w/o for cauda equina syndrome",
        "MRI lumbar no contrast, cauda equina syndrome",
        "MRI lumbar without and with contrast cauda equina syndrome",
        "MRI_lumbar_without_contrast cauda equina syndrome",
    ],
)
def test_without_contrast_does_not_deny_what_follows(text: str) -> None:
    assert "cauda-equina-syndrome" in sets(read(code=LUMBAR_MRI | {"text": text}))


@pytest.mark.parametrize(
    "text",
    [
        "MRI lumbar, back pain without cauda equina syndrome",
        "MRI lumbar without contrast, no cauda equina syndrome",
        "MRI lumbar w/o contrast, denies cauda equina syndrome",
    ],
)
def test_a_real_denial_stays_one_beside_words_of_contrast(text: str) -> None:
    assert "cauda-equina-syndrome" not in sets(read(code=LUMBAR_MRI | {"text": text}))


def test_a_line_break_ends_a_denial() -> None:
    note = [{"text": "No fever\nCauda equina syndrome suspected"}]
    assert "cauda-equina-syndrome" in sets(read(note=note))


def test_reason_codes_stand_before_references_and_free_text() -> None:
    order = read(
        note=[{"text": "sciatica"}],
        reasonReference=[{"reference": "Condition/c1"}],
        reasonCode=[{"text": "Low back pain"}],
    )
    assert [reason.kind for reason in order.reasons][:3] == ["code", "reference", "text"]


def test_the_whole_text_of_an_order_is_kept_beside_its_short_display() -> None:
    text = "Six weeks of conservative care completed, per ordering clinician, and no better"
    order = read(reasonCode=[{"text": text}], note=[{"text": "seen today"}])
    assert order.texts == (text, "seen today")
    assert len(only(order).display) <= 60


def test_the_longest_stated_duration_is_taken() -> None:
    order = read(
        reasonCode=[{"text": "Low back pain x 4 days"}],
        note=[{"text": "low back pain for 8 months"}],
    )
    assert order.duration is not None
    assert order.duration.least >= 230


def test_no_duration_is_made_up() -> None:
    assert read(reasonCode=[{"text": "Low back pain"}]).duration is None


@pytest.mark.parametrize(
    ("text", "travel", "elsewhere"),
    [
        ("Patient travelling home next week", True, False),
        ("Lives abroad", True, False),
        ("Trip on stairs", False, False),
        ("Outside MRI not available", False, True),
        ("MRI done elsewhere last year", False, True),
        ("Pain elsewhere", False, False),
        ("Pain worse outside", False, False),
    ],
)
def test_travel_and_imaging_elsewhere_are_noticed(text: str, travel: bool, elsewhere: bool) -> None:
    order = read(note=[{"text": text}])
    assert (order.mentions_travel, order.mentions_imaging_elsewhere) == (travel, elsewhere)


def test_words_that_were_not_understood_are_named_beside_what_was_found() -> None:
    order = read(reasonCode=[{"text": "foot drop, rukking"}])
    assert order.unread_notes == ("rukking",)
    assert read(reasonCode=[{"text": "low back pain, rukking"}]).unread_notes == ()


def test_the_length_of_care_is_read_beside_it() -> None:
    care = read(reasonCode=[{"text": "radiculopathy despite PT x 8 weeks"}]).care
    assert care is not None
    assert care.days == 56
    plain = read(reasonCode=[{"text": "PT tried. Pain for 8 weeks"}]).care
    assert plain is not None
    assert plain.days == 0


@pytest.mark.parametrize(
    ("text", "is_recent"),
    [
        ("CT MYELOGRAM LUMBAR", False),
        ("MRI lumbar spine, headache after myelogram last week", True),
    ],
)
def test_the_puncture_of_a_study_that_is_ordered_is_still_to_be_done(
    text: str, is_recent: bool
) -> None:
    assert ("spinal-procedure" in sets(read(code={"text": text}))) == is_recent


def test_of_two_contained_resources_with_one_id_the_first_is_the_reason() -> None:
    first = contained()
    second = {"resourceType": "Condition", "id": "c1", "code": {"text": "Low back pain"}}
    order = read(**(first | {"contained": [*first["contained"], second]}))
    assert order.reasons == read(**first).reasons


def test_of_the_title_of_a_code_no_word_may_be_left_over() -> None:
    title = "Lumbar pain due to grubbler of the lower back"
    coded = [{"coding": [{"system": "urn:local", "code": "1", "display": title}]}]
    assert read(reasonCode=coded).not_understood == (title,)
    assert read(reasonCode=[{"text": title}]).not_understood == ()
