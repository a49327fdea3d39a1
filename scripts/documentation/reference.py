"""The reference pages, made from the code and the guideline files: they cannot say anything that is not so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final

import click

from cds_service.cards.ids import topic_code
from cds_service.cli import commands
from cds_service.evidence.record.types import REQUIREMENTS, TYPES
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.model import (
    AgeEvidence,
    Criterion,
    Evidence,
    Group,
    Guideline,
    MedicationDaysEvidence,
    ObservationEvidence,
)
from cds_service.settings import Settings, variable
from cds_service.web.openapi import openapi_document
from cds_service.web.services import SERVICES
from scripts.documentation.guideline_keys import guideline_keys_page

_MOST_SHOWN: Final = 12
"""Words of a closed list; of a longer one the first three stand for the others."""
_OPERATORS: Final = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
_TELLS_SETTINGS: Final = (
    "Every setting of this version, from the program itself: its name, what may stand there and what it is when "
    "nothing does. What each is for stands in [settings](../settings.md)."
)
_TELLS_DATA: Final = (
    "What is asked for, and from which resource types each key is answered; prefetch, discovery and our own FHIR "
    "searches are made from this table. A key that is required and can be had neither way is a 412."
)
_TELLS_CRITERIA: Final = (
    "Every criterion of the guideline, its strength, and where it is looked for. Windows are in days before the day "
    "of the call, both ends included. The ids are those of the explanation that goes with every answer. How criteria "
    "become a level, and levels a card, stands in [how the guideline is read](../clinical.md)."
)
_TELLS_HTTP: Final = (
    "The same as `GET /openapi.json` of a running service says in OpenAPI 3.1, made from it. Errors are FHIR "
    "OperationOutcomes; what each status asks for stands in "
    "[connecting an EHR](../integration.md#when-it-does-not-work)."
)
_TELLS_CARDS: Final = (
    "Every kind of card. The id stands in `source.topic.code`, in UpperCamelCase, and never changes. A card has forms: "
    "its own summary, indicator or suggestions where the case asks for another."
)


def reference_files() -> dict[str, str]:
    """Text of every generated file, by its path in the site."""
    pages: dict[str, Callable[[], str]] = {
        "settings": settings_page,
        "commands": commands_page,
        "data": data_page,
        "criteria": lambda: criteria_page(_guideline()),
        "cards": lambda: cards_page(_guideline()),
        "keys": guideline_keys_page,
        "http": lambda: http_page(_guideline()),
    }
    return {f"reference/{name}.md": make() for name, make in pages.items()}


def settings_page() -> str:
    """Each field of Settings."""
    rows = [
        (f"`{variable(name)}`", field.description or "", _default(field.default))
        for name, field in Settings.model_fields.items()
    ]
    return _page("Settings", _TELLS_SETTINGS, table(("name", "value", "default"), rows))


def commands_page() -> str:
    """What `--help` says of each command."""
    parts = []
    for path, command in _commands(commands, ("spine-cds",)):
        context = click.Context(command, info_name=" ".join(path))
        parts += [f"## {' '.join(path)}", f"```text\n{command.get_help(context)}\n```"]
    tells = "`spine-cds` is also `python -m cds_service`. Exit 0 fine, 1 found something wrong, 2 wrong usage."
    return _page("Commands", tells, *parts)


def data_page() -> str:
    """The prefetch keys, and the types that are read."""
    keys = [
        (
            f"`{need.key}`",
            f"`{need.template}`",
            "yes" if need.is_required else "no",
            ", ".join((need.resource_type, *need.also)),
            ", ".join(need.hooks),
        )
        for need in REQUIREMENTS
    ]
    alone = ", ".join(one.name for one in TYPES if not one.answers)
    return _page(
        "Data that is read",
        _TELLS_DATA,
        table(("key", "query", "required", "answered by", "hooks"), keys),
        f"Read where another key or a Bundle brings them along: {alone}.",
    )


def criteria_page(guideline: Guideline) -> str:
    """Each group with its criteria."""
    parts = []
    for group in guideline.groups:
        parts += [f"## {group.name} (`{group.id}`)", _group_words(group)]
        if group.criterion:
            rows = [_criterion_row(one) for one in group.criterion]
            parts.append(table(("id", "name", "strength", "looked for in", "sources"), rows))
    short = guideline.citations
    rows = [(f"`{one.id}`", one.title, one.year or "", one.url or "") for one in short.values()]
    parts += ["## Sources", table(("id", "title", "year", "address"), rows)]
    return _page("Criteria", _TELLS_CRITERIA, *parts)


def cards_page(guideline: Guideline) -> str:
    """Each card with its forms, suggestions and override reasons."""
    wording = guideline.wording
    parts = []
    for card in wording.card:
        rows = [(card.indicator, "", card.summary)] + [
            (form.indicator or card.indicator, f"`{form.id}`", form.summary or "as above")
            for form in card.variant
        ]
        parts += [f"## {topic_code(card.id)} (`{card.id}`)"]
        parts.append(table(("indicator", "form", "summary"), rows))
        if card.suggestions:
            parts.append("Suggestions: " + ", ".join(f"`{name}`" for name in card.suggestions))
        if card.overrides:
            parts.append("Override reasons: " + ", ".join(f"`{name}`" for name in card.overrides))
    suggestions = [(f"`{one.id}`", one.label, ", ".join(one.actions)) for one in wording.suggestion]
    parts += ["## Suggestions", table(("id", "label", "actions"), suggestions)]
    reasons = [
        (f"`{name}`", text, _code(wording.override_reason_coded.get(name)))
        for name, text in wording.override_reason.items()
    ]
    parts += ["## Override reasons", table(("code", "display", "in CDS Hooks 3.0"), reasons)]
    return _page("Cards", _TELLS_CARDS, *parts)


def http_page(guideline: Guideline) -> str:
    """Each address with what it is for and how it can end, and what the members of an answer are."""
    document = openapi_document(SERVICES, guideline)
    addresses = [
        (f"`{method.upper()} {path}`", about["summary"], ", ".join(about["responses"]))
        for path, methods in document["paths"].items()
        for method, about in methods.items()
    ]
    parts = [table(("address", "what", "statuses"), addresses)]
    for name, schema in document["components"]["schemas"].items():
        needed = schema.get("required", ())
        rows = [
            (f"`{key}`", _schema_words(member), "yes" if key in needed else "no")
            for key, member in schema.get("properties", {}).items()
        ]
        parts += [f"## {name}", table(("member", "holds", "needed"), rows)]
    return _page("HTTP", _TELLS_HTTP, *parts)


def table(heads: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """A Markdown table. A cell may hold anything but a line break."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


