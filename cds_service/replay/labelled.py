"""Order reasons with labels: each is sent as the only reason of an order on an empty, complete chart.

A file has a line a text, its columns parted by tabs and named in the first line: `text`, and where known `id`, `lang`,
`order` (as `mr-lumbar`), `expect` (emergency, urgent, flag, plain, unread), `groups`, `duration` and `care`.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from cds_service.errors import CaseError
from cds_service.evidence.text.model import PainDuration, TextReading
from cds_service.knowledge.anchors import Groups
from cds_service.knowledge.model import Level, Urgency
from cds_service.replay.cases import SavedCase, with_record
from cds_service.replay.runner import Engine, replay_case

_AGE: Final = 45
_WEEK: Final = 7
_SIX_WEEKS: Final = 42
_ORDER: Final = "mr-lumbar"
_TEXT: Final = "text"
_MODALITIES: Final = {"mr": "MRI", "ct": "CT", "xr": "X-ray"}
_RED: Final = ("emergency", "urgent", "flag")
_REACHED: Final[Mapping[str, tuple[str, ...]]] = {
    "emergency": ("emergency",),
    "urgent": ("urgent", "emergency"),
    "flag": _RED,
    "plain": ("plain", "unread"),
    "unread": ("unread", *_RED),
}
"""What a line may be read as, by what it was labelled."""


@dataclass(frozen=True, slots=True)
class Line:
    """One text of a file with its labels; empty where there are none."""

    id: str
    text: str
    language: str = ""
    order: str = _ORDER
    expected: str = ""
    groups: tuple[str, ...] = ()
    duration: str = ""
    care: str = ""


@dataclass(frozen=True, slots=True)
class ReadLine:
    """What became of one line."""

    line: Line
    outcome: str
    """emergency, urgent, flag, unread or plain."""
    groups: tuple[str, ...]
    """Groups that are at least possible."""
    is_serious: bool
    """One of them is serious."""
    critical: bool
    """A critical card was shown."""
    reading: TextReading
    duration: str

    @property
    def is_right(self) -> bool:
        """Whether it was read as what it was labelled, or as more serious."""
        return self.outcome in _REACHED.get(self.line.expected, (self.outcome,))


def read_lines(path: Path) -> list[Line]:
    """The lines of a file. Raises CaseError for a file without a column `text`."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if _TEXT not in (rows.fieldnames or ()):
            raise CaseError(
                f"{path}: the first line names no column '{_TEXT}'. Columns are parted by tabs. Add it."
            )
        return [
            Line(
                id=row.get("id") or str(number),
                text=row[_TEXT] or "",
                language=row.get("lang") or "",
                order=row.get("order") or _ORDER,
                expected=row.get("expect") or "",
                groups=tuple(filter(None, (row.get("groups") or "").split(","))),
                duration=row.get("duration") or "",
                care=row.get("care") or "",
            )
            for number, row in enumerate(rows, 1)
        ]


def read_line(line: Line, engine: Engine, as_of: date) -> ReadLine:
    """One line through the whole of the advice."""
    body = msgspec.json.encode(with_record(_call(line, as_of), _record(as_of)))
    outcome = replay_case(
        SavedCase(line.id, "spine-imaging-order-select", as_of, body, None), engine
    )
    reading = engine.compiled.index.reader.read(line.text, as_of)
    advice = outcome.advice
    if advice is None or advice.assessment is None or not advice.assessment.orders:
        raise CaseError(f"line {line.id}: no advice on the order '{line.order}': {outcome.problem}")
    order = advice.assessment.orders[0]
    slight = {
        criterion
        for concept in engine.compiled.guideline.language.concepts.values()
        if concept.slight
        for criterion in concept.criteria
    }
    named = any(
        found.criterion.id not in slight and found.group != Groups.PERSISTENT
        for found in order.criteria
    )
    if order.urgency is Urgency.EMERGENCY:
        read_as = "emergency"
    elif order.urgency is Urgency.URGENT:
        read_as = "urgent"
    elif named:
        read_as = "flag"
    else:
        read_as = "unread" if reading.is_unread else "plain"
    return ReadLine(
        line=line,
        outcome=read_as,
        groups=tuple(
            found.group.id
            for found in order.groups
            if found.level in (Level.ACTIVE, Level.POSSIBLE)
        ),
        is_serious=any(
            found.group.serious and found.level in (Level.ACTIVE, Level.POSSIBLE)
            for found in order.groups
        ),
        critical=any(card.indicator == "critical" for card in advice.cards),
        reading=reading,
        duration=_class_of(reading.duration),
    )


