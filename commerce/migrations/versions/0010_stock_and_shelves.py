"""Shoppers who wait for goods, and categories that are renamed and deleted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "stock_alert",
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("back_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"]),
        sa.ForeignKeyConstraint(["sku"], ["variant.sku"]),
        sa.PrimaryKeyConstraint("account", "sku"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_stock_alert_waiting", "stock_alert", ["sku", "back_at"])
    op.add_column("category", sa.Column("stale_at", MOMENT, nullable=True))
    op.add_column("category", sa.Column("deleted_at", MOMENT, nullable=True))
    op.create_index("ix_product_shelf", "product", ["category", "listed"])
    op.drop_index("ix_product_category", "product")


def downgrade() -> None:
    op.create_index("ix_product_category", "product", ["category"])
    op.drop_index("ix_product_shelf", "product")
    op.drop_column("category", "deleted_at")
    op.drop_column("category", "stale_at")
    op.drop_table("stock_alert")
