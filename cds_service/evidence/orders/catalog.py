"""The order catalog compiled into look-ups: codes, body sites, words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cds_service.evidence.orders.study_words import PhraseList, StudyWords
from cds_service.knowledge.model import (
    CodeSystem,
    Contrast,
    Guideline,
    Modality,
    OrderCatalog,
    OtherProcedure,
    Symptoms,
    Tier,
)
from cds_service.knowledge.table import Region
from cds_service.knowledge.vocabulary import Vocabulary

CodedKind = Literal["known", "needs-region", "pelvis", "unrated", "not-imaging"]

_CPT_LENGTH: Final = 5


@dataclass(frozen=True, slots=True)
class CodedStudy:
    """What a code means."""

    kind: CodedKind
    modality: Modality | None
    regions: tuple[Region, ...]
    contrast: Contrast
    display: str
    """Our own words."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that is looked up while an order or an earlier study is read."""

    by_code: Mapping[tuple[str, str], CodedStudy]
    """By (system word, plain code), and by (URI, code) for the order codes of a site."""
    body_sites: Mapping[tuple[str, str], tuple[Region, ...]]
    """Regions by (system word, code) of a body site; empty: the spine, level not stated."""
    words: StudyWords
    usual_contrast: Mapping[Modality, Contrast]
    """For the modalities whose studies all have the same contrast, whatever an order says."""
    placed_by_reason: frozenset[Modality]
    """Modalities of the whole body, which are the spine's when the reason is."""
    symptom_regions: Mapping[str, tuple[Region, ...]]
    """Regions of neck, chest and low back that a value set of spine symptoms speaks of."""
    imaging_categories: frozenset[str]
    imaging_systems: frozenset[str]
    imaging_code_prefixes: Mapping[str, tuple[str, ...]]
    dicom_modality: Mapping[str, Modality]
    travel: PhraseList
    imaging_elsewhere: PhraseList
    laterality: PhraseList

    def study(self, system: str, code: str) -> CodedStudy | None:
        """The study that a code means; a CPT code may carry a modifier (`72148-26`)."""
        found = self.by_code.get((system, code))
        if found is None and system == "cpt" and code[_CPT_LENGTH:][:1] in ("-", " "):
            return self.by_code.get((system, code[:_CPT_LENGTH]))
        return found


def compile_catalog(guideline: Guideline, vocabulary: Vocabulary | None = None) -> Catalog:
    """The look-ups of a guideline; made once, used for every call."""
    catalog = guideline.catalog
    rules = guideline.evidence
    return Catalog(
        by_code=_by_code(catalog) | _site_studies(vocabulary),
        body_sites={("snomed", site.code): site.regions for site in catalog.body_site},
        words=StudyWords(catalog.text, rules.text.suspicion),
        usual_contrast=_usual_contrast(catalog),
        placed_by_reason=frozenset(s.modality for s in catalog.procedure if s.needs_region),
        symptom_regions=_symptom_regions(guideline.combination.symptoms),
        imaging_categories=frozenset(code.lower() for code in catalog.imaging_categories),
        imaging_systems=frozenset(uri.lower() for uri in catalog.imaging_systems),
        imaging_code_prefixes={
            str(system): prefixes for system, prefixes in catalog.imaging_code_prefixes.items()
        },
        dicom_modality=dict(catalog.dicom_modality),
        travel=PhraseList(catalog.text.travel),
        imaging_elsewhere=PhraseList(catalog.text.imaging_elsewhere),
        laterality=PhraseList(catalog.text.laterality),
    )


def _by_code(catalog: OrderCatalog) -> dict[tuple[str, str], CodedStudy]:
    found: dict[tuple[str, str], CodedStudy] = {}
    for study in catalog.procedure:
        coded = CodedStudy(
            kind="needs-region" if study.needs_region else "known",
            modality=study.modality,
            regions=study.regions,
            contrast=study.contrast,
            display=study.display,
        )
        for key in _codes(study.codes):
            found.setdefault(key, coded)
    for other in catalog.other:
        for key in _codes(other.codes):
            found.setdefault(key, _other_study(other, key[1]))
    return found


def _site_studies(vocabulary: Vocabulary | None) -> dict[tuple[str, str], CodedStudy]:
    """By (URI, code) of the site's own order codes; they never replace a code of the catalog."""
    if vocabulary is None:
        return {}
    return {
        (uri, code): CodedStudy(
            "known", study.modality, study.regions, study.contrast, study.display
        )
        for uri, studies in vocabulary.studies.items()
        for code, study in studies.items()
    }


def _codes(
    codes: Mapping[CodeSystem, Mapping[Tier, tuple[str, ...]]],
) -> Iterator[tuple[str, str]]:
    for system, by_tier in codes.items():
        for group in by_tier.values():
            for code in group:
                yield system, code


def _other_study(other: OtherProcedure, code: str) -> CodedStudy:
    kinds: Mapping[str, CodedKind] = {
        "pelvis": "pelvis",
        "unrated-spine": "unrated",
        "not-imaging": "not-imaging",
    }
    by_code = (modality for modality, codes in other.modality_by_code.items() if code in codes)
    return CodedStudy(
        kind=kinds[other.kind],
        modality=next(by_code, other.modality),
        regions=(),
        contrast="unspecified",
        display=other.display,
    )


def _usual_contrast(catalog: OrderCatalog) -> dict[Modality, Contrast]:
    stated: dict[Modality, set[Contrast]] = {}
    for study in catalog.procedure:
        stated.setdefault(study.modality, set()).add(study.contrast)
    return {modality: next(iter(found)) for modality, found in stated.items() if len(found) == 1}


def _symptom_regions(symptoms: Symptoms) -> dict[str, tuple[Region, ...]]:
    found: dict[str, tuple[Region, ...]] = dict.fromkeys(symptoms.context_only, ())
    for value_sets in (symptoms.sacrum, symptoms.sacroiliac, symptoms.whole):
        found.update(dict.fromkeys(value_sets, ()))
    levels: tuple[tuple[Region, tuple[str, ...]], ...] = (
        ("cervical", symptoms.cervical),
        ("thoracic", symptoms.thoracic),
        ("lumbar", symptoms.lumbar),
    )
    for region, value_sets in levels:
        for value_set in value_sets:
            found[value_set] = (*found.get(value_set, ()), region)
    return found
