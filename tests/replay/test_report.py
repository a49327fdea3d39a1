"""The report of a replay: numbers with denominators, nothing that could tell who it was, nothing that reassures."""

from __future__ import annotations

import re
import tomllib
from html import unescape
from typing import Any

import pytest
from msgspec.structs import replace

from cds_service.knowledge.model import Guideline
from cds_service.pages import plots
from cds_service.replay.nearest import NearestSets
from cds_service.replay.report import report_page
from cds_service.replay.report_counts import LISTED, count_rows, days_old, deciding
from cds_service.replay.report_names import study_text
from cds_service.replay.report_readiness import (
    ready_criteria,
    unread_codes,
    unread_words,
    vocabulary_lines,
    word_lines,
)
from cds_service.replay.rows import Evidence
from tests.replay.a_run import AGAIN, DETAILS, EMERGENCY, PLAIN, REFUSED, ROWS


@pytest.fixture(scope="module")
def nearest(guideline: Guideline) -> NearestSets:
    return NearestSets(guideline)


@pytest.fixture(scope="module")
def text(guideline: Guideline) -> str:
    """The words of the page, without tags and scripts."""
    return words_of_page(report_page(ROWS, DETAILS, guideline))


def words_of_page(page: str) -> str:
    without = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    plain = unescape(re.sub(r"<[^>]+>", " ", without)).replace("\N{NARROW NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", plain)


def test_orders_and_patients_are_counted_with_their_days(text):
    assert "4 imaging orders of the spine of 3 patients, 2026-05-02 to 2026-06-15" in text


def test_a_report_is_the_same_in_whatever_order_rows_come(guideline):
    assert report_page(ROWS[::-1], DETAILS, guideline) == report_page(ROWS, DETAILS, guideline)


def test_cards_are_told_by_criterion_too(text):
    # Orders, per 1,000 with advice; present, suspected, historical; cards: all, critical, warning, information.
    assert "Urinary retention 1 333.3 1 0 0 1,000.0 1,000.0 0.0 0.0" in text


def test_an_age_of_the_patient_is_no_evidence_that_gets_old(text):
    ages = text.partition("How old the newest evidence was")[2].partition("Alert burden")[0]
    assert "Urinary retention" in ages
    assert "Age over 50" not in ages


def test_a_name_like_no_entry_of_a_value_set_is_folded_away(text):
    near, _, far = text.partition("1 that are like none")
    assert "Retention of urine, acute" in near
    assert "Blighted ovum" in far.partition("As a vocabulary file")[0]


def test_saved_calls_are_not_told_as_patients(guideline):
    calls = report_page(ROWS, {"calls": {"all": 3}}, guideline)
    assert "of 3 saved calls" in words_of_page(calls)
    both = report_page(ROWS, DETAILS | {"calls": {"all": 3}}, guideline)
    assert "of 3 patients and saved calls" in words_of_page(both)


def test_an_order_without_advice_is_no_order_without_a_finding(text):
    assert (
        "1 of 4 (25.0 %) of the orders got no advice, which is not the same as no finding" in text
    )
    assert count_rows(ROWS).not_advised == {("conditions", "not-provided"): 1}


def test_urgent_orders_are_told_with_how_many_of_them_got_a_card_that_warns(text, guideline):
    assert "Emergency 1 333.3 1 of 1 Urgent 0 0.0 0 of 0 Routine 2 666.7 2 of 2" in text
    quiet = replace(EMERGENCY, urgency="urgent", cards=("RegionUnknown",))
    page = words_of_page(report_page([quiet], DETAILS, guideline))
    assert "Urgent 1 1,000.0 0 of 1 " in page


def test_an_emergency_stands_with_its_evidence_and_how_old_that_was(text):
    assert "2026-06-15 MRI lumbar, without contrast Cauda equina syndrome (active)" in text
    assert "Retention of urine (2026-06-14, 1 day before; Condition/c3)" in text


def test_what_has_no_part_in_an_emergency_is_not_among_its_evidence():
    assert [found.id for found in deciding(EMERGENCY)] == ["ces-urinary-retention"]
    assert len(deciding(replace(EMERGENCY, groups={}))) == 2


