"""What is computed over several entries: cancers, trends, both sides, spines that break."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.advice import CompiledGuideline
from cds_service.assessment.model import State
from cds_service.evidence.model import DateSpan, Reason, StatedDuration
from cds_service.knowledge.model import Strength
from tests.assessment.charts import (
    ADULT,
    H,
    P,
    S,
    T,
    ago,
    chart,
    condition,
    findings,
    found,
    observation,
    order,
)


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
    ("values", "shown", "strength"),
    [
        ([(100, 90), (60, 3)], ["1", "0"], Strength.MODERATE),
        ([(100, 90), (59, 3)], ["1", "0"], Strength.WEAK),
        ([(180, 40), (82, 3)], ["1", "0"], Strength.WEAK),
        ([(300, 150), (100, 90), (90, 3)], ["2", "1"], Strength.MODERATE),
        ([(300, 150), (91, 90), (90, 3)], ["2", "0"], Strength.WEAK),
    ],
)
def test_a_loss_that_nobody_can_have_is_a_mistake_to_be_checked(
    compiled: CompiledGuideline,
    values: list[tuple[float, int]],
    shown: list[str],
    strength: Strength,
) -> None:
    hits = [observation(str(i), ago(days), kg) for i, (kg, days) in enumerate(values)]
    out = findings(
        chart(compiled.rules, observations={"obs-weight": hits}), "weight-loss-unexplained"
    )
    assert [item.reference.partition("/")[2] for item in out] == shown
    assert {item.strength for item in out} == {strength}
    assert all(("implausible" in item.notes) is (strength is Strength.WEAK) for item in out)


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
        ([(1, 90), (0.7, 3)], ["1", "0"]),
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
        (
            [condition("r", ago(9)), condition("r2", ago(3), via="text")],
            [condition("l", ago(8))],
            {"r": P, "l": P},
        ),
        ([condition("r", ago(9)), condition("r2")], [condition("l", ago(8))], {"r": P, "l": P}),
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
