"""Edges of what the assessment makes of single entries: last days, ties, missing dates, odd statuses."""

from __future__ import annotations

from datetime import date

import pytest

from cds_service.advice import CompiledGuideline
from cds_service.assessment.chart import Chart
from cds_service.assessment.criteria import evaluate_criteria
from cds_service.assessment.model import Finding, State
from cds_service.assessment.timing import (
    completed_years,
    days_before,
    days_earlier,
    is_within,
    least_age,
    newest_first,
    settled,
    today_span,
)
from cds_service.assessment.weighing import (
    Scale,
    lowered,
    settle_conflicts,
    weigh_condition,
    with_conflict,
)
from cds_service.evidence.model import (
    ConditionHit,
    DateSpan,
    Gap,
    ImagingOrder,
    Reason,
)
from cds_service.knowledge.model import Strength
from tests.assessment.charts import (
    DAY,
    ago,
    chart,
    condition,
    exposure,
    observation,
    order,
    procedure,
    spanning,
)

S, P, H, T = State.SUSPECTED, State.PRESENT, State.HISTORICAL, State.STALE
Seen = tuple[str, DateSpan | None, State, Strength | None, tuple[str, ...]]


def seen(finding: Finding) -> Seen:
    name = finding.reference.partition("/")[2]
    return name, finding.when, finding.state, finding.strength, finding.notes


def found(of: Chart, criterion: str, ordered: ImagingOrder | None = None) -> list[Seen]:
    """What is found for a criterion; for one that is only listed, the stale finding."""
    return [seen(finding) for finding in findings(of, criterion, ordered)]


def findings(of: Chart, criterion: str, ordered: ImagingOrder | None = None) -> list[Finding]:
    result = evaluate_criteria(of, ordered or order())
    assert result.failed == ()
    for item in result.found:
        if item.criterion.id == criterion:
            assert item.state is item.findings[0].state
            return list(item.findings)
    return [finding for item, finding in result.stale if item.id == criterion]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (None, (None, False)),
        (ago(3), (ago(3), False)),
        (ago(0), (ago(0), False)),
        (ago(-1), (ago(0), False)),
        (ago(-2), (None, True)),
        (spanning(0, -300), (spanning(0, -300), False)),
        (spanning(-1, -300), (ago(0), False)),
        (spanning(-2, -300), (None, True)),
    ],
)
def test_tomorrow_counts_as_today_and_the_day_after_has_no_date(
    span: DateSpan | None, expected: tuple[DateSpan | None, bool]
) -> None:
    assert settled(span, DAY, 1) == expected


@pytest.mark.parametrize(
    ("span", "days", "min_days", "expected"),
    [
        (ago(30), 30, 0, True),
        (ago(31), 30, 0, False),
        (ago(0), 0, 0, True),
        (ago(1), 0, 0, False),
        (ago(-1), 0, 0, False),
        (spanning(2, -2), 0, 0, True),
        (ago(30), 90, 31, False),
        (ago(31), 90, 31, True),
        (spanning(31, 20), 90, 31, True),
        (spanning(100, 90), 90, 31, True),
        (spanning(100, 91), 90, 31, False),
    ],
)
def test_a_window_includes_both_its_ends(
    span: DateSpan, days: int, min_days: int, expected: bool
) -> None:
    assert is_within(span, DAY, days, min_days) is expected


def test_days_are_counted_from_the_last_day_that_a_date_may_mean() -> None:
    assert days_before(ago(5).last, DAY) == 5
    assert days_before(ago(-5).last, DAY) == -5
    assert least_age(spanning(40, 12), DAY) == 12
    assert least_age(ago(1), DAY) == 1
    assert least_age(ago(-3), DAY) == 0
    assert newest_first(None) > newest_first(ago(9000)) > newest_first(ago(2))
    assert today_span(DAY) == ago(0)


