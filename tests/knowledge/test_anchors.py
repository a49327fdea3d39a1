"""Names of the guideline that the program reads are constants, and loading refuses a guideline without them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cds_service.knowledge.anchors import ANCHORS, anchored
from cds_service.knowledge.model import Guideline
from cds_service.knowledge.parts import Names
from cds_service.knowledge.references import anchor_mistakes


def names_of(guideline: Guideline) -> Names:
    wording = guideline.wording
    return Names(
        citations=frozenset(guideline.citations),
        parameters=frozenset(guideline.parameters),
        value_sets=frozenset(guideline.value_sets),
        groups=frozenset(group.id for group in guideline.groups),
        criteria=frozenset(found.id for group in guideline.groups for found in group.criterion),
        domains={},
        scenarios=frozenset(scenario.id for scenario in guideline.combination.scenario),
        units=frozenset(guideline.units),
        rating_whens=frozenset(guideline.rating_when),
        cards=frozenset(card.id for card in wording.card),
        forms=frozenset(variant.id for card in wording.card for variant in card.variant),
        suggestions=frozenset(suggestion.id for suggestion in wording.suggestion),
        overrides=frozenset(wording.override_reason),
        advice=frozenset(wording.advice),
    )


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind, anchors in ANCHORS.items()
        for name in anchored(anchors)
        if kind != "parameter"
    ],
)
def test_a_name_that_the_program_reads_has_to_be_in_the_files(
    kind: str, name: str, guideline: Guideline
) -> None:
    names = names_of(guideline)
    assert list(anchor_mistakes(names)) == []
    without = replace(
        names,
        citations=names.citations - {name},
        value_sets=names.value_sets - {name},
        groups=names.groups - {name},
        criteria=names.criteria - {name},
        scenarios=names.scenarios - {name},
        cards=names.cards - {name},
        forms=names.forms - {name},
        suggestions=names.suggestions - {name},
        advice=names.advice - {name},
    )
    lines = [line for line in anchor_mistakes(without) if f"this {kind} by its name" in line]
    assert len(lines) == 1
    assert name in lines[0]


@pytest.mark.parametrize("anchors", ANCHORS.values(), ids=ANCHORS)
def test_a_constant_is_called_like_its_name(anchors: type) -> None:
    for name in anchored(anchors):
        assert getattr(anchors, name.upper().replace("-", "_")) == name


def test_a_consistent_rename_says_where_to_change_the_program(
    root: Path, mistakes: Callable[[], tuple[str, ...]]
) -> None:
    for file in root.rglob("*.toml"):
        text = file.read_text(encoding="utf-8")
        renamed = text.replace('"hospice"', '"hospice-care"').replace("[hospice]", "[hospice-care]")
        file.write_text(renamed, encoding="utf-8")
    (root / "value_sets" / "hospice.toml").rename(root / "value_sets" / "hospice-care.toml")
    assert mistakes() == (
        (
            "value_sets/hospice.toml is missing. The program reads this value set by its name. Was it "
            "renamed to 'hospice-care'? Restore the name, or change it in knowledge/anchors.py too."
        ),
    )
