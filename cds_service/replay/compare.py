"""Compares two results of a replay: which orders change card, appropriateness or urgency, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal

import msgspec
from msgspec import Struct

from cds_service.replay.rows import FoundCriterion, Row

Kind = Literal["card", "appropriateness", "urgency"]
KINDS: Final[tuple[Kind, ...]] = ("card", "appropriateness", "urgency")
"""What of an answer decides, most visible first."""
NOTHING: Final = "no card"
NO_ADVICE: Final = "no advice"
"""In place of a value where nothing was answered: `gaps` of the row says why."""
KEPT_KEYS: Final = 1000
"""Orders of one result alone that are named; all are counted."""
_ORDER_OF: Final[Mapping[str, int]] = {
    NO_ADVICE: 0,
    "routine": 1,
    "urgent": 2,
    "emergency": 3,
}

Rows = Callable[[], Iterable[Row]]
"""The rows of a result from the start, each time it is called."""


class Answer(Struct, frozen=True, gc=False):
    """What of a row decides."""

    card: str
    """The first card's topic code, `no card` or `no advice`."""
    cards: tuple[str, ...]
    appropriateness: str
    urgency: str


class Change(Struct, frozen=True, gc=False):
    """One order with two rows that differ."""

    case: str
    order: str
    as_of: str
    study: str
    before: Answer
    after: Answer
    changed: tuple[Kind, ...]
    """Empty: the same answer for another reason."""
    reasons: tuple[str, ...]
    """Differences of what was found and read, in words; never empty."""

    @property
    def is_lowered(self) -> bool:
        """The urgency fell, or the order is no longer answered."""
        return _rise(self) < 0


@dataclass(slots=True)
class Comparison:
    """Everything that differs between two results."""

    names: tuple[str, str]
    rows: tuple[int, int] = (0, 0)
    same: int = 0
    changes: list[Change] = field(default_factory=list)
    """Lowered urgency first."""
    only: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))
    """Orders that only one of them has, by study."""
    only_keys: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    """Their `case order`, the first thousand."""
    matrices: dict[Kind, Counter[tuple[str, str]]] = field(
        default_factory=lambda: {kind: Counter() for kind in KINDS}
    )
    """Orders by value before and after, those that stay included."""

    @property
    def both(self) -> int:
        """Orders that both results have."""
        return self.same + len(self.changes)

    @property
    def decided(self) -> list[Change]:
        """Orders with another card, appropriateness or urgency."""
        return [change for change in self.changes if change.changed]

    @property
    def is_same(self) -> bool:
        """No order is answered otherwise, for another reason, or in one of the two alone."""
        return not self.changes and not any(self.only)

    def count(self, kind: Kind) -> int:
        """Orders that change in this."""
        return sum(kind in change.changed for change in self.changes)


def compare_results(names: tuple[str, str], before: Rows, after: Rows) -> Comparison:
    """Compare order by order; the sequence of the rows says nothing.

    Rows that are the same are kept as digests, so memory grows by some 300 bytes an order, and by a whole row for
    each that differs. `before` is read twice.
    """
    found = Comparison(names)
    waiting: dict[bytes, bytes] = {}
    for key, row in _keyed(before()):
        waiting[key] = _digest(row)
    total = len(waiting)
    others: dict[bytes, Row] = {}
    after_total = 0
    for key, row in _keyed(after()):
        after_total += 1
        digest = waiting.get(key)
        if digest is None:
            _count_single(found, 1, row)
        elif digest == _digest(row):
            waiting.pop(key)
            found.same += 1
            answer = answer_of(row)
            _count_pair(found, answer, answer)
        else:
            waiting.pop(key)
            others[key] = row
    found.rows = (total, after_total)
    for key, row in _keyed(before()):
        if key in waiting:
            _count_single(found, 0, row)
        elif key in others:
            change = _change(row, others.pop(key))
            _count_pair(found, change.before, change.after)
            found.changes.append(change)
    found.changes.sort(key=lambda change: (not change.changed, _rise(change), change.case))
    return found


def answer_of(row: Row) -> Answer:
    """What of the row decides."""
    if row.urgency is None:
        return Answer(NO_ADVICE, row.cards, NO_ADVICE, NO_ADVICE)
    card = row.cards[0] if row.cards else NOTHING
    return Answer(card, row.cards, row.appropriateness or NO_ADVICE, row.urgency)


