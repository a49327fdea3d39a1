"""What loading does not forbid and a reviewer wants to know: old content, accidental overlaps, dead rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from cds_service.coding import plain_code
from cds_service.knowledge.links import value_sets_of
from cds_service.knowledge.model import Guideline, Region, When
from cds_service.knowledge.overlaps import icd_codes, plain_codes, shared_codes
from cds_service.knowledge.parts import statements

_EVERY_ORDER = When(fact="always")
_SHOWN_CODES = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. An error fails the check, a warning does not."""

    severity: Literal["error", "warning"]
    where: str
    """File, and what in it."""
    message: str
    """What, why, what to do."""


def check_guideline(guideline: Guideline, today: date, *, release: bool) -> tuple[Finding, ...]:
    """Everything found, errors first. `release` is stricter about dates, memory and approval."""
    found = (
        *_date_findings(guideline, today, release=release),
        *_overlap_findings(guideline),
        *_scenario_findings(guideline),
        *_value_set_findings(guideline),
        *_code_findings(guideline),
        *_unused_findings(guideline),
        *(_memory_findings(guideline) if release else ()),
    )
    return tuple(sorted(found, key=lambda finding: finding.severity))


def _date_findings(guideline: Guideline, today: date, *, release: bool) -> Iterator[Finding]:
    content = guideline.content
    if today > content.review_by:
        yield Finding(
            "error" if release else "warning",
            "guideline.toml: review_by",
            f"the review was due on {content.review_by}. Guidance changes, and old advice looks like "
            "new advice. Review the content, then set date and review_by.",
        )
    if release and content.status != "approved":
        yield Finding(
            "warning",
            "guideline.toml: status",
            "the content is not clinically approved. A named clinician and a radiologist sign before "
            "clinical use. Have it signed, then set status.",
        )


def _overlap_findings(guideline: Guideline) -> Iterator[Finding]:
    value_sets = guideline.value_sets
    shared = shared_codes(value_sets)
    for (one, other), codes in shared.items():
        for name, missing in ((one, other), (other, one)):
            if missing not in value_sets[name].overlaps:
                some = ", ".join(codes[:_SHOWN_CODES])
                yield Finding(
                    "error",
                    f"value_sets/{name}.toml: overlaps",
                    f"shares codes with '{missing}' ({some}) and does not say so. One entry of a "
                    f"record then counts twice. Add '{missing}' to overlaps if that is meant, or move "
                    "the codes.",
                )
    for name, value_set in value_sets.items():
        for other in value_set.overlaps:
            if tuple(sorted((name, other))) not in shared:
                yield Finding(
                    "warning",
                    f"value_sets/{name}.toml: overlaps",
                    f"names '{other}', with which it shares no code. Remove it.",
                )


def _scenario_findings(guideline: Guideline) -> Iterator[Finding]:
    reached: set[str] = set()
    earlier: list[When] = []
    for rule in guideline.combination.scenario_rule:
        if rule.when not in earlier and _EVERY_ORDER not in earlier:
            reached.add(rule.scenario)
        earlier.append(rule.when)
    named = {rule.scenario for rule in guideline.combination.scenario_rule}
    for scenario in guideline.combination.scenario:
        if scenario.id not in reached:
            why = (
                "every rule for it stands behind one that holds first"
                if scenario.id in named
                else "no scenario_rule names it"
            )
            yield Finding(
                "error",
                f"combination.toml: scenario '{scenario.id}'",
                f"no order ever reaches it: {why}. Its ratings are dead. Correct the rules, or remove "
                "the scenario.",
            )


def _value_set_findings(guideline: Guideline) -> Iterator[Finding]:
    used = _used_value_sets(guideline)
    for name in guideline.value_sets:
        if name not in used:
            yield Finding(
                "error",
                f"value_sets/{name}.toml",
                "nothing uses this value set. It looks like a rule and is none. Name it where it "
                "counts, or remove it.",
            )


def _used_value_sets(guideline: Guideline) -> frozenset[str]:
    symptoms = guideline.combination.symptoms
    used = {name for key in (*get_args(Region), "context_only") for name in getattr(symptoms, key)}
    for criterion in (found for group in guideline.groups for found in group.criterion):
        used.update(name for evidence in criterion.evidence for name in value_sets_of(evidence))
        if criterion.downgrade is not None:
            used.add(criterion.downgrade.when)
    for check in guideline.order_checks:
        used.update(check.uses)
    excluding = (value_set.icd10cm_exclude_set for value_set in guideline.value_sets.values())
    stated = (
        when.value_set_on_order_or_symptom
        for outermost in _whens(guideline)
        for when in statements(outermost)
    )
    used.update(name for name in (*excluding, *stated) if name is not None)
    return frozenset(used)


