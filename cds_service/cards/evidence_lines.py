"""Lines of evidence: what was found, its value, its day, where it stands, and why it counts less."""

from __future__ import annotations

import re

from cds_service.assessment.model import AGE, HISTORICAL, SUSPECTED, CriterionResult, Finding
from cds_service.cards.names import cut, date_text, first_of, value_text
from cds_service.cards.words import CardWords
from cds_service.cds_hooks.markdown import escaped

_SEMANTIC_TAG = re.compile(
    r"\s*\((?:disorder|finding|procedure|situation|morphologic abnormality|physical object|substance|product"
    r"|observable entity|event|regime/therapy|clinical drug)\)$"
)
DISPLAY_LENGTH = 80
MAX_SHOWN = 2
"""Findings shown of one criterion, and items on a card beside the primary one."""


def criterion_line(words: CardWords, result: CriterionResult) -> str:
    """`Urinary retention: Retention of urine (14 Jun 2026)`: what is recorded of a criterion."""
    name = result.criterion.short or result.criterion.name
    recorded = [finding for finding in result.findings if not finding.from_order_text]
    recorded = recorded or list(
        result.findings
    )  # a card beside the primary one may rest on the order alone
    items = first_of([finding_text(words, finding) for finding in recorded], MAX_SHOWN, ", ")
    if result.strength is None:
        return f"{name} ({words.detail['noted'].lower()}): {items}"
    if name.casefold() in recorded[0].display.casefold():
        return items
    return f"{name}: {items}"


def finding_text(words: CardWords, finding: Finding) -> str:
    """`Retention of urine (14 Jun 2026)`, escaped."""
    detail = words.detail
    if finding.value_set == AGE:
        return detail["age_value"].format(age=finding.value)
    shown = cut(plain_name(finding.display), DISPLAY_LENGTH)
    if finding.value:
        shown = f"{shown} {cut(value_text(finding.value, words.names), DISPLAY_LENGTH)}"
    if finding.converted:
        shown = f"{shown} = {value_text(finding.converted, words.names)}"
    facts = [date_text(finding.when, detail["undated"])]
    if finding.state in (SUSPECTED, HISTORICAL):
        facts.append(detail[finding.state.value])
    facts += [detail[note] for note in finding.notes if note != "undated"]
    return f"{escaped(shown)} ({', '.join(facts)})"


def shown_line(words: CardWords, display: str, when: str, reference: str) -> str:
    """`Pregnant state (10 Jan 2026, problem list)`."""
    shown = escaped(cut(plain_name(display), DISPLAY_LENGTH))
    return f"{shown} ({when}, {source_word(words, reference)})"


def plain_name(display: str) -> str:
    """The name without the semantic tag of SNOMED CT's fully specified names."""
    return _SEMANTIC_TAG.sub("", display) or display


def source_word(words: CardWords, reference: str) -> str:
    """`Condition/c3` is from the problem list; a type without a word of its own is shown as it is."""
    kind = reference.split("/", 1)[0]
    return words.source_words.get(kind) or escaped(kind)
