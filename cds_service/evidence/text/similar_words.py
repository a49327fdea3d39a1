"""Words that are one typing error away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


class SimilarWords:
    """Words by their halves: one edit leaves one half as it is."""

    __slots__ = ("_by_end", "_by_start", "_words")

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        by_start: dict[str, list[str]] = defaultdict(list)
        by_end: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._words):
            half = len(word) // 2
            by_start[word[:half]].append(word)
            by_end[word[half:]].append(word)
        self._by_start = {part: tuple(listed) for part, listed in by_start.items()}
        self._by_end = {part: tuple(listed) for part, listed in by_end.items()}

    def to(self, word: str) -> set[str]:
        """Listed words with the same first letter that are one edit away."""
        found = set()
        for length in range(len(word) - 1, len(word) + 2):
            half = length // 2
            swapped = (
                word[: half - 1] + word[half : half + 1] + word[half - 1 : half] + word[half + 1 :]
            )
            if swapped in self._words:
                found.add(swapped)
            for candidate in (
                *self._by_start.get(word[:half], ()),
                *self._by_end.get(word[half - length :], ()),
            ):
                if (
                    len(candidate) == length
                    and candidate[0] == word[0]
                    and is_one_edit(word, candidate)
                ):
                    found.add(candidate)
        return found


def is_one_edit(one: str, other: str) -> bool:
    """At most one letter put in, left out or changed, or two neighbours swapped."""
    if len(one) == len(other):
        different = [at for at in range(len(one)) if one[at] != other[at]]
        if len(different) < 2:  # noqa: PLR2004 - one changed letter
            return True
        first, second = different[0], different[-1]
        return (
            len(different) == 2  # noqa: PLR2004 - two swapped letters
            and second == first + 1
            and one[first] == other[second]
            and one[second] == other[first]
        )
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    at = 0
    while at < len(one) and one[at] == other[at]:
        at += 1
    return one[at:] == other[at + 1 :]
