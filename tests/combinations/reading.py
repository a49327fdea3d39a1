"""What is read from the same bytes is read once: most of the calls that are tried here share their orders or record.

Both readers are functions of what was sent, and what they give is never changed afterwards; the rest of an answer is
worked out anew for every call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

import pytest

from cds_service import advice
from cds_service.cds_hooks.model import DraftOrder, Source
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.model import ImagingOrder, PatientRecord
from cds_service.evidence.orders.catalog import Catalog
from cds_service.evidence.orders.orders import read_orders
from cds_service.evidence.record.record import read_record

KEPT: Final = 500
"""So many are remembered: what comes again comes soon."""


def _remember(known: dict[Any, Any], key: Any, value: Any) -> None:
    if len(known) >= KEPT:
        known.clear()
    known[key] = value


def _sent(source: Source) -> tuple[object, ...]:
    raws = source.raws if source.value is None else (source.value,)
    return (
        source.key, source.gap, source.note, source.cause, source.is_cut, source.full_urls, *map(bytes, raws),
    )  # fmt: skip


@contextmanager
def read_once() -> Iterator[None]:
    """While it is open, `advise` reads orders and records that it has read before no second time."""
    orders: dict[Any, tuple[ImagingOrder, ...]] = {}
    records: dict[Any, PatientRecord] = {}

    def orders_once(
        drafts: tuple[DraftOrder, ...], catalog: Catalog, codes: CodeIndex, as_of: date
    ) -> tuple[ImagingOrder, ...]:
        key = (as_of, *((bytes(draft.raw), draft.full_url, draft.place) for draft in drafts))
        if key not in orders:
            _remember(orders, key, read_orders(drafts, catalog, codes, as_of))
        return orders[key]

    def record_once(
        sources: Mapping[str, Source],
        patient_id: str,
        index: CodeIndex,
        catalog: Catalog,
        as_of: date,
        judged: frozenset[str] = frozenset(),
    ) -> PatientRecord:
        key = (as_of, patient_id, judged, *map(_sent, sources.values()))
        if key not in records:
            read = read_record(sources, patient_id, index, catalog, as_of, judged)
            _remember(records, key, read)
        return records[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(advice, "read_orders", orders_once)
        patch.setattr(advice, "read_record", record_once)
        yield
