"""Data readiness: of what each criterion needs, how much the charts hold, and what of them could be mapped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from cds_service.coding import SYSTEM_URIS
from cds_service.knowledge.model import (
    AgeEvidence,
    ComputedEvidence,
    ConditionEvidence,
    Criterion,
    Guideline,
    MedicationDaysEvidence,
    MedicationEvidence,
    ObservationEvidence,
    ObservationPositiveEvidence,
    ProcedureEvidence,
    ReasonEvidence,
)
from cds_service.pages.numbers import SMALLEST_SHOWN
from cds_service.replay.nearest import Nearest, NearestSets

CODES_SHOWN: Final = 200
WORDS_SHOWN: Final = 200
_KINDS: Final[tuple[tuple[type[Any], str], ...]] = (
    (ConditionEvidence, "problem"),
    (ObservationEvidence, "measurement"),
    (ObservationPositiveEvidence, "finding"),
    (MedicationEvidence, "drug"),
    (MedicationDaysEvidence, "drug"),
    (ProcedureEvidence, "procedure"),
)
_MEASURED: Final = frozenset(("measurement", "finding"))


class Need(Struct, frozen=True):
    """One thing that a criterion needs, and in how many charts it is."""

    criterion: str
    group: str
    kind: str
    value_set: str
    title: str
    charts: int
    dated: int
    valued: int | None
    """None where no value is needed."""
    unit_missing: int
    unit_unknown: int
    implausible: int
    by_words: int
    """Charts that hold it by its words alone."""


class ReadyCriterion(Struct, frozen=True):
    """One criterion with all that it needs."""

    criterion: str
    group: str
    needs: tuple[Need, ...]
    by_age: bool
    """The birth date is enough for it, or a part of it."""
    by_order: bool
    """The words and reasons of the order can state it."""

    @property
    def charts(self) -> int:
        """In the most charts that hold one of its needs."""
        return max((need.charts for need in self.needs), default=0)

    @property
    def is_out_of_reach(self) -> bool:
        """No chart holds anything of what it needs, and age does not do."""
        return not self.by_age and bool(self.needs) and not self.charts


class UnreadCode(Struct, frozen=True):
    """A code or local name in no value set."""

    type: str
    system: str
    """URI."""
    code: str
    """Empty: a name alone."""
    display: str
    charts: int
    nearest: Nearest | None

    @property
    def line(self) -> str:
        """As a line of a vocabulary file."""
        value_set = self.nearest.value_set if self.nearest else ""
        return f"{_quoted(self.code)} = {_quoted(value_set)}"


class UnreadWords(Struct, frozen=True):
    """A text that was not understood."""

    source: str
    text: str
    number: int
    """Charts, or orders where the source is `order`."""
    nearest: Nearest | None


class Suppressed(Struct, frozen=True):
    """What is not shown of a list, so that nobody can be recognized, or since it is long."""

    small: int
    """Entries with counts under five."""
    rest: int
    """Entries beyond those shown."""
    dropped: int
    """Entries that the run itself did not keep."""


def ready_criteria(guideline: Guideline, details: Mapping[str, Any]) -> tuple[ReadyCriterion, ...]:
    """Every criterion of the guideline, in its order."""
    held = details.get("readiness", {}).get("value_sets", {})
    stated = {name for concept in guideline.language.concepts.values() for name in concept.criteria}
    return tuple(
        ReadyCriterion(
            criterion=criterion.short or criterion.name,
            group=group.name,
            needs=tuple(_needs(criterion, group.name, guideline, held)),
            by_age=any(isinstance(one, AgeEvidence) for one in criterion.evidence),
            by_order=criterion.id in stated
            or any(isinstance(one, ReasonEvidence) for one in criterion.evidence),
        )
        for group in guideline.groups
        for criterion in group.criterion
    )


def unread_codes(
    details: Mapping[str, Any], nearest: NearestSets
) -> tuple[tuple[UnreadCode, ...], Suppressed]:
    """Codes in no value set, those that look like one of the guideline first, then by frequency."""
    readiness = details.get("readiness", {})
    every = [
        (kind, label, charts)
        for kind, labels in readiness.get("unread_codes", {}).items()
        for label, charts in labels.items()
    ]
    large = [one for one in every if one[2] >= SMALLEST_SHOWN]
    found = sorted(
        (_unread_code(*one, nearest) for one in large),
        key=lambda one: (one.nearest is None, -one.charts, one.display, one.type, one.code),
    )
    return tuple(found[:CODES_SHOWN]), Suppressed(
        small=len(every) - len(large),
        rest=max(len(found) - CODES_SHOWN, 0),
        dropped=readiness.get("cut", {}).get("unread_codes", 0),
    )


def unread_words(
    details: Mapping[str, Any], nearest: NearestSets
) -> tuple[tuple[UnreadWords, ...], Suppressed]:
    """Texts that were not understood, by frequency."""
    readiness = details.get("readiness", {})
    every = [
        (source, text, number)
        for source, texts in readiness.get("words", {}).items()
        for text, number in texts.items()
    ]
    large = [one for one in every if one[2] >= SMALLEST_SHOWN]
    found = sorted(
        (UnreadWords(*one, nearest.find(one[1])) for one in large),
        key=lambda one: (-one.number, one.source, one.text),
    )
    return tuple(found[:WORDS_SHOWN]), Suppressed(
        small=len(every) - len(large),
        rest=max(len(found) - WORDS_SHOWN, 0),
        dropped=readiness.get("cut", {}).get("words", 0),
    )


def vocabulary_lines(codes: tuple[UnreadCode, ...]) -> str:
    """The codes as tables of a vocabulary file, each a comment until somebody has confirmed it."""
    by_system: dict[str, list[UnreadCode]] = {}
    for one in codes:
        if one.code:
            by_system.setdefault(one.system, []).append(one)
    lines = []
    for system, members in by_system.items():
        lines.append(f"[codes.{_quoted(system)}]")
        lines += [
            f"# {one.line}  # {_one_line(one.display)}: {one.charts} charts" for one in members
        ]
        lines.append("")
    return "\n".join(lines)


def word_lines(words: tuple[UnreadWords, ...]) -> str:
    """The texts as members of a list of words in a language file, each a comment until somebody has confirmed it."""
    return "\n".join(f"# {_quoted(one.text.lower())},  # {one.number} times" for one in words)


def _needs(
    criterion: Criterion, group: str, guideline: Guideline, held: Mapping[str, Mapping[str, int]]
) -> Iterator[Need]:
    seen = set()
    for kind, name in _named_sets(criterion):
        if name in seen:
            continue
        seen.add(name)
        found = held.get(name, {})
        value_set = guideline.value_sets[name]
        is_measured = kind in _MEASURED or name.startswith("obs-")
        yield Need(
            criterion=criterion.short or criterion.name,
            group=group,
            kind=kind,
            value_set=name,
            title=value_set.title,
            charts=found.get("charts", 0),
            dated=found.get("dated", 0),
            valued=found.get("valued", 0) if is_measured else None,
            unit_missing=found.get("unit-missing", 0),
            unit_unknown=found.get("unit-unknown", 0),
            implausible=found.get("implausible", 0),
            by_words=found.get("by_text", 0),
        )


def _named_sets(criterion: Criterion) -> Iterator[tuple[str, str]]:
    for evidence in criterion.evidence:
        for kind, name in _KINDS:
            if isinstance(evidence, kind):
                yield name, evidence.vs
        if isinstance(evidence, ComputedEvidence):
            for value_set in evidence.vs:
                yield "computed", value_set


def _unread_code(kind: str, label: str, charts: int, nearest: NearestSets) -> UnreadCode:
    system, _, rest = label.partition("|")
    # The code may hold a bar; a display rarely does.
    code, _, display = rest.partition("|")
    return UnreadCode(
        type=kind,
        system=SYSTEM_URIS.get(system, system),
        code=code,
        display=display,
        charts=charts,
        nearest=nearest.find(display),
    )


def _quoted(text: str) -> str:
    """As a basic string of TOML, which JSON's strings are."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    return " ".join(text.split())
