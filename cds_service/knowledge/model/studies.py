"""The studies that can be ordered, how they are rated, and what makes one unsafe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from cds_service.knowledge.kinds import (
    CardMention,
    Cited,
    ForReaders,
    Prose,
    ScenarioId,
    Sentence,
    Sources,
    StatementId,
    ValueSetMention,
)
from cds_service.knowledge.model.scales import CodeSystem, Contrast, Modality, Tier
from cds_service.knowledge.model.sources import UnverifiedCode
from cds_service.knowledge.model.statements import When
from cds_service.knowledge.table import Region, Table


class Procedure(Table):
    """One study of the catalog, or one that codes, body site and text stated together."""

    display: str
    modality: Modality
    regions: tuple[Region, ...]
    contrast: Contrast
    needs_region: bool = False
    """Out of scope unless body site, text or reason names the spine."""
    preferred: Mapping[CodeSystem, str] = {}
    codes: Mapping[CodeSystem, dict[Tier, tuple[str, ...]]] = {}


class OtherProcedure(Table):
    """Recognised, never rated."""

    kind: Literal["pelvis", "unrated-spine", "not-imaging"]
    display: str
    modality: Modality | None = None
    modality_by_code: Mapping[Modality, tuple[str, ...]] = {}
    codes: Mapping[CodeSystem, dict[Tier, tuple[str, ...]]] = {}


class BodySite(Table):
    """SNOMED body site of an order: its regions (empty: spine, level not stated)."""

    code: str
    regions: tuple[Region, ...]
    display: str
    verified: Annotated[Tier, ForReaders()]


class OrderText(Table):
    """Words that name modality, region and contrast in an order's text; words, not substrings; `_` is a space."""

    modality: dict[Modality, tuple[str, ...]]
    region: dict[Region, tuple[str, ...]]
    contrast: dict[Contrast, tuple[str, ...]]
    spine: tuple[str, ...]
    """Words that mean the spine without a region."""
    other_body_part: tuple[str, ...]
    """A text that names one of these and no spine region is out of scope."""
    region_with_spine: Mapping[Region, tuple[str, ...]] = {}
    """Words that name a region only in a text that names the spine in another word too."""
    after_contrast: tuple[str, ...] = ()
    """Words behind a word of `contrast` that show that it negates nothing: contrast, for, eval."""
    imaging_words: tuple[str, ...] = ()
    """Words that make an order without a known code or modality look like imaging."""
    never_imaging_words: tuple[str, ...] = ()
    """Measurements, such as of bone density: no imaging of the spine even beside a modality."""
    not_imaging_words: tuple[str, ...] = ()
    """Words of other services for the spine: such an order needs a modality to be imaging."""
    laterality: tuple[str, ...] = ()
    travel: tuple[str, ...] = ()
    """Words of an order that speak of travel."""
    imaging_elsewhere: tuple[str, ...] = ()
    """Words of an order that speak of studies done elsewhere."""


class OrderCatalog(Table):
    """Order codes and words, and what they mean."""

    procedure: tuple[Procedure, ...]
    other: tuple[OtherProcedure, ...]
    body_site: tuple[BodySite, ...]
    text: OrderText
    imaging_categories: tuple[str, ...] = ()
    """Codes of any system that mark an order as imaging in `category`."""
    imaging_systems: tuple[str, ...] = ()
    """URIs of code systems that hold nothing but imaging."""
    imaging_code_prefixes: Mapping[CodeSystem, tuple[str, ...]] = {}
    """A code that we do not know and that begins so is imaging."""
    dicom_modality: Mapping[str, Modality] = {}
    """DICOM modality codes of a study; the first listed wins where a study has several."""
    unverified: tuple[UnverifiedCode, ...] = ()


class RatingRow(Table):
    """Ratings of the ten studies for one region and scenario. `when` narrows; `.` keeps the cell of the wider row."""

    region: Region | Literal["any"]
    scenario: ScenarioId
    when: StatementId | None = None
    """Id of a `rating_when` statement."""
    profile: Literal["us", "uk"] | None = None
    cells: tuple[str, ...]
    """Ten cells of rating letter (A, M, S, N) and provenance letter, `-` not rated, `.` kept."""
    cite: Cited
    """Citation id, optionally followed by the variant."""
    note: Prose | None = None


class RatingWhen(Table):
    """When a narrowed row holds; `never`: its fact is not in a record, the row is for the knowledge page."""

    id: str
    text: Annotated[Sentence, ForReaders()]
    when: When | None = None
    never: bool = False


class OrderCheck(Table):
    """What is looked at on every order; `cards` says what may come of it."""

    id: str
    when: Annotated[Sentence, ForReaders()]
    cards: tuple[CardMention, ...] = ()
    uses: Annotated[tuple[ValueSetMention, ...], ForReaders()] = ()
    sources: Sources = ()
    note: Prose | None = None


class SafetyLimits(Table):
    """Limits of the order checks."""

    egfr_gadolinium_caution: float
    egfr_iodinated_caution: float
    creatinine_caution: float
    egfr_max_age_days: int
    egfr_fresh_days: int
    pregnancy_window_days: int
    hcg_max_age_days: int
    due_date_days_before: int
    due_date_days_after: int
    child_bearing_age_from: int
    child_bearing_age_to: int
    duplicate_days: int
    pending_days: int
    imaged_since_days: int
    radiograph_recent_days: int
    sacroiliac_radiograph_days: int
    neck_rule_age_from: int
    neck_rule_age_to: int
    sources: Cited = ()
