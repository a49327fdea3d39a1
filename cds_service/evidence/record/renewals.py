"""A course without an end goes on while its drug is handed out: each dispense renews the order behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from msgspec.structs import replace

from cds_service.evidence.model import Exposure

_HANDED_OUT: Final = "MedicationDispense/"


def with_renewals(exposures: Mapping[str, Sequence[Exposure]]) -> dict[str, tuple[Exposure, ...]]:
    """Exposures by value set, each open one renewed by the last dispense of the same name."""
    return {value_set: tuple(_renewed(found)) for value_set, found in exposures.items()}


def _renewed(exposures: Sequence[Exposure]) -> Iterable[Exposure]:
    handed_out: dict[str, date] = {}
    for one in exposures:
        if one.reference.startswith(_HANDED_OUT) and one.start is not None:
            name = one.display.casefold()
            handed_out[name] = max(handed_out.get(name, one.start.last), one.start.last)
    for one in exposures:
        last = handed_out.get(one.display.casefold())
        is_renewed = one.open_since is not None and last is not None and last > one.open_since
        yield replace(one, open_since=last) if is_renewed else one
