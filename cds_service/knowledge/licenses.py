"""The guideline for sites that have no license for a terminology."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cds_service.knowledge.model import (
    CodeSystem,
    Guideline,
    OtherProcedure,
    Procedure,
    Tier,
    UnverifiedCode,
    ValueSet,
)

_CPT: Final = "cpt"


def without_cpt(guideline: Guideline) -> Guideline:
    """The guideline without a single CPT code: value sets, order codes and the codes that cards offer."""
    catalog = guideline.catalog
    return guideline.model_copy(
        update={
            "value_sets": {
                name: _value_set(value_set) for name, value_set in guideline.value_sets.items()
            },
            "catalog": catalog.model_copy(
                update={
                    "procedure": tuple(_procedure(study) for study in catalog.procedure),
                    "other": tuple(_other(study) for study in catalog.other),
                    "unverified": _unverified(catalog.unverified),
                }
            ),
        }
    )


def _value_set(value_set: ValueSet) -> ValueSet:
    return value_set.model_copy(update={"cpt": (), "unverified": _unverified(value_set.unverified)})


def _procedure(study: Procedure) -> Procedure:
    preferred = {system: code for system, code in study.preferred.items() if system != _CPT}
    return study.model_copy(update={"preferred": preferred, "codes": _codes(study.codes)})


def _other(study: OtherProcedure) -> OtherProcedure:
    codes = _codes(study.codes)
    kept = {code for tiers in codes.values() for found in tiers.values() for code in found}
    by_code = {
        modality: tuple(code for code in found if code in kept)
        for modality, found in study.modality_by_code.items()
    }
    return study.model_copy(
        update={
            "codes": codes,
            "modality_by_code": {modality: found for modality, found in by_code.items() if found},
        }
    )


def _codes(
    codes: Mapping[CodeSystem, dict[Tier, tuple[str, ...]]],
) -> dict[CodeSystem, dict[Tier, tuple[str, ...]]]:
    return {system: tiers for system, tiers in codes.items() if system != _CPT}


def _unverified(codes: tuple[UnverifiedCode, ...]) -> tuple[UnverifiedCode, ...]:
    return tuple(entry for entry in codes if entry.system != _CPT)
