"""Lengths of time at their edges: bounds, halves, touching signs, first and last values that are read."""

from datetime import date

import pytest

from cds_service.evidence.text.durations import read_duration
from cds_service.evidence.text.lengths import MAX_DURATION, lengths, tokens_of, word_at

WRITTEN_ON = date(2026, 6, 15)  # a Monday


def stated(text: str, written_on: date | None = WRITTEN_ON) -> tuple[int, int, str] | None:
    """Least, most and quote."""
    found = read_duration(text, written_on)
    return None if found is None else (found.least, found.most, found.quote)


@pytest.mark.parametrize(
    ("text", "least", "most", "quote"),
    [
        ("LBP 6 weeks +", 42, MAX_DURATION, "6 weeks +"),
        ("LBP 6 weeks+, tired", 42, MAX_DURATION, "6 weeks+"),
        ("LBP 6 weeks plus", 42, MAX_DURATION, "6 weeks plus"),
        ("6 weeks plus of LBP", 42, MAX_DURATION, "6 weeks plus"),
        ("LBP 6 weeks or longer", 42, MAX_DURATION, "6 weeks or longer"),
        ("LBP 6 weeks or more", 42, MAX_DURATION, "6 weeks or more"),
        ("LBP 6 weeks or so", 42, 48, "6 weeks"),
        ("LBP 6 weeks and longer walks hurt", 42, 48, "6 weeks"),
        ("LBP 6 weeks, more when sitting", 42, 48, "6 weeks"),
        ("pain started over 6 weeks ago", 43, MAX_DURATION, "over 6 weeks ago"),
        ("pain started less than 3 weeks ago", 0, 20, "less than 3 weeks ago"),
        ("pain started about 3 weeks ago", 21, 27, "about 3 weeks ago"),
        ("LBP longer than 6 weeks", 43, MAX_DURATION, "longer than 6 weeks"),
        ("LBP greater than 6 weeks", 43, MAX_DURATION, "greater than 6 weeks"),
        ("pain over the last 6 weeks", 42, 48, "over the last 6 weeks"),
        ("LBP +6 weeks", 42, MAX_DURATION, "+6 weeks"),
        ("LBP =6 weeks", 42, MAX_DURATION, "=6 weeks"),
        ("LBP <=6 weeks", 0, 42, "<=6 weeks"),
        ("LBP <= about 6 weeks", 0, 42, "<= about 6 weeks"),
        ("LBP up to about 6 weeks", 0, 42, "up to about 6 weeks"),
        ("up to 6 weeks LBP", 0, 42, "up to 6 weeks"),
        ("LBP to 6 weeks", 0, 42, "6 weeks"),
        ("LBP under 6 weeks", 0, 41, "under 6 weeks"),
        ("LBP < 1 day", 0, 0, "< 1 day"),
        ("LBP nearly 6 weeks", 35, 42, "nearly 6 weeks"),
        ("LBP almost 1 day", 0, 1, "almost 1 day"),
    ],
)
def test_the_words_around_a_length_bound_it_and_stand_in_its_quote(
    text: str, least: int, most: int, quote: str
) -> None:
    assert stated(text) == (least, most, quote)


@pytest.mark.parametrize(
    ("text", "least", "most", "quote"),
    [
        ("LBP a year and a half", 547, 911, "a year and a half"),
        ("LBP for 2 years and a half", 912, 1276, "for 2 years and a half"),
        ("LBP for a month and a half", 45, 74, "for a month and a half"),
        ("LBP for a week and a half, tired", 10, 16, "for a week and a half"),
        ("LBP for a fortnight and a half", 21, 34, "for a fortnight and a half"),
        ("pain began a year and a half ago", 547, 911, "a year and a half ago"),
        ("LBP for a year and a bit", 365, 729, "for a year"),
        ("LBP for a year and half asleep", 365, 729, "for a year"),
        ("LBP for a year or a half", 365, 729, "for a year"),
        ("LBP .5 years", 182, 364, ".5 years"),
        ("LBP 0.5 months", 15, 29, "0.5 months"),
    ],
)
def test_half_a_unit_more_is_half_of_that_unit(
    text: str, least: int, most: int, quote: str
) -> None:
    assert stated(text) == (least, most, quote)


