"""Where the content comes from, and the codes it is written in."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from cds_service.knowledge.kinds import (
    Cited,
    ForReaders,
    Prose,
    UnitTableId,
    ValueSetId,
    ValueSetMention,
)
from cds_service.knowledge.model.scales import Provenance, Tier
from cds_service.knowledge.table import Region, Table


class Citation(Table):
    """A source. Every criterion, rating and card cites at least one."""

    id: str
    title: str
    short: str
    """How a card names it, e.g. `low back pain guidance`; never the publisher's own score or logo."""
    year: int | None = None
    ref: Prose | None = None
    url: str | None = None
    regions: tuple[Region, ...] = ()
    """The parts of the spine that it speaks of; empty: all."""
    provenance: Annotated[Provenance, ForReaders()]
    note: Prose | None = None


class Content(Table):
    """What this guideline is, and until when it may be used without a new review."""

    id: str
    version: str
    date: dt.date
    review_by: dt.date
    status: Literal["draft", "approved"]
    jurisdictions: tuple[Literal["us", "uk"], ...]
    changes: tuple[Prose, ...] = ()


class CodeEntry(Table):
    """One code of a value set, as written in the file (ICD-10-CM with its dot).

    An ICD code means every code that begins with it, both spelled by `coding.plain_code`.
    """

    code: str
    display: str
    verified: Annotated[Tier, ForReaders()]


class UnverifiedCode(Table):
    """A code that must never be used by the engine, and why."""

    system: str
    code: str
    note: Prose


class ValueSet(Table):
    """Codes and phrases that mean one clinical concept."""

    id: str
    title: str
    purpose: str
    version: str
    course: Literal["acute", "chronic"]
    event: bool = False
    """Something that happens: each entry is one of its own, so an older one is never told as the same thing still."""
    quantity: UnitTableId | None = None
    """Name of the unit table (`units.toml`) for the numbers of these observations."""
    text: tuple[str, ...] = ()
    text_not: tuple[str, ...] = ()
    text_not_coded: tuple[ValueSetMention, ...] = ()
    """Ids of value sets: the text of an entry that is coded in one of them is not read for this one."""
    why: tuple[Prose, ...] = ()
    overlaps: tuple[ValueSetMention, ...] = ()
    """Ids of value sets that share codes with this one on purpose."""
    icd10cm: tuple[CodeEntry, ...] = ()
    icd10cm_exclude: tuple[CodeEntry, ...] = ()
    icd10cm_exclude_set: ValueSetId | None = None
    icd10: tuple[CodeEntry, ...] = ()
    """Of WHO's edition where ICD-10-CM cuts another way: read at four characters, beside those of `icd10cm`."""
    icd10_exclude: tuple[CodeEntry, ...] = ()
    """Stems of `icd10cm` that mean something else in WHO's edition."""
    icd9cm: tuple[CodeEntry, ...] = ()
    icd9cm_exclude: tuple[CodeEntry, ...] = ()
    snomed: tuple[CodeEntry, ...] = ()
    snomed_descendants: bool = False
    """With a licensed release everything below these codes counts too: a site's own vocabulary holds it."""
    snomed_leave_out: tuple[str, ...] = ()
    """SNOMED CT codes that are left out of it with all that is below them."""
    expansions: tuple[str, ...] = ()
    """Canonicals of published ValueSets whose expansions belong to this set."""
    expansion_not: tuple[str, ...] = ()
    """Words of a display with which an entry of them does not, lower case."""
    expansion_despite: tuple[str, ...] = ()
    """Words with which it does all the same."""
    loinc: tuple[CodeEntry, ...] = ()
    rxnorm_ingredient: tuple[CodeEntry, ...] = ()
    rxnorm_drug: tuple[CodeEntry, ...] = ()
    cpt: tuple[CodeEntry, ...] = ()
    unverified: tuple[UnverifiedCode, ...] = ()


class Disagreement(Table):
    """Where good sources disagree: each position, and our policy. Decides nothing by itself."""

    id: str
    topic: Prose
    positions: tuple[Prose, ...]
    policy: Prose
    sources: Cited
