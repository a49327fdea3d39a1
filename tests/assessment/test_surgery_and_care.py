"""Earlier surgery of the spine, and care before imaging."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.advice import CompiledGuideline
from cds_service.assessment.computed.surgery import surgery_sets
from cds_service.evidence.model import DateSpan, Reason
from cds_service.knowledge.model import Strength
from tests.assessment.charts import (
    P,
    S,
    ago,
    chart,
    condition,
    exposure,
    findings,
    found,
    order,
    procedure,
    spanning,
)


@pytest.mark.parametrize(
    ("regions", "names"),
    [
        (("cervical",), ["cervical"]),
        (("thoracic",), ["thoracic"]),
        (("lumbar",), ["lumbar"]),
        (("sacrum", "sacroiliac"), ["lumbar"]),
        (("lumbar", "cervical"), ["lumbar", "cervical"]),
        (("whole",), ["cervical", "thoracic", "lumbar"]),
        ((), ["cervical", "thoracic", "lumbar"]),
    ],
)
def test_surgery_is_looked_for_in_the_ordered_regions(
    regions: tuple[str, ...], names: list[str]
) -> None:
    assert surgery_sets(regions) == tuple(
        f"spine-surgery-{name}" for name in (*names, "unspecified")
    )


@pytest.mark.parametrize(
    ("operated", "began", "shown"),
    [
        (ago(100), ago(100), True),
        (ago(100), ago(101), False),
        (ago(100), ago(9), True),
        (ago(100), None, True),
        (None, ago(9), True),
        (spanning(110, 90), ago(100), True),
    ],
)
@pytest.mark.parametrize("kind", ["procedure", "condition"])
@pytest.mark.parametrize("name", ["spine-surgery-lumbar", "spine-surgery-unspecified"])
def test_surgery_counts_when_a_symptom_began_after_it(
    compiled: CompiledGuideline,
    operated: DateSpan | None,
    began: DateSpan | None,
    shown: bool,
    kind: str,
    name: str,
) -> None:
    surgery: dict[str, Any] = {name: [condition("o", operated)]} if kind == "condition" else {}
    of = chart(
        compiled.rules,
        conditions={"low-back-pain": [condition("b", began)], **surgery},
        procedures={name: [procedure("o", operated)]} if kind == "procedure" else {},
    )
    notes = ("undated",) if operated is None else ()
    if name == "spine-surgery-unspecified":
        notes = (*notes, "level_not_recorded")
    expected = [("o", operated, P, Strength.STRONG, notes)] if shown else []
    assert found(of, "prior-spine-surgery") == expected


@pytest.mark.parametrize("name", ["low-back-pain", "radiculopathy"])
def test_surgery_counts_when_a_symptom_is_the_reason_of_the_order(
    compiled: CompiledGuideline, name: str
) -> None:
    hits = [procedure("o", ago(9), via="text")]
    of = chart(compiled.rules, procedures={"spine-surgery-lumbar": hits})
    asked = order(Reason("code", "pain", {name: "code"}))
    assert found(of, "prior-spine-surgery", asked) == [("o", ago(9), S, Strength.STRONG, ())]
    assert found(of, "prior-spine-surgery") == []
    other = order(Reason("code", "wear", {"spine-degenerative": "code"}))
    assert found(of, "prior-spine-surgery", other) == []


CARE: list[tuple[dict[str, Any], list[str]]] = [
    ({"procedures": {"physiotherapy": [procedure("p", ago(42))]}}, ["p"]),
    ({"procedures": {"physiotherapy": [procedure("p", ago(41))]}}, []),
    ({"procedures": {"physiotherapy": [procedure("p", ago(180))]}}, ["p"]),
    ({"procedures": {"physiotherapy": [procedure("p", ago(181))]}}, []),
    ({"procedures": {"physiotherapy": [procedure("p")]}}, []),
    (
        {"procedures": {"physiotherapy": [procedure("p", ago(300)), procedure("q", ago(9))]}},
        ["q", "p"],
    ),
    ({"conditions": {"physiotherapy": [condition("p", ago(50))]}}, ["p"]),
    ({"conditions": {"physiotherapy": [condition("p", recorded=ago(50))]}}, ["p"]),
    ({"conditions": {"physiotherapy": [condition("p")]}}, []),
    ({"exposures": {"conservative-drug": [exposure("p", ago(300), ago(180).last)]}}, ["p"]),
    ({"exposures": {"conservative-drug": [exposure("p", ago(300), ago(181).last)]}}, []),
    ({"exposures": {"conservative-drug": [exposure("p", ago(300), ongoing=True)]}}, ["p"]),
    ({"exposures": {"conservative-drug": [exposure("p", ago(300))]}}, []),
    ({"exposures": {"conservative-drug": [exposure("p", ago(100))]}}, ["p"]),
    ({"exposures": {"conservative-drug": [exposure("p")]}}, []),
    ({"exposures": {"conservative-drug": [exposure("p", ago(100), ago(87).last)]}}, ["p"]),
    ({"exposures": {"conservative-drug": [exposure("p", ago(100), ago(88).last)]}}, []),
    ({"exposures": {"conservative-drug": [exposure("p", ago(41), ongoing=True)]}}, []),
]


@pytest.mark.parametrize(("began", "shown"), [(300, ["q", "p"]), (299, []), (100, [])])
def test_care_that_ended_before_the_pain_began_is_no_care_of_it(
    compiled: CompiledGuideline, began: int, shown: list[str]
) -> None:
    visits = {"physiotherapy": [procedure("p", ago(300)), procedure("q", ago(9))]}
    pain = {"low-back-pain": [condition("b", ago(began))]}
    out = findings(
        chart(compiled.rules, procedures=visits, conditions=pain), "conservative-care-6w"
    )
    assert [item.reference.partition("/")[2] for item in out] == shown


@pytest.mark.parametrize(
    ("care", "shown"),
    CARE,
)
def test_care_was_first_seen_six_weeks_ago_and_last_seen_within_half_a_year(
    compiled: CompiledGuideline, care: dict[str, Any], shown: list[str]
) -> None:
    parts = dict(care)
    pain = {"low-back-pain": [condition("b", ago(400))]}
    parts["conditions"] = {**pain, **care.get("conditions", {})}
    out = findings(chart(compiled.rules, **parts), "conservative-care-6w")
    assert [item.reference.partition("/")[2] for item in out] == shown
    assert all(item.when is not None and item.state is P for item in out)
    # without symptoms of six weeks no care makes six weeks of care
    parts["conditions"] = {
        "low-back-pain": [condition("b", ago(41))],
        **care.get("conditions", {}),
    }
    assert findings(chart(compiled.rules, **parts), "conservative-care-6w") == []
