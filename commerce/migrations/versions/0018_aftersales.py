"""Refund requests and what merchants give back of their own accord."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0018"
down_revision = "0017"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE_OPTIONS: Any = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
INDEXES = {
    "ix_refund_request_merchant": ["merchant", "status", "id"],
    "ix_refund_request_account": ["account", "created_at"],
    "ix_refund_request_pending": ["status", "expires_at"],
    "ix_refund_request_order_number": ["order_number"],
    "ix_refund_request_fulfillment": ["fulfillment"],
}


def upgrade() -> None:
    op.create_table(
        "refund_request",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("ask", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("order_number", sa.String(64), nullable=False),
        sa.Column("fulfillment", sa.String(64), nullable=False),
        sa.Column("merchant", sa.String(80), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("open_for", sa.String(64), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("given", sa.BigInteger(), nullable=True),
        sa.Column("delivery", sa.Boolean(), nullable=False),
        sa.Column("restock", sa.Boolean(), nullable=True),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("reviewed_by", sa.String(64), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("reviewed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_for"),
        **TABLE_OPTIONS,
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "refund_request", columns)
    op.create_table(
        "refund_line",
        sa.Column("refund_request", sa.String(64), nullable=False),
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["refund_request"], ["refund_request.id"]),
        sa.PrimaryKeyConstraint("refund_request", "sku"),
        **TABLE_OPTIONS,
    )


def downgrade() -> None:
    op.drop_table("refund_line")
    op.drop_table("refund_request")