@pytest.mark.parametrize(
    ("birth", "years"),
    [
        (ago(0), 0),
        (DateSpan(date(1976, 6, 15), date(1976, 6, 15)), 50),
        (DateSpan(date(1976, 6, 16), date(1976, 6, 16)), 49),
        (DateSpan(date(1976, 7, 1), date(1976, 7, 1)), 49),
        (DateSpan(date(1976, 5, 31), date(1976, 5, 31)), 50),
        (DateSpan(date(1976, 1, 1), date(1976, 12, 31)), 49),
    ],
)
def test_an_age_is_that_of_the_latest_birthday_the_date_allows(birth: DateSpan, years: int) -> None:
    assert completed_years(birth, DAY) == years


def test_no_window_reaches_before_the_first_day_of_the_calendar() -> None:
    assert days_earlier(DAY, 15) == date(2026, 5, 31)
    assert days_earlier(date(1, 1, 3), 2) == date(1, 1, 1)
    assert days_earlier(date(1, 1, 3), 400) == date(1, 1, 1)
    assert days_earlier(DAY, 0) == DAY


def scale(
    compiled: CompiledGuideline,
    strength: Strength = Strength.STRONG,
    *,
    acute: bool = True,
    fading: bool = True,
    emergency: bool = False,
) -> Scale:
    rules = compiled.guideline.evidence
    return Scale(strength, acute, fading, emergency, DAY, rules)


def weighed(hit: ConditionHit, on: Scale, **how: bool) -> Seen | None:
    finding = weigh_condition(hit, on, value_set="v", days=30, **how)  # type: ignore[arg-type]  # built from a table of the test
    if finding is not None:
        assert finding.value_set == "v"
        assert finding.acute is on.acute
        assert finding.display == hit.entry.display
    return None if finding is None else seen(finding)


@pytest.mark.parametrize(
    ("hit", "expected"),
    [
        (condition("c", ago(30)), ("c", ago(30), P, Strength.STRONG, ())),
        (condition("c", recorded=ago(2)), ("c", ago(2), P, Strength.STRONG, ())),
        (condition("c", ago(3), recorded=ago(2)), ("c", ago(3), P, Strength.STRONG, ())),
        (condition("c", ago(-1)), ("c", ago(0), P, Strength.STRONG, ())),
        (
            condition("c", ago(-2)),
            ("c", None, S, Strength.MODERATE, ("future_date", "undated")),
        ),
        (condition("c"), ("c", None, S, Strength.MODERATE, ("undated",))),
        (
            condition("c", ago(3), status_recorded=False),
            ("c", ago(3), P, Strength.STRONG, ("status_not_recorded",)),
        ),
        (condition("c", spanning(20, 10)), ("c", spanning(20, 10), S, Strength.STRONG, ())),
        (condition("c", ago(3), verification="suspected"), ("c", ago(3), S, Strength.STRONG, ())),
        (condition("c", ago(3), via="text"), ("c", ago(3), S, Strength.STRONG, ())),
        (condition("c", ago(3), verification="refuted"), None),
        (condition("c", ago(31)), ("c", ago(31), P, Strength.MODERATE, ("fading",))),
        (condition("c", ago(90)), ("c", ago(90), P, Strength.MODERATE, ("fading",))),
        (condition("c", ago(91)), ("c", ago(91), T, None, ())),
        (
            condition("c", ago(91), status_recorded=False),
            ("c", ago(91), T, None, ("status_not_recorded",)),
        ),
        (
            condition("c", ago(60), verification="suspected"),
            ("c", ago(60), S, Strength.MODERATE, ("fading",)),
        ),
        (
            condition("c", ago(9), abated=ago(2), clinical="past"),
            ("c", ago(9), H, Strength.WEAK, ("resolved_recently",)),
        ),
        (
            condition("c", ago(90), abated=ago(30), clinical="past"),
            ("c", ago(90), H, Strength.WEAK, ("resolved_recently",)),
        ),
        (condition("c", ago(90), abated=ago(31), clinical="past"), None),
        (
            condition("c", ago(30), clinical="past", status_recorded=False),
            ("c", ago(30), H, Strength.WEAK, ("status_not_recorded", "resolved_recently")),
        ),
        (condition("c", ago(31), clinical="past"), None),
        (condition("c", clinical="past"), None),
        (condition("c", ago(3), seventh="sequela"), None),
        (condition("c", ago(3), seventh="subsequent"), ("c", ago(3), P, Strength.STRONG, ())),
        (condition("c", recorded=ago(3), seventh="subsequent"), None),
        (
            condition("c", recorded=ago(3), seventh="initial"),
            ("c", ago(3), P, Strength.STRONG, ()),
        ),
    ],
)
def test_what_an_entry_of_a_fading_group_makes_of_an_acute_finding(
    compiled: CompiledGuideline, hit: ConditionHit, expected: Seen | None
) -> None:
    assert weighed(hit, scale(compiled)) == expected


