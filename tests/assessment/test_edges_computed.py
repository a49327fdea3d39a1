"""Edges of what is computed over several entries: safety of a study, cancers, trends, care, groups, studies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.advice import CompiledGuideline
from cds_service.assessment.computed import surgery_sets
from cds_service.assessment.groups import GroupContext, group_urgency
from cds_service.assessment.model import OrderSafety, State
from cds_service.assessment.safety import check_safety
from cds_service.assessment.studies import same_study
from cds_service.evidence.model import (
    AllergyHit,
    DateSpan,
    Person,
    Reason,
    StatedDuration,
    StudyProcedure,
)
from cds_service.knowledge.model import Level, Strength, Urgency
from tests.assessment.charts import (
    ADULT,
    ago,
    chart,
    condition,
    exposure,
    observation,
    order,
    procedure,
    spanning,
)
from tests.assessment.test_edges import H, P, S, T, findings, found


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
    for risks in (checked.gadolinium, checked.iodine):
        assert [name for _, name, _, _ in named(risks)] == ([] if risk is None else [risk])
        assert all((item.name, item.value[-2:]) == ("egfr", " u") for item in risks)
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
        ("egfr", "e", "12 u", ago(3)),
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
        ("egfr", "e", "12 u", ago(3)),
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
    person = Person(DateSpan(born, born) if born else None, gender, False, "")
    assert safety(compiled, person=person, observations=hits).pregnancy_unknown is unknown
    assert not safety(compiled, person=None).pregnancy_unknown


@pytest.mark.parametrize(
    ("value_set", "hits", "recent", "remote"),
    [
        ("malignancy-history", [condition("c", ago(3652))], [("c", H)], []),
        ("malignancy-history", [condition("c", ago(3653))], [], [("c", H)]),
        ("malignancy-history", [condition("c")], [("c", H)], []),
        ("malignancy-history", [condition("c", ago(9), via="text")], [("c", S)], []),
        ("malignancy-history", [condition("c", ago(9), verification="suspected")], [("c", S)], []),
        ("malignancy-history", [condition("c", ago(9000), abated=ago(9))], [("c", H)], []),
        ("malignancy-history-bone-avid", [condition("c", ago(9000))], [("c", H)], []),
        ("malignancy", [condition("c", ago(9000), abated=ago(9), clinical="past")], [("c", H)], []),
        ("malignancy", [condition("c", ago(9000), clinical="past")], [], [("c", H)]),
        ("malignancy", [condition("c", ago(9))], [], []),
        (
            "malignancy",
            [condition("now", ago(9)), condition("c", ago(9000), clinical="past")],
            [],
            [("c", H)],
        ),
        ("malignancy-bone-avid", [condition("c", ago(9000), clinical="past")], [("c", H)], []),
        ("malignancy-remission", [condition("c", ago(3653), clinical="past")], [], [("c", H)]),
    ],
)  # fmt: skip
def test_a_past_cancer_is_recent_remote_or_of_a_kind_that_seeks_bone(
    compiled: CompiledGuideline,
    value_set: str,
    hits: list[Any],
    recent: list[Any],
    remote: list[Any],
) -> None:
    of = chart(compiled.rules, conditions={value_set: hits})
    for criterion, expected in (
        ("cancer-history-recent-or-bone-avid", recent),
        ("cancer-history-remote", remote),
    ):
        shown = findings(of, criterion)
        assert [(item.reference.partition("/")[2], item.state) for item in shown] == expected
        for item in shown:
            entry = hits[-1].entry
            start = entry.abated or entry.onset or entry.recorded
            assert item.when == start
            assert item.value_set == value_set
            assert item.notes == (("undated",) if start is None else ())


@pytest.mark.parametrize("name", ["malignancy-history", "malignancy-history-bone-avid"])
def test_a_past_cancer_that_the_order_names_has_no_date_and_is_not_remote(
    compiled: CompiledGuideline, name: str
) -> None:
    asked = order(Reason("code", "History of cancer", {name: "code"}))
    of = chart(compiled.rules)
    assert [item.display for item in findings(of, "cancer-history-recent-or-bone-avid", asked)] == [
        "History of cancer"
    ]
    assert findings(of, "cancer-history-remote", asked) == []


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([(100, 180), (95, 0)], ["1", "0"]),
        ([(100, 180), (95.1, 0)], []),
        ([(100, 181), (95, 0)], []),
        ([(95, 3), (100, 90)], ["0", "1"]),
        ([(100, 90), (80, 40), (99, 3)], []),
        ([(100, 90), (101, 40), (94, 3)], ["2", "0"]),
        ([(100, 3), (90, 3)], []),
        ([(90, 3)], []),
        ([], []),
        ([(0, 90), (90, 3)], []),
        ([(1, 90), (0.5, 3)], ["1", "0"]),
        ([(90, 90), (100, 3)], []),
    ],
)
def test_weight_is_lost_from_the_first_to_the_last_measurement(
    compiled: CompiledGuideline, values: list[tuple[float, int]], shown: list[str]
) -> None:
    hits = [observation(str(i), ago(days), kg) for i, (kg, days) in enumerate(values)]
    of = chart(compiled.rules, observations={"obs-weight": hits})
    out = findings(of, "weight-loss-unexplained")
    assert [item.reference.partition("/")[2] for item in out] == shown
    assert all(item.state is P and item.value_set == "trend" for item in out)
    assert all(item.when is not None and item.value.endswith(" u") for item in out)


def test_a_weight_matched_by_words_alone_is_suspected(compiled: CompiledGuideline) -> None:
    hits = [
        observation("first", ago(90), 100, via="text"),
        observation("last", ago(3), 90, via="text"),
        observation("bound", ago(1), 99, comparator="<"),
        observation("undated", None, 99),
    ]
    of = chart(compiled.rules, observations={"obs-weight": hits})
    assert [item[:3] for item in found(of, "weight-loss-unexplained")] == [
        ("last", ago(3), S),
        ("first", ago(90), S),
    ]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([(4, 42, "1"), (6, 1, "1")], ["1", "0"]),
        ([(4, 43, "1"), (6, 1, "1")], []),
        ([(4, 42, "1"), (5.9, 1, "1")], []),
        ([(4, 42, "1"), (6, 1, "2")], []),
        ([(6, 1, "1"), (4, 9, "1")], ["0", "1"]),
        ([(4, 1, "1"), (6, 1, "1")], []),
        ([(0, 9, "1"), (2, 1, "1")], ["1", "0"]),
        ([(0, 9, "1"), (1, 1, "1")], []),
        ([(3, 9, "1"), (4, 1, "1"), (2, 9, "2"), (9, 1, "2")], ["3", "2"]),
    ],
)
def test_pain_rises_on_one_and_the_same_score(
    compiled: CompiledGuideline, values: list[tuple[float, int, str]], shown: list[str]
) -> None:
    hits = [
        observation(str(i), ago(days), score, code=code)
        for i, (score, days, code) in enumerate(values)
    ]
    of = chart(compiled.rules, observations={"obs-pain-score": hits})
    out = [item.reference.partition("/")[2] for item in findings(of, "pain-worsening")]
    assert out == shown


@pytest.mark.parametrize(
    ("right", "left", "states"),
    [
        ([condition("r", ago(42))], [condition("l", ago(2))], {"r": P, "l": P}),
        ([condition("r", ago(42), via="text")], [condition("l", ago(2))], {"r": S, "l": S}),
        ([condition("r", ago(9))], [], {}),
        ([], [condition("l", ago(9))], {}),
        (
            [condition("r", ago(9)), condition("r2", ago(3))],
            [condition("l", ago(8))],
            {"r2": P, "l": P},
        ),
        ([condition("r", ago(91))], [condition("l", ago(2))], {}),
    ],
)
def test_sciatica_on_both_sides_is_as_sure_as_the_less_certain_side(
    compiled: CompiledGuideline, right: list[Any], left: list[Any], states: dict[str, State]
) -> None:
    of = chart(compiled.rules, conditions={"sciatica-right": right, "sciatica-left": left})
    out = findings(of, "ces-bilateral-radiculopathy")
    assert {item.reference.partition("/")[2]: item.state for item in out} == states


def test_a_side_that_fades_lowers_both_sides(compiled: CompiledGuideline) -> None:
    for faded, other in (("sciatica-right", "sciatica-left"), ("sciatica-left", "sciatica-right")):
        conditions = {faded: [condition("old", ago(60))], other: [condition("new", ago(2))]}
        of = chart(compiled.rules, conditions=conditions)
        out = findings(of, "ces-bilateral-radiculopathy")
        assert [item.strength for item in out] == [Strength.WEAK, Strength.WEAK]


@pytest.mark.parametrize(
    ("pain", "duration", "shown"),
    [
        ([condition("p", ago(14))], None, {"a": P, "p": P}),
        ([condition("p", ago(15))], None, {}),
        ([condition("p", recorded=ago(2))], None, {}),
        ([condition("p", ago(2), via="text")], None, {"a": S, "p": S}),
        ([condition("p", ago(90)), condition("q", ago(3))], None, {"a": P, "q": P}),
        ([], (7, 14), {"a": P}),
        ([], (7, 15), {}),
        ([], None, {}),
        ([condition("p", ago(2), clinical="past")], None, {}),
    ],
)
def test_a_known_aneurysm_and_pain_of_at_most_two_weeks(
    compiled: CompiledGuideline,
    pain: list[Any],
    duration: tuple[int, int] | None,
    shown: dict[str, State],
) -> None:
    of = chart(
        compiled.rules,
        conditions={"aaa-known": [condition("a", ago(900))], "low-back-pain": pain},
    )
    asked = order(duration=StatedDuration(*duration, "for days") if duration else None)
    out = findings(of, "aaa-new-pain", asked)
    assert {item.reference.partition("/")[2]: item.state for item in out} == shown


@pytest.mark.parametrize(
    ("fall", "shown"),
    [
        (condition("f", ago(90)), True),
        (condition("f", ago(91)), False),
        (condition("f", ago(9), clinical="past"), True),
        (condition("f"), True),
        (condition("f", ago(9), verification="refuted"), False),
    ],
)
@pytest.mark.parametrize("name", ["low-velocity-trauma", "high-energy-trauma"])
def test_any_fall_on_an_ankylosed_spine_is_a_fracture_until_excluded(
    compiled: CompiledGuideline, fall: Any, shown: bool, name: str
) -> None:
    of = chart(
        compiled.rules,
        conditions={"ankylosed-spine": [condition("s", ago(4000))], name: [fall]},
    )
    out = findings(of, "ankylosed-spine-trauma")
    assert sorted(item.reference.partition("/")[2] for item in out) == (["f", "s"] if shown else [])
    assert all(item.strength is Strength.DEFINITIVE for item in out)


@pytest.mark.parametrize(
    ("born", "onset", "via", "state"),
    [
        (date(1981, 3, 18), ago(90), "code", P),
        (date(1981, 3, 17), ago(90), "code", None),
        (date(1985, 2, 3), ago(89), "code", None),
        (date(1985, 2, 3), ago(90), "text", S),
        (date(1985, 2, 3), None, "code", None),
        (date(2026, 5, 1), ago(90), "code", None),
        (None, ago(90), "code", None),
    ],
)
def test_back_pain_of_three_months_that_began_before_45(
    compiled: CompiledGuideline, born: date | None, onset: Any, via: Any, state: State | None
) -> None:
    person = msgspec.structs.replace(ADULT, birth=DateSpan(born, born) if born else None)
    of = chart(
        compiled.rules,
        conditions={"low-back-pain": [condition("b", onset, via=via)]},
        person=person,
    )
    assert [item.state for item in findings(of, "young-onset-chronic")] == (
        [] if state is None else [state]
    )


def test_a_numbness_counts_as_saddle_numbness_by_its_site_alone(
    compiled: CompiledGuideline,
) -> None:
    site = frozenset(("body-site-saddle",))
    hits = [
        condition("hand", ago(3)),
        condition("saddle", ago(3), body_sites=site),
        condition("old", ago(91), body_sites=site),
    ]
    out = found(chart(compiled.rules, conditions={"numbness": hits}), "ces-saddle-anesthesia")
    assert [item[0] for item in out] == ["saddle"]
    old = found(chart(compiled.rules, conditions={"numbness": hits[2:]}), "ces-saddle-anesthesia")
    assert [(item[0], item[2]) for item in old] == [("old", T)]


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


@pytest.mark.parametrize(
    ("care", "shown"),
    [
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
        ({"exposures": {"conservative-drug": [exposure("p", ago(41), ongoing=True)]}}, []),
    ],
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


@pytest.mark.parametrize("modality", ["XR", "CTM", "RF", "NM", "PET"])
def test_where_contrast_is_no_choice_a_phase_makes_no_other_study(modality: Any) -> None:
    one = StudyProcedure(modality, ("lumbar",), "without")
    other = StudyProcedure(modality, ("lumbar",), "with")
    assert same_study(one, other)
    assert not same_study(one, msgspec.structs.replace(other, regions=("cervical",)))


@pytest.mark.parametrize("modality", ["MR", "CT", None])
def test_where_contrast_is_a_choice_a_phase_makes_another_study(modality: Any) -> None:
    one = StudyProcedure(modality, ("lumbar", "thoracic"), "without")
    assert same_study(one, msgspec.structs.replace(one, regions=("thoracic", "lumbar")))
    assert not same_study(one, msgspec.structs.replace(one, contrast="with"))
    assert not same_study(one, msgspec.structs.replace(one, modality="XR"))


def test_a_group_that_is_not_active_asks_for_nothing_but_what_its_possible_level_asks(
    compiled: CompiledGuideline,
) -> None:
    groups = compiled.guideline.groups
    quiet = {group.id: Level.NONE for group in groups}
    for group in groups:
        for level in (Level.NONE, Level.NOTED):
            context = GroupContext({**quiet, group.id: level}, True, True)
            assert group_urgency(group, (), context) is Urgency.ROUTINE
        context = GroupContext({**quiet, group.id: Level.POSSIBLE}, True, True)
        assert group_urgency(group, (), context) is (group.possible.urgency or Urgency.ROUTINE)
        silent = replace(context, possible_urgency_holds=False)
        assert group_urgency(group, (), silent) is Urgency.ROUTINE


def test_a_deficit_raises_what_an_active_group_asks_for(compiled: CompiledGuideline) -> None:
    groups = compiled.guideline.groups
    quiet = {group.id: Level.NONE for group in groups}
    for group in groups:
        if group.urgency_if_cauda_equina_possible is not None:
            continue
        context = GroupContext({**quiet, group.id: Level.ACTIVE}, False, True)
        assert group_urgency(group, (), context) is group.urgency
        raised = group_urgency(group, (), replace(context, neuro=True))
        assert raised is (group.urgency_if_neuro or group.urgency)