def reasons_of(before: Row, after: Row) -> tuple[str, ...]:
    """What differs in what was found and read, in words."""
    return tuple(_reasons(before, after)) or (
        "The same findings: the rule, the rating or the card itself is another.",
    )


def _change(before: Row, after: Row) -> Change:
    one, other = answer_of(before), answer_of(after)
    # A card more or less behind the first is another answer as well.
    changed: list[Kind] = ["card"] if one.cards != other.cards or one.card != other.card else []
    if one.appropriateness != other.appropriateness:
        changed.append("appropriateness")
    if one.urgency != other.urgency:
        changed.append("urgency")
    return Change(
        case=before.case,
        order=before.order,
        as_of=before.as_of,
        study=before.study,
        before=one,
        after=other,
        changed=tuple(changed),
        reasons=reasons_of(before, after),
    )


def _reasons(before: Row, after: Row) -> Iterator[str]:
    if before.as_of != after.as_of:
        yield f"judged on {before.as_of}, then on {after.as_of}"
    if before.study != after.study:
        yield f"the order was read as {before.study or 'nothing'}, then as {after.study or 'nothing'}"
    yield from _criteria_reasons(before.criteria, after.criteria)
    for group in sorted(before.groups.keys() | after.groups.keys()):
        level, other = before.groups.get(group, "none"), after.groups.get(group, "none")
        if level != other:
            yield f"group {group}: {level}, then {other}"
    if before.scenario != after.scenario:
        yield f"scenario {before.scenario or 'none'}, then {after.scenario or 'none'}"
    gaps = {(gap.source, gap.reason) for gap in before.gaps}
    others = {(gap.source, gap.reason) for gap in after.gaps}
    for source, reason in sorted(others - gaps):
        yield f"now not read: {source} ({reason})"
    for source, reason in sorted(gaps - others):
        yield f"now read: {source} (was {reason})"
    words = {(found.source, found.text) for found in before.not_understood}
    other_words = {(found.source, found.text) for found in after.not_understood}
    if gone := len(words - other_words):
        yield f"no longer listed as not understood: {gone}"
    if new := len(other_words - words):
        yield f"now not understood: {new}"


def _criteria_reasons(
    before: tuple[FoundCriterion, ...], after: tuple[FoundCriterion, ...]
) -> Iterator[str]:
    ones, others = _by_id(before), _by_id(after)
    for name, one in ones.items():
        if name not in others:
            yield f"no longer found: {name} ({_weight(one)})"
    for name, other in others.items():
        if name not in ones:
            yield f"now found: {name} ({_weight(other)})"
            continue
        one = ones[name]
        if _weight(one) != _weight(other):
            yield f"{name}: {_weight(one)}, then {_weight(other)}"
        elif one.evidence != other.evidence:
            yield f"{name}: other evidence"


def _by_id(criteria: tuple[FoundCriterion, ...]) -> dict[str, FoundCriterion]:
    return {found.id: found for found in criteria}


def _weight(found: FoundCriterion) -> str:
    return f"{found.state}, {found.counted or found.strength}"


def _keyed(rows: Iterable[Row]) -> Iterator[tuple[bytes, Row]]:
    """Each row by its case and order, the second of the same by its number."""
    seen: set[bytes] = set()
    for row in rows:
        number = 0
        key = _key(row, number)
        while key in seen:
            number += 1
            key = _key(row, number)
        seen.add(key)
        yield key, row


def _key(row: Row, number: int) -> bytes:
    return sha256(f"{row.case}\0{row.order}\0{number}".encode()).digest()[:16]


def _digest(row: Row) -> bytes:
    return sha256(msgspec.json.encode(row, order="deterministic")).digest()[:16]


def _count_pair(found: Comparison, before: Answer, after: Answer) -> None:
    for kind in KINDS:
        found.matrices[kind][getattr(before, kind), getattr(after, kind)] += 1


def _count_single(found: Comparison, which: Literal[0, 1], row: Row) -> None:
    found.only[which][row.study or "not read"] += 1
    if len(found.only_keys[which]) < KEPT_KEYS:
        found.only_keys[which].append(f"{row.case} {row.order}")


def _rise(change: Change) -> int:
    """How far the urgency rises; negative where it falls."""
    before, after = change.before.urgency, change.after.urgency
    return _ORDER_OF.get(after, 0) - _ORDER_OF.get(before, 0)