def test_half_an_hour_adds_no_day() -> None:
    assert stated("LBP for 24 hours and a half") == (1, 1, "for 24 hours and a half")
    assert stated("LBP for 48 hours and a half") == (2, 2, "for 48 hours and a half")


@pytest.mark.parametrize(
    ("text", "least", "most", "quote"),
    [
        ("pain began 3 weeks back", 21, 27, "3 weeks back"),
        ("pain began 3 weeks back after lifting", 21, 27, "3 weeks back"),
        ("3 weeks back", 21, 27, "3 weeks back"),
        ("3 weeks back pain", 21, 27, "3 weeks"),
        ("3 weeks back ache", 21, 27, "3 weeks"),
        ("pain began 3 weeks ago", 21, 27, "3 weeks ago"),
    ],
)
def test_back_is_ago_unless_it_is_the_back_that_hurts(
    text: str, least: int, most: int, quote: str
) -> None:
    assert stated(text) == (least, most, quote)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("LBP 1/52", 7, 13),
        ("LBP 1/7", 1, 1),
        ("LBP 21/7", 21, 21),
        ("LBP 36/12", 1080, 1109),
        ("LBP 104/52", 728, 734),
        ("LBP 3-3/52", 21, 27),
        ("LBP 3/52, tired", 21, 27),
        ("LBP (3/52)", 21, 27),
        ("LBP 3/52 1st episode", 21, 27),
        ("LBP 3/52 - left", 21, 27),
        ("3/52 LBP", 21, 27),
        ("LBP 200 days", 200, 200),
        ("LBP 1 day", 1, 1),
        ("LBP 12 hours", 0, 1),
        ("LBP 99 years", 36135, 36499),
        ("pain 2-2 weeks", 14, 20),
        ("LBP 3 days' duration", 3, 3),
        ("6 weeks' LBP", 42, 48),
        ("LBP x weeks", 14, 90),
        ("LBP for weeks", 14, 90),
        ("LBP of years", 730, 4744),
        ("LBP for an year", 365, 729),
        ("LBP past week", 7, 13),
        ("LBP for a wk", 7, 13),
        ("LBP for a yr", 365, 729),
    ],
)
def test_the_least_and_the_largest_amounts_are_read(text: str, least: int, most: int) -> None:
    found = stated(text)
    assert found is not None
    assert found[:2] == (least, most)


@pytest.mark.parametrize(
    "text",
    [
        "LBP 0/7",
        "LBP 22/7",
        "LBP 37/12",
        "LBP 105/52",
        "LBP 3/12/26",
        "LBP 3/12-4",
        "LBP 3/12x",
        "LBP 3/7 old",
        "LBP 3-2/52",
        "pain 3-2 weeks",
        "LBP 201 days",
        "LBP 11 hours",
        "LBP 100 years",
        "LBP 60-100 years",
        "LBP 3 d's",
        "LBP a d",
        "LBP a w",
        "LBP for an hour",
        "L4 days",
        "pain at T12 weeks",
        "pain, Rx6 weeks",
        "LBP-6 weeks",
        "tonight",
        "this morning",
        "morning pain",
        "pain this week",
        "pain in the evening",
        "pain since past week",
        "pain began past week",
    ],
)
def test_one_step_beyond_is_not_read(text: str) -> None:
    assert stated(text) is None


@pytest.mark.parametrize("sign", list("~<>=(?,:;+[\n"))
def test_a_sign_that_touches_an_amount_leaves_it_an_amount(sign: str) -> None:
    assert stated(f"LBP{sign}6 weeks") is not None


@pytest.mark.parametrize("sign", list("-/#*@_&%"))
def test_another_sign_that_touches_it_makes_it_part_of_something(sign: str) -> None:
    assert stated(f"LBP{sign}6 weeks") is None


