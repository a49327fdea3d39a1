"""B: feedback, every dialect that a client is known to send."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cds_hooks.feedback import (
    MAX_ENTRIES,
    FeedbackBatch,
    FeedbackEntry,
    OverrideReason,
    parse_feedback,
)
from cds_service.errors import HookRequestError

CARD = "0b6a2b52-6f9b-5d5e-9a3f-0d3a1f6f2d10"
SUGGESTION = "7f4d0a7c-5f3b-5c59-8f55-0f6d5d1f7a01"
WHEN = "2026-06-15T09:30:00Z"


def _batch(*entries: Any) -> FeedbackBatch:
    return parse_feedback(msgspec.json.encode({"feedback": list(entries)}))


def _accepted(**changes: Any) -> dict[str, Any]:
    entry = {
        "card": CARD,
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": SUGGESTION}],
        "outcomeTimestamp": WHEN,
    }
    return {key: value for key, value in (entry | changes).items() if value != "left out"}


def _overridden(**changes: Any) -> dict[str, Any]:
    return {
        "card": CARD,
        "outcome": "overridden",
        "outcomeTimestamp": WHEN,
    } | changes


def _one(entry: Any) -> FeedbackEntry:
    batch = _batch(entry)
    assert batch.problems == ()
    return batch.entries[0]


def test_b_2_an_accepted_suggestion_is_read() -> None:
    entry = _one(_accepted())
    assert entry == FeedbackEntry(
        index=0,
        card=CARD,
        outcome="accepted",
        accepted_suggestions=(SUGGESTION,),
        reason=None,
        user_comment="",
        outcome_at=datetime(2026, 6, 15, 9, 30, tzinfo=UTC),
    )


def test_b_2_an_override_with_coded_reason_and_comment_is_read() -> None:
    reason = {"code": "reason-in-notes", "system": "http://example.org/o", "display": "In notes"}
    entry = _one(
        _overridden(overrideReason={"reason": reason, "userComment": " seen\nby neurosurgery "})
    )
    assert entry.outcome == "overridden"
    assert entry.reason == OverrideReason("reason-in-notes", "http://example.org/o", "In notes")
    assert entry.user_comment == "seen by neurosurgery"


def test_b_2_a_plain_dismissal_has_no_reason() -> None:
    entry = _one(_overridden())
    assert entry.reason is None
    assert entry.user_comment == ""


def test_b_2_a_comment_without_a_code_is_enough() -> None:
    entry = _one(_overridden(overrideReason={"userComment": "discussed with the patient"}))
    assert entry.reason is None
    assert entry.user_comment == "discussed with the patient"


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        pytest.param(
            {"overrideReason": {"reason": {"code": "already-done"}}},
            OverrideReason("already-done", None, ""),
            id="the sandbox leaves the system out",
        ),
        pytest.param(
            {"overrideReason": {"code": "already-done", "system": "http://example.org/o"}},
            OverrideReason("already-done", "http://example.org/o", ""),
            id="drafts of 1.1 have the coding flat",
        ),
        pytest.param(
            {"overrideReasons": {"reason": {"code": "3", "system": "urn:oid:1.2.3"}}},
            OverrideReason("3", "urn:oid:1.2.3", ""),
            id="Epic uses the plural key",
        ),
        pytest.param(
            {"overrideReasons": [{"reason": {"code": 3}}, {"reason": {"code": "4"}}]},
            OverrideReason("3", None, ""),
            id="a list gives its first reason, a number is a code too",
        ),
        pytest.param(
            {
                "overrideReasons": {
                    "extension": {
                        "com.epic.cdshooks.feedback.overrideReason.reasonCategory": "12",
                        "com.epic.cdshooks.feedback.overrideReason.reasonDisplay": "Benefit",
                        "com.epic.cdshooks.feedback.overrideReason.reasonTitle": "B",
                    }
                }
            },
            OverrideReason("12", None, "Benefit"),
            id="Epic may give the reason by extension alone",
        ),
        pytest.param(
            {
                "overrideReasons": {
                    "reason": {
                        "extension": {
                            "com.epic.cdshooks.feedback.overrideReason.reasonTitle": "Other"
                        }
                    }
                }
            },
            OverrideReason("", None, "Other"),
            id="the extension may stand inside reason",
        ),
        pytest.param(
            {"overrideReason": {"reason": {"coding": [{"code": "a", "display": "A"}]}}},
            OverrideReason("a", None, "A"),
            id="a CodeableConcept is unpacked",
        ),
        pytest.param(
            {"overrideReason": None, "overrideReasons": {"reason": {"code": "b"}}},
            OverrideReason("b", None, ""),
            id="null beside the plural key",
        ),
        pytest.param({"overrideReason": {}}, None, id="empty object"),
        pytest.param({"overrideReason": {"reason": {"code": True}}}, None, id="code of no use"),
        pytest.param({"overrideReason": {"reason": {"code": []}}}, None, id="code is a list"),
    ],
)
def test_b_4_b_5_the_reason_is_found_in_every_dialect(
    override: dict[str, Any], expected: OverrideReason | None
) -> None:
    assert _one(_overridden(**override)).reason == expected


def test_b_4_a_card_id_that_is_no_uuid_is_kept() -> None:
    assert _one(_accepted(card="card-1")).card == "card-1"


@pytest.mark.parametrize("spelling", [CARD.upper(), f"urn:uuid:{CARD}", f" {CARD} "])
def test_b_2_a_uuid_in_another_spelling_is_the_same_card(spelling: str) -> None:
    assert _one(_accepted(card=spelling)).card == CARD


def test_b_2_several_accepted_suggestions_are_read_once_each() -> None:
    suggestions = [{"id": "a"}, {"id": "b"}, {"id": "a"}, {"uuid": "c"}, "d"]
    entry = _one(_accepted(acceptedSuggestions=suggestions))
    assert entry.accepted_suggestions == ("a", "b", "c", "d")


def test_b_3_a_missing_time_does_not_cost_the_entry() -> None:
    assert _one(_accepted(outcomeTimestamp="left out")).outcome_at is None


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-06-15T09:30:00.650Z", 9),
        ("2026-06-15T09:30:00+02:00", 7),
        ("2026-06-15T09:30:00", 9),
        ("2026-06-15 09:30:00Z", 9),
    ],
)
def test_b_2_times_are_read_as_utc(written: str, hour: int) -> None:
    when = _one(_accepted(outcomeTimestamp=written)).outcome_at
    assert when is not None
    assert (when.hour, when.utcoffset()) == (hour, UTC.utcoffset(None))


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        pytest.param(_accepted(outcome="ignored"), "feedback[0].outcome", id="unknown outcome"),
        pytest.param(_accepted(outcome="left out"), "feedback[0].outcome", id="no outcome"),
        pytest.param(_accepted(outcome=["accepted"]), "feedback[0].outcome", id="outcome list"),
        pytest.param(_accepted(card="left out"), "feedback[0].card", id="no card"),
        pytest.param(_accepted(card=""), "feedback[0].card", id="empty card"),
        pytest.param(_accepted(card={"id": "x"}), "feedback[0].card", id="card is an object"),
        pytest.param(_accepted(card="x" * 201), "feedback[0].card", id="endless card"),
        pytest.param(
            _accepted(acceptedSuggestions="left out"),
            "feedback[0].acceptedSuggestions",
            id="accepted nothing",
        ),
        pytest.param(
            _accepted(acceptedSuggestions=[]), "feedback[0].acceptedSuggestions", id="empty list"
        ),
        pytest.param(
            _accepted(acceptedSuggestions=7), "feedback[0].acceptedSuggestions", id="a number"
        ),
        pytest.param(
            _accepted(acceptedSuggestions=[{"id": "a"}, {}]),
            "feedback[0].acceptedSuggestions[1].id",
            id="suggestion without id",
        ),
        pytest.param(
            _accepted(acceptedSuggestions=[{"id": str(n)} for n in range(51)]),
            "feedback[0].acceptedSuggestions",
            id="too many suggestions",
        ),
        pytest.param(
            _accepted(outcomeTimestamp="yesterday"), "feedback[0].outcomeTimestamp", id="no time"
        ),
        pytest.param(
            _accepted(outcomeTimestamp=1781515800), "feedback[0].outcomeTimestamp", id="epoch"
        ),
        pytest.param(
            _accepted(outcomeTimestamp="0001-01-01T00:00:00+14:00"),
            "feedback[0].outcomeTimestamp",
            id="before all time",
        ),
        pytest.param(
            _overridden(overrideReason=3), "feedback[0].overrideReason", id="reason is a number"
        ),
        pytest.param("accepted", "feedback[0]", id="entry is a text"),
        pytest.param(None, "feedback[0]", id="entry is null"),
        pytest.param([], "feedback[0]", id="entry is a list"),
    ],
)
def test_b_6_a_bad_entry_is_reported_with_its_place(entry: Any, place: str) -> None:
    batch = _batch(entry)
    assert batch.entries == ()
    assert [problem.expression for problem in batch.problems] == [place]
    assert batch.problems[0].expected.startswith("expected")


def test_b_6_a_bad_entry_does_not_cost_the_good_ones() -> None:
    batch = _batch(_accepted(), {"card": CARD, "outcome": "ignored"}, _overridden())
    assert [entry.index for entry in batch.entries] == [0, 2]
    assert [problem.index for problem in batch.problems] == [1]


def test_b_6_a_problem_echoes_nothing_of_the_entry() -> None:
    batch = _batch(_accepted(outcome="Jane Doe, born 1950"))
    assert "Jane" not in str(batch.problems)


def test_b_3_duplicates_and_later_outcomes_of_a_card_all_come_through() -> None:
    batch = _batch(_accepted(), _accepted(), _overridden(outcomeTimestamp="2026-06-15T10:00:00Z"))
    assert len(batch.entries) == 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"feedback"',
        b"{}",
        b'{"feedback": null}',
        b'{"feedback": {}}',
        b'{"feedback": []}',
        b'{"feedback": "accepted"}',
        b'{"feedback": [NaN]}',
        b'{"feedback": [' + b"9" * 6000 + b"]}",
        b'{"feedback": ["\xff"]}',
        b"[" * 100_000,
        b'{"feedback":' * 50_000,
    ],
)
def test_b_6_a_body_that_is_no_feedback_is_a_400(body: bytes) -> None:
    with pytest.raises(HookRequestError) as caught:
        parse_feedback(body)
    assert caught.value.status == 400


def test_b_3_a_batch_without_end_is_refused_as_too_large() -> None:
    with pytest.raises(HookRequestError) as caught:
        _batch(*[_accepted()] * (MAX_ENTRIES + 1))
    assert caught.value.status == 413


def test_b_3_the_largest_batch_is_read() -> None:
    assert len(_batch(*[_accepted()] * MAX_ENTRIES).entries) == MAX_ENTRIES


def test_b_2_long_and_odd_texts_are_cut_and_cleaned() -> None:
    entry = _one(_overridden(overrideReason={"userComment": "a\x00b" + "c" * 5000}))
    assert entry.user_comment.startswith("a b")
    assert len(entry.user_comment) == 1000


ENTRY_KEYS = (
    *("card", "outcome", "outcomeTimestamp", "acceptedSuggestions", "id"),
    *("overrideReason", "overrideReasons", "reason", "code", "coding", "extension", "userComment"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(ENTRY_KEYS),
            inner | st.sampled_from(["accepted", "overridden", CARD, WHEN]),
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_b_6_every_entry_is_either_kept_or_reported(entry: Any) -> None:
    batch = parse_feedback(msgspec.json.encode({"feedback": [entry]}))
    assert len(batch.entries) + len(batch.problems) == 1


@given(st.binary())
def test_b_6_no_body_raises_anything_but_a_refusal(body: bytes) -> None:
    with pytest.raises(HookRequestError):
        parse_feedback(body)
