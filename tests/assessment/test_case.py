"""Facts of one order, asked directly: what the cards ask only in some scenarios holds in all."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.advice import CompiledGuideline
from cds_service.assessment.case import Case, OrderingCall
from cds_service.assessment.criteria import evaluate_criteria
from cds_service.assessment.facts import FACTS
from cds_service.assessment.model import Choices
from cds_service.assessment.open_studies import OpenStudies
from cds_service.assessment.safety import check_safety
from cds_service.evidence.model import StudyProcedure
from tests.assessment.charts import ago, chart, condition, order


def case_of(compiled: CompiledGuideline, regions: Any, **conditions: Any) -> Case:
    """An MRI of these regions, before these conditions."""
    of = chart(
        compiled.rules,
        conditions={name.replace("_", "-"): hits for name, hits in conditions.items()},
    )
    asked = order(study=StudyProcedure("MR", regions, "without"))
    call = OrderingCall(
        orders=(asked,),
        open_studies=OpenStudies((), (asked,)),
        safety=check_safety(of),
        choices=Choices("us"),
    )
    return Case(of, asked, call, evaluate_criteria(of, asked))


@pytest.mark.parametrize(
    ("regions", "conditions", "excluded"),
    [
        (("lumbar",), {"low_back_pain": [condition("b", ago(9))]}, False),
        (("lumbar",), {"spinal_infection": [condition("i", ago(9))]}, False),
        (("lumbar",), {"cord_compression": [condition("c", ago(9))]}, True),
        (("sacrum",), {"cord_compression": [condition("c", ago(9))]}, True),
        (("cervical",), {"cord_compression": [condition("c", ago(9))]}, False),
        (("whole",), {"cord_compression": [condition("c", ago(9))]}, False),
        ((), {"cord_compression": [condition("c", ago(9))]}, False),
        (("cervical",), {"cauda_equina_syndrome": [condition("c", ago(9))]}, True),
        (("sacrum",), {"cauda_equina_syndrome": [condition("c", ago(9))]}, False),
        (("sacroiliac",), {"cauda_equina_syndrome": [condition("c", ago(9))]}, False),
    ],
)
def test_only_a_group_with_regions_of_its_own_excludes_an_order(
    compiled: CompiledGuideline, regions: Any, conditions: dict[str, Any], excluded: bool
) -> None:
    case = case_of(compiled, regions, **conditions)
    assert FACTS["group-regions-exclude-order"](case) is excluded
    assert FACTS["order-region-unknown"](case) is (not regions)


@pytest.mark.parametrize("regions", [("lumbar",), ("cervical", "thoracic"), ("whole",), ()])
@pytest.mark.parametrize("name", ["", "cord-compression", "malignancy", "vertebral-fracture"])
def test_every_fact_has_an_answer_for_every_order(
    compiled: CompiledGuideline, regions: Any, name: str
) -> None:
    found: dict[str, Any] = {name: [condition("c", ago(9))]} if name else {}
    case = case_of(compiled, regions, **found)
    answers = {name: holds(case) for name, holds in FACTS.items()}
    assert set(map(type, answers.values())) <= {bool}
    assert answers == {name: holds(case) for name, holds in FACTS.items()}