@pytest.mark.parametrize(
    ("text", "least", "most", "quote"),
    [
        ("acute LBP, onset tonight", 0, 0, "tonight"),
        ("LBP began this afternoon", 0, 0, "this afternoon"),
        ("LBP began this evening", 0, 0, "this evening"),
        ("woke this morning with back pain", 0, 0, "this morning"),
        ("onset yesterday with back pain", 1, 1, "yesterday"),
        ("LBP since last Monday", 1, 13, "since last Monday"),
        ("LBP since last fri, tired", 1, 13, "since last fri"),
        ("LBP since Monday, tired", 0, 7, "since Monday"),
        ("since last year LBP", 1, 730, "since last year"),
        ("since last month LBP", 1, 61, "since last month"),
    ],
)
def test_a_day_of_the_week_or_part_of_today_is_read_to_its_end(
    text: str, least: int, most: int, quote: str
) -> None:
    assert stated(text, None) == (least, most, quote)


@pytest.mark.parametrize(
    ("text", "least", "most", "quote"),
    [
        ("LBP since 15 June", 0, 0, "since 15 June"),
        ("LBP since 2026-06-15", 0, 0, "since 2026-06-15"),
        ("LBP since 16 June", 364, 364, "since 16 June"),
        ("LBP since 2026", 0, 165, "since 2026"),
        ("LBP since 2026/03", 76, 106, "since 2026/03"),
        ("LBP since 2026/03/12", 95, 95, "since 2026/03/12"),
        ("LBP since 12 March 2026", 95, 95, "since 12 March 2026"),
        ("LBP since 12th of March", 95, 95, "since 12th of March"),
        ("LBP since 1st March", 106, 106, "since 1st March"),
        ("LBP since 2nd March", 105, 105, "since 2nd March"),
        ("LBP since 3rd of March", 104, 104, "since 3rd of March"),
        ("LBP since 12th of March, 2026", 95, 95, "since 12th of March, 2026"),
        ("LBP since March 12th", 95, 95, "since March 12th"),
        ("LBP since March 2nd, tired", 105, 105, "since March 2nd"),
        ("LBP since March 12, 2025", 460, 460, "since March 12, 2025"),
        ("LBP since March, 2025", 441, 471, "since March, 2025"),
        ("LBP since March, 6 visits", 76, 106, "since March"),
        ("LBP since 12 Mar 2025", 460, 460, "since 12 Mar 2025"),
        ("LBP since 29 Feb 2024", 837, 837, "since 29 Feb 2024"),
        ("LBP since Dec 2025", 166, 196, "since Dec 2025"),
        ("LBP since in about early 2024", 531, 896, "since in about early 2024"),
        ("LBP since 2024 / tired", 531, 896, "since 2024"),
        ("LBP since 2024 - 2 falls", 837, 865, "since 2024 - 2"),
        ("LBP since 2024 2 falls", 531, 896, "since 2024"),
    ],
)
def test_a_date_of_onset_is_read_to_its_end(text: str, least: int, most: int, quote: str) -> None:
    assert stated(text) == (least, most, quote)


@pytest.mark.parametrize(
    "text",
    [
        "LBP since 2026-06-16",
        "LBP since 2027",
        "LBP since 1926",
        "LBP since 1926-05",
        "LBP since 1899",
        "LBP since 2101",
        "LBP since 12345",
        "LBP since 5 2024",
        "LBP since 20 visits",
        "LBP since 3/20",
        "LBP until since March",
        "LBP since around the early mid of March",
    ],
)
def test_what_lies_ahead_or_a_century_back_is_no_onset(text: str) -> None:
    assert stated(text) is None


def test_the_tokens_of_a_text_end_where_it_ends() -> None:
    tokens = tokens_of("6 Weeks")
    assert [(token.word, token.start, token.end) for token in tokens] == [
        ("6", 0, 1),
        ("weeks", 2, 7),
    ]
    assert [word_at(tokens, at) for at in (-1, 0, 1, 2)] == ["", "6", "weeks", ""]


