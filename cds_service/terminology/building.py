"""A vocabulary from RF2 folders, ValueSet expansions, ConceptMaps and plain TOML."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, get_args

from cds_service.coding import plain_code, system_name
from cds_service.errors import KnowledgeError
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.orders.catalog import Catalog
from cds_service.knowledge.model import Contrast, Guideline, Modality, ValueSet
from cds_service.knowledge.table import Region
from cds_service.knowledge.vocabulary import FORMAT, Origin, SiteStudy, Vocabulary
from cds_service.terminology.release_files import descendants, read_children

OURS: Final = "https://spine-imaging-cds.github.io/fhir/CodeSystem/value-set"
"""Code system whose codes are the ids of our value sets: the target of a map that means one directly."""

_ICD: Final = frozenset(("icd10cm", "icd10", "icd9cm"))
_SAME_OR_WIDER: Final = frozenset(
    ("equal", "equivalent", "wider", "equals", "source-is-narrower-than-target")
)
"""Relationships of R4 and R5 in which everything that the source means is the target."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a vocabulary is to be made from."""

    rf2: tuple[Path, ...] = ()
    value_sets: tuple[Path, ...] = ()
    concept_maps: tuple[Path, ...] = ()
    toml: tuple[Path, ...] = ()


@dataclass(slots=True)
class _Found:
    codes: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    studies: dict[str, dict[str, SiteStudy]] = field(default_factory=dict)
    origins: list[Origin] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)

    def add(self, uri: str, code: str, value_set: str) -> None:
        """A code in a value set, under our word for its system where there is one."""
        system = system_name(uri)
        of_system = self.codes.setdefault(system or uri, {})
        of_system.setdefault(value_set, set()).add(plain_code(system, code))


def build_vocabulary(
    sources: Sources, guideline: Guideline, index: CodeIndex, catalog: Catalog, made: date
) -> Vocabulary:
    """The vocabulary of all sources together. Raises KnowledgeError with every mistake in them."""
    found = _Found()
    for folder in sources.rf2:
        _add_release(folder, guideline, index, found)
    for path in sources.value_sets:
        _add_value_set(path, guideline, index, found)
    for path in sources.concept_maps:
        _add_concept_map(path, guideline, index, catalog, found)
    for path in sources.toml:
        _add_toml(path, guideline, found)
    if found.mistakes:
        raise KnowledgeError(tuple(found.mistakes))
    return Vocabulary(
        format=FORMAT,
        made=made,
        origins=tuple(found.origins),
        codes={
            system: {name: tuple(sorted(codes)) for name, codes in sorted(sets.items())}
            for system, sets in sorted(found.codes.items())
        },
        studies=found.studies,
    )


def _add_release(folder: Path, guideline: Guideline, index: CodeIndex, found: _Found) -> None:
    """What lies below the codes of the guideline. A code that its lists hold keeps the place that it has there."""
    children, newest = read_children(folder)
    found.origins.append(Origin("rf2", folder.name, newest))
    for value_set in guideline.value_sets.values():
        if not value_set.snomed_descendants:
            continue
        roots = [entry.code for entry in value_set.snomed]
        for code in descendants(children, roots, value_set.snomed_leave_out):
            if not index.value_sets("snomed", code):
                found.add("http://snomed.info/sct", code, value_set.id)


def _add_value_set(path: Path, guideline: Guideline, index: CodeIndex, found: _Found) -> None:
    body = _json(path, "ValueSet", found)
    if body is None:
        return
    url, version = str(body.get("url", "")), str(body.get("version", ""))
    names = {url, url.rpartition("/")[2], str(body.get("id", ""))}
    ours = [
        value_set
        for value_set in guideline.value_sets.values()
        if value_set.id in names or names.intersection(value_set.expansions)
    ]
    if not ours:
        found.mistakes.append(
            f"{path.name}: ValueSet '{url or body.get('id')}' belongs to no value set of the guideline. "
            "Give it the id of one, or name its canonical under `expansions` there."
        )
        return
    codes = list(expanded_codes(body))
    if not codes:
        found.mistakes.append(
            f"{path.name}: holds no expansion and no list of codes. Expand it on a terminology server."
        )
    found.origins.append(Origin("valueset", url or path.name, version))
    for uri, code, display in codes:
        for value_set in ours:
            if value_set.id in names or _is_new(uri, code, display, value_set, index):
                found.add(uri, code, value_set.id)


def _is_new(uri: str, code: str, display: str, value_set: ValueSet, index: CodeIndex) -> bool:
    """Whether an entry of a published ValueSet adds to ours: our own lists, and all of ICD, are the guideline's."""
    system = system_name(uri)
    words = display.lower()
    return not (
        system in _ICD
        or index.value_sets(system, code)
        or (
            any(word in words for word in value_set.expansion_not)
            and not any(word in words for word in value_set.expansion_despite)
        )
    )


