"""Loads the guideline: TOML files to one frozen value, or every mistake in them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.abc import Traversable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import tomli
from pydantic import BaseModel, ValidationError

from cds_service.errors import KnowledgeError
from cds_service.knowledge.combination_links import combination_mistakes
from cds_service.knowledge.files import (
    FOLDERS,
    RATING_REGIONS,
    RATING_WHEN,
    SINGLE_FILES,
    CardsFile,
    OrderChecksFile,
    RatingFile,
)
from cds_service.knowledge.language import Language
from cds_service.knowledge.language_loader import load_language
from cds_service.knowledge.licenses import without_cpt
from cds_service.knowledge.links import link_mistakes
from cds_service.knowledge.mistakes import not_toml, shape_mistakes
from cds_service.knowledge.model import (
    AllowedException,
    Citation,
    Combination,
    Content,
    Disagreement,
    EvidenceRules,
    Group,
    Guideline,
    ObservationName,
    OrderCatalog,
    Parameter,
    Quantity,
    RatingWhen,
    ValueSet,
    Wording,
)
from cds_service.knowledge.numbers import with_numbers
from cds_service.knowledge.parts import Parts, Tables, names_in
from cds_service.knowledge.references import anchor_mistakes, reference_mistakes
from cds_service.knowledge.salvage import salvaged
from cds_service.knowledge.study_links import study_mistakes
from cds_service.knowledge.when_rules import when_mistakes
from cds_service.knowledge.wording_rules import wording_mistakes

_Shape = TypeVar("_Shape", bound=BaseModel)
_SUFFIX: Final = ".toml"
Parse = Callable[[str], Tables]


def load_guideline(
    root: Path | None = None, *, cpt: bool = True, parse: Parse = tomli.loads
) -> Guideline:
    """The guideline in a folder, or the one shipped with this package when `root` is None.

    Without `cpt` every list of CPT codes is left out, for sites that have no license for them.
    `parse` reads the text of one file, as `tomli.loads` does: who loads many guidelines that are nearly the
    same hands in one that remembers.
    Raises KnowledgeError with every mistake in the files, one line each, in the order of the files.
    """
    place = root if root is not None else files("cds_service.knowledge").joinpath("spine_imaging")
    mistakes: list[str] = []
    files_ = _read_files(place, parse, mistakes)
    numbered = with_numbers(files_.read, files_.broken)
    mistakes += numbered.mistakes
    parts = _validated(numbered.files, mistakes)
    parts.language = load_language(place, mistakes, parse)
    names = names_in({**files_.read, **files_.broken})
    if not files_.is_incomplete:
        for found in (
            anchor_mistakes(names),
            reference_mistakes(parts, names),
            link_mistakes(parts, names, numbered.used),
            combination_mistakes(parts, names),
            when_mistakes(parts, names),
            study_mistakes(parts),
            wording_mistakes(parts),
        ):
            mistakes.extend(found)
    if mistakes or parts.language is None:
        raise KnowledgeError(tuple(dict.fromkeys(mistakes)))
    guideline = _assembled(parts, parts.language)
    return guideline if cpt else without_cpt(guideline)


@dataclass(slots=True)
class _Files:
    """The files of the folder by path, such as `groups/cord.toml`."""

    read: dict[str, Tables] = field(default_factory=dict)
    broken: dict[str, Tables] = field(default_factory=dict)
    """What is left of files that are no valid TOML, for their names alone."""
    is_incomplete: bool = False
    """A file is missing altogether: whether a name exists cannot be told."""


def _read_files(root: Traversable, parse: Parse, mistakes: list[str]) -> _Files:
    """Every file; one that is missing or no TOML is a mistake."""
    found = _Files()
    if not root.is_dir():
        mistakes.append(
            f"{root}: there is no such folder. It holds the guideline. Correct the path."
        )
        found.is_incomplete = True
        return found
    for name in SINGLE_FILES:
        _read_file(root.joinpath(name), name, parse, found, mistakes)
    for folder in FOLDERS:
        if not root.joinpath(folder).is_dir():
            mistakes.append(f"{folder}/: the folder is missing. The guideline needs it. Add it.")
            found.is_incomplete = True
            continue
        for file in _sorted(root.joinpath(folder)):
            if file.name.endswith(_SUFFIX):
                _read_file(file, f"{folder}/{file.name}", parse, found, mistakes)
            elif not file.name.startswith("."):
                mistakes.append(_no_place(f"{folder}/{file.name}"))
    mistakes.extend(
        _no_place(file.name)
        for file in _sorted(root)
        if file.name.endswith(_SUFFIX) and file.name not in SINGLE_FILES
    )
    return found


def _sorted(folder: Traversable) -> list[Traversable]:
    return sorted(folder.iterdir(), key=lambda file: file.name)


def _no_place(path: str) -> str:
    return (
        f"{path}: the file is none of the guideline. It would be read by nothing. "
        "Rename it as guideline.toml says, or remove it."
    )


def _read_file(
    file: Traversable, path: str, parse: Parse, found: _Files, mistakes: list[str]
) -> None:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        mistakes.append(f"{path}: the file is missing. The guideline needs it. Add it.")
        found.is_incomplete = True
        return
    except UnicodeDecodeError:
        mistakes.append(f"{path}: the file is not UTF-8. All files are. Save it as UTF-8.")
        found.is_incomplete = True
        return
    try:
        found.read[path] = parse(text)
    except tomli.TOMLDecodeError as error:
        mistakes.append(not_toml(path, str(error)))
        found.broken[path] = salvaged(text)


def _validated(files_: Mapping[str, Tables], mistakes: list[str]) -> Parts:
    """The parts whose shape is right; the mistakes of the others are added."""
    parts = Parts(
        content=_whole(Content, "guideline.toml", files_, mistakes),
        combination=_whole(Combination, "combination.toml", files_, mistakes),
        evidence=_whole(EvidenceRules, "evidence.toml", files_, mistakes),
        catalog=_whole(OrderCatalog, "procedures.toml", files_, mistakes),
        order_checks=_whole(OrderChecksFile, "order_checks.toml", files_, mistakes),
        cards=_whole(CardsFile, "cards.toml", files_, mistakes),
        wording=_whole(Wording, "wording.toml", files_, mistakes),
        citations=_by_name(Citation, "citations.toml", files_, mistakes),
        exceptions=_by_name(AllowedException, "exceptions.toml", files_, mistakes),
        disagreements=_by_name(Disagreement, "disagreements.toml", files_, mistakes),
        parameters=_by_name(Parameter, "parameters.toml", files_, mistakes),
        units=_by_name(Quantity, "units.toml", files_, mistakes),
        observations=_by_name(ObservationName, "observations.toml", files_, mistakes),
        rating_when=_by_name(RatingWhen, f"ratings/{RATING_WHEN}.toml", files_, mistakes),
    )
    for path in files_:
        folder, _, name = path.rpartition("/")
        stem = name.removesuffix(_SUFFIX)
        if folder == "groups":
            _keep(parts.groups, stem, _whole(Group, path, files_, mistakes))
        elif folder == "value_sets":
            _keep(parts.value_sets, stem, _whole(ValueSet, path, files_, mistakes))
        elif folder == "ratings" and stem in RATING_REGIONS:
            _keep(parts.ratings, stem, _rating_file(path, files_, mistakes))
        elif folder == "ratings" and stem != RATING_WHEN:
            mistakes.append(_no_place(path))
    return parts


def _keep(place: dict[str, _Shape], name: str, value: _Shape | None) -> None:
    if value is not None:
        place[name] = value


def _whole(
    shape: type[_Shape], path: str, files_: Mapping[str, Tables], mistakes: list[str]
) -> _Shape | None:
    tables = files_.get(path)
    return None if tables is None else _shaped(shape, path, "", tables, mistakes)


def _by_name(
    shape: type[_Shape], path: str, files_: Mapping[str, Tables], mistakes: list[str]
) -> dict[str, _Shape]:
    """The tables of a file whose names are their ids."""
    found: dict[str, _Shape] = {}
    for name, table in files_.get(path, {}).items():
        if not isinstance(table, dict) or "id" in table:
            mistakes.append(
                f"{path}: '{name}' is no table of its own, or has a key id. The name in the brackets "
                f"is the id. Write: [{name}] and its keys below."
            )
            continue
        _keep(found, name, _shaped(shape, path, name, {**table, "id": name}, mistakes))
    return found


def _rating_file(path: str, files_: Mapping[str, Tables], mistakes: list[str]) -> RatingFile | None:
    """A rating file; its rows have the region of the file."""
    tables = dict(files_[path])
    rows = tables.get("row")
    if isinstance(rows, list):
        tables["row"] = [
            {**row, "region": tables.get("region")} if isinstance(row, dict) else row
            for row in rows
        ]
    return _shaped(RatingFile, path, "", tables, mistakes)


def _shaped(
    shape: type[_Shape], path: str, name: str, tables: Any, mistakes: list[str]
) -> _Shape | None:
    """Validated by way of JSON, whose strict mode takes lists for tuples but never "90" for 90."""
    try:
        return shape.model_validate_json(msgspec.json.encode(tables), strict=True)
    except ValidationError as error:
        mistakes.extend(shape_mistakes(path, name, tables, error))
        return None


def _assembled(parts: Parts, language: Language) -> Guideline:
    no_ratings = (
        "ratings/: there is no table. Every order would be undetermined. Restore the files."
    )
    if (
        parts.content is None
        or parts.combination is None
        or parts.evidence is None
        or parts.catalog is None
        or parts.order_checks is None
        or parts.cards is None
        or parts.wording is None
        or not parts.ratings
    ):
        raise KnowledgeError((no_ratings,))
    return Guideline(
        content=parts.content,
        disagreements=parts.disagreements,
        citations=parts.citations,
        parameters=parts.parameters,
        value_sets=parts.value_sets,
        groups=tuple(sorted(parts.groups.values(), key=lambda group: group.order)),
        combination=parts.combination,
        exceptions=parts.exceptions,
        units=parts.units,
        observations=parts.observations,
        evidence=parts.evidence,
        catalog=parts.catalog,
        rating_columns=next(iter(parts.ratings.values())).columns,
        ratings=tuple(row for rating in parts.ratings.values() for row in rating.row),
        rating_when=parts.rating_when,
        order_checks=parts.order_checks.order_check,
        safety_limits=parts.order_checks.safety_limits,
        suggestion_safety=parts.order_checks.suggestion_safety,
        card_rules=parts.cards.card_rule,
        card_limits=parts.cards.card_limits,
        wording=parts.wording,
        language=language,
    )
