"""Short names of studies, dates and values, as summaries and buttons say them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cds_service.evidence.model import DateSpan, StudyProcedure
from cds_service.knowledge.model import ShortNames

_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_SPOKEN_CONTRAST = ("with", "without-and-with")
_INTRATHECAL = ("CTM", "RF")


def date_text(span: DateSpan | None, undated: str) -> str:
    """`14 Jun 2026`, `Jun 2026` or `2026`, as precise as recorded; `undated` for no date."""
    if span is None:
        return undated
    first, last = span.first, span.last
    if span.is_exact:
        return f"{first.day} {_MONTHS[first.month - 1]} {first.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{_MONTHS[first.month - 1]} {first.year}"
    if first.year == last.year:
        return str(first.year)
    return f"{first.year} to {last.year}"


def region_name(regions: Sequence[str], names: ShortNames) -> str:
    """`lumbar spine`, or `L/S-spine` for several; `spine` where no region is stated."""
    if not regions:
        return names.region["unknown"]
    if len(regions) == 1:
        return names.region[regions[0]]
    letters = "/".join(names.regions_joined.get(region, "") for region in regions)  # type: ignore[call-overload]
    return f"{letters}-spine"


def study_name(
    study: StudyProcedure, names: ShortNames, beside: Sequence[StudyProcedure] = ()
) -> str:
    """Modality, region, contrast.

    Contrast is said only when there is some, or when another study of `beside` would read the same without it.
    """
    return spoken_study(study, names, is_contrast_said=is_contrast_said(study, beside))


def is_contrast_said(study: StudyProcedure, beside: Sequence[StudyProcedure] = ()) -> bool:
    """There is contrast, or another study of `beside` would read the same without it."""
    return study.contrast in _SPOKEN_CONTRAST or any(
        other.modality == study.modality
        and other.regions == study.regions
        and other.contrast != study.contrast
        for other in beside
    )


def spoken_study(study: StudyProcedure, names: ShortNames, *, is_contrast_said: bool) -> str:
    """Modality, region, and where it is said the contrast."""
    modality = names.modality[study.modality] if study.modality is not None else "Study"
    text = f"{modality} {region_name(study.regions, names)}"
    contrast = names.contrast[study.contrast]
    if is_contrast_said and contrast and study.modality not in _INTRATHECAL:
        return f"{text} {contrast}"
    return text


def beginning(text: str) -> str:
    """A filling that begins the sentence: a capital first."""
    return text[:1].upper() + text[1:]


def plain(text: str) -> str:
    """Text of a record for a summary, which clients show as it is: one line, no markup characters."""
    visible = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(visible.translate(_MARKUP).split())


_MARKUP = str.maketrans(dict.fromkeys("<>`*_[]|\\"))


def value_text(value: str, names: ShortNames) -> str:
    """A measured value with its unit as clinicians write it."""
    number, space, unit = value.rpartition(" ")
    if not space:
        return _short_number(value)
    if unit not in names.unit:
        return f"{_short_number(number)} {unit}"
    return f"{_short_number(number)} {names.unit[unit]}".rstrip()


_LONG_NUMBER = re.compile(r"(-?\d+)\.(\d{2,})")


def _short_number(text: str) -> str:
    """`38.03498` as `38.0`. Cut, not rounded: what lies under or over a whole limit still does."""
    found = _LONG_NUMBER.fullmatch(text)
    if found is None:
        return text
    whole, decimals = found.groups()
    return f"{whole}.{decimals[: 1 if len(whole.lstrip('-0')) > 1 else 2]}"


_UNITS = ((730, 365.25, "year"), (90, 30.44, "month"), (14, 7.0, "week"))
"""From how many days a duration is told in a unit, and how many days that is."""


def spoken_days(days: int) -> str:
    """`10 days`, `6 weeks`, `4 months`, `9 years`: whole units, cut."""
    for least, length, unit in _UNITS:
        if days >= least:
            return _counted(int(days / length), unit)
    return _counted(days, "day")


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def first_of(items: Sequence[str], most: int, between: str) -> str:
    """The first items, and how many more there are: `"a", "b" (+3)`."""
    more = len(items) - most
    return between.join(items[:most]) + (f" (+{more})" if more > 0 else "")


def cut(text: str, length: int) -> str:
    """Cut at a word to at most `length` characters, with `…` at its end; a word longer than that is cut itself."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    head = text[:length].rsplit(" ", 1)[0]
    kept = head if 0 < len(head) < length else text[: length - 1]
    return f"{kept.rstrip(' ,;:(')}…"
