"""Value sets that share codes: each such pair is either meant, and said in `overlaps`, or a slip."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations

from cds_service.coding import WHO_LENGTH, plain_code
from cds_service.knowledge.model import CodeEntry, ValueSet

Shared = Mapping[tuple[str, str], tuple[str, ...]]
"""By pair of ids in alphabetical order: the codes that are in both, as written in one of them."""


def shared_codes(value_sets: Mapping[str, ValueSet]) -> Shared:
    """The pairs of value sets in which one code of a record would be found.

    An ICD-10-CM code is a prefix, so a longer code is shared with the set of a shorter one, unless either
    set leaves it out.
    """
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, value_set in value_sets.items():
        for system, code in plain_codes(value_set):
            owners[system, code].add(name)
    for (_, code), names in owners.items():
        for pair in combinations(sorted(names), 2):
            found[pair].add(code)
    for pair, code in _shared_prefixes(value_sets):
        found[pair].add(code)
    return {pair: tuple(sorted(codes)) for pair, codes in sorted(found.items())}


def plain_codes(value_set: ValueSet) -> tuple[tuple[str, str], ...]:
    """(system word, code) of the codes that are compared whole."""
    return tuple(
        (system, entry.code)
        for system, entries in (
            ("snomed", value_set.snomed),
            ("loinc", value_set.loinc),
            ("rxnorm", value_set.rxnorm_ingredient),
            ("rxnorm", value_set.rxnorm_drug),
            ("cpt", value_set.cpt),
        )
        for entry in entries
    )


def icd_codes(value_set: ValueSet) -> tuple[str, ...]:
    """The ICD-10-CM prefixes, without the dot."""
    return tuple(plain_code("icd10cm", entry.code) for entry in value_set.icd10cm)


def _plain(system: str, entries: Iterable[CodeEntry]) -> tuple[str, ...]:
    return tuple(plain_code(system, entry.code) for entry in entries)


def _held(system: str, value_set: ValueSet) -> tuple[str, ...]:
    """The prefixes of one ICD that the set holds; WHO's edition is read by the stems of ICD-10-CM too."""
    match system:
        case "icd10cm":
            return icd_codes(value_set)
        case "icd10":
            stems = (code for code in icd_codes(value_set) if len(code) <= WHO_LENGTH)
            return (*stems, *_plain(system, value_set.icd10))
        case _:
            return _plain(system, value_set.icd9cm)


def left_out(
    system: str, value_set: ValueSet, value_sets: Mapping[str, ValueSet]
) -> tuple[str, ...]:
    """The prefixes of one ICD that the set leaves out."""
    if system == "icd9cm":
        return _plain(system, value_set.icd9cm_exclude)
    codes = _plain("icd10cm", value_set.icd10cm_exclude)
    other = value_sets.get(value_set.icd10cm_exclude_set or "")
    if other is not None:
        codes += icd_codes(other)
    return codes + _plain(system, value_set.icd10_exclude) if system == "icd10" else codes


def _shared_prefixes(value_sets: Mapping[str, ValueSet]) -> list[tuple[tuple[str, str], str]]:
    return [
        shared
        for system in ("icd10cm", "icd10", "icd9cm")
        for shared in _shared_in(system, value_sets)
    ]


def _shared_in(
    system: str, value_sets: Mapping[str, ValueSet]
) -> list[tuple[tuple[str, str], str]]:
    owners: dict[str, set[str]] = defaultdict(set)
    for name, value_set in value_sets.items():
        for code in _held(system, value_set):
            owners[code].add(name)
    excluded = {
        name: left_out(system, value_set, value_sets) for name, value_set in value_sets.items()
    }
    found: list[tuple[tuple[str, str], str]] = []
    for code, names in owners.items():
        wider = {
            other for length in range(1, len(code) + 1) for other in owners.get(code[:length], ())
        }
        holders = {name for name in wider | names if not code.startswith(excluded[name])}
        found += [
            (pair, code) for pair in combinations(sorted(holders), 2) if names.intersection(pair)
        ]
    return found
