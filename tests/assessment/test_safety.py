"""What stands against contrast, a magnet or radiation."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.advice import CompiledGuideline
from cds_service.assessment.model import OrderSafety
from cds_service.assessment.safety import check_safety
from cds_service.evidence.model import AllergyHit, DateSpan, Person
from tests.assessment.charts import ago, chart, condition, observation, procedure


def safety(compiled: CompiledGuideline, **parts: Any) -> OrderSafety:
    return check_safety(chart(compiled.rules, **parts))


def named(risks: Any) -> list[tuple[str, str, str, DateSpan | None]]:
    return [(risk.name, risk.reference.partition("/")[2], risk.value, risk.when) for risk in risks]


@pytest.mark.parametrize(
    ("hits", "risk"),
    [
        ([observation("a", ago(90), 29.9)], "a"),
        ([observation("a", ago(91), 29.9)], None),
        ([observation("a", ago(9), 30)], None),
        ([observation("a", ago(9), 30, comparator="<")], "a"),
        ([observation("a", ago(9), 31, comparator="<")], None),
        ([observation("a", ago(9), 30, comparator="<=")], None),
        ([observation("a", ago(9), 20, comparator=">")], None),
        ([observation("a", ago(9), 20, comparator=">=")], None),
        ([observation("a", ago(9), 0)], "a"),
        ([observation("a", ago(9), 0.5), observation("b", ago(9), 0)], "b"),
        ([observation("a", ago(9), 0), observation("b", ago(9), 0.5)], "a"),
        ([observation("a", ago(9), 45), observation("b", ago(9), 25)], "b"),
        ([observation("a", ago(9), 25), observation("b", ago(8), 45)], None),
        ([observation("a", ago(8), 25), observation("b", ago(9), 45)], "a"),
        ([observation("a", None, 25)], None),
        ([observation("a", ago(-2), 25)], None),
        ([observation("a", ago(-1), 25)], "a"),
        ([observation("a", ago(1)), observation("b", ago(9), 25)], "b"),
    ],
)
def test_the_newest_usable_egfr_decides_for_both_kinds_of_contrast(
    compiled: CompiledGuideline, hits: list[Any], risk: str | None
) -> None:
    checked = safety(compiled, observations={"obs-egfr": hits})
    for risks, kind in (
        (checked.gadolinium, "egfr_gadolinium"),
        (checked.iodine, "egfr_iodinated"),
    ):
        assert [name for _, name, _, _ in named(risks)] == ([] if risk is None else [risk])
        assert all((item.name, item.value[-2:]) == (kind, " u") for item in risks)
    assert checked.iodine_reaction == ()


def test_kidney_risks_are_named_in_the_order_of_their_weight(compiled: CompiledGuideline) -> None:
    checked = safety(
        compiled,
        conditions={
            "ckd-stage-4-5": [condition("ckd", ago(900))],
            "acute-kidney-injury": [condition("aki", ago(9))],
            "dialysis": [condition("hd", ago(400))],
        },
        procedures={
            "dialysis": [procedure("d", ago(90)), procedure("old", ago(91)), procedure("x")]
        },
        observations={"obs-egfr": [observation("e", ago(3), 12)]},
        allergies=[
            AllergyHit("AllergyIntolerance/u", "u", "contrast-agent-unspecified", "code", False),
            AllergyHit("AllergyIntolerance/i", "i", "iodinated-agent", "code", False, ago(8)),
            AllergyHit("AllergyIntolerance/g", "g", "gadolinium-agent", "code", False, ago(-2)),
        ],
    )
    assert named(checked.gadolinium) == [
        ("egfr_gadolinium", "e", "12 u", ago(3)),
        ("acute_kidney_injury", "aki", "", ago(9)),
        ("dialysis", "hd", "", ago(400)),
        ("dialysis", "d", "", ago(90)),
        ("gadolinium_reaction", "g", "", None),
        ("contrast_reaction", "u", "", None),
    ]
    reactions = [
        ("iodinated_reaction", "i", "", ago(8)),
        ("contrast_reaction", "u", "", None),
    ]
    assert named(checked.iodine) == [
        ("egfr_iodinated", "e", "12 u", ago(3)),
        ("acute_kidney_injury", "aki", "", ago(9)),
        *reactions,
    ]
    assert named(checked.iodine_reaction) == reactions


def test_kidney_disease_is_named_by_its_newest_current_entry(compiled: CompiledGuideline) -> None:
    hits = [
        condition("undated"),
        condition("old", ago(900)),
        condition("new", ago(9), recorded=ago(1)),
        condition("mid", recorded=ago(20)),
        condition("gone", ago(2), clinical="past"),
        condition("not", ago(2), verification="refuted", code="Z00"),
    ]
    for some in (hits, hits[::-1]):
        checked = safety(compiled, conditions={"ckd-stage-4-5": some})
        assert named(checked.gadolinium) == [("ckd", "new", "", ago(9))]
        assert checked.iodine == ()


@pytest.mark.parametrize(
    ("when", "counts"),
    [(ago(90), True), (ago(91), False), (None, True), (ago(-2), True), (ago(-1), True)],
)
def test_an_acute_kidney_injury_is_as_current_as_an_egfr_has_to_be(
    compiled: CompiledGuideline, when: DateSpan | None, counts: bool
) -> None:
    checked = safety(compiled, conditions={"acute-kidney-injury": [condition("k", when)]})
    assert bool(checked.gadolinium) is counts
    assert bool(checked.iodine) is counts


def test_a_reaction_on_the_problem_list_counts_while_it_is_current(
    compiled: CompiledGuideline,
) -> None:
    checked = safety(
        compiled,
        conditions={
            "contrast-agent-unspecified": [condition("any", ago(70))],
            "iodinated-agent": [condition("io", recorded=ago(7)), condition("p", clinical="past")],
            "gadolinium-agent": [condition("gd")],
        },
    )
    assert named(checked.iodine) == [
        ("iodinated_reaction", "io", "", ago(7)),
        ("contrast_reaction", "any", "", ago(70)),
    ]
    assert named(checked.gadolinium) == [
        ("gadolinium_reaction", "gd", "", None),
        ("contrast_reaction", "any", "", ago(70)),
    ]


@pytest.mark.parametrize("clinical", ["current", "past"])
def test_claustrophobia_counts_while_it_is_current(
    compiled: CompiledGuideline, clinical: Any
) -> None:
    checked = safety(compiled, conditions={"claustrophobia": [condition("c", clinical=clinical)]})
    assert checked.claustrophobia is (clinical == "current")


_STATUS, _HCG, _DUE = "obs-pregnancy-status", "obs-hcg", "obs-due-date"


def told(name: str, when: DateSpan | None, polarity: Any) -> Any:
    return observation(name, when, polarity=polarity)


def due(name: str, day: DateSpan | None, stated: DateSpan | None = None) -> Any:
    return observation(name, stated, value_date=day)


@pytest.mark.parametrize(
    ("parts", "basis"),
    [
        ({"conditions": {"pregnancy": [condition("p", ago(300))]}}, ("condition", "p")),
        ({"conditions": {"pregnancy": [condition("p", ago(301))]}}, None),
        ({"conditions": {"pregnancy": [condition("p", recorded=ago(300))]}}, ("condition", "p")),
        ({"conditions": {"pregnancy": [condition("p")]}}, ("condition", "p")),
        ({"conditions": {"pregnancy": [condition("p", ago(9), clinical="past")]}}, None),
        ({"observations": {_STATUS: [told("s", ago(300), "positive")]}}, ("status", "s")),
        ({"observations": {_STATUS: [told("s", ago(301), "positive")]}}, None),
        ({"observations": {_STATUS: [told("s", None, "positive")]}}, None),
        ({"observations": {_HCG: [told("t", ago(14), "positive")]}}, ("test", "t")),
        ({"observations": {_HCG: [told("t", ago(15), "positive")]}}, None),
        ({"observations": {_HCG: [told("t", ago(3), "unknown")]}}, None),
        (
            {"observations": {_HCG: [told("t", ago(9), "positive"), told("n", ago(3), "negative")]}},
            None,
        ),
        (
            {"observations": {_HCG: [told("n", ago(9), "negative"), told("t", ago(3), "positive")]}},
            ("test", "t"),
        ),
        (
            {"observations": {_HCG: [told("n", ago(3), "negative"), told("t", ago(3), "positive")]}},
            ("test", "t"),
        ),
        (
            {"observations": {_HCG: [told("t", ago(9), "positive"), told("u", ago(3), "unknown")]}},
            ("test", "t"),
        ),
        (
            {
                "observations": {_HCG: [told("t", ago(9), "positive")]},
                "conditions": {"pregnancy": [condition("p", ago(20))]},
            },
            ("test", "t"),
        ),
        (
            {
                "conditions": {
                    "pregnancy": [condition("p", ago(20))],
                    "pregnancy-ended": [condition("e", ago(20))],
                }
            },
            None,
        ),
        (
            {
                "conditions": {
                    "pregnancy": [condition("p", ago(19))],
                    "pregnancy-ended": [condition("e", ago(20))],
                }
            },
            ("condition", "p"),
        ),
        (
            {
                "conditions": {
                    "pregnancy": [condition("p")],
                    "pregnancy-ended": [condition("e", recorded=ago(20))],
                }
            },
            None,
        ),
        (
            {
                "conditions": {
                    "pregnancy": [condition("p", ago(50))],
                    "pregnancy-ended": [condition("e")],
                }
            },
            ("condition", "p"),
        ),
        (
            {
                "conditions": {"pregnancy": [condition("p", ago(50))]},
                "procedures": {"pregnancy-ended": [procedure("d"), procedure("e", ago(49))]},
            },
            None,
        ),
        (
            {
                "conditions": {"pregnancy": [condition("p", ago(50))]},
                "observations": {_STATUS: [told("n", ago(9), "negative")]},
            },
            None,
        ),
        (
            {
                "conditions": {"pregnancy": [condition("p", ago(50))]},
                "observations": {_STATUS: [told("n", ago(60), "negative")]},
            },
            ("condition", "p"),
        ),
        ({"observations": {_DUE: [due("d", ago(14))]}}, ("due", "d")),
        ({"observations": {_DUE: [due("d", ago(15))]}}, None),
        ({"observations": {_DUE: [due("d", ago(-300))]}}, ("due", "d")),
        ({"observations": {_DUE: [due("d", ago(-301))]}}, None),
        ({"observations": {_DUE: [due("d", None), due("f", ago(-90))]}}, ("due", "f")),
        (
            {
                "observations": {_DUE: [due("d", ago(-90), ago(30))]},
                "conditions": {"pregnancy-ended": [condition("e", ago(30))]},
            },
            None,
        ),
        (
            {
                "observations": {_DUE: [due("d", ago(-90), ago(29))]},
                "conditions": {"pregnancy-ended": [condition("e", ago(30))]},
            },
            ("due", "d"),
        ),
        (
            {
                "observations": {_DUE: [due("d", ago(-90))]},
                "conditions": {"pregnancy-ended": [condition("e", ago(30))]},
            },
            ("due", "d"),
        ),
    ],
)  # fmt: skip
def test_the_newest_statement_decides_whether_a_pregnancy_is_possible(
    compiled: CompiledGuideline, parts: dict[str, Any], basis: tuple[str, str] | None
) -> None:
    known = safety(compiled, **parts).pregnancy
    if basis is None:
        assert known is None
        return
    assert known is not None
    assert (known.basis, known.reference.partition("/")[2]) == basis


@pytest.mark.parametrize(
    ("born", "gender", "hits", "unknown"),
    [
        (date(2014, 6, 15), "female", {}, True),
        (date(2014, 6, 16), "female", {}, False),
        (date(1970, 6, 16), "female", {}, True),
        (date(1970, 6, 15), "female", {}, False),
        (date(1985, 2, 3), "male", {}, False),
        (date(1985, 2, 3), "unknown", {}, False),
        (None, "female", {}, False),
        (date(1985, 2, 3), "female", {_HCG: [told("n", ago(14), "negative")]}, False),
        (date(1985, 2, 3), "female", {_HCG: [told("n", ago(15), "negative")]}, True),
        (date(1985, 2, 3), "female", {_HCG: [told("n", None, "negative")]}, True),
        (date(1985, 2, 3), "female", {_STATUS: [told("n", ago(14), "negative")]}, False),
        (date(1985, 2, 3), "female", {_HCG: [told("n", ago(3), "unknown")]}, True),
        (date(1985, 2, 3), "female", {_HCG: [told("n", ago(3), "positive")]}, False),
    ],
)
def test_who_could_be_pregnant_without_anything_being_said(
    compiled: CompiledGuideline,
    born: date | None,
    gender: Any,
    hits: dict[str, Any],
    unknown: bool,
) -> None:
    person = Person("Patient/p1", DateSpan(born, born) if born else None, gender, False, "")
    assert safety(compiled, person=person, observations=hits).pregnancy_unknown is unknown
    assert not safety(compiled, person=None).pregnancy_unknown
