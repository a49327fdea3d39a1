"""Every summary fits, whatever it is filled with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cds_service.cards.forms import MAX_SUMMARY
from cds_service.checks.summary_lengths import length_remarks, longest_summaries
from cds_service.knowledge.model import Guideline, Wording

STORIES = Path(__file__).parents[2] / "fhir_fixtures" / "patients"


def reworded(guideline: Guideline, card: str, changes: Mapping[str, Any]) -> Guideline:
    """The guideline with one card changed."""
    cards = tuple(
        found.model_copy(update=changes) if found.id == card else found
        for found in guideline.wording.card
    )
    wording: Wording = guideline.wording.model_copy(update={"card": cards})
    return guideline.model_copy(update={"wording": wording})


def test_no_summary_has_to_be_cut(guideline: Guideline):
    assert list(length_remarks(guideline)) == []


def test_every_form_of_every_card_is_looked_at(guideline: Guideline):
    forms = {
        (card.id, variant)
        for card in guideline.wording.card
        for variant in ("", *(item.id for item in card.variant))
    }
    assert {(worst.card, worst.variant) for worst in longest_summaries(guideline)} == forms


def test_nothing_stays_unfilled(guideline: Guideline):
    assert not [worst for worst in longest_summaries(guideline) if "{" in worst.text]


def test_the_name_of_the_order_counts_where_the_summary_does_not_hold_it(guideline: Guideline):
    texts = {(worst.card, worst.variant): worst.text for worst in longest_summaries(guideline)}
    assert texts["not-yet-indicated", ""].startswith("MRI ")
    assert not texts["partial-data", ""].startswith("MRI ")


def test_a_summary_one_character_too_long_is_an_error(guideline: Guideline):
    worst = next(item for item in longest_summaries(guideline) if item.card == "region-unknown")
    room = MAX_SUMMARY - len(worst.text)
    template = next(c.summary for c in guideline.wording.card if c.id == "region-unknown")
    fits = reworded(guideline, "region-unknown", {"summary": template + "x" * room})
    assert list(length_remarks(fits)) == []
    too_long = reworded(guideline, "region-unknown", {"summary": template + "x" * (room + 1)})
    findings = list(length_remarks(too_long))
    assert [finding.severity for finding in findings] == ["error"]
    assert "wording.toml: card 'region-unknown'" in findings[0].where
    assert "140 characters" in findings[0].message


def test_a_longer_name_of_a_group_is_noticed(guideline: Guideline):
    groups = tuple(group.model_copy(update={"short": "x" * 40}) for group in guideline.groups)
    found = list(length_remarks(guideline.model_copy(update={"groups": groups})))
    assert any("emergency-escalate" in finding.where for finding in found)


def test_no_shown_summary_is_longer_than_what_was_reckoned(guideline: Guideline):
    longest = {worst.card: 0 for worst in longest_summaries(guideline)}
    for worst in longest_summaries(guideline):
        longest[worst.card] = max(longest[worst.card], len(worst.text))
    for file in STORIES.rglob("*.cards.json"):
        for card in json.loads(file.read_bytes())["cards"]:
            assert len(card["summary"]) <= longest[card["id"]], file
