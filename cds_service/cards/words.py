"""The wording of a guideline, prepared once: what is the same at every call is not put together again."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import msgspec
from msgspec import Struct

from cds_service.cards.forms import Form, template_parts
from cds_service.cards.ids import NON_ADHERENCE_SYSTEM, OVERRIDE_SYSTEM, topic
from cds_service.cards.names import is_contrast_said, spoken_study
from cds_service.cards.order_changes import StudyCodes, answer_concept, listed_code
from cds_service.cds_hooks.model import Coding, Link
from cds_service.coding import STATED_PREFIX
from cds_service.evidence.model import StudyProcedure
from cds_service.knowledge.model import (
    CardText,
    Citation,
    Guideline,
    SuggestionText,
    Wording,
)

_MAX_LINKS = 2
_NAME = re.compile(r"\{(?:preferred|reasons)\}")


class FormWords(Struct, frozen=True, gc=False):
    """One form of a card."""

    summary: tuple[str, ...]
    """Words, placeholder, words, and so on: see `template_parts`."""
    names_order: bool
    """The summary names the ordered study."""
    opening: str
    """The sentence that opens the detail; empty for none."""


class PreparedCard(Struct, frozen=True, gc=False):
    """One card of the catalog."""

    text: CardText
    topic: Coding
    override_reasons: tuple[Coding, ...]
    forms: Mapping[str, FormWords]
    """By the id of the variant; the empty one is the plain form."""


class PreparedSuggestion(Struct, frozen=True, gc=False):
    """One suggestion of the catalog. The name of the study, or of the reason, stands between the parts of its texts."""

    text: SuggestionText
    label: tuple[str, ...]
    descriptions: tuple[tuple[str, ...], ...]
    """One an action."""
    created: tuple[msgspec.Raw, ...]
    """`code` of each listed order, as FHIR."""
    answer: msgspec.Raw | None
    """The reason that states the orderer's answer, as FHIR; None: the suggestion is no answer."""


class SourceName(Struct, frozen=True, gc=False):
    """How cards name a source."""

    text: str
    """In a sentence: short name and year."""
    label: str
    """By itself."""
    url: str | None
    regions: frozenset[str]
    """The parts of the spine that it speaks of; empty: all."""


class CardWords:
    """Every text of the cards of a guideline, and the codes of the studies that they suggest."""

    def __init__(self, guideline: Guideline) -> None:
        wording = guideline.wording
        self.guideline = guideline
        self.detail: Mapping[str, str] = {
            key: text for key, text in wording.detail if isinstance(text, str)
        }
        """Headings and sentences of the detail, by key."""
        self.headings = {key: f"**{text}:**" for key, text in self.detail.items()}
        self.source_words = wording.detail.source
        self.names = wording.short_names
        self.advice = wording.advice
        self.pediatric_advice = wording.pediatric_advice
        self.symptoms = guideline.combination.symptoms.names
        self.shown_order = {
            indicator: rank for rank, indicator in enumerate(guideline.card_limits.order)
        }
        self.codes = StudyCodes(guideline.catalog)
        self.sources = {
            name: _source_name(citation) for name, citation in guideline.citations.items()
        }
        self.cards = {
            card.id: _prepared_card(card, _override_codings(wording)) for card in wording.card
        }
        self.suggestions = {text.id: _prepared_suggestion(text) for text in wording.suggestion}
        self._keep_case = frozenset(wording.short_names.keep_case)
        self._studies: dict[tuple[str | None, tuple[str, ...], str, bool], str] = {}

    def study(self, study: StudyProcedure, beside: Sequence[StudyProcedure] = ()) -> str:
        """Name of a study; with its contrast where another study of `beside` would read the same without it."""
        is_said = is_contrast_said(study, beside)
        key = (study.modality, study.regions, study.contrast, is_said)
        name = self._studies.get(key)
        if name is None:
            name = spoken_study(study, self.names, is_contrast_said=is_said)
            self._studies[key] = (
                name  # studies are few: modality, regions and contrast are closed lists
            )
        return name

    def inside(self, text: str) -> str:
        """A filling that does not begin the sentence: lower case unless it starts with an abbreviation or a name."""
        first = text.split(" ", 1)[0].rstrip(",;:")
        if first in self._keep_case or first.split("/")[0].split("-")[0] in self._keep_case:
            return text
        return text[:1].lower() + text[1:]

    def source(self, cite: str) -> SourceName:
        """The source of a citation such as `acr-lbp-2021 variant 7`."""
        return self.sources[cite.partition(" ")[0]]

    def fitting(self, cites: Sequence[str], regions: Collection[str]) -> list[str]:
        """The citations that speak of one of the regions, or of any; all of them where none does."""
        fitting = [cite for cite in cites if _fits(self.source(cite), regions)]
        return fitting or list(cites)

    def card_source(self, cites: Sequence[str]) -> SourceName:
        """The first source that has an address, else the first; at least one is cited."""
        named = [self.source(cite) for cite in cites]
        return next((source for source in named if source.url), named[0])

    def links(self, cites: Sequence[str], beside: SourceName) -> tuple[Link, ...]:
        """To the sources with an address of their own that a card cites beside its first one."""
        named = (self.source(cite) for cite in cites)
        urls = {
            source.url: source.label for source in named if source.url and source.url != beside.url
        }
        return tuple(Link(label, url) for url, label in list(urls.items())[:_MAX_LINKS])


def citation_text(citation: Citation) -> str:
    """How a card names a source: its short name and year."""
    return f"{citation.short} {citation.year}" if citation.year is not None else citation.short


def capitalized(text: str) -> str:
    """The text with a capital first."""
    return text[:1].upper() + text[1:]


def _source_name(citation: Citation) -> SourceName:
    text = citation_text(citation)
    return SourceName(text, capitalized(text), citation.url, frozenset(citation.regions))


def _fits(source: SourceName, regions: Collection[str]) -> bool:
    return not source.regions or not regions or not source.regions.isdisjoint(regions)


def _override_codings(wording: Wording) -> Mapping[str, Coding]:
    """Every override reason, with its code in CDS Hooks 3.0 where there is one."""
    known = {
        code: Coding(NON_ADHERENCE_SYSTEM, code, display)
        for code, display in wording.non_adherence_reason.items()
    }
    return {
        name: Coding(
            OVERRIDE_SYSTEM, name, display, known.get(wording.override_reason_coded.get(name, ""))
        )
        for name, display in wording.override_reason.items()
    }


def _prepared_card(card: CardText, override_reasons: Mapping[str, Coding]) -> PreparedCard:
    forms = (Form(card, None), *(Form(card, variant) for variant in card.variant))
    return PreparedCard(
        text=card,
        topic=topic(card.id),
        override_reasons=tuple(override_reasons[name] for name in card.overrides),
        forms={form.name: _form_words(form) for form in forms},
    )


def _form_words(form: Form) -> FormWords:
    is_opened = form.name in form.card.opens_detail_forms
    return FormWords(
        summary=template_parts(form.summary),
        names_order="{ordered}" in form.summary,
        opening=(form.card.opens_detail or "") if is_opened else "",
    )


def _prepared_suggestion(text: SuggestionText) -> PreparedSuggestion:
    return PreparedSuggestion(
        text=text,
        label=tuple(_NAME.split(text.label)),
        descriptions=tuple(tuple(_NAME.split(sentence)) for sentence in text.description),
        created=tuple(listed_code(created) for created in text.create),
        answer=answer_concept(text.id.removeprefix(STATED_PREFIX), text.states)
        if text.states is not None
        else None,
    )
