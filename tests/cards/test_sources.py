"""Where a card says that it is from, and how often it says the same words."""

from __future__ import annotations

from datetime import date

from cds_service.advice import CompiledGuideline
from cds_service.cards.words import capitalized, citation_text
from tests.scenarios.cases import Case, advice_of, all_answered


def test_every_card_has_a_source_with_an_address() -> None:
    without = {
        (card.id, card.source_label)
        for _, advice in all_answered()
        for card in advice.cards
        if not card.source_url
    }
    assert without == set()


def test_no_card_names_guidance_of_another_part_of_the_spine(compiled: CompiledGuideline) -> None:
    of = {
        capitalized(citation_text(citation)): set(citation.regions)
        for citation in compiled.guideline.citations.values()
        if citation.regions
    }
    found = []
    for case, advice in all_answered():
        ordered = {order.reference: set(order.procedure.regions) for order in advice.orders}
        for card in advice.cards:
            regions, told = of.get(card.source_label), ordered.get(card.order or "")
            if regions and told and not regions & told:
                found.append((case.data["title"], card.source_label, told))
    assert found == []


def test_a_whole_spine_study_for_low_back_pain_cites_no_neck_guidance(
    compiled: CompiledGuideline,
) -> None:
    data = {
        "title": "whole",
        "orders": [{"id": "o1", "text": "MRI whole spine", "reason": [{"icd10": "M54.50"}]}],
        "conditions": [{"icd10": "M54.50", "onset": "2026-02-15"}],
        "expect": {},
    }
    (card,) = advice_of(Case("whole", date(2026, 6, 15), data), compiled).cards
    assert "neck" not in card.source_label.lower()
    assert "eck pain" not in card.detail


def test_words_that_a_longer_quote_holds_are_quoted_once(compiled: CompiledGuideline) -> None:
    data = {
        "title": "said",
        "orders": [
            {
                "id": "o1",
                "cpt": "72148",
                "reason": [{"text": "leg weakness both sides since Sunday"}],
            }
        ],
        "expect": {},
    }
    (card,) = advice_of(Case("said", date(2026, 6, 15), data), compiled).cards
    said = next(line for line in card.detail.split("\n\n") if "Said in the order" in line)
    assert said.count("weakness both sides") == 1
    assert '"leg weakness both sides since Sunday"' in said


def test_every_address_of_a_source_is_encrypted(compiled: CompiledGuideline) -> None:
    """CDS Hooks clients refuse to show others."""
    addresses = [citation.url for citation in compiled.guideline.citations.values() if citation.url]
    assert addresses
    assert [address for address in addresses if not address.startswith("https://")] == []


def test_cards_link_to_the_further_guidelines_they_cite_where_the_service_is_public(
    compiled: CompiledGuideline,
) -> None:
    data = {
        "title": "links",
        "orders": [
            {"id": "o1", "cpt": "72148", "reason": [{"text": "saddle numbness since today"}]}
        ],
        "expect": {},
    }
    (alone,) = advice_of(Case("alone", date(2026, 6, 15), data), compiled).cards
    (card,) = advice_of(Case("links", date(2026, 6, 15), data | {"links": True}), compiled).cards
    assert alone.links == ()
    assert card.links
    assert all(link.url.startswith("https://") for link in card.links)
    assert card.source_url not in {link.url for link in card.links}
    assert len({link.url for link in card.links}) == len(card.links)
