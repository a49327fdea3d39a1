"""Whether a patient is in hospice care: then nobody is asked to reconsider an image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from cds_service.evidence.codes.index import HOSPICE
from cds_service.evidence.loose_json import as_object, as_text
from cds_service.evidence.model import ConditionHit
from cds_service.evidence.raw import plain
from cds_service.evidence.record.intake import Intake
from cds_service.evidence.record.shapes import EncounterShape

_NEVER_HAPPENED: Final = frozenset({"entered-in-error", "cancelled"})


def read_encounters(intake: Intake, kind: str) -> None:
    """Note hospice care by an Encounter of our patient."""
    for _, resources in intake.ours(kind):
        for shape in resources:
            if _is_hospice_care(shape, intake):
                intake.in_hospice = True


def has_hospice_condition(conditions: Mapping[str, Iterable[ConditionHit]]) -> bool:
    """True for a current Condition that the guideline's hospice value set holds."""
    return any(
        hit.entry.clinical == "current" and hit.entry.verification != "refuted"
        for hit in conditions.get(HOSPICE, ())
    )


def _is_hospice_care(shape: EncounterShape, intake: Intake) -> bool:
    if as_text(shape.status).lower() in _NEVER_HAPPENED:
        return False
    read = intake.concepts
    discharge = as_object(plain(shape.hospitalization)).get("dischargeDisposition")
    named = [
        concept
        for element in (shape.type, shape.service_type, shape.reason_code, shape.reason)
        for concept in read.read_each(element)
    ]
    named.append(read.read_plain(discharge))
    return any(HOSPICE in concept.value_sets for concept in named)
