"""What an order or a report images: its code, then its body site, then its words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct

from cds_service.evidence.codes.codeable import CodingRead, Concept
from cds_service.evidence.model import StudyProcedure
from cds_service.evidence.orders.catalog import Catalog, CodedStudy
from cds_service.evidence.orders.study_words import NO_NAME, StudyName, region_order
from cds_service.evidence.text.name_words import words_of
from cds_service.knowledge.model import Contrast, Modality
from cds_service.knowledge.table import Region

ReadFrom = Literal["code", "body-site", "text"]

_STUDY_SYSTEMS: Final = ("cpt", "loinc", "snomed")
_PELVIC: Final = frozenset[Region](("sacrum", "sacroiliac"))


class StudySource(Struct, frozen=True, gc=False):
    """Everything in a resource that says what is imaged."""

    code: Concept
    sites: tuple[Concept, ...] = ()
    categories: tuple[Concept, ...] = ()
    contrast_texts: tuple[str, ...] = ()
    """Further texts that may state the contrast, such as order details."""
    reasons: tuple[Concept, ...] = ()
    """Asked only where the study alone does not say which part of the body is meant."""
    reason_sets: frozenset[str] = frozenset()
    """Value sets that the reasons are in."""
    modality: Modality | None = None
    """Stated by the equipment (DICOM); counts after the code and before the words."""


class StudyRead(Struct, frozen=True, gc=False):
    """One spine study as it was read."""

    kind: Literal["known", "unmapped", "unrated"]
    procedure: StudyProcedure
    read_from: ReadFrom
    display: str
    """The resource's own words, else ours for the code."""


class _Site(Struct, frozen=True, gc=False):
    """What the body sites say."""

    regions: tuple[Region, ...]
    names_spine: bool


def read_study(source: StudySource, catalog: Catalog) -> StudyRead | None:
    """The spine study that a resource is about, or None when it is no imaging of the spine.

    The code wins over body site and words; these fill in what the code leaves open.
    """
    coded = _coded_study(source.code, catalog)
    if coded is not None and coded.kind == "not-imaging":
        return None
    if coded is not None and coded.regions and coded.contrast != "unspecified":
        return _by_code_alone(coded, source.code)
    name = _read_name(source.code, catalog)
    site = _read_site(source.sites, catalog)
    if coded is None:
        return None if name.is_never_imaging else _study_by_words(source, name, site, catalog)
    regions, read_from = _regions(coded, name, site)
    if coded.kind == "pelvis":
        regions = tuple(region for region in regions if region in _PELVIC)
        if not regions:
            return None
    if coded.kind == "needs-region" and not (site.names_spine or name.is_spine):
        if not _reasons_place_it(source, name, catalog):
            return None
        regions, read_from = _reason_regions(source, catalog), "text"
    return StudyRead(
        kind="unrated" if coded.kind == "unrated" else "known",
        procedure=StudyProcedure(
            coded.modality,
            regions,
            _contrast(coded.modality, (coded.contrast, name.contrast), source, catalog),
        ),
        read_from=read_from,
        display=source.code.label_in_words or coded.display,
    )


def is_placed_by_reason(code: Concept, catalog: Catalog) -> bool:
    """True for a study of the whole body, which is the spine's when its reason is."""
    coded = _coded_study(code, catalog)
    if coded is not None:
        return coded.kind == "needs-region"
    return _read_name(code, catalog).modality in catalog.placed_by_reason


def names_side(sites: tuple[Concept, ...], catalog: Catalog) -> bool:
    """True when a body site says left or right."""
    return any(
        catalog.laterality.is_in(words_of(text))
        for site in sites
        for text in (site.text, *(coding.display for coding in site.codings))
    )


def _by_code_alone(coded: CodedStudy, code: Concept) -> StudyRead:
    return StudyRead(
        kind="unrated" if coded.kind == "unrated" else "known",
        procedure=StudyProcedure(coded.modality, region_order(coded.regions), coded.contrast),
        read_from="code",
        display=code.label_in_words or coded.display,
    )


def _coded_study(code: Concept, catalog: Catalog) -> CodedStudy | None:
    found = [
        study
        for system, plain in _known_codes(code)
        if (study := catalog.study(system, plain)) is not None
    ]
    if not found:
        return None
    spine = [study for study in found if study.kind != "not-imaging"]
    if not spine:
        return found[0]
    first = spine[0]
    same = [
        study
        for study in spine
        if study.modality == first.modality
        and (study.regions == first.regions or not first.regions or not study.regions)
    ]
    # Several codings say the same study with more or less detail: the first one leads.
    return CodedStudy(
        kind=first.kind,
        modality=first.modality,
        regions=next((study.regions for study in same if study.regions), ()),
        contrast=next(
            (study.contrast for study in same if study.contrast != "unspecified"), "unspecified"
        ),
        display=first.display,
    )


def _known_codes(code: Concept) -> Iterator[tuple[str, str]]:
    """(system word, code), or (URI, code) of a site's list; one without a system is tried as each list of studies."""
    for coding in code.codings:
        if coding.system is not None:
            yield coding.system, coding.code
        elif coding.uri:
            yield coding.uri, coding.code
        else:
            # why: these lists share no code, and an order that sends the bare number means one of them
            for system in _STUDY_SYSTEMS:
                yield system, coding.code


