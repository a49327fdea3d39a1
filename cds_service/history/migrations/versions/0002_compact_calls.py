"""One compact row a call, and counts by day.

Its words and hashes are its own and not the program's: what a migration does must not change with the program.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_AT_ONCE = 1000
_Rows = list[sa.RowMapping]


def upgrade() -> None:
    """Makes the new tables, moves every call into them, drops the old ones."""
    _put_aside()
    new = _create_tables()
    connection = op.get_bind()
    counts: Counter[tuple[Any, ...]] = Counter()
    for calls in _old_calls(connection):
        _move(connection, new, calls, counts)
    names = ("day", "client_id", "kind", "name")
    if counts:
        rows = [dict(zip(names, key, strict=True), count=count) for key, count in counts.items()]
        connection.execute(new["daily_count"].insert(), rows)
    _key_feedback(connection)
    for name in ("call_suggestion", "old_card", "call_order", "old_call"):
        op.drop_table(name)
    if connection.dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('call', 'id'), coalesce(max(id), 1), "
            "max(id) IS NOT NULL) FROM call"
        )


def downgrade() -> None:
    """There is none: a version before this one cannot read what later ones record."""
    raise NotImplementedError


def _put_aside() -> None:
    for table, columns in (
        ("call", ("hook_instance_hash", "patient_hash", "received_at")),
        ("call_card", ("call_id", "card_id", "uuid")),
    ):
        for column in columns:
            op.drop_index(f"ix_{table}_{column}", table)
    if op.get_bind().dialect.name == "postgresql":
        for table in ("call", "call_card"):
            op.execute(f"ALTER INDEX pk_{table} RENAME TO pk_old_{table}")
    op.rename_table("call", "old_call")
    op.rename_table("call_card", "old_card")


def _create_tables() -> dict[str, sa.Table]:
    call = op.create_table(
        "call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_id", sa.String(length=300), nullable=False),
        sa.Column("patient_hash", sa.String(length=32), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index(op.f("ix_call_patient_hash"), "call", ["patient_hash"])
    op.create_index(op.f("ix_call_received_at"), "call", ["received_at"])
    card = op.create_table(
        "call_card",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("call_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("card_id", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("key", "call_id", name=op.f("pk_call_card")),
        sqlite_with_rowid=False,
    )
    count = op.create_table(
        "daily_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("client_id", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "client_id", "kind", "name", name=op.f("pk_daily_count")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "write_check",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_check")),
    )
    return {"call": call, "call_card": card, "daily_count": count}


def _old_calls(connection: sa.Connection) -> Iterator[_Rows]:
    table = sa.table("old_call", sa.column("received_at", sa.DateTime(timezone=True)))
    last = 0
    while True:
        statement = (
            sa.select(sa.literal_column("old_call.*"), table.c.received_at.label("at"))
            .select_from(table)
            .where(sa.text("id > :last"))
            .order_by(sa.text("id"))
            .limit(_AT_ONCE)
        )
        rows = list(connection.execute(statement, {"last": last}).mappings())
        if not rows:
            return
        yield rows
        last = rows[-1]["id"]


def _move(
    connection: sa.Connection,
    new: dict[str, sa.Table],
    calls: _Rows,
    counts: Counter[tuple[Any, ...]],
) -> None:
    ids = {"first": calls[0]["id"], "last": calls[-1]["id"]}
    orders = _of_calls(connection, "SELECT * FROM call_order", ids)
    cards = _of_calls(connection, "SELECT * FROM old_card", ids)
    suggestions: defaultdict[int, list[list[str]]] = defaultdict(list)
    made = (
        "SELECT s.* FROM call_suggestion s JOIN old_card c ON c.id = s.call_card_id "
        "WHERE c.call_id BETWEEN :first AND :last ORDER BY s.id"
    )
    for row in connection.execute(sa.text(made), ids).mappings():
        suggestions[row["call_card_id"]].append([row["uuid"], row["suggestion_id"]])
    moved, keys = [], {}
    for call in calls:
        of_call = cards[call["id"]]
        moved.append(_moved(call, orders[call["id"]], of_call, suggestions))
        for card in of_call:
            key = _card_key(call["client_id"], card["uuid"])
            keys[key, call["id"]] = {"key": key, "call_id": call["id"], "card_id": card["card_id"]}
        _count(call, orders[call["id"]], of_call, counts)
    connection.execute(new["call"].insert(), moved)
    if keys:
        connection.execute(new["call_card"].insert(), list(keys.values()))


def _of_calls(
    connection: sa.Connection, query: str, ids: dict[str, int]
) -> defaultdict[int, _Rows]:
    found: defaultdict[int, _Rows] = defaultdict(list)
    statement = sa.text(f"{query} WHERE call_id BETWEEN :first AND :last ORDER BY id")
    for row in connection.execute(statement, ids).mappings():
        found[row["call_id"]].append(row)
    return found


def _moved(
    call: sa.RowMapping,
    orders: _Rows,
    cards: _Rows,
    suggestions: defaultdict[int, list[list[str]]],
) -> dict[str, Any]:
    detail = {
        "as_of": str(call["as_of"]),
        "service": call["service_id"],
        "hook": call["hook"],
        "hook_instance": call["hook_instance_hash"],
        "guideline": call["guideline_id"],
        "version": call["guideline_version"],
        "tenant": call["tenant"],
        "gaps": _loaded(call["gaps"]),
        "orders": [
            {
                "order": order["order_hash"],
                "modality": order["modality"],
                "regions": _loaded(order["regions"]),
                "contrast": order["contrast"],
                "scenario": order["scenario"],
                "appropriateness": order["appropriateness"],
                "urgency": order["urgency"],
                "criteria": _loaded(order["criteria"]),
            }
            for order in orders
        ],
        "cards": [
            {
                "uuid": card["uuid"],
                "id": card["card_id"],
                "indicator": card["indicator"],
                "order": card["order_hash"],
                "suggestions": suggestions[card["id"]],
            }
            for card in cards
        ],
    }
    return {
        "id": call["id"],
        "received_at": call["at"],
        "client_id": call["client_id"],
        "patient_hash": call["patient_hash"],
        "is_shown": bool(call["is_shown"]),
        "detail": json.dumps(detail, separators=(",", ":"), ensure_ascii=False),
    }


def _count(
    call: sa.RowMapping, orders: _Rows, cards: _Rows, counts: Counter[tuple[Any, ...]]
) -> None:
    at = call["at"]
    of = ((at if at.tzinfo is None else at.astimezone(UTC)).date(), call["client_id"])
    is_shown = bool(call["is_shown"])
    counts[*of, "calls", "shown" if is_shown else "silent"] += 1
    for name in {card["card_id"] for card in cards if is_shown}:
        counts[*of, "card", name] += 1
    for name in {name for order in orders for name in _loaded(order["criteria"])}:
        counts[*of, "criterion", name] += 1


def _key_feedback(connection: sa.Connection) -> None:
    with op.batch_alter_table("card_feedback") as table:
        table.add_column(sa.Column("card_key", sa.BigInteger(), nullable=True))
    rows = connection.execute(sa.text("SELECT id, client_id, card_uuid FROM card_feedback")).all()
    keys = [{"id": id_, "key": _card_key(client, uuid)} for id_, client, uuid in rows]
    if keys:
        connection.execute(sa.text("UPDATE card_feedback SET card_key = :key WHERE id = :id"), keys)
    with op.batch_alter_table("card_feedback") as table:
        table.alter_column("card_key", existing_type=sa.BigInteger(), nullable=False)
        table.drop_index("ix_card_feedback_client_card")
        table.create_index(op.f("ix_card_feedback_card_key"), ["card_key"])


def _card_key(client_id: str, uuid: str) -> int:
    message = f"{len(client_id)}:{client_id}{uuid}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(message, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _loaded(value: Any) -> Any:
    """JSON columns read without their type are text on some databases."""
    return json.loads(value) if isinstance(value, str) else value