def expanded_codes(body: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(system, code, display) of an expansion with its nested entries; without one, of the codes that are listed."""
    open_ = list((body.get("expansion") or {}).get("contains") or ())
    if not open_:
        for include in (body.get("compose") or {}).get("include") or ():
            for concept in include.get("concept") or ():
                yield (
                    str(include.get("system", "")),
                    str(concept.get("code", "")),
                    str(concept.get("display", "")),
                )
    while open_:
        entry = open_.pop()
        open_ += entry.get("contains") or ()
        if entry.get("code") and not entry.get("abstract") and not entry.get("inactive"):
            yield str(entry.get("system", "")), str(entry["code"]), str(entry.get("display", ""))


def _add_concept_map(
    path: Path, guideline: Guideline, index: CodeIndex, catalog: Catalog, found: _Found
) -> None:
    body = _json(path, "ConceptMap", found)
    if body is None:
        return
    found.origins.append(
        Origin("conceptmap", str(body.get("url") or path.name), str(body.get("version", "")))
    )
    used = 0
    for group in body.get("group") or ():
        source, target = str(group.get("source", "")), str(group.get("target", ""))
        source, target = source.partition("|")[0], target.partition("|")[0]
        for element in group.get("element") or ():
            code = str(element.get("code", ""))
            for mapped in element.get("target") or ():
                if _relationship(mapped) not in _SAME_OR_WIDER:
                    continue
                of_target = str(mapped.get("code", ""))
                used += _map_code((source, code), (target, of_target), index, catalog, found)
                if target == OURS and of_target not in guideline.value_sets:
                    found.mistakes.append(
                        f"{path.name}: '{of_target}', the target of {code}, is no value set of the guideline."
                    )
    if not used:
        found.mistakes.append(
            f"{path.name}: none of its targets is a code or a study that the guideline knows, with a "
            "relationship of equivalent or wider. It would change nothing. Check its target systems."
        )


def _relationship(mapped: Mapping[str, Any]) -> str:
    return str(mapped.get("relationship") or mapped.get("equivalence") or "").lower()


def _map_code(
    source: tuple[str, str],
    target: tuple[str, str],
    index: CodeIndex,
    catalog: Catalog,
    found: _Found,
) -> int:
    """1 when the target means something to us: the source then means the same."""
    uri, code = target
    system = system_name(uri)
    value_sets = (code,) if uri == OURS else index.value_sets(system, code)
    for value_set in value_sets:
        found.add(*source, value_set)
    study = catalog.study(system, plain_code(system, code)) if system is not None else None
    if study is not None and study.modality is not None and study.kind == "known":
        found.studies.setdefault(source[0], {})[source[1]] = SiteStudy(
            study.modality, study.regions, study.contrast, study.display
        )
        return 1
    return int(bool(value_sets))


def _add_toml(path: Path, guideline: Guideline, found: _Found) -> None:
    """`[codes."URI"]` CODE = "value set" or a list of them; `[orders."URI"]` CODE = "mr-lumbar-without"."""
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        found.mistakes.append(f"{path.name}: cannot be read as TOML ({error}).")
        return
    found.origins.append(Origin("toml", path.name, str(body.pop("version", ""))))
    for unknown in sorted(set(body) - {"codes", "orders"}):
        found.mistakes.append(
            f'{path.name}: nothing reads the table \'{unknown}\'. Write [codes."URI"] or [orders."URI"].'
        )
    for uri, codes in body.get("codes", {}).items():
        for code, named in codes.items():
            for value_set in [named] if isinstance(named, str) else named:
                if value_set in guideline.value_sets:
                    found.add(uri, code, value_set)
                else:
                    found.mistakes.append(
                        f"{path.name}: codes.{code}: '{value_set}' is no value set of the guideline."
                    )
    for uri, orders in body.get("orders", {}).items():
        for code, text in orders.items():
            study = read_study_name(str(text))
            if study is None:
                found.mistakes.append(
                    f"{path.name}: orders.{code}: '{text}' names no study. Write MODALITY-REGION or "
                    "MODALITY-REGION-CONTRAST, such as mr-lumbar-without-and-with."
                )
            else:
                found.studies.setdefault(uri, {})[code] = study


def read_study_name(text: str) -> SiteStudy | None:
    """`mr-lumbar`, `ct-thoracic-lumbar-without`: modality, regions and contrast in lower case, or None."""
    modality, _, rest = text.strip().lower().partition("-")
    contrast: Contrast = "unspecified"
    for name in sorted(get_args(Contrast), key=len, reverse=True):
        if rest.endswith(f"-{name}"):
            contrast, rest = name, rest.removesuffix(f"-{name}")
            break
    named = [region for region in get_args(Region) if region in rest.split("-")]
    known = {name.lower(): name for name in get_args(Modality)}
    if modality not in known or not named or len(named) != len(rest.split("-")):
        return None
    return SiteStudy(known[modality], tuple(named), contrast)


def _json(path: Path, resource_type: str, found: _Found) -> dict[str, Any] | None:
    try:
        body = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        found.mistakes.append(f"{path.name}: cannot be read as JSON ({error}).")
        return None
    if not isinstance(body, dict) or body.get("resourceType") != resource_type:
        found.mistakes.append(f"{path.name}: is no {resource_type}.")
        return None
    return body
