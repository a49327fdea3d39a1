"""Criteria, and the kinds of evidence that they are found by."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cds_service.knowledge.kinds import Cited, Prose, Sentence, ValueSetId
from cds_service.knowledge.model.scales import Strength
from cds_service.knowledge.table import Table


class ConditionEvidence(Table):
    """Condition in `vs`, dated within `days` (closed interval, both ends count)."""

    type: Literal["condition"]
    vs: ValueSetId
    days: int
    min_days: int = 0
    historical: bool = False
    """Also take resolved entries."""
    while_active: bool = False
    """What lasts: an entry recorded as active counts however long ago it began."""
    dated: bool = False
    """An entry without a day does not count at all, else one strength lower."""
    text_required: str | None = None
    """A code counts only with this word in its text."""


class ReasonEvidence(Table):
    """The order's reasonCode, the resource of its reasonReference, or the order's own free text, in `vs`."""

    type: Literal["reason"]
    vs: ValueSetId


class StatedEvidence(Table):
    """The words of the order alone: `language/concepts.toml` says which concepts state the criterion."""

    type: Literal["stated"]


class ObservationEvidence(Table):
    """Numeric Observation in `vs` within `days`, in the canonical unit of the value set, aggregated and compared."""

    type: Literal["observation"]
    vs: ValueSetId
    op: Literal["gt", "ge", "lt", "le"]
    value: float
    days: int
    agg: Literal["latest", "max", "min"] = "latest"


class ObservationPositiveEvidence(Table):
    """Observation in `vs` within `days` with a positive value."""

    type: Literal["observation-positive"]
    vs: ValueSetId
    days: int


class MedicationEvidence(Table):
    """Any exposure to a drug in `vs` within `days`."""

    type: Literal["medication"]
    vs: ValueSetId
    days: int


class MedicationDaysEvidence(Table):
    """At least `min_exposure_days` of exposure to drugs in `vs` (union of intervals) within `window_days`."""

    type: Literal["medication-days"]
    vs: ValueSetId
    min_exposure_days: int
    window_days: int


class ProcedureEvidence(Table):
    """Procedure in `vs` within `days`, completed or in progress."""

    type: Literal["procedure"]
    vs: ValueSetId
    days: int


class AgeEvidence(Table):
    """Age in completed years compared with `value`, and below `below` where given."""

    type: Literal["age"]
    op: Literal["gt", "ge"]
    value: int
    below: int | None = None


ComputedName = Literal[
    "bilateral_sciatica",
    "numbness_with_saddle_site",
    "aaa_new_pain",
    "cancer_history_recent_or_avid",
    "cancer_history_remote",
    "cancer_hormone_drug",
    "weight_loss_5pct_180d",
    "ankylosed_with_trauma",
    "young_onset_chronic",
    "prior_surgery_region",
    "conservative_care_6w",
    "pain_score_rising",
    "deficit_on_anticoagulant",
    "aorta_prone_new_pain",
    "myeloma_values",
]


class ComputedEvidence(Table):
    """A named function of `assessment/computed/`; its numbers stand in `parameters.toml`."""

    type: Literal["computed"]
    fn: ComputedName
    vs: tuple[ValueSetId, ...] = ()
    """Value sets that the function reads, for the reader and the checks."""
    days: int | None = None


Evidence = Annotated[
    ConditionEvidence
    | ReasonEvidence
    | StatedEvidence
    | ObservationEvidence
    | ObservationPositiveEvidence
    | MedicationEvidence
    | MedicationDaysEvidence
    | ProcedureEvidence
    | AgeEvidence
    | ComputedEvidence,
    Field(discriminator="type"),
]


class Criterion(Table):
    """One testable statement about the patient."""

    id: str
    name: Sentence
    short: Sentence | None = None
    domain: str
    """Criteria of one group and the same domain count once, the strongest."""
    strength: Strength
    acute: bool = False
    needs_context: bool = False
    """Counts only with spine pain or a neurological context."""
    evidence: tuple[Evidence, ...]
    accuracy: Prose | None = None
    note: Prose | None = None
    why: Prose | None = None
    sources: Cited
