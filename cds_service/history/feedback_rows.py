"""Feedback as rows, a whole batch in a handful of statements: the database is held for milliseconds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from cds_service.cds_hooks.feedback import FeedbackEntry
from cds_service.history.calls import card_key
from cds_service.history.models import CallCard, CardFeedback
from cds_service.history.records import FeedbackResult

_AT_ONCE: Final = 500
"""Values in one statement; databases have a limit."""
_COMPLETED: Final = (
    "accepted_suggestions",
    "reason_code",
    "reason_system",
    "reason_display",
    "user_comment",
)
"""What a repetition may add to."""


def write_feedback(
    connection: Connection,
    service_id: str,
    client_id: str,
    entries: Sequence[FeedbackEntry],
    received_at: Any,
) -> tuple[FeedbackResult, ...]:
    """Stores entries, one result an entry, in their order. Of repetitions only what a stored row lacks is added."""
    rows = [_row(entry, client_id) for entry in entries]
    stored = _stored(connection, [row["same_key"] for row in rows])
    known = _known(connection, [row["card_key"] for row in rows])
    before = {key: dict(row) for key, row in stored.items()}
    common = {"service_id": service_id, "client_id": client_id, "received_at": received_at}
    results = []
    for entry, row in zip(entries, rows, strict=True):
        same = stored.get(row["same_key"])
        if same is None:
            stored[row["same_key"]] = row | common
        else:
            _complete(same, row)
        results.append(FeedbackResult(entry.index, same is None, row["card_key"] in known))
    new = [row for key, row in stored.items() if key not in before]
    if new:
        connection.execute(insert(CardFeedback), new)
    changed = [
        {"b_key": key} | {name: stored[key][name] for name in _COMPLETED}
        for key, row in before.items()
        if row != stored[key]
    ]
    if changed:
        statement = update(CardFeedback.__table__).where(  # type: ignore[arg-type]  # a mapped class has a Table
            CardFeedback.same_key == bindparam("b_key")
        )
        connection.execute(statement, changed)
    return tuple(results)


def _stored(connection: Connection, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    columns = (CardFeedback.same_key, *(getattr(CardFeedback, name) for name in _COMPLETED))
    return {
        row["same_key"]: dict(row)
        for some in _parts(keys)
        for row in connection.execute(
            select(*columns).where(CardFeedback.same_key.in_(some))
        ).mappings()
    }


def _known(connection: Connection, keys: Sequence[int]) -> set[int]:
    return {
        key
        for some in _parts(keys)
        for key in connection.execute(select(CallCard.key).where(CallCard.key.in_(some))).scalars()
    }


def _parts(values: Sequence[Any]) -> Iterator[list[Any]]:
    different = iter(dict.fromkeys(values))
    while some := list(islice(different, _AT_ONCE)):
        yield some


def _complete(stored: dict[str, Any], row: Mapping[str, Any]) -> None:
    suggestions = [*stored["accepted_suggestions"], *row["accepted_suggestions"]]
    stored["accepted_suggestions"] = list(dict.fromkeys(suggestions))
    if stored["reason_code"] is None and stored["reason_display"] is None:
        for name in ("reason_code", "reason_system", "reason_display"):
            stored[name] = row[name]
    if stored["user_comment"] is None:
        stored["user_comment"] = row["user_comment"]


def _row(entry: FeedbackEntry, client_id: str) -> dict[str, Any]:
    when = "" if entry.outcome_at is None else entry.outcome_at.isoformat()
    reason = entry.reason
    return {
        "same_key": joined_hash(client_id, entry.card, entry.outcome, when),
        "card_uuid": entry.card,
        "card_key": card_key(client_id, entry.card),
        "outcome": entry.outcome,
        "outcome_at": entry.outcome_at,
        "accepted_suggestions": list(entry.accepted_suggestions),
        "reason_code": (reason.code or None) if reason else None,
        "reason_system": reason.system if reason else None,
        "reason_display": (reason.display or None) if reason else None,
        "user_comment": entry.user_comment or None,
    }


def joined_hash(*parts: str) -> str:
    """One hash of several texts."""
    # Each part is given its length, so that no two lists of parts read the same.
    message = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(message.encode("utf-8", "surrogatepass")).hexdigest()