def _regions(
    coded: CodedStudy, name: StudyName, site: _Site
) -> tuple[tuple[Region, ...], ReadFrom]:
    if coded.regions:
        return region_order(coded.regions), "code"
    if coded.kind == "pelvis":
        # A pelvis with "lumbar" in its text is still a pelvis; only its own parts count.
        if _PELVIC.intersection(site.regions):
            return site.regions, "body-site"
        return name.regions, "text"
    if site.regions:
        return site.regions, "body-site"
    if name.regions:
        return name.regions, "text"
    return (), "code"


def _study_by_words(
    source: StudySource, name: StudyName, site: _Site, catalog: Catalog
) -> StudyRead | None:
    modality = source.modality or name.modality
    regions = site.regions or name.regions
    if not (site.names_spine or name.is_spine):
        if modality not in catalog.placed_by_reason or not _reasons_place_it(source, name, catalog):
            return None
        regions = _reason_regions(source, catalog)
    if modality is None and not _looks_like_imaging(source, name, catalog):
        return None
    return StudyRead(
        kind="known" if modality is not None else "unmapped",
        procedure=StudyProcedure(
            modality, regions, _contrast(modality, ("unspecified", name.contrast), source, catalog)
        ),
        read_from="text",
        display=source.code.label,
    )


def _looks_like_imaging(source: StudySource, name: StudyName, catalog: Catalog) -> bool:
    if name.names_other_service:
        return False
    return (
        name.looks_like_imaging
        or any(
            coding.code.lower() in catalog.imaging_categories
            for category in source.categories
            for coding in category.codings
        )
        or any(_is_imaging_code(coding, catalog) for coding in source.code.codings)
    )


def _is_imaging_code(coding: CodingRead, catalog: Catalog) -> bool:
    if not coding.code:
        return False
    if coding.uri.lower() in catalog.imaging_systems:
        return True
    prefixes = catalog.imaging_code_prefixes.get(coding.system or "", ())
    return bool(prefixes) and coding.code.startswith(prefixes)


def _read_name(code: Concept, catalog: Catalog) -> StudyName:
    """What the order's own text names; where that is silent, what the displays of its codings name."""
    if not code.text:
        return _read_displays(code, catalog)
    name = catalog.words.read(code.text)
    if name.modality is not None and name.regions:
        return name
    by_display = _read_displays(code, catalog)
    if by_display == NO_NAME:
        return name
    return StudyName(
        modality=name.modality or by_display.modality,
        regions=name.regions or by_display.regions,
        contrast=name.contrast if name.contrast != "unspecified" else by_display.contrast,
        names_spine=name.names_spine or by_display.names_spine,
        is_spine=name.is_spine or by_display.is_spine,
        names_other_part=name.names_other_part or by_display.names_other_part,
        looks_like_imaging=name.looks_like_imaging or by_display.looks_like_imaging,
        names_other_service=name.names_other_service or by_display.names_other_service,
        is_never_imaging=name.is_never_imaging or by_display.is_never_imaging,
    )


def _read_displays(code: Concept, catalog: Catalog) -> StudyName:
    displays = dict.fromkeys(coding.display for coding in code.codings if coding.display)
    return catalog.words.read(" . ".join(displays))


def _read_site(sites: tuple[Concept, ...], catalog: Catalog) -> _Site:
    if not sites:
        return _Site((), names_spine=False)
    regions: list[Region] = []
    names_spine = False
    for site in sites:
        coded = [catalog.body_sites[key] for key in site.known_codings if key in catalog.body_sites]
        if coded:
            names_spine = True
        found = next((group for group in coded if group), ())
        if not found:
            for name in _site_names(site, catalog):
                names_spine = names_spine or name.names_spine
                found = found or name.regions
        regions.extend(found)
    return _Site(region_order(regions), names_spine)


def _site_names(site: Concept, catalog: Catalog) -> Iterator[StudyName]:
    for text in (site.text, *(coding.display or coding.code for coding in site.codings)):
        if text:
            yield catalog.words.read(text)


def _contrast(
    modality: Modality | None,
    stated: tuple[Contrast, Contrast],
    source: StudySource,
    catalog: Catalog,
) -> Contrast:
    """The contrast; `stated` is what code and name say, in the order in which they count."""
    by_code, by_name = stated
    if by_code != "unspecified" or modality is None:
        return by_code
    usual = catalog.usual_contrast.get(modality)
    if usual is not None:
        return usual
    if by_name != "unspecified":
        return by_name
    details = (catalog.words.read(text).contrast for text in source.contrast_texts)
    return next((contrast for contrast in details if contrast != "unspecified"), "unspecified")


def _reasons_place_it(source: StudySource, name: StudyName, catalog: Catalog) -> bool:
    """True when nothing else says where, and a reason names the spine."""
    if source.sites or name.names_other_part:
        return False
    if any(value_set in catalog.symptom_regions for value_set in source.reason_sets):
        return True
    return any(catalog.words.read(reason.label).names_spine for reason in source.reasons)


def _reason_regions(source: StudySource, catalog: Catalog) -> tuple[Region, ...]:
    named = region_order(
        region for reason in source.reasons for region in catalog.words.read(reason.label).regions
    )
    if named:
        return named
    # A symptom set of one level names it; pain of the back as such may be of any level.
    levels = [catalog.symptom_regions.get(value_set, ()) for value_set in source.reason_sets]
    return region_order(level[0] for level in levels if len(level) == 1)
