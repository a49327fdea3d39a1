"""Mistakes between the clinical files: names that stand for nothing, names given twice, tables that contradict."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

from cds_service.coding import WHO_LENGTH
from cds_service.knowledge.check_digits import is_loinc, is_snomed
from cds_service.knowledge.closed_lists import PARAMETERS
from cds_service.knowledge.mistakes import twice
from cds_service.knowledge.model import (
    CodeEntry,
    ConditionEvidence,
    Criterion,
    Group,
    ObservationEvidence,
    ValueSet,
)
from cds_service.knowledge.parts import Names, Parts

_ICD: Final = re.compile(r"[A-Z](?:[0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?|[0-9]?)")
_ICD9: Final = re.compile(
    r"[0-9V][0-9]?|(?:[0-9]{2}|V[0-9])[0-9](?:\.[0-9]{1,2})?|E[0-9]{1,3}(?:\.[0-9])?"
)
_CODE_LISTS: Final = {
    "icd10cm": "icd10cm",
    "icd10cm_exclude": "icd10cm",
    "icd10": "icd10",
    "icd10_exclude": "icd10",
    "icd9cm": "icd9cm",
    "icd9cm_exclude": "icd9cm",
    "snomed": "snomed",
    "loinc": "loinc",
    "rxnorm_ingredient": "rxnorm",
    "rxnorm_drug": "rxnorm",
    "cpt": "cpt",
}


def _is_icd(code: str) -> bool:
    return _ICD.fullmatch(code) is not None


def _is_who_stem(code: str) -> bool:
    return _is_icd(code) and len(code.replace(".", "")) <= WHO_LENGTH


def _is_icd9(code: str) -> bool:
    return _ICD9.fullmatch(code) is not None


_SPELLINGS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "icd10cm": (_is_icd, "It has capital letters, and the dot behind the third character: M54.5."),
    "icd10": (
        _is_who_stem,
        "It has at most four characters, with the dot behind the third: B24, M49.0.",
    ),
    "icd9cm": (_is_icd9, "It has the dot behind the third digit: 198.5, V42.0."),
    "snomed": (is_snomed, "Its last digit does not check."),
    "loinc": (is_loinc, "The digit behind its hyphen does not check."),
    "rxnorm": (str.isdecimal, "It is a number."),
}


def link_mistakes(parts: Parts, names: Names, used_parameters: Collection[str]) -> Iterator[str]:
    """One line a mistake between the clinical files; `used_parameters` are those that a file names."""
    yield from _parameter_mistakes(names, used_parameters)
    for file, value_set in parts.value_sets.items():
        yield from _value_set_mistakes(f"value_sets/{file}.toml", value_set)
    criteria: dict[str, str] = {}
    for file, group in parts.groups.items():
        yield from _group_mistakes(f"groups/{file}.toml", group)
        for criterion in group.criterion:
            where = f"groups/{file}.toml: criterion '{criterion.id}'"
            if criterion.id in criteria:
                yield twice(where, "criterion", criterion.id, criteria[criterion.id])
            criteria[criterion.id] = f"groups/{file}.toml"
            yield from _criterion_mistakes(where, criterion, parts)
    yield from _order_mistakes(parts)
    if parts.content is not None and parts.content.review_by <= parts.content.date:
        yield (
            "guideline.toml: 'review_by' is not after 'date'. A review comes after the writing. "
            "Correct one of them."
        )


def repeated(ids: Iterable[str]) -> tuple[str, ...]:
    """The ids that come more than once, each once."""
    seen: set[str] = set()
    found: dict[str, None] = {}
    for name in ids:
        if name in seen:
            found[name] = None
        seen.add(name)
    return tuple(found)


def _parameter_mistakes(names: Names, used: Collection[str]) -> Iterator[str]:
    for name, reader in PARAMETERS.items():
        if name not in names.parameters:
            yield (
                f"parameters.toml: '{name}' is missing. It is read by {reader}. "
                f"Add the table [{name}] with value, unit and sources."
            )
    for name in sorted(names.parameters - PARAMETERS.keys() - set(used)):
        yield (
            f"parameters.toml: nothing reads '{name}'. A number that nothing reads looks like a rule "
            "and is none. Remove it, or correct the name."
        )


def _value_set_mistakes(file: str, value_set: ValueSet) -> Iterator[str]:
    yield from _misnamed(file, value_set.id)
    phrases = (*value_set.text, *value_set.text_not)
    for phrase in phrases:
        if phrase != phrase.strip().lower() or not phrase:
            yield (
                f"{file}: the phrase '{phrase}' is not in plain lower case. Phrases are compared in "
                "lower case, without spaces around them. Write it so."
            )
    for phrase in repeated(phrases):
        yield f"{file}: the phrase '{phrase}' stands there twice. Once is enough. Remove one."
    for key, system in _CODE_LISTS.items():
        yield from _code_mistakes(f"{file}: {key}", getattr(value_set, key), system)


def _code_mistakes(where: str, entries: tuple[CodeEntry, ...], system: str) -> Iterator[str]:
    codes = [entry.code for entry in entries]
    for code in repeated(codes):
        yield f"{where} has the code '{code}' twice. Once is enough. Remove one."
    for code in codes:
        yield from misspelt_code(where, system, code)


def misspelt_code(where: str, system: str, code: str) -> Iterator[str]:
    """The line for a code that cannot be one of its system."""
    rule = _SPELLINGS.get(system)
    if rule is not None and not rule[0](code):
        yield (
            f"{where}: '{code}' cannot be a code of {system}. {rule[1]} "
            "Copy it again from its source, and check the display beside it."
        )


def _misnamed(file: str, name: str) -> Iterator[str]:
    stem = file.rpartition("/")[2].removesuffix(".toml")
    if name != stem:
        yield (
            f"{file}: 'id' is '{name}'. A file is called like its id, so that others find it. "
            f'Write: id = "{stem}", or rename the file.'
        )


def _group_mistakes(file: str, group: Group) -> Iterator[str]:
    yield from _misnamed(file, group.id)
    if group.preferred is None and group.preferred_text is None:
        yield (
            f"{file}: there is no preferred study. A group says what it asks for. "
            "Add preferred, or preferred_text where that is no spine study."
        )
    if group.derived == bool(group.criterion):
        yield (
            f"{file}: derived is {str(group.derived).lower()} and there are "
            f"{len(group.criterion)} criteria. A derived group has none, every other group has some. "
            "Correct one of them."
        )


def _criterion_mistakes(where: str, criterion: Criterion, parts: Parts) -> Iterator[str]:
    if not criterion.evidence:
        yield f"{where} has no evidence. Nothing would ever show it. Add at least one entry."
    for number, evidence in enumerate(criterion.evidence, 1):
        place = f"{where}, evidence {number} ({evidence.type})"
        if isinstance(evidence, ConditionEvidence) and evidence.min_days > evidence.days:
            yield (
                f"{place}: min_days is {evidence.min_days}, days is {evidence.days}. No day lies in "
                "that window. Correct one of them."
            )
        if isinstance(evidence, ObservationEvidence):
            value_set = parts.value_sets.get(evidence.vs)
            if value_set is not None and value_set.quantity is None:
                yield (
                    f"{place}: value set '{evidence.vs}' has no quantity. A number is compared only "
                    "after its unit was read. Add the unit table to the value set: quantity = …."
                )


def _order_mistakes(parts: Parts) -> Iterator[str]:
    places: dict[int, str] = {}
    for file, group in parts.groups.items():
        if group.order in places:
            yield (
                f"groups/{file}.toml: 'order' is {group.order}, like that of {places[group.order]}. "
                "It is the position on cards, each its own. Give one of them another number."
            )
        places[group.order] = f"groups/{file}.toml"