@pytest.mark.parametrize(
    ("hit", "expected"),
    [
        (condition("c"), ("c", None, P, Strength.STRONG, ("undated",))),
        (condition("c", via="text"), ("c", None, S, Strength.STRONG, ("undated",))),
        (condition("c", ago(31)), ("c", ago(31), T, None, ())),
        (condition("c", ago(3), abated=ago(1), clinical="past"), None),
        (condition("c", ago(3), seventh="sequela"), None),
    ],
)
def test_a_chronic_finding_neither_fades_nor_counts_once_resolved(
    compiled: CompiledGuideline, hit: ConditionHit, expected: Seen | None
) -> None:
    assert weighed(hit, scale(compiled, acute=False)) == expected


@pytest.mark.parametrize(
    ("hit", "expected"),
    [
        (condition("c", ago(9), clinical="past"), ("c", ago(9), H, Strength.STRONG, ())),
        (condition("c", ago(31), clinical="past"), ("c", ago(31), T, None, ())),
        (condition("c", ago(9), seventh="sequela"), ("c", ago(9), H, Strength.STRONG, ())),
        (condition("c", recorded=ago(9), seventh="sequela"), None),
        (condition("c", clinical="past"), ("c", None, H, Strength.MODERATE, ("undated",))),
    ],
)
def test_where_history_counts_a_past_entry_counts_as_history(
    compiled: CompiledGuideline, hit: ConditionHit, expected: Seen | None
) -> None:
    assert weighed(hit, scale(compiled), historical=True) == expected


def test_an_acute_finding_outside_its_window_does_not_fade_in_a_group_that_does_not(
    compiled: CompiledGuideline,
) -> None:
    hit = condition("c", ago(31))
    assert weighed(hit, scale(compiled, fading=False)) == ("c", ago(31), T, None, ())
    resolved = condition("c", ago(9), abated=ago(2), clinical="past")
    assert weighed(resolved, scale(compiled, fading=False)) is None


def test_an_entry_newer_than_the_criterion_asks_for_is_not_listed(
    compiled: CompiledGuideline,
) -> None:
    for days, state in ((30, None), (31, P), (90, P), (91, T)):
        finding = weigh_condition(
            condition("c", ago(days)),
            scale(compiled, fading=False),
            value_set="v",
            days=90,
            min_days=31,
        )
        assert (finding.state if finding else None) is state, days


@pytest.mark.parametrize(
    ("peer", "is_long"),
    [
        (condition("p", ago(31)), True),
        (condition("p", ago(30)), False),
        (condition("p", recorded=ago(31)), True),
        (condition("p", spanning(90, 30)), False),
        (condition("p"), False),
        (condition("p", ago(400), verification="refuted"), False),
        (condition("p", ago(400), clinical="past"), False),
        (condition("p", ago(400), seventh="subsequent"), False),
        (condition("p", ago(400), seventh="sequela"), False),
        (condition("p", ago(400), seventh="initial"), True),
    ],
)
def test_only_an_older_entry_still_active_makes_a_new_one_long_standing(
    compiled: CompiledGuideline, peer: ConditionHit, is_long: bool
) -> None:
    hit = condition("c", ago(3))
    for peers in ((hit, peer), (peer, hit), (condition("x", clinical="past"), peer)):
        finding = weigh_condition(hit, scale(compiled), value_set="v", days=30, peers=peers)
        assert finding is not None
        assert finding.notes == (("long_standing",) if is_long else ())
        assert finding.strength is (Strength.MODERATE if is_long else Strength.STRONG)