def accuracy_table(lines: Sequence[ReadLine]) -> Iterator[str]:
    """How many of the labels were met, as lines of a table."""
    of: dict[str, list[ReadLine]] = {}
    for line in lines:
        of.setdefault(line.line.expected, []).append(line)
    red = [*of.get("urgent", ()), *of.get("flag", ())]
    grouped = [line for line in lines if line.line.groups]
    plain = of.get("plain", [])
    rows: tuple[tuple[str, Sequence[ReadLine], Callable[[ReadLine], bool]], ...] = (
        ("emergency read as emergency", of.get("emergency", ()), lambda line: line.is_right),
        ("urgent and flag read", red, lambda line: line.is_right),
        ("every group at least possible", grouped, _has_groups),
        ("unread lines not passed over", of.get("unread", ()), lambda line: line.is_right),
        ("critical card on plain", plain, lambda line: line.critical),
        ("serious group on plain", plain, lambda line: line.is_serious),
        ("plain called not understood", plain, lambda line: line.outcome == "unread"),
        ("length of the pain right", lines, lambda line: line.duration == line.line.duration),
        ("care right", lines, lambda line: bool(line.reading.care) == (line.line.care == "yes")),
    )
    for name, among, holds in rows:
        if among:
            yield _row(name, sum(map(holds, among)), len(among))
    languages = Counter(line.line.language for line in lines)
    for language in languages:
        own = [
            line for line in lines if line.line.language == language and line.line.expected in _RED
        ]
        if own and len(languages) > 1:
            yield _row(f"red lines read, {language}", sum(line.is_right for line in own), len(own))


def shown_line(line: ReadLine) -> Iterator[str]:
    """One line and what was read in it."""
    label = f" (labelled {line.line.expected})" if line.line.expected else ""
    yield f"{line.line.id}: {line.outcome}{label}: {line.line.text}"
    for statement in line.reading.statements:
        yield f"    {statement.concept}: {statement.state}: {statement.quote}"
    if line.reading.duration is not None:
        duration = line.reading.duration
        yield f"    length of the pain: {duration.least} to {duration.most} days: {duration.quote}"
    if line.reading.care is not None:
        yield f"    care: {', '.join(line.reading.care.kinds)}: {line.reading.care.quote}"
    if line.reading.left_over:
        yield f"    not understood: {', '.join(line.reading.left_over)}"


def _has_groups(line: ReadLine) -> bool:
    return set(line.line.groups) <= set(line.groups)


def _row(name: str, met: int, count: int) -> str:
    return f"{name:34} {met:4} of {count:4}  {100 * met / count:5.1f} %"


def _class_of(duration: PainDuration | None) -> str:
    if duration is None:
        return ""
    if duration.least >= _SIX_WEEKS:
        return ">=42d"
    return "7-41d" if duration.least >= _WEEK else "<7d"


def _call(line: Line, as_of: date) -> dict[str, Any]:
    modality, _, region = line.order.partition("-")
    name = (
        f"{_MODALITIES.get(modality, modality)} {region.replace('-', ' ')} spine without contrast"
    )
    order = {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "authoredOn": as_of.isoformat(),
        "code": {"text": name},
        "reasonCode": [{"text": line.text}],
    }
    return {
        "hook": "order-select",
        "hookInstance": "00000000-0000-4000-8000-000000000000",
        "context": {
            "userId": "Practitioner/u1",
            "patientId": "p1",
            "selections": ["ServiceRequest/o1"],
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": order}],
            },
        },
    }


def _record(as_of: date) -> dict[str, Any]:
    """An empty chart of a patient of 45."""
    born = date(as_of.year - _AGE, 1, 1)
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "gender": "female",
        "birthDate": born.isoformat(),
    }
    return {"entry": [{"resource": patient}]}
