"""What is found for a criterion, entry by entry."""

from __future__ import annotations

from typing import Literal

import pytest

from cds_service.advice import CompiledGuideline
from cds_service.assessment.criteria import evaluate_criteria
from cds_service.assessment.model import State
from cds_service.evidence.model import ConditionHit, DateSpan, Gap, Reason
from cds_service.evidence.text.model import Statement
from cds_service.knowledge.model import Strength
from tests.assessment.charts import (
    H,
    P,
    S,
    Seen,
    T,
    ago,
    chart,
    condition,
    exposure,
    findings,
    found,
    observation,
    order,
    procedure,
    seen,
    spanning,
)

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
        (condition("c", ago(91)), Strength.MODERATE),
        (condition("c", ago(90)), Strength.STRONG),
        (condition("c", recorded=ago(91)), Strength.MODERATE),
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
    assert ("explained" in shown[0].notes) is (strength is Strength.MODERATE)


def test_a_retention_of_today_is_lowered_by_no_older_one_whatever_was_measured(
    compiled: CompiledGuideline,
) -> None:
    of = chart(
        compiled.rules,
        observations={_PVR: [observation("a", ago(2), 400)]},
        conditions={"urinary-retention": [condition("old", ago(400)), condition("new", ago(1))]},
    )
    assert {item.strength for item in findings(of, "ces-urinary-retention")} == {Strength.STRONG}


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
        ("condition", None, Strength.MODERATE),
        ("procedure", ago(365), Strength.WEAK),
        ("procedure", ago(366), Strength.MODERATE),
        ("procedure", None, Strength.MODERATE),
        ("exposure", ago(365), Strength.WEAK),
        ("exposure", ago(366), Strength.MODERATE),
        ("exposure", None, Strength.MODERATE),
        ("exposure", ago(21), Strength.WEAK),
        ("exposure", ago(20), Strength.MODERATE),
        ("exposure", ago(10), Strength.MODERATE),
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


@pytest.mark.parametrize(
    ("hits", "shown"),
    [
        ([], [("o1", P, ())]),
        ([condition("c", ago(1500))], [("o1", P, ("long_standing",))]),
        ([condition("c", ago(9))], [("c", P, ())]),
        ([condition("c")], [("o1", P, ()), ("c", S, ("undated",))]),
        ([condition("c", ago(9), via="text")], [("o1", P, ()), ("c", S, ())]),
        ([condition("c", ago(9), clinical="past")], [("o1", P, ()), ("c", H, ("resolved_recently",))]),
        (
            [condition("c", ago(9)), condition("d", ago(1500))],
            [("c", P, ("long_standing",))],
        ),
    ],
)  # fmt: skip
def test_what_the_order_says_today_counts_whatever_older_entry_stands_beside_it(
    compiled: CompiledGuideline,
    hits: list[ConditionHit],
    shown: list[tuple[str, State, tuple[str, ...]]],
) -> None:
    reason = Reason("code", "Foot drop", {"foot-drop": "code"})
    of = chart(compiled.rules, conditions={"foot-drop": hits})
    out = findings(of, "foot-drop", order(reason))
    assert [(item.reference.partition("/")[2], item.state, item.notes) for item in out] == shown
    assert out[0].strength is Strength.STRONG


@pytest.mark.parametrize(
    ("tempo", "state", "is_found"),
    [
        ("", "stated", False),
        ("progressive", "stated", False),
        ("new", "stated", True),
        ("rapid", "stated", True),
        ("", "asked", True),
    ],
)
def test_an_entry_of_years_ago_that_the_order_points_to_is_of_today_only_when_the_order_says_so(
    compiled: CompiledGuideline,
    tempo: Literal["", "progressive", "new", "rapid"],
    state: Literal["stated", "asked"],
    is_found: bool,
) -> None:
    reason = Reason(
        "reference",
        "Foot drop",
        {"foot-drop": "text"},
        reference="Condition/c",
        statements=(Statement("foot-drop", state, 0, 9, "Foot drop", tempo),),
    )
    of = chart(compiled.rules, conditions={"foot-drop": [condition("c", ago(1500))]})
    states = [item.state for item in findings(of, "foot-drop", order(reason))]
    assert (S in states) is is_found
