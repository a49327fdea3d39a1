"""`--what-if`: the same study for everybody with a complaint of the spine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final, Literal, get_args

from msgspec import Raw, Struct

from cds_service.advice import CompiledGuideline
from cds_service.cds_hooks.model import Source
from cds_service.errors import CaseError
from cds_service.evidence.loose_json import read_json
from cds_service.evidence.model import ConditionEntry, StudyProcedure
from cds_service.evidence.record.record import read_record
from cds_service.knowledge.model import Contrast, Modality, Priority
from cds_service.knowledge.table import Region
from cds_service.replay.chart_resources import Resource
from cds_service.replay.charts import Chart
from cds_service.replay.moments import Moment, read_moment

WhatIfDay = Literal["complaint", "last"]
_ANY: Final = "any"
_MOST_PARTS: Final = 3


class WhatIf(Struct, frozen=True):
    """The question."""

    study: StudyProcedure
    priority: Priority | None
    day: WhatIfDay
    """complaint: once for each day that a complaint was recorded on. last: once, as of the chart's last resource."""
    text: str
    """As it was asked."""


class Complaint(Struct, frozen=True, gc=False):
    """A complaint of the spine, and when it is judged."""

    reference: str
    code: Any | None
    moment: Moment


def parse_what_if(text: str, day: WhatIfDay) -> WhatIf:
    """`mr-lumbar`, `mr-lumbar-without-and-with:stat`. Raises CaseError for anything else."""
    name, _, wanted = text.partition(":")
    parts = name.split("-", _MOST_PARTS - 1)
    modality = next((one for one in get_args(Modality) if one.lower() == parts[0]), None)
    region = next((one for one in get_args(Region) if len(parts) > 1 and one == parts[1]), None)
    stated = parts[2] if len(parts) == _MOST_PARTS else "unspecified"
    contrast = next((one for one in get_args(Contrast) if one == stated), None)
    priority = next((one for one in get_args(Priority) if one == wanted), None)
    if modality is None or region is None or contrast is None or (wanted and priority is None):
        raise CaseError(
            f"--what-if {text}: not a study. Expected MODALITY-REGION, MODALITY-REGION-CONTRAST, and :PRIORITY where "
            f"wanted, such as mr-lumbar or mr-lumbar-without-and-with:stat. Modalities: "
            f"{', '.join(one.lower() for one in get_args(Modality))}. Regions: {', '.join(get_args(Region))}. "
            f"Contrast: {', '.join(get_args(Contrast))}. Priorities: {', '.join(get_args(Priority))}."
        )
    return WhatIf(StudyProcedure(modality, (region,), contrast), priority, day, text)


def complaints(
    chart: Chart, what_if: WhatIf, compiled: CompiledGuideline, as_of: date | None
) -> Iterator[Complaint]:
    """The complaints of a chart to be judged: one a day, or one as of the last resource or the day given."""
    found = _dated_complaints(chart, compiled)
    if not found:
        return
    if as_of is None and what_if.day == "complaint":
        of_day: dict[date, tuple[Moment, Resource]] = {}
        for moment, one in found:
            of_day[moment.day] = (moment, one)
        for moment, one in of_day.values():
            yield _complaint(one, moment)
        return
    moment = Moment(as_of) if as_of is not None else _last_moment(chart)
    known = [one for at, one in found if at.day <= moment.day]
    if known:
        yield _complaint(known[-1], moment)


def _dated_complaints(chart: Chart, compiled: CompiledGuideline) -> list[tuple[Moment, Resource]]:
    """Complaints that were never refuted, oldest first. One without any date cannot be placed."""
    conditions = chart.of("Condition")
    if not conditions:
        return []
    sources = {"conditions": Source("conditions", tuple(Raw(one.raw) for one in conditions), None)}
    record = read_record(sources, chart.patient, compiled.index, compiled.catalog, date.max)
    entries: dict[str, ConditionEntry] = {
        hit.entry.reference: hit.entry
        for name in compiled.rules.symptom_sets[_ANY]
        for hit in record.conditions.get(name, ())
        if hit.entry.verification != "refuted"
    }
    found = []
    for one in conditions:
        moment = read_moment(one.dates[0]) if one.dates else None
        if moment is not None and one.reference in entries:
            found.append((moment, one))
    return sorted(found, key=lambda pair: (pair[0].day, pair[0].text, pair[1].id))


def _last_moment(chart: Chart) -> Moment:
    moments = [
        moment for one in chart.resources for text in one.dates if (moment := read_moment(text))
    ]
    return Moment(max(moment.day for moment in moments))


def _complaint(one: Resource, moment: Moment) -> Complaint:
    body = read_json(one.raw) or {}
    code = body.get("code")
    return Complaint(one.reference, code if isinstance(code, dict) else None, moment)
