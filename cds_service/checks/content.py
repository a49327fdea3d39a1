"""What loading does not forbid and a reviewer wants to know: old content, accidental overlaps, dead rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cds_service.checks.overlaps import icd_codes, plain_codes, shared_codes
from cds_service.checks.remark import Remark
from cds_service.coding import plain_code
from cds_service.knowledge.anchors import ANCHORS, anchored
from cds_service.knowledge.model import Guideline, When
from cds_service.knowledge.references import used_names

_EVERY_ORDER = When(fact="always")
_SHOWN_CODES = 3
_READ_BY_THE_PROGRAM = ("advice line", "citation", "value set")
"""Kinds of which the program brings one to life by itself; a card or suggestion has to be named by a file."""


def check_guideline(guideline: Guideline, today: date, *, release: bool) -> tuple[Remark, ...]:
    """Everything found, errors first. `release` is stricter about dates, memory and approval."""
    found = (
        *_date_remarks(guideline, today, release=release),
        *_overlap_remarks(guideline),
        *_scenario_remarks(guideline),
        *_value_set_remarks(guideline),
        *_code_remarks(guideline),
        *_unused_remarks(guideline),
        *(_memory_remarks(guideline) if release else ()),
    )
    return tuple(sorted(found, key=lambda remark: remark.severity))


def _date_remarks(guideline: Guideline, today: date, *, release: bool) -> Iterator[Remark]:
    content = guideline.content
    if today > content.review_by:
        yield Remark(
            "error" if release else "warning",
            "guideline.toml: review_by",
            f"the review was due on {content.review_by}. Guidance changes, and old advice looks like "
            "new advice. Review the content, then set date and review_by.",
        )
    if release and content.status != "approved":
        yield Remark(
            "error",
            "guideline.toml: status",
            "the content is not clinically approved. A named clinician and a radiologist sign before "
            "clinical use. Have it signed, then set status.",
        )


def _overlap_remarks(guideline: Guideline) -> Iterator[Remark]:
    value_sets = guideline.value_sets
    shared = shared_codes(value_sets)
    for (one, other), codes in shared.items():
        for name, missing in ((one, other), (other, one)):
            if missing not in value_sets[name].overlaps:
                some = ", ".join(codes[:_SHOWN_CODES])
                yield Remark(
                    "error",
                    f"value_sets/{name}.toml: overlaps",
                    f"shares codes with '{missing}' ({some}) and does not say so. One entry of a "
                    f"record then counts twice. Add '{missing}' to overlaps if that is meant, or move "
                    "the codes.",
                )
    for name, value_set in value_sets.items():
        for other in value_set.overlaps:
            if tuple(sorted((name, other))) not in shared:
                yield Remark(
                    "warning",
                    f"value_sets/{name}.toml: overlaps",
                    f"names '{other}', with which it shares no code. Remove it.",
                )


def _scenario_remarks(guideline: Guideline) -> Iterator[Remark]:
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
            yield Remark(
                "error",
                f"combination.toml: scenario '{scenario.id}'",
                f"no order ever reaches it: {why}. Its ratings are dead. Correct the rules, or remove "
                "the scenario.",
            )


def _value_set_remarks(guideline: Guideline) -> Iterator[Remark]:
    used = _used(guideline, "value set")
    for name in guideline.value_sets:
        if name not in used:
            yield Remark(
                "error",
                f"value_sets/{name}.toml",
                "nothing uses this value set. It looks like a rule and is none. Name it where it "
                "counts, or remove it.",
            )


def _code_remarks(guideline: Guideline) -> Iterator[Remark]:
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
            yield Remark(
                "error",
                where,
                f"uses the {system} code {code}, which stands under unverified. Such a code is never "
                "used. Confirm it in a public source and remove it there, or leave it out.",
            )
    for study in guideline.catalog.procedure:
        for system, code in study.preferred.items():
            if code in study.codes.get(system, {}).get("D", ()):
                yield Remark(
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


def _unused_remarks(guideline: Guideline) -> Iterator[Remark]:
    wording = guideline.wording
    for file, kind, names in (
        ("citations.toml", "citation", guideline.citations),
        ("units.toml", "unit table", guideline.units),
        ("ratings/when.toml", "statement in ratings/when.toml", guideline.rating_when),
        ("wording.toml", "card", [card.id for card in wording.card]),
        ("wording.toml", "suggestion", [entry.id for entry in wording.suggestion]),
        ("wording.toml", "override reason", wording.override_reason),
        ("wording.toml", "advice line", wording.advice),
    ):
        used = _used(guideline, kind)
        for name in names:
            if name not in used:
                yield Remark(
                    "warning",
                    f"{file}: '{name}'",
                    f"nothing uses this {kind}. Name it where it belongs, or remove it.",
                )


def _used(guideline: Guideline, kind: str) -> frozenset[str]:
    """The names of a kind that the files use, or the program by itself."""
    used = used_names(guideline).get(kind, frozenset())
    return used | {*anchored(ANCHORS[kind])} if kind in _READ_BY_THE_PROGRAM else used


def _memory_remarks(guideline: Guideline) -> Iterator[Remark]:
    for row in guideline.ratings:
        columns = [
            column
            for column, cell in zip(guideline.rating_columns, row.cells, strict=True)
            if cell.endswith("m")
        ]
        if columns:
            name = ", ".join(part for part in (row.scenario, row.when, row.profile) if part)
            yield Remark(
                "warning",
                f"ratings/{row.region}.toml: row {name}",
                f"is from memory in {', '.join(columns)}. Read the source before a release, then "
                "correct the provenance letters.",
            )
    cited = _used(guideline, "citation")
    for citation in guideline.citations.values():
        if citation.provenance == "m" and citation.id in cited:
            yield Remark(
                "warning",
                f"citations.toml: '{citation.id}'",
                "is cited from memory. Read it before a release, then correct its provenance.",
            )
