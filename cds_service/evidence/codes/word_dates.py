"""Dates that stand in a sentence: `since 14 June 2026`, `am 14. Juni 2026`, `le 14 juin 2026`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.model import DateSpan
from cds_service.evidence.text.folding import folded

_MONTHS: Final = 12


class WordDates:
    """Finds a day or month with its year in words. Built once; pure."""

    __slots__ = ("_months", "_pattern")

    def __init__(self, months: Mapping[str, int]) -> None:
        """`months` are names and short names of months in any language, folded, and their numbers."""
        self._months = months
        names = "|".join(sorted(map(re.escape, months), key=len, reverse=True))
        self._pattern = re.compile(
            r"(?<!\d)(?P<iso>\d{4}(?P<between>[./-])\d{1,2}(?P=between)\d{1,2})(?!\d)"
            r"|(?<![\d.])(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?P=mark)(?P<of>\d{4})(?!\d)"
            rf"|(?<!\w)(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+|d')?)?(?P<month>{names})\.?"
            r"(?:\s+(?P<after>\d{1,2})(?:st|nd|rd|th)?(?!\d))?,?\s+(?:de\s+|del\s+)?(?P<year>\d{4})(?!\d)"
        )

    def read(self, text: object) -> DateSpan | None:
        """The days that a FHIR date or a sentence names; of several the first.

        Figures that begin with the year go on with the month, those with full stops begin with the day; others are a
        date where only one order is one. None for a day or month without a year, and for figures whose order nobody
        knows.
        """
        whole = read_date(text)
        if whole is not None or not isinstance(text, str):
            return whole
        match = self._pattern.search(folded(text))
        if match is None:
            return None
        if match["iso"]:
            year, month, of_month = match["iso"].split(match["between"])
            return read_date(f"{year}-{month:0>2}-{of_month:0>2}")
        if match["of"]:
            return _of_figures(
                int(match["first"]), int(match["second"]), match["of"], match["mark"]
            )
        day = match["day"] or match["after"]
        written = f"{match['year']}-{self._months[match['month']]:02}"
        return read_date(f"{written}-{int(day):02}" if day else written)


def _of_figures(first: int, second: int, year: str, mark: str) -> DateSpan | None:
    if mark == "." or first > _MONTHS or first == second:
        return read_date(f"{year}-{second:02}-{first:02}")
    return read_date(f"{year}-{first:02}-{second:02}") if second > _MONTHS else None
