"""How appropriate a study is in a scenario: the rating tables, merged over regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cds_service.assessment.regions import expanded, sorted_regions
from cds_service.assessment.rules import CompiledRow, Rules
from cds_service.evidence.model import StudyProcedure
from cds_service.knowledge.anchors import Scenarios
from cds_service.knowledge.members import (
    APPROPRIATE,
    MAY_BE_APPROPRIATE,
    NOT_APPROPRIATE,
    UNDETERMINED,
)
from cds_service.knowledge.model import Rating
from cds_service.knowledge.table import Region

_BEST_FIRST = (APPROPRIATE, MAY_BE_APPROPRIATE, NOT_APPROPRIATE)
Cells = tuple[Rating, ...]
Rated = tuple[Rating, tuple[str, ...]]
"""A rating, and the citations of the rows that it was read from."""
_NOT_RATED: Rated = (UNDETERMINED, ())
_PED = Scenarios.S_PED


class RatedCase(Protocol):
    """What the rows of the tables are narrowed by: they ask a `Case` whatever their predicates ask."""

    @property
    def regions_present(self) -> frozenset[Region]:
        """Regions that have a symptom or an active group: they decide for an order of several."""


class RatingTable:
    """The rating tables for one order: rows narrowed by what holds for it, in one jurisdiction."""

    def __init__(self, rules: Rules, case: RatedCase, jurisdiction: str) -> None:
        self._rules = rules
        self._case = case
        self._jurisdiction = jurisdiction
        self._cells: dict[tuple[str, str], tuple[Cells, tuple[str, ...]] | None] = {}
        self._rated: dict[tuple[str | None, tuple[Region, ...], str, str], Rated] = {}

    def rate(self, study: StudyProcedure, scenario: str) -> Rated:
        """Rating of a study and the citations of the rows used; undetermined when no row rates it.

        Contrast not stated by the study: the most favourable column of its modality. Several regions: the
        most favourable of those with a symptom or an active group; if none has, the least favourable.
        """
        key = (study.modality, study.regions, study.contrast, scenario)
        found = self._rated.get(key)
        if found is None:
            found = self._rated[key] = self._worked_out(study, scenario)
        return found

    def _worked_out(self, study: StudyProcedure, scenario: str) -> Rated:
        if study.modality is None:
            return _NOT_RATED
        columns = self._rules.columns.get((study.modality, study.contrast), ())
        rated: dict[str, Rated] = {}
        for region, (cells, cite) in self._region_rows(study.regions, scenario).items():
            verdict = _best([cells[column] for column in columns])
            if verdict is not UNDETERMINED:
                rated[region] = (verdict, cite)
        if len(rated) <= 1:
            return next(iter(rated.values()), _NOT_RATED)
        present = self._case.regions_present
        deciding = [found for region, found in rated.items() if region in present]
        if deciding:
            return min(deciding, key=lambda found: _BEST_FIRST.index(found[0]))
        return max(rated.values(), key=lambda found: _BEST_FIRST.index(found[0]))

    def _region_rows(
        self, regions: Sequence[Region], scenario: str
    ) -> dict[str, tuple[Cells, tuple[str, ...]]]:
        """Cells by region that an order of these regions is rated on."""
        if scenario == _PED:
            row = self._row("any", scenario)
            return {"any": row} if row is not None else {}
        rows: dict[str, tuple[Cells, tuple[str, ...]]] = {}
        for region in regions:
            row = self._row(region, scenario)
            if row is None and region in ("sacrum", "sacroiliac"):
                # both use the lumbar table where they have no row of their own
                lumbar = self._row("lumbar", scenario)
                if lumbar is not None:
                    rows["lumbar"] = lumbar
            elif row is not None:
                rows[region] = row
            elif region == "whole":
                for part in reversed(sorted_regions(expanded(("whole",)) - {"whole"})):
                    found = self._row(part, scenario)
                    if found is not None:
                        rows[part] = found
        return rows

    def _row(self, region: str, scenario: str) -> tuple[Cells, tuple[str, ...]] | None:
        key = (region, scenario)
        if key not in self._cells:
            self._cells[key] = self._merged(self._rules.rating_rows.get(key, ()))
        return self._cells[key]

    def _merged(self, rows: Sequence[CompiledRow]) -> tuple[Cells, tuple[str, ...]] | None:
        """The widest row, with the cells of narrower rows that hold; None when no row holds."""
        cells: list[Rating] | None = None
        cite: tuple[str, ...] = ()
        for row in rows:
            if row.row.profile not in (None, self._jurisdiction):
                continue
            if row.when is not None and not row.when(self._case):
                continue
            cite = tuple(dict.fromkeys((*cite, *row.row.cite)))
            if cells is None:
                cells = [cell if cell is not None else UNDETERMINED for cell in row.cells]
            else:
                cells = [new or old for new, old in zip(row.cells, cells, strict=True)]
        return (tuple(cells), cite) if cells is not None else None


def _best(ratings: Sequence[Rating]) -> Rating:
    """Most favourable of them; undetermined when none is rated."""
    rated = [rating for rating in ratings if rating is not UNDETERMINED]
    return min(rated, key=_BEST_FIRST.index, default=UNDETERMINED)
