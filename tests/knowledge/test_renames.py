"""A name that is changed in all files either changes no answer, or the guideline does not load and says why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from cds_service.advice import Advice, CompiledGuideline
from cds_service.errors import KnowledgeError
from cds_service.knowledge.anchors import ANCHORS, anchored
from cds_service.knowledge.files import SINGLE_FILES
from cds_service.knowledge.parts import names_in
from cds_service.knowledge.references import anchor_mistakes
from tests.knowledge.renaming import (
    WITHOUT_NAMES,
    loaded,
    names_given,
    renamed_files,
    with_names,
)
from tests.scenarios.cases import CASES, advice_of, answered, is_answered
from tests.shipped import compiled_like

NEW = "-renamed"
GIVEN = list(names_given())
READ_BY_THE_PROGRAM = [item for item in GIVEN if item[1] in anchored(ANCHORS[item[0]])]
OTHERS = [item for item in GIVEN if item not in READ_BY_THE_PROGRAM]
CASES_A_FILE = 3


@dataclass(frozen=True)
class Answer:
    """What a clinician and a client see of an answer, and the names of the guideline in it."""

    criteria: tuple[str, ...]
    groups: tuple[str, ...]
    scenarios: tuple[str, ...]
    cards: tuple[tuple[str, str, str, str, tuple[str, ...]], ...]


def answer(advice: Advice, new: str) -> Answer:
    orders = advice.assessment.orders if advice.assessment is not None else ()
    return Answer(
        criteria=tuple(
            sorted(
                f"{found.criterion.id.removesuffix(new)} {found.strength}"
                for order in orders
                for found in order.criteria
            )
        ),
        groups=tuple(
            f"{found.group.id.removesuffix(new)} {found.level}"
            for order in orders
            for found in order.groups
        ),
        scenarios=tuple(order.scenario.removesuffix(new) for order in orders),
        cards=tuple(
            (
                card.id.removesuffix(new),
                card.indicator,
                card.summary,
                card.detail or "",
                tuple(suggestion.label for suggestion in card.suggestions),
            )
            for card in advice.cards
        ),
    )


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> CompiledGuideline:
    """The guideline with every name changed that the program does not read."""
    tables = with_names(lambda kind, name: name + NEW if (kind, name) in OTHERS else name)
    return compiled_like(loaded(tables, tmp_path_factory.mktemp("renamed")))


def test_there_are_names_of_both_sorts_and_of_every_kind() -> None:
    assert {kind for kind, _ in GIVEN} == {
        "card",
        "criterion",
        "group",
        "scenario",
        "suggestion",
        "value set",
    }
    assert len(OTHERS) > 150
    assert len(READ_BY_THE_PROGRAM) > 90


def test_no_file_is_forgotten() -> None:
    assert set(SINGLE_FILES) <= renamed_files() | WITHOUT_NAMES


def test_every_other_name_was_changed(renamed: CompiledGuideline) -> None:
    guideline = renamed.guideline
    names = {
        *(("value set", name) for name in guideline.value_sets),
        *(("group", group.id) for group in guideline.groups),
        *(("criterion", found.id) for group in guideline.groups for found in group.criterion),
        *(("scenario", scenario.id) for scenario in guideline.combination.scenario),
        *(("card", card.id) for card in guideline.wording.card),
        *(("suggestion", suggestion.id) for suggestion in guideline.wording.suggestion),
    }
    assert names == {
        *((kind, name + NEW) for kind, name in OTHERS),
        *READ_BY_THE_PROGRAM,
    }


@pytest.mark.parametrize("file", sorted({case.file for case in CASES}))
def test_names_that_the_program_does_not_read_change_no_answer(
    renamed: CompiledGuideline, file: str
) -> None:
    cases = [case for case in CASES if case.file == file and is_answered(case)]
    spread = cases[:: max(1, len(cases) // CASES_A_FILE)][:CASES_A_FILE]
    assert spread
    for case in spread:
        assert answer(advice_of(case, renamed), NEW) == answer(answered(case), NEW), case.id


@pytest.mark.parametrize(("kind", "name"), READ_BY_THE_PROGRAM)
def test_a_name_that_the_program_reads_is_missed_wherever_else_it_was_changed(
    kind: str, name: str
) -> None:
    tables = with_names(lambda of, old: old + NEW if (of, old) == (kind, name) else old)
    lines = list(anchor_mistakes(names_in(tables)))
    assert len(lines) == 1
    assert f"The program reads this {kind} by its name." in lines[0]
    assert name in lines[0]


def test_such_a_guideline_does_not_load(tmp_path: Path) -> None:
    kind, name = READ_BY_THE_PROGRAM[0]
    tables = with_names(lambda of, old: old + NEW if (of, old) == (kind, name) else old)
    with pytest.raises(KnowledgeError) as raised:
        loaded(tables, tmp_path)
    assert len(raised.value.mistakes) == 1