def test_a_finding_is_lowered_by_one_strength_at_most(compiled: CompiledGuideline) -> None:
    old = condition("p", ago(400))
    for hit, notes in (
        (condition("c"), ("undated", "long_standing")),
        (condition("c", ago(60)), ("fading", "long_standing")),
    ):
        finding = weigh_condition(hit, scale(compiled), value_set="v", days=30, peers=(hit, old))
        assert finding is not None
        assert (finding.strength, finding.notes) == (Strength.MODERATE, notes)


def test_every_strength_has_one_below_it_but_the_weakest() -> None:
    assert [lowered(strength) for strength in Strength] == [
        Strength.STRONG,
        Strength.MODERATE,
        Strength.WEAK,
        None,
    ]


@pytest.mark.parametrize(
    ("mine", "refuting", "outcome"),
    [
        (condition("c", recorded=ago(9)), {"recorded": ago(2)}, "refuted"),
        (condition("c", recorded=ago(2)), {"recorded": ago(9)}, "standing"),
        (condition("c", recorded=ago(2)), {"recorded": ago(2)}, "disputed"),
        (condition("c", recorded=ago(2)), {}, "disputed"),
        (condition("c"), {"recorded": ago(2)}, "disputed"),
        (condition("c", recorded=ago(9)), {"recorded": ago(2), "code": "A10.9"}, "refuted"),
        (condition("c", recorded=ago(9)), {"recorded": ago(2), "code": "A11.1"}, "standing"),
        (condition("c", recorded=ago(9)), {"recorded": ago(2), "via": "text"}, "disputed"),
        (condition("c", recorded=ago(9)), {"recorded": ago(2), "system": "snomed"}, "disputed"),
        (condition("c", recorded=ago(2)), {"recorded": ago(9), "system": "snomed"}, "standing"),
        (
            condition("c", recorded=ago(9), system="snomed", code="1234567"),
            {"recorded": ago(2), "system": "snomed", "code": "1239999"},
            "standing",
        ),
        (
            condition("c", recorded=ago(9), system="icd10", code="A10"),
            {"recorded": ago(2), "system": "icd10", "code": "A10.4"},
            "refuted",
        ),
    ],
)
def test_a_refutation_wins_only_when_newer_and_of_the_same_thing(
    compiled: CompiledGuideline, mine: ConditionHit, refuting: dict[str, object], outcome: str
) -> None:
    other = condition("r", verification="refuted", **refuting)  # type: ignore[arg-type]  # built from a table of the test
    unrelated = condition("u", recorded=ago(1), verification="refuted", code="Z99")
    entries = settle_conflicts((other, mine))
    if mine.system == other.system == unrelated.system:
        assert settle_conflicts((unrelated, mine, other)) == entries
    if outcome == "refuted":
        assert entries.hits == ()
        return
    assert entries.hits == (mine,)
    finding = weigh_condition(
        mine, scale(compiled, acute=False), value_set="v", days=30, peers=entries.hits
    )
    assert finding is not None
    for is_emergency, state in ((True, P), (False, S)):
        on = scale(compiled, emergency=is_emergency)
        shown = with_conflict(finding, mine, entries, on)
        if outcome == "standing":
            assert shown is finding
        else:
            assert (shown.state, shown.strength, shown.conflict) == (state, Strength.STRONG, True)
            assert shown.notes == (*finding.notes, "conflict")


def test_without_a_refuted_entry_nothing_is_disputed() -> None:
    hits = (condition("a", ago(3)), condition("b", clinical="past"))
    entries = settle_conflicts(hits)
    assert entries.hits == hits
    assert entries.disputed == frozenset()


def test_a_stale_finding_is_never_in_conflict(compiled: CompiledGuideline) -> None:
    mine = condition("c", ago(4000))
    entries = settle_conflicts((mine, condition("r", verification="refuted")))
    finding = weigh_condition(mine, scale(compiled), value_set="v", days=30)
    assert finding is not None
    assert with_conflict(finding, mine, entries, scale(compiled)) is finding


_PVR, _CRP, _CD4 = "obs-pvr", "obs-crp", "obs-cd4"


