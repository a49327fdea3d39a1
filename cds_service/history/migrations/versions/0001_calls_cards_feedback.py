"""Calls, cards and feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes all tables."""
    _create_call()
    _create_call_order()
    _create_call_card()
    _create_call_suggestion()
    _create_card_feedback()
    _create_used_token()


def downgrade() -> None:
    """Drops all tables."""
    for table in (
        "used_token",
        "card_feedback",
        "call_suggestion",
        "call_card",
        "call_order",
        "call",
    ):
        op.drop_table(table)


def _create_call() -> None:
    op.create_table(
        "call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("service_id", sa.String(length=100), nullable=False),
        sa.Column("hook", sa.String(length=50), nullable=False),
        sa.Column("client_id", sa.String(length=300), nullable=False),
        sa.Column("tenant", sa.String(length=300), nullable=True),
        sa.Column("hook_instance_hash", sa.String(length=32), nullable=False),
        sa.Column("patient_hash", sa.String(length=32), nullable=False),
        sa.Column("guideline_id", sa.String(length=100), nullable=False),
        sa.Column("guideline_version", sa.String(length=50), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index(op.f("ix_call_hook_instance_hash"), "call", ["hook_instance_hash"])
    op.create_index(op.f("ix_call_patient_hash"), "call", ["patient_hash"])
    op.create_index(op.f("ix_call_received_at"), "call", ["received_at"])


def _create_call_order() -> None:
    op.create_table(
        "call_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("order_hash", sa.String(length=32), nullable=False),
        sa.Column("modality", sa.String(length=10), nullable=True),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("contrast", sa.String(length=30), nullable=False),
        sa.Column("scenario", sa.String(length=50), nullable=True),
        sa.Column("appropriateness", sa.String(length=30), nullable=False),
        sa.Column("urgency", sa.String(length=30), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["call.id"], name=op.f("fk_call_order_call_id_call"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_order")),
    )
    op.create_index(op.f("ix_call_order_call_id"), "call_order", ["call_id"])


def _create_call_card() -> None:
    op.create_table(
        "call_card",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=200), nullable=False),
        sa.Column("card_id", sa.String(length=100), nullable=False),
        sa.Column("indicator", sa.String(length=20), nullable=False),
        sa.Column("order_hash", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["call_id"], ["call.id"], name=op.f("fk_call_card_call_id_call"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_card")),
    )
    op.create_index(op.f("ix_call_card_call_id"), "call_card", ["call_id"])
    op.create_index(op.f("ix_call_card_card_id"), "call_card", ["card_id"])
    op.create_index(op.f("ix_call_card_uuid"), "call_card", ["uuid"])


def _create_call_suggestion() -> None:
    op.create_table(
        "call_suggestion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_card_id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=200), nullable=False),
        sa.Column("suggestion_id", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_card_id"],
            ["call_card.id"],
            name=op.f("fk_call_suggestion_call_card_id_call_card"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_suggestion")),
    )
    op.create_index(op.f("ix_call_suggestion_call_card_id"), "call_suggestion", ["call_card_id"])
    op.create_index(op.f("ix_call_suggestion_uuid"), "call_suggestion", ["uuid"])


def _create_card_feedback() -> None:
    op.create_table(
        "card_feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("same_key", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("service_id", sa.String(length=100), nullable=False),
        sa.Column("client_id", sa.String(length=300), nullable=False),
        sa.Column("card_uuid", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_suggestions", sa.JSON(), nullable=False),
        sa.Column("reason_code", sa.String(length=300), nullable=True),
        sa.Column("reason_system", sa.String(length=300), nullable=True),
        sa.Column("reason_display", sa.String(length=300), nullable=True),
        sa.Column("user_comment", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_feedback")),
        sa.UniqueConstraint("same_key", name=op.f("uq_card_feedback_same_key")),
    )
    op.create_index("ix_card_feedback_client_card", "card_feedback", ["client_id", "card_uuid"])
    op.create_index(op.f("ix_card_feedback_received_at"), "card_feedback", ["received_at"])


def _create_used_token() -> None:
    op.create_table(
        "used_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_used_token")),
    )
    op.create_index(op.f("ix_used_token_expires_at"), "used_token", ["expires_at"])
