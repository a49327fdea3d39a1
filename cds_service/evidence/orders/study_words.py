"""The words of an order that name a study: modality, region, contrast, and whether it is the spine at all.

Words are runs of letters and digits, so `Lumbar_Xray`, `X-ray, L-spine` and `x ray l spine` read the same.
At each place the longest phrase of any list is taken and its words are used up: "ct guided" is not a CT,
"cervical cancer" not the neck, "without and with" not "without".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, cast

from msgspec import Struct

from cds_service.evidence.text.name_words import WORD, folded_word, words_of
from cds_service.knowledge.model import Contrast, Modality, OrderText
from cds_service.knowledge.table import COLUMN, Region

_Kind = Literal[
    "modality", "region", "weak-region", "contrast", "spine", "other", "imaging", "not", "never"
]
_Meaning = tuple[_Kind, str]

_SIGNED: Final = re.compile(r"(?<![^\W_])c ?([+-]) ?(?![^\W_])", re.IGNORECASE)
"""`C+` and `C-` of order names: with and without contrast."""
_SIGNS: Final = {"+": " c plus ", "-": " c minus "}
_REGIONS: Final[tuple[Region, ...]] = (
    "cervical",
    "thoracic",
    "lumbar",
    "sacrum",
    "sacroiliac",
    "whole",
)
_INJECTED: Final = frozenset(("CTM", "RF"))
_CLAUSE_ENDS: Final = frozenset(".,;:)]|\n?!")


def region_order(regions: Iterable[Region]) -> tuple[Region, ...]:
    """The regions once each, from the neck down; those that `whole` holds are not named beside it."""
    found = frozenset(regions)
    if "whole" in found:
        found -= COLUMN
    return tuple(region for region in _REGIONS if region in found)


class PhraseList:
    """Phrases to be found as whole words."""

    __slots__ = ("_by_first",)

    def __init__(self, phrases: Iterable[str]) -> None:
        by_first: dict[str, list[tuple[str, ...]]] = {}
        for phrase in phrases:
            words = words_of(phrase)
            if words:
                by_first.setdefault(words[0], []).append(words)
        self._by_first: Mapping[str, tuple[tuple[str, ...], ...]] = {
            first: tuple(group) for first, group in by_first.items()
        }

    def is_in(self, words: tuple[str, ...]) -> bool:
        """True when one of the phrases stands in these words."""
        if self._by_first.keys().isdisjoint(words):
            return False
        return any(
            words[at : at + len(phrase)] == phrase
            for at, word in enumerate(words)
            for phrase in self._by_first.get(word, ())
        )


class StudyName(Struct, frozen=True, gc=False):
    """What the words of one text name."""

    modality: Modality | None = None
    """The first that is named."""
    regions: tuple[Region, ...] = ()
    contrast: Contrast = "unspecified"
    """Stays so where the text states both `with` and `without`, apart from each other."""
    names_spine: bool = False
    """A region, or a word that means the spine."""
    is_spine: bool = False
    """A region is named outright; or the spine is, and no other part of the body before it."""
    names_other_part: bool = False
    """Before any word for the spine: "MRI spine for leg weakness" is no MRI of a leg."""
    looks_like_imaging: bool = False
    names_other_service: bool = False
    is_never_imaging: bool = False
    """Named is a measurement, such as of bone density, that a modality beside it does not make a study."""


NO_NAME: Final = StudyName()


class StudyWords:
    """The word lists of the catalog, compiled once."""

    __slots__ = ("_after", "_by_first", "_contrast_first", "_suspicion")

    def __init__(self, text: OrderText, suspicion: tuple[str, ...]) -> None:
        meanings: dict[tuple[str, ...], list[_Meaning]] = {}
        for kind, value, phrase in _entries(text):
            words = words_of(phrase)
            if words and (kind, value) not in meanings.setdefault(words, []):
                meanings[words].append((kind, value))
        by_first: dict[str, list[tuple[tuple[str, ...], tuple[_Meaning, ...]]]] = {}
        for words in sorted(meanings, key=len, reverse=True):
            by_first.setdefault(words[0], []).append((words, tuple(meanings[words])))
        self._by_first = {first: tuple(group) for first, group in by_first.items()}
        self._contrast_first = frozenset(
            words[0]
            for words, found in meanings.items()
            if any(kind == "contrast" for kind, _ in found)
        )
        self._after = _as_words(text.after_contrast)
        self._suspicion = _as_words(suspicion)

    def read(self, text: str) -> StudyName:
        """The study that this text names."""
        if not text:
            return NO_NAME
        words = words_of(_SIGNED.sub(lambda found: _SIGNS[found[1]], text))
        found: dict[_Kind, list[str]] = {}
        for first, behind, meanings in self._matches(words):
            for kind, value in meanings:
                if kind == "other":
                    if "spine" in found:
                        continue
                    # "MRI neck" is another part, and still says that the study is an MRI.
                    modalities = self._modalities(words[first:behind])
                    found.setdefault("modality", []).extend(modalities)
                found.setdefault(kind, []).append(value)
        if not found.get("modality"):
            found.pop("modality", None)
        if not found:
            return NO_NAME
        regions = found.get("region", [])
        names_spine = bool(regions) or "spine" in found
        is_spine = bool(regions) or ("spine" in found and "other" not in found)
        if names_spine:
            regions = regions + found.get("weak-region", [])
        modality = found.get("modality")
        return StudyName(
            modality=cast("Modality", modality[0]) if modality else None,
            regions=region_order(cast("list[Region]", regions)),
            contrast=_contrast(found.get("contrast", [])),
            names_spine=names_spine,
            is_spine=is_spine,
            names_other_part="other" in found,
            looks_like_imaging="imaging" in found,
            names_other_service="not" in found,
            is_never_imaging="never" in found,
        )

    def _modalities(self, words: tuple[str, ...]) -> list[str]:
        return [
            value
            for at, word in enumerate(words)
            for phrase, meanings in self._by_first.get(word, ())
            if words[at : at + len(phrase)] == phrase
            for kind, value in meanings
            if kind == "modality"
        ]

    def without_contrast_words(self, text: str) -> str:
        """The text less the words that state contrast, for reading it as a reason.

        "MRI without contrast r/o cauda equina" does not negate cauda equina; "back pain without fever"
        keeps its "without": neither an agent, nor an end, nor a word of purpose or suspicion follows.
        """
        if self._contrast_first.isdisjoint(words_of(text)):
            return text
        spans = [found.span() for found in WORD.finditer(text)]
        words = tuple(folded_word(text[start:end].lower()) for start, end in spans)
        kept: list[str] = []
        done = 0
        for first, behind, meanings in self._matches(words):
            stated = [value for kind, value in meanings if kind == "contrast"]
            if not stated:
                continue
            last = behind
            if "without-and-with" not in stated:
                last = self._contrast_end(text, words, spans, first, behind)
            if last > first:
                kept.append(text[done : spans[first][0]])
                done = spans[last - 1][1]
        kept.append(text[done:])
        return "".join(kept)

    def without_injection_words(self, text: str) -> str:
        """The text less the words of a myelogram, whose puncture is still to be done."""
        words = words_of(text)
        spans = [found.span() for found in WORD.finditer(text)]
        if len(spans) != len(words) or self.read(text).modality not in _INJECTED:
            return text
        kept: list[str] = []
        done = 0
        for first, behind, meanings in self._matches(words):
            if any(kind == "modality" and value in _INJECTED for kind, value in meanings):
                kept.append(text[done : spans[first][0]])
                done = spans[behind - 1][1]
        kept.append(text[done:])
        return "".join(kept)

    def _contrast_end(
        self,
        text: str,
        words: tuple[str, ...],
        spans: list[tuple[int, int]],
        first: int,
        behind: int,
    ) -> int:
        """Index behind the last word that belongs to a statement of contrast; `first` if it is none."""
        if any(_contains(words[first:behind], phrase) for phrase in self._after):
            return behind
        for phrase in self._after:
            if words[behind : behind + len(phrase)] == phrase:
                return behind + len(phrase)
        if behind == len(words):
            return behind
        if any(mark in _CLAUSE_ENDS for mark in text[spans[behind - 1][1] : spans[behind][0]]):
            return behind
        if any(words[behind : behind + len(phrase)] == phrase for phrase in self._suspicion):
            return behind
        return first

    def _matches(self, words: tuple[str, ...]) -> Iterator[tuple[int, int, tuple[_Meaning, ...]]]:
        """(first word, index behind the last, meanings) of the phrases found, without overlap."""
        at = 0
        while at < len(words):
            step = 1
            for phrase, meanings in self._by_first.get(words[at], ()):
                if words[at : at + len(phrase)] == phrase:
                    yield at, at + len(phrase), meanings
                    step = len(phrase)
                    break
            at += step


def _as_words(phrases: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    # A phrase without a letter, such as "?", would be found everywhere.
    return tuple(words for phrase in phrases if (words := words_of(phrase)))


def _contains(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return any(words[at : at + len(phrase)] == phrase for at in range(len(words)))


def _contrast(stated: list[str]) -> Contrast:
    if "without-and-with" in stated:
        return "without-and-with"
    if len(set(stated)) == 1:
        return cast("Contrast", stated[0])
    return "unspecified"


def _entries(text: OrderText) -> Iterator[tuple[_Kind, str, str]]:
    named: tuple[tuple[_Kind, Mapping[str, tuple[str, ...]]], ...] = (
        ("modality", {str(word): phrases for word, phrases in text.modality.items()}),
        ("region", {str(word): phrases for word, phrases in text.region.items()}),
        ("weak-region", {str(word): phrases for word, phrases in text.region_with_spine.items()}),
        ("contrast", {str(word): phrases for word, phrases in text.contrast.items()}),
        ("spine", {"": text.spine}),
        ("other", {"": text.other_body_part}),
        ("imaging", {"": text.imaging_words}),
        ("not", {"": text.not_imaging_words}),
        ("never", {"": text.never_imaging_words}),
    )
    for kind, lists in named:
        for value, phrases in lists.items():
            for phrase in phrases:
                yield kind, value, phrase
