"""How much of a record is read: the newest up to these limits. What is left out becomes a gap.

No patient's chart comes near them. They keep the work of a call within about a second, whatever is sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, Final

from msgspec import Raw, Struct

from cds_service.evidence.raw import NOTHING
from cds_service.evidence.record.intake import Batch, Intake

MOST_ENTRIES: Final = 20_000
MOST_TEXTS: Final = 5_000
"""Distinct concepts and texts."""
MOST_CHARACTERS: Final = 200_000
"""Of these, about: what their JSON has beside words is estimated."""

_WORDED: Final = frozenset((
    "code", "conclusion", "conclusion_code", "component", "note", "reason_code", "medication_codeable_concept",
    "medication", "substance", "type", "device_name", "value_string", "value_codeable_concept", "body_site",
))  # fmt: skip
"""Elements whose words are read."""
_WORDED_OF: Final[dict[type[Any], Callable[[Any], tuple[Any, ...]]]] = {}
"""Takes those that a shape has."""
_ALWAYS: Final = frozenset({"Patient", "Medication"})
"""The one says who it is, the other is named by orders, whatever its own date."""
_BESIDE_WORDS: Final = 20
_BESIDE_CODE: Final = 80
_YEAR_LENGTH: Final = 4


class _Placed(Struct, gc=False):
    """One resource, where it stands, and what of it is read as words."""

    batch: Batch
    position: int
    texts: tuple[bytes, ...]


def keep_within_limits(intake: Intake) -> None:
    """Drops from the batches what is over the limits, and counts it by prefetch key.

    Conditions are kept first, then the newest; what has no date may be of today. Whatever says only what others say
    too costs nothing.
    """
    limited = [
        batch
        for kind, batches in intake.batches.items()
        if kind not in _ALWAYS
        for batch in batches
    ]
    distinct = _distinct(limited)
    if (
        sum(len(batch.resources) for batch in limited) <= MOST_ENTRIES
        and len(distinct) <= MOST_TEXTS
        and _characters(distinct) <= MOST_CHARACTERS
    ):
        return
    placed = [
        _Placed(batch, position, _texts(shape))
        for batch in limited
        for position, shape in enumerate(batch.resources)
    ]
    placed.sort(key=_rank, reverse=True)
    kept = _within(placed[:MOST_ENTRIES])
    for kind, batches in intake.batches.items():
        if kind not in _ALWAYS:
            for at, batch in enumerate(batches):
                positions = sorted(kept.get(id(batch), ()))
                intake.tally.over_limits[batch.key] += len(batch.resources) - len(positions)
                batches[at] = Batch(
                    batch.key,
                    tuple([batch.resources[position] for position in positions]),
                    tuple([batch.full_urls[position] for position in positions]),
                )


def _within(placed: list[_Placed]) -> Mapping[int, list[int]]:
    """Positions of what is kept, by the identity of their batch."""
    kept: dict[int, list[int]] = defaultdict(list)
    seen: set[bytes] = set()
    characters = 0
    for one in placed:
        new = set(one.texts) - seen
        cost = _characters(new)
        if new and (len(seen) + len(new) > MOST_TEXTS or characters + cost > MOST_CHARACTERS):
            continue
        characters += cost
        seen |= new
        kept[id(one.batch)].append(one.position)
    return kept


def _distinct(batches: Iterable[Batch]) -> set[bytes]:
    """What is read as words in all of these resources, each text once."""
    found: set[bytes] = set()
    for batch in batches:
        # As few steps as can be: in every call each element of each resource is looked at here.
        values = [value for shape in batch.resources for value in _worded(shape)]
        found.update([bytes(value) for value in values if type(value) is Raw])
        found.update([_encoded(value) for value in values if isinstance(value, str)])
    found.discard(bytes(NOTHING))
    return found


def _texts(shape: Any) -> tuple[bytes, ...]:
    """The elements of a resource whose words are read."""
    return tuple(
        [
            bytes(value) if isinstance(value, Raw) else _encoded(value)
            for value in _worded(shape)
            if isinstance(value, (Raw, str)) and value is not NOTHING
        ]
    )


def _worded(shape: Any) -> tuple[Any, ...]:
    elements = _WORDED_OF.get(type(shape))
    if elements is None:
        names = [name for name in shape.__struct_fields__ if name in _WORDED]
        elements = _WORDED_OF[type(shape)] = _elements(names)
    return elements(shape)


def _elements(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda shape: tuple([getattr(shape, name) for name in names])


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _characters(texts: Iterable[bytes]) -> int:
    return sum(
        max(0, len(text) - _BESIDE_WORDS - _BESIDE_CODE * text.count(b'"system"')) for text in texts
    )


def _rank(one: _Placed) -> tuple[bool, bool, str, tuple[bytes, ...]]:
    """The last element makes the same records the same, in whatever order they come."""
    shape = one.batch.resources[one.position]
    dates = [
        value
        for name in shape.__struct_fields__
        if name != "id" and isinstance(value := getattr(shape, name), str) and _is_dated(value)
    ]
    return shape.resource_type == "Condition", not dates, max(dates, default=""), one.texts


def _is_dated(text: str) -> bool:
    year, rest = text[:_YEAR_LENGTH], text[_YEAR_LENGTH : _YEAR_LENGTH + 1]
    return len(year) == _YEAR_LENGTH and year.isdecimal() and rest in ("", "-")
