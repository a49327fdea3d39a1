"""Measured values in one unit: a closed table for each quantity, and no guessing beyond it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct

from cds_service.knowledge.model import InferredUnit, Quantity, UnitConversion

Problem = Literal["", "unit-missing", "unit-unknown", "no-value", "implausible"]
Comparator = Literal["", "<", "<=", ">", ">="]

_PLACES: Final = 6
"""Rounded so that a converted value that lies on a threshold is not moved off it by binary fractions."""
_NUMBER: Final = re.compile(
    r"(?:[\u2191\u2193\u2b06\u2b07\u25b2\u25bc]+\s*|[!*+]+\s+|HH?\s+)?(<=|>=|<|>)?\s*([+-]?\d{1,15}(?:[.,]\d{1,15})?)\s*([^\s\d.,].{0,40})?",
    re.ASCII | re.DOTALL,
)
_AMOUNT: Final = re.compile(
    r"(?<![\w.,])(\d{1,6}(?:[.,]\d{1,6})?)\s*([^\W\d_]{1,4}/[^\W\d_]{1,4})(?!\w)"
)
_FLAGS: Final = re.compile(
    r"(?:\s*(?:[\u2191\u2193\u2b06\u2b07\u25b2\u25bc\u21d1\u21d3\u21e7\u21e9\u2197\u2198!*+-]+\ufe0f?|\([^()]{0,30}\)|\[[^\[\]]{0,30}\]|(?<=\s)(?:HH?|LL?|A{1,2})))+\s*$"
)
"""Behind a unit: arrows and signs of a laboratory, the letters that flag a value, a range in brackets."""
_GRADE: Final = re.compile(r"[+-]?\s*/\s*(\d{1,3})", re.ASCII)
_MARKS: Final = str.maketrans(
    {
        "µ": "u",
        "μ": "u",
        "²": "2",
        "³": "3",
        "º": "°",
        "×": "x",
        " ": None,
        "^": None,
        "*": None,
        ".": None,
        ",": None,
    }
)
_SPELLED: Final = str.maketrans(
    {"\u2265": ">=", "\u2264": "<=", "\uff1e": ">", "\uff1c": "<", "\u00a0": " ", "\u202f": " "}
)
_THOUSANDS: Final = re.compile(r"\d{1,3},\d{3}", re.ASCII)


class UnitTable(Struct, frozen=True, gc=False):
    """One quantity, compiled: every accepted spelling, and the ranges that a missing unit is read from."""

    canonical: str
    conversions: Mapping[str, UnitConversion]
    inferred: tuple[InferredUnit, ...]
    plausible: tuple[float, float]
    """Least and most in the canonical unit."""


class Converted(msgspec.Struct, frozen=True, gc=False):
    """A number in the canonical unit, or why there is none."""

    number: float | None
    problem: Problem = ""
    inferred_unit: bool = False


class WrittenNumber(Struct, frozen=True, gc=False):
    """A number that was written as text, with what stood around it."""

    number: float
    comparator: Comparator
    unit: str
    is_grade: bool = False
    """A grade out of a maximum (`3/5`, `4+/5`): a plain number for scores, nothing for anything else."""


def compile_units(quantity: Quantity) -> UnitTable:
    """One quantity of `units.toml` as look-ups by spelling."""
    exact = {conversion.unit: conversion for conversion in quantity.unit}
    loose = {folded_unit(unit): conversion for unit, conversion in exact.items()}
    return UnitTable(
        canonical=quantity.canonical,
        conversions=loose | exact,
        inferred=quantity.inferred,
        plausible=quantity.plausible,
    )


def folded_unit(unit: str) -> str:
    """A unit without case, spaces and the marks of powers: within one closed table that is no loss."""
    return unit.translate(_MARKS).lower().replace("mcl", "ul").replace("mcg", "ug")


def in_canonical_unit(table: UnitTable, number: float | None, code: str, unit: str) -> Converted:
    """The number in the canonical unit of the table.

    The UCUM code is looked up first, then the unit as displayed. Where both are missing only the ranges of the
    table may tell the unit. A number that nobody can have says nothing, in whatever unit it came.
    """
    if number is None or not math.isfinite(number):
        return Converted(None, "no-value")
    conversion = _conversion(table, code) or _conversion(table, unit)
    if conversion is not None:
        return _plausible(table, _converted(number, conversion))
    if code or unit:
        return Converted(None, "unit-unknown")
    without_unit = table.conversions.get("")
    if without_unit is not None:
        return _plausible(table, _converted(number, without_unit))
    for candidate in table.inferred:
        conversion = table.conversions.get(candidate.unit)
        if conversion is not None and candidate.low <= number <= candidate.high:
            return Converted(_converted(number, conversion), inferred_unit=True)
    return Converted(None, "unit-missing")


def amounts_in(text: str, table: UnitTable) -> tuple[float, ...]:
    """Every number with a unit of the table that stands in a text, in the canonical unit."""
    found = []
    for match in _AMOUNT.finditer(text):
        conversion = _conversion(table, match[2])
        if conversion is not None:
            amount = _plausible(table, _converted(float(match[1].replace(",", ".")), conversion))
            if amount.number is not None:
                found.append(amount.number)
    return tuple(found)


def _conversion(table: UnitTable, unit: str) -> UnitConversion | None:
    if not unit:
        return None
    found = table.conversions.get(unit) or table.conversions.get(folded_unit(unit))
    if found is not None:
        return found
    bare = _FLAGS.sub("", unit).strip()
    if bare == unit:
        return None
    return table.conversions.get(bare) or table.conversions.get(folded_unit(bare))


def _plausible(table: UnitTable, number: float) -> Converted:
    least, most = table.plausible
    return Converted(number) if least <= number <= most else Converted(None, "implausible")


def read_number(text: str) -> float | None:
    """A plain decimal number, or None: no exponent, no `NaN`, and no comma that may be a thousands mark."""
    written = read_written_number(text)
    if written is None or written.unit or written.comparator:
        return None
    return written.number


def read_written_number(text: str) -> WrittenNumber | None:
    """A text that is nothing but one number, with a comparator and a unit where they stand with it."""
    match = _NUMBER.fullmatch(text.translate(_SPELLED).strip())
    if match is None or (_THOUSANDS.fullmatch(match[2].lstrip("+-"))):
        return None
    number = float(match[2].replace(",", "."))
    unit = (match[3] or "").strip()
    grade = _GRADE.fullmatch(unit)
    return WrittenNumber(
        number=number,
        comparator=_comparator(match[1] or ""),
        unit=unit,
        is_grade=grade is not None and 0 <= number <= int(grade[1]),
    )


def read_comparator(value: object) -> Comparator | None:
    """Quantity.comparator; None for one that we do not know, whose number then says nothing."""
    if value is None:
        return ""
    text = value.strip() if isinstance(value, str) else "?"
    return _comparator(text) if text in ("", "<", "<=", ">", ">=") else None


def _comparator(text: str) -> Comparator:
    match text:
        case "<":
            return "<"
        case "<=":
            return "<="
        case ">":
            return ">"
        case ">=":
            return ">="
        case _:
            return ""


def _converted(number: float, conversion: UnitConversion) -> float:
    if conversion.factor == 1:
        return number
    if conversion.named == "fahrenheit-to-celsius":
        number = (number - 32) * 5 / 9
    elif conversion.named == "kelvin-to-celsius":
        number -= 273.15
    elif conversion.factor is not None:
        number *= conversion.factor
    return round(number, _PLACES)
