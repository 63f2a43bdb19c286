"""Gift cards, payment tokens, and payment methods that are removed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0009"
down_revision = "0008"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "gift_card",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("ending", sa.String(8), nullable=False),
        sa.Column("account", sa.String(64), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("issued_by", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.CheckConstraint("balance >= 0", name="ck_gift_card_balance"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_hash"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_gift_card_account", "gift_card", ["account"])
    op.create_table(
        "payment_token",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("order_number", sa.String(64), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("payment", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("token_hash"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_payment_token_expires_at", "payment_token", ["expires_at"])
    op.add_column("payment_method", sa.Column("forget_at", MOMENT, nullable=True))
    op.create_index("ix_payment_method_forget_at", "payment_method", ["forget_at"])


def downgrade() -> None:
    op.drop_index("ix_payment_method_forget_at", "payment_method")
    op.drop_column("payment_method", "forget_at")
    op.drop_table("payment_token")
    op.drop_table("gift_card")
