"""Names that stand for something: those that the program reads have to be in the files."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from cds_service.knowledge.anchors import ANCHORS, anchored
from cds_service.knowledge.parts import Names

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


def _known(names: Names) -> Mapping[str, Collection[str]]:
    return {
        "value set": names.value_sets,
        "criterion": names.criteria,
        "group": names.groups,
        "scenario": names.scenarios,
        "card": names.cards,
        "form of a card": names.forms,
        "suggestion": names.suggestions,
        "advice line": names.advice,
        "citation": names.citations,
    }