@cache
def _guideline() -> Guideline:
    return load_guideline(cpt=True)


def _schema_words(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        shown = [f"`{value}`" for value in schema["enum"]]
        return ", ".join(shown if len(shown) <= _MOST_SHOWN else [*shown[:3], f"… ({len(shown)})"])
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_schema_words(schema['items'])}"
    inner = schema.get("properties")
    words = ", ".join(f"`{key}`" for key in inner) if inner else str(schema.get("type", "anything"))
    return f"{words}. {schema['description']}" if "description" in schema else words


def _page(title: str, *parts: str) -> str:
    made = "<!-- Made by scripts/documentation; not to be edited. -->"
    return "\n\n".join((f"# {title}", made, *parts)) + "\n"


def _cell(value: object) -> str:
    # A bar would end the cell, and a sign of smaller would begin a tag; inside a code span it is text anyway.
    text = str(value).replace("|", "\\|")
    return text if "`" in text else text.replace("<", "&lt;")


def _code(value: str | None) -> str:
    return f"`{value}`" if value else ""


def _default(value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "`on`" if value else "`off`"
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{value}`"


def _commands(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name in sorted(command.commands):
        yield from _commands(command.commands[name], (*path, name))


def _group_words(group: Group) -> str:
    serious = "A serious group: one that is active is never waited for. " if group.serious else ""
    study = group.preferred
    wanted = f"Usual study: {study.modality}, {study.region}, {study.contrast}. " if study else ""
    return f"{serious}{wanted}Urgency when active: {group.urgency.value}."


def _criterion_row(criterion: Criterion) -> tuple[object, ...]:
    looked_for = "; ".join(_evidence_words(one) for one in criterion.evidence)
    return (
        f"`{criterion.id}`",
        criterion.name,
        criterion.strength.value,
        looked_for,
        ", ".join(criterion.sources),
    )


def _evidence_words(evidence: Evidence) -> str:
    match evidence:
        case ObservationEvidence():
            limit = f"{_OPERATORS[evidence.op]} {evidence.value:g}"
            return f"observation `{evidence.vs}` {limit}, {evidence.agg} of {evidence.days} days"
        case MedicationDaysEvidence():
            least = f"{evidence.min_exposure_days} days within {evidence.window_days}"
            return f"medication `{evidence.vs}`, {least}"
        case AgeEvidence():
            below = f" and < {evidence.below}" if evidence.below else ""
            return f"age {_OPERATORS[evidence.op]} {evidence.value}{below}"
        case _:
            return _plain_words(evidence)


def _plain_words(evidence: Evidence) -> str:
    named = getattr(evidence, "vs", ())
    sets = (named,) if isinstance(named, str) else tuple(named)
    days = getattr(evidence, "days", None)
    what = f"computed `{evidence.fn}`" if evidence.type == "computed" else evidence.type
    words = " ".join((what.replace("-", " "), *(f"`{one}`" for one in sets)))
    return f"{words}, {days} days" if days else words
