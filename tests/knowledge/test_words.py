"""The words of cards and the program agree: every key is there, every placeholder is filled."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from cds_service.cards.summary import PLACEHOLDERS
from cds_service.knowledge.kinds import SUMMARY_WORDS
from cds_service.knowledge.model import DetailWords, Guideline

SOURCES = Path(__file__).parents[2] / "cds_service"
HOLDERS = {"_words", "words", "detail"}


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield f"{path.relative_to(SOURCES)}:{getattr(node, 'lineno', 0)}", node


def key_of(node: ast.AST) -> str | None:
    """The key in `words["key"]`, where `words` is what holds the words of the detail."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
        return None
    holder = node.value
    name = holder.attr if isinstance(holder, ast.Attribute) else getattr(holder, "id", "")
    return node.slice.value if name in HOLDERS and isinstance(node.slice.value, str) else None


def placeholders(text: str) -> set[str]:
    return {found for _, found, _, _ in Formatter().parse(text) if found}


def test_a_summary_may_hold_what_a_card_can_fill_and_nothing_else() -> None:
    assert SUMMARY_WORDS == PLACEHOLDERS


def test_a_word_of_the_detail_that_the_program_reads_is_one_of_the_model(
    guideline: Guideline,
) -> None:
    read = {place: key for place, node in nodes() if (key := key_of(node)) is not None}
    keys = {key for place, key in read.items() if not place.startswith("settings.py")}
    assert len(keys) > 20
    assert keys <= DetailWords.model_fields.keys() | guideline.wording.pediatric_advice.keys()


def test_every_placeholder_of_the_detail_is_filled_where_it_is_said(guideline: Guideline) -> None:
    filled = {}
    for place, node in nodes():
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "format"
            and (key := key_of(node.func.value)) is not None
        ):
            filled[place] = (key, {word.arg for word in node.keywords})
    assert len(filled) > 5
    for place, (key, words) in filled.items():
        assert placeholders(guideline.wording.detail[key]) <= words, place


def test_a_word_without_placeholders_is_never_shown_with_braces(guideline: Guideline) -> None:
    said_as_it_is = {
        key
        for _, node in nodes()
        for child in ast.iter_child_nodes(node)
        if not (isinstance(node, ast.Attribute) and node.attr == "format")
        and (key := key_of(child)) is not None
    }
    for key in said_as_it_is & DetailWords.model_fields.keys():
        assert not placeholders(guideline.wording.detail[key]), key


@pytest.mark.parametrize("text", ["{days} days", "for {day}"])
def test_a_placeholder_that_nothing_fills_is_a_mistake(root, mistakes, text: str) -> None:
    file = root / "wording.toml"
    words = file.read_text(encoding="utf-8")
    changed = words.replace('"No red flag found in the data read; imaging', f'"{text}; imaging', 1)
    file.write_text(changed, encoding="utf-8")
    assert any("there is no placeholder 'day" in line for line in mistakes())


@pytest.mark.parametrize("key", ["uncertain_suspected", "timing"])
def test_a_word_of_the_detail_that_is_missing_is_a_mistake(root, mistakes, key: str) -> None:
    file = root / "wording.toml"
    words = file.read_text(encoding="utf-8")
    assert f"\n{key} = " in words
    file.write_text(words.replace(f"\n{key} = ", f"\n{key}s = ", 1), encoding="utf-8")
    found = mistakes()
    assert any(f"has no {key}." in text for text in found)
    assert any(f"'{key}s' is not a key of this table" in text for text in found)
