"""Which concepts stand in a text: classes of words that are found together."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.cues import ASKED
from cds_service.evidence.text.items import Items
from cds_service.knowledge.language import Pattern

Span = tuple[int, ...]
"""Items, in the order of the text."""

_NEIGHBOURS: Final = (-1, 0, 1, -2)
"""Of a place in a sorted list: the nearest places on both sides."""
_ONLY: Final = (0,)


Place = tuple[str, Span]
"""A concept and where it is."""


class _Compiled:
    """A pattern with its classes as bits."""

    __slots__ = (
        "concept",
        "elements",
        "is_asked",
        "is_conditional",
        "is_ordered",
        "more",
        "near",
        "none",
        "other",
        "over_commas",
        "over_sentences",
        "window",
    )

    def __init__(self, pattern: Pattern, bits: ClassBits) -> None:
        self.concept = pattern.concept
        self.elements = tuple(bits.mask(*element) for element in pattern.all)
        self.other = 0
        self.more: tuple[int, ...] = ()
        """Its elements but the one that it is looked up by: the first of them, and the rest."""
        self.window = pattern.window
        self.near = pattern.near
        self.none = bits.mask(*pattern.none)
        self.is_ordered = pattern.ordered
        self.over_commas = pattern.comma or pattern.sentences
        self.over_sentences = pattern.sentences
        self.is_asked = pattern.asked
        self.is_conditional = bool(self.none) or pattern.asked


class PatternMatcher:
    """Finds concepts. Built once; pure."""

    __slots__ = ("_by_key", "starts")

    def __init__(self, patterns: Sequence[Pattern], bits: ClassBits) -> None:
        modifiers = bits.of_role("modifier")
        single: dict[int, list[_Compiled]] = defaultdict(list)
        several: dict[int, list[_Compiled]] = defaultdict(list)
        for pattern in patterns:
            compiled = _Compiled(pattern, bits)
            # under the element that is rarest in texts: modifiers stand everywhere
            key = min(
                compiled.elements,
                key=lambda mask: (bool(mask & modifiers), mask.bit_count()),
            )
            others = tuple(mask for mask in compiled.elements if mask is not key)
            if others:
                compiled.other, *more = others
                compiled.more = tuple(more)
            for bit in _bits_of(key):
                (several if others else single)[bit].append(compiled)
        self._by_key = {
            bit: (tuple(single.get(bit, ())), tuple(several.get(bit, ())))
            for bit in {**single, **several}
        }
        self.starts = 0
        """Classes without which no pattern matches."""
        for bit in self._by_key:
            self.starts |= bit

    def places(self, items: Items, states: Sequence[int]) -> list[Place]:  # noqa: C901 - hot loops
        """Every concept at every place, once."""
        everything = items.everything
        at_class: dict[int, list[int]] = {}
        found: dict[tuple[str, int, int], Place] = {}
        tried: set[_Compiled] = set()
        remaining = everything & self.starts
        while remaining:
            bit = remaining & -remaining
            remaining ^= bit
            single, several = self._by_key[bit]
            for pattern in single:
                for at in _positions(bit, items, at_class):
                    key = (pattern.concept, at, at)
                    if key not in found and not (
                        pattern.is_conditional and _is_prevented(pattern, (at,), items, states)
                    ):
                        found[key] = (pattern.concept, (at,))
            for pattern in several:
                if not pattern.other & everything:
                    continue
                for element in pattern.more:
                    if not element & everything:
                        break
                else:
                    if pattern in tried:
                        continue
                    tried.add(pattern)
                    for span in _spans(pattern, items, at_class):
                        key = (pattern.concept, span[0], span[-1])
                        if key not in found and not (
                            pattern.is_conditional and _is_prevented(pattern, span, items, states)
                        ):
                            found[key] = (pattern.concept, span)
        return list(found.values())


def _bits_of(mask: int) -> Iterator[int]:
    while mask:
        bit = mask & -mask
        yield bit
        mask ^= bit


def _positions(element: int, items: Items, at_class: dict[int, list[int]]) -> list[int]:
    """Items that have one of the classes, each element looked up once a text."""
    found = at_class.get(element)
    if found is None:
        found = at_class[element] = [at for at, mask in enumerate(items.masks) if mask & element]
    return found


def _spans(pattern: _Compiled, items: Items, at_class: dict[int, list[int]]) -> list[Span]:
    lists = [_positions(element, items, at_class) for element in pattern.elements]
    # the element with the fewest places first: it leaves the others the most to choose from
    counts = [len(listed) for listed in lists]
    by_count = sorted(range(len(lists)), key=counts.__getitem__)
    spans = [_span_around(at, by_count, lists, pattern, items) for at in lists[by_count[0]]]
    return [span for span in spans if span is not None]


def _span_around(
    at: int,
    by_count: Sequence[int],
    lists: Sequence[list[int]],
    pattern: _Compiled,
    items: Items,
) -> Span | None:
    """The nearest item of every other element."""
    span = [at]
    rarest = by_count[0]
    for number in by_count[1:]:
        listed = lists[number]
        best = -1
        count = len(listed)
        place = bisect_left(listed, at) if count > 1 else 0
        for step in _NEIGHBOURS if count > 1 else _ONLY:
            if not 0 <= place + step < count:
                continue
            near = listed[place + step]
            if (
                (near in span and not _serves_again(near, span, pattern, items, number))
                or abs(near - at) > pattern.window
                or not (pattern.over_sentences or items.sentences[near] == items.sentences[at])
                or not (pattern.over_commas or items.clauses[near] == items.clauses[at])
                or (pattern.is_ordered and (number < rarest) != (near < at))
            ):
                continue
            if best < 0 or abs(near - at) < abs(best - at):
                best = near
        if best < 0:
            return None
        span.append(best)
    span.sort()
    return tuple(span) if span[-1] - span[0] <= pattern.window else None


def _serves_again(
    near: int, span: Sequence[int], pattern: _Compiled, items: Items, number: int
) -> bool:
    """A phrase stands for several elements: one of its words, and another of its classes, for each."""
    times = span.count(near)
    if times >= items.ends[near] - items.firsts[near]:
        return False
    wanted = pattern.elements[number]
    for element in pattern.elements:
        if element != wanted and items.masks[near] & element:
            wanted |= element
    return (items.masks[near] & wanted).bit_count() > times


def _is_prevented(pattern: _Compiled, span: Span, items: Items, states: Sequence[int]) -> bool:
    if pattern.is_asked and not any(states[at] & ASKED for at in span):
        return True
    if not pattern.none:
        return False
    clause = items.clauses[span[0]]
    first = max(0, span[0] - pattern.near)
    end = min(len(items.masks), span[-1] + pattern.near + 1)
    return any(
        items.masks[at] & pattern.none and items.clauses[at] == clause for at in range(first, end)
    )
