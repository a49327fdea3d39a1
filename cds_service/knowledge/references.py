"""One walk over the loaded files by their types: which names stand where, and which of them stand for nothing.

Read `marks` first: it finds every text of a table that is a name or a sentence (`kinds.py`).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from cds_service.knowledge.anchors import ANCHORS, anchored
from cds_service.knowledge.kinds import Cites, Filled, Ref
from cds_service.knowledge.language import BUILT_IN, Language
from cds_service.knowledge.mistakes import unknown_names
from cds_service.knowledge.parts import Names, Parts, every_table
from cds_service.knowledge.table import Table

Mark = Ref | Filled | Cites
_HINTS: Final = ("scenario", "card", "group", "display")
_PLACES: Final[Mapping[str, str]] = {
    "value set": "value_sets/{name}.toml",
    "criterion": "groups/: criterion '{name}'",
    "group": "groups/{name}.toml",
    "scenario": "combination.toml: scenario '{name}'",
    "card": "wording.toml: card '{name}'",
    "form of a card": "wording.toml: variant '{name}'",
    "suggestion": "wording.toml: suggestion '{name}'",
    "advice line": "wording.toml: advice.{name}",
    "citation": "citations.toml: '{name}'",
}
"""Where a name stands that the program reads."""


@dataclass(frozen=True, slots=True)
class Marked:
    """One text, or list of texts, whose type says what it is."""

    where: str
    """File, tables and key."""
    mark: Mark
    value: Any

    @property
    def name(self) -> str:
        """The name itself; a citation may have a place in the source behind it."""
        text = str(self.value)
        return text.split(maxsplit=1)[0] if text.strip() else text


def marks(table: Table, where: str) -> Iterator[Marked]:
    """Every marked text of a table and of the tables inside it; `where` is the file, and the table's name in it."""
    separator = ", " if ": " in where else ": "
    for key, annotation in _marked_fields(type(table)):
        yield from _marked(getattr(table, key), annotation, where, separator, key)


def _marked(value: Any, annotation: Any, where: str, separator: str, key: str) -> Iterator[Marked]:
    if value is None:
        return
    if isinstance(value, Table):
        yield from marks(value, f"{where}{separator}{key}")
        return
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *found = get_args(annotation)
        for mark in found:
            if isinstance(mark, Ref | Filled | Cites):
                yield Marked(f"{where}{separator}{key}", mark, value)
        yield from _marked(value, inner, where, separator, key)
    elif origin in (Union, UnionType):
        for option in get_args(annotation):
            yield from _marked(value, option, where, separator, key)
    elif origin in (tuple, dict, Mapping):
        inside = get_args(annotation)[origin is not tuple]
        for name, item in _items(key, value):
            yield from _marked(item, inside, where, separator, name)


def _items(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What a list or table of names holds, each with what it is called."""
    if isinstance(value, Mapping):
        yield from ((f"{key}.{name}", item) for name, item in value.items())
    else:
        for position, item in enumerate(value, 1):
            yield (_named(key, item, position) if isinstance(item, Table) else key), item


def _named(key: str, table: Table, position: int) -> str:
    """How a table of a list is called: `criterion 'fever'`, `evidence 2 (condition)`, `card_rule 8 ('pediatric')`."""
    name = getattr(table, "id", None)
    if name is not None:
        return f"{key} '{name}'"
    kind = getattr(table, "type", None)
    if kind is not None:
        return f"{key} {position} ({kind})"
    hint = next((text for text in (getattr(table, hint, None) for hint in _HINTS) if text), None)
    return f"{key} {position} ('{hint}')" if hint else f"{key} {position}"


@cache
def _marked_fields(table: type[Table]) -> tuple[tuple[str, Any], ...]:
    """The fields under which a mark may stand, with their annotations."""
    hints = get_type_hints(table, include_extras=True)
    return tuple((key, hints[key]) for key in table.model_fields if _may_hold(hints[key], {table}))


def _may_hold(annotation: Any, seen: set[type[Table]]) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        if annotation in seen:
            return True
        hints = get_type_hints(annotation, include_extras=True)
        return any(_may_hold(hints[key], {*seen, annotation}) for key in annotation.model_fields)
    return any(
        isinstance(part, Ref | Filled | Cites) or _may_hold(part, seen)
        for part in get_args(annotation)
    )


def reference_mistakes(parts: Parts, names: Names) -> Iterator[str]:
    """One line a name that stands for nothing, a placeholder that nothing fills, and a list that cites nothing."""
    known = {**_known(names), **_known_words(parts.language)}
    for where, table in every_table(parts):
        for found in marks(table, where):
            match found.mark:
                case Ref(kind=kind, also=also):
                    if found.name not in also and kind in known:
                        yield from unknown_names(found.where, kind, (found.name,), known[kind])
                case Filled(words=words):
                    yield from placeholder_mistakes(found.where, found.value, words)
                case Cites() if not found.value:
                    yield (
                        f"{found.where}: nothing is cited. Everything clinical cites a source of "
                        'citations.toml. Add its id; our own choice is "policy".'
                    )


def placeholder_mistakes(where: str, text: str, words: Collection[str]) -> Iterator[str]:
    """The lines for braces that do not match and for placeholders that nothing fills here."""
    try:
        fields = [found for _, found, _, _ in Formatter().parse(text) if found is not None]
    except ValueError:
        yield (
            f"{where}: the braces of '{text}' do not match. A placeholder is a word in braces, such as "
            "{ordered}. Correct them."
        )
        return
    for field in fields:
        if not words:
            yield (
                f"{where}: nothing fills the placeholder '{field}' here. It would be shown in its "
                "braces. Write the word itself, or the name of a shared number."
            )
        else:
            yield from unknown_names(where, "placeholder", (field,), words)


def anchor_mistakes(names: Names) -> Iterator[str]:
    """One line a name that the program reads and that no file gives."""
    known = _known(names)
    for kind, place in _PLACES.items():
        for name in anchored(ANCHORS[kind]):
            if name not in known[kind]:
                close = difflib.get_close_matches(name, list(known[kind]), n=1)
                renamed = f" Was it renamed to '{close[0]}'?" if close else ""
                yield (
                    f"{place.format(name=name)} is missing. The program reads this {kind} by its name."
                    f"{renamed} Restore the name, or change it in knowledge/anchors.py too."
                )


def used_names(table: Table) -> Mapping[str, frozenset[str]]:
    """By kind, the names that a table uses, or a table inside it."""
    found: dict[str, set[str]] = {}
    for item in marks(table, ""):
        if isinstance(item.mark, Ref) and item.mark.is_use:
            found.setdefault(item.mark.kind, set()).add(item.name)
    return {kind: frozenset(used) for kind, used in found.items()}


def _known_words(language: Language | None) -> Mapping[str, Collection[str]]:
    if language is None:
        return {}  # it has mistakes of its own: whether a name exists cannot be told
    return {"concept": language.concepts, "word class": {*language.classes, *BUILT_IN}}


def _known(names: Names) -> Mapping[str, Collection[str]]:
    return {
        "value set": names.value_sets,
        "criterion": names.criteria,
        "group": names.groups,
        "scenario": names.scenarios,
        "card": names.cards,
        "form of a card": names.forms,
        "suggestion": names.suggestions,
        "override reason": names.overrides,
        "advice line": names.advice,
        "unit table": names.units,
        "statement in ratings/when.toml": names.rating_whens,
        "citation": names.citations,
    }