def _whens(guideline: Guideline) -> Iterator[When]:
    yield from (rule.when for rule in guideline.combination.scenario_rule)
    yield from (rule.when for rule in guideline.card_rules)
    yield from (row.when for row in guideline.rating_when.values() if row.when is not None)
    yield from (variant.when for card in guideline.wording.card for variant in card.variant)


def _code_findings(guideline: Guideline) -> Iterator[Finding]:
    unverified = {
        (entry.system, plain_code(entry.system, entry.code))
        for entries in (
            guideline.catalog.unverified,
            *(value_set.unverified for value_set in guideline.value_sets.values()),
        )
        for entry in entries
    }
    for where, system, code in _every_code(guideline):
        if (system, code) in unverified:
            yield Finding(
                "error",
                where,
                f"uses the {system} code {code}, which stands under unverified. Such a code is never "
                "used. Confirm it in a public source and remove it there, or leave it out.",
            )
    for study in guideline.catalog.procedure:
        for system, code in study.preferred.items():
            if code in study.codes.get(system, {}).get("D", ()):
                yield Finding(
                    "error",
                    f"procedures.toml: '{study.display}'",
                    f"prefers the {system} code {code}, which one public list alone confirms (D). A "
                    "code that we send has to be sure. Confirm it, or prefer none.",
                )


def _every_code(guideline: Guideline) -> Iterator[tuple[str, str, str]]:
    """(where, system word, code) of every code that is matched or sent."""
    for name, value_set in guideline.value_sets.items():
        for system, code in plain_codes(value_set):
            yield f"value_sets/{name}.toml", system, code
        for code in icd_codes(value_set):
            yield f"value_sets/{name}.toml", "icd10cm", code
    catalog = guideline.catalog
    for where, codes in (
        *((f"procedures.toml: '{study.display}'", study.codes) for study in catalog.procedure),
        *((f"procedures.toml: '{study.display}'", study.codes) for study in catalog.other),
    ):
        for word, tiers in codes.items():
            for found in tiers.values():
                yield from ((where, word, code) for code in found)
    for suggestion in guideline.wording.suggestion:
        for order in suggestion.create:
            yield f"wording.toml: suggestion '{suggestion.id}'", order.system, order.code


def _unused_findings(guideline: Guideline) -> Iterator[Finding]:
    wording = guideline.wording
    cards = {rule.card for rule in guideline.card_rules} | {*guideline.card_limits.added_cards}
    variants = [variant for card in wording.card for variant in card.variant]
    offered = {
        *(name for card in wording.card for name in card.suggestions),
        *(name for variant in variants for name in variant.suggestions or ()),
        *(name for group in guideline.groups for name in group.possible.add_suggestion),
    }
    overrides = {name for card in wording.card for name in card.overrides}
    for file, kind, names, used in (
        ("citations.toml", "citation", guideline.citations, _cited(guideline)),
        ("wording.toml", "card", [card.id for card in wording.card], cards),
        ("wording.toml", "suggestion", [entry.id for entry in wording.suggestion], offered),
        ("wording.toml", "override reason", wording.override_reason, overrides),
    ):
        for name in names:
            if name not in used:
                yield Finding(
                    "warning",
                    f"{file}: '{name}'",
                    f"nothing uses this {kind}. Name it where it belongs, or remove it.",
                )


def _cited(guideline: Guideline) -> frozenset[str]:
    lists = (
        guideline.safety_limits.sources,
        *(parameter.sources for parameter in guideline.parameters.values()),
        *(criterion.sources for group in guideline.groups for criterion in group.criterion),
        *(row.cite for row in guideline.ratings),
        *(check.sources for check in guideline.order_checks),
        *(card.sources for card in guideline.wording.card),
    )
    return frozenset(text.split(maxsplit=1)[0] for found in lists for text in found)


def _memory_findings(guideline: Guideline) -> Iterator[Finding]:
    for row in guideline.ratings:
        columns = [
            column
            for column, cell in zip(guideline.rating_columns, row.cells, strict=True)
            if cell.endswith("m")
        ]
        if columns:
            name = ", ".join(part for part in (row.scenario, row.when, row.profile) if part)
            yield Finding(
                "warning",
                f"ratings/{row.region}.toml: row {name}",
                f"is from memory in {', '.join(columns)}. Read the source before a release, then "
                "correct the provenance letters.",
            )
    cited = _cited(guideline)
    for citation in guideline.citations.values():
        if citation.provenance == "m" and citation.id in cited:
            yield Finding(
                "warning",
                f"citations.toml: '{citation.id}'",
                "is cited from memory. Read it before a release, then correct its provenance.",
            )