@pytest.mark.parametrize(
    ("value_set", "criterion", "hits", "expected"),
    [
        (_PVR, "ces-urinary-retention", [observation("a", ago(7), 201)], [("a", P, ())]),
        (_PVR, "ces-urinary-retention", [observation("a", ago(7), 200)], []),
        (_PVR, "ces-urinary-retention", [observation("a", ago(8), 300)], []),
        (
            _PVR,
            "ces-urinary-retention",
            [observation("a", ago(7), 200, comparator=">")],
            [("a", P, ())],
        ),
        (_PVR, "ces-urinary-retention", [observation("a", ago(7), 200, comparator=">=")], []),
        (_PVR, "ces-urinary-retention", [observation("a", ago(7), 300, comparator="<")], []),
        (_PVR, "ces-urinary-retention", [observation("a", ago(7), 300, comparator="<=")], []),
        (
            _PVR,
            "ces-urinary-retention",
            [observation("a", ago(6), 250), observation("b", ago(5), 400), observation("c", ago(1), 90)],
            [("b", P, ())],
        ),
        (
            _PVR,
            "ces-urinary-retention",
            [observation("a", ago(6), 250), observation("b", ago(5), 220)],
            [("a", P, ())],
        ),
        (
            _PVR,
            "ces-urinary-retention",
            [observation("a", ago(6), 250, inferred_unit=True)],
            [("a", P, ("unit_inferred",))],
        ),
        (_PVR, "ces-urinary-retention", [observation("a", ago(6), 250, via="text")], [("a", S, ())]),
        (_PVR, "ces-urinary-retention", [observation("a", spanning(6, 4), 250)], [("a", S, ())]),
        (_PVR, "ces-urinary-retention", [observation("a", None, 250)], [("a", S, ("undated",))]),
        (
            _PVR,
            "ces-urinary-retention",
            [observation("a", None, 250), observation("b", None, 260)],
            [("a", S, ("undated",))],
        ),
        (_PVR, "ces-urinary-retention", [observation("a", None, 20), observation("b")], []),
        (_PVR, "ces-urinary-retention", [observation("a", None, 250), observation("b", ago(1), 20)], []),
        (_CRP, "inflammatory-markers-raised", [observation("a", ago(30), 10)], [("a", P, ())]),
        (_CRP, "inflammatory-markers-raised", [observation("a", ago(30), 9.9)], []),
        (_CRP, "inflammatory-markers-raised", [observation("a", ago(3), 10, comparator="<")], []),
        (
            _CRP,
            "inflammatory-markers-raised",
            [observation("a", ago(3), 10, comparator=">=")],
            [("a", P, ())],
        ),
        (
            _CRP,
            "inflammatory-markers-raised",
            [observation("a", ago(9), 90), observation("b", ago(6), 80), observation("c", ago(2), 5)],
            [("b", T, ("newer_value_normal",))],
        ),
        (
            _CRP,
            "inflammatory-markers-raised",
            [observation("c", ago(2), 50), observation("d", ago(2), 70), observation("a", ago(9), 90)],
            [("d", P, ())],
        ),
        (_CD4, "immunosuppression-major", [observation("a", ago(365), 199)], [("a", P, ())]),
        (_CD4, "immunosuppression-major", [observation("a", ago(366), 199)], []),
        (_CD4, "immunosuppression-major", [observation("a", ago(9), 200)], []),
        (
            _CD4,
            "immunosuppression-major",
            [observation("a", ago(9), 200, comparator="<")],
            [("a", P, ())],
        ),
        (_CD4, "immunosuppression-major", [observation("a", ago(9), 200, comparator="<=")], []),
        (_CD4, "immunosuppression-major", [observation("a", ago(9), 20, comparator=">")], []),
        (_CD4, "immunosuppression-major", [observation("a", ago(9), 20, comparator=">=")], []),
        (
            _CD4,
            "immunosuppression-major",
            [observation("a", ago(9), 150), observation("b", ago(9), 90)],
            [("b", P, ())],
        ),
        ("obs-tscore", "osteoporosis", [observation("a", ago(9), -2.5)], [("a", P, ())]),
        ("obs-tscore", "osteoporosis", [observation("a", ago(9), -2.4)], []),
        ("obs-tscore", "osteoporosis", [observation("a", ago(9), -3, comparator=">=")], []),
        ("obs-tscore", "osteoporosis", [observation("a", ago(9), -3, comparator="<")], [("a", P, ())]),
        (
            "obs-mrc",
            "motor-power-3-or-less",
            [observation("a", ago(9), 3), observation("b", ago(9), 0), observation("c", ago(2), 5)],
            [("b", P, ())],
        ),
    ],
)  # fmt: skip
def test_a_measured_value_against_its_threshold(
    compiled: CompiledGuideline,
    value_set: str,
    criterion: str,
    hits: list[object],
    expected: list[tuple[str, State, tuple[str, ...]]],
) -> None:
    of = chart(compiled.rules, observations={value_set: hits})  # type: ignore[dict-item]  # built from a table of the test
    shown = findings(of, criterion)
    assert [(seen(item)[0], item.state, item.notes) for item in shown] == expected
    for item in shown:
        assert item.value.endswith(" u")
        assert item.value_set == value_set


