"""What shoppers see of a product, versions of prices, and what merchants note of their stock."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0007"
down_revision = "0006"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
INDEXES = [("ix_product_mine", "product", ["merchant", "created_at"]), ("ix_stock_awaited", "stock", ["awaited"])]


def _new() -> dict[str, list[sa.Column[object]]]:
    """Columns by table; each call makes them anew, because a column belongs to one statement."""
    return {
        "product": [
            sa.Column("listed", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("gallery", sa.JSON(), nullable=True),
        ],
        "stock": [
            sa.Column("low_stock_at", sa.Integer(), nullable=False, server_default="5"),
            sa.Column("awaited", sa.Boolean(), nullable=False, server_default=sa.false()),
        ],
        "stock_movement": [
            sa.Column("account", sa.String(64), nullable=True),
            sa.Column("note", sa.String(200), nullable=True),
        ],
    }


def upgrade() -> None:
    op.create_table(
        "price",
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.BigInteger(), nullable=True),
        sa.Column("account", sa.String(64), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["sku"], ["variant.sku"]),
        sa.PrimaryKeyConstraint("sku", "version"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    for table, columns in _new().items():
        for column in columns:
            op.add_column(table, column)
    for name, table, names in INDEXES:
        op.create_index(name, table, names)
    op.execute(
        "INSERT INTO price (sku, version, price, at) "
        "SELECT sku, 1, price, created_at FROM variant JOIN product ON product.slug = variant.product"
    )
    op.execute(
        "UPDATE product SET sold = COALESCE((SELECT -SUM(moved.on_hand) FROM stock_movement moved JOIN variant "
        "ON variant.sku = moved.sku WHERE variant.product = product.slug AND moved.reason IN ('sell', 'take_back')), 0)"
    )


def downgrade() -> None:
    for name, table, _ in reversed(INDEXES):
        op.drop_index(name, table)
    for table, columns in reversed(_new().items()):
        for column in reversed(columns):
            op.drop_column(table, column.name)
    op.drop_table("price")
