"""How values, units and texts of a record are read."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cds_service.knowledge.kinds import Cited, Prose, ValueSetId, ValueSetMention
from cds_service.knowledge.model.combination import Fading
from cds_service.knowledge.table import Table


class Parameter(Table):
    """A number with its unit (UCUM) and citation."""

    id: str
    value: float
    unit: str
    sources: Cited
    note: Prose | None = None


class UnitConversion(Table):
    """One accepted unit spelling: multiply by `factor`, or apply the named conversion."""

    unit: str
    factor: float | None = None
    named: Literal["fahrenheit-to-celsius", "kelvin-to-celsius"] | None = None


class InferredUnit(Table):
    """A number without a unit that lies in [low, high] is read in this unit, with a note."""

    unit: str
    low: float
    high: float


class ObservationName(Table):
    """What sites call one kind of observation, and what its values say (`observations.toml`)."""

    id: str
    names: tuple[str, ...]
    not_names: tuple[str, ...] = ()
    measures: ValueSetId | None = None
    """Its numbers are those of this value set, in the units of its table."""
    grades: ValueSetId | None = None
    """Its numbers from 0 to 5 are grades of this value set."""
    means: ValueSetId | None = None
    """Value set of the finding that its words may say."""
    function: bool = False
    """The name is something that should be there: its absence is the finding."""
    found: tuple[str, ...] = ()
    normal: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    """Names that say the finding themselves; where some are given, a plain yes to any other is no finding."""
    needs_unit: bool = False
    """The name says too little: its number counts only in a unit of the table."""
    aside: bool = False
    """No red flag: a value that is not understood is named, and takes nothing away."""
    found_above: float | None = None
    """A number above it is the finding, in whatever unit; one that is not is none."""
    letters: dict[str, ValueSetId] = Field(default_factory=dict)
    """Value set of the finding that a letter means, lower case."""
    letters_normal: tuple[str, ...] = ()
    """Letters that say that all is well."""
    letter_words: tuple[str, ...] = ()
    """Words that may stand before the letter in its value."""
    letter_behind: tuple[str, ...] = ()
    """Words that may stand directly behind a letter; behind a sign or at the end of the value any letter counts."""
    amount: ValueSetId | None = None
    """A number of the finding is one of this value set too; in words it stands beside a word of `found`."""


class Quantity(Table):
    """The closed unit table of one kind of measurement."""

    id: str
    canonical: str
    unit: tuple[UnitConversion, ...]
    inferred: tuple[InferredUnit, ...] = ()
    plausible: tuple[float, float]
    """Least and most, in the canonical unit, that a living person can have: beyond, the unit or the number is wrong."""


class TextRules(Table):
    """Guard words and phrases for reading free text. See clinical notes in `evidence.toml`."""

    guard: tuple[str, ...]
    guard_after: tuple[str, ...]
    guard_acute: tuple[str, ...]
    clause_breaks: tuple[str, ...]
    """Words that end a clause: but, however, now, since."""
    to_sentence_end: tuple[str, ...]
    """Guards whose reach is the end of the sentence."""
    over_commas: tuple[str, ...]
    """Guards whose reach crosses commas when `or` or `nor` follows in the sentence."""
    suspicion: tuple[str, ...]
    """Words directly before a phrase that make it suspected, not negated."""
    not_guard: tuple[str, ...] = ()
    """Phrases that hold a guard word and negate nothing of what follows: `without contrast`, `no relief`."""
    guard_acute_breaks: tuple[str, ...] = ()
    """Words that end the reach of `guard_acute`: in `chronic pain with new leg weakness` the weakness is new."""


class EvidenceRules(Table):
    """Which statuses and values count; the codes here are FHIR's own status codes or cited answers."""

    conclusion_headings: tuple[str, ...]
    request_headings: tuple[str, ...]
    """Headings in the text of a report: of what is concluded; of why and how the study was done."""
    condition_count: tuple[str, ...]
    condition_past: tuple[str, ...]
    condition_drop_verification: tuple[str, ...]
    condition_suspected_verification: tuple[str, ...]
    condition_refuted_verification: tuple[str, ...]
    certainty_confirmed: tuple[str, ...]
    certainty_suspected: tuple[str, ...]
    certainty_past: tuple[str, ...]
    certainty_refuted: tuple[str, ...]
    """Letters of the coder's certainty that stand beside a code of ICD-10-GM."""
    seventh_character_prefixes: tuple[str, ...]
    observation_count: tuple[str, ...]
    negative_snomed: tuple[str, ...]
    negative_loinc: tuple[str, ...]
    negative_text: tuple[str, ...]
    positive_snomed: tuple[str, ...]
    positive_loinc: tuple[str, ...] = ()
    positive_text: tuple[str, ...]
    denial_before_value: tuple[str, ...]
    denial_links: tuple[str, ...]
    denial_before_name: tuple[str, ...]
    """Words of denial around the names and values of observations, lower case."""
    lost_text: tuple[str, ...]
    """Of a function: words that say that it is gone or less, lower case."""
    stated_text: tuple[str, ...]
    """Words beside the positive ones that say yes to the name of a finding: current, ongoing."""
    unfound_text: tuple[str, ...]
    """Words that say no to the name of a finding, beside the negative ones."""
    unread_days: int
    """An observation whose value was not understood is named for so many days."""
    kept_text: tuple[str, ...]
    """Of a function: words that say that it is there and right."""
    medication_count: tuple[str, ...]
    dispense_count: tuple[str, ...]
    administration_count: tuple[str, ...]
    single_dose_text: tuple[str, ...]
    """Words of a dosage that is given once; not before a word of `repeated_text`."""
    repeated_text: tuple[str, ...]
    route_exclude: tuple[str, ...]
    form_words_exclude: tuple[str, ...]
    procedure_count: tuple[str, ...]
    procedure_words: tuple[ValueSetMention, ...]
    """Value sets that the name of a procedure may mean by its words."""
    operated_elsewhere: tuple[str, ...]
    operated_on_spine: tuple[str, ...]
    """Beginnings of words in the name of an operation: of other parts of the body, and of the spine."""
    icd10_chapters_near_the_spine: tuple[str, ...]
    """First letters; a code of another chapter in no value set has no bearing."""
    icd10_without_bearing: tuple[str, ...]
    """Prefixes of those chapters whose codes have no bearing all the same."""
    icd10_without_disease: tuple[str, ...]
    """Prefixes of codes that name no disease: their words are read."""
    family_history_prefixes: tuple[str, ...]
    family_history_icd9: tuple[str, ...]
    reaction_words: tuple[str, ...]
    """Words of an entry that make the name of a contrast agent a reaction to it, lower case."""
    implant_removed: tuple[str, ...]
    """Words of a removal, in all languages."""
    device_lead_ins: tuple[str, ...]
    """Words before the name of an implant that tell nothing of it, lower case."""
    family_history_words: tuple[str, ...]
    relatives: tuple[str, ...]
    relative_has: tuple[str, ...]
    days_per_month: int
    order_reason_days: int
    """What another order was written for counts for so many days."""
    future_days: int
    fading: Fading
    text: TextRules
