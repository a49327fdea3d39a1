"""Loads the language of the guideline: TOML files to one frozen value, every mistake in them with its place."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from importlib.abc import Traversable
from typing import Any, Final, TypeVar

import tomli
from pydantic import BaseModel, ValidationError

from cds_service.knowledge.anchors import WordClasses, anchored
from cds_service.knowledge.language import (
    BUILT_IN,
    Concept,
    Language,
    Limits,
    Pattern,
    Tongue,
    Value,
    WordClass,
    Words,
)
from cds_service.knowledge.mistakes import no_such, not_toml, shape_mistakes, twice
from cds_service.knowledge.parts import Tables

FOLDER: Final = "language"
TONGUE: Final = "language.toml"
"""The file of a language that holds no words."""

_CLASSES: Final = "classes.toml"
_PATTERNS: Final = "patterns.toml"
_VALUES: Final = "values.toml"
_CONCEPTS: Final = "concepts.toml"
_FILES: Final = (_CLASSES, _PATTERNS, _VALUES, _CONCEPTS)
_TELLING: Final = frozenset({"finding", "part", "context", "value", "care"})
"""Roles of words that mean something."""
_SUFFIX: Final = ".toml"
_CODE_LENGTH: Final = 2
_Shape = TypeVar("_Shape", bound=BaseModel)
Parse = Callable[[str], Tables]


def load_language(
    root: Traversable, mistakes: list[str], parse: Parse = tomli.loads
) -> Language | None:
    """The language in the folder of a guideline; None, with its mistakes added, when it has any."""
    place = root.joinpath(FOLDER)
    if not place.is_dir():
        mistakes.append(f"{FOLDER}/: the folder is missing. No text could be read. Add it.")
        return None
    before = len(mistakes)
    tables = {
        name: _read(place.joinpath(name), f"{FOLDER}/{name}", parse, mistakes) for name in _FILES
    }
    classes = _by_name(WordClass, _CLASSES, tables[_CLASSES], mistakes)
    tongues: dict[str, Tongue] = {}
    words: dict[str, Words] = {}
    for folder in sorted(place.iterdir(), key=lambda entry: entry.name):
        if folder.is_dir() and len(folder.name) == _CODE_LENGTH:
            tongue, found = _read_tongue(folder, classes, parse, mistakes)
            words[folder.name] = found
            if tongue is not None:
                tongues[folder.name] = tongue
        elif folder.name not in _FILES and not folder.name.startswith((".", "_")):
            mistakes.append(
                f"{FOLDER}/{folder.name}: the file is none of the language. It would be read by nothing. "
                "Words stand in a folder with the language's two letters."
            )
    limits = _shaped(
        Limits, f"{FOLDER}/{_VALUES}", "limits", tables[_VALUES].get("limits", {}), mistakes
    )
    if limits is None:
        return None
    language = Language(
        classes=classes,
        patterns=_rows(Pattern, _PATTERNS, "pattern", tables[_PATTERNS], mistakes),
        limits=limits,
        values=_rows(Value, _VALUES, "value", tables[_VALUES], mistakes),
        concepts=_by_name(Concept, _CONCEPTS, tables[_CONCEPTS], mistakes),
        tongues=tongues,
        words=words,
    )
    if len(mistakes) > before:
        return None
    mistakes.extend(_link_mistakes(language))
    return None if len(mistakes) > before else language


def _link_mistakes(language: Language) -> Iterator[str]:
    yield from _class_mistakes(language, {*language.classes, *BUILT_IN})
    for number, pattern in enumerate(language.patterns, 1):
        where = f"{FOLDER}/{_PATTERNS}: pattern {number} ('{pattern.concept}')"
        if not pattern.all or not all(pattern.all):
            yield f"{where}: all is empty, or a list in it is. It would never match. Name classes."
        elif (len(pattern.all) > 1) != (pattern.window > 0):
            yield (
                f"{where}: window is {pattern.window} for {len(pattern.all)} lists. Two words or more need "
                "a window, one has none. Correct one of them."
            )


def _class_mistakes(language: Language, known: Collection[str]) -> Iterator[str]:
    for name in anchored(WordClasses):
        if name not in known:
            yield (
                f"{FOLDER}/{_CLASSES}: '{name}' is missing. The program reads this word class by its name. "
                "Restore the name, or change it in knowledge/anchors.py too."
            )
    used = {name for words in language.words.values() for name in words}
    for name in language.classes:
        if name not in used:
            yield (
                f"{FOLDER}/{_CLASSES}: no language has a word of class '{name}'. It would never be met. "
                "Add words, or remove the class."
            )
    yield from _unread_class_mistakes(language)


def _unread_class_mistakes(language: Language) -> Iterator[str]:
    """Words that are taken for known and that nothing reads would be lost in silence."""
    read = {
        *anchored(WordClasses),
        *(name for pattern in language.patterns for names in pattern.all for name in names),
        *(name for pattern in language.patterns for name in pattern.none),
        *(
            name
            for value in language.values
            for name in (value.of, *value.beside, *value.beside_too, *value.not_beside)
        ),
    }
    for name, word_class in language.classes.items():
        if word_class.role in _TELLING and name not in read:
            yield (
                f"{FOLDER}/{_CLASSES}: '{name}' is in no pattern and no value. Its words would be taken for "
                "understood and mean nothing. Name it in a pattern, or make its role 'plain'."
            )


def _read_tongue(
    folder: Traversable, classes: Mapping[str, WordClass], parse: Parse, mistakes: list[str]
) -> tuple[Tongue | None, Words]:
    words: dict[str, tuple[str, ...]] = {}
    places: dict[tuple[str, str], str] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        path = f"{FOLDER}/{folder.name}/{file.name}"
        if file.name == TONGUE or not file.name.endswith(_SUFFIX):
            continue
        for name, listed in _read(file, path, parse, mistakes).items():
            if name not in classes:
                mistakes.append(no_such(path, "word class", name, classes))
            elif not isinstance(listed, list) or not all(_is_word(word) for word in listed):
                mistakes.append(
                    f"{path}: '{name}' is no list of words. Every class is a list of words in quotes. "
                    f'Write: {name} = ["…", "…"].'
                )
            else:
                for word in listed:
                    if (name, word) in places:
                        where = f"{path}: '{name}'"
                        mistakes.append(twice(where, "word", word, places[name, word]))
                    places[name, word] = f"{path}: '{name}'"
                words[name] = (*words.get(name, ()), *listed)
    path = f"{FOLDER}/{folder.name}/{TONGUE}"
    tables = _read(folder.joinpath(TONGUE), path, parse, mistakes)
    return _shaped(Tongue, path, "", tables, mistakes) if tables else None, words


def _is_word(word: object) -> bool:
    return isinstance(word, str) and bool(word.strip(" *"))


def _read(file: Traversable, path: str, parse: Parse, mistakes: list[str]) -> Tables:
    try:
        return parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        mistakes.append(f"{path}: the file is missing. The language needs it. Add it.")
    except UnicodeDecodeError:
        mistakes.append(f"{path}: the file is not UTF-8. All files are. Save it as UTF-8.")
    except tomli.TOMLDecodeError as error:
        mistakes.append(not_toml(path, str(error)))
    return {}


def _by_name(
    shape: type[_Shape], file: str, tables: Mapping[str, Any], mistakes: list[str]
) -> dict[str, _Shape]:
    found = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            mistakes.append(
                f"{FOLDER}/{file}: '{name}' is no table of its own. The name in the brackets is the id. "
                f"Write: [{name}] and its keys below."
            )
            continue
        value = _shaped(shape, f"{FOLDER}/{file}", name, {**table, "id": name}, mistakes)
        if value is not None:
            found[name] = value
    return found


def _rows(
    shape: type[_Shape], file: str, key: str, tables: Mapping[str, Any], mistakes: list[str]
) -> tuple[_Shape, ...]:
    found = []
    for number, row in enumerate(tables.get(key, ()), 1):
        value = _shaped(shape, f"{FOLDER}/{file}", f"{key} {number}", row, mistakes)
        if value is not None:
            found.append(value)
    return tuple(found)


def _shaped(
    shape: type[_Shape], path: str, name: str, tables: Any, mistakes: list[str]
) -> _Shape | None:
    try:
        return shape.model_validate_json(json.dumps(tables, default=str), strict=True)
    except ValidationError as error:
        mistakes.extend(shape_mistakes(path, name, tables, error))
        return None