def test_without_an_emergency_the_page_does_not_reassure(guideline):
    page = words_of_page(report_page([PLAIN], DETAILS, guideline))
    assert "What could not be read is listed below: it may hold one." in page
    assert "no red flag" not in page.lower().replace("no red flag found in the data read", "")


def test_the_newest_emergencies_are_listed_and_all_are_counted():
    many = [replace(EMERGENCY, order=f"o{n}", as_of=f"20{10 + n % 15}-01-01") for n in range(1000)]
    counts = count_rows(many)
    assert counts.urgency["emergency"] == 1000
    assert len(counts.emergencies) == LISTED
    assert counts.emergencies[0].as_of == "2024-01-01"


@pytest.mark.parametrize(
    ("written", "days"),
    [("2026-06-15", 0), ("2026-06-14", 1), ("2026-05", 15), ("2025", 166), ("", None), ("x", None)],
)
def test_the_age_of_evidence_goes_by_the_last_day_that_its_date_may_mean(written, days):
    assert days_old(Evidence(date=written), "2026-06-15") == days


def test_an_order_of_two_regions_counts_in_both():
    counts = count_rows(ROWS)
    assert counts.by_region["cervical"].orders == 2
    assert counts.by_region["thoracic"].orders == 2
    assert counts.by_region["unknown"].orders == 1


def test_a_card_that_the_patient_had_before_is_a_repeat(text):
    assert count_rows([PLAIN, AGAIN]).patient_cards == {"NotYetIndicated": 1}
    assert "Not yet indicated 2 1 of 2 (50.0 %) 1 of 2 (50.0 %)" in text
    other_day = replace(AGAIN, as_of="2026-05-03")
    assert count_rows([PLAIN, other_day]).day_cards == {"NotYetIndicated": 2}


def test_a_clinician_with_few_orders_is_not_named(text):
    assert "Practitioner/large 7" in text
    assert "Practitioner/small" not in text
    assert "1 with under 5 orders each 2" in text
    assert "Not named in the data 1" in text


def test_each_mode_of_showing_cards_has_its_numbers(text):
    assert "All cards 3 of 3 (100.0 %) 3 1,000.0 333.3 666.7 0.0" in text
    assert "Actionable cards only 1 of 3 (33.3 %) 1 333.3 333.3 0.0 0.0" in text


def test_what_could_not_be_read_is_told_at_the_top_and_by_its_place(text):
    assert "2 pieces of the data could not be read and are not in any number here" in text
    assert "Condition.ndjson:7: is not JSON" in text
    assert "Observations Not provided 1 1 of 3 (33.3 %)" in text


def test_text_of_the_data_stays_text(guideline):
    page = report_page(ROWS, DETAILS, guideline)
    assert "<b>North" not in page
    assert "&lt;b&gt;North" in page


def test_the_page_loads_nothing(guideline):
    page = re.sub(
        r"<script>.*?</script>", "", report_page(ROWS, DETAILS, guideline), flags=re.DOTALL
    )
    assert not re.findall(r"(?:src|href)=[\"'](?!#)|url\(|@import", page)


def test_every_plot_has_its_figures_as_a_table(guideline):
    page = report_page(ROWS, DETAILS, guideline)
    figures = re.findall(r'<figure class="plot">.*?</figure>', page, flags=re.DOTALL)
    assert len(figures) > 5
    assert all("<table" in figure and "<details>" in figure for figure in figures)


def test_without_plotly_the_tables_stand_alone(guideline, monkeypatch):
    monkeypatch.setattr("cds_service.replay.report.plot_script", lambda: None)
    page = report_page(ROWS, DETAILS, guideline)
    assert "<figure" not in page
    assert "pip install" in page
    assert "Cards per 1,000 orders, by card" in page


def test_a_run_without_counts_says_so_instead_of_showing_zeros(guideline):
    page = words_of_page(report_page(ROWS, {}, guideline))
    assert "The run kept no counts beside its rows." in page
    assert "Out of reach of these data" not in page
    assert "In no chart" not in page


