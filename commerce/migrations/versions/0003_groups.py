"""Quotes say who ships what, and each part of an order what its delivery costs."""

from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

FULFILLMENT = sa.table(
    "fulfillment", sa.column("id"), sa.column("order_number"), sa.column("merchant"), sa.column("price")
)


def upgrade() -> None:
    names = {row[0]: row[1] for row in op.get_bind().execute(sa.text("SELECT slug, name FROM merchant")).all()}
    for name, key in (("checkout", "id"), ("orders", "number")):
        table = sa.table(name, sa.column(key), sa.column("quote", sa.JSON()))
        for row in op.get_bind().execute(sa.select(table)).all():
            quote = row.quote | {"groups": _groups(row.quote, names)}
            op.get_bind().execute(sa.update(table).where(table.c[key] == row[0]).values(quote=quote))
            if name == "orders":
                _write_prices(row[0], quote["groups"])


def _groups(quote: dict[str, Any], names: dict[str, str]) -> list[dict[str, Any]]:
    """Delivery was one price for all: the first merchant's part carries it."""
    delivery = next((total["amount"] for total in quote["totals"] if total["type"] == "fulfillment"), None)
    currency = quote["currency"]
    groups: list[dict[str, Any]] = []
    for merchant, mine in groupby(
        sorted(quote["lines"], key=lambda line: str(line["merchant"])), lambda line: line["merchant"]
    ):
        held = list(mine)
        price = delivery if not groups or delivery is None else 0
        groups.append(
            {
                "merchant": merchant,
                "name": names.get(str(merchant), merchant),
                "names": {},
                "skus": [line["sku"] for line in held],
                "subtotal": {"amount": sum(line["total"]["amount"] for line in held), "currency": currency},
                "price": None if price is None else {"amount": price, "currency": currency},
                "tax": {"amount": 0, "currency": currency},
            }
        )
    return groups


def _write_prices(number: str, groups: list[dict[str, Any]]) -> None:
    for group in groups:
        price = group["price"]
        mine = FULFILLMENT.c.order_number == number, FULFILLMENT.c.merchant == group["merchant"]
        op.get_bind().execute(sa.update(FULFILLMENT).where(*mine).values(price=price["amount"] if price else 0))


def downgrade() -> None:
    op.execute("UPDATE fulfillment SET price = 0")
