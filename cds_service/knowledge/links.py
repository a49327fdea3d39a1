"""Mistakes between the clinical files: names that stand for nothing, names given twice, tables that contradict."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from cds_service.coding import WHO_LENGTH
from cds_service.knowledge.check_digits import is_loinc, is_snomed
from cds_service.knowledge.closed_lists import PARAMETERS
from cds_service.knowledge.mistakes import no_such, twice, unknown_names
from cds_service.knowledge.model import (
    AgeEvidence,
    CodeEntry,
    ComputedEvidence,
    ConditionEvidence,
    Criterion,
    Evidence,
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


def link_mistakes(parts: Parts, names: Names) -> Iterator[str]:
    """One line a mistake between the clinical files."""
    yield from _parameter_mistakes(parts, names)
    for name, disagreement in parts.disagreements.items():
        yield from missing_citations(f"disagreements.toml: '{name}'", disagreement.sources, names)
    for file, value_set in parts.value_sets.items():
        yield from _value_set_mistakes(f"value_sets/{file}.toml", value_set, names)
    criteria: dict[str, str] = {}
    for file, group in parts.groups.items():
        yield from _group_mistakes(f"groups/{file}.toml", group, names)
        for criterion in group.criterion:
            where = f"groups/{file}.toml: criterion '{criterion.id}'"
            if criterion.id in criteria:
                yield twice(where, "criterion", criterion.id, criteria[criterion.id])
            criteria[criterion.id] = f"groups/{file}.toml"
            yield from _criterion_mistakes(where, criterion, parts, names)
    yield from _order_mistakes(parts)
    if parts.content is not None and parts.content.review_by <= parts.content.date:
        yield (
            "guideline.toml: 'review_by' is not after 'date'. A review comes after the writing. "
            "Correct one of them."
        )


def missing_citations(where: str, cited: Sequence[str], names: Names) -> Iterator[str]:
    """One line a cited source that does not exist; `cited` may hold a variant behind the id."""
    if not cited:
        yield (
            f"{where} cites nothing. Everything clinical cites a source of citations.toml. "
            'Add its id; our own choice is "policy".'
        )
    for text in cited:
        name = text.split(maxsplit=1)[0] if text.strip() else text
        if name not in names.citations:
            yield no_such(where, "citation", name, names.citations)


def repeated(ids: Iterable[str]) -> tuple[str, ...]:
    """The ids that come more than once, each once."""
    seen: set[str] = set()
    found: dict[str, None] = {}
    for name in ids:
        if name in seen:
            found[name] = None
        seen.add(name)
    return tuple(found)


def _parameter_mistakes(parts: Parts, names: Names) -> Iterator[str]:
    for name, parameter in parts.parameters.items():
        yield from missing_citations(f"parameters.toml: '{name}'", parameter.sources, names)
    for name, reader in PARAMETERS.items():
        if name not in names.parameters:
            yield (
                f"parameters.toml: '{name}' is missing. It is read by {reader}. "
                f"Add the table [{name}] with value, unit and sources."
            )
    for name in sorted(names.parameters - PARAMETERS.keys()):
        yield (
            f"parameters.toml: nothing reads '{name}'. A number that nothing reads looks like a rule "
            "and is none. Remove it, or correct the name."
        )


def _value_set_mistakes(file: str, value_set: ValueSet, names: Names) -> Iterator[str]:
    yield from _misnamed(file, value_set.id)
    if value_set.quantity is not None:
        yield from unknown_names(
            f"{file}: quantity", "unit table", (value_set.quantity,), names.units
        )
    yield from unknown_names(f"{file}: overlaps", "value set", value_set.overlaps, names.value_sets)
    yield from unknown_names(
        f"{file}: text_not_coded", "value set", value_set.text_not_coded, names.value_sets
    )
    if value_set.icd10cm_exclude_set is not None:
        excluded = (value_set.icd10cm_exclude_set,)
        where = f"{file}: icd10cm_exclude_set"
        yield from unknown_names(where, "value set", excluded, names.value_sets)
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


def _group_mistakes(file: str, group: Group, names: Names) -> Iterator[str]:
    yield from _misnamed(file, group.id)
    yield from unknown_names(f"{file}: scenario", "scenario", (group.scenario,), names.scenarios)
    yield from unknown_names(
        f"{file}: possible", "suggestion", group.possible.add_suggestion, names.suggestions
    )
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


def _criterion_mistakes(
    where: str, criterion: Criterion, parts: Parts, names: Names
) -> Iterator[str]:
    yield from missing_citations(where, criterion.sources, names)
    if not criterion.evidence:
        yield f"{where} has no evidence. Nothing would ever show it. Add at least one entry."
    if criterion.downgrade is not None:
        lowering = (criterion.downgrade.when,)
        yield from unknown_names(where, "value set", lowering, names.value_sets)
    for number, evidence in enumerate(criterion.evidence, 1):
        place = f"{where}, evidence {number} ({evidence.type})"
        yield from unknown_names(place, "value set", value_sets_of(evidence), names.value_sets)
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


def value_sets_of(evidence: Evidence) -> tuple[str, ...]:
    """Ids of the value sets that one piece of evidence names."""
    if isinstance(evidence, AgeEvidence):
        return ()
    if isinstance(evidence, ComputedEvidence):
        return evidence.vs
    long_standing = getattr(evidence, "long_standing", None)
    return (evidence.vs, *(long_standing.vs if long_standing is not None else ()))


def _order_mistakes(parts: Parts) -> Iterator[str]:
    places: dict[int, str] = {}
    for file, group in parts.groups.items():
        if group.order in places:
            yield (
                f"groups/{file}.toml: 'order' is {group.order}, like that of {places[group.order]}. "
                "It is the position on cards, each its own. Give one of them another number."
            )
        places[group.order] = f"groups/{file}.toml"
