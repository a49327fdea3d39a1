"""Lines of evidence: what was found, its value, its day, where it stands, and why it counts less."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cds_service.assessment.model import AGE, HISTORICAL, SUSPECTED, CriterionResult, Finding
from cds_service.cards.names import cut, date_text, first_of, value_text
from cds_service.cards.words import CardWords
from cds_service.cds_hooks.markdown import escaped

_SEMANTIC_TAG = re.compile(
    r"\s*\((?:disorder|finding|procedure|situation|morphologic abnormality|physical object|substance|product"
    r"|observable entity|event|regime/therapy|clinical drug)\)$"
)
_ENOUGH = frozenset({"open_unconfirmed", "names_disagree"})
"""Notes that say why a finding is only suspected."""
DISPLAY_LENGTH = 80
MAX_SHOWN = 2
"""Findings shown of one criterion, and items on a card beside the primary one."""


def criterion_lines(words: CardWords, results: Iterable[CriterionResult]) -> list[str]:
    """`Urinary retention: Retention of urine (14 Jun 2026)`: a line a fact, with all criteria that rest on it."""
    names: dict[str, str] = {}
    for result in results:
        name, items = _criterion_parts(words, result)
        told = names.get(items, "")
        if name.casefold() not in told.casefold():
            told = f"{told}, {words.inside(name)}" if told else name
        names[items] = told
    return [f"{name}: {items}" if name else items for items, name in names.items()]


def _criterion_parts(words: CardWords, result: CriterionResult) -> tuple[str, str]:
    """The name of a criterion, empty where the record says the same, and what is recorded of it."""
    name = result.criterion.short or result.criterion.name
    recorded = [finding for finding in result.findings if not finding.from_order]
    items = first_of([finding_text(words, finding) for finding in recorded], MAX_SHOWN, ", ")
    if result.strength is None:
        return f"{name} ({words.detail['noted'].lower()})", items
    return ("" if name.casefold() in recorded[0].display.casefold() else name), items


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
    if finding.state in (SUSPECTED, HISTORICAL) and not _ENOUGH.intersection(finding.notes):
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
