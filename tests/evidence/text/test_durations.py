"""How long symptoms have lasted, as a text says, and the lengths of time that are something else's."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.evidence.text.model import MAX_QUOTE
from cds_service.evidence.text.times import MAX_DAYS as MAX_DURATION
from tests.evidence.text.reading import reader

WRITTEN_ON = date(2026, 6, 15)  # a Monday


def days(text: str, written_on: date | None = WRITTEN_ON) -> tuple[int, int] | None:
    stated = reader().read(text, written_on).duration
    return None if stated is None else (stated.least, stated.most)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("LBP x 4 days", 4, 4),
        ("x 3 wks", 21, 27),
        ("x3wks", 21, 27),
        ("LBP x3/52", 21, 27),
        ("6/52", 42, 48),
        ("3/12", 90, 119),
        ("LBP 2/7", 2, 2),
        ("Sx 2-3/52", 14, 27),
        ("for 8 months", 240, 269),
        ("3-4 weeks", 21, 34),
        ("3–4 weeks", 21, 34),
        ("2 to 3 months of pain", 60, 119),
        ("pain 2 or 3 days", 2, 3),
        ("about two months", 60, 89),
        ("~ 2 months", 60, 89),
        ("10 d", 10, 10),
        ("4 yrs", 1460, 1824),
        ("sciatica for twelve weeks", 84, 90),
        ("a week", 7, 13),
        ("LBP for a month", 30, 59),
        ("LBP 1.5 years", 547, 729),
        ("1½ years of back pain", 547, 729),
        ("LBP two and a half months", 75, 89),
        ("half a year of LBP", 182, 364),
        ("a fortnight of back pain", 14, 27),
        ("48 hours of back pain", 2, 2),
        ("past 2 weeks", 14, 20),
        ("low back pain for the past 2 weeks", 14, 20),
        ("low back pain in the last 3 months", 90, 119),
        ("pain over the past 6 weeks", 42, 48),
        ("pain for the last week", 7, 13),
        ("six-week history of LBP", 42, 48),
        ("6-week h/o sciatica", 42, 48),
        ("3 week history", 21, 27),
        ("pain started 3 weeks ago", 21, 27),
        ("back pain after lifting a box 3 days ago", 3, 3),
        ("Duration: 6 weeks", 42, 48),
        ("Low back pain, 6 weeks", 42, 48),
        ("Low back pain radiating down the left leg for 8 weeks", 56, 62),
        ("MRI lumbar spine for 6 weeks of low back pain", 42, 48),
        ("45M 6 weeks LBP", 42, 48),
        ("65 yo F with back pain x 3 months", 90, 119),
        ("LBP x\u00a06\u00a0weeks", 42, 48),
    ],
)
def test_a_number_of_units_is_at_least_as_many_and_less_than_one_more(
    text: str, least: int, most: int
) -> None:
    assert days(text) == (least, most)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("LBP > 6 weeks", 43, MAX_DURATION),
        ("over six weeks of low back pain", 43, MAX_DURATION),
        ("pain for more than 6 weeks", 43, MAX_DURATION),
        ("LBP ≥ 6 weeks", 42, MAX_DURATION),
        ("pain at least 6 weeks", 42, MAX_DURATION),
        ("6+ weeks of LBP", 42, MAX_DURATION),
        ("6 weeks or more of LBP", 42, MAX_DURATION),
        ("LBP < 6 weeks", 0, 41),
        ("pain for less than 6 weeks", 0, 41),
        ("LBP up to 6 weeks", 0, 42),
        ("LBP ≤ 6 weeks", 0, 42),
        ("pain for almost 6 weeks", 35, 42),
    ],
)
def test_a_bound_leaves_the_other_side_open(text: str, least: int, most: int) -> None:
    assert days(text) == (least, most)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("several weeks", 14, 90),
        ("pain for several months", 60, 389),
        ("a few weeks of LBP", 14, 48),
        ("a couple of weeks of LBP", 14, 27),
        ("LBP for months", 60, 389),
    ],
)
def test_a_vague_amount_is_a_wide_span(text: str, least: int, most: int) -> None:
    assert days(text) == (least, most)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("LBP since March", 76, 106),
        ("LBP since last March", 76, 106),
        ("LBP since June", 0, 14),
        ("LBP since July", 319, 349),  # of last year
        ("LBP since March 2026", 76, 106),
        ("LBP since Mar 5", 102, 102),
        ("pain since March 5th, 2026", 102, 102),
        ("onset 12 March", 95, 95),
        ("since 20 June", 360, 360),
        ("back pain since 2024", 531, 896),
        ("began 2026-03-01", 106, 106),
        ("onset: 2026-03", 76, 106),
        ("LBP since 03/2026", 76, 106),
        ("pain started in early March", 76, 106),
    ],
)
def test_a_date_counts_back_from_the_day_of_writing(text: str, least: int, most: int) -> None:
    assert days(text) == (least, most)
    assert days(text, None) is None


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("yesterday", 1, 1),
        ("pain since yesterday", 1, 1),
        ("acute onset today", 0, 0),
        ("began this morning", 0, 0),
        ("pain since last week", 1, 14),
        ("pain since last month", 1, 61),
        ("pain since Monday", 0, 7),
    ],
)
def test_a_named_day_needs_no_date_of_writing(text: str, least: int, most: int) -> None:
    assert days(text, None) == (least, most)


@pytest.mark.parametrize("written_on", [date.min, date.max])
def test_the_ends_of_the_calendar_are_no_error(written_on: date) -> None:
    for text in (
        "LBP since December",
        "LBP since 31 December",
        "LBP since March",
        "LBP since 2024",
    ):
        reader().read(text, written_on)


def test_pain_that_got_worse_some_time_ago_began_at_least_then() -> None:
    assert days("back pain worse for 3 weeks") == (21, MAX_DURATION)
    assert days("worsening back pain for 3 weeks") == (21, 27)


def test_of_several_lengths_the_longest_counts() -> None:
    assert days("numbness x 2 days, back pain for 3 months") == (90, 119)
    assert days("LBP x 3 months, worse since yesterday") == (90, 119)


@pytest.mark.parametrize(
    "text",
    [
        "LBP for 8 weeks despite PT",
        "LBP x 8 weeks, failed PT",
        "LBP x 8 weeks PT failed",
        "PT tried. LBP for 8 weeks",
        "back pain not improving after 8 weeks",
        "no relief of back pain for 8 weeks",
        "LBP for 8 weeks, surgery 3 years ago, follow up in 12 weeks",
    ],
)
def test_a_symptom_keeps_its_length_beside_care(text: str) -> None:
    assert days(text) == (56, 62)


@pytest.mark.parametrize(
    "text",
    [
        "PT for 6 weeks",
        "6 weeks of PT",
        "LBP, PT for 6 weeks",
        "PT: 6 weeks",
        "6 weeks of PT for back pain",
        "back pain despite 6 weeks of PT",
        "back pain despite 6 weeks of home stretching",
        "Six weeks of conservative care completed, per ordering clinician",
        "on prednisone since 2019",
        "off work 3 weeks with back pain",
    ],
)
def test_the_length_of_care_is_not_the_length_of_symptoms(text: str) -> None:
    assert days(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "follow up in 6 weeks",
        "follow up 6 weeks",
        "f/u 6 weeks",
        "LBP, follow up in 6 weeks",
        "return in 2 weeks",
        "in 2 weeks",
        "within 2 weeks",
        "review after 6 weeks",
        "MRI in 3 months",
        "repeat MRI 6 months",
        "flight in 3 weeks, LBP",
        "for the next 6 weeks",
    ],
)
def test_a_time_to_come_is_no_length_of_symptoms(text: str) -> None:
    assert days(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "surgery 3 months ago",
        "LBP after surgery 3 months ago",
        "MRI 6 months ago",
        "6 weeks post op",
        "back pain 6 weeks postpartum",
        "20 weeks pregnant with back pain",
        "fell 2 weeks ago",
        "diabetes for 10 years",
        "back pain, smoker for 20 years",
        "smoker since 1990",
        "patient seen today for back pain",
        "pain today 7/10",
        "pain last week",
    ],
)
def test_the_time_since_something_else_is_no_length_of_symptoms(text: str) -> None:
    assert days(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "no pain for 3 weeks",
        "denies back pain for 3 weeks",
        "pain free for 2 months",
        "back pain 3 times a week",
        "back pain 3 days a week",
        "pain 3 days/week",
        "naproxen twice a day for back pain",
        "pain lasts 2 days",
        "morning stiffness for 1 hour",
        "back pain every 2 weeks",
    ],
)
def test_a_rate_an_attack_or_a_time_without_pain_is_no_length_of_symptoms(text: str) -> None:
    assert days(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Low back pain",
        "45 yo",
        "45 y/o with LBP",
        "45 year old male with LBP",
        "45-year-old with back pain",
        "aged 45 years with back pain",
        "L4/5",
        "C6/7 radiculopathy",
        "at C 6/7",
        "disc 6/7",
        "T12/L1",
        "5/5 strength",
        "120/80",
        "24/7",
        "back pain 24/7",
        "pain 7/10",
        "seen 3/12",
        "LBP since 3/12",
        "3/12/2026 back pain",
        "MRI w/ 4 w/o contrast",
        "since childhood",
        "since the accident",
        "since 2030",
        "since 0000-00-00",
        "since 2026-13-45",
        "since 31 February",
        "since 13/2026",
        "since 3/4/2026",
        "pain 1000 days",
        "pain 0 days",
        "LBP 99999999999999999999999 weeks",
    ],
)
def test_numbers_that_are_no_length_of_time_are_not_read(text: str) -> None:
    assert days(text) is None


def test_the_quote_is_the_words_of_the_text() -> None:
    stated = reader().read("LBP now For About  SIX weeks, PT tried", None).duration
    assert stated is not None
    assert stated.quote == "For About SIX weeks"


# fmt: off
PIECES = st.sampled_from((
    "1", "2", "6", ".5", "1.5", "-", "/", "52", "12", "7", "weeks", "wks", "d", "y", "months",
    "a", "few", "several", "for", "x", "since", "onset", "March", "December", "/", "2026", "31", "ago", "past",
    "last", "week", "over", ">", "+", "LBP", "pain", "PT", "of", "in", "after", "no", "worse",
    "yesterday", "today", "this", "morning", "and", "half", "to", "up", "\n", ".", ":", "½", "İ",
))
# fmt: on
WRITING_DAYS = st.none() | st.dates()


@given(st.text(), WRITING_DAYS)
def test_any_text_is_read_without_an_error(text: str, written_on: date | None) -> None:
    reader().read(text, written_on)


@given(
    st.lists(PIECES, max_size=30).map(" ".join) | st.lists(PIECES, max_size=30).map("".join),
    WRITING_DAYS,
)
def test_any_mixture_of_numbers_and_units_gives_a_span_that_makes_sense(
    text: str, written_on: date | None
) -> None:
    stated = reader().read(text, written_on).duration
    if stated is not None:
        assert 0 <= stated.least <= stated.most <= MAX_DURATION
        assert 0 < len(stated.quote) <= MAX_QUOTE


@pytest.mark.parametrize(
    "piece", ["3 weeks ", "1-", "x 3/", "since ", "9", "past ", ".5", "LBP x 3/52, "]
)
def test_a_hostile_text_costs_what_its_length_costs(piece: str) -> None:
    reader().read(piece * 20_000, WRITTEN_ON)