def test_a_run_of_nothing_says_what_would_fill_the_page(guideline):
    assert "No imaging order of the spine was found" in words_of_page(
        report_page([], {}, guideline)
    )


def test_a_run_with_counts_and_without_orders_does_not_say_that_counts_are_missing(guideline):
    page = words_of_page(report_page([], {"charts": {"all": 9}}, guideline))
    assert "The run kept no counts" not in page
    assert "No order was judged that would fill this." in page


def test_labels_of_a_plot_hold_no_markup():
    figure = str(plots.lying_bars(["<b>x</b> & <a href='javascript:1'>"], [], "Orders"))
    assert "<" not in figure
    assert "\\u003c" not in figure


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ("mr-lumbar-without-and-with", "MRI lumbar, without and with contrast"),
        ("ct-cervical+thoracic", "CT cervical and thoracic"),
        ("", "Order not read"),
    ],
)
def test_a_study_is_told_in_words(study, words):
    assert study_text(study) == words


# data readiness


def test_a_criterion_tells_in_how_many_charts_its_data_is_and_what_is_wrong_with_it(text):
    assert re.search(r"Fever \S.{0,30}infection .{0,40}✓ 9 of 12 \(75\.0 %\) 9 of 9", text)
    assert "6 of 9 (66.7 %) no unit in 3; words alone in 2" in text


def test_a_criterion_that_no_chart_could_show_is_out_of_reach(guideline):
    ready = {one.criterion: one for one in ready_criteria(guideline, DETAILS)}
    assert not ready["Fever"].is_out_of_reach
    assert ready["Spinal epidural abscess"].is_out_of_reach
    assert not ready["Age over 50"].is_out_of_reach


def test_every_criterion_of_the_guideline_is_listed(guideline):
    wanted = sum(len(group.criterion) for group in guideline.groups)
    assert len(ready_criteria(guideline, DETAILS)) == wanted


def test_codes_that_are_like_an_entry_stand_first(nearest):
    codes, left = unread_codes(DETAILS, nearest)
    assert [one.code for one in codes] == ["RETN", "1234567890"]
    assert codes[0].nearest is not None
    assert "retention" in codes[0].nearest.value_set
    assert codes[1].nearest is None
    assert left.small == 1


@pytest.mark.parametrize(
    ("name", "value_set"),
    [
        ("Tuberculosis of vertebral column", "spinal-infection"),
        ("Housing unsatisfactory", None),
        ("Hematocrit [Volume Fraction] of Blood by Automated count", None),
        ("C reactive protein [Mass/volume] in Serum by Rate method", "obs-crp"),
        ("Disorder (finding)", None),
        ("", None),
    ],
)
def test_the_nearest_value_set_shares_most_of_the_words(nearest, name, value_set):
    found = nearest.find(name)
    assert (found.value_set if found else None) == value_set


def test_words_that_few_used_are_counted_and_not_shown(nearest, text):
    words, left = unread_words(DETAILS, nearest)
    assert [one.text for one in words] == ["rukking tolls"]
    assert left.small == 1
    assert "Mary Miller" not in text


def test_codes_can_be_put_into_a_vocabulary_file_once_confirmed(nearest):
    codes, _ = unread_codes(DETAILS, nearest)
    lines = vocabulary_lines(codes)
    assert tomllib.loads(lines) == {
        "codes": {"https://ehr.example.org/problems": {}, "http://snomed.info/sct": {}}
    }
    confirmed: dict[str, Any] = tomllib.loads(lines.replace("# ", "", 1))
    assert list(confirmed["codes"]["https://ehr.example.org/problems"]) == ["RETN"]


def test_words_can_be_put_into_a_list_once_confirmed(nearest):
    words, _ = unread_words(DETAILS, nearest)
    confirmed = word_lines(words).removeprefix("# ")
    assert tomllib.loads(f"plain = [\n{confirmed}\n]") == {"plain": ["rukking tolls"]}


def test_refused_orders_are_in_no_rate_of_advice():
    counts = count_rows([REFUSED])
    assert (counts.all.orders, counts.advised, counts.urgency.total()) == (1, 0, 0)
