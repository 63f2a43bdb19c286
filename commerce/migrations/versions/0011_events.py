"""Events in the order of their writing, jobs for later, leases, workers, webhooks and their deliveries."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0011"
down_revision = "0010"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(64)
OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
KEPT = "id, type, data, created_at, due_at, attempts, delivered_at"


def _outbox(*more: sa.Column[Any]) -> None:
    op.create_table(
        "outbox",
        *more,
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sqlite_autoincrement=True,
        **OPTIONS,
    )


def upgrade() -> None:
    """Events that are there were never streamed anywhere, and stay so."""
    op.drop_index("ix_outbox_undelivered", "outbox")
    op.rename_table("outbox", "outbox_before")
    _outbox(
        sa.Column("seq", COUNTER, primary_key=True, autoincrement=True),
        sa.Column("id", ID, nullable=False, unique=True),
        sa.Column("streamed_at", MOMENT, nullable=True),
    )
    op.execute(
        f"INSERT INTO outbox ({KEPT}, streamed_at) SELECT {KEPT}, created_at FROM outbox_before ORDER BY id"  # noqa: S608 (constants)
    )
    op.drop_table("outbox_before")
    op.create_index("ix_outbox_undelivered", "outbox", ["delivered_at", "due_at"])
    op.create_index("ix_outbox_unstreamed", "outbox", ["streamed_at", "seq"])
    _jobs()
    _webhooks()


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", ID, primary_key=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("holder", ID, nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(500), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("kind", "name"),
        **OPTIONS,
    )
    op.create_index("ix_job_due", "job", ["status", "due_at"])
    op.create_table(
        "lease",
        sa.Column("name", ID, primary_key=True),
        sa.Column("holder", ID, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        **OPTIONS,
    )
    op.create_table(
        "worker",
        sa.Column("id", ID, primary_key=True),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("failing", sa.String(500), nullable=True),
        **OPTIONS,
    )


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", ID, primary_key=True),
        sa.Column("merchant", sa.String(80), nullable=True),
        sa.Column("url", sa.String(1000), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("paused_because", sa.String(200), nullable=True),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("secret", sa.String(100), nullable=False),
        sa.Column("old_secret", sa.String(100), nullable=True),
        sa.Column("old_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        **OPTIONS,
    )
    op.create_index("ix_webhook_merchant", "webhook", ["merchant"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", ID, primary_key=True),
        sa.Column("webhook", ID, sa.ForeignKey("webhook.id"), nullable=False),
        sa.Column("event", ID, nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("happened_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(200), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.UniqueConstraint("webhook", "event"),
        **OPTIONS,
    )
    op.create_index("ix_webhook_delivery_status", "webhook_delivery", ["webhook", "status", "id"])
    op.create_index("ix_webhook_delivery_changed", "webhook_delivery", ["status", "changed_at"])


def downgrade() -> None:
    for table in ("webhook_delivery", "webhook", "worker", "lease", "job"):
        op.drop_table(table)
    op.drop_index("ix_outbox_unstreamed", "outbox")
    op.drop_index("ix_outbox_undelivered", "outbox")
    op.rename_table("outbox", "outbox_after")
    _outbox(sa.Column("id", ID, primary_key=True))
    op.execute(f"INSERT INTO outbox ({KEPT}) SELECT {KEPT} FROM outbox_after ORDER BY seq")  # noqa: S608 (constants)
    op.drop_table("outbox_after")
    op.create_index("ix_outbox_undelivered", "outbox", ["delivered_at", "due_at"])
