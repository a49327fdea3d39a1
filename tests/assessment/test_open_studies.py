"""Open orders of one kind are found without comparing every order with every other."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cds_service.assessment.open_studies import OpenStudies, is_same_kind
from cds_service.evidence.model import ImagingOrder, OpenOrder, StudyProcedure
from tests.assessment.charts import ago, order

MODALITIES = st.sampled_from(["MR", "CT", "CTM", "XR", None])
REGIONS = st.sampled_from([(), ("lumbar",), ("cervical", "thoracic"), ("whole",), ("sacrum",)])
STUDIES = st.builds(StudyProcedure, MODALITIES, REGIONS, st.just("without"))


def study(modality: Any, *regions: Any) -> StudyProcedure:
    return StudyProcedure(modality, regions, "without")


def test_a_ct_myelogram_of_a_region_is_of_the_kind_of_its_ct() -> None:
    assert is_same_kind(study("CTM", "lumbar"), study("CT", "lumbar"))
    assert not is_same_kind(study("CTM", "lumbar"), study("MR", "lumbar"))
    assert not is_same_kind(study("CT", "cervical"), study("CT", "lumbar"))
    assert is_same_kind(study("MR", "whole"), study("MR", "cervical"))
    assert not is_same_kind(study("MR", "whole"), study("MR", "sacrum"))


def test_an_order_without_a_modality_or_a_region_is_of_no_kind() -> None:
    assert not is_same_kind(study(None, "lumbar"), study(None, "lumbar"))
    assert not is_same_kind(study("MR"), study("MR"))


@settings(deadline=None)
@given(st.lists(STUDIES, max_size=6), st.lists(STUDIES, max_size=6))
def test_the_first_three_of_a_kind_before_an_order_are_found(
    on_record: list[StudyProcedure], selected: list[StudyProcedure]
) -> None:
    pending = tuple(
        OpenOrder(f"ServiceRequest/p{i}", f"pending {i}", each, ago(3))
        for i, each in enumerate(on_record)
    )
    drafts = tuple(
        replace(order(study=each), instance=i, display=f"draft {i}")
        for i, each in enumerate(selected)
    )
    open_studies = OpenStudies(pending, drafts)
    for position, draft in enumerate(drafts):
        others: tuple[OpenOrder | ImagingOrder, ...] = (*pending, *drafts[:position])
        wanted = [
            other.display for other in others if is_same_kind(other.procedure, draft.procedure)
        ]
        assert [found.display for found in open_studies.before(draft)] == wanted[:3]


def test_two_items_of_one_draft_are_not_each_others_duplicates() -> None:
    items = (order(), order())
    assert OpenStudies((), items).before(items[1]) == []
