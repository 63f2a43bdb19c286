"""What happened to orders, with facts; words to find them by; parts that know what was given back of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = "0007"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def _new() -> dict[str, list[sa.Column[object]]]:
    """Columns by table; each call makes them anew, because a column belongs to one statement."""
    return {
        "orders": [
            sa.Column("words", sa.Text(), nullable=True),
            sa.Column("paid_at", MOMENT, nullable=True),
            sa.Column("hidden_at", MOMENT, nullable=True),
        ],
        "fulfillment": [sa.Column("given_back", sa.BigInteger(), nullable=False, server_default="0")],
        "order_event": [sa.Column("facts", sa.JSON(), nullable=True)],
    }


def upgrade() -> None:
    for table, columns in _new().items():
        for column in columns:
            op.add_column(table, column)
    _tell_old_orders()


def _tell_old_orders() -> None:
    """Orders that are there get their words; of a cancelled one all that it cost was given back."""
    orders = sa.table("orders", *map(sa.column, ("number", "status", "total", "words")), sa.column("quote", sa.JSON()))
    parts = sa.table("fulfillment", *map(sa.column, ("id", "order_number", "given_back")))
    lines = sa.table("order_line", *map(sa.column, ("order_number", "quantity", "cancelled")))
    op.execute(
        "UPDATE orders SET paid_at = (SELECT MIN(at) FROM order_event WHERE order_event.order_number = orders.number "
        "AND order_event.type = 'paid')"
    )
    db = op.get_bind()
    for order in db.execute(sa.select(orders)).all():
        told = [word for line in order.quote["lines"] for word in (line["sku"], line["name"], *line["names"].values())]
        words = " ".join(told).casefold()
        db.execute(sa.update(orders).where(orders.c.number == order.number).values(words=words))
        if order.status == "cancelled":
            mine = parts.c.order_number == order.number
            first = db.execute(sa.select(sa.func.min(parts.c.id)).where(mine)).scalar_one()
            db.execute(sa.update(parts).where(parts.c.id == first).values(given_back=order.total))
            pieces = sa.update(lines).where(lines.c.order_number == order.number)
            db.execute(pieces.values(cancelled=lines.c.quantity))


def downgrade() -> None:
    for table, columns in reversed(_new().items()):
        for column in reversed(columns):
            op.drop_column(table, column.name)
