"""Bans, closed accounts, what was done to accounts, and the devices of sessions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
INDEXES = [
    ("ix_account_role", "account", ["role", "id"]),
    ("ix_account_banned_at", "account", ["banned_at"]),
]
LONG_AGO = "2000-01-01 00:00:00"
"""SQLite takes only a constant as a new column's default."""


def _new() -> dict[str, list[sa.Column[object]]]:
    """Columns by table; each call makes them anew, because a column belongs to one statement."""
    return {
        "account": [
            sa.Column("banned_at", MOMENT, nullable=True),
            sa.Column("banned_until", MOMENT, nullable=True),
            sa.Column("ban_reason", sa.String(300), nullable=True),
            sa.Column("closed_at", MOMENT, nullable=True),
        ],
        "session": [
            sa.Column("device", sa.String(80), nullable=False, server_default=""),
            sa.Column("used_at", MOMENT, nullable=False, server_default=LONG_AGO),
        ],
    }


def upgrade() -> None:
    op.create_table(
        "account_event",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_account_event_account", "account_event", ["account", "id"])
    for table, columns in _new().items():
        for column in columns:
            op.add_column(table, column)
    for name, table, names in INDEXES:
        op.create_index(name, table, names)
    op.execute("UPDATE session SET used_at = created_at")


def downgrade() -> None:
    for name, table, _ in reversed(INDEXES):
        op.drop_index(name, table)
    for table, columns in reversed(_new().items()):
        for column in reversed(columns):
            op.drop_column(table, column.name)
    op.drop_table("account_event")
