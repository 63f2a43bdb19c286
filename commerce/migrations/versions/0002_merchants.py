"""Merchants, what is on sale, and the parts in which an order is shipped."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
FIRST = "domtok"
"""The merchant of the goods that had none."""
INDEXES = [("account", "merchant"), ("product", "merchant"), ("product", "sold"), ("order_line", "fulfillment")]


def _new() -> dict[str, list[sa.Column[object]]]:
    """Columns by table; each call makes them anew, because a column belongs to one statement."""
    return {
        "account": [sa.Column("merchant", sa.String(80), nullable=True)],
        "category": [sa.Column("parent", sa.String(80), nullable=True)],
        "product": [
            sa.Column("merchant", sa.String(80), nullable=False, server_default=FIRST),
            sa.Column("sold", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("on_sale", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("free_shipping", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("deleted_at", MOMENT, nullable=True),
        ],
        "variant": [
            sa.Column("on_sale", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("deleted_at", MOMENT, nullable=True),
        ],
        "order_line": [
            sa.Column("product", sa.String(80), nullable=False, server_default=""),
            sa.Column("merchant", sa.String(80), nullable=False, server_default=FIRST),
            sa.Column("fulfillment", sa.String(64), nullable=False, server_default=""),
            sa.Column("discount", sa.BigInteger(), nullable=False, server_default="0"),
            sa.Column("tax", sa.BigInteger(), nullable=False, server_default="0"),
            sa.Column("cancelled", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("returned", sa.Integer(), nullable=False, server_default="0"),
        ],
    }


def upgrade() -> None:
    op.create_table(
        "merchant",
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("slug"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "fulfillment",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("order_number", sa.String(64), nullable=False),
        sa.Column("merchant", sa.String(80), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("carrier", sa.String(100), nullable=True),
        sa.Column("tracking", sa.String(100), nullable=True),
        sa.Column("shipped_at", MOMENT, nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"]),
        sa.PrimaryKeyConstraint("id"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_fulfillment_order_number", "fulfillment", ["order_number"])
    op.create_index("ix_fulfillment_merchant", "fulfillment", ["merchant", "status", "id"])
    for table, columns in _new().items():
        for column in columns:
            op.add_column(table, column)
    for table, column_name in INDEXES:
        op.create_index(f"ix_{table}_{column_name}", table, [column_name])
    _give_what_is_there_a_merchant()


def _give_what_is_there_a_merchant() -> None:
    """Each order that is there becomes one fulfillment, and its lines know their products."""
    op.execute(
        f"INSERT INTO merchant (slug, name, names, created_at) SELECT '{FIRST}', 'DomTok', '{{}}', MIN(created_at) "  # noqa: S608 (a constant)
        "FROM product HAVING COUNT(*) > 0"
    )
    op.execute(
        "INSERT INTO fulfillment (id, order_number, merchant, status, price, tax) "  # noqa: S608 (a constant)
        f"SELECT number, number, '{FIRST}', CASE status WHEN 'cancelled' THEN 'cancelled' ELSE 'waiting' END, 0, 0 FROM orders"
    )
    op.execute(
        "UPDATE order_line SET product = (SELECT product FROM variant WHERE variant.sku = order_line.sku), "
        "fulfillment = (SELECT id FROM fulfillment WHERE fulfillment.order_number = order_line.order_number)"
    )
    _complete_quotes("checkout", "id")
    _complete_quotes("orders", "number")


def _complete_quotes(name: str, key: str) -> None:
    """Lines in stored quotes get what newer ones hold: merchant, share of the discount, tax."""
    table = sa.table(name, sa.column(key), sa.column("quote", sa.JSON()))
    db = op.get_bind()
    for row in db.execute(sa.select(table)).all():
        quote = row.quote
        for line in quote["lines"]:
            nothing = {"amount": 0, "currency": quote["currency"]}
            line |= {"merchant": FIRST, "discount": nothing, "tax": nothing}
        db.execute(sa.update(table).where(table.c[key] == row[0]).values(quote=quote))


def downgrade() -> None:
    for table, column_name in reversed(INDEXES):
        op.drop_index(f"ix_{table}_{column_name}", table)
    for table, columns in reversed(_new().items()):
        for column in reversed(columns):
            op.drop_column(table, column.name)
    op.drop_table("fulfillment")
    op.drop_table("merchant")
