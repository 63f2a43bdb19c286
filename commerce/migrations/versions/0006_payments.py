"""Charges that are authorised first, refunds in parts, and a ledger whose transfers have types."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
EPOCH = "1970-01-01 00:00:00"


def _new() -> dict[str, list[sa.Column[object]]]:
    """Columns by table; each call makes them anew, because a column belongs to one statement."""
    return {
        "payment": [
            sa.Column("gift_card", sa.String(64), nullable=True),
            sa.Column("gateway", sa.String(16), nullable=False, server_default="sandbox"),
            sa.Column("captures", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("released", sa.BigInteger(), nullable=False, server_default="0"),
            sa.Column("captured", sa.BigInteger(), nullable=False, server_default="0"),
            sa.Column("refunded", sa.BigInteger(), nullable=False, server_default="0"),
            sa.Column("purpose", sa.String(500), nullable=True),
            sa.Column("reference", sa.String(255), nullable=True),
            sa.Column("send_until", MOMENT, nullable=False, server_default=EPOCH),
        ],
        "sandbox_charge": [
            sa.Column("captures", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("captured", sa.BigInteger(), nullable=False, server_default="0"),
        ],
    }


def upgrade() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("type", sa.String(24), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("order_number", sa.String(64), nullable=True),
        sa.Column("gift_card", sa.String(64), nullable=True),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.Column("made_by", sa.String(64), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_transfer_at", "transfer", ["at", "id"])
    op.create_index("ix_transfer_order_number", "transfer", ["order_number"])
    op.create_index("ix_transfer_gift_card", "transfer", ["gift_card"])
    for table, columns in _new().items():
        for column in columns:
            op.add_column(table, column)
    with op.batch_alter_table("payment") as payment:
        payment.alter_column("reason", existing_type=sa.String(200), type_=sa.String(500), existing_nullable=True)
        payment.alter_column("action_url", existing_type=sa.String(400), type_=sa.String(2000), existing_nullable=True)
    op.drop_index("ix_payment_status", "payment")
    op.create_index("ix_payment_open", "payment", ["status", "ask_at"])
    op.create_index("ix_payment_reference", "payment", ["reference"])
    _carry_over()
    op.drop_index("ix_ledger_order_number", "ledger")
    op.drop_column("ledger", "order_number")


def _carry_over() -> None:
    op.execute(
        "INSERT INTO transfer (id, type, amount, currency, order_number, at) "
        "SELECT ledger.transfer, CASE payment.kind WHEN 'refund' THEN 'refund' ELSE 'payment' END, "
        "ledger.amount, ledger.currency, ledger.order_number, ledger.at "
        "FROM ledger JOIN payment ON payment.id = ledger.transfer WHERE ledger.amount > 0"
    )
    op.execute("UPDATE payment SET captured = amount WHERE kind = 'charge' AND status = 'captured'")
    op.execute("UPDATE sandbox_charge SET captured = amount WHERE kind = 'charge' AND status = 'captured'")
    op.execute(
        "UPDATE payment SET send_until = "
        "(SELECT pay_until FROM orders WHERE orders.number = payment.order_number) WHERE kind = 'charge'"
    )
    payment = sa.table("payment", sa.column("id"), sa.column("charge"), sa.column("refunded"), sa.column("amount"))
    opened = sa.select(payment.c.charge, sa.func.sum(payment.c.amount)).where(payment.c.charge.is_not(None))
    for charge, amount in op.get_bind().execute(opened.group_by(payment.c.charge)).all():
        op.execute(sa.update(payment).where(payment.c.id == charge).values(refunded=amount))


def downgrade() -> None:
    op.add_column("ledger", sa.Column("order_number", sa.String(64), nullable=False, server_default=""))
    op.execute(
        "UPDATE ledger SET order_number = "
        "COALESCE((SELECT order_number FROM transfer WHERE transfer.id = ledger.transfer), '')"
    )
    op.create_index("ix_ledger_order_number", "ledger", ["order_number"])
    op.drop_index("ix_payment_reference", "payment")
    op.drop_index("ix_payment_open", "payment")
    op.create_index("ix_payment_status", "payment", ["status"])
    for table, columns in reversed(_new().items()):
        for column in reversed(columns):
            op.drop_column(table, column.name)
    op.drop_table("transfer")
