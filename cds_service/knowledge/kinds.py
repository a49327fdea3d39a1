"""What a text of the guideline files is, as a type: the name of something else, or a sentence with placeholders.

`references.py` walks the loaded files by these types, so a field of the model that names a value set says so here
and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

NO_CARD: Final = "none"
"""What a card rule names when the advice is on another order of the call."""

PRIMARY: Final = "primary"
"""Stands for the primary card in `keep_first`."""

SUMMARY_WORDS: Final = frozenset(
    {
        "advice",
        "age",
        "alternative",
        "basis",
        "concept",
        "date",
        "device",
        "finding",
        "group",
        "missing",
        "modality",
        "ordered",
        "ordered_region",
        "other_order",
        "preferred",
        "priority",
        "reason_short",
        "risk",
        "suggested_region",
        "symptom",
        "value",
        "where",
    }
)
"""Placeholders of summaries."""
LABEL_WORDS: Final = SUMMARY_WORDS | {"reasons"}
"""Placeholders of the labels of suggestions and the descriptions of their actions."""


@dataclass(frozen=True, slots=True)
class Ref:
    """The text is the name of a thing of this kind."""

    kind: str
    also: frozenset[str] = frozenset()
    """Words that stand there in place of a name."""
    is_use: bool = True
    """False where the mention alone does not bring the thing to life."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The text is a sentence that may hold these placeholders."""

    words: frozenset[str] = frozenset()


def filled(*words: str) -> Filled:
    """A sentence that may hold these placeholders."""
    return Filled(frozenset(words))


@dataclass(frozen=True, slots=True)
class Cites:
    """The list names at least one source."""


@dataclass(frozen=True, slots=True)
class ForReaders:
    """Nothing computes with it: it tells a reader of the file, or of the knowledge page, why or from where."""


ValueSetId = Annotated[str, Ref("value set")]
ValueSetMention = Annotated[str, Ref("value set", is_use=False)]
CriterionId = Annotated[str, Ref("criterion")]
GroupId = Annotated[str, Ref("group")]
ScenarioId = Annotated[str, Ref("scenario")]
CardId = Annotated[str, Ref("card")]
CardOrNone = Annotated[str, Ref("card", also=frozenset({NO_CARD}))]
CardMention = Annotated[str, Ref("card", is_use=False)]
CriterionMention = Annotated[str, Ref("criterion", is_use=False)]
CardOrPrimary = Annotated[str, Ref("card", also=frozenset({PRIMARY}), is_use=False)]
SuggestionId = Annotated[str, Ref("suggestion")]
OverrideId = Annotated[str, Ref("override reason")]
AdviceId = Annotated[str, Ref("advice line")]
UnitTableId = Annotated[str, Ref("unit table")]
StatementId = Annotated[str, Ref("statement in ratings/when.toml")]
CitationId = Annotated[str, Ref("citation")]
"""May be followed by the place in the source: `acr-lbp-2021 variant 4`."""
ConceptId = Annotated[str, Ref("concept")]
WordClassId = Annotated[str, Ref("word class")]
Sources = tuple[CitationId, ...]
Cited = Annotated[tuple[CitationId, ...], Cites()]

Sentence = Annotated[str, Filled()]
"""No placeholder is filled in."""
SummaryText = Annotated[str, Filled(SUMMARY_WORDS)]
LabelText = Annotated[str, Filled(LABEL_WORDS)]
Prose = Annotated[str, ForReaders()]
