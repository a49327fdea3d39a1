"""Counts by day and client, kept with every batch of calls: pages over a million calls read these and no call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects import postgresql, sqlite

from cds_service.history.calls import CallRow
from cds_service.history.models import DailyCount

Kind = Literal["calls", "card", "criterion"]
"""Calls count once under the name `shown` or `silent`; cards and criteria once a call, under their ids."""

Counted = tuple[date, str, str, str]
"""Day (UTC), client, kind and name."""


def counted(rows: Iterable[CallRow]) -> Counter[Counted]:
    """What a batch of calls adds. Cards that were not shown are not counted."""
    found: Counter[Counted] = Counter()
    for row in rows:
        columns = row.columns
        at: datetime = columns["received_at"]
        of = (at.astimezone(UTC).date(), columns["client_id"])
        is_shown = columns["is_shown"]
        found[*of, "calls", "shown" if is_shown else "silent"] += 1
        for name in dict.fromkeys(card for _, card in row.cards if is_shown):
            found[*of, "card", name] += 1
        for name in dict.fromkeys(row.criteria):
            found[*of, "criterion", name] += 1
    return found


def add_counts(connection: Connection, counts: Counter[Counted]) -> None:
    """Adds to what is there."""
    if not counts:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement: Any = dialect.insert(DailyCount)
    statement = statement.on_conflict_do_update(
        index_elements=list(_KEY),
        set_={"count": DailyCount.count + statement.excluded.count},
    )
    # In one order everywhere: workers that write the same rows at once then wait, and never for each other.
    rows = [dict(zip(_KEY, key, strict=True), count=count) for key, count in sorted(counts.items())]
    connection.execute(statement, rows)


def daily_counts(
    engine: Engine, kind: Kind, since: date, until: date
) -> Sequence[tuple[date, str, str, int]]:
    """(day, client, name, count) of the days in [since, until), in that order."""
    statement = (
        select(DailyCount.day, DailyCount.client_id, DailyCount.name, DailyCount.count)
        .where(DailyCount.kind == kind, DailyCount.day >= since, DailyCount.day < until)
        .order_by(DailyCount.day, DailyCount.client_id, DailyCount.name)
    )
    with engine.connect() as connection:
        return [
            (day, client, name, count) for day, client, name, count in connection.execute(statement)
        ]


def total_counts(engine: Engine, kind: Kind, since: date, until: date) -> dict[str, int]:
    """How often each name was counted in [since, until), over all clients, the most frequent first."""
    total = func.sum(DailyCount.count)
    statement = (
        select(DailyCount.name, total)
        .where(DailyCount.kind == kind, DailyCount.day >= since, DailyCount.day < until)
        .group_by(DailyCount.name)
        .order_by(total.desc(), DailyCount.name)
    )
    with engine.connect() as connection:
        return {name: int(count) for name, count in connection.execute(statement)}


_KEY: Final = ("day", "client_id", "kind", "name")
