"""Where the spine hurts: on record, or as the order says."""

from __future__ import annotations

from collections.abc import Mapping

from cds_service.assessment.chart import Chart
from cds_service.assessment.regions import REGION_ORDER
from cds_service.evidence.model import ImagingOrder
from cds_service.knowledge.members import ACTIVE
from cds_service.knowledge.model import Level
from cds_service.knowledge.table import Region

_ANY = "any"


def regions_present(
    chart: Chart, stated_sets: frozenset[str], levels: Mapping[str, Level]
) -> frozenset[Region]:
    """Regions that have a symptom or an active group.

    A red flag group of any level is everywhere; failed care and earlier surgery are where the symptoms are.
    """
    present: set[Region] = set()
    for region in REGION_ORDER[:5]:
        sets = chart.rules.symptom_sets[region]
        if chart.has_current(sets) or not stated_sets.isdisjoint(sets):
            present.add(region)
    for group in chart.rules.guideline.groups:
        if levels[group.id] is not ACTIVE:
            continue
        if "any" not in group.regions:
            present |= {region for region in REGION_ORDER if region in group.regions}
        elif group.red_flag:
            present |= set(REGION_ORDER)
    return frozenset(present)


def named_symptom(chart: Chart, order: ImagingOrder, stated_sets: frozenset[str]) -> str:
    """Which complaint the card names, as a key of `symptoms.names`: by the ordered region's current symptom."""
    names = chart.rules.guideline.combination.symptoms.names
    for region in order.procedure.regions:
        if region in names and has_own_symptom(chart, (region,), stated_sets):
            return region
    return _ANY


def has_own_symptom(chart: Chart, regions: tuple[Region, ...], stated_sets: frozenset[str]) -> bool:
    """A symptom that names one of these regions is current or a reason; without regions, one of any region."""
    own = [name for region in regions or (_ANY,) for name in chart.rules.own_symptom_sets[region]]
    return not stated_sets.isdisjoint(own) or chart.has_current(own)
