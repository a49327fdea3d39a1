"""How much of a record is read: the newest up to these limits. What is left out becomes a gap.

No patient's chart comes near them. They keep the work of a call within about a second, whatever is sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, Final

from msgspec import Raw, Struct
from msgspec.structs import fields

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
_Element = Callable[[Any], Any]
_WORDED_OF: Final[dict[type[Any], tuple[tuple[_Element, ...], tuple[_Element, ...]]]] = {}
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
        if not batch.resources:
            continue
        # As few steps as can be: in every call each element of each resource is looked at here.
        left_as_json, read_plainly = _worded_elements(type(batch.resources[0]))
        for element in left_as_json:
            values = list(map(element, batch.resources))
            if values.count(NOTHING) < len(values):
                found.update(map(bytes, values))
        for element in read_plainly:
            texts = map(element, batch.resources)
            found.update([_encoded(text) for text in texts if isinstance(text, str)])
    found.discard(bytes(NOTHING))
    return found


def _texts(shape: Any) -> tuple[bytes, ...]:
    """The elements of a resource whose words are read."""
    return tuple(
        [
            bytes(value) if isinstance(value, Raw) else _encoded(value)
            for elements in _worded_elements(type(shape))
            for value in [element(shape) for element in elements]
            if isinstance(value, (Raw, str)) and value is not NOTHING
        ]
    )


def _worded_elements(kind: type[Any]) -> tuple[tuple[_Element, ...], tuple[_Element, ...]]:
    """What takes each of those that a shape has: those left as JSON text, and those that were read."""
    known = _WORDED_OF.get(kind)
    if known is None:
        known = _WORDED_OF[kind] = _take_worded(kind)
    return known


def _take_worded(kind: type[Any]) -> tuple[tuple[_Element, ...], tuple[_Element, ...]]:
    worded = [field for field in fields(kind) if field.name in _WORDED]
    left_as_json = tuple([attrgetter(field.name) for field in worded if field.type is Raw])
    return left_as_json, tuple([attrgetter(f.name) for f in worded if f.type is not Raw])


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
