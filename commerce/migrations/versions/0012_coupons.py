"""Coupons for some goods, claimed and stacked, and what each of them took off."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0012"
down_revision = "0011"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def _new() -> dict[str, list[sa.Column[object]]]:
    """Columns by table; each call makes them anew, because a column belongs to one statement."""
    return {
        "coupon": [
            sa.Column("merchant", sa.String(80), nullable=True),
            sa.Column("category", sa.String(80), nullable=True),
            sa.Column("product", sa.String(80), nullable=True),
            sa.Column("stackable", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("claim_required", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("claimable", sa.Integer(), nullable=True),
            sa.Column("claimed", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("claim_until", MOMENT, nullable=True),
            sa.Column("deleted_at", MOMENT, nullable=True),
        ],
        "coupon_use": [sa.Column("amount", sa.BigInteger(), nullable=False, server_default="0")],
    }


def upgrade() -> None:
    for table, columns in _new().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_coupon_merchant", "coupon", ["merchant"])
    op.create_table(
        "coupon_claim",
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("coupon", sa.String(40), nullable=False),
        sa.Column("claimed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"]),
        sa.ForeignKeyConstraint(["coupon"], ["coupon.code"]),
        sa.PrimaryKeyConstraint("account", "coupon"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_coupon_claim_coupon", "coupon_claim", ["coupon"])
    for name, key in (("checkout", "id"), ("orders", "number")):
        _tell_coupons(name, key)


def _tell_coupons(name: str, key: str) -> None:
    """An order had one coupon, for the whole shop: what it took off is the quote's discount, shared by the lines."""
    db = op.get_bind()
    table = sa.table(name, sa.column(key), sa.column("quote", sa.JSON()))
    names = {row[0]: row[1] for row in db.execute(sa.text("SELECT code, name FROM coupon")).all()}
    for row in db.execute(sa.select(table)).all():
        quote = row.quote
        off = -sum(total["amount"] for total in quote["totals"] if total["type"] == "discount")
        worth = {"amount": off, "currency": quote["currency"]}
        quote["coupons"] = [
            {"coupon": code, "name": names.get(code, code), "names": {}, "scope": "shop", "amount": worth}
            for code in quote["coupon_codes"]
        ]
        quote["coupons_automatic"] = False
        shared = sum(line["discount"]["amount"] for line in quote["lines"])
        if shared != off:
            _share(quote, off)
        db.execute(sa.update(table).where(table.c[key] == row[0]).values(quote=quote))
        if name == "orders":
            _write_order(row[0], quote, off)


def _share(quote: dict[str, Any], off: int) -> None:
    lines = quote["lines"]
    whole = sum(line["total"]["amount"] for line in lines)
    left = off
    for line in lines:
        part = min(left, off * line["total"]["amount"] // whole if whole else 0)
        line["discount"]["amount"] = part
        left -= part
    for line in lines:
        more = min(left, line["total"]["amount"] - line["discount"]["amount"])
        line["discount"]["amount"] += more
        left -= more


def _write_order(number: str, quote: dict[str, Any], off: int) -> None:
    db = op.get_bind()
    for line in quote["lines"]:
        own = {"number": number, "sku": line["sku"], "off": line["discount"]["amount"]}
        db.execute(sa.text("UPDATE order_line SET discount = :off WHERE order_number = :number AND sku = :sku"), own)
    uses = {"number": number, "off": off}
    db.execute(sa.text("UPDATE coupon_use SET amount = :off WHERE order_number = :number"), uses)


def downgrade() -> None:
    op.drop_table("coupon_claim")
    op.drop_index("ix_coupon_merchant", "coupon")
    for table, columns in reversed(_new().items()):
        for column in reversed(columns):
            op.drop_column(table, column.name)
