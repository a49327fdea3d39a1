"""What one entry of the problem list counts for: current, fading, past, disputed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.advice import CompiledGuideline
from cds_service.assessment.weighing import (
    Scale,
    active_since,
    lowered,
    settle_conflicts,
    weigh_condition,
    with_conflict,
)
from cds_service.evidence.model import ConditionHit
from cds_service.knowledge.model import Strength
from tests.assessment.charts import DAY, H, P, S, Seen, T, ago, condition, seen, spanning


def scale(
    compiled: CompiledGuideline,
    strength: Strength = Strength.STRONG,
    *,
    acute: bool = True,
    fading: bool = True,
    emergency: bool = False,
) -> Scale:
    rules = compiled.guideline.evidence
    return Scale(
        strength, acute, fading, event=False, emergency_group=emergency, as_of=DAY, rules=rules
    )


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
def test_an_older_entry_still_active_is_told_beside_a_new_one_and_lowers_nothing(
    compiled: CompiledGuideline, peer: ConditionHit, is_long: bool
) -> None:
    hit = condition("c", ago(3))
    for peers in ((hit, peer), (peer, hit), (condition("x", clinical="past"), peer)):
        finding = weigh_condition(
            hit, scale(compiled), value_set="v", days=30, peers=active_since(peers)
        )
        assert finding is not None
        assert finding.notes == (("long_standing",) if is_long else ())
        assert finding.strength is Strength.STRONG


def test_a_finding_is_lowered_by_one_strength_at_most(compiled: CompiledGuideline) -> None:
    old = condition("p", ago(400))
    for hit, notes in (
        (condition("c"), ("undated", "long_standing")),
        (condition("c", ago(60)), ("fading", "long_standing")),
    ):
        finding = weigh_condition(
            hit, scale(compiled), value_set="v", days=30, peers=active_since((hit, old))
        )
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
        mine, scale(compiled, acute=False), value_set="v", days=30, peers=entries.active_since
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


DAYS = st.sampled_from([None, ago(2), ago(5), ago(9)])
ENTRIES = st.builds(
    lambda recorded, via, system, code, verification: condition(
        "c", recorded=recorded, via=via, system=system, code=code, verification=verification
    ),
    DAYS,
    st.sampled_from(["code", "text"]),
    st.sampled_from(["icd10cm", "snomed", "icd9cm"]),
    st.sampled_from(["A10.1", "A10.9", "A11.1"]),
    st.sampled_from(["confirmed", "suspected", "refuted"]),
)


@given(st.lists(ENTRIES, max_size=8))
def test_many_refutations_do_what_the_strictest_of_them_does_alone(
    hits: list[ConditionHit],
) -> None:
    refuted = [hit for hit in hits if hit.entry.verification == "refuted"]
    together = settle_conflicts(hits)
    for hit in hits:
        if hit.entry.verification == "refuted":
            assert all(kept is not hit for kept in together.hits)
            continue
        alone = [settle_conflicts((hit, other)) for other in refuted]
        stands = all(settled.hits for settled in alone)
        assert any(kept is hit for kept in together.hits) is stands
        disputed = any(settled.disputed for settled in alone)
        assert (id(hit.entry) in together.disputed) is (stands and disputed)


@given(st.lists(ENTRIES, max_size=8), st.integers(0, 10))
def test_an_entry_is_long_standing_by_any_older_one_but_itself(
    hits: list[ConditionHit], days: int
) -> None:
    for hit in hits:
        older = any(
            other.entry is not hit.entry
            and other.entry.verification != "refuted"
            and other.entry.recorded is not None
            and (DAY - other.entry.recorded.last).days > days
            for other in hits
        )
        oldest = active_since(hits)
        assert older is any(
            (DAY - day).days > days for day, entry in oldest if entry is not hit.entry
        )
