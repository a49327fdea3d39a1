"""Numbers that several places share, and names that spell a number: each is written once, the rest is made from it.

A value `{ parameter = "recovery-window" }` is that number. A text may hold the number in braces, with the unit that
it is spelled in: `{recovery-window weeks in words}`. The name of a criterion may hold the numbers of its own evidence
too: the threshold of an observation by its value set, `{age}`, `{age-to}`, `{days}`, `{min-days}`,
`{exposure-days}` and `{window-days}`; where they differ by type, `{medication-days}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cds_service.knowledge.closed_lists import PARAMETERS
from cds_service.knowledge.parts import Tables

_FILES: Final = ("combination.toml", "order_checks.toml", "cards.toml", "wording.toml")
_FOLDERS: Final = ("groups/", "ratings/")
_SPELLED: Final = re.compile(r"\{([a-z][a-z0-9]*(?:-[a-z0-9]+)*)(?: ([^{}\s]+?))?( in words)?\}")
_PARAMETER: Final = {"parameter"}
_TOLERANCE: Final = 0.03
"""Twelve months are 365 days: a spelled number may be so much off, as a part of it."""
_UNITS: Final[Mapping[str, Callable[[float], float]]] = {
    "weeks": lambda days: days / 7,
    "months": lambda days: days / 30.4375,
    "years": lambda days: days / 365.25,
    "percent": lambda fraction: fraction * 100,
    "fahrenheit": lambda celsius: celsius * 9 / 5 + 32,
}
_FINE: Final = frozenset({"fahrenheit"})
"""Units in which a tenth is told."""
_WORDS: Final = tuple(
    "one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905 - twelve lines else
)
_EVIDENCE_NUMBERS: Final = {
    "days": "days",
    "min-days": "min_days",
    "exposure-days": "min_exposure_days",
    "window-days": "window_days",
}


@dataclass(slots=True)
class Numbered:
    """The files with every shared number in its place."""

    files: dict[str, Tables]
    used: set[str] = field(default_factory=set)
    """Parameters that a file names."""
    mistakes: list[str] = field(default_factory=list)


def with_numbers(files: Mapping[str, Tables], broken: Mapping[str, Tables]) -> Numbered:
    """The files of the guideline, as read, with their shared numbers put in.

    `broken` files are no valid TOML: what they name is taken as named, so that one slip is one mistake.
    """
    shared = dict(_shared({**broken, **files}))
    found = Numbered(dict(files), used=set(shared) if broken else set())
    for path, tables in files.items():
        if path in _FILES or path.startswith(_FOLDERS):
            filler = _Filler(path, shared, found)
            filled = filler.filled(tables)
            is_group = path.startswith("groups/")
            found.files[path] = filler.with_names(tables, filled) if is_group else filled
    return found


def _shared(files: Mapping[str, Tables]) -> Iterator[tuple[str, float]]:
    for name, table in files.get("parameters.toml", {}).items():
        value = table.get("value") if isinstance(table, dict) else None
        yield name, float(value) if value is not None and _is_number(value) else 0.0
    limits = files.get("order_checks.toml", {}).get("safety_limits")
    for name, value in limits.items() if isinstance(limits, dict) else ():
        yield name.replace("_", "-"), float(value) if _is_number(value) else 0.0


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class _Filler:
    path: str
    shared: Mapping[str, float]
    found: Numbered

    def filled(self, value: Any, key: str = "") -> Any:
        """A value of the file with its shared numbers in place."""
        if isinstance(value, str):
            return self._spelled(value, self.shared, key)
        if isinstance(value, list):
            return [self.filled(item, key) for item in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == _PARAMETER and isinstance(value["parameter"], str):
            return self._number(value["parameter"], key)
        return {name: self.filled(item, name) for name, item in value.items()}

    def _number(self, name: str, key: str) -> Any:
        if name not in self.shared:
            self.found.mistakes.append(
                f"{self.path}: {key}: there is no parameter '{name}'. A shared number stands in "
                "parameters.toml. Add it there, or correct the name."
            )
            return 0
        self.found.used.add(name)
        number = self.shared[name]
        return int(number) if float(number).is_integer() else number

    def with_names(self, written: Tables, filled: dict[str, Any]) -> dict[str, Any]:
        """A group whose criteria are named with the numbers of their own evidence."""
        criteria, texts = filled.get("criterion"), written.get("criterion")
        if not isinstance(criteria, list) or not isinstance(texts, list):
            return filled
        named = [
            self._named(text, item) if isinstance(item, dict) else item
            for text, item in zip(texts, criteria, strict=True)
        ]
        return {**filled, "criterion": named}

    def _named(self, written: Mapping[str, Any], criterion: dict[str, Any]) -> dict[str, Any]:
        own = dict(_own_numbers(criterion)) | self._parameters_of(criterion)
        where = f"criterion '{criterion.get('id', '')}'"
        named = dict(criterion)
        for key in ("name", "short"):
            text = written.get(key)
            if isinstance(text, str):
                self._check_bare(text, own, f"{where}, {key}")
                named[key] = self._spelled(text, {**self.shared, **own}, f"{where}, {key}")
        return named

    def _parameters_of(self, criterion: Mapping[str, Any]) -> dict[str, float]:
        """The shared numbers that the computed evidence of a criterion reads."""
        evidence = criterion.get("evidence")
        computed = {
            item.get("fn")
            for item in (evidence if isinstance(evidence, list) else ())
            if isinstance(item, dict)
        }
        return {
            name: self.shared[name]
            for name, readers in PARAMETERS.items()
            if name in self.shared and not computed.isdisjoint(readers.split())
        }

    def _check_bare(self, text: str, own: Mapping[str, float], where: str) -> None:
        """A number that the evidence holds too would be changed in one place and forgotten in the other."""
        left = _SPELLED.sub("", text)
        for name, value in own.items():
            spelled = {
                f"{{{name} {unit}}}": rf"\b({round(convert(value))}|{_word(convert(value))}) {unit}"
                for unit, convert in _UNITS.items()
                if unit not in _FINE
            }
            spelled[f"{{{name}}}"] = rf"(?<![\w.-]){re.escape(f'{value:g}')}(\.0+)?(?!\w|\.\d)"
            for write, pattern in spelled.items():
                bare = re.search(pattern, left, re.IGNORECASE)
                if bare is not None:
                    self.found.mistakes.append(
                        f"{self.path}: {where}: '{bare[0]}' stands in its evidence too. Changed in one place "
                        f"it would be wrong in the other. Write {write} for it."
                    )
                    break

    def _spelled(self, text: str, numbers: Mapping[str, float], where: str) -> str:
        def spell(match: re.Match[str]) -> str:
            name, unit, in_words = match.groups()
            if name not in numbers:
                return match[0]
            self.found.used.add(name)
            if not numbers[name]:
                return "0"
            said = _said(numbers[name], unit, is_words=in_words is not None)
            if said is None:
                self.found.mistakes.append(
                    f"{self.path}: {where}: {numbers[name]:g} cannot be spelled as '{match[0]}'. A reader "
                    "would see another number than the one that counts. Choose another unit, or none."
                )
                return match[0]
            return said[:1].upper() + said[1:] if match.start() == 0 else said

        return _SPELLED.sub(spell, text)


def _own_numbers(criterion: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The numbers of a criterion's evidence by the name that spells them; what differs between two is nameless."""
    found: dict[str, set[float]] = {}
    evidence = criterion.get("evidence")
    for item in evidence if isinstance(evidence, list) else ():
        if not isinstance(item, dict):
            continue
        if _is_number(item.get("value")):
            name = "age" if item.get("type") == "age" else str(item.get("vs"))
            found.setdefault(name, set()).add(item["value"])
        if _is_number(item.get("below")):
            found.setdefault("age-to", set()).add(item["below"] - 1)
        for name, key in _EVIDENCE_NUMBERS.items():
            if _is_number(item.get(key)):
                found.setdefault(name, set()).add(item[key])
                found.setdefault(f"{item.get('type')}-{name}", set()).add(item[key])
    for name, values in found.items():
        if len(values) == 1:
            yield name, values.pop()


def _said(number: float, unit: str | None, *, is_words: bool) -> str | None:
    """A number as a reader sees it; None where it cannot be said so."""
    if unit is not None and unit not in _UNITS:
        return None
    exact = _UNITS[unit](number) if unit is not None else number
    shown = exact if unit is None else round(exact, 1 if unit in _FINE else 0)
    if abs(shown - exact) > abs(exact) * _TOLERANCE:
        return None
    return _word(shown) if is_words else f"{shown:g}"


def _word(number: float) -> str | None:
    """A small whole number in words."""
    place = round(number) - 1
    return _WORDS[place] if float(number).is_integer() and 0 <= place < len(_WORDS) else None