@pytest.mark.parametrize("name", ["urinary-retention", "urinary-symptom-vague"])
@pytest.mark.parametrize(
    ("known", "strength"),
    [
        (condition("c", ago(90)), Strength.MODERATE),
        (condition("c", ago(89)), Strength.STRONG),
        (condition("c", recorded=ago(90)), Strength.MODERATE),
        (condition("c"), Strength.STRONG),
        (condition("c", ago(400), clinical="past"), Strength.STRONG),
    ],
)
def test_a_residue_counts_less_when_the_bladder_has_been_trouble_for_three_months(
    compiled: CompiledGuideline, name: str, known: ConditionHit, strength: Strength
) -> None:
    of = chart(
        compiled.rules,
        observations={_PVR: [observation("a", ago(2), 400)]},
        conditions={name: [known]},
    )
    shown = [item for item in findings(of, "ces-urinary-retention") if item.value]
    assert [item.strength for item in shown] == [strength]
    assert ("long_standing" in shown[0].notes) is (strength is Strength.MODERATE)


_YES, _NO = "positive", "negative"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([(_YES, ago(30), "1")], [(ago(30), P, Strength.STRONG, ())]),
        ([(_YES, ago(31), "1")], []),
        ([(_NO, ago(3), "1")], []),
        (
            [(_YES, ago(9), "1"), (_NO, ago(3), "1")],
            [(ago(9), H, Strength.WEAK, ("resolved_recently",))],
        ),
        ([(_NO, ago(9), "1"), (_YES, ago(3), "1")], [(ago(3), P, Strength.STRONG, ())]),
        ([(_YES, ago(3), "1"), (_NO, ago(9), "1")], [(ago(3), P, Strength.STRONG, ())]),
        ([(_YES, ago(9), "1"), (_NO, ago(3), "2")], [(ago(9), P, Strength.STRONG, ())]),
        ([(_YES, ago(3), "1"), (_NO, ago(3), "1")], [(ago(3), P, Strength.STRONG, ())]),
        ([(_NO, ago(3), "1"), (_YES, ago(3), "1")], [(ago(3), P, Strength.STRONG, ())]),
        ([(_YES, ago(9), "1"), ("unknown", ago(3), "1")], [(ago(9), P, Strength.STRONG, ())]),
        ([(_YES, None, "1")], [(None, S, Strength.MODERATE, ("undated",))]),
        (
            [(_YES, None, "1"), (_NO, ago(3), "1")],
            [(None, H, Strength.WEAK, ("resolved_recently",))],
        ),
        (
            [(_YES, spanning(9, 3), "1")],
            [(spanning(9, 3), S, Strength.STRONG, ())],
        ),
    ],
)
def test_a_positive_answer_and_what_a_newer_negative_one_leaves_of_it(
    compiled: CompiledGuideline,
    answers: list[tuple[str, DateSpan | None, str]],
    expected: list[tuple[DateSpan | None, State, Strength, tuple[str, ...]]],
) -> None:
    hits = [
        observation(str(i), when, polarity=polarity, code=code)  # type: ignore[arg-type]  # built from a table of the test
        for i, (polarity, when, code) in enumerate(answers)
    ]
    of = chart(compiled.rules, observations={"reduced-anal-tone": hits})
    shown = findings(of, "ces-reduced-anal-tone")
    assert [seen(item)[1:] for item in shown] == expected
    assert all(item.acute for item in shown)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([(_YES, ago(9), "code")], [(P, Strength.MODERATE, ())]),
        ([(_YES, None, "code")], [(P, Strength.MODERATE, ("undated",))]),
        ([(_YES, None, "text")], [(S, Strength.MODERATE, ("undated",))]),
        ([(_YES, ago(9), "text")], [(S, Strength.MODERATE, ())]),
        ([(_YES, ago(9), "code"), (_NO, ago(3), "code")], [(T, None, ("newer_value_normal",))]),
    ],
)
def test_an_answer_that_does_not_age_needs_no_date(
    compiled: CompiledGuideline,
    answers: list[tuple[str, DateSpan | None, str]],
    expected: list[tuple[State, Strength | None, tuple[str, ...]]],
) -> None:
    hits = [
        observation(str(i), when, polarity=polarity, via=via)  # type: ignore[arg-type]  # built from a table of the test
        for i, (polarity, when, via) in enumerate(answers)
    ]
    of = chart(compiled.rules, observations={"obs-hlab27": hits})
    shown = findings(of, "hla-b27-positive")
    assert [(item.state, item.strength, item.notes) for item in shown] == expected
    assert not any(item.acute for item in shown)


