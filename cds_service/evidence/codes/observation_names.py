"""Which observation a site's own name means, and whether its value says that a finding is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from cds_service.evidence.text.name_words import lowered, words_of
from cds_service.knowledge.model import EvidenceRules, ObservationName

Verdict = Literal["found", "normal", "unknown"]

_GRADE: Final = re.compile(r"(?<![\w/.])([0-5])\s*[+-]?\s*(?:/|out of|of)\s*5(?!\d)")
_ONLY_GRADE: Final = re.compile(r"(?:grade|mrc|mrc grade|power|strength|kg|m)?\s*([0-5])\s*[+-]?")
"""`4+`, `Grade 3`, `M4`: nothing but a grade."""


_PARTS: Final = re.compile(r"[,.](?!\d)|[;\n]")
_LEAST_CLIPPED: Final = 3
"""Letters that are left of a word which a name cuts short: `prot`, `sed`."""

_Pattern = re.Pattern[str] | None


class NamedObservation(Struct, frozen=True, gc=False):
    """One kind of observation, compiled."""

    name: str
    """The name as it was matched."""
    measures: str | None
    grades: str | None
    means: str | None
    is_function: bool
    is_stated: bool
    """The name itself says the finding: a plain yes is enough."""
    needs_unit: bool
    """The name means this only where the value comes in a unit of the table."""
    is_aside: bool
    """No red flag: a value that is not understood is named, and takes nothing away."""
    found_above: float | None
    """A number above it is the finding, one that is not is none."""
    found: re.Pattern[str] | None
    normal: re.Pattern[str] | None
    negated: re.Pattern[str] | None
    """A text that ends in a denial, or in one and another word."""
    stated: re.Pattern[str] | None
    """Words that say yes to a name that says the finding itself."""
    letters: Mapping[str, str] = {}
    """Value set by the letter that means it."""
    letter: re.Pattern[str] | None = None
    """A value that is one of the letters, behind words of its scale."""
    amount: str | None = None
    """A number of the finding is one of this value set too."""

    def letter_of(self, text: str) -> str | None:
        """The letter that a value is; empty for one that says that all is well, None for no letter of ours."""
        match = self.letter.match(lowered(text)) if self.letter is not None else None
        if match is None:
            return None
        return match[1] if match[1] in self.letters else ""

    def telling_parts(self, text: str) -> tuple[str, ...]:
        """The parts of a text, cut at commas and stops, in which a word of the finding stands."""
        parts = _PARTS.split(text)
        return tuple(p for p in parts if self.found is not None and self.found.search(lowered(p)))

    def verdict(self, text: str) -> Verdict:
        """What the words of a value say; a finding in any part of them decides.

        The plain answers, yes and no, are not looked at: for a function they mean the other way round.
        """
        text = lowered(text)
        is_normal = False
        for pattern in (self.found, self.stated if self.is_stated else None):
            for match in pattern.finditer(text) if pattern is not None else ():
                if self.negated is None or not self.negated.search(text[: match.start()]):
                    return "found"
                is_normal = True
        is_normal = is_normal or (self.normal is not None and self.normal.search(text) is not None)
        return "normal" if is_normal else "unknown"


def read_grade(text: str) -> float | None:
    """The lowest grade of muscle power (MRC, 0 to 5) in a text; None when it states none."""
    text = text.strip().lower()
    grades = [float(found) for found in _GRADE.findall(text)]
    if grades:
        return min(grades)
    only = _ONLY_GRADE.fullmatch(text)
    return float(only[1]) if only is not None else None


class ObservationNames:
    """The names of `observations.toml`, compiled once."""

    __slots__ = ("_by_first", "_denied", "_finding_words", "_lost", "_without")

    def __init__(self, names: Mapping[str, ObservationName], rules: EvidenceRules) -> None:
        self._lost = _any_of(rules.lost_text)
        self._denied = frozenset(rules.denial_before_name)
        self._finding_words = _any_of(rules.unfound_text), _any_of(rules.stated_text)
        by_first: dict[str, list[tuple[tuple[str, ...], NamedObservation]]] = {}
        self._without: dict[str, tuple[tuple[str, ...], ...]] = {}
        for observation in names.values():
            patterns = _patterns(observation, rules)
            without = tuple(words_of(phrase) for phrase in observation.not_names)
            for phrase in observation.names:
                words = words_of(phrase)
                self._without[phrase] = without
                by_first.setdefault(words[0], []).append(
                    (
                        words,
                        NamedObservation(
                            phrase,
                            observation.measures,
                            observation.grades,
                            observation.means,
                            observation.function,
                            not observation.stated or phrase in observation.stated,
                            observation.needs_unit,
                            observation.aside,
                            observation.found_above,
                            *patterns,
                            observation.letters,
                            _letter(observation),
                            observation.amount,
                        ),
                    )
                )
        _add_clipped(by_first)
        self._by_first = {
            first: tuple(sorted(group, key=lambda entry: -len(entry[0])))
            for first, group in by_first.items()
        }

    def match(self, text: str) -> NamedObservation | None:
        """The observation that a name means: the one of its longest phrase, or None."""
        words = words_of(text)
        if self._by_first.keys().isdisjoint(words):
            return None
        best: tuple[int, NamedObservation] | None = None
        for at, word in enumerate(words):
            for phrase, named in self._by_first.get(word, ()):
                # why: a name that says too little gives way to a full one beside it ("PCR HIV")
                rank = 2 * len(phrase) - named.needs_unit
                if best is not None and rank <= best[0]:
                    break
                if not _is_written(words[at : at + len(phrase)], phrase):
                    continue
                if at and words[at - 1] in self._denied:
                    return None
                rest = words[:at] + words[at + len(phrase) :]
                if not any(_holds(rest, other) for other in self._without[named.name]):
                    best = rank, named
                    break
        if best is None:
            return None
        named = best[1]
        if named.is_function and self._lost is not None and self._lost.search(lowered(text)):
            # why: "Reduced anal tone" names the finding, and "present" then says that it is there
            return _as_finding(named, self._finding_words)
        return named


def _add_clipped(
    by_first: dict[str, list[tuple[tuple[str, ...], NamedObservation]]],
) -> None:
    """Names of several words are found by what is left of their first word too."""
    for first, group in tuple(by_first.items()):
        longer = [entry for entry in group if len(entry[0]) > 1]
        for length in range(_LEAST_CLIPPED, len(first)) if longer else ():
            by_first.setdefault(first[:length], []).extend(longer)


def _is_written(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    """Whether words are a name. One of several words may have words cut short, of which one stands in full."""
    if words == phrase:
        return True
    if len(words) != len(phrase) or len(phrase) == 1:
        return False
    is_any_whole = False
    for written, whole in zip(words, phrase, strict=True):
        if written == whole:
            is_any_whole = True
        elif len(written) < _LEAST_CLIPPED or not whole.startswith(written):
            return False
    return is_any_whole


def _letter(observation: ObservationName) -> _Pattern:
    letters = "|".join((*observation.letters, *observation.letters_normal))
    if not letters:
        return None
    before, behind = (
        "|".join(map(re.escape, sorted(map(lowered, words), key=len, reverse=True)))
        for words in (observation.letter_words, observation.letter_behind)
    )
    return re.compile(
        rf"\W*(?:(?:{before})\W+)*({letters})\d?(?=\s*(?:[^\w\s]|$|(?:{behind})(?!\w)))"
    )


def _as_finding(
    named: NamedObservation, words: tuple[re.Pattern[str] | None, re.Pattern[str] | None]
) -> NamedObservation:
    """The same name where it says itself that the function is lost."""
    normal, stated = words
    return replace(
        named, is_function=False, is_stated=True, found=None, normal=normal, stated=stated
    )


def _holds(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return any(words[at : at + len(phrase)] == phrase for at in range(len(words)))


def _patterns(
    observation: ObservationName, rules: EvidenceRules
) -> tuple[_Pattern, _Pattern, _Pattern, _Pattern]:
    """(found, normal, denied, found where the name states it)."""
    denied = "|".join(map(re.escape, rules.denial_before_value))
    links = "|".join(map(re.escape, rules.denial_links))
    negated = (
        re.compile(rf"(?:^|[^\w])(?:{denied})\s+(?:\w+\s+)?(?:(?:{links})\s+)*$")
        if denied
        else None
    )
    if observation.function:
        return (
            _any_of((*rules.lost_text, *observation.found, "false")),
            _any_of((*rules.kept_text, *observation.normal, "true")),
            negated,
            None,
        )
    return (
        _any_of(observation.found),
        _any_of((*rules.unfound_text, *observation.normal)),
        negated,
        _any_of(rules.stated_text),
    )


def _any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    # the longest first: "no growth" before "growth"
    phrases = sorted({word.strip().lower() for word in words}, key=len, reverse=True)
    if not phrases:
        return None
    any_of = "|".join(r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{any_of})(?![\w+])")
