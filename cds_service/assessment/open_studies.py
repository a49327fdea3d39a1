"""Studies that are ordered and not yet done, by what they image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec import Struct

from cds_service.assessment.regions import expanded
from cds_service.evidence.model import EarlierStudy, ImagingOrder, OpenOrder, StudyProcedure
from cds_service.knowledge.table import Region

_SAME = {"CTM": "CT"}
_MOST = 3
"""As many as a card shows."""
_Kind = tuple[str, Region]


class OpenStudy(Struct, frozen=True, gc=False):
    """One open order."""

    position: int
    """Those on record come first, then the selected drafts."""
    reference: str
    display: str
    procedure: StudyProcedure


def is_same_kind(one: StudyProcedure, other: StudyProcedure) -> bool:
    """The same modality (any phase; a CT myelogram counts as CT) and a region in common."""
    return not frozenset(_kinds(one)).isdisjoint(_kinds(other))


def is_done_since(order: OpenOrder, studies: Iterable[EarlierStudy]) -> bool:
    """A study of the kind was done on the day of an order or later: what nobody closed is taken as done by it."""
    return order.authored is not None and any(
        study.when is not None
        and study.when.first >= order.authored.last
        and is_same_kind(study.procedure, order.procedure)
        for study in studies
    )


def _kinds(study: StudyProcedure) -> Iterator[_Kind]:
    """What a study is known by: its modality with each of its regions."""
    if study.modality is not None:
        modality = _SAME.get(study.modality, study.modality)
        for region in expanded(study.regions):
            yield modality, region


class OpenStudies:
    """Every open order of a call, found by kind without looking at all of them."""

    def __init__(
        self, on_record: tuple[OpenOrder, ...], selected: tuple[ImagingOrder, ...]
    ) -> None:
        self._by_kind: dict[_Kind, list[OpenStudy]] = {}
        self._regions: dict[str | None, set[Region]] = {}
        self._position_of: dict[int, int] = {}
        every: tuple[OpenOrder | ImagingOrder, ...] = (*on_record, *selected)
        for position, order in enumerate(every):
            study = OpenStudy(position, order.reference, order.display, order.procedure)
            for kind in _kinds(order.procedure):
                self._by_kind.setdefault(kind, []).append(study)
            self._regions.setdefault(order.procedure.modality, set()).update(
                order.procedure.regions
            )
        for place, draft in enumerate(selected, len(on_record)):
            self._position_of.setdefault(draft.instance, place)

    def regions(self, modality: str | None) -> frozenset[Region]:
        """Regions that the open orders of a modality image together."""
        return frozenset(self._regions.get(modality, ()))

    def before(self, order: ImagingOrder) -> list[OpenStudy]:
        """The first few of the same kind as a selected draft that are on record, or among the drafts before it."""
        end = self._position_of[order.instance]
        found: dict[int, OpenStudy] = {}
        for kind in _kinds(order.procedure):
            others = (
                study
                for study in _until(end, self._by_kind.get(kind, ()))
                if study.reference not in order.continues
            )
            for study in islice(others, _MOST):
                found[study.position] = study
        return [found[position] for position in sorted(found)][:_MOST]


def _until(end: int, studies: Iterable[OpenStudy]) -> Iterator[OpenStudy]:
    for study in studies:
        if study.position >= end:
            return
        yield study