_UNKNOWN_LENGTH = Gap("medications", "unreadable", "course_length_unknown")


@pytest.mark.parametrize(
    ("course", "state", "is_gap"),
    [
        (exposure("m", ago(400), ago(90).last), P, False),
        (exposure("m", ago(400), ago(91).last), None, False),
        (exposure("m", ago(400), ongoing=True), P, False),
        (exposure("m", ago(90)), P, False),
        (exposure("m", ago(91)), None, True),
        (exposure("m", ago(180)), None, True),
        (exposure("m", ago(181)), None, False),
        (exposure("m"), S, False),
        (exposure("m", ago(9), via="text"), S, False),
        (exposure("m", ago(-1)), P, False),
        (exposure("m", ago(-2)), None, False),
    ],
)
def test_a_drug_taken_in_the_window(
    compiled: CompiledGuideline, course: object, state: State | None, is_gap: bool
) -> None:
    of = chart(compiled.rules, exposures={"immunosuppressant-drug": [course]})  # type: ignore[list-item]  # built from a table of the test
    result = evaluate_criteria(of, order())
    shown = findings(of, "immunosuppression-drug")
    assert [item.state for item in shown] == ([] if state is None else [state])
    assert (result.gaps == (_UNKNOWN_LENGTH,)) is is_gap
    for item in shown:
        assert item.value_set == "immunosuppressant-drug"
        assert item.strength is Strength.MODERATE
        assert item.notes == (("undated",) if item.when is None else ())


@pytest.mark.parametrize(
    ("courses", "shown"),
    [
        ([(89, 0)], ["0"]),
        ([(88, 0)], []),
        ([(400, 276)], ["0"]),
        ([(400, 277)], []),
        ([(200, 156), (155, 111)], ["0", "1"]),
        ([(200, 156), (155, 112)], []),
        ([(200, 150), (160, 111)], ["0", "1"]),
        ([(200, 150), (160, 112)], []),
        ([(200, 111), (180, 170)], ["0", "1"]),
        ([(180, 170), (200, 112)], []),
        ([(500, 366), (89, 0)], ["1"]),
        ([(500, 365), (88, 0)], ["0", "1"]),
        ([(89, -30)], ["0"]),
        ([(88, -30)], []),
    ],
)
def test_days_of_steroid_are_counted_once_each_and_only_in_the_window(
    compiled: CompiledGuideline, courses: list[tuple[int, int]], shown: list[str]
) -> None:
    hits = [exposure(str(i), ago(start), ago(end).last) for i, (start, end) in enumerate(courses)]
    of = chart(compiled.rules, exposures={"systemic-steroid": hits})
    assert sorted(seen(item)[0] for item in findings(of, "steroid-prolonged")) == shown
    assert evaluate_criteria(of, order()).gaps == ()