@pytest.mark.parametrize(
    ("text", "kind", "first", "end"),
    [
        ("3/52", "amount", 0, 3),
        ("6 weeks", "amount", 0, 2),
        ("6 weeks ago", "ago", 0, 3),
        ("6 weeks back", "ago", 0, 3),
        ("since last week", "since", 0, 3),
        ("since March", "since", 0, 2),
        ("since last Monday", "since", 0, 3),
        ("today", "day", 0, 1),
        ("tonight", "day", 0, 1),
        ("yesterday", "day", 0, 1),
        ("this morning", "day", 0, 2),
        ("last night", "day", 0, 2),
        ("pain up to 6 weeks", "amount", 1, 5),
        ("pain to 6 weeks", "amount", 2, 4),
        ("6 weeks or more of", "amount", 0, 4),
    ],
)
def test_a_length_says_its_kind_and_its_place(text: str, kind: str, first: int, end: int) -> None:
    (found,) = lengths(tokens_of(text), WRITTEN_ON)
    assert (found.kind, found.first, found.end) == (kind, first, end)


def test_the_lengths_of_a_text_come_in_their_order() -> None:
    found = lengths(tokens_of("pain 3 weeks, worse 2 days, fell yesterday"), WRITTEN_ON)
    assert [(length.least, length.most) for length in found] == [(21, 27), (2, 2), (1, 1)]


@pytest.mark.parametrize(
    ("text", "least", "quote"),
    [
        ("PT x 6 weeks, LBP x 3 weeks", 21, "x 3 weeks"),
        ("surgery 3 months ago. LBP 6 weeks", 42, "6 weeks"),
        ("LBP x 3 weeks, pain for 3 weeks", 21, "x 3 weeks"),
        ("worse for 3 weeks despite PT", 21, "for 3 weeks"),
        ("pain for 3 weeks PT", 21, "for 3 weeks"),
        ("LBP for 3 weeks after fall", 21, "for 3 weeks"),
        ("LBP x 3 weeks after fall", 21, "x 3 weeks"),
        ("pain after 6 weeks", 42, "6 weeks"),
        ("still pain after 6 weeks", 42, "6 weeks"),
        ("back pain in the last 6 weeks", 42, "the last 6 weeks"),
        ("6 weeks - LBP", 42, "6 weeks"),
        ("6 weeks history, PT", 42, "6 weeks"),
        ("6 weeks of the usual LBP", 42, "6 weeks"),
        ("6 weeks, PT", 42, "6 weeks"),
        ("6 weeks. PT", 42, "6 weeks"),
        ("6 weeks; LBP", 42, "6 weeks"),
        ("6 weeks with LBP", 42, "6 weeks"),
        ("LBP 6 weeks day and night", 42, "6 weeks"),
        ("LBP 6 weeks a bit", 42, "6 weeks"),
        ("PT. for 3 weeks, LBP", 21, "for 3 weeks"),
        ("back pain denied, onset yesterday", 1, "yesterday"),
        ("onset of the severe left leg yesterday", 1, "yesterday"),
        ("developed LBP after lifting a box yesterday", 1, "yesterday"),
    ],
)
def test_a_length_belongs_to_the_symptom_beside_it(text: str, least: int, quote: str) -> None:
    found = stated(text)
    assert found is not None
    assert (found[0], found[2]) == (least, quote)


@pytest.mark.parametrize(
    "text",
    [
        "PT started yesterday",
        "therapy, onset yesterday",
        "yesterday PT",
        "today LBP",
        "LBP today",
        "pain yesterday",
        "onset, yesterday",
        "began. yesterday",
        "woke after surgery yesterday",
        "LBP 3 weeks after fall",
        "pain 45 years of age",
        "at 45 years of age, LBP",
        "PT after 6 weeks pain",
        "no pain after 6 weeks",
        "back pain in 6 weeks",
        "no low back pain for 3 weeks",
        "zebra for 3 weeks",
        "pain, zebra for 3 weeks",
        "pain. zebra for 3 weeks",
        "pain but for 3 weeks PT",
        "LBP and walks 3 weeks of PT",
        "6 weeks history of zebra",
        "6 weeks of severe zebra, pain",
        "6 weeks zebra",
        "6 weeks with PT",
        "6 weeks with and zebra",
    ],
)
def test_a_length_beside_something_else_is_not_the_symptoms(text: str) -> None:
    assert stated(text) is None
