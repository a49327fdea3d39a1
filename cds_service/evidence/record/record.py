"""All resources of one call to one patient's record. Reading starts here.

Lenient to the end: a resource of an odd shape is read as far as it can be, one that can't be read at all is
counted and named as a gap, and nothing here raises. Whether something counts is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Final

from cds_service.cds_hooks.model import Source
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.model import Gap, Observations, PatientRecord
from cds_service.evidence.orders.catalog import Catalog
from cds_service.evidence.record.conditions import by_reference
from cds_service.evidence.record.cut_pages import LIFELONG_ONLY, note_of_cut
from cds_service.evidence.record.devices import implants_elsewhere
from cds_service.evidence.record.hospice import has_hospice_condition
from cds_service.evidence.record.intake import Intake, as_tuples
from cds_service.evidence.record.limits import keep_within_limits
from cds_service.evidence.record.observations import read_observed, when_kept
from cds_service.evidence.record.renewals import with_renewals
from cds_service.evidence.record.sorting import sort_resources
from cds_service.evidence.record.types import TYPES

_PATIENT: Final = "patient"


def read_record(
    sources: Mapping[str, Source],
    patient_id: str,
    index: CodeIndex,
    catalog: Catalog,
    as_of: date,
    judged: frozenset[str] = frozenset(),
) -> PatientRecord:
    """The record of one patient as the sources give it, read for the day `as_of`.

    `judged` are references of the orders that the record is read for: their own reasons are not part of it.

    Each resource is read by its own type, whatever key it came under. Resources of other patients are counted
    and left out. Never raises: what can't be read becomes a gap.
    """
    intake = Intake(patient_id, index, catalog, as_of, judged)
    sort_resources(sources, intake)
    keep_within_limits(intake)
    for one in TYPES:
        if one.name in intake.batches:
            one.read(intake, one.name)
    tally, person = intake.tally, intake.person
    gaps = _gaps(sources, intake)
    gaps += tuple(
        Gap(key, "partial", f"{count} of {tally.read[key]} are more than one call may bring")
        for key, count in tally.over_limits.items()
        if count
    )
    over = intake.order_links.over()
    unread = {gap.source for gap in gaps if gap.note not in LIFELONG_ONLY}
    return PatientRecord(
        person=person,
        conditions=as_tuples(intake.conditions),
        observations=Observations(intake.observed, partial(read_observed, intake), when_kept),
        exposures=with_renewals(intake.exposures),
        procedures=as_tuples(intake.procedures),
        studies=tuple(intake.studies),
        open_orders=tuple(order for order in intake.open_orders if order.reference not in over),
        devices=(*intake.devices, *implants_elsewhere(intake.conditions, intake.procedures, index)),
        allergies=tuple(intake.allergies),
        condition_by_reference=by_reference(intake.conditions),
        known_conditions=frozenset(intake.known_conditions),
        retracted=frozenset(filter(None, intake.retracted)),
        in_hospice=intake.in_hospice or has_hospice_condition(intake.conditions),
        gaps=gaps,
        read_keys=frozenset([key for key in sources if key not in unread]),
        unread_values=tuple(intake.unread_values),
        not_understood=tuple(intake.unread_problems),
        other_patients=tally.other_patients,
        counts=tally.read,
    )


def _gaps(sources: Mapping[str, Source], intake: Intake) -> tuple[Gap, ...]:
    """What was needed and could not be read: as the sources say, then what was found while reading."""
    tally, person = intake.tally, intake.person
    gaps = [
        Gap(key, source.gap, note_of_cut(source, intake))
        for key, source in sources.items()
        if source.gap is not None
    ]
    for key, count in tally.unreadable.items():
        gaps.append(Gap(key, "unreadable", f"{count} of {tally.read[key]} could not be read"))
    if tally.unread_findings:
        note = f"{tally.unread_findings} findings of the examination have values that were not understood"
        gaps.append(Gap("observations", "partial", note))
    for key, count in tally.unnamed_drugs.items():
        gaps.append(Gap(key, "partial", f"{count} of {tally.read[key]} name no medication"))
    if not any(gap.source == _PATIENT for gap in gaps):
        if person is not None and person.birth is None:
            gaps.append(Gap(_PATIENT, "partial", "no birth date that can be read"))
        elif person is None and "Patient" in intake.batches:
            gaps.append(Gap(_PATIENT, "unreadable", "the Patient that came is another one"))
        elif person is None:
            gaps.append(Gap(_PATIENT, "not-provided", "no Patient came"))
    return tuple(gaps)
