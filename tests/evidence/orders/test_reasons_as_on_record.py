"""A concept means the same as the reason of an order and as a Condition on record."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.cds_hooks.model import DraftOrder
from cds_service.evidence.model import ImagingOrder, PatientRecord
from cds_service.evidence.orders.orders import read_orders
from cds_service.evidence.orders.reasons import without_retracted
from tests import shipped

ReadRecord = Callable[..., PatientRecord]

SNOMED = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
CANCER = {"system": ICD, "code": "C50.911"}
SNOMED_CANCER = {"system": SNOMED, "code": "363346000"}
CAUDA_EQUINA = {"system": ICD, "code": "G83.4"}


def order(**elements: Any) -> ImagingOrder:
    """An order for an MRI of the lumbar spine."""
    body = {"resourceType": "ServiceRequest", "id": "o1", "code": {"text": "MRI lumbar spine"}}
    raw = msgspec.Raw(json.dumps(body | elements).encode())
    (read,) = read_orders(
        (DraftOrder(raw, "ServiceRequest", "o1"),),
        shipped.catalog(),
        shipped.index(),
        date(2026, 6, 15),
    )
    return read


def contained(**elements: Any) -> ImagingOrder:
    """An order whose reason is a contained Condition."""
    condition = {"resourceType": "Condition", "id": "k", "code": {"coding": [CAUDA_EQUINA]}}
    return order(contained=[condition | elements], reasonReference=[{"reference": "#k"}])


def coded(*codings: Any, **elements: Any) -> Any:
    """A CodeableConcept."""
    return {"coding": list(codings)} | elements


CONCEPTS = [
    (coded(SNOMED_CANCER), True),
    (coded(SNOMED_CANCER, text="Family history: malignant neoplastic disease"), False),
    (coded(SNOMED_CANCER | {"display": "Family history of cancer"}), False),
    (coded(CANCER, text="Family hx: breast cancer"), False),
    (coded(CANCER, text="FHx of breast cancer (aunt)"), False),
    (coded({"system": ICD, "code": "Z80.3"}, text="Breast cancer"), False),
    (coded(CANCER, text="Mother: breast cancer"), False),
    (coded(CANCER, text="Her sister had breast cancer"), False),
    (coded(CANCER, text="Breast cancer; her mother had it too"), True),
    (coded(CANCER, text="Mother of two, breast cancer"), True),
    (coded(CANCER, text="Breast cancer"), True),
]


@pytest.mark.parametrize(("concept", "counts"), CONCEPTS)
def test_a_relatives_cancer_never_counts_and_the_patients_does(
    read: ReadRecord, concept: Any, counts: bool
) -> None:
    record = read({"resourceType": "Condition", "id": "c", "code": concept})
    (reason,) = order(reasonCode=[concept]).reasons
    assert ("malignancy" in record.conditions) == counts
    assert ("malignancy" in reason.value_sets) == counts


@pytest.mark.parametrize(
    "text", ["Mother: no urine since yesterday", "Father had called: saddle anesthesia"]
)
def test_a_relative_who_tells_of_an_acute_finding_hides_nothing(
    read: ReadRecord, text: str
) -> None:
    concept = coded(CAUDA_EQUINA, text=text)
    record = read({"resourceType": "Condition", "id": "c", "code": concept})
    (reason,) = order(reasonCode=[concept]).reasons
    assert "cauda-equina-syndrome" in record.conditions
    assert "cauda-equina-syndrome" in reason.value_sets


@pytest.mark.parametrize(
    ("codes", "is_later"),
    [
        (("S32.010A",), False),
        (("S32.010D",), True),
        (("S32.010S",), True),
        (("S32.010A", "S32.010D"), False),
    ],
)
def test_the_seventh_character_means_the_same(
    read: ReadRecord, codes: tuple[str, ...], is_later: bool
) -> None:
    concept = coded(*({"system": ICD, "code": code} for code in codes))
    record = read({"resourceType": "Condition", "id": "c", "code": concept})
    (reason,) = order(reasonCode=[concept]).reasons
    assert reason.value_sets
    for name in reason.value_sets:
        (hit,) = record.conditions[name]
        assert (hit.seventh in ("subsequent", "sequela")) == is_later
        assert (name in reason.later_encounter) == is_later


@pytest.mark.parametrize(
    ("status", "counts", "is_suspected"),
    [
        (None, True, False),
        ("confirmed", True, False),
        ("provisional", True, True),
        ("unconfirmed", True, True),
        ("differential", True, True),
        ("refuted", False, False),
        ("entered-in-error", False, False),
    ],
)
def test_a_contained_reason_is_as_sure_as_its_condition(
    status: str | None, counts: bool, is_suspected: bool
) -> None:
    for written in (coded({"code": status}), status):
        stated = {"verificationStatus": written} if status else {}
        (reason,) = contained(**stated).reasons
        assert ("cauda-equina-syndrome" in reason.value_sets) == counts
        assert reason.is_suspected == is_suspected


@pytest.mark.parametrize("status", ["inactive", "resolved", "remission"])
def test_a_contained_reason_that_is_over_does_not_count(status: str) -> None:
    (reason,) = contained(clinicalStatus=coded({"code": status})).reasons
    assert reason.value_sets == {}
    (reason,) = contained(clinicalStatus=coded({"code": "active"})).reasons
    assert reason.value_sets


@pytest.mark.parametrize(
    ("status", "counts"),
    [("entered-in-error", False), ("refuted", False), ("provisional", True), (None, True)],
)
def test_what_the_record_retracts_is_no_reason(
    read: ReadRecord, status: str | None, counts: bool
) -> None:
    """Whatever name the reference of the order gives it."""
    record = read(
        {
            "resourceType": "Condition",
            "id": "k1",
            "code": coded(CAUDA_EQUINA),
            "verificationStatus": coded({"code": status}) if status else None,
        }
    )
    asked = order(
        reasonReference=[
            {"reference": "Condition/k1", "display": "Cauda equina syndrome"},
            {"reference": "Condition/other", "display": "Foot drop"},
        ]
    )
    first, second = without_retracted(asked, record.retracted).reasons
    assert ("cauda-equina-syndrome" in first.value_sets) == counts
    assert "foot-drop" in second.value_sets


def test_nothing_of_an_order_is_cut_off() -> None:
    """The last of many reasons, codings, notes and details is read like the first."""
    many = [coded({"system": ICD, "code": "I10"}) for _ in range(150)]
    last = order(reasonCode=[*many, coded(CAUDA_EQUINA)]).reasons[-1]
    assert "cauda-equina-syndrome" in last.value_sets
    codings = [{"system": "urn:local", "code": str(number)} for number in range(150)]
    (reason,) = order(reasonCode=[coded(*codings, CAUDA_EQUINA)]).reasons
    assert "cauda-equina-syndrome" in reason.value_sets
    notes = [{"text": "as discussed"} for _ in range(150)]
    (reason,) = order(note=[*notes, {"text": "foot drop"}]).reasons
    assert "foot-drop" in reason.value_sets
    details = [coded(text="supine") for _ in range(150)]
    (reason,) = order(orderDetail=[*details, coded(text="foot drop")]).reasons
    assert "foot-drop" in reason.value_sets
    code = {"coding": [*codings, {"system": "http://www.ama-assn.org/go/cpt", "code": "72148"}]}
    assert order(code=code).procedure.regions == ("lumbar",)