@pytest.mark.parametrize(
    ("hit", "expected"),
    [
        (procedure("p", ago(90)), ("p", ago(90), P, Strength.WEAK, ())),
        (procedure("p", ago(91)), ("p", ago(91), T, None, ())),
        (procedure("p", ago(9), via="text"), ("p", ago(9), S, Strength.WEAK, ())),
        (procedure("p", spanning(9, 3)), ("p", spanning(9, 3), S, Strength.WEAK, ())),
        (procedure("p"), ("p", None, S, None, ("undated",))),
        (procedure("p", ago(-2)), ("p", None, S, None, ("future_date", "undated"))),
        (procedure("p", ago(-1)), ("p", ago(0), P, Strength.WEAK, ())),
    ],
)
def test_a_spinal_procedure_in_the_window(
    compiled: CompiledGuideline, hit: object, expected: Seen
) -> None:
    of = chart(compiled.rules, procedures={"spinal-procedure": [hit]})  # type: ignore[list-item]  # built from a table of the test
    assert found(of, "recent-spinal-procedure") == [expected]
    assert all(item.acute for item in findings(of, "recent-spinal-procedure"))


@pytest.mark.parametrize(
    ("kind", "when", "strength"),
    [
        ("condition", ago(365), Strength.WEAK),
        ("condition", ago(366), Strength.MODERATE),
        ("condition", None, Strength.WEAK),
        ("procedure", ago(365), Strength.WEAK),
        ("procedure", ago(366), Strength.MODERATE),
        ("procedure", None, Strength.WEAK),
        ("exposure", ago(365), Strength.WEAK),
        ("exposure", ago(366), Strength.MODERATE),
        ("exposure", None, Strength.WEAK),
    ],
)
def test_weight_loss_that_was_wanted_counts_less(
    compiled: CompiledGuideline, kind: str, when: DateSpan | None, strength: Strength
) -> None:
    wanted = "weight-loss-intended"
    of = chart(
        compiled.rules,
        conditions={
            "weight-loss": [condition("w", ago(20))],
            wanted: [condition("d", when)] if kind == "condition" else [],
        },
        procedures={wanted: [procedure("d", when)] if kind == "procedure" else []},
        exposures={wanted: [exposure("d", when)] if kind == "exposure" else []},
    )
    notes = ("explained",) if strength is Strength.WEAK else ()
    assert found(of, "weight-loss-unexplained") == [("w", ago(20), P, strength, notes)]


def test_the_same_resource_is_shown_once_and_two_reasons_of_the_order_both(
    compiled: CompiledGuideline,
) -> None:
    reasons = [
        Reason("code", words, {"fever-condition": "code"})
        for words in ("Fever", "FEVER", "Pyrexia")
    ]
    shown = findings(chart(compiled.rules), "fever", order(*reasons, authored=ago(2)))
    assert [(item.display, item.when) for item in shown] == [
        ("Fever", ago(2)),
        ("Pyrexia", ago(2)),
    ]
    undated = findings(chart(compiled.rules), "fever", order(*reasons))
    assert [item.when for item in undated] == [ago(0), ago(0)]


def test_two_words_for_one_record_entry_are_one_finding(compiled: CompiledGuideline) -> None:
    hits = [condition("c", ago(5)), condition("c", ago(9)), condition("e", ago(7))]
    of = chart(compiled.rules, conditions={"fever-condition": hits})
    assert [item[:2] for item in found(of, "fever")] == [("c", ago(5)), ("e", ago(7))]


@pytest.mark.parametrize("authored", [None, ago(4)])
def test_an_undated_entry_that_is_the_reason_is_dated_by_the_order(
    compiled: CompiledGuideline, authored: DateSpan | None
) -> None:
    reason = Reason("reference", "r", {}, reference="Condition/c")
    of = chart(compiled.rules, conditions={"foot-drop": [condition("c")]})
    when = authored or ago(0)
    assert ("c", when, P, Strength.STRONG, ()) in found(
        of, "foot-drop", order(reason, authored=authored)
    )
